"""Jobs of imports and exports; importing the module registers them. Each changes nothing the second time."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.files.storage import Missing, key_of
from app.core.files.where import storage
from app.core.i18n import N_
from app.core.outbox import every, job
from app.directory.importing.exporting import FILE as EXPORTED
from app.directory.importing.exporting import forget_expired, write_export
from app.directory.importing.files import fetched
from app.directory.importing.judgement import judge_file
from app.directory.importing.runs import FILE, UNDO_DAYS, forget
from app.directory.importing.undoing import undo_batch
from app.directory.importing.writing import write_batch
from app.directory.persons import proposals

DAY_SECONDS = 86_400
DROPPED_AFTER_DAYS = 7
"""An import that nobody confirms is given up; nobody remembers then what it was about."""

MISSING = N_("The file of this import is gone. Please send it again.")


@job("importing.judge")
async def judge(payload: dict[str, Any]) -> None:
    run = UUID(payload["run"])
    if await db.fetchval("SELECT round FROM import_run WHERE id = $1 AND state = 'received'", run) != payload["round"]:
        return
    try:
        async with fetched(run, FILE) as path:
            await judge_file(run, path)
    except Missing:
        await db.execute("UPDATE import_run SET state = 'refused', problem = $2 WHERE id = $1", run, MISSING)


@job("importing.write")
async def write(payload: dict[str, Any]) -> None:
    while await write_batch(UUID(payload["run"])):
        pass


@job("importing.undo")
async def undo(payload: dict[str, Any]) -> None:
    while await undo_batch(UUID(payload["run"])):
        pass


@job("importing.forget_file")
async def forget_file(payload: dict[str, Any]) -> None:
    run = UUID(payload["run"])
    await storage().delete(key_of(run, FILE))
    await db.execute("UPDATE import_run SET file_ended_at = now() WHERE id = $1", run)


@job("importing.forget_export")
async def forget_export(payload: dict[str, Any]) -> None:
    await storage().delete(key_of(UUID(payload["run"]), EXPORTED))


@job("importing.export")
async def export(payload: dict[str, Any]) -> None:
    await write_export(UUID(payload["run"]))


@every(DAY_SECONDS, "importing.forget")
async def forget_old() -> None:
    """Files are kept a week, rows as long as an import may be taken back; the entry in the list stays."""
    await forget_expired()
    await proposals.forget_old()
    async with db.tx():
        for row in await db.fetch(
            "SELECT id FROM import_run WHERE state IN ('received', 'judged', 'refused')"
            " AND created_at < now() - make_interval(days => $1) ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED",
            DROPPED_AFTER_DAYS,
        ):
            await forget(row["id"], "dropped")
        for row in await db.fetch(
            "SELECT id, state FROM import_run WHERE state IN ('written', 'undone') AND ended_at IS NULL"
            " AND created_at < now() - make_interval(days => $1) ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED",
            UNDO_DAYS + 30,
        ):
            await forget(row["id"], row["state"])
    for row in await db.fetch(
        "SELECT id FROM import_run WHERE file_ended_at IS NULL"
        " AND created_at < now() - make_interval(days => $1) LIMIT 200",
        DROPPED_AFTER_DAYS,
    ):
        await forget_file({"run": str(row["id"])})
