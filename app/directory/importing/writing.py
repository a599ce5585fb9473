"""Writes what a person confirmed, two hundred rows in a transaction, each row whole or not at all.

Not one transaction for all: an import of ten thousand would hold up for a minute everybody who edits. A batch notes the
outcome of its rows with what it wrote, so a job that was killed goes on exactly behind its last batch.
"""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.directory.importing import batches
from app.directory.importing.judging import Judged, Plan, decided, judge, plain
from app.directory.importing.recognising import list_folded
from app.directory.importing.stored import from_json, locked_rows
from app.directory.importing.values import Said

BATCH = 200
SOURCE = "import"

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
        plan = Plan((), row["list_name"], row["choices"].get("take", False))
        judged = await _judged_again([dict(found) for found in waiting], plan)
        outcomes = await _write(judged, row, plan)
        await db.execute(
            "UPDATE import_row r SET outcome = given.outcome, organisation = given.organisation,"
            " version = given.version, changes = coalesce(given.changes, r.changes)"
            " FROM jsonb_to_recordset($2) AS given(number integer, outcome text, organisation uuid, version integer,"
            " changes jsonb) WHERE r.run = $1 AND r.number = given.number",
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
    if counts.get("created") or counts.get("changed"):
        await enqueue("connections.fit", {})


async def _judged_again(rows: list[dict[str, Any]], plan: Plan) -> list[Judged]:
    """The rows judged once more on what is stored now, with what a person decided about possible duplicates."""
    said = [_said(row) for row in rows]
    judged = await judge(said, plan, lock=True)
    answered = {row["number"]: row for row in rows if row["decision"]}
    same = [row["organisation"] for row in answered.values() if row["decision"] == "same"]
    stored = await locked_rows(same) if same else {}
    result = []
    for one in judged:
        answer = answered.get(one.number)
        if answer is None or one.fate != "possible":
            result.append(one)
        elif answer["decision"] == "other":
            result.append(decided(one, None, plan))
        else:
            found = stored.get(answer["organisation"])
            result.append(decided(one, found, plan) if found else one)
    return result


def _said(row: dict[str, Any]) -> Said:
    values = {name: from_json(name, value) for name, value in row["values"].items() if not name.startswith("@")}
    kept = row["values"]
    return Said(row["number"], values, [], kept.get("@profile", ""), kept.get("@external", ""), kept.get("@needs", {}))


async def _write(judged: list[Judged], run: Any, plan: Plan) -> list[dict[str, Any]]:
    """Write each row that still may be written; what came of each."""
    person: UUID | None = run["person"]
    new = [(new_id(), one) for one in judged if one.fate == "new"]
    slugs = await batches.free_slugs([(key, one.values["name"]) for key, one in new])
    created = [{**batches.blank(), **one.values, "id": key, "slug": slugs[key]} for key, one in new]
    await batches.insert_organisations(created, SOURCE)
    changed = [one for one in judged if one.fate == "changed" and one.organisation]
    stored = await locked_rows([one.organisation for one in changed if one.organisation])
    after = [{**stored[one.organisation], **_after(one)} for one in changed if one.organisation]
    await batches.update_organisations(after, [set(one.difference.changes) for one in changed])
    await batches.add_needs([*_needs(new), *_needs([(one.organisation, one) for one in changed if one.organisation])])
    notes = [(key, name) for key, one in new for name in one.values if name != "founded_precision"]
    notes += [
        (one.organisation, name) for one in changed if one.organisation for name in one.difference.changes
        if name != "founded_precision"
    ]  # fmt: skip
    await batches.note_source(notes, person, SOURCE)
    await batches.record(
        person,
        [(key, "imported", "", None, None, 1) for key, _one in new]
        + [
            (row["id"], "imported", name, before, value, row["version"] + 1)
            for row, one in zip(after, changed, strict=True)
            for name, (before, value) in plain(one.difference.changes).items()
        ],
    )
    ids = {one.number: key for key, one in new}
    await _refer(judged, ids, run, plan)
    await batches.tell([*ids.values(), *(row["id"] for row in after)], run["done"])
    versions = {one.number: row["version"] + 1 for row, one in zip(after, changed, strict=True)}
    return [_outcome(one, ids, versions) for one in judged]


def _after(one: Judged) -> dict[str, Any]:
    return {name: value for name, (_before, value) in one.difference.changes.items()}


def _needs(rows: list[tuple[UUID, Judged]]) -> list[tuple[UUID, str, str]]:
    return [
        (key, direction, code) for key, one in rows for direction, codes in one.said.needs.items() for code in codes
    ]


async def _refer(judged: list[Judged], created: dict[int, UUID], run: Any, plan: Plan) -> None:
    """Keep what the list calls each organisation, so that its next edition is known again."""
    pairs = [
        (one.keys.external, created.get(one.number) or one.organisation)
        for one in judged
        if one.keys.external and plan.list_name and one.fate in ("new", "changed", "conflict", "unchanged")
    ]
    if pairs:
        await db.execute(
            "INSERT INTO external_reference (list_name, value, organisation, run)"
            " SELECT $1, value, organisation, $4 FROM unnest($2::text[], $3::uuid[]) AS given(value, organisation)"
            " ON CONFLICT (list_name, value) DO NOTHING",
            *(list_folded(plan.list_name), [pair[0] for pair in pairs], [pair[1] for pair in pairs], run["id"]),
        )


def _outcome(one: Judged, created: dict[int, UUID], versions: dict[int, int]) -> dict[str, Any]:
    found: dict[str, Any] = {"number": one.number, "organisation": None, "version": None, "changes": None}
    if one.fate == "new":
        return {**found, "outcome": "created", "organisation": str(created[one.number]), "version": 1, "changes": {}}
    if one.organisation:
        found["organisation"] = str(one.organisation)
    if one.fate == "changed":
        return {
            **found,
            "outcome": "changed",
            "version": versions[one.number],
            "changes": plain(one.difference.changes),
        }
    return {**found, "outcome": {"unchanged": "unchanged", "conflict": "kept"}.get(one.fate, "left")}
