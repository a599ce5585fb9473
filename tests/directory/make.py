"""What tests of the directory are made of: organisations through the verbs, members and rounds straight as rows."""

from typing import Any
from uuid import UUID

from app.core import db as database
from app.core.ids import new_id
from app.core.web import Actor
from app.directory import drawing, facets, hits, profiles
from app.directory.search import spelling


def nothing_remembered() -> None:
    """What a process keeps of the list starts afresh, as in a new process."""
    facets.forget()
    drawing.forget()
    hits.forget()
    spelling.forget()


async def organisation(owner: Actor, name: str, kinds: tuple[str, ...] = ("startup",), **values: Any) -> profiles.Saved:
    return await profiles.create_organisation(owner, {"name": name, "kinds": list(kinds), **values})


async def join(organisation_id: UUID, actor: Actor, role: str) -> UUID:
    membership = new_id()
    await database.execute(
        "INSERT INTO membership (id, organisation, person, role) VALUES ($1, $2, $3, $4)",
        *(membership, organisation_id, actor.id, role),
    )
    return membership


async def round_of(company: UUID, day: str, investors: tuple[UUID, ...] = (), round_type: str = "series_a") -> UUID:
    """A recorded round with its investors."""
    funding = new_id()
    await database.execute(
        "INSERT INTO funding_round (id, organisation, round_type, announced_on, amount, currency, source)"
        " VALUES ($1, $2, $3, $4::text::date, 1000000, 'USD', 'crunchbase')",
        *(funding, company, round_type, day),
    )
    for investor in investors:
        await database.execute(
            "INSERT INTO investment (id, funding_round, organisation, investor, announced_on)"
            " VALUES ($1, $2, $3, $4, $5::text::date)",
            *(new_id(), funding, company, investor, day),
        )
    await database.execute("UPDATE organisation SET links = links + 1 WHERE id = ANY($1)", [company, *investors])
    return funding
