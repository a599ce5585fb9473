"""The doors of leads: an exhibitor's own people and devices, nobody else; not those who run the event either."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import NotAllowed, NotFound
from app.core.web import Actor
from events.access import EventSeen, event_for
from events.door.devices import DeviceShown, device_of
from events.leads.meeting import Booth

EDITORS = ("owner", "editor")


class BoothSeen(msgspec.Struct, frozen=True):
    """An exhibitor for `actor`, a member of its organisation. `edits`: may take files away and bring devices."""

    event: EventSeen
    actor: Actor
    row: asyncpg.Record
    edits: bool

    def __getattr__(self, name: str) -> Any:
        try:
            return self.row[name]
        except KeyError:
            raise AttributeError(name) from None

    def scanner(self, actor: Actor) -> Booth:
        return Booth(
            event=self.event.id,
            organisation=self.row["organisation"],
            device=f"person:{actor.person_id}",
            name=actor.name,
            person=actor.person_id,
            viewer=actor.person_id,
        )


_BOOTH = """
SELECT x.id, x.organisation, o.name, o.slug AS organisation_slug, m.role FROM exhibitor x
JOIN organisation o ON o.id = x.organisation
JOIN membership m ON m.organisation = x.organisation AND m.person = $2 AND m.ended_at IS NULL
WHERE x.event = $1 AND x.status = 'accepted' AND ($3::uuid IS NULL OR x.id = $3) ORDER BY o.name, x.id LIMIT 100
"""


async def booths_for(actor: Actor, slug: str) -> tuple[EventSeen, list[asyncpg.Record]]:
    """The event and the exhibitors at it whose people this person is one of."""
    event = await event_for(actor, slug)
    return event, await db.fetch(_BOOTH, event.id, actor.person_id, None)


async def booth_for(actor: Actor, slug: str, exhibitor: UUID) -> BoothSeen:
    """An exhibitor at this event for members of its organisation. Raises NotFound for everybody else."""
    event = await event_for(actor, slug)
    row = await db.fetchrow(_BOOTH, event.id, actor.person_id, exhibitor)
    if row is None:
        raise NotFound
    return BoothSeen(event, actor, row, row["role"] in EDITORS)


async def edited_booth_for(actor: Actor, slug: str, exhibitor: UUID) -> BoothSeen:
    """An exhibitor for its owners and editors. Raises NotFound, or NotAllowed for its other people."""
    booth = await booth_for(actor, slug, exhibitor)
    if not booth.edits:
        raise NotAllowed
    return booth


async def scanner_for(actor: Actor, exhibitor: UUID | None, *, revoked_too: bool = False) -> Booth:
    """Who scans: a device that stands at a booth, or a member who says at which. Raises NotFound, NotAllowed."""
    if isinstance(actor, DeviceShown):
        device = await device_of(actor, "exhibitor", revoked_too=revoked_too)
        row = await db.fetchrow(
            "SELECT x.organisation FROM lead_device d JOIN exhibitor x ON x.id = d.exhibitor AND x.status = 'accepted'"
            " WHERE d.device = $1",
            device["id"],
        )
        if row is None:
            raise NotFound
        return Booth(
            event=device["event"],
            organisation=row["organisation"],
            device=f"door:{device['id']}",
            name=device["name"],
            viewer=device["made_by"],
            shows=device["revoked_at"] is None,
        )
    slug = await db.fetchval("SELECT e.slug FROM exhibitor x JOIN event e ON e.id = x.event WHERE x.id = $1", exhibitor)
    if slug is None or exhibitor is None:
        raise NotFound
    return (await booth_for(actor, slug, exhibitor)).scanner(actor)
