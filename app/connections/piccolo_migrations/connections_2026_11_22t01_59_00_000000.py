"""What Piccolo cannot say about wishes and markets: codes, bounds, one run in use for each kind of list."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T01:59:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks of wishes, propensities and market runs"

FORWARDS = """
ALTER TABLE matching_preference
    ADD CONSTRAINT matching_preference_accepts CHECK (accepts IN ('open', 'ask_first', 'closed')),
    ADD CONSTRAINT matching_preference_requests CHECK (requests_per_month BETWEEN 1 AND 1000),
    ADD CONSTRAINT matching_preference_signals CHECK (signals_off <@ ARRAY['text', 'place', 'ask', 'past']);
CREATE INDEX matching_preference_closed ON matching_preference (organisation) WHERE accepts = 'closed';

CREATE UNIQUE INDEX market_run_in_use ON market_run (kind) WHERE ended_at IS NULL;
ALTER TABLE market_run
    ADD CONSTRAINT market_run_kind CHECK (kind IN ('investor', 'startup')),
    ADD CONSTRAINT market_run_temperature CHECK (temperature > 0);
ALTER TABLE market_price ADD CONSTRAINT market_price_level CHECK (level IN ('', 'busy', 'seldom'));

ALTER TABLE suggestion ADD CONSTRAINT suggestion_propensity CHECK (propensity > 0 AND propensity <= 1);
ALTER TABLE suggestion_choice
    ADD CONSTRAINT suggestion_choice_propensity CHECK (propensity > 0 AND propensity <= 1);
"""

BACKWARDS = """
ALTER TABLE suggestion_choice DROP CONSTRAINT IF EXISTS suggestion_choice_propensity;
ALTER TABLE suggestion DROP CONSTRAINT IF EXISTS suggestion_propensity;
ALTER TABLE IF EXISTS market_price DROP CONSTRAINT IF EXISTS market_price_level;
ALTER TABLE IF EXISTS market_run
    DROP CONSTRAINT IF EXISTS market_run_kind,
    DROP CONSTRAINT IF EXISTS market_run_temperature;
ALTER TABLE IF EXISTS matching_preference
    DROP CONSTRAINT IF EXISTS matching_preference_accepts,
    DROP CONSTRAINT IF EXISTS matching_preference_requests,
    DROP CONSTRAINT IF EXISTS matching_preference_signals;
DROP INDEX IF EXISTS matching_preference_closed, market_run_in_use;
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
