"""A badge is printed again only with a reason; lists of prints are read by time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:20:22:000000"
VERSION = "1.38.0"
DESCRIPTION = "a second badge has a reason"

FORWARDS = (
    "ALTER TABLE badge_print ADD CONSTRAINT badge_print_reason CHECK (NOT again OR reason <> '')",
    "CREATE UNIQUE INDEX badge_print_first ON badge_print (registration) WHERE NOT again",
    "CREATE INDEX badge_print_newest ON badge_print (registration, printed_at DESC)",
    "ALTER TABLE badge_run ADD CONSTRAINT badge_run_state CHECK (state IN ('asked', 'drawn', 'failed', 'ended'))",
)

BACKWARDS = (
    "ALTER TABLE badge_run DROP CONSTRAINT badge_run_state",
    "DROP INDEX badge_print_newest",
    "DROP INDEX badge_print_first",
    "ALTER TABLE badge_print DROP CONSTRAINT badge_print_reason",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="event_badges", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
