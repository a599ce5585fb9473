"""Of the organisations named before, those stay named whose own editors run the event; the others are asked."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T09:45:23:000000"
VERSION = "1.38.0"
DESCRIPTION = "hosts named by their own people have said yes"

FILL = """
UPDATE event_host h SET accepted_at = now() WHERE EXISTS (SELECT FROM event_staff s JOIN membership m
  ON m.person = s.person AND m.organisation = h.organisation AND m.ended_at IS NULL AND m.role IN ('owner', 'editor')
  WHERE s.event = h.event AND s.role IN ('owner', 'organizer') AND s.ended_at IS NULL)
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="floor", description=DESCRIPTION)

    async def add() -> None:
        await execute(FILL)

    async def remove() -> None:
        await execute("UPDATE event_host SET accepted_at = NULL")

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
