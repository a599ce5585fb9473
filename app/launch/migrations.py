"""Migrations of every subject, forwards, one process at a time, each one whole or not at all.

Piccolo's own runner takes no lock and notes a migration down after its transaction; here the note is part of it.
"""

import asyncio
import contextlib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg

from app.core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
_LOCK_NUMBER = 4_206_914_711
_ID = re.compile(r"^ID = [\"']([^\"']+)[\"']", re.MULTILINE)


class MigrationFailed(RuntimeError):
    """The database is as it was before the migration that failed; the message names it."""


def known_ids(root: Path = ROOT) -> set[str]:
    """The numbers of all migrations in the source, found without importing anything."""
    files = [*root.glob("app/*/piccolo_migrations/*.py"), *root.glob("events/piccolo_migrations/*.py")]
    return {found for file in files for found in _ID.findall(file.read_text(encoding="utf-8"))}


async def pending(database_url: str) -> list[str]:
    """The migrations that the database has not seen, oldest first."""
    con = await asyncpg.connect(database_url, timeout=10)
    try:
        exists = await con.fetchval("SELECT to_regclass('public.migration') IS NOT NULL")
        rows = await con.fetch("SELECT name FROM public.migration") if exists else []
    finally:
        await con.close()
    return sorted(known_ids() - {row["name"] for row in rows})


async def migrate(settings: Settings, say: Callable[[str], None] = print) -> int:
    """Bring the database up to date; how many migrations ran. Two at once: the second waits, then finds nothing to do.

    Raises MigrationFailed.
    """
    if not await pending(settings.database_url):
        return 0
    guard = await asyncpg.connect(settings.database_url, timeout=10)
    try:
        if not await guard.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_NUMBER):
            say("another process is migrating this database: waiting for it")
            await guard.execute("SELECT pg_advisory_lock($1)", _LOCK_NUMBER, timeout=900)
        return await _forwards(settings, say)
    finally:
        await guard.close()


async def _forwards(settings: Settings, say: Callable[[str], None]) -> int:
    # Piccolo and every subject's tables are loaded only when there is something to do
    from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager  # noqa: PLC0415 - see above
    from piccolo.apps.migrations.tables import Migration  # noqa: PLC0415 - see above

    from app.core import db  # noqa: PLC0415 - see above

    use_our_registry()
    done = 0
    async with db.pool(settings, name="ket-noi-migrate"):
        runner = ForwardsMigrationManager(app_name="all")
        await runner.create_migration_table()
        for app_name in runner.get_sorted_app_names():
            folder = runner.get_app_config(app_name=app_name).resolved_migrations_folder_path
            modules = runner.get_migration_modules(folder)
            seen = set(await Migration.get_migrations_which_ran(app_name=app_name))
            for number in sorted(set(modules) - seen):
                await _one(app_name, number, modules[number])
                say(f"migrated {app_name} to {number}")
                done += 1
    return done


async def _one(app_name: str, number: str, module: Any) -> None:
    from piccolo.apps.migrations.tables import Migration  # noqa: PLC0415 - see _forwards

    from app.core import db  # noqa: PLC0415 - see _forwards

    steps = await module.forwards()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            if not steps.wrap_in_transaction:
                await steps.run()
                await Migration.insert(Migration(name=number, app_name=app_name))
                return
            async with db.tx(lock_timeout="5s", statement_timeout="15min"):
                await steps.run()
                await Migration.insert(Migration(name=number, app_name=app_name))
    except Exception as error:
        cause = error.__cause__ or error
        raise MigrationFailed(
            f"migration {number} of {app_name} failed and was taken back: {type(cause).__name__}: {cause}. "
            "If it waited for a lock, end long transactions and run: python -m app migrate"
        ) from error


def use_our_registry() -> None:
    """Tell Piccolo which module names our subjects."""
    import os  # noqa: PLC0415 - the one place that sets a variable for a library

    os.environ.setdefault("PICCOLO_CONF", "app.piccolo_conf")


async def missing() -> list[str]:
    """Subjects whose tables have changed without a migration for it; needs no database."""
    from piccolo.apps.migrations.commands.new import AutoMigrationManager  # noqa: PLC0415 - only for this check

    use_our_registry()
    manager = AutoMigrationManager()
    found = []
    for app_name in manager.get_sorted_app_names():
        config = manager.get_app_config(app_name=app_name)
        Path(config.resolved_migrations_folder_path).mkdir(parents=True, exist_ok=True)
        with contextlib.redirect_stdout(io.StringIO()):
            changes = await manager.get_alter_statements(config)
        if any(change.statements for change in changes):
            found.append(app_name)
    return found


def migrate_now(settings: Settings, say: Callable[[str], None] = print) -> int:
    return asyncio.run(migrate(settings, say))
