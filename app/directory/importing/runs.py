"""What a person does with an import: send a file, look again after a choice, decide, confirm, drop, take back.

The work itself is done by jobs (see `jobs`); a verb here notes what is wanted and asks for it.
"""

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.text import clean_line
from app.core.web import Actor
from app.directory.importing.letters import SCRIPTS
from app.directory.importing.subjects import ORGANISATIONS, PERSONS, subject_named

UNDO_DAYS = 30
FILE = "table"
"""The name of the file's bytes in the storage."""

CHOOSE_LETTERS = N_("Please say first in which letters the file is written.")
NO_NAMES = N_("Please say first which column holds the name, or a number by which we know the organisations.")
NO_ORGANISATIONS = N_(
    "Please say first which column holds the organisation, its code or number, or the entry's number."
)
NO_ADDRESSES = N_("Please say first which column holds the e-mail address.")


def unnamed(subject: str) -> Phrase:
    """What is missing where no column says whom a row is about."""
    return {ORGANISATIONS: NO_NAMES, PERSONS: NO_ADDRESSES}.get(subject, NO_ORGANISATIONS)


class NotReady(Conflict):
    message = N_("This import is not at the step where that can be done. Here is how it stands now.")


class TooLate(Conflict):
    message = N_("An import can be taken back for %(days)s days.")


class Choices(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a person chose about a file; nothing: what we found by ourselves."""

    script: str = ""
    sheet: int | None = None
    titles: int | None = None
    columns: dict[str, str] = {}
    take: bool = False


async def start(
    actor: Actor, name: str, path: Path, list_name: str = "", sha256: str = "", subject: str = ORGANISATIONS
) -> UUID:
    """Keep the file and let it be judged. Not idempotent: sent twice, two imports, the second of which changes nothing.

    The bytes are in the storage before the row exists: without its row nothing points to them. Enqueues
    importing.judge.
    """
    run = new_id()
    await storage().put(key_of(run, FILE), path)
    async with db.tx():
        await db.execute(
            "INSERT INTO import_run (id, person, name, list_name, size, sha256, subject, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, now())",
            *(run, actor.person_id, clean_line(name)[:120], clean_line(list_name)[:80], path.stat().st_size, sha256),
            subject_named(subject).name,
        )
        await enqueue("importing.judge", {"run": str(run), "round": 1})
    return run


async def choose(run: UUID, choices: Choices) -> None:
    """Judge the file again as somebody says it is to be read. Decisions about single rows begin anew.

    Locks the import; enqueues importing.judge. Raises NotReady once it is confirmed, Invalid for what is no choice.
    """
    if choices.script and choices.script not in SCRIPTS:
        raise Invalid
    async with db.tx():
        row = await _locked(run, "judged", "refused", "received")
        wanted = {**msgspec.to_builtins(choices)}
        await db.execute(
            "UPDATE import_run SET choices = $2, state = 'received', problem = NULL, problem_values = '{}',"
            " counts = '{}', done = 0, total = 0, round = round + 1 WHERE id = $1",
            *(run, wanted),
        )
        await enqueue("importing.judge", {"run": str(run), "round": row["round"] + 1})


async def decide(run: UUID, number: int, decision: str) -> None:
    """Say of a possible duplicate whether it is the same, another one, or to be left out. Idempotent."""
    async with db.tx():
        await _locked(run, "judged")
        if decision not in ("same", "other", "skip"):
            raise Invalid
        done = await db.execute(
            "UPDATE import_row SET decision = $3 WHERE run = $1 AND number = $2 AND fate = 'possible'",
            *(run, number, decision),
        )
        if not done:
            raise NotFound


async def confirm(run: UUID) -> None:
    """Let the import be written. Idempotent: confirmed twice, it is written once. Enqueues importing.write.

    Raises NotReady before the file is judged and after it was dropped or taken back, Invalid while a choice is missing.
    """
    async with db.tx():
        row = await _locked(run, "judged", "confirmed", "written")
        if row["state"] != "judged":
            return
        if not row["found"].get("sure"):
            raise Invalid(CHOOSE_LETTERS)
        if not row["found"].get("named"):
            raise Invalid(unnamed(row["subject"]))
        total = await db.fetchval(
            "SELECT count(*) FROM import_row WHERE run = $1 AND (fate IN ('new', 'changed', 'conflict')"
            " OR (fate = 'possible' AND decision IN ('same', 'other')))",
            run,
        )
        await db.execute(
            "UPDATE import_run SET state = 'confirmed', confirmed_at = now(), done = 0, total = $2 WHERE id = $1",
            *(run, total),
        )
        await enqueue("importing.write", {"run": str(run)})


async def drop(run: UUID) -> None:
    """Give up an import that was not written; its rows and its file go. Idempotent."""
    async with db.tx():
        row = await _locked(run, "received", "judged", "refused", "dropped")
        if row["state"] != "dropped":
            await forget(run, "dropped")
            await enqueue("importing.forget_file", {"run": str(run)})


async def forget(run: UUID, state: str) -> None:
    """In the open transaction: the rows of an import go, the import itself stays as an entry in the list."""
    await db.execute("DELETE FROM import_key WHERE run = $1", run)
    await db.execute("DELETE FROM import_row WHERE run = $1", run)
    await db.execute(
        "UPDATE import_run SET state = $2, problem = NULL, ended_at = now(), round = round + 1 WHERE id = $1",
        *(run, state),
    )


async def undo(actor: Actor, run: UUID) -> None:
    """Take a written import back: what it brought ends, what it changed is put back, but for what people did since.

    Idempotent. Enqueues importing.undo. Raises NotReady and, after 30 days, TooLate.
    """
    async with db.tx():
        row = await _locked(run, "written", "undoing", "undone")
        if row["state"] != "written":
            return
        if row["late"]:
            raise TooLate(days=UNDO_DAYS)
        await db.execute(
            "UPDATE import_run SET state = 'undoing', undone_by = $2, done = 0, total ="
            " (SELECT count(*) FROM import_row WHERE run = $1 AND outcome IN ('created', 'changed')) WHERE id = $1",
            *(run, actor.person_id),
        )
        await enqueue("importing.undo", {"run": str(run)})


async def _locked(run: UUID, *states: str) -> dict[str, Any]:
    row = await db.fetchrow(
        "SELECT *, written_at < now() - make_interval(days => $2) AS late FROM import_run WHERE id = $1 FOR UPDATE",
        *(run, UNDO_DAYS),
    )
    if row is None:
        raise NotFound
    if row["state"] not in states:
        raise NotReady
    return dict(row)
