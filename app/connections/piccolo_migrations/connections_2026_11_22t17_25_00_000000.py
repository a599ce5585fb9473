"""What Piccolo cannot say about pairings: checks, one open choice for each, one set of weights in use for each kind."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T17:25:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks and indexes of pairings"

FORWARDS = """
ALTER TABLE market_run DROP CONSTRAINT market_run_kind,
    ADD CONSTRAINT market_run_kind CHECK (
        kind IN ('investor', 'startup', 'incubator', 'institute', 'support', 'mentor')
    );
ALTER TABLE pairing_choice
    ADD CONSTRAINT pairing_choice_kind CHECK (kind IN ('mentor', 'technology_offer', 'technology_need'));
CREATE UNIQUE INDEX pairing_choice_open ON pairing_choice (organisation, kind, candidate) WHERE ended_at IS NULL;
ALTER TABLE pairing_answer
    ADD CONSTRAINT pairing_answer_source CHECK (source IN ('booking', 'introduction', 'choice', 'pairing_choice')),
    ADD CONSTRAINT pairing_answer_answer CHECK (
        answer IN ('asked', 'saved', 'hidden', 'accepted', 'declined', 'met')
    );
CREATE INDEX pairing_answer_source_id ON pairing_answer (source_id);
CREATE INDEX pairing_answer_kind ON pairing_answer (kind, asked_at DESC);
ALTER TABLE pairing_weights
    ADD CONSTRAINT pairing_weights_status CHECK (status IN ('active', 'refused', 'retired'));
CREATE UNIQUE INDEX pairing_weights_active ON pairing_weights (kind) WHERE status = 'active';
"""

BACKWARDS = """
DROP INDEX IF EXISTS pairing_weights_active, pairing_answer_kind, pairing_answer_source_id, pairing_choice_open;
ALTER TABLE IF EXISTS pairing_weights DROP CONSTRAINT IF EXISTS pairing_weights_status;
ALTER TABLE IF EXISTS pairing_answer DROP CONSTRAINT IF EXISTS pairing_answer_answer,
    DROP CONSTRAINT IF EXISTS pairing_answer_source;
ALTER TABLE IF EXISTS pairing_choice DROP CONSTRAINT IF EXISTS pairing_choice_kind;
DELETE FROM market_run WHERE kind NOT IN ('investor', 'startup');
ALTER TABLE IF EXISTS market_run DROP CONSTRAINT IF EXISTS market_run_kind,
    ADD CONSTRAINT market_run_kind CHECK (kind IN ('investor', 'startup'));
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connections", description=DESCRIPTION)

    async def go() -> None:
        await execute(FORWARDS)

    async def back() -> None:
        await execute(BACKWARDS)

    manager.add_raw(go)
    manager.add_raw_backwards(back)
    return manager
