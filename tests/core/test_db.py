"""Transactions: nothing leaks, nothing is half-written, nobody waits for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from app.core import db
from app.core.answers import as_domain_error
from app.core.errors import Busy, Conflict
from app.core.tables import Outbox, ScheduledTask


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


# --- one transaction, whoever asks ----------------------------------------------------------------------------


async def test_piccolo_takes_part_in_the_transaction(committed: asyncpg.Pool) -> None:
    async def verb() -> None:
        async with db.tx():
            await Outbox.insert(Outbox(topic="a", payload={"name": "Đức"}))
            assert await Outbox.count() == await db.fetchval("SELECT count(*) FROM outbox") == 1
            assert await committed.fetchval("SELECT count(*) FROM outbox") == 0, "nobody else sees it yet"
            raise Conflict

    with pytest.raises(Conflict):
        await verb()
    assert await Outbox.count() == 0


async def test_piccolo_outside_of_one_uses_the_pool_and_gives_back(committed: asyncpg.Pool) -> None:
    for _round in range(committed.get_max_size() * 2):
        assert await Outbox.count() == 0
    assert committed.get_idle_size() == committed.get_size()


async def test_json_goes_in_and_comes_out_as_values(committed: asyncpg.Pool) -> None:
    given = {"tên": "Đức", "n": 1, "list": [1, None, True], "deep": {"a": "b\u2028"}}
    async with db.tx():
        await db.execute("INSERT INTO outbox (topic, payload) VALUES ('raw', $1)", given)
        await Outbox.insert(Outbox(topic="piccolo", payload=given))
    rows = await db.fetch("SELECT topic, payload FROM outbox ORDER BY id")
    assert [(row["topic"], row["payload"]) for row in rows] == [("raw", given), ("piccolo", given)]
    assert await db.fetchval("SELECT payload ->> 'tên' FROM outbox WHERE topic = 'piccolo'") == "Đức"


async def test_execute_tells_how_many_rows_it_touched(committed: asyncpg.Pool) -> None:
    insert = "INSERT INTO outbox (topic) SELECT 'a' FROM generate_series(1, $1)"
    assert await db.execute(insert, 3) == 3
    assert await db.execute(insert, 0) == 0
    assert await db.execute("UPDATE outbox SET attempts = 1 WHERE id > 1000000") == 0
    assert await db.execute("DELETE FROM outbox") == 3
    assert await db.execute("SET LOCAL lock_timeout = '3s'") == 0


async def test_queries_are_counted_wherever_they_are_asked(committed: asyncpg.Pool) -> None:
    with db.count_queries() as asked:
        await db.fetch("SELECT 1")
        await db.fetchrow("SELECT 2")
        await db.fetchval("SELECT 3")
        await db.execute("SELECT 4")
        async with db.tx():
            await db.fetchval("SELECT 5")
            await ScheduledTask.exists()
        with db.count_queries() as inner:
            await db.fetchval("SELECT 7")
    await db.fetchval("SELECT 8")
    assert [query for query in asked if "scheduled_task" not in query] == [f"SELECT {n}" for n in (1, 2, 3, 4, 5)]
    assert len(asked) == 6
    assert inner == ["SELECT 7"]


# --- after the commit -----------------------------------------------------------------------------------------


def _noting(notes: list[str], word: str) -> Callable[[], Awaitable[None]]:
    async def note() -> None:
        notes.append(f"{word}, open: {db.in_transaction()}")

    return note


async def test_work_for_after_the_commit_runs_then_once_and_in_order(committed: asyncpg.Pool) -> None:
    notes: list[str] = []
    first, second = _noting(notes, "first"), _noting(notes, "second")
    async with db.tx():
        for work in (first, second, first):
            db.after_commit(work)
        assert notes == []
    assert notes == ["first, open: False", "second, open: False"]


async def test_work_for_after_the_commit_may_open_a_transaction_of_its_own(committed: asyncpg.Pool) -> None:
    async def follow_up() -> None:
        async with db.tx():
            await db.execute("INSERT INTO outbox (topic) VALUES ('after')")

    async with db.tx():
        db.after_commit(follow_up)
    assert await db.fetchval("SELECT topic FROM outbox") == "after"


async def test_work_for_after_the_commit_is_dropped_with_the_transaction(committed: asyncpg.Pool) -> None:
    notes: list[str] = []

    async def verb() -> None:
        async with db.tx():
            db.after_commit(_noting(notes, "never"))
            raise Conflict

    with pytest.raises(Conflict):
        await verb()
    with pytest.raises(RuntimeError, match="open transaction"):
        db.after_commit(_noting(notes, "never"))
    assert notes == []


# --- what does not wait for ever ------------------------------------------------------------------------------


async def test_a_lock_that_is_not_had_in_time_is_busy(committed: asyncpg.Pool) -> None:
    await committed.execute("INSERT INTO outbox (topic) VALUES ('held')")

    async def wait_for_it() -> None:
        async with db.tx():
            await db.execute("SET LOCAL lock_timeout = '50ms'")
            await db.execute("UPDATE outbox SET attempts = 9")

    async with committed.acquire() as other, other.transaction():
        await other.execute("UPDATE outbox SET attempts = 1")
        with pytest.raises(Busy) as refusal:
            await wait_for_it()
    assert isinstance(refusal.value.__cause__, asyncpg.LockNotAvailableError)
    assert await db.fetchval("SELECT attempts FROM outbox") == 1


async def test_a_statement_that_takes_too_long_is_busy(committed: asyncpg.Pool) -> None:
    with pytest.raises(Busy):
        async with db.tx(statement_timeout="50ms"):
            await db.execute("SELECT pg_sleep(5)")
    assert not db.in_transaction()
    assert committed.get_idle_size() == committed.get_size()


@pytest.mark.parametrize("then", ["asks", "asks twice", "only commits", "is asking"])
async def test_a_server_that_goes_away_is_busy_and_not_broken(committed: asyncpg.Pool, then: str) -> None:
    """An immediate restart, or an administrator's hand: the next try has a connection again."""

    async def verb() -> None:
        async with db.tx() as con:
            ending = committed.execute("SELECT pg_terminate_backend($1, 2000)", con.get_server_pid())
            if then == "is asking":
                task = asyncio.create_task(ending)
                try:
                    await db.execute("SELECT pg_sleep(5)")
                finally:
                    await task
            else:
                await ending
            await asyncio.sleep(0.05)
            if then == "asks twice":
                with pytest.raises((asyncpg.InterfaceError, asyncpg.PostgresConnectionError)):
                    await db.fetchval("SELECT 1")
            if then != "only commits":
                await db.fetchval("SELECT 1")

    with pytest.raises(Busy):
        await verb()
    assert not db.in_transaction()
    assert await db.fetchval("SELECT 1") == 1


