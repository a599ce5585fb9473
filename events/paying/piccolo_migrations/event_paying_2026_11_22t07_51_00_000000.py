"""A line of a statement counts once, however often the file is imported."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T07:51:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "a line of a statement counts once"

FORWARDS = (
    "CREATE UNIQUE INDEX bank_line_once ON bank_line (event, fingerprint)",
)

BACKWARDS = (
    "DROP INDEX bank_line_once",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="event_paying", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
