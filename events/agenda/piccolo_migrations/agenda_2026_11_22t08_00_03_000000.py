"""What Piccolo cannot say: checks, partial indexes, and the functions that give and hand on seats."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:00:03:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks, partial indexes, seats of sessions, session_booked"

FORWARDS = (
    "ALTER TABLE agenda ADD CONSTRAINT agenda_overlap CHECK (overlap IN ('refused', 'allowed'))",
    "ALTER TABLE agenda_session ADD CONSTRAINT agenda_session_times CHECK"
    " ((starts_at IS NULL) = (ends_at IS NULL) AND (ends_at IS NULL OR ends_at > starts_at))",
    "ALTER TABLE agenda_shown ADD CONSTRAINT agenda_shown_seats CHECK"
    " (booked >= 0 AND (capacity IS NULL OR booked <= capacity))",
    "ALTER TABLE agenda_booking ADD CONSTRAINT agenda_booking_status CHECK"
    " (status IN ('booked', 'waiting', 'noted', 'given_up', 'ended'))",
    "CREATE UNIQUE INDEX agenda_session_number ON agenda_session (event, number)",
    "CREATE UNIQUE INDEX agenda_session_slug ON agenda_session (event, slug)",
    "CREATE UNIQUE INDEX agenda_session_guid ON agenda_session (event, guid)",
    "CREATE UNIQUE INDEX agenda_speaker_slug ON agenda_speaker (event, slug)",
    "CREATE UNIQUE INDEX agenda_part_once ON agenda_part (session, speaker)",
    "CREATE UNIQUE INDEX agenda_release_number ON agenda_release (event, number)",
    "CREATE INDEX agenda_shown_day ON agenda_shown (event, starts_at) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX agenda_booking_once ON agenda_booking (session, registration)"
    " WHERE status IN ('booked', 'waiting', 'noted')",
    "CREATE INDEX agenda_booking_guest ON agenda_booking (registration) WHERE status IN ('booked', 'waiting', 'noted')",
    # As take_seat of a ticket: who seems to be too late waits for the row and asks once more.
    """
