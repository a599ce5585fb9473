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


async def test_an_advisory_lock_is_had_once_and_given_back(committed: asyncpg.Pool) -> None:
    async with db.advisory_lock(7) as first, db.advisory_lock(7) as second:
        assert (first, second) == (True, False)
    async with db.advisory_lock(7, wait=0.3) as again:
        assert again
    assert await db.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0


async def test_a_cancelled_holder_of_an_advisory_lock_lets_it_go(committed: asyncpg.Pool) -> None:
    entered = asyncio.Event()

    async def hold() -> None:
        async with db.advisory_lock(7):
            entered.set()
            await asyncio.sleep(30)

    task = asyncio.create_task(hold())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with db.advisory_lock(7, wait=1) as again:
        assert again


async def test_a_waiting_lock_is_had_when_the_other_is_done(committed: asyncpg.Pool) -> None:
    async def brief() -> None:
        async with db.advisory_lock(7):
            await asyncio.sleep(0.2)

    task = asyncio.create_task(brief())
    await asyncio.sleep(0.05)
    async with db.advisory_lock(7, wait=3) as had:
        assert had
    await task


async def test_no_state_stays_on_a_connection_that_goes_back(committed: asyncpg.Pool) -> None:
    async with db.tx(statement_timeout="1s"):
        pass
    assert await db.fetchval("SHOW statement_timeout") == db.STATEMENT_TIMEOUT
    con = await committed.acquire()
    await con.execute("BEGIN; SET LOCAL lock_timeout = '1ms'")
    await committed.release(con)
    assert await db.fetchval("SHOW lock_timeout") == db.LOCK_TIMEOUT


async def test_a_victim_of_a_deadlock_runs_again(committed: asyncpg.Pool) -> None:
    tries = 0

    async def act() -> int:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise asyncpg.DeadlockDetectedError
        return tries

    assert await db.retrying(act) == 3

    async def hopeless() -> None:
        raise asyncpg.SerializationError

    with pytest.raises(asyncpg.SerializationError):
        await db.retrying(hopeless)


async def test_what_the_database_cannot_do_now_is_busy_not_broken() -> None:
    from app.core.answers import Internal, as_domain_error

    for error in (
        asyncpg.DeadlockDetectedError(),
        asyncpg.AdminShutdownError(),
        ConnectionResetError(),
        TimeoutError(),
    ):
        assert type(as_domain_error(error)) is Busy
    assert type(as_domain_error(KeyError())) is Internal
