"""What Piccolo cannot say about mails of suggestions: checks, and the index by which those that are due are found."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:15:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks and index of mails of suggestions"

FORWARDS = """
ALTER TABLE suggestion_digest
    ADD CONSTRAINT suggestion_digest_digest CHECK (digest IN ('never', 'daily', 'weekly')),
    ADD CONSTRAINT suggestion_digest_agreed CHECK (
        digest = 'never' OR (agreed_at IS NOT NULL AND digested_until IS NOT NULL)
    );
CREATE INDEX suggestion_digest_due ON suggestion_digest (digest, digested_until) WHERE digest <> 'never';
"""

BACKWARDS = """
DROP INDEX IF EXISTS suggestion_digest_due;
ALTER TABLE IF EXISTS suggestion_digest DROP CONSTRAINT IF EXISTS suggestion_digest_digest,
    DROP CONSTRAINT IF EXISTS suggestion_digest_agreed;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connections", description=DESCRIPTION)

    async def go() -> None:
        await execute(FORWARDS)

    async def back() -> None:
        await execute(BACKWARDS)

    manager.add_raw(go)
    manager.add_raw_backwards(back)
    return manager
