"""Counting places anew: what every ticket type and pool should say, from the registrations and what is kept back."""

from uuid import UUID

import asyncpg

from app.core import db

_COUNTED = """
    SELECT t.id, t.event, coalesce((SELECT sum(r.party) FROM registration r WHERE r.ticket_type = t.id
        AND r.status IN ('confirmed', 'offered', 'started') AND r.overbooked_by IS NULL), 0)
        + coalesce((SELECT sum(h.size - h.taken) FROM seat_hold h WHERE h.ticket_type = t.id AND h.ended_at IS NULL), 0)
        AS counted FROM ticket_type t
"""
TYPES = f"""
WITH counted AS ({_COUNTED})
SELECT t.id, t.sold AS stored, c.counted FROM ticket_type t JOIN counted c ON c.id = t.id WHERE t.sold <> c.counted
"""  # noqa: S608  constants only
POOLS = f"""
WITH counted AS ({_COUNTED}), pools AS (
    SELECT p.id, coalesce(sum(c.counted), 0) AS counted FROM seat_pool p
    LEFT JOIN ticket_type_pool l ON l.pool = p.id LEFT JOIN counted c ON c.id = l.ticket_type GROUP BY p.id
)
SELECT p.id, p.used AS stored, c.counted FROM seat_pool p JOIN pools c ON c.id = p.id WHERE p.used <> c.counted
"""  # noqa: S608  constants only


async def drift(event: UUID) -> list[asyncpg.Record]:
    """Where a stored count of this event differs from a recount, for its organizers."""
    return await db.fetch(
        f"SELECT * FROM (({TYPES}) UNION ALL ({POOLS})) d WHERE d.id IN (SELECT id FROM ticket_type WHERE event = $1"  # noqa: S608
        " UNION ALL SELECT id FROM seat_pool WHERE event = $1) ORDER BY d.id",
        event,
    )
