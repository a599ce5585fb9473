"""People's rights over delegations: who leads one. Its people are registrations, see events/rights.py."""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports, knows_addresses
from events import tickets


@exports("events/delegations")
async def delegations(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, d.name, d.lead_name, d.lead_email, d.lead_phone,"
        " d.created_at FROM delegation d JOIN event e ON e.id = d.event"
        " WHERE (d.lead = $1 OR ($2 <> '' AND d.lead_key = $2)) ORDER BY d.created_at, d.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@knows_addresses("events_delegations")
async def addresses() -> list[str]:
    return [row["lead_key"] for row in await db.fetch("SELECT DISTINCT lead_key FROM delegation WHERE lead_key <> ''")]


@erases("events_delegations")
async def empty_delegations(subject: Subject) -> int:
    """The delegation stays with its people; who led it is taken out, its page and its unfinished list go."""
    rows = await db.fetch(
        "SELECT id FROM delegation WHERE (lead = $1 OR ($2 <> '' AND lead_key = $2)) ORDER BY id",
        *(subject.person, subject.key),
    )
    for row in rows:
        await db.execute(
            "UPDATE delegation SET name = '', lead = NULL, lead_name = '', lead_email = '', lead_key = '',"
            " lead_phone = '', draft = NULL, secret = $2 WHERE id = $1",
            *(row["id"], tickets.new_secret()),
        )
    return len(rows)
