"""One choice in force for each visitor, one lead for each pair, one act for each nonce; checks behind them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T09:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "uniqueness and checks of leads"

FORWARDS = (
    "CREATE UNIQUE INDEX lead_consent_once ON lead_consent (registration) WHERE ended_at IS NULL",
    "ALTER TABLE lead_consent ADD CONSTRAINT lead_consent_level CHECK (level IN ('none', 'name', 'contact'))",
    "CREATE UNIQUE INDEX lead_once ON lead (event, organisation, registration)",
    "ALTER TABLE lead ADD CONSTRAINT lead_rating CHECK (rating BETWEEN 1 AND 5)",
    "CREATE UNIQUE INDEX lead_scan_nonce ON lead_scan (device, nonce)",
    "CREATE INDEX lead_scan_visits ON lead_scan (event, organisation) WHERE status = 'visited'",
    "ALTER TABLE lead_scan ADD CONSTRAINT lead_scan_status CHECK (status IN ('ok', 'visited', 'refused')),"
    " ADD CONSTRAINT lead_scan_names CHECK (lead IS NULL OR status = 'ok')",
)

BACKWARDS = (
    "ALTER TABLE lead_scan DROP CONSTRAINT lead_scan_status, DROP CONSTRAINT lead_scan_names",
    "ALTER TABLE lead DROP CONSTRAINT lead_rating",
    "ALTER TABLE lead_consent DROP CONSTRAINT lead_consent_level",
    "DROP INDEX lead_consent_once, lead_once, lead_scan_nonce, lead_scan_visits",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="event_leads", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
