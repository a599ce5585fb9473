"""Deciding on registrations that need approval: approved within the places there are, or refused with a reason."""

from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.outbox import enqueue
from app.core.web import Actor
from events import states
from events.seats import book, promoting

MOST = 1000
"""How many are decided on at once."""


class TooLate(Conflict):
    message = N_("This event is over or was cancelled: nobody can be approved for it any more.")


class Decided(msgspec.Struct, frozen=True):
    """What became of a decision: how many were confirmed, put in line, refused, and left because it was full.

    `unpaid` are those among the confirmed whose place waits for their money. `full` names the rooms that were full.
    """

    confirmed: int = 0
    waitlisted: int = 0
    refused: int = 0
    left: int = 0
    unpaid: int = 0
    full: tuple[UUID, ...] = ()


async def approve(
    actor: Actor, event: UUID, registrations: list[UUID], *, when_full: Literal["leave", "waitlist"] = "leave"
) -> Decided:
    """Approve whoever of these waits for it, in the order they registered, as long as there are places.

    When it is full the rest is left waiting, or put in line with a notice. Nobody is decided on twice. Locks the book,
    then the registrations. Raises TooLate, and then nobody was approved.
    """
    async with db.tx(statement_timeout="30s"):
        held = await book.locked(event)
        guests = await _pending(event, registrations)
        if guests and (held.event["status"] == "cancelled" or held.event["ends_at"] <= clock.now()):
            raise TooLate
        await promoting.promote(held)
        kept = await promoting.kept_for_others(held)
        groups: dict[tuple[str, object], list[UUID]] = {}
        left: list[UUID] = []
        full: set[UUID] = set()
        for guest in guests:
            short = held.short(guest["ticket_type"], guest["party"])
            short = short or list(kept.intersection(held.chains[guest["ticket_type"]]))
            if not short:
                held.take(guest["ticket_type"], guest["party"])
                state = promoting.seated_state(held, guest["ticket_type"], promoting.owed(guest), clock.now())
                groups.setdefault(state, []).append(guest["id"])
                continue
            full.update(short)
            left.append(guest["id"])
        await book.write(held)
        await _write(actor, groups)
        seated, owing = await _put_in_line(actor, held, left) if when_full == "waitlist" else (0, 0)
    count = {status: len(ids) for (status, _until), ids in groups.items()}
    return Decided(
        confirmed=count.get("confirmed", 0) + count.get("started", 0) + seated,
        unpaid=count.get("started", 0) + owing,
        waitlisted=len(left) - seated if when_full == "waitlist" else 0,
        left=0 if when_full == "waitlist" else len(left),
        full=tuple(sorted(full)),
    )


async def _write(actor: Actor, groups: dict[tuple[str, object], list[UUID]]) -> None:
    for (status, until), ids in groups.items():
        rows = [(number, "pending_review") for number in ids]
        await states.move_many(actor, rows, status, "approved", deadline=until)  # type: ignore[arg-type]
        await _tell(ids)


async def _tell(registrations: list[UUID]) -> None:
    for number in registrations:
        await enqueue("events.tell_guest", {"registration_id": str(number), "kind": "approved"})


async def _put_in_line(actor: Actor, held: book.Book, registrations: list[UUID]) -> tuple[int, int]:
    """Let these stand in line by the numbers they got when they registered.

    How many have a place for it at once, and how many of these have to pay for it yet.

    Places that are kept for a party are kept from those behind it: somebody who was there before it takes one.
    """
    rows = [(number, "pending_review") for number in registrations]
    await states.move_many(actor, rows, "waitlisted", "approved")
    moved = set(await promoting.promote(held))
    await _tell([number for number in registrations if number not in moved])
    seated = [] if held.rule.promotion == "offer" else list(moved.intersection(registrations))
    owing: int = await db.fetchval(
        "SELECT count(*) FROM registration WHERE id = ANY ($1) AND status = 'started'", seated
    )
    return len(seated), owing


async def refuse(actor: Actor, event: UUID, registrations: list[UUID], reason: str = "") -> Decided:
    """Refuse whoever of these waits for approval; each is told with the reason (outbox). Locks as `approve` does."""
    async with db.tx(statement_timeout="30s"):
        await book.locked(event)
        guests = await _pending(event, registrations)
        await states.move_many(actor, [(guest["id"], "pending_review") for guest in guests], "refused", reason)
        for guest in guests:
            await enqueue("events.tell_guest", {"registration_id": str(guest["id"]), "kind": "refused"})
    return Decided(refused=len(guests))


async def _pending(event: UUID, registrations: list[UUID]) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT id, ticket_type, party, price, paid_at FROM registration WHERE event = $1 AND id = ANY ($2)"
        " AND status = 'pending_review' ORDER BY queue_number FOR NO KEY UPDATE",
        *(event, registrations[:MOST]),
    )
