"""What the pages of imports show: runs, one run with its step, its rows by fate. Questions only."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import NotFound
from app.core.i18n import N_, Phrase, gettext
from app.core.templating import format_number
from app.core.web import Actor
from app.directory.importing.columns import title_of
from app.directory.importing.experience import as_cell
from app.directory.importing.subjects import EXPERTISE, ORGANISATIONS, PERSONS, Subject, subject_named
from app.directory.importing.tables_out import Format, TableOut
from app.directory.importing.values import Fault
from app.directory.vocabulary import NEEDS as NEED_TERMS
from app.people.desks import Queue, staff_queues

PAGE = 50
RUNS = 30
FATES: dict[str, Phrase] = {
    "new": N_("new organisation"),
    "changed": N_("changed"),
    "conflict": N_("left as people wrote it"),
    "possible": N_("possible duplicate"),
    "faulty": N_("with faults"),
    "unchanged": N_("unchanged"),
}
STATES: dict[str, Phrase] = {
    "received": N_("being looked at"),
    "judged": N_("waits for your word"),
    "confirmed": N_("being written"),
    "written": N_("written"),
    "undoing": N_("being taken back"),
    "undone": N_("taken back"),
    "refused": N_("cannot be read"),
    "dropped": N_("given up"),
}
OUTCOMES: dict[str, Phrase] = {
    "created": N_("new profiles"),
    "changed": N_("profiles changed"),
    "unchanged": N_("as before"),
    "kept": N_("left as people wrote them"),
    "left": N_("left out"),
}
UNDONE: dict[str, Phrase] = {
    "ended": N_("profiles ended"),
    "restored": N_("profiles put back"),
    "kept": N_("kept: edited since"),
}
_WORDS_OF_LISTS: dict[str, Phrase] = {
    "new": N_("new entry"),
    "created": N_("new entries"),
    "changed": N_("entries changed"),
    "ended": N_("entries removed"),
    "restored": N_("entries put back"),
}
_WORDS_OF_PERSONS: dict[str, Phrase] = {
    "new": N_("new proposal"),
    "conflict": N_("declined by the person"),
    "created": N_("new proposals"),
    "changed": N_("proposals changed"),
    "kept": N_("declined by the person"),
    "ended": N_("proposals taken away"),
    "restored": N_("proposals put back"),
}


def fates_of(subject: str) -> dict[str, Phrase]:
    """Of persons nobody is perhaps another: the address says who it is."""
    found = FATES | _own_words(subject, FATES) | {"changed": FATES["changed"]}
    return {code: phrase for code, phrase in found.items() if subject != PERSONS or code != "possible"}


def outcomes_of(subject: str) -> dict[str, Phrase]:
    return OUTCOMES | _own_words(subject, OUTCOMES)


def undone_of(subject: str) -> dict[str, Phrase]:
    return UNDONE | {**_own_words(subject, UNDONE), "kept": N_("kept: edited since")}


def _own_words(subject: str, general: dict[str, Phrase]) -> dict[str, Phrase]:
    words = {} if subject == ORGANISATIONS else _WORDS_OF_PERSONS if subject == PERSONS else _WORDS_OF_LISTS
    return {code: phrase for code, phrase in words.items() if code in general}


BUSY = ("received", "confirmed", "undoing")


class Shown(msgspec.Struct, frozen=True):
    """One row as the page shows it; changes and conflicts as field, before and after in words."""

    number: int
    name: str
    fate: str
    why: str
    slug: str
    organisation: str
    decision: str
    outcome: str
    undone: str
    values: list[tuple[str, str]]
    changes: list[tuple[str, str, str]]
    conflicts: list[tuple[str, str, str, str]]
    faults: list[Fault]


@staff_queues
async def waiting(actor: Actor) -> list[Queue]:
    """Lists that were judged and wait for a word."""
    if not actor.has("moderator"):
        return []
    row = await db.fetchrow(
        "SELECT count(*) AS waiting, min(judged_at) AS oldest FROM import_run WHERE state = 'judged'"
    )
    return [
        Queue(
            title=N_("Import lists"),
            text=N_("Lists of organisations on their way in, and how to export them."),
            href="/staff/imports",
            waiting=row["waiting"] if row else 0,
            oldest_at=row["oldest"] if row else None,
        )
    ]


async def runs(before: UUID | None = None) -> list[dict[str, Any]]:
    """Imports of everybody, the newest first."""
    rows = await db.fetch(
        "SELECT r.*, p.name AS sender FROM import_run r LEFT JOIN person p ON p.id = r.person"
        " WHERE r.state <> 'dropped' AND ($1::uuid IS NULL OR r.id < $1) ORDER BY r.id DESC LIMIT $2",
        *(before, RUNS + 1),
    )
    return [dict(row) for row in rows]


async def run_for(run: UUID) -> dict[str, Any]:
    """One import. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT r.*, p.name AS sender, u.name AS undoer, r.written_at < now() - interval '30 days' AS late"
        " FROM import_run r LEFT JOIN person p ON p.id = r.person LEFT JOIN person u ON u.id = r.undone_by"
        " WHERE r.id = $1",
        run,
    )
    if row is None:
        raise NotFound
    return dict(row)


