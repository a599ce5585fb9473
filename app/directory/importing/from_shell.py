"""An import from the command line: the same judgement and the same writing as from the pages, and a report in words."""

from pathlib import Path
from uuid import UUID

import msgspec

from app.core import db
from app.core.i18n import Phrase
from app.core.ids import new_id
from app.core.text import clean_line
from app.directory.importing.judgement import judge_file
from app.directory.importing.runs import CHOOSE_LETTERS, Choices, confirm, forget, unnamed
from app.directory.importing.subjects import ORGANISATIONS
from app.directory.importing.tabular import CannotRead
from app.directory.importing.values import Fault
from app.directory.importing.writing import write_batch

MOST_SAID = 200


class RowFault(msgspec.Struct, frozen=True):
    row: int
    fault: Fault


class Report(msgspec.Struct, kw_only=True):
    """The fate of every row of a file."""

    run: UUID
    rows: int
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    conflict: int = 0
    possible: int = 0
    faulty: int = 0
    faults: list[RowFault]
    ignored_columns: list[str]
    dry_run: bool

    def __str__(self) -> str:
        lines = [
            f"{self.rows} rows: {self.new} new, {self.changed} changed, {self.unchanged} as before,"
            f" {self.conflict} left as people wrote them, {self.possible} possible duplicates left out,"
            f" {self.faulty} with faults" + (" (dry run, nothing written)" if self.dry_run else "")
        ]
        if self.ignored_columns:
            lines.append(f"columns not used: {', '.join(self.ignored_columns)}")
        lines += [
            f"row {found.row}, {found.fault.field or found.fault.column}: {found.fault.text('en')}"
            for found in self.faults
        ]
        return "\n".join(lines)


async def import_file(
    path: Path, *, dry_run: bool = False, list_name: str = "", script: str = "", subject: str = ORGANISATIONS
) -> Report:
    """Judge the file and write what is new or different. The same file twice changes nothing.

    Rows with faults, possible duplicates and what people wrote otherwise are left out and told. `subject` is what the
    file is a list of. Raises CannotRead for a file that is no table, and for one whose letters nobody can tell without
    being told the `script`.
    """
    run = new_id()
    await db.execute(
        "INSERT INTO import_run (id, name, list_name, size, choices, subject, file_ended_at, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, now(), now())",
        *(
            run,
            clean_line(path.name)[:120],
            list_name,
            path.stat().st_size,
            msgspec.to_builtins(Choices(script=script)),
            subject,
        ),
    )
    await judge_file(run, path)
    row = await db.fetchrow("SELECT * FROM import_run WHERE id = $1", run)
    if row is None:
        raise LookupError(run)
    found = row["found"]
    if row["state"] == "refused" or not (found["named"] and found["sure"]):
        async with db.tx():
            await forget(run, "dropped")
        missing = CHOOSE_LETTERS if found and not found["sure"] else unnamed(subject)
        raise CannotRead(Phrase(row["problem"]) if row["problem"] else missing, **row["problem_values"])
    report = await _report(run, dry_run=dry_run)
    if dry_run:
        async with db.tx():
            await forget(run, "dropped")
    else:
        await confirm_from_shell(run)
    return report


async def confirm_from_shell(run: UUID) -> None:
    """Write at once, in this process: the job that the confirmation asks for finds nothing left to do."""
    await confirm(run)
    while await write_batch(run):
        pass


async def _report(run: UUID, *, dry_run: bool) -> Report:
    row = await db.fetchrow("SELECT total, counts, found FROM import_run WHERE id = $1", run)
    if row is None:
        raise LookupError(run)
    faults = await db.fetch(
        "SELECT number, faults FROM import_row WHERE run = $1 AND fate = 'faulty' ORDER BY number LIMIT $2",
        *(run, MOST_SAID),
    )
    return Report(
        run=run,
        rows=row["total"],
        **row["counts"].get("fates", {}),
        faults=[RowFault(found["number"], msgspec.convert(one, Fault)) for found in faults for one in found["faults"]],
        ignored_columns=[
            column["title"] for column in row["found"]["columns"] if not column["field"] and column["title"]
        ],
        dry_run=dry_run,
    )
