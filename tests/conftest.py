"""Fixtures for everybody: real PostgreSQL and Valkey, a rolled-back transaction per test, a client in the same loop.

`db` gives a test a transaction that is rolled back; verbs' own transactions become savepoints in it. Races use
`committed`, which commits for real and empties every table afterwards.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import hypothesis
import pytest
from argon2 import PasswordHasher
from playwright.async_api import Browser, async_playwright

from app.core import db as database
from app.core import i18n, limits, migrate, outbox
from app.core.settings import get_settings
from app.core.web import NOBODY, Actor
from app.launch.postgres import EmbeddedPostgres, start_postgres
from app.launch.valkey import EmbeddedValkey, start_valkey
from app.people import passwords
from scripts.running import CHROMIUM_FLAGS, chromium
from tests.sharing import (  # noqa: F401  hooks of pytest
    pytest_collection_modifyitems,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)

BASE_URL = "http://127.0.0.1:8000"

hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.register_profile("same every time", deadline=None, derandomize=True)
hypothesis.settings.load_profile("same every time")


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dữ liệu thử")


@pytest.fixture(scope="session")
def postgres(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    server = start_postgres(data_dir, durable=False)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey(data_dir: Path) -> Iterator[EmbeddedValkey]:
    server = start_valkey(data_dir, durable=False)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def settings(data_dir: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[Any]:
    """The environment of the tests; nothing of the caller's leaks in."""
    wanted = {
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "DATA_DIR": str(data_dir),
        "PUBLIC_URL": BASE_URL,
        "SECRET_KEY": "a key for the tests, long enough to be one",
        "DB_POOL_MAX": "20",
        "LOG_LEVEL": "warning",
        "DEMO": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    get_settings.cache_clear()
    yield get_settings()
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    get_settings.cache_clear()


@pytest.fixture(scope="session")
async def pool(settings: Any) -> AsyncIterator[asyncpg.Pool]:
    """The process's pool on a migrated, empty database."""
    async with database.pool(settings, name="tests") as running:
        await migrate.migrate()
        yield running
        await outbox.close()


@pytest.fixture
async def db(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncpg.Connection]:
    """One connection and one transaction for the whole test, rolled back at its end."""
    async with pool.acquire() as con:
        transaction = con.transaction()
        await transaction.start()

        @asynccontextmanager
        async def pinned(_wait: float = 0) -> AsyncIterator[asyncpg.Connection]:
            yield con

        monkeypatch.setattr(database, "_acquire", pinned)
        monkeypatch.setattr(outbox, "AT_ONCE", 1)  # one connection serves one job at a time
        try:
            yield con
        finally:
            await transaction.rollback()


@pytest.fixture
async def committed(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Pool]:
    """Real commits on the shared pool; every table but the migrations' is emptied afterwards."""
    yield pool
    await empty_tables(pool)


_SIZES = """
SELECT quote_ident(relname) AS name, pg_relation_size(oid) AS bytes FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'migration' ORDER BY relname
"""
_COUNT_ANEW = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL AND sequencename <> 'migration_id_seq'
"""
_MUCH = 4_000_000


async def empty_tables(pool: asyncpg.Pool) -> None:
    """Wait for whoever still writes, then leave nothing but the migrations; all numbers begin with one again.

    Deleting a test's few rows costs next to nothing, a TRUNCATE of a hundred tables a large part of a second.
    """
    async with pool.acquire() as con, con.transaction():
        names = [row["name"] for row in await con.fetch(_SIZES)]
        await con.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")
        sizes = {row["name"]: row["bytes"] for row in await con.fetch(_SIZES)}
        if max(sizes.values()) > _MUCH:
            await con.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")
            return
        await con.execute("SET LOCAL session_replication_role = replica")  # nobody watches, nobody cascades
        if written := [name for name, size in sizes.items() if size]:
            await con.execute("; ".join(f"DELETE FROM {name}" for name in written))
        await con.execute(_COUNT_ANEW)


@pytest.fixture(autouse=True)
def _fresh_state() -> None:
    """What a process remembers between requests starts afresh, in Vietnamese."""
    i18n.set_locale("vi")
    limits._local.clear()
    limits._paused_until = 0.0


@pytest.fixture
async def fresh_queue(settings: Any) -> None:
    """An empty Valkey: no limit has been counted yet, and nobody of the test before is still being woken."""
    await asyncio.gather(*outbox._in_flight)
    await (await outbox.queue()).flushdb()


_AS_PEOPLE_GET_IT = {"_hasher": passwords._hasher, "_NOBODYS": passwords._NOBODYS}


@pytest.fixture(scope="session", autouse=True)
def _quick_hashing() -> Iterator[None]:
    """Passwords are hashed by argon2id with the least work: a test's account need not be hard to guess."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", quick)
        patch.setattr(passwords, "_NOBODYS", quick.hash(os.urandom(32)))
        yield


@pytest.fixture(scope="session", autouse=True)
def _patient_limits() -> Iterator[None]:
    """Where several tests run at once Valkey may answer late; it counts the limits and wakes workers all the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "_ANSWER_SECONDS", 10.0)
        patch.setattr(outbox, "ANSWER_SECONDS", 10.0)
        patch.setattr(outbox, "NUDGE_SECONDS", 10.0)
        yield


@pytest.fixture
def full_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed with as much work as in the product."""
    for name, value in _AS_PEOPLE_GET_IT.items():
        monkeypatch.setattr(passwords, name, value)


MakeClient = Callable[..., httpx.AsyncClient]


@pytest.fixture(scope="session")
def litestar(settings: Any) -> Any:
    """The application, made once for all tests: it keeps nothing between requests; each client has its own shell."""
    from app.main import create_litestar

    return create_litestar()


@pytest.fixture
async def make_client(pool: asyncpg.Pool, fresh_queue: None, litestar: Any) -> AsyncIterator[MakeClient]:
    """Clients of the application as somebody: `make_client(actor)`; without one, sign-in works as for people."""
    from app.core import logs
    from app.core.shell import Shell
    from app.people.sessions import authenticate as by_session_or_token

    opened: list[httpx.AsyncClient] = []
    logs.configure(get_settings())

    def make(actor: Actor | None = None, **headers: str) -> httpx.AsyncClient:
        async def authenticate(_request: Any) -> Actor:
            return actor or NOBODY

        app = Shell(litestar, get_settings(), authenticate if actor else by_session_or_token)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),  # type: ignore[arg-type]
            base_url=BASE_URL,
            headers={"Origin": BASE_URL, "Accept-Language": "vi", **headers},
        )
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()


@pytest.fixture
def client(make_client: MakeClient, db: asyncpg.Connection) -> httpx.AsyncClient:
    """A browser that nobody has signed in with, on a database that is rolled back."""
    return make_client()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all browser tests; each opens contexts of its own."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_FLAGS))
        yield running
        await running.close()
