"""Every checkpoint leads into a zone; zones know their path and have their counters, whoever writes them.

What Piccolo cannot say: triggers, checks, partial indexes, and moving what was counted by checkpoints.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T07:56:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "every checkpoint leads into a zone"

FORWARDS = (
    """
ALTER TABLE zone
    ADD CONSTRAINT zone_kind CHECK (kind IN ('venue', 'village', 'hall', 'stage', 'room', 'booth', 'gate')),
    ADD CONSTRAINT zone_re_entry CHECK (re_entry IN ('after_exit', 'any', 'once', 'daily')),
    ADD CONSTRAINT zone_cap CHECK (cap > 0)""",
    "CREATE UNIQUE INDEX zone_code ON zone (event, code) WHERE code <> '' AND ended_at IS NULL",
    "CREATE INDEX zone_inner ON zone (parent) WHERE parent IS NOT NULL",
    "CREATE UNIQUE INDEX zone_count_slot ON zone_count (zone, slot)",
    "ALTER TABLE zone_count SET (fillfactor = 20)",
    "ALTER TABLE zone_count ADD CONSTRAINT zone_count_not_negative CHECK (inside >= 0 AND admitted >= 0)",
    # A zone's path, and that of the zones in it. Where people have been counted, zones stay where they are.
    """
CREATE FUNCTION zone_path() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_outer zone;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.parent IS DISTINCT FROM NEW.parent
       AND EXISTS (SELECT FROM admission a JOIN zone z ON z.id = a.zone WHERE NEW.id = ANY (z.path)) THEN
        RAISE EXCEPTION 'people were counted in zone %', NEW.id USING ERRCODE = 'check_violation',
            CONSTRAINT = 'zone_counted';
    END IF;
    IF NEW.parent IS NULL THEN
        NEW.path := ARRAY[NEW.id];
        RETURN NEW;
    END IF;
    SELECT z.* INTO v_outer FROM zone z WHERE z.id = NEW.parent;
    IF v_outer.event IS DISTINCT FROM NEW.event OR NEW.id = ANY (v_outer.path) THEN
        RAISE EXCEPTION 'zone % cannot lie in %', NEW.id, NEW.parent USING ERRCODE = 'check_violation',
            CONSTRAINT = 'zone_inside_itself';
    END IF;
    NEW.path := v_outer.path || NEW.id;
    RETURN NEW;
END $$""",
    """
CREATE FUNCTION zone_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO zone_count (zone, slot, inside, admitted)
        SELECT NEW.id, slot, 0, 0 FROM generate_series(0, 15) AS slot;
    ELSE
        UPDATE zone SET parent = parent WHERE parent = NEW.id;
    END IF;
    RETURN NULL;
END $$""",
    "CREATE TRIGGER zone_path BEFORE INSERT OR UPDATE OF parent ON zone FOR EACH ROW EXECUTE FUNCTION zone_path()",
    "CREATE TRIGGER zone_written AFTER INSERT OR UPDATE OF parent ON zone FOR EACH ROW EXECUTE FUNCTION zone_written()",
    # A checkpoint that is written without a zone gets one of its own, with its own id.
    """
CREATE FUNCTION checkpoint_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.zone IS NULL THEN
        INSERT INTO zone (id, event, kind, name_vi, name_en, place, created_at)
        VALUES (NEW.id, NEW.event, 'hall', NEW.name_vi, coalesce(NEW.name_en, ''), NEW.place, now());
        NEW.zone := NEW.id;
    END IF;
    RETURN NEW;
END $$""",
    "CREATE TRIGGER checkpoint_zone BEFORE INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION checkpoint_zone()",
    """
INSERT INTO zone (id, event, kind, name_vi, name_en, cap, place, created_at, ended_at)
SELECT id, event, 'hall', name_vi, name_en, CASE WHEN capacity > 0 THEN capacity END, place, created_at, ended_at
FROM checkpoint""",
    """
UPDATE zone_count n SET inside = c.inside, admitted = c.admitted FROM checkpoint_count c
WHERE c.checkpoint = n.zone AND c.slot = n.slot""",
    "UPDATE checkpoint SET zone = id",
    """
ALTER TABLE checkpoint ALTER zone SET NOT NULL, ADD CONSTRAINT checkpoint_zone FOREIGN KEY (zone) REFERENCES zone (id),
    ADD CONSTRAINT checkpoint_direction CHECK (direction IN ('in', 'out', 'both'))""",
    """
UPDATE admission SET zone = checkpoint, root = checkpoint, last_scan = scan, last_device = device,
    last_at = admitted_at, moved_at = greatest(admitted_at, changed_at)""",
    "ALTER TABLE admission ALTER zone SET NOT NULL, ALTER root SET NOT NULL",
    """
UPDATE scan s SET zone = checkpoint, at = received_at,
    counts = outcome = 'ok' OR (outcome = 'conflict' AND reason = 'already_inside')""",
    "DROP INDEX admission_once",
    "CREATE UNIQUE INDEX admission_once ON admission (registration, zone) WHERE voided_at IS NULL",
    "CREATE INDEX admission_in_zone ON admission (zone) WHERE inside",
    "CREATE INDEX scan_counted ON scan (registration, at) WHERE counts",
    "ALTER TABLE scan DROP CONSTRAINT scan_outcome",
    "ALTER TABLE scan ADD CONSTRAINT scan_outcome CHECK"
    " (outcome IN ('ok', 'already', 'refused', 'conflict', 'needs_input', 'undone'))",
)

BACKWARDS = (
    "ALTER TABLE scan DROP CONSTRAINT scan_outcome",
    "UPDATE scan SET outcome = 'refused' WHERE outcome = 'needs_input'",
    "ALTER TABLE scan ADD CONSTRAINT scan_outcome CHECK"
    " (outcome IN ('ok', 'already', 'refused', 'conflict', 'undone'))",
    "DROP INDEX admission_once, admission_in_zone, scan_counted",
    "DELETE FROM admission WHERE zone <> checkpoint",
    "CREATE UNIQUE INDEX admission_once ON admission (registration, checkpoint) WHERE voided_at IS NULL",
    "ALTER TABLE admission ALTER zone DROP NOT NULL, ALTER root DROP NOT NULL",
    "ALTER TABLE checkpoint DROP CONSTRAINT checkpoint_zone, DROP CONSTRAINT checkpoint_direction, ALTER zone DROP NOT NULL",
    "DROP FUNCTION checkpoint_zone, zone_path, zone_written CASCADE",
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
    manager.drop_table(class_name="CheckpointCount", tablename="checkpoint_count", schema=None)
    manager.drop_column(
        table_class_name="Checkpoint",
        tablename="checkpoint",
        column_name="capacity",
        db_column_name="capacity",
        schema=None,
    )
    return manager
