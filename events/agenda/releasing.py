"""Releases: the plan becomes what everybody sees, with what changed in words; whoever has a seat is told."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_, in_language, pick
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.templating import format_datetime
from app.core.text import fold
from app.core.web import Actor
from events.agenda import booking, drafts, planning
from events.agenda.clashes import Clash
from events.agenda.words import CHANGE, NO_ROOM, NOBODY

_TEXTS = ("abstract_vi", "abstract_en", "description_vi", "description_en")


class Clashing(Conflict):
    """The plan has clashes that nobody let pass; `clashes` says which."""

    message = N_("The agenda has clashes. Mend them, or say why they may stay.")

    def __init__(self, clashes: list[Clash]) -> None:
        super().__init__()
        self.clashes = clashes


class NothingNew(Conflict):
    message = N_("Nothing has changed since the last version.")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference between two versions, its values in both languages."""

    kind: str
    session: str
    title: tuple[str, str] = ("", "")
    when: tuple[str, str] = ("", "")
    where: tuple[str, str] = ("", "")
    before: tuple[str, str] = ("", "")
    after: tuple[str, str] = ("", "")


def in_words(change: dict[str, Any]) -> str:
    """The sentence of a stored change, in the current language."""
    values = {name: pick(*change[name]) for name in ("title", "when", "where", "before", "after")}
    return CHANGE[change["kind"]].text(**values)


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A session in one version: when, where, and its facts."""

    session: UUID
    starts_at: datetime
    ends_at: datetime
    zone: UUID | None
    facts: dict[str, Any]

    @property
    def title(self) -> tuple[str, str]:
        vi, en = self.facts["title_vi"], self.facts["title_en"]
        return (vi or en, en or vi)

    @property
    def room(self) -> tuple[str, str]:
        vi, en = self.facts["room_vi"], self.facts["room_en"]
        return (vi or en or NO_ROOM.text("vi"), en or vi or NO_ROOM.text("en"))

    @property
    def when(self) -> tuple[str, str]:
        return _both(self.starts_at, self.ends_at)

    @property
    def speakers(self) -> list[str]:
        return [one["name"] for one in self.facts["speakers"]]


def _both(starts: datetime, ends: datetime) -> tuple[str, str]:
    said = []
    for locale in ("vi", "en"):
        with in_language(locale):
            said.append(f"{format_datetime(starts, 'time')}–{format_datetime(ends)}")
    return (said[0], said[1])


def differences(old: dict[UUID, Version], new: dict[UUID, Version]) -> list[Change]:
    """What changed between two versions, in the order of the new one's time; what is gone comes last."""
    found: list[Change] = []
    for number, version in sorted(new.items(), key=lambda item: (item[1].starts_at, str(item[0]))):
        before = old.get(number)
        if before is None:
            about = {"title": version.title, "when": version.when, "where": version.room}
            found.append(Change(kind="added", session=str(number), **about))
        else:
            found += _between(before, version)
    gone = sorted((one for one in old if one not in new), key=lambda one: (old[one].starts_at, str(one)))
    return found + [Change(kind="removed", session=str(one), title=old[one].title) for one in gone]


def _between(before: Version, after: Version) -> list[Change]:
    def change(kind: str, was: tuple[str, str], now: tuple[str, str]) -> Change:
        return Change(kind=kind, session=str(after.session), title=after.title, before=was, after=now)

    found = []
    if (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at):
        found.append(change("time", before.when, after.when))
    if before.zone != after.zone:
        found.append(change("room", before.room, after.room))
    if before.title != after.title:
        found.append(change("title", before.title, after.title))
    if before.speakers != after.speakers:
        names = ", ".join(after.speakers)
        nobody = (NOBODY.text("vi"), NOBODY.text("en"))
        found.append(change("speakers", ("", ""), (names, names) if names else nobody))
    seats = [(one.facts["booking"], one.facts["capacity"]) for one in (before, after)]
    if seats[0] != seats[1] and after.facts["capacity"] is not None:
        said = str(after.facts["capacity"])
        found.append(change("seats", ("", ""), (said, said)))
    if any(before.facts[name] != after.facts[name] for name in _TEXTS):
        found.append(change("text", ("", ""), ("", "")))
    return found


async def public_versions(event: UUID) -> dict[UUID, Version]:
    rows = await db.fetch(
        "SELECT session, starts_at, ends_at, zone, facts FROM agenda_shown WHERE event = $1 AND ended_at IS NULL", event
    )
    return {row["session"]: Version(**dict(row)) for row in rows}


def planned_versions(plan: list[dict[str, Any]]) -> dict[UUID, Version]:
    """The sessions of the plan that have a time: only those can be published."""
    return {
        one["id"]: Version(
            session=one["id"],
            starts_at=one["starts_at"],
            ends_at=one["ends_at"],
            zone=one["zone"],
            facts=msgspec.to_builtins(drafts.facts(one), builtin_types=(UUID,), str_keys=True),
        )
        for one in plan
        if one["starts_at"]
    }


