"""What a list said of a person is found from the proposal, to be emptied with it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T12:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rows are found by what they are about"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="importing", description=DESCRIPTION)

    async def add() -> None:
        await execute("CREATE INDEX import_row_target ON import_row (target) WHERE target IS NOT NULL")

    async def remove() -> None:
        await execute("DROP INDEX IF EXISTS import_row_target")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
