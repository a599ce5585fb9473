"""Introductions between a pipeline's organisation and the one on a card: those that both sides said yes to."""

from typing import Any
from uuid import UUID

from app.core import db

Row = dict[str, Any]


async def accepted_between(own: UUID, other: UUID) -> list[Row]:
    """The latest first. A block by the other side looks like silence here too, one's own takes it off the card."""
    rows = await db.fetch(
        "SELECT id, accepted_at FROM introduction"
        " WHERE ((asker = $1 AND receiver = $2) OR (asker = $2 AND receiver = $1))"
        " AND accepted_at IS NOT NULL AND blocked_by IS DISTINCT FROM $1 ORDER BY accepted_at DESC, id LIMIT 5",
        *(own, other),
    )
    return [dict(row) for row in rows]
