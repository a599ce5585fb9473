"""Planning sessions: added, changed, moved on the grid, taken off. Nobody sees any of it before releasing.py."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.text import slugify
from app.core.web import Actor
from events.agenda import rooms, speakers
from events.agenda.words import KIND, OVERLAP

MOST_MINUTES = 24 * 60
MOST_SEATS = 100_000
MOST_SESSIONS = 2000


class SessionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a planner says of a session."""

    title_vi: str = ""
    title_en: str = ""
    abstract_vi: str = ""
    abstract_en: str = ""
    description_vi: str = ""
    description_en: str = ""
    kind: str = "talk"
    kind_text: str = ""
    language: str = "vi"
    track: str = ""
    tags: tuple[str, ...] = ()
    zone: UUID | None = None
    starts_at: datetime | None = None
    minutes: int | None = None
    capacity: int | None = None
    booking: bool = False
    speakers: tuple[str, ...] = ()

    @property
    def ends_at(self) -> datetime | None:
        if self.starts_at is None or self.minutes is None:
            return None
        return self.starts_at + timedelta(minutes=self.minutes)


class Changed(Conflict):
    message = N_("Somebody changed this session while you were editing. Please look at the newest version and repeat.")


class TooManySessions(Conflict):
    message = N_("An event has at most %(most)s sessions.")


def check(plan: SessionPlan) -> None:
    """Raises Invalid by field."""
    fields: dict[str, Phrase] = {}
    if not plan.title_vi and not plan.title_en:
        fields["title_vi"] = REQUIRED
    if plan.kind not in KIND:
        fields["kind"] = NOT_A_CHOICE
    if not 0 < len(plan.language) <= 20:
        fields["language"] = NOT_A_CHOICE
    if plan.starts_at is not None and plan.minutes is None:
        fields["minutes"] = REQUIRED
    if plan.starts_at is not None and not 2000 <= plan.starts_at.year <= 2100:
        fields["starts_at"] = N_("Please enter a date and time that exist.")
    if plan.minutes is not None and not 0 < plan.minutes <= MOST_MINUTES:
        fields["minutes"] = N_("A session lasts between 1 minute and 24 hours.")
    if plan.capacity is not None and not 0 < plan.capacity <= MOST_SEATS:
        fields["capacity"] = N_("This must be a number of seats between 1 and 100,000.")
    if len(plan.speakers) > 30 or any(len(name) > 200 for name in plan.speakers):
        fields["speakers"] = N_("At most 30 speakers, each on a line of at most 200 letters.")
    if fields:
        raise Invalid(fields=fields)


async def lock(event: UUID) -> asyncpg.Record:
    """The event's agenda, made when it is not there yet, locked: whoever plans holds it. Needs a transaction."""
    await db.execute(
        "INSERT INTO agenda (event, overlap, walk_in_minutes, release, numbers, updated_at)"
        " VALUES ($1, 'refused', 10, 0, 0, now()) ON CONFLICT (event) DO NOTHING",
        event,
    )
    row = await db.fetchrow("SELECT * FROM agenda WHERE event = $1 FOR NO KEY UPDATE", event)
    assert row is not None  # noqa: S101  written above
    return row


async def add(actor: Actor, event: UUID, plan: SessionPlan) -> UUID:
    """A further session. Locks the agenda; raises Invalid, TooManySessions."""
    check(plan)
    async with db.tx():
        agenda = await lock(event)
        return await add_here(event, plan, number=agenda["numbers"] + 1)


async def add_here(event: UUID, plan: SessionPlan, *, number: int, guid: str = "") -> UUID:
    """`add` inside an open transaction that holds the agenda."""
    if await db.fetchval("SELECT count(*) FROM agenda_session WHERE event = $1", event) >= MOST_SESSIONS:
        raise TooManySessions(most=MOST_SESSIONS)
    await rooms.require(event, plan.zone)
    session = new_id()
    await db.execute(
        "INSERT INTO agenda_session (id, event, number, guid, slug, kind, kind_text, title_vi, title_en, abstract_vi,"
        " abstract_en, description_vi, description_en, language, track, tags, zone, starts_at, ends_at, capacity,"
        " booking, version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
        " $14, $15, $16, $17, $18, $19, $20, $21, 1, now(), now())",
        *(session, event, number, guid or str(session), await _slug(event, plan, number), plan.kind, plan.kind_text),
        *_values(plan),
    )
    await db.execute("UPDATE agenda SET numbers = greatest(numbers, $2), updated_at = now() WHERE event = $1", event,
                     number)  # fmt: skip
    await speakers.set_parts(event, session, plan.speakers)
    return session


async def _slug(event: UUID, plan: SessionPlan, number: int) -> str:
    wish = slugify(plan.title_vi or plan.title_en, "phien")[:70].strip("-")
    taken = await db.fetchval("SELECT EXISTS (SELECT FROM agenda_session WHERE event = $1 AND slug = $2)", event, wish)
    return f"{wish}-{number}" if taken else wish


