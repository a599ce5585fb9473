"""Seats in sessions: taken, given up, handed on in the order of asking; a guest's own agenda.

A guest comes by the ticket's link, so no account is needed. A seat is taken by a guarded statement; the registration is
locked first, then the session, as everywhere here. `agenda_hand_on` (in the database) promotes in the same transaction,
also when a registration ends (trigger on `registration`).
"""

from typing import Any
from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_, pick

LIVE = ("booked", "waiting", "noted")


class NotConfirmed(Conflict):
    message = N_("Seats can be booked with a confirmed ticket only.")


class Over(Conflict):
    message = N_("This session is over.")


class Overlaps(Conflict):
    message = N_("You have booked “%(title)s” at this time. Give up that seat first.")


_SHOWN = """
SELECT w.session, w.event, w.booking, w.starts_at, w.ends_at, a.overlap, w.ends_at <= now() AS over
FROM agenda_shown w JOIN agenda a ON a.event = w.event WHERE w.session = $1 AND w.event = $2 AND w.ended_at IS NULL
"""

_OVERLAPPING = """
SELECT w.session, w.facts->>'title_vi' AS title_vi, w.facts->>'title_en' AS title_en
FROM agenda_booking b JOIN agenda_shown w ON w.session = b.session AND w.ended_at IS NULL
WHERE b.registration = $1 AND b.status = 'booked' AND b.session <> $2 AND w.starts_at < $4 AND $3 < w.ends_at
ORDER BY w.starts_at LIMIT 1
"""


async def book(registration: UUID, event: UUID, session: UUID) -> str:
    """Take a seat, a place in line, or (where no seat is needed) note the session; the status it has now.

    Twice changes nothing. Locks the registration, then the session. Raises Overlaps, NotConfirmed, Over, NotFound.
    """
    async with db.tx():
        status = await db.fetchval(
            "SELECT status FROM registration WHERE id = $1 AND event = $2 FOR NO KEY UPDATE", registration, event
        )
        if status is None:
            raise NotFound
        if status != "confirmed":
            raise NotConfirmed
        shown = await db.fetchrow(_SHOWN, session, event)
        if shown is None:
            raise NotFound
        if shown["over"]:
            raise Over
        known: str | None = await db.fetchval(
            "SELECT status FROM agenda_booking WHERE session = $1 AND registration = $2 AND status = ANY ($3)",
            *(session, registration, list(LIVE)),
        )
        if known == "booked" or (known is not None and not shown["booking"]):
            return known
        if shown["booking"] and shown["overlap"] == "refused":
            await _refuse_overlap(registration, shown)
        if not shown["booking"]:
            return await _write(session, registration, "noted")
        if known == "waiting":
            return known
        taken = await db.fetchval("SELECT agenda_take_seat($1)", session)
        return await _write(session, registration, "booked" if taken else "waiting")


async def _refuse_overlap(registration: UUID, shown: asyncpg.Record) -> None:
    other = await db.fetchrow(_OVERLAPPING, registration, shown["session"], shown["starts_at"], shown["ends_at"])
    if other is not None:
        raise Overlaps(title=pick(other["title_vi"], other["title_en"]))


async def _write(session: UUID, registration: UUID, status: str) -> str:
    """The booking's row; one that was only noted becomes a booking when the session began to take some."""
    await db.execute(
        "UPDATE agenda_booking SET status = 'given_up', status_at = now()"
        " WHERE session = $1 AND registration = $2 AND status = 'noted'",
        *(session, registration),
    )
    await db.execute(
        "INSERT INTO agenda_booking (session, registration, status, made_at, status_at)"
        " VALUES ($1, $2, $3, now(), now())",
        *(session, registration, status),
    )
    return status


async def give_up(registration: UUID, event: UUID, session: UUID) -> None:
    """Give a seat or a place in line back; the next in line has the seat at once and is told. Twice changes nothing."""
    async with db.tx():
        await db.execute("SELECT 1 FROM registration WHERE id = $1 FOR NO KEY UPDATE", registration)
        await db.execute(
            "SELECT 1 FROM agenda_shown WHERE session = $1 AND event = $2 FOR NO KEY UPDATE", session, event
        )
        before = await db.fetchval(
            "WITH old AS (SELECT id, status FROM agenda_booking WHERE session = $1 AND registration = $2"
            " AND status = ANY ($3)) UPDATE agenda_booking b SET status = 'given_up', status_at = now(),"
            " clash = NULL, clashed_at = NULL FROM old WHERE b.id = old.id RETURNING old.status",
            *(session, registration, list(LIVE)),
        )
        if before == "booked":
            await db.fetchval("SELECT agenda_hand_on($1)", session)
            await db.execute(
                "UPDATE agenda_booking SET clash = NULL, clashed_at = NULL WHERE registration = $1 AND clash = $2",
                *(registration, session),
            )


async def mark_clashes(event: UUID) -> int:
    """Mark bookings that have come to overlap another one of the same guest, and forget marks that hold no more."""
    await db.execute(
        "UPDATE agenda_booking b SET clash = NULL, clashed_at = NULL FROM agenda_shown w WHERE w.session = b.session"
        " AND w.event = $1 AND b.clash IS NOT NULL AND NOT EXISTS (SELECT FROM agenda_booking o JOIN agenda_shown v"
        " ON v.session = o.session WHERE o.registration = b.registration AND o.session = b.clash"
        " AND o.status = 'booked' AND v.ended_at IS NULL AND v.starts_at < w.ends_at AND w.starts_at < v.ends_at)",
        event,
    )
    return await db.execute(
        "UPDATE agenda_booking b SET clash = x.other, clashed_at = now() FROM (SELECT DISTINCT ON (b.id) b.id,"
        " o.session AS other FROM agenda_booking b JOIN agenda_shown w ON w.session = b.session"
        " JOIN agenda_booking o ON o.registration = b.registration AND o.session <> b.session AND o.status = 'booked'"
        " JOIN agenda_shown v ON v.session = o.session WHERE w.event = $1 AND b.status = 'booked' AND b.clash IS NULL"
        " AND w.ended_at IS NULL AND v.ended_at IS NULL AND v.starts_at < w.ends_at AND w.starts_at < v.ends_at"
        " ORDER BY b.id, v.starts_at) x WHERE x.id = b.id",
        event,
    )


async def mine(registration: UUID) -> list[dict[str, Any]]:
    """A guest's own agenda in the order of time, with the place in line and what overlaps."""
    rows = await db.fetch(
        "SELECT b.session, b.status, b.clash, w.slug, w.starts_at, w.ends_at, w.zone, w.facts, w.sequence, w.booking,"
        " w.booked, w.capacity,"
        " (SELECT count(*) FROM agenda_booking o WHERE o.session = b.session AND o.status = 'waiting' AND o.id <= b.id)"
        " AS position, (SELECT coalesce(nullif(v.facts->>'title_vi', ''), v.facts->>'title_en') FROM agenda_shown v"
        " WHERE v.session = b.clash) AS clash_title"
        " FROM agenda_booking b JOIN agenda_shown w ON w.session = b.session AND w.ended_at IS NULL"
        " WHERE b.registration = $1 AND b.status = ANY ($2) ORDER BY w.starts_at, w.session",
        *(registration, list(LIVE)),
    )
    return [dict(row) for row in rows]


async def status_in(registration: UUID, session: UUID) -> str | None:
    found: str | None = await db.fetchval(
        "SELECT status FROM agenda_booking WHERE registration = $1 AND session = $2 AND status = ANY ($3)",
        *(registration, session, list(LIVE)),
    )
    return found
