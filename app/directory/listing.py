"""The state of the directory's list: a number that rises with every change, in the order of commits.

Whoever changes what the list shows calls `next_version` as the last lock of its transaction and writes the number
into the rows it changed; processes that keep sets in memory then know exactly which rows are newer than theirs.
"""

from uuid import UUID

from app.core import db


async def next_version() -> int:
    """Raise the version in the open transaction. Locks one row until the commit, so call it late.

    Versions are taken from the clock, so that one that was rolled back is not given again.
    """
    found: int = await db.fetchval(
        "INSERT INTO listing_state AS state (id, version) VALUES (1, extract(epoch FROM clock_timestamp()) * 1000000)"
        " ON CONFLICT (id) DO UPDATE SET version = greatest(state.version + 1, excluded.version) RETURNING version"
    )
    return found


async def relist(organisation: UUID) -> None:
    """Let lists and counts look at this organisation again; in the open transaction, late."""
    await db.execute("UPDATE organisation SET listing_version = $2 WHERE id = $1", organisation, await next_version())


async def current_version() -> int:
    found: int | None = await db.fetchval("SELECT version FROM listing_state WHERE id = 1")
    return found or 0


def covers(known: int, version: int) -> bool:
    """Whether what was read of the list at `known` shows everything that `version` has. 0 is a list never changed."""
    return known == version or 0 < version < known
