"""Scans of several devices are decided together: what arrives at once is one transaction, with one wait for the disk.

As before: nonces, registrations, zones with a cap, counters are locked in this order, each in the order of their keys,
all of a batch before the first is decided. And a scan finds by index what it looks for, however empty the tables were
when its plans were made: a connection keeps them, and over full tables each scan would take longer than the last.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute
from events.door.piccolo_migrations import door_2026_11_22t11_10_00_000000 as before
from events.door.piccolo_migrations import door_2026_11_22t11_40_00_000000 as by_index

ID = "2026-11-22T11:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "scans of several devices together"

# One row per act, in their order; each act says whose it is: device, device_name, and door (a paired device) or person
# and admin. verdict: absent (no such checkpoint for whoever asks), misused (the nonce of another act), replayed (the
# stored answer) or decided. A lock is waited for so many milliseconds.
TOGETHER = """
CREATE FUNCTION door_scans(p_acts jsonb, p_patience_ms integer DEFAULT 3000)
RETURNS TABLE (verdict text, scan_id uuid, outcome text, reason text, facts jsonb)
LANGUAGE plpgsql SET lock_timeout = '3s' SET enable_seqscan = off AS $$
DECLARE
    v_act record; v_old scan; v_point record; v_guest record; v_own admission; v_new scan; v_zone record;
    v_many boolean := jsonb_array_length(p_acts) > 1;
    v_changes jsonb := '[]'; v_change jsonb;
    v_now timestamptz; v_at timestamptz; v_found boolean;
    v_outcome text; v_reason text; v_facts jsonb; v_override text; v_counts boolean; v_case boolean;
    v_in uuid[]; v_known uuid[]; v_moved timestamptz; v_in_now uuid[]; v_known_now uuid[]; v_missing jsonb;
    v_overridable constant text[] := ARRAY['waitlisted', 'unapproved', 'unpaid', 'too_early', 'too_late', 'wrong_day',
        'wrong_checkpoint', 'wrong_direction', 'session_not_booked', 'already_inside', 're_entry', 'checkpoint_full',
        'needs_answer', 'not_inside', 'already_outside'];
