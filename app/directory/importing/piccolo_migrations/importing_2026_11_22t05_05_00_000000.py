"""Two organisations in two places may share a name in one file: keys of a file are found, not unique."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T05:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keys of a file are found, not unique"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="importing", description=DESCRIPTION)

    async def add() -> None:
        await execute("DROP INDEX IF EXISTS import_key_once; CREATE INDEX import_key_of_run ON import_key (run, key)")

    async def remove() -> None:
        await execute("DROP INDEX IF EXISTS import_key_of_run")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
