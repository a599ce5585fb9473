"""Entries of lists of profiles, written and taken back a batch at a time: as many statements for one as for many."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from app.core import db
from app.core.ids import new_id
from app.directory import rows as lists_of_profiles
from app.directory.fields import COLLECTIONS, Collection
from app.directory.importing import batches
from app.directory.importing.judging import Judged, Plan, plain
from app.directory.importing.lists import ACTS, stored
from app.directory.importing.organisations import REASON, SOURCE
from app.directory.importing.stored import Row, from_json, to_json
from app.directory.search.offers import KINDS, keep_all_findable

ADDED, EDITED, TAKEN_BACK = ACTS

_TOUCHED = """
    SELECT DISTINCT row FROM organisation_change
    WHERE organisation = ANY($1) AND row = ANY($2) AND act <> ALL($3::text[])
"""


async def write(judged: list[Judged], run: Any, plan: Plan) -> list[dict[str, Any]]:
    """Write each entry that still may be written; what came of each. The organisations are locked."""
    collection = COLLECTIONS[plan.subject]
    new = [one for one in judged if one.fate == "new"]
    changed = [one for one in judged if one.fate == "changed"]
    for one in new:
        one.target = new_id()
    await _insert(collection, [(one.target, one.organisation, one.values) for one in new])
    await _update(collection, [(one.target, _after(one)) for one in changed])
    history = [
        (one.organisation, act, f"{collection.name}.{name}", before, after, None, one.target)
        for act, rows in ((ADDED, new), (EDITED, changed))
        for one in rows
        for name, (before, after) in _told(one, act).items()
    ]
    touched = list(dict.fromkeys(one.organisation for one in (*new, *changed) if one.organisation))
    await _follow(collection, touched, run["person"], history, run["done"])
    return [_outcome(one, plan) for one in judged]


def _told(one: Judged, act: str) -> dict[str, tuple[Any, Any]]:
    if act == EDITED:
        return one.difference.changes
    return {name: (None, value) for name, value in one.values.items() if value not in (None, "", [], False)}


def _after(one: Judged) -> Row:
    return {name: after for name, (_before, after) in one.difference.changes.items()}


def _outcome(one: Judged, plan: Plan) -> dict[str, Any]:
    outcomes = {"new": "created", "changed": "changed", "unchanged": "unchanged", "conflict": "kept"}
    fields = plan.kind.fields
    changes = one.difference.changes if one.fate == "changed" else {}
    return {
        "number": one.number,
        "outcome": outcomes.get(one.fate, "left"),
        "organisation": str(one.organisation) if one.organisation else None,
        "version": None,
        "changes": plain(changes, fields) if one.fate in ("new", "changed") else None,
        "target": str(one.target) if one.target else None,
    }


async def _insert(collection: Collection, added: Sequence[tuple[UUID | None, UUID | None, Row]]) -> None:
    """New entries behind the last of each list."""
    if not added:
        return
    names = [field.name for field in collection.fields]
    given = ", ".join(f"given.{name}" for name in names)
    await db.execute(
        f"INSERT INTO {collection.name} (id, organisation, position, created_at, updated_at, {', '.join(names)})"  # noqa: S608
        " SELECT given.id, given.organisation, given.position + coalesce((SELECT max(l.position) FROM"
        f" {collection.name} l WHERE l.organisation = given.organisation AND l.ended_at IS NULL), 0), now(), now(),"
        f" {given} FROM jsonb_populate_recordset(NULL::{collection.name}, $1) AS given",
        _json(
            {"id": key, "organisation": owner, "position": place, **values}
            for key, owner, values, place in _placed(added)
        ),
    )


def _placed(added: Sequence[tuple[UUID | None, UUID | None, Row]]) -> Iterable[tuple[Any, Any, Row, int]]:
    count: dict[Any, int] = defaultdict(int)
    for key, owner, values in added:
        count[owner] += 1
        yield key, owner, values, count[owner]


async def _update(collection: Collection, changed: Sequence[tuple[UUID | None, Row]]) -> None:
    """Entries by their number with what they say from now on; what is not given stays."""
    if not changed:
        return
    # the row as it is, with what is given laid over it
    sets = ", ".join(f"{field.name} = (new).{field.name}" for field in collection.fields)
    await db.execute(
        f"UPDATE {collection.name} r SET {sets}, updated_at = clock_timestamp() FROM ("  # noqa: S608
        f" SELECT jsonb_populate_record(l, given.says) AS new FROM jsonb_to_recordset($1) AS given(id uuid, says jsonb)"
        f" JOIN {collection.name} l ON l.id = given.id) laid WHERE r.id = (laid.new).id",
        _json({"id": key, "says": {name: to_json(value) for name, value in says.items()}} for key, says in changed),
    )


def _json(rows: Iterable[Row]) -> str:
    return json.dumps([{name: to_json(value) for name, value in row.items()} for row in rows], ensure_ascii=False)


async def _follow(
    collection: Collection, touched: list[UUID], person: UUID | None, history: list[Any], before: int
) -> None:
    """What follows a change of lists: codes for filters, provenance, versions, history, search, the listing."""
    if not touched:
        return
    if collection.name == "need_offer":
        await lists_of_profiles.recount(touched)
    versions = {
        row["id"]: row["version"]
        for row in await db.fetch(
            "UPDATE organisation SET version = version + 1, updated_at = now() WHERE id = ANY($1)"
            " RETURNING id, version",
            touched,
        )
    }
    await batches.note_source([(organisation, collection.name) for organisation in touched], person, SOURCE)
    await batches.record(person, [(*row[:5], versions[row[0]], row[6]) for row in history])
    if collection.name in KINDS:
        await keep_all_findable(touched)
    await batches.tell(touched, before)


async def take_back(waiting: list[dict[str, Any]], run: Any) -> dict[int, str]:
    """Entries that the import brought are removed, changed fields get their former values, but for what people did."""
    collection = COLLECTIONS[run["subject"]]
    fields = {field.name: field for field in collection.fields}
    organisations = {row["organisation"] for row in waiting}
    shelf = await stored(collection, organisations, lock=True)
    now = {row["id"]: row for owner in shelf.owners.values() for row in owner.entries}
    touched = {
        row["row"] for row in await db.fetch(_TOUCHED, list(organisations), [row["target"] for row in waiting], [ADDED])
    }
    outcomes = {row["number"]: "kept" for row in waiting}
    ended, restored, history = [], [], []
    for row in waiting:
        entry = now.get(row["target"])
        if entry is None:
            continue
        if row["outcome"] == "created":
            if row["target"] not in touched:
                outcomes[row["number"]] = "ended"
                ended.append(entry["id"])
                title = lists_of_profiles.title_of(collection, entry)
                history.append((row["organisation"], TAKEN_BACK, collection.name, title, None, None, entry["id"]))
            continue
        back = {
            name: from_json(fields[name], before)
            for name, (before, after) in row["changes"].items()
            if to_json(entry[name]) == after
        }
        if back:
            outcomes[row["number"]] = "restored" if len(back) == len(row["changes"]) else "kept"
            restored.append((entry["id"], back))
            history += [
                (row["organisation"], TAKEN_BACK, f"{collection.name}.{name}", entry[name], value, None, entry["id"])
                for name, value in back.items()
            ]
    await db.execute(
        f"UPDATE {collection.name} SET ended_at = now(), ended_reason = $2, updated_at = clock_timestamp()"  # noqa: S608
        " WHERE id = ANY($1)",
        *(ended, REASON),
    )
    await _update(collection, restored)
    await _follow(collection, list(dict.fromkeys(one[0] for one in history)), run["undone_by"], history, run["done"])
    return outcomes
