"""Rows of the search are short: texts and vectors lie beside the table, as they were meant to.

PostgreSQL looks at `toast_tuple_target` only once a row is longer than 2 kB, and most were just below it: a common word
read six thousand pages for seven thousand rows. A filler, which compresses to some bytes, brings every row over it.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rows of the search are short"

FORWARDS = """
ALTER TABLE findable ADD COLUMN filler text GENERATED ALWAYS AS (repeat(' ', 2000)) STORED;
"""

BACKWARDS = """
ALTER TABLE findable DROP COLUMN IF EXISTS filler;
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
