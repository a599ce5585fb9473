"""Migrations: forwards, backwards and forwards again; two at once do the work once; nobody serves an old database."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from piccolo.apps.migrations.commands.backwards import run_backwards

from app.core import db, migrate
from app.core.migrate import MigrationFailed, MigrationsPending
from app.launch.postgres import EmbeddedPostgres

_COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'migration' ORDER BY 1, 2
"""
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'migration' ORDER BY 1"


@pytest.fixture
async def empty(
    postgres: EmbeddedPostgres, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[asyncpg.Pool]:
    """A second, empty database, with the process's pool on it while the test runs."""
    admin = await asyncpg.connect(postgres.url)
    await admin.execute("DROP DATABASE IF EXISTS second")
    await admin.execute("CREATE DATABASE second")
    monkeypatch.setattr(db.engine, "pool", None)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            async with db.pool(msgspec.structs.replace(settings, database_url=postgres.url_for("second"))) as running:
                yield running
    finally:
        await admin.execute("DROP DATABASE second WITH (FORCE)")
        await admin.close()


async def _shape() -> tuple[list[Any], list[Any]]:
    return [tuple(row) for row in await db.fetch(_COLUMNS)], [row[0] for row in await db.fetch(_INDEXES)]


async def test_forwards_backwards_forwards(pool: asyncpg.Pool, empty: asyncpg.Pool) -> None:
    assert await migrate.pending() == migrate.expected()
    with pytest.raises(MigrationsPending, match="python -m app migrate"):
        await migrate.require_current()
    assert await migrate.migrate() == migrate.expected()
    await migrate.require_current()
    first = await _shape()
    for config in reversed(migrate.apps()):
        await run_backwards(config.app_name, migration_id="all", auto_agree=True)
    assert (await _shape())[0] == []
    await migrate.migrate()
    assert await _shape() == first


def test_a_number_names_one_migration_of_all_subjects() -> None:
    """Piccolo forgets a migration by its number alone: one taken back would take its namesake's note with it."""
    folders = [Path(config.migrations_folder_path) for config in migrate.apps()]
    files = [path for folder in folders for path in folder.glob("*_2*.py")]
    numbers = [path.read_text(encoding="utf-8").partition('\nID = "')[2].partition('"')[0] for path in files]
    assert [number for number in numbers if numbers.count(number) > 1] == []


async def test_two_at_once_do_the_work_once(pool: asyncpg.Pool, empty: asyncpg.Pool) -> None:
    first, second = await asyncio.gather(migrate.migrate(), migrate.migrate())
    assert sorted([len(first), len(second)]) == [0, len(migrate.expected())]
    assert await migrate.migrate() == []


class _Broken:
    """A migration that makes a table and then fails, as one does whose process is killed."""

    ID = "2026-01-01T00:00:00:000000"

    @staticmethod
    async def forwards() -> Any:
        class Steps:
            @staticmethod
            async def run() -> None:
                await db.execute("CREATE TABLE half_made (id int)")
                raise ZeroDivisionError

        return Steps()


async def test_a_failing_migration_leaves_nothing_and_keeps_the_lock_free(
    pool: asyncpg.Pool, empty: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = migrate._modules
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "_modules", lambda config: [_Broken, *real(config)])
        with pytest.raises(MigrationFailed, match=_Broken.ID):
            await migrate.migrate()
    assert await db.fetchval("SELECT to_regclass('half_made')") is None
    assert await db.fetchval("SELECT count(*) FROM migration") == 0
    assert not await db.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    assert await migrate.migrate() == migrate.expected()
