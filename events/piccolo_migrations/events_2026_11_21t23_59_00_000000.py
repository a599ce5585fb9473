"""What Piccolo cannot say: partial indexes, checks, and the two functions that decide under a lock in one statement."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-21T23:59:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks, partial indexes, take_seat and scan_ticket"

FORWARDS = (
    "ALTER TABLE ticket_type ADD CONSTRAINT ticket_type_sold_within_capacity CHECK (sold >= 0 AND sold <= capacity)",
    "ALTER TABLE event ADD CONSTRAINT event_status CHECK (status IN ('draft', 'published', 'closed', 'cancelled'))",
    "ALTER TABLE event ADD CONSTRAINT event_ends_after_start CHECK (ends_at > starts_at)",
    "ALTER TABLE event_staff ADD CONSTRAINT event_staff_role CHECK (role IN ('owner', 'organizer', 'desk'))",
    "ALTER TABLE registration ADD CONSTRAINT registration_status CHECK"
    " (status IN ('confirmed', 'waitlisted', 'pending_review', 'cancelled', 'refused'))",
    "ALTER TABLE scan ADD CONSTRAINT scan_direction CHECK (direction IN ('in', 'out'))",
    "ALTER TABLE scan ADD CONSTRAINT scan_outcome CHECK (outcome IN ('ok', 'already', 'refused', 'conflict', 'undone'))",
    "ALTER TABLE checkpoint_count ADD CONSTRAINT checkpoint_count_not_negative CHECK (inside >= 0 AND admitted >= 0)",
    "CREATE UNIQUE INDEX event_staff_one_role ON event_staff (event, person) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX ticket_type_code ON ticket_type (event, code)",
    "CREATE UNIQUE INDEX registration_once ON registration (event, email_key)"
    " WHERE status IN ('confirmed', 'waitlisted', 'pending_review')",
    "CREATE INDEX registration_queue ON registration (ticket_type, queue_number)"
    " WHERE status IN ('waitlisted', 'pending_review')",
    "CREATE INDEX registration_list ON registration (event, id)",
    "CREATE UNIQUE INDEX event_request_once ON event_request (caller, route, key)",
    "CREATE UNIQUE INDEX checkpoint_count_slot ON checkpoint_count (checkpoint, slot) INCLUDE (inside, admitted)",
    "CREATE UNIQUE INDEX scan_nonce ON scan (device, nonce)",
    "CREATE UNIQUE INDEX scan_void ON scan (void_of) WHERE void_of IS NOT NULL",
    "CREATE INDEX scan_latest ON scan (checkpoint, received_at DESC)",
    "CREATE UNIQUE INDEX admission_once ON admission (registration, checkpoint) WHERE voided_at IS NULL",
    # A free place is taken by a guarded UPDATE. When there seems to be none, the row's lock is waited for and the guard
    # asked once more: a place given back meanwhile is not lost, and who is told "full" stands in line under the lock.
    """
CREATE FUNCTION take_seat(p_type uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ticket_type SET sold = sold + 1 WHERE id = p_type AND sold < capacity;
    IF FOUND THEN RETURN true; END IF;
    PERFORM 1 FROM ticket_type WHERE id = p_type FOR NO KEY UPDATE;
    UPDATE ticket_type SET sold = sold + 1 WHERE id = p_type AND sold < capacity;
    RETURN FOUND;
END $$""",
    # Which place in line the next one gets; a function, so that it counts what was committed while the lock was awaited.
    """
CREATE FUNCTION place_in_line(p_type uuid) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT count(*) + 1 FROM registration r WHERE r.ticket_type = p_type AND r.status = 'waitlisted');
END $$""",
    # One scan, decided whole: nonce first, then everything under the registration's lock on fresh rows, every outcome
    # stored. A device that was offline says when it scanned; that is believed from a day before the event until now.
    # Returns verdict 'absent' (no such checkpoint for this person), 'misused' (nonce of another code),
    # 'replayed' (the stored answer) or 'decided'. Lock order: nonce, registration, checkpoint (only with a capacity), slot.
    """
