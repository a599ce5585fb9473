"""The doors of this subject: whose lists a person may read, and for whom they may decide. No writes, no pages."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import NotFound
from app.core.web import Actor
from app.directory.access import Seen, member_organisation_for, organisation_by_id_for, organisations_of


async def listed_organisation_for(actor: Actor, slug: str) -> Seen:
    """An organisation whose lists the person may read: its members and admins. For others it is NotFound here."""
    return _here(await member_organisation_for(actor, slug))


async def listed_organisation_by_id_for(actor: Actor, organisation_id: UUID) -> Seen:
    """The same, by id: whoever is not a member is told NotFound, organizers too."""
    seen = await organisation_by_id_for(actor, organisation_id)
    if not seen.member and not seen.admin:
        raise NotFound
    return _here(seen)


def _here(seen: Seen) -> Seen:
    if seen.row["ended_at"] is not None:
        raise NotFound
    return seen


async def own_organisations(actor: Actor) -> list[Seen]:
    """The organisations between which the person chooses on the page."""
    return await organisations_of(actor)


async def candidate_by_slug(slug: str) -> dict[str, Any]:
    """Somebody who was suggested, as far as choices need to know; NotFound when there is no such organisation."""
    row = await db.fetchrow("SELECT id, slug, name FROM organisation WHERE slug = $1", slug)
    if row is None:
        raise NotFound
    return dict(row)
