"""Judging a whole file, row by row in batches: nothing but the rows of the import itself is written.

A file is read twice: once to its end, so that one which breaks off or is too long is refused before anything is said
of its rows, and once to judge them.
"""

import asyncio
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.directory.fields import Field
from app.directory.importing.columns import LOOKED_AT, PROFILE, Column, columns_from, titles_among, titles_of
from app.directory.importing.judging import REPEATED, REPEATED_ENTRY, REPEATED_PERSON, Judged, Plan, plain, read
from app.directory.importing.repeats import repeated
from app.directory.importing.runs import Choices
from app.directory.importing.sources import Source, examine, opened
from app.directory.importing.subjects import ORGANISATION, ORGANISATIONS, PERSONS, ROW, subjects
from app.directory.importing.tabular import MOST_ROWS, TOO_MANY_ROWS, CannotRead, Row, is_blank, shown
from app.directory.importing.values import fault
from app.directory.importing.ways import way_of

BATCH = 500
PREVIEW = 8
_REPEATED = {ORGANISATIONS: REPEATED, PERSONS: REPEATED_PERSON}


class Looked(msgspec.Struct):
    """What a file is, before its rows are judged."""

    source: Source
    titles: int
    columns: list[Column]
    preview: list[list[str]]
    rows: int
    subject: str = ORGANISATIONS

    @property
    def named(self) -> bool:
        return not subjects()[self.subject].naming.isdisjoint(column.field for column in self.columns)

    def as_json(self) -> dict[str, Any]:
        return {
            "source": msgspec.to_builtins(self.source),
            "titles": self.titles,
            "columns": msgspec.to_builtins(self.columns),
            "preview": self.preview,
            "named": self.named,
            "sure": self.source.sure,
        }


def look(path: Path, choices: Choices, subject: str = ORGANISATIONS) -> Looked:
    """Read the file to its end: its kind, its titles, how many rows it has. Raises CannotRead."""
    source = examine(path, choices.script or None, choices.sheet)  # type: ignore[arg-type]
    found = _read_through(path, source, choices, subject)
    ours = any(column.field in (PROFILE, ROW) for column in found.columns) and source.bytes != "latin-1"
    if ours and not choices.script:
        # a table of our own making: its letters are what people wrote
        own = msgspec.structs.replace(source, script="as_is", sure=True, mends=False)
        return _read_through(path, own, choices, subject)
    return found


def _read_through(path: Path, source: Source, choices: Choices, subject: str) -> Looked:
    top: list[Row] = []
    rows = 0
    with opened(path, source) as lines:
        for line in lines:
            if len(top) < max(LOOKED_AT, choices.titles or 0):
                top.append(line)
            if not is_blank(line[1]):
                rows += 1
                # titles and a few lines above them do not count
                if rows > MOST_ROWS + LOOKED_AT:
                    raise CannotRead(TOO_MANY_ROWS, max=MOST_ROWS)
    if not rows:
        raise CannotRead
    number, titles = titles_among(top, subject)
    chosen = next((line for line in top if line[0] == choices.titles), None) if choices.titles else None
    if chosen is not None:
        number, titles = chosen[0], titles_of(chosen[1])
    above = sum(1 for line in top if line[0] <= number and not is_blank(line[1]))
    if rows - above > MOST_ROWS:
        raise CannotRead(TOO_MANY_ROWS, max=MOST_ROWS)
    preview = [[shown(cell)[:60] for cell in line[1]] for line in top if line[0] > number and not is_blank(line[1])]
    columns = columns_from(titles, choices.columns, subject)
    return Looked(source, number, columns, preview[:PREVIEW], rows - above, subject)


def lines_below(path: Path, looked: Looked) -> Generator[Row, None, None]:
    """The rows under the titles that hold something."""
    with opened(path, looked.source) as lines:
        for number, cells in lines:
            if number > looked.titles and not is_blank(cells):
                yield number, cells


async def judge_file(run: UUID, path: Path) -> None:
    """Judge the import's file from its beginning; a second time, the same is found. Many small transactions."""
    row = await db.fetchrow("SELECT * FROM import_run WHERE id = $1", run)
    if row is None or row["state"] != "received":
        return
    choices = msgspec.convert(row["choices"], Choices)
    try:
        looked = await asyncio.to_thread(look, path, choices, row["subject"])
    except CannotRead as refused:
        await _refuse(run, row["round"], refused)
        return
    await db.execute("DELETE FROM import_key WHERE run = $1", run)
    await db.execute("DELETE FROM import_row WHERE run = $1", run)
    await db.execute(
        "UPDATE import_run SET found = $3, done = 0, total = $4 WHERE id = $1 AND round = $2",
        *(run, row["round"], looked.as_json(), looked.rows),
    )
    if looked.named:
        await _judge_rows(run, row, path, looked, choices)
    await _close(run, row["round"])


