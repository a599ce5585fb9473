"""More states of a registration, places beyond the capacity only where they were taken away, the line by priority."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T07:48:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "states of a registration, the line by priority"

FORWARDS = (
    "ALTER TABLE registration DROP CONSTRAINT registration_status",
    "ALTER TABLE registration ADD CONSTRAINT registration_status CHECK (status IN ('started', 'pending_review',"
    " 'confirmed', 'waitlisted', 'offered', 'expired', 'cancelled', 'refused'))",
    "ALTER TABLE registration ADD CONSTRAINT registration_party CHECK (party BETWEEN 1 AND 1000)",
    "ALTER TABLE registration ADD CONSTRAINT registration_overbooked CHECK"
    " (overbooked_by IS NULL OR overbooked_reason <> '')",
    "ALTER TABLE registration ADD CONSTRAINT registration_deadline CHECK"
    " (status NOT IN ('offered') OR deadline_at IS NOT NULL)",
    "ALTER TABLE ticket_type DROP CONSTRAINT ticket_type_sold_within_capacity",
    "ALTER TABLE ticket_type ADD CONSTRAINT ticket_type_sold_within_capacity CHECK"
    " (sold >= 0 AND excess >= 0 AND sold <= capacity + excess)",
    "ALTER TABLE ticket_type ADD CONSTRAINT ticket_type_visibility CHECK (visibility IN ('public', 'code', 'invited'))",
    "ALTER TABLE ticket_type ADD CONSTRAINT ticket_type_amounts CHECK"
    " (price >= 0 AND hold_hours BETWEEN 1 AND 2000 AND max_party BETWEEN 1 AND 1000)",
    "DROP INDEX registration_once",
    "CREATE UNIQUE INDEX registration_once ON registration (event, email_key)"
    " WHERE status IN ('confirmed', 'waitlisted', 'pending_review', 'offered', 'started')",
    "CREATE INDEX registration_line ON registration (event, priority DESC, queue_number) WHERE status = 'waitlisted'",
    "CREATE INDEX registration_deadline_due ON registration (deadline_at) WHERE status IN ('offered', 'started')",
)

BACKWARDS = (
    "DROP INDEX registration_deadline_due, registration_line, registration_once",
    "CREATE UNIQUE INDEX registration_once ON registration (event, email_key)"
    " WHERE status IN ('confirmed', 'waitlisted', 'pending_review')",
    "ALTER TABLE ticket_type DROP CONSTRAINT ticket_type_amounts, DROP CONSTRAINT ticket_type_visibility,"
    " DROP CONSTRAINT ticket_type_sold_within_capacity",
    "ALTER TABLE ticket_type ADD CONSTRAINT ticket_type_sold_within_capacity CHECK (sold >= 0 AND sold <= capacity)",
    "ALTER TABLE registration DROP CONSTRAINT registration_deadline, DROP CONSTRAINT registration_overbooked,"
    " DROP CONSTRAINT registration_party, DROP CONSTRAINT registration_status",
    "ALTER TABLE registration ADD CONSTRAINT registration_status CHECK"
    " (status IN ('confirmed', 'waitlisted', 'pending_review', 'cancelled', 'refused'))",
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
