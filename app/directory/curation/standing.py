"""Where an organisation stands: locked for a decision, owned by whom, verified or not. What others ask of curation."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_
from app.core.web import Actor

Row = dict[str, Any]

_COLUMNS = "id, number, slug, name, website, domain, enterprise_code, version, reviewed_version, hidden_at, ended_at"


class OnesOwn(Conflict):
    message = N_("This is your own, or of an organisation that you belong to. Please let a colleague decide it.")


async def refuse_ones_own(actor: Actor, *, organisation: UUID | None, person: UUID | None) -> None:
    """Raise OnesOwn where the department would decide about itself: for the person, and for present members."""
    if person == actor.person_id or await db.fetchval(
        "SELECT EXISTS (SELECT FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL)",
        *(organisation, actor.person_id),
    ):
        raise OnesOwn


async def locked(*organisations: UUID) -> dict[UUID, Row]:
    """The organisations, locked in the order of their ids so that two verbs never wait for each other in a circle.

    Raises NotFound when one is not there or has ended.
    """
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM organisation WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE",  # noqa: S608
        list(organisations),
    )
    found = {row["id"]: dict(row) for row in rows if row["ended_at"] is None}
    if set(found) != set(organisations):
        raise NotFound
    return found


async def owners_of(organisation: UUID) -> list[Row]:
    """Present owners with how to write to them, the first first."""
    rows = await db.fetch(
        "SELECT p.id, p.name, p.email, p.locale FROM membership m JOIN person p ON p.id = m.person"
        " WHERE m.organisation = $1 AND m.role = 'owner' AND m.ended_at IS NULL AND p.ended_at IS NULL"
        " ORDER BY m.started_at, m.id",
        organisation,
    )
    return [dict(row) for row in rows]


async def person_for_mail(person: UUID) -> Row:
    row = await db.fetchrow("SELECT id, name, email, locale FROM person WHERE id = $1", person)
    if row is None:
        raise NotFound
    return dict(row)


async def is_verified(organisation: UUID) -> bool:
    """Whether somebody has shown that they may speak for it."""
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM organisation WHERE id = $1 AND verified_at IS NOT NULL)", organisation
    )
    return found
