"""Whoever registers for a rehearsal is made up, whichever way they came in: no mail, no figure."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:40:42:000000"
VERSION = "1.38.0"
DESCRIPTION = "registrations of a rehearsal are samples; a rehearsal is never published"

FORWARDS = (
    """
CREATE FUNCTION rehearsal_guest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.sample := NEW.sample OR EXISTS (SELECT FROM event_edition WHERE event = NEW.event AND rehearsal);
    RETURN NEW;
END $$""",
    "CREATE TRIGGER rehearsal_guest BEFORE INSERT ON registration FOR EACH ROW EXECUTE FUNCTION rehearsal_guest()",
    """
CREATE FUNCTION rehearsal_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM event_edition WHERE event = NEW.id AND rehearsal) THEN
        RAISE EXCEPTION 'a rehearsal is never public' USING ERRCODE = 'check_violation', CONSTRAINT = 'rehearsal_stays';
    END IF;
    RETURN NEW;
END $$""",
    "CREATE TRIGGER rehearsal_stays BEFORE UPDATE OF status ON event FOR EACH ROW"
    " WHEN (NEW.status IN ('published', 'closed')) EXECUTE FUNCTION rehearsal_stays()",
)

BACKWARDS = (
    "DROP TRIGGER rehearsal_stays ON event",
    "DROP FUNCTION rehearsal_stays()",
    "DROP TRIGGER rehearsal_guest ON registration",
    "DROP FUNCTION rehearsal_guest()",
)


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
