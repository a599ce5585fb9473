"""What belongs to an event: its ticket types with their places, its doors, the people who run it."""

import re
from typing import Any
from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.web import Actor
from app.people.accounts import email_key
from events.planning import EARLIEST_YEAR, LATEST_YEAR, TypePlan, insert_checkpoint, insert_type
from events.waitlist import fill, lock_type

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MOST_PLACES = 1_000_000


class CodeTaken(Conflict):
    message = N_("This event has a ticket type with that code already.")


class BelowSold(Invalid):
    message = N_("%(sold)s places are taken already: the number of places cannot be lower.")

    def __init__(self, sold: int) -> None:
        super().__init__(fields={"capacity": self.message}, sold=sold)


class NoAccount(Invalid):
    message = N_("There is no account with this e-mail address. Ask the person to sign up first.")

    def __init__(self) -> None:
        super().__init__(fields={"email": self.message})


class LastOwner(Conflict):
    message = N_("An event keeps its owner.")


def check_type(kind: TypePlan) -> None:
    """Raises Invalid where a ticket type cannot be."""
    fields: dict[str, Phrase] = {}
    if not _CODE.fullmatch(kind.code) or len(kind.code) > 40:
        fields["code"] = N_("Small letters, digits and hyphens, at most 40.")
    if not kind.title_vi.strip() and not kind.title_en.strip():
        fields["title_vi"] = N_("Please fill this in.")
    if not 0 <= kind.capacity <= MOST_PLACES:
        fields["capacity"] = N_("This must be a number of places between 0 and 1,000,000.")
    moments = {"opens_at": kind.opens_at, "closes_at": kind.closes_at}
    for name, moment in moments.items():
        if moment is not None and not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            fields[name] = N_("Please enter a date and time that exist.")
    if kind.opens_at and kind.closes_at and kind.closes_at <= kind.opens_at:
        fields["closes_at"] = N_("The end must be after the start.")
    if fields:
        raise Invalid(fields=fields)


async def add_type(actor: Actor, event: UUID, kind: TypePlan) -> UUID:
    """A further kind of ticket. Raises Invalid, CodeTaken."""
    check_type(kind)
    try:
        async with db.tx():
            place = await db.fetchval("SELECT count(*) FROM ticket_type WHERE event = $1", event)
            return await insert_type(event, kind, place)
    except asyncpg.UniqueViolationError:
        raise CodeTaken from None


async def edit_type(actor: Actor, event: UUID, type_id: UUID, kind: TypePlan) -> list[UUID]:
    """Change a ticket type; more places go to those in line at once (their ids), fewer than taken are refused.

    The code stays. Locks the type's row; raises BelowSold, Invalid, NotFound.
    """
    check_type(kind)
    async with db.tx():
        row = await lock_type(type_id)
        if row["event"] != event:
            raise NotFound
        changed = await db.execute(
            "UPDATE ticket_type SET title_vi = $2, title_en = $3, capacity = $4, needs_approval = $5, opens_at = $6,"
            " closes_at = $7 WHERE id = $1 AND sold <= $4",
            *(type_id, kind.title_vi, kind.title_en, kind.capacity, kind.needs_approval, kind.opens_at, kind.closes_at),
        )
        if not changed:
            raise BelowSold(row["sold"])
        return await fill(type_id)


async def add_checkpoint(
    actor: Actor, event: UUID, *, name_vi: str, name_en: str = "", capacity: int | None = None, types: list[str]
) -> UUID:
    """A further door, village or stage. Raises Invalid."""
    fields: dict[str, Phrase] = {}
    if not name_vi.strip():
        fields["name_vi"] = N_("Please fill this in.")
    if capacity is not None and not 0 < capacity <= MOST_PLACES:
        fields["capacity"] = N_("This must be a number of places between 0 and 1,000,000.")
    if fields:
        raise Invalid(fields=fields)
    async with db.tx():
        return await insert_checkpoint(event, name_vi=name_vi, name_en=name_en, capacity=capacity, types=types)


