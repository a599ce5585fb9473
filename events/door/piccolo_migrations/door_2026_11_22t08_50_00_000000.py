"""Counting somebody out at closing, with the counters."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "counting out at closing"

FORWARDS = (
    """
CREATE FUNCTION door_checked_out(p_registration uuid, p_root uuid, p_moment timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    v_in uuid[]; v_in_now uuid[]; v_known uuid[];
BEGIN
    PERFORM 1 FROM registration r WHERE r.id = p_registration FOR NO KEY UPDATE;
    SELECT coalesce(array_agg(a.zone) FILTER (WHERE a.inside), '{}'), coalesce(array_agg(a.zone), '{}')
    INTO v_in, v_known FROM admission a
    WHERE a.registration = p_registration AND a.root = p_root AND a.voided_at IS NULL;
    PERFORM door_empty(p_registration, p_root, p_moment);
    SELECT coalesce(array_agg(a.zone), '{}') INTO v_in_now FROM admission a
    WHERE a.registration = p_registration AND a.root = p_root AND a.voided_at IS NULL AND a.inside;
    PERFORM door_write_counts(door_count(p_registration, v_in, v_known, v_in_now, v_known));
    RETURN (cardinality(v_in) > cardinality(v_in_now))::integer;
END $$""",
)

BACKWARDS = ("DROP FUNCTION door_checked_out",)


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