CREATE FUNCTION scan_ticket(
    p_id uuid, p_device text, p_device_name text, p_nonce text, p_person uuid, p_admin boolean,
    p_checkpoint uuid, p_direction text, p_event uuid, p_ticket uuid, p_key integer, p_code text,
    p_problem text, p_hash bytea, p_scanned timestamptz, p_offline boolean
) RETURNS TABLE (verdict text, scan_id uuid, outcome text, reason text, facts jsonb)
LANGUAGE plpgsql SET lock_timeout = '3s' AS $$
DECLARE
    v_old scan; v_point record; v_guest record; v_in admission;
    v_found boolean := false; v_id uuid;
    v_now timestamptz := clock_timestamp();
    v_at timestamptz;
    v_outcome text; v_reason text := coalesce(p_problem, '');
    v_slot integer; v_inside integer; v_step integer := 0; v_new integer := 0;
    v_facts jsonb := '{}'::jsonb;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_device || E'\\n' || p_nonce, 77));
    SELECT s.* INTO v_old FROM scan s WHERE s.device = p_device AND s.nonce = p_nonce;
    IF FOUND THEN
        IF v_old.code_hash = p_hash AND v_old.checkpoint = p_checkpoint AND v_old.direction = p_direction THEN
            RETURN QUERY SELECT 'replayed', v_old.id, v_old.outcome, v_old.reason, v_old.facts;
        ELSE
            RETURN QUERY SELECT 'misused', NULL::uuid, 'refused', 'nonce_reused', v_facts;
        END IF;
        RETURN;
    END IF;

    SELECT c.event, c.name_vi, c.name_en, c.capacity, c.ticket_types, c.opens_at, c.closes_at, e.status AS event_status,
           e.starts_at
    INTO v_point FROM checkpoint c JOIN event e ON e.id = c.event
    WHERE c.id = p_checkpoint AND c.ended_at IS NULL AND (p_admin OR EXISTS (
        SELECT 1 FROM event_staff st WHERE st.event = c.event AND st.person = p_person AND st.ended_at IS NULL));
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'absent', NULL::uuid, 'refused', 'absent', v_facts;
        RETURN;
    END IF;

    IF v_reason = '' AND p_ticket IS NOT NULL AND p_event <> v_point.event THEN
        v_reason := 'wrong_event';
    ELSIF v_reason = '' THEN
        IF p_ticket IS NOT NULL THEN
            SELECT r.id, r.event, r.status, r.full_name, r.organisation, r.signing_key, t.code, t.title_vi, t.title_en
            INTO v_guest FROM registration r JOIN ticket_type t ON t.id = r.ticket_type
            WHERE r.id = p_ticket FOR NO KEY UPDATE OF r;
        ELSE
            SELECT r.id, r.event, r.status, r.full_name, r.organisation, r.signing_key, t.code, t.title_vi, t.title_en
            INTO v_guest FROM registration r JOIN ticket_type t ON t.id = r.ticket_type
            WHERE r.code = p_code FOR NO KEY UPDATE OF r;
        END IF;
        v_found := FOUND;
        v_at := CASE WHEN p_offline AND p_scanned IS NOT NULL
                     THEN least(greatest(p_scanned, v_point.starts_at - interval '1 day'), v_now) ELSE v_now END;
        IF NOT v_found THEN
            v_reason := 'unknown_code';
        ELSIF v_guest.event <> v_point.event THEN
            v_reason := 'wrong_event';
        ELSE
            v_id := v_guest.id;
            v_facts := jsonb_build_object(
                'name', v_guest.full_name, 'organisation', v_guest.organisation,
                'type', v_guest.code, 'type_vi', v_guest.title_vi, 'type_en', v_guest.title_en);
            v_reason := CASE
                WHEN p_key IS NOT NULL AND (v_guest.signing_key <> p_key OR EXISTS (
                    SELECT 1 FROM event_key k WHERE k.id = p_key AND k.revoked_at IS NOT NULL)) THEN 'revoked'
                WHEN v_point.event_status = 'cancelled' THEN 'event_cancelled'
                WHEN v_guest.status = 'cancelled' THEN 'cancelled'
                WHEN v_guest.status = 'waitlisted' THEN 'waitlisted'
                WHEN v_guest.status = 'pending_review' THEN 'unapproved'
                WHEN v_guest.status <> 'confirmed' THEN 'not_confirmed'
                WHEN p_direction = 'in' AND v_point.opens_at > v_at THEN 'too_early'
                WHEN p_direction = 'in' AND v_point.closes_at < v_at THEN 'too_late'
                WHEN v_point.ticket_types IS NOT NULL AND NOT v_guest.code = ANY (v_point.ticket_types)
                    THEN 'wrong_checkpoint'
                ELSE '' END;
        END IF;
    END IF;

    IF v_reason <> '' THEN
        v_outcome := CASE WHEN p_offline AND v_reason IN ('revoked', 'cancelled', 'event_cancelled') THEN 'conflict'
                          ELSE 'refused' END;
    ELSE
        SELECT a.* INTO v_in FROM admission a
        WHERE a.registration = v_id AND a.checkpoint = p_checkpoint AND a.voided_at IS NULL;
        IF p_direction = 'out' THEN
            IF v_in.id IS NULL THEN
                v_outcome := 'refused'; v_reason := 'not_inside';
            ELSIF NOT v_in.inside THEN
                v_outcome := 'already'; v_reason := 'already_outside';
            ELSE
                v_outcome := 'ok'; v_step := -1;
                UPDATE admission a SET inside = false, changed_at = v_now WHERE a.id = v_in.id;
            END IF;
        ELSIF v_in.inside THEN
            v_reason := 'already_inside';
            v_outcome := CASE WHEN p_offline AND v_in.device <> p_device THEN 'conflict' ELSE 'already' END;
        ELSE
            IF v_point.capacity IS NOT NULL THEN
                PERFORM 1 FROM checkpoint c WHERE c.id = p_checkpoint FOR NO KEY UPDATE;
                SELECT coalesce(sum(n.inside), 0) INTO v_inside FROM checkpoint_count n WHERE n.checkpoint = p_checkpoint;
            END IF;
            IF v_inside >= v_point.capacity THEN
                v_outcome := 'refused'; v_reason := 'checkpoint_full';
            ELSIF v_in.id IS NULL THEN
                v_outcome := 'ok'; v_step := 1; v_new := 1;
                v_slot := abs(hashtextextended(v_id::text, 5) % 16)::integer;
                INSERT INTO admission (id, registration, checkpoint, scan, slot, inside, device, device_name,
                                       admitted_at, changed_at)
                VALUES (p_id, v_id, p_checkpoint, p_id, v_slot, true, p_device, p_device_name, v_at, v_now);
            ELSE
                v_outcome := 'ok'; v_step := 1;
                v_facts := v_facts || '{"again": true}';
                UPDATE admission a SET inside = true, changed_at = v_now WHERE a.id = v_in.id;
            END IF;
        END IF;
        IF v_in.id IS NOT NULL THEN
            v_facts := v_facts || jsonb_build_object('first', jsonb_build_object(
                'at', v_in.admitted_at, 'device', v_in.device_name, 'own', v_in.device = p_device,
                'seconds', floor(extract(epoch FROM v_at - v_in.admitted_at))));
        END IF;
        IF v_step <> 0 THEN
            UPDATE checkpoint_count n SET inside = n.inside + v_step, admitted = n.admitted + v_new
            WHERE n.checkpoint = p_checkpoint AND n.slot = coalesce(v_slot, v_in.slot);
        END IF;
    END IF;

    SELECT coalesce(sum(n.inside), 0) INTO v_inside FROM checkpoint_count n WHERE n.checkpoint = p_checkpoint;
    v_facts := v_facts || jsonb_build_object('inside', v_inside, 'capacity', v_point.capacity,
                                             'checkpoint_vi', v_point.name_vi, 'checkpoint_en', v_point.name_en);
    INSERT INTO scan (id, device, nonce, device_name, checkpoint, registration, direction, outcome, reason, code_hash,
                      scanned_at, received_at, offline, by, facts, void_reason)
    VALUES (p_id, p_device, p_nonce, p_device_name, p_checkpoint, v_id, p_direction, v_outcome, v_reason, p_hash,
            p_scanned, v_now, p_offline, p_person, v_facts, '');
    RETURN QUERY SELECT 'decided', p_id, v_outcome, v_reason, v_facts;
END $$""",
)

BACKWARDS = (
    "DROP FUNCTION IF EXISTS scan_ticket",
    "DROP FUNCTION place_in_line",
    "DROP FUNCTION take_seat",
    "DROP INDEX event_staff_one_role, ticket_type_code, registration_once, registration_queue, registration_list,"
    " event_request_once, checkpoint_count_slot, scan_nonce, scan_void, scan_latest, admission_once",
    "ALTER TABLE checkpoint_count DROP CONSTRAINT checkpoint_count_not_negative",
    "ALTER TABLE scan DROP CONSTRAINT scan_outcome, DROP CONSTRAINT scan_direction",
    "ALTER TABLE registration DROP CONSTRAINT registration_status",
    "ALTER TABLE event_staff DROP CONSTRAINT event_staff_role",
    "ALTER TABLE event DROP CONSTRAINT event_ends_after_start, DROP CONSTRAINT event_status",
    "ALTER TABLE ticket_type DROP CONSTRAINT ticket_type_sold_within_capacity",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="events", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
