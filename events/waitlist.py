"""Places given back: cancelling, one or many. Who comes next is decided in seats/promoting.py, in the same act."""

from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_
from app.core.outbox import enqueue
from app.core.web import Actor
from events import states
from events.seats import book, promoting
from events.states import ACTIVE, ENDED, SEATED


class AlreadyIn(Conflict):
    message = N_("This ticket is checked in already: it cannot be cancelled any more.")


async def cancel(actor: Actor, registration: UUID, reason: str = "", *, by_guest: bool = False) -> str:
    """Give a registration up; the status it had. The next in line is promoted at once and told, as is who cancelled.

    Cancelling twice changes nothing: the second time returns "cancelled". Locks the book, then the registration.
    Raises AlreadyIn for a guest who came through a door; organizers may still cancel.
    """
    async with db.tx():
        event = await db.fetchval("SELECT event FROM registration WHERE id = $1", registration)
        if event is None:
            raise NotFound
        held = await book.locked(event)
        row = await locked_guest(registration)
        before: str = row["status"]
        if before in ENDED:
            return before
        if by_guest and await came(registration):
            raise AlreadyIn
        await give_up(actor, held, row, reason)
        await promoting.promote(held)
    return before


async def came(registration: UUID) -> bool:
    """Whether this ticket was let in at any door."""
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT 1 FROM admission WHERE registration = $1 AND voided_at IS NULL)", registration
        )
    )


async def locked_guest(registration: UUID) -> asyncpg.Record:
    """A registration's row, locked; take the book's lock first. Raises NotFound."""
    row = await db.fetchrow("SELECT * FROM registration WHERE id = $1 FOR NO KEY UPDATE", registration)
    if row is None:
        raise NotFound
    return row


async def cancel_all(actor: Actor, event: UUID, registrations: list[UUID], reason: str = "") -> int:
    """Cancel whichever of these count in this event, all or none; how many there were. Each is told (outbox).

    Places are handed on when all are given up, so that nobody is promoted to be cancelled. Locks the book, then the
    registrations. Twice changes nothing.
    """
    async with db.tx(statement_timeout="30s"):
        held = await book.locked(event)
        rows = await db.fetch(
            "SELECT * FROM registration WHERE event = $1 AND id = ANY ($2) AND status = ANY ($3)"
            " ORDER BY queue_number FOR NO KEY UPDATE",
            *(event, registrations, list(ACTIVE)),
        )
        for row in rows:
            await give_up(actor, held, row, reason)
        await promoting.promote(held)
    return len(rows)


async def give_up(actor: Actor, held: book.Book, row: asyncpg.Record, reason: str) -> None:
    """Cancel a locked registration and give its place back to the book; who had it is told (outbox)."""
    give_back(held, row)
    await states.move(actor, row["id"], row["status"], "cancelled", reason)
    await enqueue("events.tell_guest", {"registration_id": str(row["id"]), "kind": "cancelled"})


def give_back(held: book.Book, row: asyncpg.Record) -> None:
    """The places that a registration holds, back into the book: none for one that waits, or was let in beyond them."""
    if row["status"] in SEATED and row["overbooked_by"] is None:
        held.give(row["ticket_type"], row["party"])
