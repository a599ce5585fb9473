"""A scan finds by index what it looks for, however empty the tables were when its plans were made."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T11:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "scans never read a whole table"

# The plans of a function are kept as long as its connection. Made in the morning, over tables known to be empty, they
# read whole tables, and each scan of the day takes longer than the one before.
FORWARDS = "ALTER FUNCTION scan_tickets SET enable_seqscan = off"
BACKWARDS = "ALTER FUNCTION scan_tickets RESET enable_seqscan"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="door", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
