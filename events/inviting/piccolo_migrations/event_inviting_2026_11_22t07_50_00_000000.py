"""A code names one voucher of an event, and no voucher is used more often than it may be."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T07:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "one voucher for a code, uses within bounds"

FORWARDS = (
    "CREATE UNIQUE INDEX event_voucher_code ON event_voucher (event, code)",
    "ALTER TABLE event_voucher ADD CONSTRAINT event_voucher_uses CHECK (uses >= 0 AND uses <= uses_most)",
)

BACKWARDS = (
    "ALTER TABLE event_voucher DROP CONSTRAINT event_voucher_uses",
    "DROP INDEX event_voucher_code",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="event_inviting", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
