"""Places given back and handed on: cancelling, and who comes next. First come, first served, by the number in line."""

from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_
from app.core.outbox import enqueue
from app.core.web import Actor
from events.words import ACTIVE

_NEXT = """
UPDATE registration SET status = 'confirmed', status_at = now()
WHERE id = (SELECT id FROM registration WHERE ticket_type = $1 AND status = 'waitlisted'
            ORDER BY queue_number LIMIT 1 FOR NO KEY UPDATE)
RETURNING id
"""


class AlreadyIn(Conflict):
    message = N_("This ticket is checked in already: it cannot be cancelled any more.")


async def cancel(actor: Actor, registration: UUID, reason: str = "", *, by_guest: bool = False) -> str:
    """Give a registration up; the status it had. The next in line is promoted at once and told, as is who cancelled.

    Cancelling twice changes nothing: the second time returns "cancelled". Locks the ticket type, then the registration.
    Raises AlreadyIn for a guest who came through a door; organizers may still cancel.
    """
    async with db.tx():
        type_id = await db.fetchval("SELECT ticket_type FROM registration WHERE id = $1", registration)
        if type_id is None:
            raise NotFound
        await lock_type(type_id)
        before: str = await db.fetchval("SELECT status FROM registration WHERE id = $1 FOR NO KEY UPDATE", registration)
        if before in ("cancelled", "refused"):
            return before
        if by_guest and await db.fetchval(
            "SELECT EXISTS (SELECT 1 FROM admission WHERE registration = $1 AND voided_at IS NULL)", registration
        ):
            raise AlreadyIn
        await _give_up(actor, registration, before, reason)
        if before == "confirmed":
            await hand_on(type_id)
    return before


async def cancel_all(actor: Actor, event: UUID, registrations: list[UUID], reason: str = "") -> int:
    """Cancel whichever of these count in this event, all or none; how many there were. Each is told (outbox).

    Places are handed on when all are given up, so that nobody is promoted to be cancelled. Locks the
    ticket types in the order of their ids, then the registrations. Twice changes nothing.
    """
    count = 0
    async with db.tx(statement_timeout="30s"):
        types = await db.fetch(
            "SELECT DISTINCT ticket_type AS id FROM registration WHERE event = $1 AND id = ANY ($2) ORDER BY id",
            *(event, registrations),
        )
        for kind in types:
            await lock_type(kind["id"])
            rows = await db.fetch(
                "SELECT id, status FROM registration WHERE ticket_type = $1 AND id = ANY ($2) AND status = ANY ($3)"
                " ORDER BY queue_number FOR NO KEY UPDATE",
                *(kind["id"], registrations, list(ACTIVE)),
            )
            for row in rows:
                await _give_up(actor, row["id"], row["status"], reason)
            for row in rows:
                if row["status"] == "confirmed":
                    await hand_on(kind["id"])
            count += len(rows)
    return count


async def _give_up(actor: Actor, registration: UUID, before: str, reason: str) -> None:
    await set_status(actor, registration, before, "cancelled", reason)
    await enqueue("events.tell_guest", {"registration_id": str(registration), "kind": "cancelled"})


async def lock_type(type_id: UUID) -> asyncpg.Record:
    """The ticket type's row, locked: whoever changes who has a place holds it."""
    row = await db.fetchrow(
        "SELECT t.id, t.event, t.capacity, t.sold, e.status AS event_status, e.ends_at > now() AS ahead"
        " FROM ticket_type t JOIN event e ON e.id = t.event WHERE t.id = $1 FOR NO KEY UPDATE OF t",
        type_id,
    )
    if row is None:
        raise NotFound
    return row


async def set_status(actor: Actor | None, registration: UUID, before: str, after: str, reason: str = "") -> None:
    """Write a status and the row that says who changed it and why."""
    await db.execute("UPDATE registration SET status = $2, status_at = now() WHERE id = $1", registration, after)
    await note(actor, registration, before, after, reason)


async def note(actor: Actor | None, registration: UUID, before: str, after: str, reason: str) -> None:
    await db.execute(
        "INSERT INTO registration_change (registration, from_status, to_status, by, reason, changed_at)"
        " VALUES ($1, $2, $3, $4, $5, now())",
        *(registration, before, after, actor.id if actor else None, reason[:500]),
    )


async def hand_on(type_id: UUID) -> UUID | None:
    """A place of this type was given back: the first in line gets it, or it counts as free. Needs the type's lock.

    Nobody is promoted into an event that is over, called off or not published.
    """
    promoted = await _promote_one(type_id)
    if promoted is None:
        await db.execute("UPDATE ticket_type SET sold = sold - 1 WHERE id = $1", type_id)
    return promoted


async def fill(type_id: UUID) -> list[UUID]:
    """Give free places to those in line, after the capacity was raised. Needs the type's lock."""
    promoted = []
    while await db.fetchval("SELECT sold < capacity FROM ticket_type WHERE id = $1", type_id):
        guest = await _promote_one(type_id)
        if guest is None:
            break
        await db.execute("UPDATE ticket_type SET sold = sold + 1 WHERE id = $1", type_id)
        promoted.append(guest)
    return promoted


async def _promote_one(type_id: UUID) -> UUID | None:
    going_on = await db.fetchval(
        "SELECT e.status IN ('published', 'closed') AND e.ends_at > now() FROM ticket_type t"
        " JOIN event e ON e.id = t.event WHERE t.id = $1",
        type_id,
    )
    guest: UUID | None = await db.fetchval(_NEXT, type_id) if going_on else None
    if guest is not None:
        await note(None, guest, "waitlisted", "confirmed", "promoted")
        await enqueue("events.tell_guest", {"registration_id": str(guest), "kind": "promoted"})
    return guest
