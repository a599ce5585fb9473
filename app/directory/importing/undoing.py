"""Takes a written import back: what it brought ends, what it changed is put back, but for what people did since."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.outbox import enqueue
from app.directory.importing import batches
from app.directory.importing.stored import from_json, locked_rows, to_json

BATCH = 200
REASON = "import undone"

_WAITING = """
    SELECT number, organisation, outcome, version, changes FROM import_row
    WHERE run = $1 AND outcome IN ('created', 'changed') AND undone IS NULL ORDER BY number LIMIT $2
"""
_TOUCHED = """
    SELECT o.id, o.version > 1 OR EXISTS (SELECT FROM membership m WHERE m.organisation = o.id AND m.ended_at IS NULL)
        OR EXISTS (SELECT FROM investment i WHERE i.organisation = o.id OR i.investor = o.id) AS touched
    FROM organisation o WHERE o.id = ANY($1)
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
        outcomes = await _take_back(waiting, row["undone_by"], row["done"])
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


async def _take_back(waiting: list[dict[str, Any]], person: UUID | None, before: int) -> dict[int, str]:
    stored = await locked_rows(row["organisation"] for row in waiting)
    brought = [row["organisation"] for row in waiting if row["outcome"] == "created" and row["organisation"] in stored]
    touched = {found["id"] for found in await db.fetch(_TOUCHED, brought) if found["touched"]}
    ended = [organisation for organisation in brought if organisation not in touched]
    await db.execute(
        "UPDATE organisation SET ended_at = now(), ended_reason = $2, updated_at = now() WHERE id = ANY($1)",
        *(ended, REASON),
    )
    outcomes = {row["number"]: "kept" for row in waiting}
    outcomes |= {row["number"]: "ended" for row in waiting if row["organisation"] in ended}
    restored: list[tuple[dict[str, Any], set[str]]] = []
    history: list[batches.History] = [
        (one, "import_taken_back", "", None, None, stored[one]["version"]) for one in ended
    ]
    needs: list[tuple[UUID, str, str]] = []
    for row in waiting:
        now = stored.get(row["organisation"])
        if row["outcome"] != "changed" or now is None:
            continue
        back = {
            name: from_json(name, before)
            for name, (before, after) in row["changes"].items()
            if to_json(now[name]) == after
        }
        if not back:
            continue
        outcomes[row["number"]] = "restored" if len(back) == len(row["changes"]) else "kept"
        restored.append(({**now, **back}, set(back)))
        for name, value in back.items():
            history.append((now["id"], "import_taken_back", name, now[name], value, now["version"] + 1))
        for direction, name in (("need", "needs"), ("offer", "offers")):
            needs += [(now["id"], direction, code) for code in now[name] if name in back and code not in back[name]]
    await batches.update_organisations([one for one, _names in restored], [names for _one, names in restored])
    await batches.end_needs(needs, REASON)
    await batches.record(person, history)
    await batches.tell([*ended, *(one["id"] for one, _names in restored)], before)
    return outcomes
