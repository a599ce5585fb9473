"""Migrations for the command line: a quick look without loading the application, then `app.core.migrate` does the work.

Also the check that no table was changed without a migration.
"""

import asyncio
import contextlib
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import asyncpg
import msgspec

from app.core.settings import Settings
from app.launch.problem import Problem

ROOT = Path(__file__).resolve().parents[2]
_ID = re.compile(r"^ID = [\"']([^\"']+)[\"']", re.MULTILINE)
_PICCOLO = "PICCOLO_CONF"


class MigrationStopped(Problem):
    """A migration did not go through; the database is as the last whole one left it."""


class DatabaseAway(Problem):
    """The database does not let us in; the message says what it said."""


def known_ids(root: Path = ROOT) -> set[str]:
    """The numbers of all migrations in the source, found without importing anything."""
    files = [*root.glob("app/**/piccolo_migrations/*.py"), *root.glob("events/**/piccolo_migrations/*.py")]
    return {found for file in files for found in _ID.findall(file.read_text(encoding="utf-8"))}


async def pending(database_url: str) -> list[str]:
    """The migrations that the database has not seen, oldest first."""
    try:
        con = await asyncpg.connect(database_url, timeout=10)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseAway(
            f"the database of DATABASE_URL does not let us in ({type(error).__name__}: {error}): "
            "start it or correct DATABASE_URL; python -m app doctor tells more"
        ) from error
    try:
        exists = await con.fetchval("SELECT to_regclass('public.migration') IS NOT NULL")
        rows = await con.fetch("SELECT name FROM public.migration") if exists else []
    finally:
        await con.close()
    return sorted(known_ids() - {row["name"] for row in rows})


async def migrate(settings: Settings, say: Callable[[str], None] = print) -> int:
    """Bring the database up to date; how many migrations ran. Waits at most five seconds for any lock on a table.

    Raises MigrationStopped or DatabaseAway.
    """
    if not await pending(settings.database_url):
        return 0
    # Piccolo and every subject's tables are loaded only when there is something to do
    from app.core import db  # noqa: PLC0415 - see above
    from app.core import migrate as runner  # noqa: PLC0415 - see above

    use_our_registry()
    patient = f"{settings.database_url}{'&' if '?' in settings.database_url else '?'}lock_timeout=5s"
    async with db.pool(
        msgspec.structs.replace(settings, database_url=patient), name="ket-noi-migrate", command_timeout=None
    ):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                done = await runner.migrate()
        except runner.MigrationFailed as error:
            raise MigrationStopped(
                f"{error}. If it waited for a lock, end long transactions and run it again"
            ) from error
    for app_name in dict.fromkeys(app_name for app_name, _ in done):
        say(f"migrated {app_name}")
    return len(done)


def use_our_registry() -> None:
    """Tell Piccolo which module names our subjects."""
    os.environ.setdefault(_PICCOLO, "app.piccolo_conf")


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
