"""Organisations, mandates and investments for these tests, written straight into the tables."""

from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from app.core import clock, db
from app.core.ids import new_id
from app.core.text import fold, slugify
from app.core.web import Actor

_numbers = count(1)

DEFAULTS: dict[str, Any] = {
    "sectors": [],
    "technologies": [],
    "business_models": [],
    "customers": [],
    "investor_types": [],
    "support_types": [],
    "needs": [],
    "offers": [],
}


async def organisation(name: str, kinds: list[str], **values: Any) -> UUID:
    """An organisation with a slug of its own; other columns by name."""
    number = next(_numbers)
    row = {
        "id": new_id(),
        "slug": f"{slugify(name)}-{number}",
        "name": name,
        "name_folded": fold(name),
        "kinds": kinds,
        "created_at": clock.now(),
        "updated_at": clock.now(),
        **DEFAULTS,
        **values,
    }
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await db.execute(f"INSERT INTO organisation ({', '.join(row)}) VALUES ({places})", *row.values())
    return UUID(str(row["id"]))


async def startup(name: str = "Công ty Thử", **values: Any) -> UUID:
    return await organisation(name, ["startup"], **values)


async def investor(name: str = "Quỹ Thử", **values: Any) -> UUID:
    return await organisation(name, ["investor"], **values)


async def mandate(organisation_id: UUID, **values: Any) -> None:
    row = {
        "id": new_id(),
        "organisation": organisation_id,
        **{name: [] for name in ("rounds", "stages", "sectors", "technologies", "geographies")},
        **values,
    }
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await db.execute(f"INSERT INTO mandate ({', '.join(row)}) VALUES ({places})", *row.values())


async def investment(
    company: UUID, by: UUID, on: date = date(2013, 1, 15), kind: str = "series_a", amount: int | None = 1_000_000
) -> None:
    funding_round = new_id()
    await db.execute(
        "INSERT INTO funding_round (id, organisation, round_type, announced_on, amount, currency)"
        " VALUES ($1, $2, $3, $4, $5, CASE WHEN $5::numeric IS NULL THEN NULL ELSE 'USD' END)",
        funding_round,
        company,
        kind,
        on,
        amount,
    )
    await db.execute(
        "INSERT INTO investment (id, funding_round, organisation, investor, announced_on) VALUES ($1, $2, $3, $4, $5)",
        new_id(),
        funding_round,
        company,
        by,
        on,
    )


async def member(actor: Actor, organisation_id: UUID, role: str = "owner") -> None:
    await db.execute(
        "INSERT INTO membership (id, organisation, person, role) VALUES ($1, $2, $3, $4)",
        new_id(),
        organisation_id,
        actor.person_id,
        role,
    )


async def change(organisation_id: UUID, **values: Any) -> None:
    """Change a profile as the directory does: a new version, a new time."""
    sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=2))
    await db.execute(
        f"UPDATE organisation SET {sets}, version = version + 1, updated_at = clock_timestamp() WHERE id = $1",
        organisation_id,
        *values.values(),
    )


async def slug_of(organisation_id: UUID) -> str:
    return str(await db.fetchval("SELECT slug FROM organisation WHERE id = $1", organisation_id))


async def listed(organisation_id: UUID, kind: str) -> list[str]:
    """Names on a stored list, in its order."""
    rows = await db.fetch(
        "SELECT c.name FROM suggestion s JOIN organisation c ON c.id = s.candidate"
        " WHERE s.organisation = $1 AND s.kind = $2 ORDER BY s.rank",
        organisation_id,
        kind,
    )
    return [row["name"] for row in rows]
