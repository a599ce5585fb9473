"""When a registration changed in what a door shows of it; whose seat opens a session's door."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:30:32:000000"
VERSION = "1.38.0"
DESCRIPTION = "registrations know when they changed; session doors"

FORWARDS = (
    """
CREATE FUNCTION registration_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, OLD.full_name, OLD.organisation, OLD.ticket_type, OLD.signing_key, OLD.delegation) IS DISTINCT FROM
       (NEW.status, NEW.full_name, NEW.organisation, NEW.ticket_type, NEW.signing_key, NEW.delegation) THEN
        NEW.changed_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$""",
    "CREATE TRIGGER registration_changed BEFORE UPDATE ON registration FOR EACH ROW"
    " EXECUTE FUNCTION registration_changed()",
    # A seat that was booked opens the door of a session; the last minutes before it begins, and the session itself,
    # open it to everybody else with a ticket, as far as the zone behind it has room.
    """
CREATE OR REPLACE FUNCTION session_door(p_session uuid, p_registration uuid, p_at timestamptz, p_minutes integer)
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_begins timestamptz;
BEGIN
    SELECT s.starts_at INTO v_begins FROM agenda_shown s
    WHERE s.session = p_session AND s.booking AND s.ended_at IS NULL;
    IF NOT FOUND OR EXISTS (SELECT FROM agenda_booking b WHERE b.session = p_session AND b.status = 'booked'
                            AND b.registration = p_registration)
       OR p_at >= v_begins - make_interval(mins => p_minutes) THEN
        RETURN '';
    END IF;
    RETURN 'session_not_booked';
END $$""",
)

BACKWARDS = ("DROP FUNCTION registration_changed CASCADE",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="door", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
