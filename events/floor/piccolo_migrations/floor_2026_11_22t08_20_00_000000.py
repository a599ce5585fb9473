"""What Piccolo cannot say: checks and partial indexes of the festival ground, and that zones are zones."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks and partial indexes of the festival ground"

FORWARDS = (
    "ALTER TABLE event_host ADD CONSTRAINT event_host_role CHECK (role IN ('host', 'co_host', 'partner', 'sponsor'))",
    "ALTER TABLE village_nomination ADD CONSTRAINT village_nomination_status CHECK"
    " (status IN ('nominated', 'accepted', 'declined', 'withdrawn'))",
    "ALTER TABLE exhibitor ADD CONSTRAINT exhibitor_status CHECK"
    " (status IN ('sent', 'accepted', 'declined', 'withdrawn', 'removed'))",
    "ALTER TABLE booth ADD CONSTRAINT booth_position CHECK"
    " ((x IS NULL) = (y IS NULL) AND x BETWEEN 0 AND 1000 AND y BETWEEN 0 AND 1000)",
    "ALTER TABLE booth ADD CONSTRAINT booth_zone FOREIGN KEY (id) REFERENCES zone (id)",
    "ALTER TABLE village ADD CONSTRAINT village_zone FOREIGN KEY (zone) REFERENCES zone (id)",
    "ALTER TABLE agenda_session ADD CONSTRAINT agenda_session_zone FOREIGN KEY (zone) REFERENCES zone (id)",
    "CREATE UNIQUE INDEX event_host_once ON event_host (event, organisation) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX village_slug ON village (event, slug)",
    "CREATE UNIQUE INDEX village_lead_once ON village_lead (village, person) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX village_nomination_once ON village_nomination (village, organisation)"
    " WHERE status IN ('nominated', 'accepted')",
    "CREATE UNIQUE INDEX exhibitor_once ON exhibitor (event, organisation) WHERE status IN ('sent', 'accepted')",
    "CREATE INDEX exhibitor_queue ON exhibitor (event, status, sent_at)",
    "CREATE UNIQUE INDEX booth_code ON booth (event, lower(code)) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX exhibitor_pass_once ON exhibitor_pass (registration) WHERE ended_at IS NULL",
)

BACKWARDS = (
    "DROP INDEX exhibitor_pass_once",
    "DROP INDEX booth_code",
    "DROP INDEX exhibitor_queue",
    "DROP INDEX exhibitor_once",
    "DROP INDEX village_nomination_once",
    "DROP INDEX village_lead_once",
    "DROP INDEX village_slug",
    "DROP INDEX event_host_once",
    "ALTER TABLE agenda_session DROP CONSTRAINT agenda_session_zone",
    "ALTER TABLE village DROP CONSTRAINT village_zone",
    "ALTER TABLE booth DROP CONSTRAINT booth_zone",
    "ALTER TABLE booth DROP CONSTRAINT booth_position",
    "ALTER TABLE exhibitor DROP CONSTRAINT exhibitor_status",
    "ALTER TABLE village_nomination DROP CONSTRAINT village_nomination_status",
    "ALTER TABLE event_host DROP CONSTRAINT event_host_role",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="floor", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