_ROWS = """
    SELECT r.*, o.slug, o.name AS organisation_name, u.subject FROM import_row r JOIN import_run u ON u.id = r.run
    LEFT JOIN organisation o ON o.id = r.organisation
    WHERE r.run = $1 AND r.number > $3 AND ($2 = '' OR r.fate = $2 OR ($2 = 'conflict' AND r.conflicts <> '{}'))
    ORDER BY r.number LIMIT $4
"""


async def rows_of(run: UUID, fate: str = "", after: int = 0, limit: int = PAGE + 1) -> list[Shown]:
    """Rows of an import in the order of the file."""
    return [_shown(dict(row)) for row in await db.fetch(_ROWS, run, fate, after, limit)]


def _shown(row: dict[str, Any]) -> Shown:
    subject = subject_named(row["subject"])
    return Shown(
        row["number"],
        row["name"] or row["organisation_name"] or "",
        row["fate"],
        row["why"],
        row["slug"] or "",
        row["organisation_name"] or "",
        row["decision"] or "",
        row["outcome"] or "",
        row["undone"] or "",
        [
            (label(name, subject), said(name, value, subject))
            for name, value in row["values"].items()
            if (name in subject.fields or name == EXPERTISE) and name != "name"
        ],
        [
            (label(name, subject), said(name, before, subject), said(name, after, subject))
            for name, (before, after) in row["changes"].items()
            if name != "founded_precision"
        ],
        [
            (label(name, subject), said(name, before, subject), said(name, after, subject), gettext(why))
            for name, (before, after, why) in row["conflicts"].items()
        ],
        [msgspec.convert(found, Fault) for found in row["faults"]],
    )


def label(name: str, subject: Subject) -> str:
    return title_of(name, subject=subject) if name in subject.fields or name in subject.own else name


def said(name: str, value: Any, subject: Subject) -> str:
    """A value of a row as people read it."""
    field = subject.fields.get(name)
    if name == EXPERTISE:
        return as_cell(value or ()) or "–"
    vocabulary = field.vocabulary if field else NEED_TERMS if name in ("needs", "offers") else None
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, list):
        return "; ".join(vocabulary.label(part) if vocabulary else str(part) for part in value)
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if field is not None and field.type in ("money", "amount", "percent"):
        return format_number(Decimal(value))
    return vocabulary.label(str(value)) if vocabulary else str(value)


async def write_faults(run: UUID, path: Path, form: Format) -> int:
    """Every fault of an import as a table: row, column, value, reason. The number of faults."""
    titles = [gettext("Row"), gettext("Column"), gettext("Value"), gettext("Reason")]
    subject = subject_named((await run_for(run))["subject"])
    count = 0
    with TableOut(path, form, titles, gettext("Faults")) as table:
        async for batch in _faulty(run):
            rows: list[list[Any]] = [
                [row.number, found.column or label(found.field, subject), found.value, found.text()]
                for row in batch
                for found in row.faults
            ]
            count += len(rows)
            await asyncio.to_thread(table.write_all, rows)
    return count


async def _faulty(run: UUID) -> AsyncIterator[list[Shown]]:
    after = 0
    while batch := await rows_of(run, "faulty", after, 500):
        yield batch
        after = batch[-1].number


def problem_of(run: dict[str, Any]) -> str:
    """Why a file cannot be read, in the reader's language."""
    return Phrase(run["problem"]).text(**run["problem_values"]) if run["problem"] else ""


def columns_shown(run: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns of a file with an example of what stands in each."""
    found = run["found"]
    return [
        {
            **column,
            "example": next((row[at] for row in found["preview"] if len(row) > at and row[at]), ""),
        }
        for column in found.get("columns", [])
        for at in (column["index"],)
    ]
