"""Where people are: one step of one scan, all steps again when scans arrive late, and the cases found on the way.

Presence is the fold of the scans that count, in the order of when they happened; whatever the order in which they
arrive, it ends in the same rows.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:00:02:000000"
VERSION = "1.38.0"
DESCRIPTION = "presence in zones, cases"

FORWARDS = (
    """
ALTER TABLE door_device
    ADD CONSTRAINT door_device_role CHECK (role IN ('scan', 'search', 'supervisor', 'kiosk', 'exhibitor'))""",
    "CREATE UNIQUE INDEX door_device_token ON door_device (token_hash) WHERE token_hash IS NOT NULL",
    "CREATE UNIQUE INDEX door_device_code ON door_device (code_hash) WHERE code_hash IS NOT NULL",
    "ALTER TABLE door_device SET (fillfactor = 50)",
    """
ALTER TABLE door_case ADD CONSTRAINT door_case_kind CHECK (kind IN ('twice', 'refused', 'times', 'device')),
    ADD CONSTRAINT door_case_decided CHECK ((decided_at IS NULL) = (decision = '')),
    ADD CONSTRAINT door_case_decision CHECK (decision IN ('', 'stands', 'undone'))""",
    "CREATE UNIQUE INDEX door_case_key ON door_case (event, key)",
    "CREATE INDEX door_case_open ON door_case (event, opened_at) WHERE decided_at IS NULL AND cleared_at IS NULL",
    "CREATE INDEX door_case_guest ON door_case (registration) WHERE registration IS NOT NULL",
    "CREATE UNIQUE INDEX door_flag_once ON door_flag (registration) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX door_pass_once ON door_pass (event, code_hash)",
    # When the day of a moment began: the last time before it, or just then, that the place was emptied.
    """
CREATE FUNCTION door_day(p_at timestamptz, p_empties time) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT (d.begun - CASE WHEN d.begun > d.local THEN interval '1 day' ELSE interval '0' END)
           AT TIME ZONE 'Asia/Ho_Chi_Minh'
    FROM (SELECT date_trunc('day', l.local) + coalesce(p_empties, '04:00') AS begun, l.local
          FROM (SELECT p_at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS local) l) d
$$""",
    """