async def test_connections_that_died_in_the_pool_are_replaced_unseen(committed: asyncpg.Pool) -> None:
    await asyncio.gather(*(db.fetchval("SELECT pg_sleep(0.02)") for _n in range(5)))
    await committed.execute(
        "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    for _round in range(committed.get_size() + 1):
        assert await db.fetchval("SELECT 1") == 1


async def test_a_lock_on_a_connection_that_is_lost_ends_with_it(committed: asyncpg.Pool) -> None:
    async def hold() -> None:
        async with db.advisory_lock(7) as had:
            assert had
            pid = await committed.fetchval("SELECT pid FROM pg_locks WHERE locktype = 'advisory'")
            await committed.execute("SELECT pg_terminate_backend($1, 2000)", pid)
            await asyncio.sleep(0.05)

    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
        await hold()
    async with db.advisory_lock(7) as again:
        assert again


async def test_a_programming_mistake_is_not_called_busy(committed: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.InterfaceError):
        async with db.tx() as con:
            await con.fetchval("SELECT $1::int")
    with pytest.raises(asyncpg.UndefinedTableError):
        async with db.tx():
            await db.execute("SELECT * FROM nowhere")
    assert committed.get_idle_size() == committed.get_size()


async def test_a_thousand_cancelled_and_failing_requests_leave_the_pool_as_it_was(committed: asyncpg.Pool) -> None:
    async def odd(number: int) -> None:
        async with db.tx():
            await db.execute("INSERT INTO outbox (topic) VALUES ('odd')")
            if number % 2:
                raise Conflict
            await asyncio.sleep(10)

    for _batch in range(20):
        tasks = [asyncio.create_task(odd(number)) for number in range(50)]
        await asyncio.sleep(0)
        for task in tasks[::3]:
            task.cancel()
        await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(20):  # a cancelled request gives its connection back a moment later
        while committed.get_idle_size() != committed.get_size():
            await asyncio.sleep(0.02)
    stuck = (
        "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname = current_database()"
    )
    assert await db.fetchval(stuck) == 0
    assert await db.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_request_cancelled_while_it_waits_for_a_connection_takes_none(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [await committed.acquire() for _n in range(committed.get_max_size())]
    waiting = [asyncio.create_task(db.fetchval("SELECT 1")) for _n in range(5)]
    await asyncio.sleep(0.02)
    for task in waiting:
        task.cancel()
    assert [type(end) for end in await asyncio.gather(*waiting, return_exceptions=True)] == [asyncio.CancelledError] * 5
    for con in held:
        await committed.release(con)
    assert committed.get_idle_size() == committed.get_max_size()


# --- the pool -------------------------------------------------------------------------------------------------


async def test_without_a_pool_nothing_connects_behind_our_back(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.engine, "pool", None)
    for ask in (db.fetchval("SELECT 1"), Outbox.count(), db.engine.get_new_connection()):
        with pytest.raises(RuntimeError, match="no pool is running"):
            await ask
    with pytest.raises(RuntimeError, match="no pool is running"):
        async with db.tx():
            pass


async def test_one_pool_at_a_time(committed: asyncpg.Pool, settings: Any) -> None:
    with pytest.raises(RuntimeError, match="running already"):
        async with db.pool(settings):
            pass
    assert db.engine.pool is committed


async def test_a_pool_that_is_closing_is_busy(
    committed: asyncpg.Pool, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.engine, "pool", None)
    async with db.pool(settings, name="short-lived") as second:
        assert await db.fetchval("SHOW application_name") == "short-lived"
        await second.close()
        with pytest.raises(Busy):
            await db.fetchval("SELECT 1")
    assert db.engine.pool is None


async def test_a_pool_with_a_connection_still_out_is_closed_in_the_end(
    committed: asyncpg.Pool, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.engine, "pool", None)
    plain = asyncio.wait_for
    monkeypatch.setattr(db.asyncio, "wait_for", lambda awaited, _seconds: plain(awaited, 0.1))
    async with db.pool(settings, name="hurried") as second:
        await second.acquire()
    async with asyncio.timeout(20):  # the server notices a moment later that nobody is there any more
        while await committed.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hurried'"):
            await asyncio.sleep(0.02)


async def test_every_connection_speaks_utc_and_has_its_limits(committed: asyncpg.Pool) -> None:
    names = ("timezone", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "jit")
    assert [await db.fetchval(f"SHOW {name}") for name in names] == [
        "UTC", db.LOCK_TIMEOUT, db.STATEMENT_TIMEOUT, "30s", "off",
    ]  # fmt: skip


@pytest.mark.parametrize("error", [OSError("no socket"), asyncpg.CannotConnectNowError("starting up")])
async def test_a_database_that_lets_nobody_in_is_busy(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    class Shut:
        async def acquire(self, **_options: Any) -> None:
            raise error

    monkeypatch.setattr(db.engine, "pool", Shut())
    with pytest.raises(Busy) as refusal:
        await db.fetchval("SELECT 1")
    assert (refusal.value.__cause__, as_domain_error(refusal.value).status) == (error, 503)
