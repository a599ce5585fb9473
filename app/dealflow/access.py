"""The doors of deal flow: a pipeline and its cards belong to one organisation's members, a deck to its startup.

Nobody else comes in, the site's staff neither: for them it is NotFound. No writes, no pages.
"""

from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import NotAllowed, NotFound
from app.core.web import Actor
from app.directory.access import EDITORS, Seen, member_organisation_for, organisation_by_id_for

Row = dict[str, Any]


class PipelineSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A pipeline as one member of its organisation sees it."""

    row: Row
    role: str
    person: UUID

    @property
    def id(self) -> UUID:
        found: UUID = self.row["id"]
        return found

    @property
    def name(self) -> str:
        return str(self.row["name"])

    @property
    def organisation(self) -> UUID:
        found: UUID = self.row["organisation"]
        return found

    @property
    def may_edit(self) -> bool:
        """Move and change cards."""
        return self.role in EDITORS

    @property
    def may_manage(self) -> bool:
        """Change the stages and the name, name a lead, end the pipeline: owners, and its lead."""
        return self.role == "owner" or (self.may_edit and self.row["lead"] == self.person)

    @property
    def url(self) -> str:
        return f"/deals/{self.id}"


_PIPELINE = """
    SELECT p.id, p.organisation, p.name, p.lead, p.created_at, o.slug, o.name AS organisation_name, o.sample, o.kinds,
        m.role AS membership_role FROM pipeline p
    JOIN organisation o ON o.id = p.organisation AND o.ended_at IS NULL
    JOIN membership m ON m.organisation = o.id AND m.person = $2 AND m.ended_at IS NULL
    WHERE p.id = $1 AND p.ended_at IS NULL
"""


async def pipeline_for(actor: Actor, pipeline: UUID) -> PipelineSeen:
    """A pipeline of an organisation that the person belongs to. Raises NotFound for everybody else."""
    found = await db.fetchrow(_PIPELINE, pipeline, actor.person_id)
    if found is None:
        raise NotFound
    row = dict(found)
    return PipelineSeen(role=row.pop("membership_role"), row=row, person=actor.person_id)


async def editable_pipeline_for(actor: Actor, pipeline: UUID) -> PipelineSeen:
    """The same for those who may change cards; NotAllowed for viewers."""
    seen = await pipeline_for(actor, pipeline)
    if not seen.may_edit:
        raise NotAllowed
    return seen


async def managed_pipeline_for(actor: Actor, pipeline: UUID) -> PipelineSeen:
    """The same for its organisation's owners and its lead; NotAllowed for others of the team."""
    seen = await pipeline_for(actor, pipeline)
    if not seen.may_manage:
        raise NotAllowed
    return seen


async def team_organisation_for(actor: Actor, slug: str) -> Seen:
    """An organisation that the person belongs to. Unlike a profile its deals are not for the site's staff."""
    return _of_team(await member_organisation_for(actor, slug))


async def team_organisation_by_id_for(actor: Actor, organisation: UUID) -> Seen:
    return _of_team(await organisation_by_id_for(actor, organisation))


def _of_team(seen: Seen) -> Seen:
    if not seen.member or seen.row["ended_at"] is not None:
        raise NotFound
    return seen


async def listed_for(actor: Actor, organisation: UUID) -> Seen:
    """An organisation that can become a card: one that is on the pages now."""
    seen = await organisation_by_id_for(actor, organisation)
    if seen.row["ended_at"] is not None or seen.row["hidden_at"] is not None:
        raise NotFound
    return seen


async def editing_organisation_for(actor: Actor, slug: str) -> Seen:
    """The same for its editors and owners; NotAllowed for viewers."""
    seen = await team_organisation_for(actor, slug)
    if seen.role not in EDITORS:
        raise NotAllowed
    return seen


async def deck_for(actor: Actor, deck: UUID, *, editing: bool = False) -> tuple[Row, Seen]:
    """A deck with its startup, for the startup's members. Raises NotFound, NotAllowed."""
    row = await db.fetchrow(
        "SELECT d.*, o.slug FROM deck d JOIN organisation o ON o.id = d.organisation"
        " WHERE d.id = $1 AND d.ended_at IS NULL",
        deck,
    )
    if row is None:
        raise NotFound
    seen = await (editing_organisation_for if editing else team_organisation_for)(actor, row["slug"])
    return dict(row), seen
