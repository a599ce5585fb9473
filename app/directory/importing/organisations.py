"""Organisations of a file: judged again when they are written, written, and taken back. A batch at a time."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.ids import new_id
from app.directory.fields import FIELDS
from app.directory.importing import batches
from app.directory.importing.judging import Judged, Plan, decided, judge, plain
from app.directory.importing.recognising import list_folded
from app.directory.importing.stored import from_json, locked_rows, to_json
from app.directory.importing.values import Said

SOURCE = "import"
REASON = "import undone"

_TOUCHED = """
    SELECT o.id, o.version > 1 OR EXISTS (SELECT FROM membership m WHERE m.organisation = o.id AND m.ended_at IS NULL)
        OR EXISTS (SELECT FROM investment i WHERE i.organisation = o.id OR i.investor = o.id) AS touched
    FROM organisation o WHERE o.id = ANY($1)
"""


async def judge_again(said: list[Said], rows: list[dict[str, Any]], plan: Plan) -> list[Judged]:
    """The rows judged once more on what is stored now, with what a person decided about possible duplicates."""
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


async def write(judged: list[Judged], run: Any, plan: Plan) -> list[dict[str, Any]]:
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
    await batches.mark_originals([
        *((row, [name for name, value in row.items() if value]) for row in created),
        *((row, one.difference.changes) for row, one in zip(after, changed, strict=True)),
    ])  # fmt: skip
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


async def take_back(waiting: list[dict[str, Any]], run: Any) -> dict[int, str]:
    """What an import brought ends, what it changed gets its former values, but for what people did since."""
    person, before = run["undone_by"], run["done"]
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
            name: from_json(FIELDS.get(name), before)
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
