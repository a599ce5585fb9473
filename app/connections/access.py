"""The doors of this subject: whose lists a person may read, and for whom they may decide. No writes, no pages."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import NotFound
from app.core.web import Actor
from app.directory.access import Seen, member_organisation_for, moved_to, organisation_by_id_for, organisations_of


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


async def candidate_for(seen: Seen, slug: str) -> dict[str, Any]:
    """Another organisation that somebody decides about; NotFound for itself, for one that is not there.

    Who has ended or was taken off the pages is not there. One that was renamed while the page was open is found by its
    former address.
    """
    found = await db.fetchrow(_CANDIDATE, slug, seen.id)
    if found is None:
        present = await moved_to(slug)
        found = await db.fetchrow(_CANDIDATE, present, seen.id) if present else None
    if found is None:
        raise NotFound
    return dict(found)


_CANDIDATE = (
    "SELECT id, slug, name FROM organisation WHERE slug = $1 AND id <> $2 AND ended_at IS NULL AND hidden_at IS NULL"
)