async def pending(event: UUID, plan: list[dict[str, Any]]) -> list[Change]:
    """What a release would change now."""
    return differences(await public_versions(event), planned_versions(plan))


async def publish(actor: Actor, event: UUID, *, reason: str = "") -> int:
    """Make the plan public; the number of the release. Clashes are refused unless `reason` says why they may stay.

    Locks the agenda, then the shown sessions in the order of their ids. Everybody whose session moved or was taken off
    is told by a job (outbox); seats that became free are handed on. Raises Clashing, NothingNew.
    """
    async with db.tx(statement_timeout="60s"):
        agenda = await planning.lock(event)
        row = await db.fetchrow("SELECT starts_at, ends_at FROM event WHERE id = $1", event)
        if row is None:
            raise NotFound
        plan = await drafts.sessions(event)
        clashes = drafts.clashes_in(row, plan)
        if any(clash.hard for clash in clashes) or (clashes and not reason.strip()):
            raise Clashing(clashes)
        old, new = await public_versions(event), planned_versions(plan)
        changes = differences(old, new)
        if not changes and not _differs(old, new):
            raise NothingNew
        number: int = agenda["release"] + 1
        await db.execute(
            "INSERT INTO agenda_release (id, event, number, published_at, published_by, reason, clashes, changes)"
            " VALUES ($1, $2, $3, now(), $4, $5, $6, $7)",
            *(new_id(), event, number, actor.person_id, reason.strip()[:500] if clashes else ""),
            *(_stored([{"text": clash.text} for clash in clashes]), _stored(changes)),
        )
        await db.execute("UPDATE agenda SET release = $2 WHERE event = $1", event, number)
        await _show(event, plan, new, {change.session for change in changes if change.kind in ("time", "room")})
        await _hide(event, [one for one in old if one not in new])
        if number > 1:
            await enqueue(
                "agenda.tell_changes",
                {"event_id": str(event), "release": number},
                dedupe_key=f"agenda.tell_changes:{event}:{number}",
            )
    return number


def _stored(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _differs(old: dict[UUID, Version], new: dict[UUID, Version]) -> bool:
    return old.keys() != new.keys() or any(old[one] != new[one] for one in old)


async def _show(event: UUID, plan: list[dict[str, Any]], new: dict[UUID, Version], moved: set[str]) -> None:
    """Write the sessions of the release; who comes to overlap is marked, new seats go to those who wait."""
    for one in sorted((one for one in plan if one["id"] in new), key=lambda one: str(one["id"])):
        version = new[one["id"]]
        words = " ".join([*version.title, one["track"], *one["tags"], *version.speakers, *version.room])
        await db.execute(
            "INSERT INTO agenda_shown (session, event, slug, zone, starts_at, ends_at, booking, capacity, booked,"
            " sequence, facts, search_text) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9, $10)"
            " ON CONFLICT (session) DO UPDATE SET slug = excluded.slug, zone = excluded.zone,"
            " starts_at = excluded.starts_at, ends_at = excluded.ends_at, booking = excluded.booking,"
            " capacity = excluded.capacity, facts = excluded.facts, search_text = excluded.search_text,"
            " sequence = agenda_shown.sequence + $11, ended_at = NULL",
            *(one["id"], event, one["slug"], one["zone"], one["starts_at"], one["ends_at"], one["booking"]),
            *(one["capacity"] if one["booking"] else None, version.facts, fold(words), int(str(one["id"]) in moved)),
        )
    for number in sorted(new, key=str):
        await db.fetchval("SELECT agenda_fill($1)", number)
    await booking.mark_clashes(event)


async def _hide(event: UUID, gone: list[UUID]) -> None:
    """Sessions that are off: nobody has a seat in them any more; the job tells who had."""
    await db.execute(
        "UPDATE agenda_shown SET ended_at = now(), sequence = sequence + 1, booked = 0 WHERE session = ANY ($1)", gone
    )
    await db.execute(
        "UPDATE agenda_booking SET status = 'ended', status_at = now() WHERE session = ANY ($1)"
        " AND status IN ('booked', 'waiting', 'noted')",
        gone,
    )


async def releases(event: UUID) -> list[dict[str, Any]]:
    """Every version, newest first, with what changed in words."""
    rows = await db.fetch(
        "SELECT r.number, r.published_at, r.reason, r.clashes, r.changes, p.name AS by FROM agenda_release r"
        " LEFT JOIN person p ON p.id = r.published_by WHERE r.event = $1 ORDER BY r.number DESC LIMIT 50",
        event,
    )
    return [{**row, "changes": [in_words(change) for change in row["changes"]]} for row in rows]
