"""What Piccolo cannot say: one tag and one valid certificate each, lists by event and by name, checks of states."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T09:30:07:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the guest list"

FORWARDS = (
    "CREATE UNIQUE INDEX guest_view_name ON guest_view (event, lower(name))",
    "CREATE UNIQUE INDEX guest_tag_once ON guest_tag (registration, tag)",
    "CREATE INDEX guest_tag_of_event ON guest_tag (event, tag)",
    "CREATE UNIQUE INDEX guest_fate_place ON guest_fate (act, place)",
    "CREATE UNIQUE INDEX event_certificate_valid ON event_certificate (registration) WHERE revoked_at IS NULL",
    "CREATE INDEX event_certificate_of ON event_certificate (registration)",
    "ALTER TABLE guest_act ADD CONSTRAINT guest_act_state"
    " CHECK (state IN ('waiting', 'running', 'done', 'stopped', 'undone'))",
    "ALTER TABLE guest_file ADD CONSTRAINT guest_file_state CHECK (state IN ('asked', 'written', 'ended'))",
    "ALTER TABLE event_certificate ADD CONSTRAINT event_certificate_reason"
    " CHECK (revoked_at IS NULL OR revoked_reason <> '')",
    "CREATE INDEX scan_of_registration ON scan (registration, received_at) WHERE registration IS NOT NULL",
)

BACKWARDS = (
    "DROP INDEX scan_of_registration",
    "ALTER TABLE event_certificate DROP CONSTRAINT event_certificate_reason",
    "ALTER TABLE guest_file DROP CONSTRAINT guest_file_state",
    "ALTER TABLE guest_act DROP CONSTRAINT guest_act_state",
    "DROP INDEX event_certificate_of, event_certificate_valid, guest_fate_place, guest_tag_of_event, guest_tag_once,"
    " guest_view_name",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="event_guests", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
