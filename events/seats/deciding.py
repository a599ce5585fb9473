"""What organizers decide about single people: beyond the places by name and reason, out of turn, a higher priority."""

from uuid import UUID

import asyncpg

from app.core import clock, db
from app.core.errors import Conflict, Invalid
from app.core.i18n import N_
from app.core.outbox import enqueue
from app.core.web import Actor
from events import states
from events.seats import book, promoting

HIGHEST = 9


class NoPlaceFor(Conflict):
    message = N_("There is no place for all of them: nothing was changed.")


class NoneWaiting(Conflict):
    message = N_("None of these was waiting.")


_WAITING = (
    "SELECT * FROM registration WHERE event = $1 AND id = ANY ($2) AND status IN ('waitlisted', 'pending_review')"
    " ORDER BY queue_number FOR NO KEY UPDATE"
)


async def overbook(actor: Actor, event: UUID, registrations: list[UUID], reason: str) -> int:
    """Let people in beyond the places, named and with a reason; how many. No counter knows them, and when one of them
    cancels nobody moves up. Raises Invalid without a reason, NoneWaiting. Locks the book, then the registrations."""
    if not reason.strip():
        raise Invalid(fields={"reason": N_("Please say why: it stays with the registration.")})
    async with db.tx(statement_timeout="30s"):
        held = await book.locked(event)
        rows = await db.fetch(_WAITING, event, registrations)
        if not rows:
            raise NoneWaiting
        await db.execute(
            "UPDATE registration SET overbooked_by = $2, overbooked_reason = $3 WHERE id = ANY ($1)",
            *([row["id"] for row in rows], actor.person_id, reason.strip()[:500]),
        )
        await _seat(actor, held, rows, reason)
        await promoting.promote(held)  # whoever was kept waiting by a party in front
    return len(rows)


async def seat_now(actor: Actor, event: UUID, registrations: list[UUID], reason: str = "") -> int:
    """Give free places to these before it is their turn; all of them or none. Raises NoPlaceFor, NoneWaiting."""
    async with db.tx(statement_timeout="30s"):
        held = await book.locked(event)
        rows = await db.fetch(_WAITING, event, registrations)
        if not rows:
            raise NoneWaiting
        for row in rows:
            if held.short(row["ticket_type"], row["party"]):
                raise NoPlaceFor
            held.take(row["ticket_type"], row["party"])
        await book.write(held)
        await _seat(actor, held, rows, reason)
        await promoting.promote(held)  # whoever was kept waiting by a party in front
    return len(rows)


async def _seat(actor: Actor, held: book.Book, rows: list[asyncpg.Record], reason: str) -> None:
    for row in rows:
        status, until = promoting.seated_state(held, row["ticket_type"], promoting.owed(row), clock.now())
        await states.move(actor, row["id"], row["status"], status, reason or "chosen", deadline=until)
        await enqueue("events.tell_guest", {"registration_id": str(row["id"]), "kind": "promoted"})


async def prefer(actor: Actor, event: UUID, registrations: list[UUID], priority: int) -> int:
    """Put people into a group of the line that comes before the others (0: everybody); how many changed."""
    if not 0 <= priority <= HIGHEST:
        raise Invalid(fields={"priority": N_("Please choose one of the options.")})
    async with db.tx(statement_timeout="30s"):
        held = await book.locked(event)
        rows = await db.fetch(
            "UPDATE registration SET priority = $3 WHERE event = $1 AND id = ANY ($2) AND priority <> $3"
            " AND status IN ('waitlisted', 'pending_review') RETURNING id, status",
            *(event, registrations, priority),
        )
        for row in rows:
            await states.note(actor, row["id"], row["status"], f"priority {priority}")
        await promoting.promote(held)
    return len(rows)