CREATE FUNCTION agenda_take_seat(p_session uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE agenda_shown SET booked = booked + 1
    WHERE session = p_session AND ended_at IS NULL AND (capacity IS NULL OR booked < capacity);
    IF FOUND THEN RETURN true; END IF;
    PERFORM 1 FROM agenda_shown WHERE session = p_session FOR NO KEY UPDATE;
    UPDATE agenda_shown SET booked = booked + 1
    WHERE session = p_session AND ended_at IS NULL AND (capacity IS NULL OR booked < capacity);
    RETURN FOUND;
END $$""",
    # Gives the seat to the first in line who has a ticket and nothing else booked at that time; whoever is passed over
    # stays in line. Needs the lock of the shown session. A job tells the guest.
    """
CREATE FUNCTION agenda_promote(p_session uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_booking bigint;
BEGIN
    SELECT b.id INTO v_booking FROM agenda_booking b
    JOIN registration r ON r.id = b.registration AND r.status = 'confirmed'
    JOIN agenda_shown s ON s.session = b.session AND s.ended_at IS NULL AND s.booking AND s.starts_at > now()
    JOIN agenda a ON a.event = s.event
    WHERE b.session = p_session AND b.status = 'waiting' AND (a.overlap = 'allowed' OR NOT EXISTS (
        SELECT FROM agenda_booking o JOIN agenda_shown w ON w.session = o.session AND w.ended_at IS NULL
        WHERE o.registration = b.registration AND o.status = 'booked' AND w.starts_at < s.ends_at
          AND s.starts_at < w.ends_at))
    ORDER BY b.id LIMIT 1;
    IF v_booking IS NULL THEN RETURN NULL; END IF;
    UPDATE agenda_booking SET status = 'booked', status_at = now() WHERE id = v_booking;
    INSERT INTO outbox (topic, payload, dedupe_key, available_at) VALUES ('agenda.tell',
        jsonb_build_object('booking', v_booking, 'kind', 'promoted'), 'agenda.tell:' || v_booking || ':promoted', now())
    ON CONFLICT (dedupe_key) DO NOTHING;
    RETURN v_booking;
END $$""",
    # A seat was given back: to the next in line, or it counts as free.
    """
CREATE FUNCTION agenda_hand_on(p_session uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_booking bigint;
BEGIN
    v_booking := agenda_promote(p_session);
    IF v_booking IS NULL THEN UPDATE agenda_shown SET booked = booked - 1 WHERE session = p_session; END IF;
    RETURN v_booking;
END $$""",
    # Free seats go to those who wait, after there were made more of them.
    """
CREATE FUNCTION agenda_fill(p_session uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE v_count integer := 0;
BEGIN
    PERFORM 1 FROM agenda_shown WHERE session = p_session FOR NO KEY UPDATE;
    LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM agenda_shown WHERE session = p_session AND ended_at IS NULL AND booking
            AND (capacity IS NULL OR booked < capacity));
        EXIT WHEN agenda_promote(p_session) IS NULL;
        UPDATE agenda_shown SET booked = booked + 1 WHERE session = p_session;
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END $$""",
    # Whoever loses the ticket loses the seats, in the same transaction, whichever verb it was.
    """
CREATE FUNCTION agenda_end_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_session uuid; v_booked boolean;
BEGIN
    FOR v_session IN SELECT session FROM agenda_booking
        WHERE registration = NEW.id AND status IN ('booked', 'waiting', 'noted') ORDER BY session
    LOOP
        PERFORM 1 FROM agenda_shown WHERE session = v_session FOR NO KEY UPDATE;
        SELECT bool_or(status = 'booked') INTO v_booked FROM agenda_booking
        WHERE registration = NEW.id AND session = v_session AND status IN ('booked', 'waiting', 'noted');
        UPDATE agenda_booking SET status = 'ended', status_at = now(), clash = NULL, clashed_at = NULL
        WHERE registration = NEW.id AND session = v_session AND status IN ('booked', 'waiting', 'noted');
        IF v_booked THEN PERFORM agenda_hand_on(v_session); END IF;
    END LOOP;
    RETURN NULL;
END $$""",
    "CREATE TRIGGER agenda_registration_ended AFTER UPDATE OF status ON registration FOR EACH ROW"
    " WHEN (OLD.status = 'confirmed' AND NEW.status <> 'confirmed') EXECUTE FUNCTION agenda_end_bookings()",
    # What the door of a session asks; see events/agenda/__init__.py.
    """
CREATE FUNCTION session_booked(p_registration uuid, p_session uuid, p_moment timestamptz DEFAULT now())
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT CASE
            WHEN NOT s.booking THEN 'open'
            WHEN EXISTS (SELECT FROM agenda_booking b WHERE b.session = s.session
                AND b.registration = p_registration AND b.status = 'booked') THEN 'booked'
            WHEN p_moment >= s.starts_at - make_interval(mins => a.walk_in_minutes) AND p_moment < s.ends_at
                THEN 'walk_in'
            ELSE 'not_booked' END
        FROM agenda_shown s JOIN agenda a ON a.event = s.event WHERE s.session = p_session AND s.ended_at IS NULL
    ), 'absent')
$$""",
)

BACKWARDS = (
    "DROP FUNCTION session_booked(uuid, uuid, timestamptz)",
    "DROP TRIGGER agenda_registration_ended ON registration",
    "DROP FUNCTION agenda_end_bookings()",
    "DROP FUNCTION agenda_fill(uuid)",
    "DROP FUNCTION agenda_hand_on(uuid)",
    "DROP FUNCTION agenda_promote(uuid)",
    "DROP FUNCTION agenda_take_seat(uuid)",
    "DROP INDEX agenda_booking_guest",
    "DROP INDEX agenda_booking_once",
    "DROP INDEX agenda_shown_day",
    "DROP INDEX agenda_release_number",
    "DROP INDEX agenda_part_once",
    "DROP INDEX agenda_speaker_slug",
    "DROP INDEX agenda_session_guid",
    "DROP INDEX agenda_session_slug",
    "DROP INDEX agenda_session_number",
    "ALTER TABLE agenda_booking DROP CONSTRAINT agenda_booking_status",
    "ALTER TABLE agenda_shown DROP CONSTRAINT agenda_shown_seats",
    "ALTER TABLE agenda_session DROP CONSTRAINT agenda_session_times",
    "ALTER TABLE agenda DROP CONSTRAINT agenda_overlap",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="agenda", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
