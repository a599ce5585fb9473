"""What tests of credentials are made of: stated and verified by the verbs that people use."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.core import db as database
from app.core.web import Actor
from app.directory.credentials import deciding, rules, stating
from app.directory.credentials.deciding import Verified
from app.directory.credentials.holders import Holder
from app.directory.credentials.rules import Stated
from tests.directory.make import organisation
from tests.factories import make_person

URL = "https://register.example/15"
BY_DOCUMENT = Verified(how="document", note="Tên và số khớp")
ISSUER = "Sở Khoa học và Công nghệ Hà Nội"


def paper(kind: str = "startup_ent", **values: Any) -> Stated:
    """A certificate that may be stated, with an address as evidence."""
    given = {"issuer": ISSUER, "issued_on": date(2026, 1, 5), "number": "15/QĐ", "evidence_url": URL, **values}
    if kind in rules.SIZED:
        given.setdefault("size_class", "small")
    return Stated(credential_type=kind, **given)


def in_days(days: int) -> date:
    return rules.today() + timedelta(days=days)


async def holder(name: str = "Robot Sông Hồng") -> tuple[Actor, Holder]:
    """An owner and an organisation of theirs."""
    owner = await make_person(f"Chủ của {name}")
    saved = await organisation(owner, name)
    return owner, Holder(id=saved.id, name=name, slug=saved.slug)


async def verified(
    moderator: Actor, whose: Holder, kind: str = "startup_ent", supersedes: UUID | None = None, **values: Any
) -> UUID:
    how = Verified(how="document", note="Tên và số khớp", supersedes=supersedes)
    return await deciding.enter_credential(moderator, whose, paper(kind, **values), how)


async def stated(owner: Actor, whose: Holder, kind: str = "startup_ent", **values: Any) -> UUID:
    return await stating.state_credential(owner, whose, paper(kind, **values))


async def row_of(credential: UUID) -> dict[str, Any]:
    row = await database.fetchrow("SELECT * FROM credential WHERE id = $1", credential)
    assert row is not None
    return dict(row)


async def log_of(credential: UUID) -> list[tuple[str, str]]:
    """Who did what, in order."""
    rows = await database.fetch(
        "SELECT a.act, p.name FROM credential_act a JOIN person p ON p.id = a.person WHERE a.credential = $1"
        " ORDER BY a.at, a.id",
        credential,
    )
    return [(row["act"], row["name"]) for row in rows]


async def subjects() -> list[str]:
    return [row["subject"] for row in await database.fetch("SELECT subject FROM mail ORDER BY created_at, id")]
