"""Counters of doors change without touching an index: their index holds no counts, their pages have room to spare."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T01:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "counters of doors are updated in place"

FORWARDS = (
    "DROP INDEX checkpoint_count_slot",
    "CREATE UNIQUE INDEX checkpoint_count_slot ON checkpoint_count (checkpoint, slot)",
    "ALTER TABLE checkpoint_count SET (fillfactor = 20)",
)

BACKWARDS = (
    "ALTER TABLE checkpoint_count RESET (fillfactor)",
    "DROP INDEX checkpoint_count_slot",
    "CREATE UNIQUE INDEX checkpoint_count_slot ON checkpoint_count (checkpoint, slot) INCLUDE (inside, admitted)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="events", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