def _values(plan: SessionPlan) -> tuple[Any, ...]:
    texts = (plan.title_vi, plan.title_en, plan.abstract_vi, plan.abstract_en, plan.description_vi, plan.description_en)
    when = (plan.zone, plan.starts_at, plan.ends_at, plan.capacity, plan.booking)
    return (*texts, plan.language, plan.track, list(plan.tags), *when)


async def edit(actor: Actor, event: UUID, session: UUID, plan: SessionPlan, *, version: int | None = None) -> None:
    """Change a session. Locks the agenda; raises Changed when `version` is not the newest, Invalid, NotFound."""
    check(plan)
    async with db.tx():
        await lock(event)
        await edit_here(event, session, plan, version=version)


async def edit_here(event: UUID, session: UUID, plan: SessionPlan, *, version: int | None = None) -> None:
    """`edit` inside an open transaction that holds the agenda."""
    old = await _newest(event, session, version)
    if plan.zone != old["zone"]:
        await rooms.require(event, plan.zone)
    await db.execute(
        "UPDATE agenda_session SET kind = $3, kind_text = $4, title_vi = $5, title_en = $6, abstract_vi = $7,"
        " abstract_en = $8, description_vi = $9, description_en = $10, language = $11, track = $12, tags = $13,"
        " zone = $14, starts_at = $15, ends_at = $16, capacity = $17, booking = $18, version = version + 1,"
        " updated_at = now() WHERE id = $1 AND event = $2",
        *(session, event, plan.kind, plan.kind_text, *_values(plan)),
    )
    await speakers.set_parts(event, session, plan.speakers)
    await db.execute("UPDATE agenda SET updated_at = now() WHERE event = $1", event)


async def _newest(event: UUID, session: UUID, version: int | None) -> asyncpg.Record:
    row = await db.fetchrow(
        "SELECT id, version, zone, starts_at, ends_at FROM agenda_session WHERE id = $1 AND event = $2"
        " AND ended_at IS NULL",
        *(session, event),
    )
    if row is None:
        raise NotFound
    if version is not None and version != row["version"]:
        raise Changed
    return row


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Where on the grid a session is put; without a start it goes back to those that have no time."""

    zone: UUID | None = None
    starts_at: datetime | None = None
    minutes: int | None = None
    version: int | None = None


async def move(actor: Actor, event: UUID, session: UUID, to: Move) -> None:
    """Put a session elsewhere on the grid; it keeps its length unless `minutes` says another. As `edit` otherwise."""
    if to.minutes is not None and not 0 < to.minutes <= MOST_MINUTES:
        raise Invalid(fields={"minutes": N_("A session lasts between 1 minute and 24 hours.")})
    async with db.tx():
        await lock(event)
        old = await _newest(event, session, to.version)
        if to.zone != old["zone"]:
            await rooms.require(event, to.zone)
        length = timedelta(minutes=to.minutes or 60)
        if to.minutes is None and old["starts_at"] is not None:
            length = old["ends_at"] - old["starts_at"]
        await db.execute(
            "UPDATE agenda_session SET zone = $2, starts_at = $3, ends_at = $4, version = version + 1,"
            " updated_at = now() WHERE id = $1",
            *(session, to.zone, to.starts_at, to.starts_at + length if to.starts_at else None),
        )
        await db.execute("UPDATE agenda SET updated_at = now() WHERE event = $1", event)


async def take_off(actor: Actor, event: UUID, session: UUID) -> None:
    """Take a session out of the plan; the public agenda has it until the next release. Twice changes nothing."""
    async with db.tx():
        await lock(event)
        found = await db.fetchval("SELECT id FROM agenda_session WHERE id = $1 AND event = $2", session, event)
        if found is None:
            raise NotFound
        await db.execute(
            "UPDATE agenda_session SET ended_at = now(), version = version + 1, updated_at = now()"
            " WHERE id = $1 AND ended_at IS NULL",
            session,
        )


async def set_rules(actor: Actor, event: UUID, *, overlap: str, walk_in_minutes: int) -> None:
    """Whether somebody may book sessions at the same time, and from when seats not taken up are anybody's."""
    fields: dict[str, Phrase] = {}
    if overlap not in OVERLAP:
        fields["overlap"] = NOT_A_CHOICE
    if not 0 <= walk_in_minutes <= 240:
        fields["walk_in_minutes"] = N_("This must be between 0 and 240 minutes.")
    if fields:
        raise Invalid(fields=fields)
    async with db.tx():
        await lock(event)
        await db.execute(
            "UPDATE agenda SET overlap = $2, walk_in_minutes = $3, updated_at = now() WHERE event = $1",
            *(event, overlap, walk_in_minutes),
        )
