"""A pass of an exhibitor goes with its place: whoever takes the ticket over counts for the quota and can be revoked."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T09:41:13:000000"
VERSION = "1.38.0"
DESCRIPTION = "passes of exhibitors follow a registration that is passed on or merged"

FORWARDS = (
    """
CREATE FUNCTION pass_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ticket_type = (SELECT ticket_type FROM registration WHERE id = NEW.replaced_by)
       AND NOT EXISTS (SELECT FROM exhibitor_pass WHERE registration = NEW.replaced_by AND ended_at IS NULL) THEN
        UPDATE exhibitor_pass SET registration = NEW.replaced_by WHERE registration = NEW.id;
    ELSE
        UPDATE exhibitor_pass SET ended_at = now() WHERE registration = NEW.id AND ended_at IS NULL;
    END IF;
    RETURN NULL;
END $$""",
    "CREATE TRIGGER pass_follows AFTER UPDATE OF replaced_by ON registration FOR EACH ROW"
    " WHEN (NEW.replaced_by IS NOT NULL AND OLD.replaced_by IS DISTINCT FROM NEW.replaced_by)"
    " EXECUTE FUNCTION pass_follows()",
)

BACKWARDS = ("DROP TRIGGER pass_follows ON registration", "DROP FUNCTION pass_follows()")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="floor", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
