"""People's rights over places: who kept some back, who paused a line. Guests are in events/rights.py."""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports


@exports("events/places_kept")
async def places_kept(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, h.label, h.size, h.taken, h.ends_at, h.created_at"
        " FROM seat_hold h JOIN event e ON e.id = h.event WHERE h.held_by = $1 ORDER BY h.created_at, h.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("events/lines_paused")
async def lines_paused(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, l.paused_at, l.paused_reason FROM line_rule l"
        " JOIN event e ON e.id = l.event WHERE l.paused_by = $1 ORDER BY l.paused_at, l.event"
    )
    async for row in rows_of(query, subject.person):
        yield row


@erases("events_places")
async def forget_who_kept(subject: Subject) -> int:
    """Places that are kept stay kept; what was written beside them by this person is emptied."""
    if subject.person is None:
        return 0
    count = await db.execute("UPDATE seat_hold SET label = '' WHERE held_by = $1", subject.person)
    return count + await db.execute("UPDATE line_rule SET paused_reason = '' WHERE paused_by = $1", subject.person)
