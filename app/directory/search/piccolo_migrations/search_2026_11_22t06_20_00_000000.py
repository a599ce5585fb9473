"""What searched organisations before there was one index: nobody asks it any more, and every write paid for it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T06:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the organisations' own search goes"

FORWARDS = """
DROP FUNCTION IF EXISTS directory_similar_names(text, integer);
DROP INDEX IF EXISTS organisation_search, organisation_name_words, organisation_name_trigrams;
ALTER TABLE organisation DROP COLUMN IF EXISTS search_vector;
"""

BACKWARDS = """
ALTER TABLE organisation ADD COLUMN search_vector tsvector
    GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, search_text)) STORED;
CREATE INDEX organisation_search ON organisation USING gin (search_vector) WITH (gin_pending_list_limit = 128);
CREATE INDEX organisation_name_words ON organisation USING gin (to_tsvector('simple'::regconfig, name_folded))
    WITH (gin_pending_list_limit = 128);
CREATE INDEX organisation_name_trigrams ON organisation USING gin (name_folded gin_trgm_ops)
    WITH (gin_pending_list_limit = 128);
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="search", description=DESCRIPTION)

    async def go() -> None:
        await execute(FORWARDS)

    async def back() -> None:
        await execute(BACKWARDS)

    manager.add_raw(go)
    manager.add_raw_backwards(back)
    return manager
