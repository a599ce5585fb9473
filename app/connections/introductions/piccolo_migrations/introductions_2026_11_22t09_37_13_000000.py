"""What a request in vain is shown as: which words there are, and what it is for those that wait already."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T09:37:13:000000"
VERSION = "1.38.0"
DESCRIPTION = "introductions: those in vain are shown as what they would be"

FORWARDS = """
ALTER TABLE introduction ADD CONSTRAINT introduction_shown_as
    CHECK (shown_as IN ('asked', 'held'));
UPDATE introduction i SET shown_as = CASE WHEN EXISTS (SELECT FROM matching_preference p
    WHERE p.organisation = i.receiver AND p.accepts = 'programme') THEN 'held' ELSE 'asked' END
WHERE state = 'blocked' AND accepted_at IS NULL AND origin = 'request' AND EXISTS (SELECT FROM introduction_transition t
    WHERE t.introduction = i.id AND t.act = 'asked_in_vain');
"""
BACKWARDS = "ALTER TABLE IF EXISTS introduction DROP CONSTRAINT IF EXISTS introduction_shown_as"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="introductions", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
