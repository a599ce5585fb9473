"""The doors of events: whoever may not see something gets the same answer as if it were not there."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import NotAllowed, NotFound
from app.core.web import Actor

MANAGERS = frozenset({"owner", "organizer"})


class EventSeen(msgspec.Struct, frozen=True):
    """An event as one person may see it: its row and the role this person has in it ("" for none)."""

    row: asyncpg.Record
    role: str

    def __getattr__(self, name: str) -> Any:
        try:
            return self.row[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def managed(self) -> bool:
        return self.role in MANAGERS

    @property
    def at_desk(self) -> bool:
        return self.role != ""


async def event_for(actor: Actor, slug: str) -> EventSeen:
    """The event at this address; a draft only for those who run it, a rehearsal for its whole team. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT e.*, s.role AS staff_role, coalesce(d.rehearsal, false) AS rehearsal FROM event e"
        " LEFT JOIN event_edition d ON d.event = e.id"
        " LEFT JOIN event_staff s ON s.event = e.id AND s.person = $2 AND s.ended_at IS NULL WHERE e.slug = $1",
        slug,
        actor.id,
    )
    if row is None:
        raise NotFound
    role = row["staff_role"] or ("owner" if actor.has("admin") else "")
    if row["status"] == "draft" and role not in MANAGERS and not (role and row["rehearsal"]):
        raise NotFound
    return EventSeen(row, role)


async def managed_event_for(actor: Actor, slug: str) -> EventSeen:
    """The event for those who plan it: owner, organizers, admins. Raises NotFound, or NotAllowed where it is public."""
    event = await event_for(actor, slug)
    if not event.managed:
        raise NotAllowed
    return event


async def owned_event_for(actor: Actor, slug: str) -> EventSeen:
    """The event for its owner (or an admin): who decides on the team."""
    event = await event_for(actor, slug)
    if event.role != "owner":
        raise NotAllowed
    return event


async def desk_event_for(actor: Actor, slug: str) -> EventSeen:
    """The event for everybody who works at its doors. Raises NotFound, or NotAllowed where it is public."""
    event = await event_for(actor, slug)
    if not event.at_desk:
        raise NotAllowed
    return event


async def registration_for(actor: Actor, event: EventSeen, registration: UUID, secret: str = "") -> asyncpg.Record:
    """A registration for its guest, for who made it, for who plans the event, or for who holds the ticket's link."""
    row = await db.fetchrow(
        "SELECT r.*, t.code AS type_code, t.title_vi AS type_vi, t.title_en AS type_en FROM registration r"
        " JOIN ticket_type t ON t.id = r.ticket_type WHERE r.id = $1 AND r.event = $2",
        registration,
        event.id,
    )
    if row is None:
        raise NotFound
    own = actor.id is not None and actor.id in (row["person"], row["registered_by"])
    if own or event.managed or (secret and secret == row["secret"]):
        return row
    raise NotFound


async def ticket_for(secret: str) -> asyncpg.Record:
    """The registration that a ticket link opens, with its event and type. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT r.*, t.code AS type_code, t.title_vi AS type_vi, t.title_en AS type_en, t.needs_approval,"
        " e.slug, e.title_vi, e.title_en, e.starts_at, e.ends_at, e.venue, e.address, e.province_code, e.revision,"
        " e.status AS event_status, e.status_reason AS event_reason, e.sample AS event_sample FROM registration r"
        " JOIN ticket_type t ON t.id = r.ticket_type JOIN event e ON e.id = r.event WHERE r.secret = $1",
        secret[:100],
    )
    if row is None:
        raise NotFound
    return row
