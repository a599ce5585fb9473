"""A further role of the site: moderators look after claims, duplicates, profiles and vocabularies."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T04:40:10:000000"
VERSION = "1.38.0"
DESCRIPTION = "the role moderator"

FORWARDS = """
ALTER TABLE person_role DROP CONSTRAINT person_role_known;
ALTER TABLE person_role ADD CONSTRAINT person_role_known
    CHECK (role IN ('admin', 'moderator', 'organizer', 'desk'));
"""
BACKWARDS = """
DELETE FROM person_role WHERE role = 'moderator';
ALTER TABLE person_role DROP CONSTRAINT person_role_known;
ALTER TABLE person_role ADD CONSTRAINT person_role_known CHECK (role IN ('admin', 'organizer', 'desk'));
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="people", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