async def _judge_rows(run: UUID, row: Any, path: Path, looked: Looked, choices: Choices) -> None:
    plan = Plan(tuple(looked.columns), row["list_name"], choices.take, row["subject"], run)
    judge = way_of(plan.subject).judge
    with closing(lines_below(path, looked)) as lines:
        while batch := await asyncio.to_thread(lambda: read(list(islice(lines, BATCH)), plan)):
            async with db.tx(statement_timeout="60s"):
                current = await db.fetchval("SELECT round FROM import_run WHERE id = $1 FOR UPDATE", run)
                if current != row["round"]:
                    return
                judged = await judge(batch, plan)
                await _keep(run, judged, await repeated(run, judged), plan)
                await db.execute("UPDATE import_run SET done = done + $2 WHERE id = $1", run, len(batch))


async def _keep(run: UUID, judged: list[Judged], repeats: dict[int, int], plan: Plan) -> None:
    for one in judged:
        if one.number in repeats:
            one.fate = "faulty"
            phrase = _REPEATED.get(plan.subject, REPEATED_ENTRY)
            column = "name" if "name" in plan.kind.fields else ORGANISATION
            one.faults.append(fault(plan.title(column), column, one.said.name, phrase, row=repeats[one.number]))
    await db.execute(
        "INSERT INTO import_row (run, number, name, fate, why, organisation, target, values, changes, conflicts,"
        " faults) SELECT $1, number, name, fate, why, organisation, target, values, changes, conflicts, faults"
        " FROM jsonb_to_recordset($2) AS given(number integer, name text, fate text, why text, organisation uuid,"
        " target uuid, values jsonb, changes jsonb, conflicts jsonb, faults jsonb)",
        run,
        [_row(one, plan.kind.fields) for one in judged],
    )


def _row(one: Judged, fields: dict[str, Field]) -> dict[str, Any]:
    said = one.said
    values = plain(said.values, fields)
    beside = {"profile": said.profile, "external": said.external, "needs": said.needs, "row": said.row,
              "organisation": said.organisation, "code": said.code}  # fmt: skip
    values |= {f"@{name}": value for name, value in beside.items() if value}
    return {
        "number": one.number,
        "name": said.name[:160],
        "fate": one.fate,
        "why": one.known.why if one.fate != "new" else "",
        "organisation": str(one.organisation) if one.organisation else None,
        "target": str(one.target) if one.target else None,
        "values": values if one.fate != "faulty" else {},
        "changes": plain(one.difference.changes, fields),
        "conflicts": plain(one.difference.conflicts, fields),
        "faults": msgspec.to_builtins(one.faults),
    }


async def _refuse(run: UUID, round_: int, refused: CannotRead) -> None:
    await db.execute(
        "UPDATE import_run SET state = 'refused', problem = $3, problem_values = $4, found = '{}' WHERE id = $1"
        " AND round = $2 AND state = 'received'",
        *(run, round_, str(refused.phrase), {name: str(value) for name, value in refused.params.items()}),
    )


async def _close(run: UUID, round_: int) -> None:
    fates = await db.fetch("SELECT fate, count(*) FROM import_row WHERE run = $1 GROUP BY fate", run)
    fields = await db.fetch(
        "SELECT key, count(*) FROM import_row, jsonb_object_keys(changes) AS key WHERE run = $1 AND fate = 'changed'"
        " GROUP BY key ORDER BY 2 DESC",
        run,
    )
    counts = {
        "fates": {found["fate"]: found["count"] for found in fates},
        "fields": {found["key"]: found["count"] for found in fields},
        "conflicts": await db.fetchval("SELECT count(*) FROM import_row WHERE run = $1 AND conflicts <> '{}'", run),
    }
    await db.execute(
        "UPDATE import_run SET state = 'judged', judged_at = now(), counts = $3 WHERE id = $1 AND round = $2"
        " AND state = 'received'",
        *(run, round_, counts),
    )
