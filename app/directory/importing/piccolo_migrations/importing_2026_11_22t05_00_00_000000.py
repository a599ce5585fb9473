"""What Piccolo cannot say about imports: checks, indexes, moments.

Piccolo writes the moment of the migration as a column's default; here it becomes the moment of the insert.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T05:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks, indexes and moments of imports"

FORWARDS = """
CREATE UNIQUE INDEX import_row_once ON import_row (run, number);
CREATE INDEX import_row_fate ON import_row (run, fate, number);
CREATE INDEX import_row_waiting ON import_row (run, number) WHERE outcome IS NULL;
CREATE UNIQUE INDEX external_reference_once ON external_reference (list_name, value);
CREATE INDEX import_run_newest ON import_run (created_at DESC, id DESC) WHERE ended_at IS NULL;
CREATE INDEX export_run_of_person ON export_run (person, created_at DESC);
ALTER TABLE import_run
    ADD CONSTRAINT import_run_state CHECK (state IN
        ('received', 'judged', 'confirmed', 'written', 'undoing', 'undone', 'refused', 'dropped')),
    ADD CONSTRAINT import_run_problem CHECK ((state = 'refused') = (problem IS NOT NULL));
ALTER TABLE import_row
    ADD CONSTRAINT import_row_fate CHECK (fate IN ('new', 'changed', 'unchanged', 'conflict', 'possible', 'faulty')),
    ADD CONSTRAINT import_row_decision CHECK (decision IN ('same', 'other', 'skip')),
    ADD CONSTRAINT import_row_outcome CHECK (outcome IN ('created', 'changed', 'unchanged', 'kept', 'left')),
    ADD CONSTRAINT import_row_undone CHECK (undone IN ('ended', 'restored', 'kept'));
ALTER TABLE export_run
    ADD CONSTRAINT export_run_state CHECK (state IN ('asked', 'written', 'failed', 'ended')),
    ADD CONSTRAINT export_run_format CHECK (format IN ('csv', 'xlsx'));
ALTER TABLE import_run ALTER created_at SET DEFAULT now();
ALTER TABLE external_reference ALTER created_at SET DEFAULT now();
ALTER TABLE export_run ALTER created_at SET DEFAULT now();
"""

BACKWARDS = """
DROP INDEX IF EXISTS import_row_once, import_row_fate, import_row_waiting, external_reference_once,
    import_run_newest, export_run_of_person;
ALTER TABLE import_run DROP CONSTRAINT IF EXISTS import_run_state, DROP CONSTRAINT IF EXISTS import_run_problem;
ALTER TABLE import_row DROP CONSTRAINT IF EXISTS import_row_fate, DROP CONSTRAINT IF EXISTS import_row_decision,
    DROP CONSTRAINT IF EXISTS import_row_outcome, DROP CONSTRAINT IF EXISTS import_row_undone;
ALTER TABLE export_run DROP CONSTRAINT IF EXISTS export_run_state, DROP CONSTRAINT IF EXISTS export_run_format;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="importing", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
