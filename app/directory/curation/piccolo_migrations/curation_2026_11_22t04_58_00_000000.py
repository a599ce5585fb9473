"""Names that are spelt alike, by the trigram index with a threshold of their own; pairs stand in one order only."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T04:58:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "names spelt alike, pairs in order"

FORWARDS = """
CREATE FUNCTION curation_alike(asked text, most integer)
RETURNS TABLE (found uuid, likeness real) LANGUAGE sql STABLE
SET pg_trgm.similarity_threshold = 0.45 AS $$
    SELECT organisation, similarity(compact, asked) FROM duplicate_trait WHERE compact % asked
    ORDER BY 2 DESC, organisation LIMIT most
$$;
ALTER TABLE duplicate_pair DROP CONSTRAINT duplicate_pair_of_two;
ALTER TABLE duplicate_pair ADD CONSTRAINT duplicate_pair_of_two CHECK (first < second);
"""

BACKWARDS = """
DROP FUNCTION IF EXISTS curation_alike(text, integer);
ALTER TABLE duplicate_pair DROP CONSTRAINT IF EXISTS duplicate_pair_of_two;
ALTER TABLE duplicate_pair ADD CONSTRAINT duplicate_pair_of_two CHECK (first <> second);
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="curation", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
