"""Offers and deadlines: somebody takes an offered place, or the moment passes and the place goes to the next.

A link in a mail never takes a place: mail programs follow links by themselves. A button does.
"""

from uuid import UUID

import asyncpg

from app.core import clock, db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_
from app.core.outbox import enqueue
from app.core.web import Actor
from events import states, waitlist
from events.seats import book, holds, promoting

MOST_MISSED = 1
"""Offers that may pass before the tail of the line is the end of it."""


class OfferGone(Conflict):
    message = N_("This offer is over: its time has passed, or the place was given back.")


async def accept(actor: Actor, registration: UUID) -> str:
    """Take an offered place; the state that follows: confirmed, or started where it has to be paid for.

    Taking it twice changes nothing. At the instant of its deadline either this wins or the expiry, by the book's lock.
    Raises OfferGone.
    """
    async with db.tx():
        held = await _book_of(registration)
        row = await waitlist.locked_guest(registration)
        if row["status"] in ("confirmed", "started"):
            return str(row["status"])
        moment = clock.now()
        if row["status"] != "offered" or row["deadline_at"] <= moment:
            raise OfferGone
        status, until = promoting.seated_state(held, row["ticket_type"], promoting.owed(row), moment)
        await states.move(actor, registration, "offered", status, "accepted", deadline=until)
        await enqueue("events.tell_guest", {"registration_id": str(registration), "kind": "accepted"})
    return status


async def _book_of(registration: UUID) -> book.Book:
    event = await db.fetchval("SELECT event FROM registration WHERE id = $1", registration)
    if event is None:
        raise NotFound
    return await book.locked(event)


_DUE = """
SELECT event FROM registration WHERE status IN ('offered', 'started') AND deadline_at <= $1
UNION SELECT event FROM seat_hold WHERE ended_at IS NULL AND ends_at <= $1 ORDER BY 1 LIMIT 100
"""


async def due() -> list[UUID]:
    """The events in which some deadline has passed."""
    return [row["event"] for row in await db.fetch(_DUE, clock.now())]


async def expire(event: UUID) -> int:
    """End what is past its deadline in this event and hand the places on; how much ended. Twice changes nothing.

    A passed offer goes to the end of the line once, where the event says so, and out the second time. Whoever has just
    missed an offer is not before the others in the same moment. Locks the book, then the registrations.
    """
    async with db.tx(statement_timeout="30s"):
        held = await book.locked(event)
        moment = clock.now()
        rows = await db.fetch(
            "SELECT * FROM registration WHERE event = $1 AND status IN ('offered', 'started') AND deadline_at <= $2"
            " ORDER BY queue_number FOR NO KEY UPDATE",
            *(event, moment),
        )
        for row in rows:
            waitlist.give_back(held, row)
            await _end(held, row)
        kept = await db.fetch(
            "SELECT id FROM seat_hold WHERE event = $1 AND ended_at IS NULL AND ends_at <= $2 ORDER BY id",
            *(event, moment),
        )
        for hold in kept:
            await holds.release(held, hold["id"])
        await promoting.promote(held)
    return len(rows) + len(kept)


async def _end(held: book.Book, row: asyncpg.Record) -> None:
    number, offered = row["id"], row["status"] == "offered"
    again = offered and held.rule.after_expiry == "tail" and row["missed"] < MOST_MISSED and not held.blocked()
    if again:
        await db.execute(
            "UPDATE registration SET missed = missed + 1,"
            " queue_number = nextval(pg_get_serial_sequence('registration', 'queue_number')) WHERE id = $1",
            number,
        )
    reason = "offer_expired" if offered else "not_paid"
    await states.move(None, number, row["status"], "waitlisted" if again else "expired", reason)
    await enqueue("events.tell_guest", {"registration_id": str(number), "kind": reason, "mark": str(row["missed"])})
