"""What Piccolo cannot say about credentials: what belongs to which state, one successor each, the queue's indexes."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T05:47:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks and indexes of credentials"

FORWARDS = """
UPDATE credential SET state = 'draft' WHERE state = 'valid' AND (verified_at IS NULL OR issued_on IS NULL);
ALTER TABLE credential
    ADD CONSTRAINT credential_checked CHECK (state = 'draft' OR (verified_at IS NOT NULL AND issued_on IS NOT NULL)),
    ADD CONSTRAINT credential_superseded CHECK ((state = 'superseded') = (superseded_on IS NOT NULL)),
    ADD CONSTRAINT credential_other CHECK (supersedes <> id);
CREATE UNIQUE INDEX credential_successor ON credential (supersedes)
    WHERE supersedes IS NOT NULL AND state <> 'draft' AND ended_at IS NULL;
CREATE INDEX credential_unchecked ON credential (created_at, id) WHERE state = 'draft' AND ended_at IS NULL;
CREATE INDEX credential_numbered ON credential (credential_type, number) WHERE number <> '' AND ended_at IS NULL;
CREATE INDEX credential_badges ON credential (organisation) WHERE state = 'valid' AND ended_at IS NULL;
"""

BACKWARDS = """
DROP INDEX IF EXISTS credential_successor, credential_unchecked, credential_numbered, credential_badges;
ALTER TABLE credential DROP CONSTRAINT IF EXISTS credential_checked, DROP CONSTRAINT IF EXISTS credential_superseded,
    DROP CONSTRAINT IF EXISTS credential_other;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="directory", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
