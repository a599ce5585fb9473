"""Migrations: run under one lock, by one process at a time, and checked by everybody else before they start."""

import importlib
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppConfig

from app.core import db

log = structlog.get_logger()

LOCK = 7_205_759_403
LOCK_SECONDS = 60
PATIENCE = "15min"


class MigrationFailed(Exception):
    """A migration stopped; the database is as the last whole migration left it."""


class MigrationsPending(Exception):
    """The code expects tables that the database does not have yet; the message names the migrations."""


def apps() -> list[AppConfig]:
    """Every subject with tables, in the order in which their migrations run."""
    registry = importlib.import_module("app.piccolo_conf").APP_REGISTRY
    return [importlib.import_module(name).APP_CONFIG for name in registry.apps]


def _modules(config: AppConfig) -> list[Any]:
    """The migrations of one subject, oldest first."""
    registry = importlib.import_module("app.piccolo_conf").APP_REGISTRY
    package = next(
        name.rpartition(".")[0] for name in registry.apps if importlib.import_module(name).APP_CONFIG is config
    )
    stems = sorted(path.stem for path in Path(config.resolved_migrations_folder_path).glob("*.py"))
    found = [importlib.import_module(f"{package}.piccolo_migrations.{stem}") for stem in stems if stem != "__init__"]
    return sorted(found, key=lambda module: str(module.ID))


def expected() -> list[tuple[str, str]]:
    """(app, migration id) of every migration file in the code."""
    return [(config.app_name, module.ID) for config in apps() for module in _modules(config)]


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
    async with db.advisory_lock(LOCK, wait=LOCK_SECONDS) as had:
        if not had:
            raise MigrationFailed(f"another process has been migrating for {LOCK_SECONDS} seconds; is it stuck?")
        await Migration.create_table(if_not_exists=True)
        due = await pending()
        for config in apps():
            for module in _modules(config):
                if (config.app_name, module.ID) in due:
                    await _forwards(config.app_name, module)
        return due


async def _forwards(app_name: str, module: Any) -> None:
    """Run one migration and note it in the same transaction: a kill in between leaves neither or both.

    Piccolo's own runner notes a migration after its transaction, so that a killed one could not be run again.
    """
    try:
        async with db.tx(statement_timeout=PATIENCE):
            steps = await module.forwards()
            await steps.run()
            await _let_moments_pass()
            await Migration.insert(Migration(name=module.ID, app_name=app_name))
    except Exception as error:
        raise MigrationFailed(f"the migration {module.ID} of {app_name} stopped: {error}") from error


_FROZEN = """
SELECT format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT now()', table_name, column_name) AS statement
FROM information_schema.columns
WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' AND column_default LIKE '''%'
"""


async def _let_moments_pass() -> None:
    """Piccolo writes `default=now` as the moment of the migration; a row inserted by raw SQL wants its own."""
    for row in await db.fetch(_FROZEN):
        await db.execute(row["statement"])


async def require_current() -> None:
    """Refuse to serve on a database that is behind the code."""
    due = await pending()
    if due:
        names = ", ".join(f"{app} {number}" for app, number in due[:5])
        raise MigrationsPending(f"the database lacks {len(due)} migrations ({names}): run python -m app migrate")
