"""What is verified of an organisation is found by its type: the directory filters and counts by it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "an index of badges"

FORWARDS = """
CREATE INDEX credential_badge ON credential (organisation, credential_type)
    WHERE organisation IS NOT NULL AND state = 'valid' AND verified_at IS NOT NULL AND ended_at IS NULL;
"""

BACKWARDS = """
DROP INDEX IF EXISTS credential_badge;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="directory", description=DESCRIPTION)

    async def go() -> None:
        await execute(FORWARDS)

    async def back() -> None:
        await execute(BACKWARDS)

    manager.add_raw(go)
    manager.add_raw_backwards(back)
    return manager
