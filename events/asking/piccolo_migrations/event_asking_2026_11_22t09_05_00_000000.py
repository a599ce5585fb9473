"""A code names one question of an event, a number one version of its form; the newest is found at once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T09:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "one question for a code, one version for a number"

FORWARDS = (
    "CREATE UNIQUE INDEX event_question_code ON event_question (event, code)",
    "CREATE UNIQUE INDEX event_form_number ON event_form (event, number DESC)",
)

BACKWARDS = ("DROP INDEX event_form_number", "DROP INDEX event_question_code")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="event_asking", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
