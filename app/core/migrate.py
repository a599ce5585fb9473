"""Migrations: run under one lock, by one process at a time, and checked by everybody else before they start."""

import importlib
from pathlib import Path

import asyncpg
import structlog
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.conf.apps import AppConfig

from app.core import db

log = structlog.get_logger()

LOCK = 7_205_759_403
LOCK_SECONDS = 60


class MigrationFailed(Exception):
    """A migration stopped; the database is as the last whole migration left it."""


class MigrationsPending(Exception):
    """The code expects tables that the database does not have yet; the message names the migrations."""


def apps() -> list[AppConfig]:
    """Every subject with tables, in the order in which their migrations run."""
    registry = importlib.import_module("app.piccolo_conf").APP_REGISTRY
    return [importlib.import_module(name).APP_CONFIG for name in registry.apps]


def expected() -> list[tuple[str, str]]:
    """(app, migration id) of every migration file in the code."""
    found = []
    for config in apps():
        for path in sorted(Path(config.resolved_migrations_folder_path).glob("*.py")):
            if path.stem != "__init__":
                module = importlib.import_module(f"{_package(config)}.piccolo_migrations.{path.stem}")
                found.append((config.app_name, module.ID))
    return found


def _package(config: AppConfig) -> str:
    registry = importlib.import_module("app.piccolo_conf").APP_REGISTRY
    return next(name.rpartition(".")[0] for name in registry.apps if importlib.import_module(name).APP_CONFIG is config)


async def pending() -> list[tuple[str, str]]:
    """The migrations that the database has not seen."""
    try:
        rows = await db.fetch("SELECT app_name, name FROM migration")
    except asyncpg.UndefinedTableError:
        return expected()
    applied = {(row["app_name"], row["name"]) for row in rows}
    return [migration for migration in expected() if migration not in applied]


async def migrate() -> list[tuple[str, str]]:
    """Bring the database up to the code; the migrations that were run. Two processes at once: one works, one waits.

    Needs the pool. Raises MigrationFailed when one does not go through.
    """
    async with db.connection() as lock:
        await lock.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        await lock.execute("SELECT pg_advisory_lock($1)", LOCK, timeout=LOCK_SECONDS + 5)
        try:
            due = await pending()
            for config in apps():
                if any(name == config.app_name for name, _id in due):
                    await _forwards(config.app_name)
            return due
        finally:
            await lock.execute("RESET lock_timeout")
            await lock.execute("SELECT pg_advisory_unlock($1)", LOCK)


async def _forwards(app_name: str) -> None:
    try:
        await run_forwards(app_name, migration_id="all")
    except SystemExit as stop:
        raise MigrationFailed(f"the migrations of {app_name} stopped; see the lines above") from stop
    except Exception as error:
        raise MigrationFailed(f"the migrations of {app_name} stopped: {error}") from error


async def require_current() -> None:
    """Refuse to serve on a database that is behind the code."""
    due = await pending()
    if due:
        names = ", ".join(f"{app} {number}" for app, number in due[:5])
        raise MigrationsPending(f"the database lacks {len(due)} migrations ({names}): run python -m app migrate")
