"""Showing an event's statistics to everybody, and taking that back."""

from typing import Any
from uuid import UUID

import asyncpg

from app.core import db
from app.core.web import Actor


async def public_since(event: UUID) -> Any:
    """Since when the statistics are public; None while they are not."""
    return await db.fetchval("SELECT since_at FROM event_public_figures WHERE event = $1 AND ended_at IS NULL", event)


async def show_to_all(actor: Actor, event: UUID) -> None:
    """Make the statistics public. Idempotent: since when stays as it is."""
    await db.execute(
        "INSERT INTO event_public_figures (event, since_at, by) VALUES ($1, now(), $2) ON CONFLICT (event) DO UPDATE"
        " SET since_at = now(), by = $2, ended_at = NULL WHERE event_public_figures.ended_at IS NOT NULL",
        *(event, actor.person_id),
    )


async def keep_to_ourselves(event: UUID) -> None:
    """Take the public page away. Idempotent."""
    await db.execute("UPDATE event_public_figures SET ended_at = now() WHERE event = $1 AND ended_at IS NULL", event)


_NUMBERS = """
SELECT (SELECT count(*) FROM registration r WHERE r.event = $1) AS registrations,
       (SELECT coalesce(sum(party), 0) FROM registration r WHERE r.event = $1 AND r.status = 'confirmed') AS confirmed,
       (SELECT coalesce(sum(r.party), 0) FROM registration r WHERE r.event = $1
        AND EXISTS (SELECT FROM admission a WHERE a.registration = r.id AND a.voided_at IS NULL)) AS people,
       (SELECT coalesce(sum(r.party), 0) FROM scan s JOIN checkpoint c ON c.id = s.checkpoint
        JOIN registration r ON r.id = s.registration WHERE c.event = $1 AND s.counts AND s.direction = 'in'
        AND NOT EXISTS (SELECT 1 FROM scan v WHERE v.void_of = s.id)) AS visits,
       (SELECT count(*) FROM agenda_session x WHERE x.event = $1 AND x.starts_at IS NOT NULL) AS sessions,
       (SELECT count(*) FROM exhibitor x WHERE x.event = $1 AND x.status = 'accepted') AS exhibitors
"""


async def numbers(event: UUID) -> dict[str, int]:
    """The few numbers at the head of every page of figures: registrations, confirmed, people, visits and so on."""
    row: asyncpg.Record | None = await db.fetchrow(_NUMBERS, event)
    return {key: int(value) for key, value in dict(row or {}).items()}