CREATE FUNCTION door_open_case(
    p_id uuid, p_event uuid, p_kind text, p_scan scan, p_reason text, p_other uuid
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO door_case (id, event, kind, key, registration, zone, reason, scans, opened_at)
    VALUES (p_id, p_event, p_kind, p_kind || ' ' || p_scan.device || ' ' || p_scan.nonce,
            p_scan.registration, p_scan.zone, p_reason, array_remove(ARRAY[p_other, p_scan.id], NULL), now())
    ON CONFLICT (event, key) DO UPDATE SET scans = excluded.scans, reason = excluded.reason, cleared_at = NULL
$$""",
    # Whether a booked seat or the last minutes open a session's door: '' or the reason why not. The programme of the
    # event replaces it when it knows bookings.
    """
CREATE FUNCTION session_door(p_session uuid, p_registration uuid, p_at timestamptz, p_minutes integer) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT '' $$""",
    # One scan that counts, applied to where its guest is. Writes admissions and cases; counters are the caller's.
    """
CREATE FUNCTION door_step(p_s scan, p_path uuid[], p_re_entry text, p_empties time, p_event uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_in uuid[]; v_known uuid[]; v_moved timestamptz; v_depth integer;
    v_zone uuid := p_path[cardinality(p_path)];
    v_own admission; v_last record; v_other uuid;
BEGIN
    SELECT coalesce(array_agg(a.zone) FILTER (WHERE a.inside), '{}'), coalesce(array_agg(a.zone), '{}'), max(a.moved_at)
    INTO v_in, v_known, v_moved FROM admission a
    WHERE a.registration = p_s.registration AND a.root = p_path[1] AND a.voided_at IS NULL;

    IF v_in <> '{}' AND p_empties IS NOT NULL AND v_moved < door_day(p_s.at, p_empties) THEN
        UPDATE admission a SET inside = false, explicit = false
        WHERE a.registration = p_s.registration AND a.root = p_path[1] AND a.voided_at IS NULL AND a.inside;
        v_in := '{}';
    END IF;

    IF p_s.direction = 'out' THEN
        IF v_zone = ANY (v_in) THEN
            SELECT coalesce(max(array_position(p_path, a.zone)), 0) INTO v_depth FROM admission a
            WHERE a.registration = p_s.registration AND a.root = p_path[1] AND a.voided_at IS NULL AND a.inside
              AND a.explicit AND a.zone = ANY (p_path[1:cardinality(p_path) - 1]);
            UPDATE admission a SET inside = false, explicit = false, changed_at = clock_timestamp()
            WHERE a.registration = p_s.registration AND a.root = p_path[1] AND a.voided_at IS NULL AND a.inside
              AND NOT a.zone = ANY (p_path[1:v_depth]);
            UPDATE admission a SET moved_at = p_s.at
            WHERE a.registration = p_s.registration AND a.zone = v_zone AND a.voided_at IS NULL;
        END IF;
        RETURN;
    END IF;

    IF v_zone = ANY (v_known) THEN
        SELECT a.* INTO v_own FROM admission a
        WHERE a.registration = p_s.registration AND a.zone = v_zone AND a.voided_at IS NULL;
    END IF;
    IF v_known <> '{}' AND p_s.override_reason = '' THEN
        IF v_own.id IS NOT NULL AND NOT (v_own.last_device = p_s.device AND p_s.at - v_own.last_at < interval '60 s')
           AND (CASE WHEN v_own.zone = ANY (v_in) THEN p_re_entry <> 'any'
                    WHEN p_re_entry = 'once' THEN true
                    WHEN p_re_entry = 'daily' THEN door_day(v_own.last_at, p_empties) = door_day(p_s.at, p_empties)
                    ELSE false END) THEN
            PERFORM door_open_case(gen_random_uuid(), p_event, 'twice', p_s,
                CASE WHEN v_own.zone = ANY (v_in) THEN 'already_inside' ELSE 're_entry' END, v_own.last_scan);
        END IF;
        SELECT a.last_scan, a.last_device, z.path INTO v_last FROM admission a JOIN zone z ON z.id = a.zone
        WHERE a.registration = p_s.registration AND a.root = p_path[1] AND a.voided_at IS NULL
          AND a.last_at > p_s.at - interval '10 s'
        ORDER BY a.last_at DESC, cardinality(z.path) DESC LIMIT 1;
        IF v_last.last_device <> p_s.device AND NOT v_last.path <@ p_path AND NOT p_path <@ v_last.path THEN
            PERFORM door_open_case(gen_random_uuid(), p_event, 'times', p_s, 'two_places', v_last.last_scan);
        END IF;
    END IF;

    IF v_in <> '{}' THEN
        UPDATE admission a SET inside = false, explicit = false, changed_at = clock_timestamp()
        WHERE a.registration = p_s.registration AND a.root = p_path[1] AND a.voided_at IS NULL AND a.inside
          AND NOT a.zone = ANY (p_path);
    END IF;
    IF v_known && p_path THEN
        UPDATE admission a
        SET inside = true, explicit = a.explicit OR a.zone = v_zone, moved_at = p_s.at, changed_at = clock_timestamp(),
            emptied_at = NULL,
            last_scan = CASE WHEN a.zone = v_zone OR NOT a.inside THEN p_s.id ELSE a.last_scan END,
            last_device = CASE WHEN a.zone = v_zone OR NOT a.inside THEN p_s.device ELSE a.last_device END,
            last_at = CASE WHEN a.zone = v_zone OR NOT a.inside THEN p_s.at ELSE a.last_at END
        WHERE a.registration = p_s.registration AND a.zone = ANY (p_path) AND a.voided_at IS NULL;
    END IF;
    IF NOT p_path <@ v_known THEN
        INSERT INTO admission (id, registration, zone, root, checkpoint, scan, slot, inside, explicit, device,
                               device_name, admitted_at, last_scan, last_device, last_at, moved_at, changed_at)
        SELECT gen_random_uuid(), p_s.registration, z, p_path[1], p_s.checkpoint, p_s.id,
               abs(hashtextextended(p_s.registration::text, 5) % 16)::integer, true, z = v_zone, p_s.device,
               p_s.device_name, p_s.at, p_s.id, p_s.device, p_s.at, p_s.at, clock_timestamp()
        FROM unnest(p_path) AS z WHERE NOT z = ANY (v_known);
    END IF;
END $$""",
    # All steps of a guest in one tree of zones anew. Cases that no longer show are cleared, decided ones stay.
    """
CREATE FUNCTION door_replay(p_registration uuid, p_root uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_scan scan; v_zone zone; v_empties time; v_event uuid; v_outer zone;
BEGIN
    SELECT z.* INTO v_outer FROM zone z WHERE z.id = p_root;
    DELETE FROM admission a WHERE a.registration = p_registration AND a.root = p_root AND a.voided_at IS NULL;
    UPDATE door_case c SET cleared_at = now() FROM zone z
    WHERE c.registration = p_registration AND z.id = c.zone AND z.path[1] = p_root AND c.kind IN ('twice', 'times')
      AND c.reason <> 'clock' AND c.cleared_at IS NULL AND c.decided_at IS NULL;
    FOR v_scan IN
        SELECT s.* FROM scan s JOIN zone z ON z.id = s.zone
        WHERE s.registration = p_registration AND s.counts AND z.path[1] = p_root
          AND NOT EXISTS (SELECT FROM scan v WHERE v.void_of = s.id)
        ORDER BY s.at, s.device, s.nonce
    LOOP
        SELECT z.* INTO v_zone FROM zone z WHERE z.id = v_scan.zone;
        PERFORM door_step(v_scan, v_zone.path, v_zone.re_entry, v_outer.empties_at, v_outer.event);
    END LOOP;
    IF v_outer.empties_at IS NOT NULL THEN
        PERFORM door_empty(p_registration, p_root, door_day(now(), v_outer.empties_at));
    END IF;
END $$""",
    # Somebody who has been in a tree of zones since before a moment is counted out of it.
    """
CREATE FUNCTION door_empty(p_registration uuid, p_root uuid, p_moment timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE admission a SET inside = false, explicit = false, emptied_at = p_moment, changed_at = clock_timestamp()
    WHERE a.registration = p_registration AND a.root = p_root AND a.voided_at IS NULL AND a.inside
      AND NOT EXISTS (SELECT FROM admission b WHERE b.registration = a.registration AND b.root = p_root
                      AND b.voided_at IS NULL AND b.moved_at >= p_moment)
$$""",
    # What the counters of zones have to be changed by after a guest's rows went from one state to another.
    """
CREATE FUNCTION door_count(
    p_registration uuid, p_was_in uuid[], p_was_known uuid[], p_in uuid[], p_known uuid[]
) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_array(c.z, abs(hashtextextended(p_registration::text, 5) % 16), c.i, c.a)), '[]')
    FROM (SELECT z, (z = ANY (p_in))::integer - (z = ANY (p_was_in))::integer AS i,
                 (z = ANY (p_known))::integer - (z = ANY (p_was_known))::integer AS a
          FROM (SELECT DISTINCT z FROM unnest(p_was_known || p_known) AS z) every_zone) c
    WHERE c.i <> 0 OR c.a <> 0
$$""",
    # Changes of counters, always in the same order, so that two that meet wait and never block each other.
    """
CREATE FUNCTION door_write_counts(p_changes jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_change record;
BEGIN
    FOR v_change IN
        SELECT (c->>0)::uuid AS zone, (c->>1)::integer AS slot, sum((c->>2)::integer) AS i, sum((c->>3)::integer) AS a
        FROM jsonb_array_elements(p_changes) AS c GROUP BY 1, 2
        HAVING sum((c->>2)::integer) <> 0 OR sum((c->>3)::integer) <> 0 ORDER BY 1, 2
    LOOP
        UPDATE zone_count n SET inside = n.inside + v_change.i, admitted = n.admitted + v_change.a
        WHERE n.zone = v_change.zone AND n.slot = v_change.slot;
    END LOOP;
END $$""",
    # A check-in taken back: both acts stay on record, and where the guest is follows from what is left.
    """
CREATE FUNCTION door_undo(p_scan uuid, p_id uuid, p_device text, p_name text, p_by uuid, p_door uuid, p_reason text)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_scan scan; v_path uuid[]; v_in uuid[]; v_known uuid[]; v_in_now uuid[]; v_known_now uuid[];
BEGIN
    SELECT s.* INTO v_scan FROM scan s WHERE s.id = p_scan AND s.counts AND s.registration IS NOT NULL;
    IF NOT FOUND THEN RETURN 'absent'; END IF;
    PERFORM 1 FROM registration r WHERE r.id = v_scan.registration FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM scan v WHERE v.void_of = p_scan) THEN RETURN 'undone'; END IF;
    SELECT z.path INTO v_path FROM zone z WHERE z.id = v_scan.zone;
    SELECT coalesce(array_agg(a.zone) FILTER (WHERE a.inside), '{}'), coalesce(array_agg(a.zone), '{}')
    INTO v_in, v_known FROM admission a
    WHERE a.registration = v_scan.registration AND a.root = v_path[1] AND a.voided_at IS NULL;
    INSERT INTO scan (id, device, nonce, device_name, checkpoint, zone, registration, direction, outcome, reason,
                      code_hash, at, received_at, offline, by, door_device, facts, void_of, void_reason)
    VALUES (p_id, p_device, p_id::text, p_name, v_scan.checkpoint, v_scan.zone, v_scan.registration, v_scan.direction,
            'undone', '', '', now(), now(), false, p_by, p_door, '{}', p_scan, p_reason);
    UPDATE admission a SET voided_at = now(), voided_by = p_by, inside = false
    WHERE a.registration = v_scan.registration AND a.scan = p_scan AND a.voided_at IS NULL;
    PERFORM door_replay(v_scan.registration, v_path[1]);
    SELECT coalesce(array_agg(a.zone) FILTER (WHERE a.inside), '{}'), coalesce(array_agg(a.zone), '{}')
    INTO v_in_now, v_known_now FROM admission a
    WHERE a.registration = v_scan.registration AND a.root = v_path[1] AND a.voided_at IS NULL;
    PERFORM door_write_counts(door_count(v_scan.registration, v_in, v_known, v_in_now, v_known_now));
    RETURN '';
END $$""",
)

BACKWARDS = (
    "DROP FUNCTION door_undo, door_write_counts, door_count, door_empty, door_replay, door_step, session_door,"
    " door_open_case, door_day",
    "DROP INDEX door_device_token, door_device_code, door_case_key, door_case_open, door_case_guest, door_flag_once,"
    " door_pass_once",
    "ALTER TABLE door_device DROP CONSTRAINT door_device_role",
    "ALTER TABLE door_case DROP CONSTRAINT door_case_kind, DROP CONSTRAINT door_case_decided,"
    " DROP CONSTRAINT door_case_decision",
)


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
