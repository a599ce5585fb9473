"""The index by which workers find what is due; Piccolo has no partial indexes, so it is raw SQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-21T22:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "partial index of due outbox rows"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)

    async def add() -> None:
        await execute(
            "CREATE INDEX IF NOT EXISTS outbox_due ON outbox (available_at, id) WHERE done_at IS NULL AND dead_at IS NULL"
        )

    async def remove() -> None:
        await execute("DROP INDEX IF EXISTS outbox_due")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
