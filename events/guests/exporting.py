"""The list as a file: CSV or XLSX, written by a job in constant memory, with how far it is; kept for some days."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from app.core import clock, db
from app.core.errors import Invalid, NotFound
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import gettext, in_language
from app.core.ids import new_id
from app.core.limits import hit
from app.core.outbox import enqueue, every, job
from app.core.web import Actor
from app.directory.importing.files import drafted
from app.directory.importing.tables_out import MEDIA, TableOut
from events.asking import asked as forms
from events.guests import listing
from events.guests.asking import Asked, read_text
from events.guests.wording import cell, known_columns, titles

BATCH = 1000
FILE = "guests"
KEPT_DAYS = 3
PER_HOUR = 30


async def ask(actor: Actor, event: UUID, asked: Asked, form: str, locale: str) -> UUID:
    """Have whoever fits written into a file. Enqueues guests.export. Raises Invalid, TooMany."""
    if form not in MEDIA:
        raise Invalid(fields={"format": NOT_A_CHOICE})
    await hit("guests.export", actor.person_id, PER_HOUR, 3600)
    number = new_id()
    total = (await listing.counts(event, asked)).total
    async with db.tx():
        await db.execute(
            "INSERT INTO guest_file (id, event, person, format, locale, asked, state, total, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, 'asked', $7, now())",
            *(number, event, actor.person_id, form, locale, {"query": asked.query}, total),
        )
        await enqueue("guests.export", {"file": str(number)})
    return number


@job("guests.export")
async def write(payload: dict[str, Any]) -> None:
    """Write a file that was asked for; written already, nothing happens."""
    number = UUID(payload["file"])
    row = await db.fetchrow("SELECT * FROM guest_file WHERE id = $1 AND state = 'asked'", number)
    if row is None:
        return
    with in_language(row["locale"]):
        async with drafted() as path:
            done = await _write(row, path)
            await storage().put(key_of(number, FILE), path)
    written = await db.execute(
        "UPDATE guest_file SET state = 'written', done = $2, total = $2, finished_at = now()"
        " WHERE id = $1 AND state = 'asked'",
        *(number, done),
    )
    if not written:
        # ended while it was being written: somebody in it was erased
        await storage().delete(key_of(number, FILE))


async def _write(row: asyncpg.Record, path: Path) -> int:
    asked = read_text(row["asked"]["query"])
    questions = await forms.columns(row["event"])
    by_code = {question.code: question for question in questions}
    columns = known_columns(asked.columns, questions)
    done = 0
    with TableOut(path, row["format"], [gettext("Name"), *titles(columns, questions)], gettext("Guests")) as table:
        async for batch in listing.batches(row["event"], asked, BATCH):
            cells = [[guest["full_name"], *(cell(one, guest, by_code) for one in columns)] for guest in batch]
            await asyncio.to_thread(table.write_all, cells)
            done += len(batch)
            await db.execute(
                "UPDATE guest_file SET done = $2, total = greatest(total, $2) WHERE id = $1", row["id"], done
            )
    return done


async def file_for(actor: Actor, event: UUID, number: UUID) -> asyncpg.Record:
    """A file of one's own. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT * FROM guest_file WHERE id = $1 AND event = $2 AND person = $3 AND state <> 'ended'",
        *(number, event, actor.person_id),
    )
    if row is None:
        raise NotFound
    return row


@every(3600, "guests.end_old_files")
async def end_old_files() -> None:
    """Files go after some days."""
    async with db.tx():
        rows = await db.fetch(
            "UPDATE guest_file SET state = 'ended' WHERE state = 'written' AND finished_at < $1 RETURNING id",
            clock.now() - timedelta(days=KEPT_DAYS),
        )
        for row in rows:
            await enqueue("guests.remove", {"file": str(row["id"])})


@job("guests.remove")
async def remove(payload: dict[str, Any]) -> None:
    """Forget the bytes of a file that has ended."""
    await storage().delete(key_of(UUID(payload["file"]), FILE))
