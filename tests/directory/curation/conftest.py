"""A profile that nobody owns, a moderator, and people who say that it is theirs."""

import re
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core.ids import new_id
from app.core.web import Actor
from app.directory import profiles
from app.directory.profile_fields import checked
from tests.directory.make import nothing_remembered
from tests.factories import make_person


@pytest.fixture(autouse=True)
def _nothing_remembered(fresh_queue: None) -> None:
    nothing_remembered()


async def unowned(name: str = "Robot Sông Hồng", website: str = "https://robot.example", **values: object) -> UUID:
    """An organisation as imports write it: in the directory, without an owner."""
    organisation = new_id()
    async with database.tx():
        found = checked({"name": name, "kinds": ["startup"], "website": website, **values})
        await profiles.insert(organisation, await profiles.free_slug(name), found, source="import")
    return organisation


async def latest_link(email: str, path: str = "/claims/") -> str:
    """The token of the link in the newest mail to an address."""
    text = await database.fetchval(
        "SELECT text FROM mail WHERE to_address = $1 AND text LIKE '%' || $2 || '%' ORDER BY created_at DESC, id DESC"
        " LIMIT 1",
        *(email, path),
    )
    found = re.search(rf"{path}([A-Za-z0-9_-]{{40,}})", text or "")
    assert found is not None, f"no link went to {email}"
    return found[1]


async def mails_to(email: str) -> list[str]:
    rows = await database.fetch("SELECT subject FROM mail WHERE to_address = $1 ORDER BY created_at, id", email)
    return [row["subject"] for row in rows]


async def owners(organisation: UUID) -> set[UUID]:
    rows = await database.fetch(
        "SELECT person FROM membership WHERE organisation = $1 AND role = 'owner' AND ended_at IS NULL", organisation
    )
    return {row["person"] for row in rows}


@pytest.fixture
async def moderator(db: asyncpg.Connection) -> Actor:
    return await make_person("Người kiểm duyệt", roles=("moderator",))


@pytest.fixture
async def lan(db: asyncpg.Connection) -> Actor:
    return await make_person("Nguyễn Thị Lan")


@pytest.fixture
async def minh(db: asyncpg.Connection) -> Actor:
    return await make_person("Trần Văn Minh", locale="en")


@pytest.fixture
async def robot(db: asyncpg.Connection) -> UUID:
    return await unowned()
