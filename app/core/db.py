"""The database: one pool per process, one way to open a transaction, a few ways to ask.

Piccolo 1.38 leaks a pooled connection when BEGIN or COMMIT fails or the task is cancelled, opens a new
connection per query when no pool runs, and waits for ever on an exhausted pool. Here none of that can happen.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import asyncpg
from piccolo.engine.postgres import PostgresEngine

from app.core.errors import Busy
from app.core.settings import Settings, get_settings

ACQUIRE_SECONDS = 2.0
RETRIES = 3
LOCK_TIMEOUT = "3s"
STATEMENT_TIMEOUT = "14s"
"""Just below asyncpg's own limit, so that the server's clear word comes first."""

_NOT_NOW = (
    TimeoutError,
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)
"""What a server says, or leaves unsaid, that cannot let anybody in at the moment."""

T = TypeVar("T")

_query_log: ContextVar[list[str] | None] = ContextVar("query_log", default=None)


class _Transaction:
    """What Piccolo asks of a running transaction: its connection. Work for after the commit is kept here too."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.after_commit: list[Callable[[], Awaitable[None]]] = []


class _Connection(asyncpg.Connection):
    """A connection that is not reset at every release, which would cost each request a round trip.

    Nothing of ours leaves session state behind: settings are LOCAL, and `advisory_lock` clears up after itself. An
    open transaction is rolled back by asyncpg all the same.
    """

    def get_reset_query(self) -> str:
        return ""


class Engine(PostgresEngine):
    """Piccolo's engine without connecting at import, without unpooled queries and without endless waits."""

    def __init__(self) -> None:
        super().__init__(config={}, extensions=())

    async def check_version(self) -> None:
        """Piccolo would connect here, at import; `app doctor` checks the version instead."""

    async def prep_database(self) -> None:
        """Extensions are created by migrations."""

    async def get_new_connection(self) -> asyncpg.Connection:
        raise RuntimeError("no pool is running: open one with app.core.db.pool()")

    async def _run_in_pool(self, query: str, args: Sequence[Any] | None = None) -> Any:
        async with connection() as con:
            return await con.fetch(query, *(args or ()))

    async def run_querystring(self, querystring: Any, in_pool: bool = True) -> Any:
        query, args = querystring.compile_string(engine_type=self.engine_type)
        current = self.current_transaction.get()
        _note(query)
        if current:
            return await current.connection.fetch(query, *args)
        return await self._run_in_pool(query, args)


engine = Engine()


async def _prepare(con: asyncpg.Connection) -> None:
    await con.set_type_codec("jsonb", encoder=_dump, decoder=json.loads, schema="pg_catalog")


