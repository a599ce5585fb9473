"""Calendar entries of sessions: one UID for ever, a higher SEQUENCE after each change; and the private feed."""

import hashlib
import secrets
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from icalendar import Calendar, Event

from app.core import db
from app.core.clock import now
from app.core.errors import NotFound
from app.core.i18n import _, in_language
from app.core.ids import new_id
from app.core.settings import get_settings
from app.core.web import Actor
from app.mentoring import states
from app.mentoring.access import BOOKING

Row = dict[str, Any]

OFF = ("declined", "cancelled", "expired")


def entry(row: Row, side: str) -> Event:
    """One session as its mentor or its mentee has it in the calendar. Only what is needed to come: no notes."""
    found = Event()
    origin = get_settings().origin
    found.add("uid", f"mentoring-{row['id']}@{urlsplit(origin).hostname}")
    found.add("sequence", row["sequence"])
    found.add("dtstamp", now())
    found.add("dtstart", row["starts_at"])
    found.add("dtend", row["ends_at"])
    other = row["organisation_name"] if side == "mentor" else row["mentor_name"]
    found.add("summary", _("Mentoring: %(name)s", name=other))
    # a link to a room is for who has been let in
    link = row["link"] if side == "mentor" or row["status"] != states.REQUESTED else ""
    where = ", ".join(part for part in (row["place"], link) if part)
    if where:
        found.add("location", where)
    found.add("url", f"{origin}/mentoring/sessions/{row['id']}")
    found.add("status", _STATUS.get(row["status"], "CONFIRMED"))
    return found


_STATUS = {**dict.fromkeys(OFF, "CANCELLED"), states.REQUESTED: "TENTATIVE"}


def calendar(rows: list[Row], person: UUID, *, alone: bool = False) -> bytes:
    """A calendar of sessions. `alone`: one for a mail or a download, which withdraws the entry if it is off."""
    found = Calendar()
    found.add("prodid", "-//Ket Noi//mentoring//VI")
    found.add("version", "2.0")
    if alone:
        found.add("method", "CANCEL" if rows[0]["status"] in OFF else "PUBLISH")
    else:
        found.add("x-wr-calname", _("Mentoring on Kết Nối"))
        found.add("refresh-interval;value=duration", "PT1H")
    for row in rows:
        found.add_component(entry(row, "mentor" if row["mentor"] == person else "mentee"))
    return bytes(found.to_ical())


# --- the feed -----------------------------------------------------------------------------------------------------


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def new_feed(actor: Actor) -> str:
    """A new private address, shown once; the one before ends with it."""
    token = secrets.token_urlsafe(32)
    async with db.tx():
        await db.execute("SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE", actor.person_id)
        await _end_feed(actor.person_id)
        await db.execute(
            "INSERT INTO mentoring_feed (id, person, token_hash, created_at) VALUES ($1, $2, $3, now())",
            *(new_id(), actor.person_id, _hash(token)),
        )
    return f"{get_settings().origin}/mentoring/calendar/{token}.ics"


async def end_feed(actor: Actor) -> None:
    """The address opens nothing any more, at once. Idempotent."""
    async with db.tx():
        await _end_feed(actor.person_id)


async def _end_feed(person: UUID) -> None:
    await db.execute("UPDATE mentoring_feed SET ended_at = now() WHERE person = $1 AND ended_at IS NULL", person)


async def feed_since(person: UUID) -> Any:
    """Since when there is a private address; None where there is none."""
    return await db.fetchval("SELECT created_at FROM mentoring_feed WHERE person = $1 AND ended_at IS NULL", person)


async def feed(token: str) -> bytes:
    """The sessions of whoever the address belongs to, a quarter of a year back. NotFound for an ended one."""
    row = await db.fetchrow(
        "SELECT f.person, p.locale FROM mentoring_feed f JOIN person p ON p.id = f.person AND p.ended_at IS NULL"
        " WHERE f.token_hash = $1 AND f.ended_at IS NULL",
        _hash(token[:200]),
    )
    if row is None:
        raise NotFound
    rows = await db.fetch(
        f"{BOOKING} WHERE (b.mentor = $1 OR b.mentee = $1) AND b.status NOT IN ('offered', 'declined', 'expired')"
        " AND b.starts_at > now() - interval '90 days' ORDER BY b.starts_at, b.id LIMIT 500",
        row["person"],
    )
    with in_language(row["locale"]):
        return calendar([dict(one) for one in rows], row["person"])
