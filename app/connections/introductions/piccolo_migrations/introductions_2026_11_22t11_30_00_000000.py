"""Finding what somebody is asked to confirm outside of introductions: few rows, looked for by who they name."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T11:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "introductions: outcomes that a person is asked to confirm"

FORWARDS = (
    "CREATE INDEX outcome_of_person ON outcome (other_person, stated_at) WHERE other_person IS NOT NULL"
)
BACKWARDS = "DROP INDEX IF EXISTS outcome_of_person"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="introductions", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
