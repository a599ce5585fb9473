"""What is remembered of a visitor after the scan is an act of its own, and no second visit."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T11:25:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "notes that follow a scan"

FORWARDS = (
    "ALTER TABLE lead_scan DROP CONSTRAINT lead_scan_status, DROP CONSTRAINT lead_scan_names,"
    " ADD CONSTRAINT lead_scan_status CHECK (status IN ('ok', 'visited', 'refused', 'noted')),"
    " ADD CONSTRAINT lead_scan_names CHECK (lead IS NULL OR status IN ('ok', 'noted'))",
)
BACKWARDS = (
    "DELETE FROM lead_scan WHERE status = 'noted'",
    "ALTER TABLE lead_scan DROP CONSTRAINT lead_scan_status, DROP CONSTRAINT lead_scan_names,"
    " ADD CONSTRAINT lead_scan_status CHECK (status IN ('ok', 'visited', 'refused')),"
    " ADD CONSTRAINT lead_scan_names CHECK (lead IS NULL OR status = 'ok')",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="event_leads", description=DESCRIPTION)

    async def change() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def back() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(change)
    manager.add_raw_backwards(back)
    return manager
