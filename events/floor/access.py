"""The doors of the festival ground: villages for their leads, exhibitors for their own organisations."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import NotAllowed, NotFound
from app.core.web import Actor
from events.access import EventSeen, event_for

EDITORS = ("owner", "editor")


class VillageSeen(msgspec.Struct, frozen=True):
    """A village as one person may see it: its event, its row, and whether this person leads it."""

    event: EventSeen
    row: asyncpg.Record
    lead: bool

    def __getattr__(self, name: str) -> Any:
        try:
            return self.row[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def runs(self) -> bool:
        return self.lead or self.event.managed


_VILLAGE = """
SELECT v.*, EXISTS (SELECT FROM village_lead l WHERE l.village = v.id AND l.person = $3 AND l.ended_at IS NULL) AS lead
FROM village v JOIN event e ON e.id = v.event WHERE e.slug = $1 AND v.slug = $2 AND v.ended_at IS NULL
"""


async def village_for(actor: Actor, slug: str, village: str) -> VillageSeen:
    """A village; of an event that is not public only for organizers and its own lead. Raises NotFound."""
    row = await db.fetchrow(_VILLAGE, slug, village, actor.id)
    if row is None:
        raise NotFound
    try:
        event = await event_for(actor, slug)
    except NotFound:
        if not row["lead"]:
            raise
        found = await db.fetchrow("SELECT e.*, NULL::text AS staff_role FROM event e WHERE slug = $1", slug)
        assert found is not None  # noqa: S101  the village's event
        event = EventSeen(found, "")
    return VillageSeen(event, row, row["lead"])


async def run_village_for(actor: Actor, slug: str, village: str) -> VillageSeen:
    """A village for its lead and the event's organizers. Raises NotFound, or NotAllowed where it is public."""
    seen = await village_for(actor, slug, village)
    if not seen.runs:
        raise NotAllowed
    return seen


class ExhibitorSeen(msgspec.Struct, frozen=True):
    """An exhibitor with its event, for those who may see its own page."""

    event: EventSeen
    row: asyncpg.Record
    edits: bool

    def __getattr__(self, name: str) -> Any:
        try:
            return self.row[name]
        except KeyError:
            raise AttributeError(name) from None


_EXHIBITOR = """
SELECT x.*, o.slug AS organisation_slug, o.name AS organisation_name, v.name_vi AS village_vi, v.name_en AS village_en,
       v.slug AS village_slug, m.role AS membership
FROM exhibitor x JOIN organisation o ON o.id = x.organisation LEFT JOIN village v ON v.id = x.village
LEFT JOIN membership m ON m.organisation = x.organisation AND m.person = $3 AND m.ended_at IS NULL
WHERE x.id = $1 AND x.event = $2
"""


async def exhibitor_for(actor: Actor, slug: str, exhibitor: UUID) -> ExhibitorSeen:
    """An exhibitor for members of its organisation and the event's organizers; for everybody else NotFound."""
    event = await event_for(actor, slug)
    row = await db.fetchrow(_EXHIBITOR, exhibitor, event.id, actor.id)
    if row is None or (row["membership"] is None and not event.managed):
        raise NotFound
    return ExhibitorSeen(event, row, row["membership"] in EDITORS or event.managed)


async def own_organisations(actor: Actor) -> list[asyncpg.Record]:
    """The organisations for which this person may apply."""
    return await db.fetch(
        "SELECT o.id, o.name FROM organisation o JOIN membership m ON m.organisation = o.id AND m.ended_at IS NULL"
        " WHERE m.person = $1 AND m.role = ANY ($2) AND o.ended_at IS NULL ORDER BY o.name, o.id LIMIT 100",
        *(actor.person_id, list(EDITORS)),
    )
