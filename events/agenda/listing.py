"""The public agenda, read: days, rooms, tracks, one session, one speaker. Only what was released stands here."""

from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import VIETNAM
from app.core.errors import NotFound
from app.core.text import fold

_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})
_SHOWN = """
SELECT w.session AS id, w.slug, w.zone, w.starts_at, w.ends_at, w.booking, w.capacity, w.booked, w.sequence, w.facts,
       w.search_text
FROM agenda_shown w WHERE w.event = $1 AND w.ended_at IS NULL
"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What of the agenda somebody wants to see; empty: everything."""

    day: date | None = None
    room: str = ""
    track: str = ""
    q: str = ""


async def shown(event: UUID) -> list[dict[str, Any]]:
    """Every public session in the order of time: facts beside when and where."""
    return [_one(row) for row in await db.fetch(f"{_SHOWN} ORDER BY w.starts_at, w.slug", event)]


def _one(row: Any) -> dict[str, Any]:
    found = dict(row)
    return {**found.pop("facts"), **found}


def matching(sessions: list[dict[str, Any]], wanted: Wanted) -> list[dict[str, Any]]:
    """Those of a day, in a room (by the zone's id), of a track, with all words in them."""
    words = fold(wanted.q)[:200].split()[:6]
    return [
        one
        for one in sessions
        if (wanted.day is None or day_of(one["starts_at"]) == wanted.day)
        and (not wanted.room or str(one["zone"]) == wanted.room)
        and (not wanted.track or one["track"] == wanted.track)
        and all(word in one["search_text"] for word in words)
    ]


def day_of(moment: datetime) -> date:
    return moment.astimezone(VIETNAM).date()


def by_day(sessions: list[dict[str, Any]]) -> list[tuple[date, list[dict[str, Any]]]]:
    """Sessions in the order of time, under their days."""
    return [(day, list(group)) for day, group in groupby(sessions, key=lambda one: day_of(one["starts_at"]))]


def read_day(text: str) -> date | None:
    """A day of an address; what is none is left out."""
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


async def session_for(event: UUID, slug: str) -> dict[str, Any]:
    """One public session. Raises NotFound."""
    row = await db.fetchrow(f"{_SHOWN} AND w.slug = $2", event, slug)
    if row is None:
        raise NotFound
    return _one(row)


async def speaker_for(event: UUID, slug: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A speaker of the public agenda and the sessions in which they speak. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT s.id, s.slug, s.name, s.role_vi, s.role_en, s.bio_vi, s.bio_en, p.slug AS profile, p.photo_file"
        " FROM agenda_speaker s LEFT JOIN person_profile p ON p.person = s.person AND p.listed_at IS NOT NULL"
        " AND p.hidden_at IS NULL AND p.ended_at IS NULL WHERE s.event = $1 AND s.slug = $2",
        *(event, slug),
    )
    if row is None:
        raise NotFound
    mark = [{"id": str(row["id"])}]
    sessions = [_one(one) for one in await db.fetch(
        f"{_SHOWN} AND w.facts->'speakers' @> $2::jsonb ORDER BY w.starts_at", event, mark)]  # fmt: skip
    if not sessions:
        raise NotFound
    return dict(row), sessions


def tracks(sessions: list[dict[str, Any]]) -> list[str]:
    return sorted({one["track"] for one in sessions if one["track"]})


def rooms(sessions: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """The rooms in which something takes place: id and both names."""
    found = {str(one["zone"]): (one["room_vi"], one["room_en"]) for one in sessions if one["zone"]}
    return sorted(((zone, vi, en) for zone, (vi, en) in found.items()), key=lambda room: room[1])
