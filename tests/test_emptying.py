"""The tests' own ground: what a test committed is gone before the next one begins, whoever refers to it."""

import asyncio

import asyncpg
import pytest

import tests.conftest as ground
from tests.conftest import empty_tables
from tests.factories import make_person

WORK = "INSERT INTO outbox (topic) VALUES ('a test')"


async def left(pool: asyncpg.Pool) -> dict[str, int]:
    """How many rows each table holds, where it holds any."""
    names = [row["name"] for row in await pool.fetch(ground._SIZES)]
    found = {name: await pool.fetchval(f"SELECT count(*) FROM {name}") for name in names}
    return {name: rows for name, rows in found.items() if rows}


@pytest.mark.parametrize("much", [ground._MUCH, 0], ids=["deleted", "truncated"])
async def test_nothing_is_left_but_the_migrations(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, much: int
) -> None:
    monkeypatch.setattr(ground, "_MUCH", much)
    await make_person(email="first@test.example", roles=("admin",))
    await committed.execute(WORK)
    before = await committed.fetchval("SELECT count(*) FROM migration")
    assert {"person", "account_event", "outbox"} <= set(await left(committed))

    await empty_tables(committed)

    assert await left(committed) == {}
    assert await committed.fetchval("SELECT count(*) FROM migration") == before
    await committed.execute(WORK)
    assert await committed.fetchval("SELECT id FROM outbox") == 1, "numbers begin anew"


async def test_an_account_that_is_still_being_written_is_waited_for(committed: asyncpg.Pool) -> None:
    async with committed.acquire() as writer:
        late = writer.transaction()
        await late.start()
        await writer.execute(WORK)
        emptying = asyncio.create_task(empty_tables(committed))
        await asyncio.sleep(0.2)
        assert not emptying.done()
        await late.commit()
        await emptying
    assert await left(committed) == {}


async def test_a_reference_is_watched_again_afterwards(committed: asyncpg.Pool) -> None:
    await make_person()
    await empty_tables(committed)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await committed.execute("INSERT INTO account_event (person, kind) VALUES (gen_random_uuid(), 'x')")
