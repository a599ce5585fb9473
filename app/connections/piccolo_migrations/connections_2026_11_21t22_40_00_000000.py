"""What Piccolo cannot say about suggestions: one engine in use, one open choice per candidate, checks and list order."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-21T22:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "partial indexes and checks of suggestions"

FORWARDS = """
CREATE UNIQUE INDEX engine_model_active ON engine_model (status) WHERE status = 'active';
CREATE UNIQUE INDEX engine_model_fitting ON engine_model (status) WHERE status = 'fitting';
CREATE INDEX engine_model_newest ON engine_model (started_at DESC);
ALTER TABLE engine_model
    ADD CONSTRAINT engine_model_status CHECK (status IN ('fitting', 'active', 'refused', 'retired', 'failed')),
    ADD CONSTRAINT engine_model_in_use CHECK (status <> 'active' OR (version IS NOT NULL AND path IS NOT NULL));

CREATE UNIQUE INDEX suggestion_in_order ON suggestion (organisation, kind, rank);
ALTER TABLE suggestion
    ADD CONSTRAINT suggestion_not_itself CHECK (organisation <> candidate),
    ADD CONSTRAINT suggestion_rank CHECK (rank >= 1);

CREATE UNIQUE INDEX suggestion_choice_open ON suggestion_choice (organisation, candidate) WHERE ended_at IS NULL;
CREATE INDEX suggestion_choice_block ON suggestion_choice (candidate, organisation)
    WHERE ended_at IS NULL AND reason = 'block';
ALTER TABLE suggestion_choice
    ADD CONSTRAINT suggestion_choice_kind CHECK (choice IN ('saved', 'hidden')),
    ADD CONSTRAINT suggestion_choice_reason CHECK ((choice = 'hidden') = (reason IS NOT NULL)),
    ADD CONSTRAINT suggestion_choice_not_itself CHECK (organisation <> candidate);
"""

BACKWARDS = """
ALTER TABLE suggestion_choice
    DROP CONSTRAINT IF EXISTS suggestion_choice_kind,
    DROP CONSTRAINT IF EXISTS suggestion_choice_reason,
    DROP CONSTRAINT IF EXISTS suggestion_choice_not_itself;
ALTER TABLE suggestion
    DROP CONSTRAINT IF EXISTS suggestion_not_itself,
    DROP CONSTRAINT IF EXISTS suggestion_rank;
ALTER TABLE engine_model
    DROP CONSTRAINT IF EXISTS engine_model_status,
    DROP CONSTRAINT IF EXISTS engine_model_in_use;
DROP INDEX IF EXISTS engine_model_active, engine_model_fitting, engine_model_newest, suggestion_in_order,
    suggestion_choice_open, suggestion_choice_block;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connections", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
