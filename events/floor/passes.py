"""Staff passes of exhibitors: registrations within a quota, revoked when the booth goes (case 17)."""

from typing import Any
from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.web import Actor
from events import registration, waitlist
from events.registration import Registered, Wish
from events.states import ACTIVE

REASON = "booth removed"
"""Kept with the registration's change; the mail to the guest says that it was cancelled."""


class QuotaUsed(Conflict):
    message = N_("All %(quota)s passes are given. Take one back first, or ask the organisers for more.")


class NoBooth(Conflict):
    message = N_("Passes are given once you have a booth.")


class NoPassType(Conflict):
    message = N_("The organisers have not opened passes for exhibitors yet.")


class KnownAlready(Conflict):
    message = N_("This address is registered for the event already.")


class NoPlace(Conflict):
    message = N_("There is no place left for exhibitor staff. Please ask the organisers.")


async def give(actor: Actor, exhibitor: UUID, full_name: str, email: str) -> Registered:
    """A pass for somebody: a registration of the exhibitors' ticket type, told by mail as every other one.

    Locks the exhibitor, so that the quota holds. Raises QuotaUsed, NoBooth, NoPassType, KnownAlready, NoPlace, Invalid.
    """

    async def attempt() -> Registered:
        async with db.tx():
            return await _give_here(actor, exhibitor, full_name, email)

    return await registration.patiently(attempt)


_EXHIBITOR = """
SELECT x.event, x.pass_quota, x.sample, o.name, t.code AS type, EXISTS (SELECT FROM booth b WHERE b.exhibitor = x.id
         AND b.ended_at IS NULL) AS has_booth
FROM exhibitor x JOIN organisation o ON o.id = x.organisation LEFT JOIN floor_ground g ON g.event = x.event
LEFT JOIN ticket_type t ON t.id = g.pass_type WHERE x.id = $1 AND x.status = 'accepted'
"""


async def _give_here(actor: Actor, exhibitor: UUID, full_name: str, email: str) -> Registered:
    await db.execute("SELECT 1 FROM exhibitor WHERE id = $1 FOR NO KEY UPDATE", exhibitor)
    row = await db.fetchrow(_EXHIBITOR, exhibitor)
    if row is None:
        raise NotFound
    if row["type"] is None:
        raise NoPassType
    if not row["has_booth"]:
        raise NoBooth
    used = await db.fetchval("SELECT count(*) FROM exhibitor_pass WHERE exhibitor = $1 AND ended_at IS NULL", exhibitor)
    if used >= row["pass_quota"]:
        raise QuotaUsed(quota=row["pass_quota"])
    wish = Wish(
        ticket_type=row["type"],
        full_name=full_name,
        email=email,
        organisation=row["name"],
        source="desk",
        sample=row["sample"],
    )
    found = await registration.register_here(actor, row["event"], wish)
    if not found.new:
        raise KnownAlready
    if found.status != "confirmed":
        raise NoPlace
    await db.execute(
        "INSERT INTO exhibitor_pass (id, exhibitor, registration, given_by, given_at) VALUES ($1, $2, $3, $4, now())",
        *(new_id(), exhibitor, found.id, actor.person_id),
    )
    return found


async def take_back(actor: Actor, exhibitor: UUID, number: UUID) -> None:
    """Take a pass back: the registration is cancelled, the quota has room again. Twice changes nothing."""
    async with db.tx():
        row = await db.fetchrow(
            "SELECT registration FROM exhibitor_pass WHERE id = $1 AND exhibitor = $2", number, exhibitor
        )
        if row is None:
            raise NotFound
        await db.execute("UPDATE exhibitor_pass SET ended_at = coalesce(ended_at, now()) WHERE id = $1", number)
        await _revoke_later(exhibitor)
    await revoke(actor, exhibitor)


async def end_without_booth(exhibitor: UUID) -> None:
    """End the passes of an exhibitor that has no booth any more, in the open transaction; `revoke` follows it."""
    await db.execute(
        "UPDATE exhibitor_pass p SET ended_at = now() WHERE p.exhibitor = $1 AND p.ended_at IS NULL"
        " AND NOT EXISTS (SELECT FROM booth b WHERE b.exhibitor = $1 AND b.ended_at IS NULL)",
        exhibitor,
    )
    await _revoke_later(exhibitor)


async def _revoke_later(exhibitor: UUID) -> None:
    """If the process dies between the two transactions, the job cancels what is left."""
    await enqueue("floor.revoke_passes", {"exhibitor_id": str(exhibitor)})


async def revoke(actor: Actor, exhibitor: UUID) -> int:
    """Cancel the registrations of passes that have ended; how many. Repeating it changes nothing.

    A pass names who has the ticket now: it follows when a ticket is passed on or merged (trigger pass_follows).
    """
    rows = await db.fetch(
        "SELECT r.id, r.event FROM exhibitor_pass p JOIN registration r ON r.id = p.registration"
        " WHERE p.exhibitor = $1 AND p.ended_at IS NOT NULL AND r.status = ANY ($2) AND NOT EXISTS (SELECT FROM"
        " exhibitor_pass o WHERE o.registration = r.id AND o.ended_at IS NULL)",
        *(exhibitor, list(ACTIVE)),
    )
    if not rows:
        return 0
    return await waitlist.cancel_all(actor, rows[0]["event"], [row["id"] for row in rows], REASON)


async def passes_of(exhibitor: UUID) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT p.id, p.given_at, r.full_name, r.email, r.status FROM exhibitor_pass p"
        " JOIN registration r ON r.id = p.registration WHERE p.exhibitor = $1 AND p.ended_at IS NULL"
        " ORDER BY p.given_at, p.id",
        exhibitor,
    )


async def choices(event: UUID) -> list[Any]:
    """Ticket types that a pass may be of."""
    return await db.fetch(
        "SELECT id, title_vi, title_en FROM ticket_type WHERE event = $1 ORDER BY role <> 'exhibitor', place", event
    )
