"""What Piccolo cannot say: one row for each person of a message, states, and what is due."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T09:40:09:000000"
VERSION = "1.38.0"
DESCRIPTION = "a message goes to each person once"

FORWARDS = (
    "CREATE UNIQUE INDEX event_message_to_once ON event_message_to (message, registration)",
    "CREATE INDEX event_message_to_waiting ON event_message_to (message, id) WHERE fate = 'waiting'",
    "CREATE INDEX event_message_due ON event_message (id) WHERE state = 'scheduled'",
    "ALTER TABLE event_message ADD CONSTRAINT event_message_state"
    " CHECK (state IN ('draft', 'scheduled', 'sending', 'sent', 'stopped'))",
    "ALTER TABLE event_message ADD CONSTRAINT event_message_rate CHECK (per_minute BETWEEN 6 AND 6000)",
    "ALTER TABLE event_message_to ADD CONSTRAINT event_message_to_fate"
    " CHECK (fate IN ('waiting', 'sent', 'no_consent', 'no_address', 'sample', 'stopped'))",
)

BACKWARDS = (
    "ALTER TABLE event_message_to DROP CONSTRAINT event_message_to_fate",
    "ALTER TABLE event_message DROP CONSTRAINT event_message_rate, DROP CONSTRAINT event_message_state",
    "DROP INDEX event_message_due, event_message_to_waiting, event_message_to_once",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="event_messages", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