BEGIN
    PERFORM set_config('lock_timeout', p_patience_ms || 'ms', true);  -- as before when the function ends
    PERFORM pg_advisory_xact_lock(k.key) FROM (
        SELECT DISTINCT hashtextextended((a->>'device') || E'\\n' || (a->>'nonce'), 77) AS key
        FROM jsonb_array_elements(p_acts) AS a ORDER BY 1) k;
    IF v_many THEN
        PERFORM 1 FROM registration r WHERE r.id IN (
            SELECT (a->>'ticket')::uuid FROM jsonb_array_elements(p_acts) AS a WHERE a->>'ticket' IS NOT NULL
            UNION SELECT c.id FROM jsonb_array_elements(p_acts) AS a JOIN registration c ON c.code = a->>'code'
            UNION SELECT t.registration FROM jsonb_array_elements(p_acts) AS a
                  JOIN door_pass t ON t.code_hash = decode(a->>'hash', 'hex'))
        ORDER BY r.id FOR NO KEY UPDATE;
        PERFORM 1 FROM zone z WHERE z.cap IS NOT NULL AND z.id IN (
            SELECT unnest(o.path) FROM jsonb_array_elements(p_acts) AS a
            JOIN checkpoint c ON c.id = (a->>'checkpoint')::uuid JOIN zone o ON o.id = c.zone)
        ORDER BY z.id FOR NO KEY UPDATE;
    END IF;

    FOR v_act IN SELECT a.* FROM ROWS FROM (jsonb_to_recordset(p_acts) AS (
        id uuid, nonce text, checkpoint uuid, direction text, event uuid, ticket uuid, key integer, code text,
        problem text, hash text, scanned_at timestamptz, clock_ms integer, offline boolean, shown text, answers jsonb,
        override text, snapshot text, device text, device_name text, person uuid, admin boolean, door uuid))
        WITH ORDINALITY AS a (id, nonce, checkpoint, direction, event, ticket, key, code, problem, hash, scanned_at,
        clock_ms, offline, shown, answers, override, snapshot, device, device_name, person, admin, door, n) ORDER BY a.n
    LOOP
        v_now := clock_timestamp();
        SELECT s.* INTO v_old FROM scan s WHERE s.device = v_act.device AND s.nonce = v_act.nonce;
        IF FOUND THEN
            IF v_old.code_hash = decode(v_act.hash, 'hex') AND v_old.checkpoint = v_act.checkpoint
               AND v_old.direction = v_act.direction THEN
                RETURN QUERY SELECT 'replayed', v_old.id, v_old.outcome, v_old.reason, v_old.facts;
            ELSE
                RETURN QUERY SELECT 'misused', NULL::uuid, 'refused', 'nonce_reused', '{}'::jsonb;
            END IF;
            CONTINUE;
        END IF;

        SELECT c.event, c.name_vi, c.name_en, c.ticket_types, c.opens_at, c.closes_at, c.opens_daily, c.closes_daily,
               c.direction, c.session, c.walk_in_minutes, c.questions, e.status AS event_status, e.starts_at,
               z.id AS zone, z.path, z.cap, z.re_entry, root.empties_at,
               d.revoked_at IS NOT NULL AS revoked, d.role
        INTO v_point FROM checkpoint c JOIN event e ON e.id = c.event JOIN zone o ON o.id = c.zone
        JOIN zone z ON z.id = CASE WHEN o.kind = 'gate' THEN coalesce(o.parent, o.id) ELSE o.id END
        JOIN zone root ON root.id = z.path[1] LEFT JOIN door_device d ON d.id = v_act.door
        WHERE c.id = v_act.checkpoint AND c.ended_at IS NULL AND CASE
            WHEN v_act.door IS NOT NULL THEN d.event = c.event AND d.role <> 'exhibitor'
                AND (d.checkpoints = '{}' OR c.id = ANY (d.checkpoints))
            ELSE v_act.admin OR EXISTS (SELECT FROM event_staff st
                WHERE st.event = c.event AND st.person = v_act.person AND st.ended_at IS NULL) END;
        IF NOT FOUND THEN
            RETURN QUERY SELECT 'absent', NULL::uuid, 'refused', 'absent', '{}'::jsonb;
            CONTINUE;
        END IF;

        v_reason := coalesce(v_act.problem, ''); v_facts := '{}'; v_found := false; v_own := NULL; v_new := NULL;
        v_guest := NULL; v_in := '{}'; v_known := '{}'; v_moved := NULL; v_counts := false; v_case := false;
        v_override := CASE WHEN v_act.door IS NULL OR v_point.role = 'supervisor'
                           THEN coalesce(v_act.override, '') ELSE '' END;
        v_at := CASE WHEN v_act.offline AND v_act.scanned_at IS NOT NULL THEN
            least(greatest(v_act.scanned_at + v_act.clock_ms * interval '1 ms', v_point.starts_at - interval '1 day'),
                  v_now) ELSE v_now END;

        -- whose ticket it is
        IF v_reason = '' AND v_act.ticket IS NOT NULL AND v_act.event <> v_point.event THEN
            v_reason := 'wrong_event';
        ELSIF v_reason IN ('', 'unknown_code') THEN
            IF v_reason = 'unknown_code' THEN
                v_act.ticket := (SELECT t.registration FROM door_pass t
                                 WHERE t.event = v_point.event AND t.code_hash = decode(v_act.hash, 'hex'));
            ELSIF v_act.ticket IS NULL THEN
                v_act.ticket := (SELECT r.id FROM registration r WHERE r.code = v_act.code);
            END IF;
            SELECT r.id, r.event, r.status, r.full_name, r.organisation, r.signing_key, t.code, t.title_vi, t.title_en,
                   t.days, t.valid_from, t.valid_until, t.colour, r.party, f.vip, f.attention, f.note
            INTO v_guest FROM registration r JOIN ticket_type t ON t.id = r.ticket_type
            LEFT JOIN door_flag f ON f.registration = r.id AND f.ended_at IS NULL
            WHERE r.id = v_act.ticket FOR NO KEY UPDATE OF r;
            IF NOT FOUND THEN
                IF v_reason = '' AND v_act.key IS NOT NULL THEN
                    v_facts := door_group(v_act.ticket, v_point.event, v_point.zone);
                END IF;
                v_reason := CASE WHEN v_facts ? 'group' THEN 'group' ELSE 'unknown_code' END;
            ELSIF v_guest.event <> v_point.event THEN
                v_reason := 'wrong_event';
            ELSE
                v_found := true;
                v_facts := jsonb_build_object(
                    'name', v_guest.full_name, 'organisation', v_guest.organisation,
                    'type', v_guest.code, 'type_vi', v_guest.title_vi, 'type_en', v_guest.title_en)
                    || CASE WHEN v_guest.colour <> '' THEN jsonb_build_object('colour', v_guest.colour) ELSE '{}' END
                    || CASE WHEN v_guest.party > 1 THEN jsonb_build_object('people', v_guest.party) ELSE '{}' END
                    || CASE WHEN v_guest.vip IS NOT NULL THEN jsonb_build_object('vip', v_guest.vip,
                        'attention', v_guest.attention, 'note', v_guest.note) ELSE '{}' END;
                v_reason := door_reason(v_guest, v_point, v_act.key, v_act.direction, v_at);
            END IF;
        END IF;

        -- where the guest is, and what the zone says to that
        IF v_found THEN
            SELECT coalesce(array_agg(a.zone) FILTER (WHERE a.inside), '{}'), coalesce(array_agg(a.zone), '{}'),
                   max(a.moved_at) INTO v_in, v_known, v_moved FROM admission a
            WHERE a.registration = v_guest.id AND a.root = v_point.path[1] AND a.voided_at IS NULL;
            v_in_now := CASE WHEN v_point.empties_at IS NOT NULL AND v_moved < door_day(v_at, v_point.empties_at)
                             THEN '{}' ELSE v_in END;
            IF v_point.zone = ANY (v_known) THEN
                SELECT a.* INTO v_own FROM admission a
                WHERE a.registration = v_guest.id AND a.zone = v_point.zone AND a.voided_at IS NULL;
                v_facts := v_facts || jsonb_build_object('first', jsonb_build_object(
                    'at', v_own.admitted_at, 'device', v_own.device_name, 'own', v_own.device = v_act.device,
                    'seconds', floor(extract(epoch FROM v_at - v_own.admitted_at))));
            END IF;
            IF v_reason = '' AND v_act.direction = 'out' THEN
                v_reason := CASE WHEN v_point.zone = ANY (v_in_now) THEN '' WHEN v_own.id IS NULL THEN 'not_inside'
                                 ELSE 'already_outside' END;
            ELSIF v_reason = '' THEN
                v_reason := CASE
                    WHEN v_point.zone = ANY (v_in_now) AND v_point.re_entry <> 'any' THEN 'already_inside'
                    WHEN v_own.id IS NULL OR v_point.zone = ANY (v_in_now) THEN ''
                    WHEN v_point.re_entry = 'once' THEN 're_entry'
                    WHEN v_point.re_entry = 'daily' AND door_day(v_own.last_at, v_point.empties_at)
                         = door_day(v_at, v_point.empties_at) THEN 're_entry'
                    ELSE '' END;
            END IF;
            IF v_reason = '' AND v_act.direction = 'in' AND v_act.shown IS NULL AND v_point.questions <> '[]' THEN
                SELECT coalesce(jsonb_agg(q), '[]') INTO v_missing FROM jsonb_array_elements(v_point.questions) AS q
                WHERE (q->>'required')::boolean AND coalesce(v_act.answers->>(q->>'code'), '') = '';
                IF v_missing <> '[]' THEN
                    v_reason := 'needs_answer';
                    v_facts := v_facts || jsonb_build_object('questions', v_point.questions);
                END IF;
            END IF;
            IF v_reason = '' AND v_act.direction = 'in' AND NOT v_point.path <@ v_in_now THEN
                -- every zone on the way in has to have a place; who comes from its sibling is inside the outer one
                FOR v_zone IN
                    SELECT z.id, z.cap, z.name_vi, z.name_en FROM zone z
                    WHERE z.id = ANY (v_point.path) AND NOT z.id = ANY (v_in_now) AND z.cap IS NOT NULL
                    ORDER BY z.id FOR NO KEY UPDATE
                LOOP
                    IF door_inside(v_zone.id, v_changes) + v_guest.party > v_zone.cap THEN
                        v_facts := v_facts || jsonb_build_object('full_vi', v_zone.name_vi, 'full_en', v_zone.name_en);
                        IF v_act.shown = 'ok' THEN
                            v_facts := v_facts || '{"over": true}';
                        ELSE
                            v_reason := 'checkpoint_full';
                        END IF;
                    END IF;
                END LOOP;
            END IF;
        END IF;

        -- what comes of it
        IF v_override <> '' AND v_found AND v_reason = ANY (v_overridable)
           AND NOT (v_act.direction = 'out' AND v_reason IN ('not_inside', 'already_outside')) THEN
            v_facts := v_facts || jsonb_build_object('overridden', v_reason);
            v_reason := '';
        ELSE
            v_override := '';
        END IF;
        IF v_act.shown IS NOT NULL AND v_act.offline THEN
            v_counts := v_found AND v_act.shown = 'ok';
            IF v_counts AND v_reason IN ('not_inside', 'already_outside') THEN
                v_reason := '';  -- who goes out is out, also where the scan of the entry is still on its way
            END IF;
            v_outcome := CASE
                WHEN v_act.shown = 'ok' AND v_reason <> '' THEN 'conflict'
                WHEN v_reason IN ('already_inside', 'already_outside') THEN 'already'
                WHEN v_reason IN ('needs_answer', 'group') THEN 'needs_input'
                WHEN v_reason <> '' THEN 'refused'
                WHEN v_counts THEN 'ok' ELSE 'refused' END;
            IF v_reason = '' AND NOT v_counts THEN v_reason := 'turned_away'; END IF;
            v_case := v_outcome = 'conflict' AND v_reason NOT IN ('already_inside', 're_entry');
        ELSIF v_reason IN ('already_inside', 'already_outside') THEN
            v_outcome := CASE WHEN v_reason = 'already_inside' AND v_act.offline AND v_own.last_device <> v_act.device
                              THEN 'conflict' ELSE 'already' END;
            v_counts := v_outcome = 'conflict';
        ELSIF v_reason IN ('needs_answer', 'group') THEN
            v_outcome := 'needs_input';
        ELSIF v_reason <> '' THEN
            v_outcome := CASE WHEN v_act.offline AND v_reason IN ('revoked', 'cancelled', 'event_cancelled')
                              THEN 'conflict' ELSE 'refused' END;
            v_case := v_outcome = 'conflict';
            v_counts := v_act.offline AND v_reason = 'not_inside';
        ELSE
            v_outcome := 'ok'; v_counts := true;
            IF v_act.direction = 'in' AND v_own.id IS NOT NULL THEN v_facts := v_facts || '{"again": true}'; END IF;
        END IF;
        IF v_point.revoked AND v_counts AND v_outcome = 'ok' THEN
            v_outcome := 'conflict'; v_reason := 'device_revoked';
        END IF;

        v_new.id := v_act.id; v_new.device := v_act.device; v_new.nonce := v_act.nonce;
        v_new.device_name := v_act.device_name; v_new.checkpoint := v_act.checkpoint; v_new.zone := v_point.zone;
        v_new.direction := v_act.direction; v_new.at := v_at; v_new.override_reason := v_override;
        v_new.counts := v_counts;
        IF v_found THEN v_new.registration := v_guest.id; END IF;

        IF v_counts THEN
            IF EXISTS (SELECT FROM scan s WHERE s.registration = v_guest.id AND s.counts AND s.at >= v_at
                       AND (s.at, s.device, s.nonce) > (v_at, v_act.device, v_act.nonce))
               OR EXISTS (SELECT FROM admission a WHERE a.registration = v_guest.id AND a.root = v_point.path[1]
                          AND a.voided_at IS NULL AND a.emptied_at > v_at) THEN
                -- it happened before what is known already: everything of this guest is told again in order
                INSERT INTO scan (id, device, nonce, device_name, checkpoint, zone, registration, direction, outcome,
                                  counts, code_hash, at, scanned_at, received_at, clock_ms, offline, shown, by,
                                  door_device, answers, override_reason, snapshot)
                VALUES (v_act.id, v_act.device, v_act.nonce, v_act.device_name, v_act.checkpoint, v_point.zone,
                        v_guest.id, v_act.direction, v_outcome, true, decode(v_act.hash, 'hex'), v_at,
                        v_act.scanned_at, v_now,
                        v_act.clock_ms, v_act.offline, coalesce(v_act.shown, ''), v_act.person, v_act.door,
                        coalesce(v_act.answers, '{}'), v_override, coalesce(v_act.snapshot, ''));
                PERFORM door_replay(v_guest.id, v_point.path[1]);
            ELSE
                PERFORM door_step(v_new, v_point.path, v_point.re_entry, v_point.empties_at, v_point.event);
            END IF;
            SELECT coalesce(array_agg(a.zone) FILTER (WHERE a.inside), '{}'), coalesce(array_agg(a.zone), '{}')
            INTO v_in_now, v_known_now FROM admission a
            WHERE a.registration = v_guest.id AND a.root = v_point.path[1] AND a.voided_at IS NULL;
            v_change := door_count(v_guest.id, v_in, v_known, v_in_now, v_known_now);
            v_changes := v_changes || v_change;
            IF v_act.offline AND EXISTS (SELECT FROM door_case c WHERE c.registration = v_guest.id
                    AND v_act.id = ANY (c.scans) AND c.cleared_at IS NULL) AND v_outcome <> 'refused' THEN
                v_outcome := 'conflict';
                IF v_reason = '' THEN v_reason := 'already_inside'; END IF;
            ELSIF v_outcome = 'conflict' AND v_reason IN ('already_inside', 're_entry') THEN
                v_outcome := 'ok'; v_reason := '';  -- in the right order nobody was let in twice
            END IF;
        END IF;
        IF v_case THEN
            PERFORM door_open_case(gen_random_uuid(), v_point.event, 'refused', v_new, v_reason, NULL);
        ELSIF v_point.revoked AND v_counts THEN
            PERFORM door_open_case(gen_random_uuid(), v_point.event, 'device', v_new, 'device_revoked', NULL);
        ELSIF v_counts AND v_act.offline AND v_act.shown IS NOT NULL AND (v_act.scanned_at IS NULL
              OR v_act.scanned_at + v_act.clock_ms * interval '1 ms' > v_now + interval '2 minutes'
              OR v_act.scanned_at + v_act.clock_ms * interval '1 ms'
                 < least(v_point.starts_at, v_now) - interval '1 day') THEN
            PERFORM door_open_case(gen_random_uuid(), v_point.event, 'times', v_new, 'clock', NULL);
            IF v_outcome = 'ok' THEN v_outcome := 'conflict'; v_reason := 'impossible_time'; END IF;
        END IF;

        v_facts := v_facts || jsonb_build_object(
            'inside', door_inside(v_point.zone, v_changes), 'capacity', v_point.cap,
            'checkpoint_vi', v_point.name_vi, 'checkpoint_en', v_point.name_en, 'zone', v_point.zone)
            || CASE WHEN v_act.clock_ms <> 0 THEN jsonb_build_object('clock_ms', v_act.clock_ms) ELSE '{}' END;
        INSERT INTO scan AS s (id, device, nonce, device_name, checkpoint, zone, registration, direction, outcome,
                          reason, counts, code_hash, at, scanned_at, received_at, clock_ms, offline, shown, by,
                          door_device,
                          answers, override_reason, snapshot, facts, void_reason)
        VALUES (v_act.id, v_act.device, v_act.nonce, v_act.device_name, v_act.checkpoint, v_point.zone,
                v_new.registration, v_act.direction, v_outcome, v_reason, v_counts, decode(v_act.hash, 'hex'), v_at,
                v_act.scanned_at,
                v_now, v_act.clock_ms, v_act.offline, coalesce(v_act.shown, ''), v_act.person, v_act.door,
                coalesce(v_act.answers, '{}'), v_override, coalesce(v_act.snapshot, ''), v_facts, '')
        ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason, facts = excluded.facts;
        RETURN QUERY SELECT 'decided', v_act.id, v_outcome, v_reason, v_facts;
    END LOOP;
    PERFORM door_write_counts(v_changes);
END $$"""

# The same for the acts of one device.
OF_ONE = """
CREATE OR REPLACE FUNCTION scan_tickets(
    p_device text, p_device_name text, p_person uuid, p_admin boolean, p_door uuid, p_acts jsonb
) RETURNS TABLE (verdict text, scan_id uuid, outcome text, reason text, facts jsonb) LANGUAGE sql AS $$
    SELECT * FROM door_scans((
        SELECT jsonb_agg(a || jsonb_build_object('device', p_device, 'device_name', p_device_name,
            'person', p_person, 'admin', p_admin, 'door', p_door) ORDER BY n)
        FROM jsonb_array_elements(p_acts) WITH ORDINALITY AS x (a, n)))
$$"""

FORWARDS = (TOGETHER, OF_ONE)
BACKWARDS = (before.FORWARDS[1], by_index.FORWARDS, "DROP FUNCTION door_scans")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="door", description=DESCRIPTION)

    async def change() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def back() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(change)
    manager.add_raw_backwards(back)
    return manager
