"""Places kept back for somebody until a moment: they count as taken in every pool, and come back when it has passed."""

from datetime import datetime
from uuid import UUID

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.web import Actor
from events.seats import book, promoting


class NotThatMany(Conflict):
    message = N_("Only %(left)s places are free: so many cannot be kept.")


async def keep(held: book.Book, actor: Actor, kind: UUID, size: int, label: str, ends_at: datetime | None) -> UUID:
    """Keep places of a ticket type in the open book. Raises Invalid, NotThatMany."""
    if kind not in held.types or size < 1:
        raise Invalid(fields={"size": N_("This must be a number of places between 0 and 1,000,000.")})
    if ends_at is not None and ends_at <= clock.now():
        raise Invalid(fields={"ends_at": N_("Please choose a moment that is still to come.")})
    if held.short(kind, size):
        raise NotThatMany(left=max(held.left(kind), 0))
    held.take(kind, size)
    await book.write(held)
    number = new_id()
    await db.execute(
        "INSERT INTO seat_hold (id, event, ticket_type, size, taken, label, ends_at, held_by, created_at)"
        " VALUES ($1, $2, $3, $4, 0, $5, $6, $7, now())",
        *(number, held.event["id"], kind, size, label[:200], ends_at, actor.id),
    )
    return number


async def use(hold: UUID, party: int) -> bool:
    """Turn kept places into somebody's, while there are so many and it is not too late. Needs the book's lock."""
    return bool(
        await db.execute(
            "UPDATE seat_hold SET taken = taken + $2 WHERE id = $1 AND ended_at IS NULL AND taken + $2 <= size"
            " AND (ends_at IS NULL OR ends_at > $3)",
            *(hold, party, clock.now()),
        )
    )


async def release(held: book.Book, hold: UUID) -> int:
    """Give back what nobody took of a hold; how many places. Twice gives back nothing."""
    row = await db.fetchrow(
        "UPDATE seat_hold SET ended_at = now() WHERE id = $1 AND event = $2 AND ended_at IS NULL"
        " RETURNING ticket_type, size - taken AS left",
        *(hold, held.event["id"]),
    )
    if row is None:
        return 0
    left: int = row["left"]
    if left:
        held.give(row["ticket_type"], left)
    return left


async def end(actor: Actor, event: UUID, hold: UUID) -> int:
    """Stop keeping places; the line gets them at once. Twice changes nothing. Raises NotFound for another event's."""
    async with db.tx(statement_timeout="30s"):
        if not await db.fetchval("SELECT EXISTS (SELECT 1 FROM seat_hold WHERE id = $1 AND event = $2)", hold, event):
            raise NotFound
        held = await book.locked(event)
        count = await release(held, hold)
        await promoting.promote(held)
    return count


async def of_event(event: UUID) -> list[dict[str, object]]:
    """What is kept back now, soonest to end first."""
    rows = await db.fetch(
        "SELECT h.id, h.size, h.taken, h.label, h.ends_at, t.title_vi, t.title_en FROM seat_hold h"
        " JOIN ticket_type t ON t.id = h.ticket_type WHERE h.event = $1 AND h.ended_at IS NULL"
        " ORDER BY h.ends_at NULLS LAST, h.created_at",
        event,
    )
    return [dict(row) for row in rows]
