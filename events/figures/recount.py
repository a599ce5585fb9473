"""Proof of the numbers: every stored counter of an event beside a plain count of its rows."""

from uuid import UUID

import msgspec

from app.core import db
from app.core.i18n import pick
from events.seats import recounting

_INSIDE = """
SELECT z.id, z.name_vi, z.name_en, coalesce((SELECT sum(c.inside) FROM zone_count c WHERE c.zone = z.id), 0) AS stored,
       (SELECT coalesce(sum(r.party), 0) FROM admission a JOIN registration r ON r.id = a.registration
        WHERE a.zone = z.id AND a.inside AND a.voided_at IS NULL) AS counted
FROM zone z WHERE z.event = $1 AND z.kind <> 'gate'
"""
_COUNTERS = """
SELECT (SELECT count(*) FROM ticket_type WHERE event = $1) + (SELECT count(*) FROM seat_pool WHERE event = $1)
       + (SELECT count(*) FROM zone WHERE event = $1 AND kind <> 'gate')
"""


class Difference(msgspec.Struct, frozen=True):
    """A counter that does not say what its rows say."""

    name: str
    stored: int
    counted: int


class Recount(msgspec.Struct, frozen=True):
    """How many counters were looked at, and those that differ."""

    counters: int
    differences: tuple[Difference, ...]


async def recount(event: UUID) -> Recount:
    """Count everything anew. Reads only: what differs is for people to look at (the night's recount reports it too)."""
    names = {
        row["id"]: pick(row["vi"], row["en"])
        for row in await db.fetch(
            "SELECT id, title_vi AS vi, title_en AS en FROM ticket_type WHERE event = $1"
            " UNION ALL SELECT id, name_vi, name_en FROM seat_pool WHERE event = $1",
            event,
        )
    }
    found = [
        Difference(names.get(row["id"], ""), int(row["stored"]), int(row["counted"]))
        for row in await recounting.drift(event)
    ]
    found += [
        Difference(pick(row["name_vi"], row["name_en"]), int(row["stored"]), int(row["counted"]))
        for row in await db.fetch(f"SELECT * FROM ({_INSIDE}) x WHERE stored <> counted ORDER BY id", event)  # noqa: S608
    ]
    return Recount(await db.fetchval(_COUNTERS, event), tuple(found))
