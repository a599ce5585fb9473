"""Rooms of the agenda: the event's zones in which sessions take place. The tree itself belongs to the doors."""

from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE
from app.core.ids import new_id
from app.core.text import fold, slugify

KINDS = ("hall", "stage", "room")
"""Zones in which sessions take place. Villages hold rooms, and may have sessions of their own as a whole."""
HOLDS_SESSIONS = (*KINDS, "village", "venue")

_ROOMS = """
SELECT z.id, z.kind, z.code, z.name_vi, z.name_en, z.cap, z.parent, z.ended_at IS NOT NULL AS closed FROM zone z
WHERE z.event = $1 AND (z.ended_at IS NULL AND z.kind = ANY ($2) AND NOT EXISTS (
        SELECT FROM checkpoint c WHERE c.id = z.id)
    OR EXISTS (SELECT FROM agenda_session s WHERE s.zone = z.id AND s.ended_at IS NULL))
ORDER BY array_position($2, z.kind), z.place, z.name_vi, z.id
"""


async def rooms_of(event: UUID) -> list[asyncpg.Record]:
    """Halls, stages and rooms in order, and whatever else has sessions; a door's own zone is no room."""
    return await db.fetch(_ROOMS, event, list(KINDS))


async def choices(event: UUID) -> list[asyncpg.Record]:
    """Where a session may be put."""
    return await db.fetch(
        "SELECT id, kind, name_vi, name_en, cap FROM zone z WHERE event = $1 AND ended_at IS NULL"
        " AND kind = ANY ($2) AND NOT EXISTS (SELECT FROM checkpoint c WHERE c.id = z.id)"
        " ORDER BY array_position($2, kind), place, name_vi, id",
        *(event, list(HOLDS_SESSIONS)),
    )


async def require(event: UUID, zone: UUID | None) -> None:
    """Raise Invalid where the zone is none of this event's, or closed, or holds no sessions."""
    if zone is None:
        return
    known = await db.fetchval(
        "SELECT EXISTS (SELECT FROM zone WHERE id = $1 AND event = $2 AND ended_at IS NULL AND kind = ANY ($3))",
        *(zone, event, list(HOLDS_SESSIONS)),
    )
    if not known:
        raise Invalid(fields={"zone": NOT_A_CHOICE})


async def named(event: UUID) -> dict[str, UUID]:
    """Rooms by their names in either language, folded; what a schedule file calls them."""
    rows = await db.fetch(
        "SELECT id, name_vi, name_en, code FROM zone WHERE event = $1 AND ended_at IS NULL AND kind = ANY ($2)"
        " ORDER BY place DESC",
        *(event, list(HOLDS_SESSIONS)),
    )
    found: dict[str, UUID] = {}
    for row in rows:
        for name in (row["code"], row["name_en"], row["name_vi"]):
            if fold(name):
                found[fold(name)] = row["id"]
    return found


async def make(event: UUID, name: str, kind: str = "room") -> UUID:
    """A room that a schedule file names and the event has not, in the open transaction."""
    zone = new_id()
    await db.execute(
        "INSERT INTO zone (id, event, kind, code, name_vi, name_en, place, created_at)"
        " SELECT $1, $2, $3, $4, $5, '', count(*), now() FROM zone WHERE event = $2",
        *(zone, event, kind, f"{slugify(name, 'phong')[:30].strip('-')}-{zone.hex[-6:]}", name),
    )
    return zone
