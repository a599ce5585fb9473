"""Takes a written import back: what it brought ends, what it changed is put back, but for what people did since."""

from uuid import UUID

from app.core import db
from app.core.outbox import enqueue
from app.directory.importing.ways import way_of

BATCH = 200

_WAITING = """
    SELECT number, organisation, target, outcome, version, changes, values FROM import_row
    WHERE run = $1 AND outcome IN ('created', 'changed') AND undone IS NULL ORDER BY number LIMIT $2
"""


async def undo_batch(run: UUID) -> bool:
    """Take the next rows back; False when none are left and the import is closed. Each row whole or not at all.

    What an import brought is ended unless somebody edited it or belongs to it since. A field that it changed gets its
    former value unless it holds another one by now. Locks as the writing does; enqueues the same.
    """
    async with db.tx(statement_timeout="60s"):
        row = await db.fetchrow("SELECT * FROM import_run WHERE id = $1 FOR UPDATE", run)
        if row is None or row["state"] != "undoing":
            return False
        waiting = [dict(found) for found in await db.fetch(_WAITING, run, BATCH)]
        if not waiting:
            await _close(run)
            return False
        outcomes = await way_of(row["subject"]).take_back(waiting, row)
        await db.execute(
            "UPDATE import_row r SET undone = given.undone FROM unnest($2::int[], $3::text[]) AS given(number, undone)"
            " WHERE r.run = $1 AND r.number = given.number",
            *(run, list(outcomes), list(outcomes.values())),
        )
        await db.execute("UPDATE import_run SET done = done + $2 WHERE id = $1", run, len(waiting))
        return True


async def _close(run: UUID) -> None:
    undone = {
        found["undone"]: found["count"]
        for found in await db.fetch(
            "SELECT undone, count(*) FROM import_row WHERE run = $1 AND undone IS NOT NULL GROUP BY 1", run
        )
    }
    await db.execute("DELETE FROM external_reference WHERE run = $1", run)
    await db.execute(
        "UPDATE import_run SET state = 'undone', undone_at = now(), done = total, counts = counts || $2 WHERE id = $1",
        *(run, {"undone": undone}),
    )
    if undone:
        await enqueue("connections.fit", {})
