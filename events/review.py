"""Deciding on registrations that need approval: approved within the places there are, or refused with a reason."""

from typing import Literal
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.outbox import enqueue
from app.core.web import Actor
from events.waitlist import lock_type, set_status

MOST = 1000
"""How many are decided on at once."""


class TooLate(Conflict):
    message = N_("This event is over or was cancelled: nobody can be approved for it any more.")


class Decided(msgspec.Struct, frozen=True):
    """What became of a decision: how many were confirmed, put in line, refused, and left because it was full."""

    confirmed: int = 0
    waitlisted: int = 0
    refused: int = 0
    left: int = 0


async def approve(
    actor: Actor, event: UUID, registrations: list[UUID], *, when_full: Literal["leave", "waitlist"] = "leave"
) -> Decided:
    """Approve whoever of these waits for it, in the order they registered, as long as there are places.

    When it is full the rest is left waiting, or put in line with a notice. Nobody is decided on twice. Locks the ticket
    types in the order of their ids, then the registrations. Raises TooLate, and then nobody was approved.
    """
    counts = {"confirmed": 0, "waitlisted": 0, "left": 0}
    async with db.tx(statement_timeout="30s"):
        for type_id in await _types(event, registrations):
            kind = await lock_type(type_id)
            if kind["event_status"] == "cancelled" or not kind["ahead"]:
                raise TooLate
            for guest in await _pending(type_id, registrations):
                outcome = "confirmed" if await db.fetchval("SELECT take_seat($1)", type_id) else when_full
                if outcome == "leave":
                    counts["left"] += 1
                    continue
                status = "confirmed" if outcome == "confirmed" else "waitlisted"
                counts[status] += 1
                await set_status(actor, guest, "pending_review", status, "approved")
                await enqueue("events.tell_guest", {"registration_id": str(guest), "kind": "approved"})
    return Decided(**counts)


async def refuse(actor: Actor, event: UUID, registrations: list[UUID], reason: str = "") -> Decided:
    """Refuse whoever of these waits for approval; each is told with the reason (outbox). Locks as `approve` does."""
    refused = 0
    async with db.tx(statement_timeout="30s"):
        for type_id in await _types(event, registrations):
            await lock_type(type_id)
            for guest in await _pending(type_id, registrations):
                refused += 1
                await set_status(actor, guest, "pending_review", "refused", reason)
                await enqueue("events.tell_guest", {"registration_id": str(guest), "kind": "refused"})
    return Decided(refused=refused)


async def _types(event: UUID, registrations: list[UUID]) -> list[UUID]:
    rows = await db.fetch(
        "SELECT DISTINCT ticket_type FROM registration WHERE event = $1 AND id = ANY ($2) ORDER BY ticket_type",
        *(event, registrations[:MOST]),
    )
    return [row["ticket_type"] for row in rows]


async def _pending(type_id: UUID, registrations: list[UUID]) -> list[UUID]:
    rows = await db.fetch(
        "SELECT id FROM registration WHERE ticket_type = $1 AND id = ANY ($2) AND status = 'pending_review'"
        " ORDER BY queue_number FOR NO KEY UPDATE",
        *(type_id, registrations[:MOST]),
    )
    return [row["id"] for row in rows]
