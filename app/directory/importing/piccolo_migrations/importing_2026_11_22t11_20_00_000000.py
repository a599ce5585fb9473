"""One proposal waits for each address, and what was decided before is found by it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T11:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "one proposal waits for each address"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="importing", description=DESCRIPTION)

    async def add() -> None:
        await execute(
            "CREATE UNIQUE INDEX person_proposal_waiting ON person_proposal (email_key) WHERE state = 'waiting';"
            " CREATE INDEX person_proposal_address ON person_proposal (email_key, created_at);"
            " CREATE INDEX person_proposal_run ON person_proposal (run);"
            " ALTER TABLE person_proposal ADD CONSTRAINT person_proposal_state"
            " CHECK (state IN ('waiting', 'taken', 'declined'))"
        )

    async def remove() -> None:
        await execute(
            "DROP INDEX IF EXISTS person_proposal_waiting; DROP INDEX IF EXISTS person_proposal_address;"
            " DROP INDEX IF EXISTS person_proposal_run;"
            " ALTER TABLE person_proposal DROP CONSTRAINT IF EXISTS person_proposal_state"
        )

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
