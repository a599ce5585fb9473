"""A check-in that was taken back is news for every scanner: their next delta has it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T09:41:07:000000"
VERSION = "1.38.0"
DESCRIPTION = "an undone check-in is a change"

FORWARDS = """
CREATE OR REPLACE FUNCTION door_undo(
    p_scan uuid, p_id uuid, p_device text, p_name text, p_by uuid, p_door uuid, p_reason text
)
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
    UPDATE admission a SET voided_at = now(), voided_by = p_by, inside = false, changed_at = clock_timestamp()
    WHERE a.registration = v_scan.registration AND a.scan = p_scan AND a.voided_at IS NULL;
    PERFORM door_replay(v_scan.registration, v_path[1]);
    SELECT coalesce(array_agg(a.zone) FILTER (WHERE a.inside), '{}'), coalesce(array_agg(a.zone), '{}')
    INTO v_in_now, v_known_now FROM admission a
    WHERE a.registration = v_scan.registration AND a.root = v_path[1] AND a.voided_at IS NULL;
    PERFORM door_write_counts(door_count(v_scan.registration, v_in, v_known, v_in_now, v_known_now));
    RETURN '';
END $$"""

BACKWARDS = FORWARDS.replace(", changed_at = clock_timestamp()", "")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="door", description=DESCRIPTION)

    async def change() -> None:
        await execute(FORWARDS)

    async def back() -> None:
        await execute(BACKWARDS)

    manager.add_raw(change)
    manager.add_raw_backwards(back)
    return manager
