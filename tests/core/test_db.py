"""Transactions: nothing leaks, nothing is half-written, nobody waits for ever."""

import asyncio

import asyncpg
import pytest

from app.core import db
from app.core.errors import Busy


async def test_a_failing_block_writes_nothing(committed: asyncpg.Pool) -> None:
    async def verb() -> None:
        async with db.tx():
            await db.execute("INSERT INTO scheduled_task (name, next_run_at) VALUES ('a', now())")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await verb()
    assert await db.fetchval("SELECT count(*) FROM scheduled_task") == 0


async def test_a_failing_commit_gives_the_connection_back(committed: asyncpg.Pool) -> None:
    await committed.execute(
        "CREATE TABLE late (a int PRIMARY KEY, b int REFERENCES late (a) DEFERRABLE INITIALLY DEFERRED)"
    )
    try:
        for _round in range(committed.get_max_size() + 1):
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                async with db.tx():
                    await db.execute("INSERT INTO late VALUES (1, 2)")
            assert not db.in_transaction()
        assert await db.fetchval("SELECT count(*) FROM late") == 0
    finally:
        await committed.execute("DROP TABLE late")


async def test_a_cancelled_request_gives_the_connection_back(committed: asyncpg.Pool) -> None:
    async def slow() -> None:
        async with db.tx():
            await db.execute("SELECT pg_sleep(30)")

    for _round in range(committed.get_max_size() + 1):
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await db.fetchval("SELECT 1") == 1


async def test_transactions_do_not_nest(committed: asyncpg.Pool) -> None:
    async with db.tx():
        with pytest.raises(RuntimeError):
            async with db.tx():
                pass


async def test_an_exhausted_pool_says_busy(committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "ACQUIRE_SECONDS", 0.05)
    held = [await committed.acquire() for _n in range(committed.get_max_size())]
    try:
        with pytest.raises(Busy):
            await db.fetchval("SELECT 1")
        with pytest.raises(Busy):
            async with db.tx():
                pass
    finally:
        for con in held:
            await committed.release(con)
    assert await db.fetchval("SELECT 1") == 1
