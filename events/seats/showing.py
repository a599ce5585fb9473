"""What organizers see of the places: the tree with what is left, the line with what each in it waits for."""

from typing import Any
from uuid import UUID

import asyncpg

from app.core import db
from app.core.i18n import N_, Phrase
from events.seats.book import Book
from events.seats.promoting import plan, waiting

MOST_SHOWN = 300

BLOCKED: dict[str, Phrase] = {
    "draft": N_("Nobody moves up: the event is not published."),
    "cancelled": N_("Nobody moves up: the event was cancelled."),
    "over": N_("Nobody moves up: the event is over."),
    "paused": N_("Nobody moves up: the line is paused."),
}
FULL, TOO_LARGE, BEHIND, WAITS = (
    N_("full: %(names)s"),
    N_("larger than %(names)s will ever be"),
    N_("places in %(names)s are kept for a party in front"),
    N_("is handed a place as soon as the line moves"),
)


async def tree(seen: Book) -> list[dict[str, Any]]:
    """Pools from the roots down, each with its direct ticket types; then the types that take from none."""
    pools = await db.fetch(
        "SELECT p.*, coalesce((SELECT sum(r.party) FROM registration r JOIN ticket_type_pool l"
        " ON l.ticket_type = r.ticket_type WHERE l.pool = p.id AND r.overbooked_by IS NOT NULL"
        " AND r.status IN ('confirmed', 'started')), 0) AS beyond,"
        " (SELECT coalesce(sum(h.size - h.taken), 0) FROM seat_hold h JOIN ticket_type_pool l"
        " ON l.ticket_type = h.ticket_type WHERE l.pool = p.id AND h.ended_at IS NULL) AS kept,"
        " ARRAY(SELECT l.ticket_type FROM ticket_type_pool l WHERE l.pool = p.id AND l.direct) AS types"
        " FROM seat_pool p WHERE p.event = $1 ORDER BY p.place, p.created_at",
        seen.event["id"],
    )
    below: dict[UUID | None, list[asyncpg.Record]] = {}
    for pool in pools:
        below.setdefault(pool["parent"], []).append(pool)
    found: list[dict[str, Any]] = []

    def add(pool: asyncpg.Record) -> None:
        found.append({**pool, "leaf": pool["id"] not in below})
        for child in below.get(pool["id"], []):
            add(child)

    for root in below.get(None, []):
        add(root)
    return found


async def line(seen: Book) -> list[dict[str, Any]]:
    """Everybody in line in the order in which places are handed out, each with the reason why not yet."""
    rows = await db.fetch(
        "SELECT r.id, r.full_name, r.organisation, r.party, r.ticket_type, r.also_types, r.price, r.paid_at,"
        " r.priority, r.queue_number, r.status_at, r.missed, r.person FROM registration r WHERE r.event = $1"
        " AND r.status = 'waitlisted' ORDER BY r.priority DESC, r.queue_number LIMIT $2",
        *(seen.event["id"], MOST_SHOWN),
    )
    found = plan(seen, [waiting(row) for row in rows])
    seated = {one.id for one, _kind in found.seated}
    return [
        {**row, "place": place, "why": _why(seen, row, found.short.get(row["id"], []), row["id"] in seated)}
        for place, row in enumerate(rows, 1)
    ]


def _why(seen: Book, row: asyncpg.Record, short: list[UUID], seated: bool) -> tuple[Phrase, list[UUID]]:
    if seated:
        return WAITS, []
    never = [unit for unit in short if seen.units[unit].size < row["party"] > 1]
    if never:
        return TOO_LARGE, never
    full = [unit for unit in short if seen.units[unit].left < row["party"]]
    return (FULL, full) if full else (BEHIND, short)


async def overbooked(event: UUID) -> list[asyncpg.Record]:
    """Who was let in beyond the places, by whom and why."""
    return await db.fetch(
        "SELECT r.full_name, r.party, r.overbooked_reason, p.name AS by FROM registration r JOIN person p"
        " ON p.id = r.overbooked_by WHERE r.event = $1 AND r.status IN ('confirmed', 'started') ORDER BY r.status_at",
        event,
    )
