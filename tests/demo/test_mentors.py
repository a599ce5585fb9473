"""The demo's mentors: made up and marked so, loaded once, found by the list and by the search."""

import asyncpg
import msgspec

from app.core import db as database
from app.core.web import NOBODY
from app.demo import mentors as demo
from app.directory.persons import access, mentors
from app.directory.persons.asking import Asked
from app.people.accounts import create_person


async def _told(_label: str, _share: float) -> None:
    """Nobody listens here."""


async def test_they_are_loaded_once_marked_and_listed(db: asyncpg.Connection) -> None:
    await create_person(email="mentor@demo.example", name="Cố vấn (mẫu)", sample=True)
    wanted = msgspec.json.decode(demo.DATA.read_bytes())

    await demo.load(_told)
    before = await database.fetch("SELECT id, version FROM person_profile ORDER BY id")
    await demo.load(_told)

    found = await mentors.find(Asked(), await access.viewer_of(NOBODY))
    assert found.total == len(wanted) == len({row["slug"] for row in found.rows})
    assert all(row["sample"] for row in found.rows)
    assert await database.fetch("SELECT id, version FROM person_profile ORDER BY id") == before
    assert await database.fetchval("SELECT count(*) FROM findable WHERE kind = 'person' AND sample") == len(wanted)
    assert await database.fetchval("SELECT count(*) FROM person WHERE password_hash IS NOT NULL") == 0
    slugs = {row["slug"] for row in found.rows}
    assert "co-van-mau" in slugs
