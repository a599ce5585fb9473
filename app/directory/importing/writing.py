"""Writes what a person confirmed, two hundred rows in a transaction, each row whole or not at all.

Not one transaction for all: an import of ten thousand would hold up for a minute everybody who edits. A batch notes the
outcome of its rows with what it wrote, so a job that was killed goes on exactly behind its last batch.
"""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.outbox import enqueue
from app.directory.importing.judging import Plan
from app.directory.importing.stored import from_json
from app.directory.importing.subjects import PERSONS, subjects
from app.directory.importing.values import Said
from app.directory.importing.ways import way_of

BATCH = 200

_WAITING = """
    SELECT id, number, name, fate, organisation, decision, values FROM import_row
    WHERE run = $1 AND outcome IS NULL AND (fate IN ('new', 'changed', 'conflict')
        OR (fate = 'possible' AND decision IN ('same', 'other')))
    ORDER BY number LIMIT $2
"""


async def write_batch(run: UUID) -> bool:
    """Write the next rows of a confirmed import; False when there are none left and the import is closed.

    Locks the import, the writing of imports, the organisations, the handing out of addresses and the list's version;
    enqueues connections.refresh for each organisation and, at the end, connections.fit once.
    """
    async with db.tx(statement_timeout="60s"):
        row = await db.fetchrow("SELECT * FROM import_run WHERE id = $1 FOR UPDATE", run)
        if row is None or row["state"] != "confirmed":
            return False
        waiting = await db.fetch(_WAITING, run, BATCH)
        if not waiting:
            await _close(row)
            return False
        await _one_at_a_time()
        plan = Plan((), row["list_name"], row["choices"].get("take", False), row["subject"], run)
        way = way_of(plan.subject)
        rows = [dict(found) for found in waiting]
        judged = await way.judge_again([_said(found, plan) for found in rows], rows, plan)
        outcomes = await way.write(judged, row, plan)
        await db.execute(
            "UPDATE import_row r SET outcome = given.outcome, organisation = given.organisation,"
            " version = given.version, changes = coalesce(given.changes, r.changes), target = given.target"
            " FROM jsonb_to_recordset($2) AS given(number integer, outcome text, organisation uuid, version integer,"
            " changes jsonb, target uuid) WHERE r.run = $1 AND r.number = given.number",
            *(run, outcomes),
        )
        await db.execute("UPDATE import_run SET done = done + $2 WHERE id = $1", run, len(waiting))
        return True


async def _one_at_a_time() -> None:
    """Two imports of one list must not both find that an organisation is new."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('importing.write'))")


async def _close(run: Any) -> None:
    await db.execute(
        "UPDATE import_row SET outcome = CASE WHEN fate = 'unchanged' THEN 'unchanged' ELSE 'left' END"
        " WHERE run = $1 AND outcome IS NULL",
        run["id"],
    )
    counts = {
        found["outcome"]: found["count"]
        for found in await db.fetch("SELECT outcome, count(*) FROM import_row WHERE run = $1 GROUP BY 1", run["id"])
    }
    await db.execute(
        "UPDATE import_run SET state = 'written', written_at = now(), done = total, counts = counts || $2"
        " WHERE id = $1",
        *(run["id"], {"outcomes": counts}),
    )
    if run["file_ended_at"] is None:
        await enqueue("importing.forget_file", {"run": str(run["id"])})
    if run["subject"] != PERSONS and (counts.get("created") or counts.get("changed")):
        await enqueue("connections.fit", {})


def _said(row: dict[str, Any], plan: Plan) -> Said:
    """What the row said when it was judged: what it stands for is kept with it, the file may be gone."""
    kept = row["values"]
    fields = subjects()[plan.subject].fields
    values = {name: from_json(fields.get(name), value) for name, value in kept.items() if not name.startswith("@")}
    return Said(
        row["number"], values, [], kept.get("@profile", ""), kept.get("@external", ""), kept.get("@needs", {}),
        row=kept.get("@row", ""), organisation=kept.get("@organisation", ""), code=kept.get("@code", ""),
    )  # fmt: skip