async def end_checkpoint(actor: Actor, event: UUID, checkpoint: UUID) -> None:
    """Close a door for good; its scans stay on record. Twice changes nothing."""
    async with db.tx():
        await db.execute(
            "UPDATE checkpoint SET ended_at = now() WHERE id = $1 AND event = $2 AND ended_at IS NULL",
            checkpoint,
            event,
        )


async def add_staff(actor: Actor, event: UUID, email: str, role: str) -> None:
    """Let somebody with an account help to run the event; a new role replaces the old one. The owner stays owner."""
    if role not in ("organizer", "desk"):
        raise Invalid(fields={"role": N_("Please choose one of the options.")})
    async with db.tx():
        person = await db.fetchval("SELECT id FROM person WHERE email_key = $1 AND ended_at IS NULL", email_key(email))
        if person is None:
            raise NoAccount
        current = await db.fetchrow(
            "SELECT id, role FROM event_staff WHERE event = $1 AND person = $2 AND ended_at IS NULL FOR NO KEY UPDATE",
            *(event, person),
        )
        if current is not None and current["role"] == "owner":
            raise LastOwner
        if current is not None and current["role"] == role:
            return
        if current is not None:
            await _end_staff(actor, current["id"])
        await db.execute(
            "INSERT INTO event_staff (id, event, person, role, granted_at, granted_by) VALUES ($1, $2, $3, $4,"
            " now(), $5)",
            *(new_id(), event, person, role, actor.person_id),
        )


async def end_staff(actor: Actor, event: UUID, staff: UUID) -> None:
    """Take somebody off the team, with effect from the next request. The owner stays. Twice changes nothing."""
    async with db.tx():
        row = await db.fetchrow("SELECT role FROM event_staff WHERE id = $1 AND event = $2", staff, event)
        if row is None:
            raise NotFound
        if row["role"] == "owner":
            raise LastOwner
        await _end_staff(actor, staff)


async def _end_staff(actor: Actor, staff: UUID) -> None:
    await db.execute(
        "UPDATE event_staff SET ended_at = now(), ended_by = $2 WHERE id = $1 AND ended_at IS NULL",
        staff,
        actor.person_id,
    )


async def types_of(event: UUID) -> list[dict[str, Any]]:
    """The ticket types in order, with what is left and how many wait in line or for approval."""
    rows = await db.fetch(
        "SELECT t.*, count(r.id) FILTER (WHERE r.status = 'waitlisted') AS waiting,"
        " count(r.id) FILTER (WHERE r.status = 'pending_review') AS pending FROM ticket_type t"
        " LEFT JOIN registration r ON r.ticket_type = t.id AND r.status IN ('waitlisted', 'pending_review')"
        " WHERE t.event = $1 GROUP BY t.id ORDER BY t.place, t.created_at",
        event,
    )
    return [{**row, "left": row["capacity"] - row["sold"]} for row in rows]


async def checkpoints_of(event: UUID) -> list[asyncpg.Record]:
    """The doors in use, in order, with how many are inside and how many ever came."""
    return await db.fetch(
        "SELECT c.id, c.name_vi, c.name_en, c.capacity, c.ticket_types, sum(n.inside) AS inside, sum(n.admitted)"
        " AS admitted"
        " FROM checkpoint c JOIN checkpoint_count n ON n.checkpoint = c.id"
        " WHERE c.event = $1 AND c.ended_at IS NULL GROUP BY c.id ORDER BY c.place, c.created_at",
        event,
    )


async def staff_of(event: UUID) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT s.id, s.role, s.granted_at, p.name, p.email FROM event_staff s JOIN person p ON p.id = s.person"
        " WHERE s.event = $1 AND s.ended_at IS NULL ORDER BY s.granted_at",
        event,
    )