def _dump(value: object) -> str:
    """JSON for a jsonb column; text is taken as JSON already, as Piccolo hands it over."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@asynccontextmanager
async def pool(
    settings: Settings | None = None, *, name: str = "ket-noi", command_timeout: float | None = 15
) -> AsyncIterator[asyncpg.Pool]:
    """The pool of this process while it runs; everything that touches the database happens inside.

    `command_timeout` (seconds) ends a statement on our side; migrations and restores have none.
    """
    settings = settings or get_settings()
    if engine.pool is not None:
        raise RuntimeError("a pool is running already")
    engine.pool = await asyncpg.create_pool(
        dsn=settings.database_url,
        min_size=settings.db_pool_min,
        max_size=settings.db_pool_max,
        command_timeout=command_timeout,
        max_inactive_connection_lifetime=60,
        init=_prepare,
        connection_class=_Connection,
        server_settings={
            "application_name": name,
            "idle_in_transaction_session_timeout": "30s",
            "lock_timeout": LOCK_TIMEOUT,
            "statement_timeout": STATEMENT_TIMEOUT,
            "timezone": "UTC",
            "jit": "off",
        },
    )
    try:
        yield engine.pool
    finally:
        running, engine.pool = engine.pool, None
        try:
            await asyncio.wait_for(running.close(), 10)
        except TimeoutError:
            running.terminate()


@asynccontextmanager
async def _acquire(wait: float | None = None) -> AsyncIterator[asyncpg.Connection]:
    if engine.pool is None:
        raise RuntimeError("no pool is running: open one with app.core.db.pool()")
    try:
        con = await engine.pool.acquire(timeout=ACQUIRE_SECONDS if wait is None else wait)
    except (*_NOT_NOW, asyncpg.InterfaceError) as error:
        raise Busy from error
    try:
        yield con
    finally:
        # asyncpg shields the release, so a cancelled request gives its connection back too
        await engine.pool.release(con)


@asynccontextmanager
async def connection() -> AsyncIterator[asyncpg.Connection]:
    """The running transaction's connection, or one of the pool for as long as the block lasts.

    Raises Busy when none is free within two seconds.
    """
    current = engine.current_transaction.get()
    if current:
        yield current.connection
        return
    async with _acquire() as con:
        yield con


@asynccontextmanager
async def tx(*, statement_timeout: str | None = None, wait: float | None = None) -> AsyncIterator[asyncpg.Connection]:
    """The one way to write: all of the block is committed, or none of it. Piccolo's queries inside take part.

    Nesting raises RuntimeError: a verb does the whole act. Raises Busy when no connection is free for `wait` seconds
    (two, where nothing is said), a lock is not had in time, or the server goes away meanwhile.
    """
    if engine.current_transaction.get():
        raise RuntimeError("a transaction is open already: one verb does the whole act")
    async with _acquire(wait) as con:
        holder = _Transaction(con)
        token = None
        try:
            async with con.transaction():
                if statement_timeout:
                    await con.execute(f"SET LOCAL statement_timeout = '{statement_timeout}'")
                token = engine.current_transaction.set(holder)  # type: ignore[arg-type]
                yield con
        except (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError, asyncpg.PostgresConnectionError) as error:
            raise Busy from error
        except asyncpg.InterfaceError as error:
            if _lost(con):
                raise Busy from error
            raise
        finally:
            if token is not None:
                engine.current_transaction.reset(token)
    for work in holder.after_commit:
        await work()


def _lost(con: asyncpg.Connection) -> bool:
    """Whether the server is gone from the other end; the pool takes such a connection back at once."""
    try:
        return bool(con.is_closed())
    except asyncpg.InterfaceError:
        return True


@asynccontextmanager
async def advisory_lock(key: int, *, wait: float = 0) -> AsyncIterator[bool]:
    """Hold a lock that every process knows by its number, for work longer than a transaction; yields whether it is had.

    Waits up to `wait` seconds. The connection is closed when the lock cannot be given back.
    """
    async with _acquire() as con:
        had = await _take_lock(con, key, wait)
        try:
            yield had
        finally:
            if had:
                try:
                    await con.execute("SELECT pg_advisory_unlock($1)", key)
                except BaseException:
                    con.terminate()
                    raise


async def _take_lock(con: asyncpg.Connection, key: int, wait: float) -> bool:
    deadline = time.monotonic() + wait
    while not await con.fetchval("SELECT pg_try_advisory_lock($1)", key):
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(0.1)
    return True


async def retrying(act: Callable[[], Awaitable[T]]) -> T:
    """Run a verb again when PostgreSQL chose it as the victim of a deadlock or serialisation failure."""
    for attempt in range(1, RETRIES + 1):
        try:
            return await act()
        except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
            if attempt == RETRIES:
                raise
            await asyncio.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311  jitter, not a secret
    raise AssertionError("unreachable")


def in_transaction() -> bool:
    return engine.current_transaction.get() is not None


def after_commit(work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` once the open transaction is committed; not at all when it is rolled back."""
    current: Any = engine.current_transaction.get()
    if current is None:
        raise RuntimeError("after_commit needs an open transaction")
    if work not in current.after_commit:
        current.after_commit.append(work)


async def fetch(query: str, *args: object) -> list[asyncpg.Record]:
    _note(query)
    async with connection() as con:
        return await con.fetch(query, *args)


async def fetchrow(query: str, *args: object) -> asyncpg.Record | None:
    _note(query)
    async with connection() as con:
        return await con.fetchrow(query, *args)


async def fetchval(query: str, *args: object) -> Any:
    _note(query)
    async with connection() as con:
        return await con.fetchval(query, *args)


async def execute(query: str, *args: object) -> int:
    """Run a statement; the number of rows it touched."""
    _note(query)
    async with connection() as con:
        tag: str = await con.execute(query, *args)
    last = tag.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


def _note(query: str) -> None:
    log = _query_log.get()
    if log is not None:
        log.append(query)


@contextmanager
def count_queries() -> Iterator[list[str]]:
    """The statements that the block asks through this module or Piccolo; tests hold pages to a number of them."""
    log: list[str] = []
    token = _query_log.set(log)
    try:
        yield log
    finally:
        _query_log.reset(token)
