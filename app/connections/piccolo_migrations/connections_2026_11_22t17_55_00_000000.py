"""What Piccolo cannot say about what mentors state: the codes of their signals."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T17:55:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks of what mentors state"

FORWARDS = """
ALTER TABLE mentor_preference
    ADD CONSTRAINT mentor_preference_signals CHECK (signals_off <@ ARRAY['text', 'place']);
"""

BACKWARDS = "ALTER TABLE IF EXISTS mentor_preference DROP CONSTRAINT IF EXISTS mentor_preference_signals;"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connections", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
