"""A copy of everything about somebody: asked for, made by a job as one ZIP file, fetched for a week, then gone.

Every sheet that subjects have registered is written as JSON and as CSV. Rows come through cursors, the file is made on
the disk and stored in pieces: neither making nor fetching it holds the whole in memory.
"""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from uuid import UUID

import asyncpg
import structlog

from app.core import clock, db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_, gettext, in_language
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.outbox import enqueue, every, job
from app.core.settings import get_settings
from app.core.web import Actor
from app.people import record
from app.people.record import Origin
from app.people.rights.subject import Subject, attachments, exporters, subject_of

log = structlog.get_logger()

DAYS = 7
A_DAY = 5
PIECE = 256 * 1024
TOPIC = "people.copy"


class NotReady(Conflict):
    message = N_("Your copy is being made. Please come back in a few minutes.")


async def ask(actor: Actor, origin: Origin) -> UUID:
    """Ask for a copy; its number. While one is being made, that one. Raises TooMany after five in a day."""
    await hit("people.copy", actor.person_id, A_DAY, 86_400)
    async with db.tx():
        await db.execute("SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE", actor.person_id)
        waiting: UUID | None = await db.fetchval(
            "SELECT id FROM data_export WHERE person = $1 AND state = 'asked'", actor.person_id
        )
        if waiting is not None:
            return waiting
        number = new_id()
        await db.execute(
            "INSERT INTO data_export (id, person, state, asked_at) VALUES ($1, $2, 'asked', now())",
            *(number, actor.person_id),
        )
        await record.note(actor.person_id, "data.copy_asked", origin)
        await enqueue(TOPIC, {"export": str(number)}, dedupe_key=f"{TOPIC}:{number}")
    return number


async def copies_of(person: UUID) -> list[asyncpg.Record]:
    """A person's copies that are made or being made, newest first."""
    return await db.fetch(
        "SELECT id, state, asked_at, made_at, expires_at, fetched_at, size, records FROM data_export"
        " WHERE person = $1 AND state <> 'over' AND (expires_at IS NULL OR expires_at > now())"
        " ORDER BY asked_at DESC LIMIT 20",
        person,
    )


async def copy_for(actor: Actor, number: UUID) -> asyncpg.Record:
    """One of the actor's own copies, fit to be fetched. Raises NotFound, or NotReady while it is being made."""
    row = await db.fetchrow(
        "SELECT id, state, asked_at, made_at, expires_at, fetched_at, size, records FROM data_export"
        " WHERE id = $1 AND person = $2 AND state <> 'over' AND (expires_at IS NULL OR expires_at > now())",
        *(number, actor.person_id),
    )
    if row is None:
        raise NotFound
    if row["state"] == "asked":
        raise NotReady
    return row


async def fetched(actor: Actor, number: UUID, origin: Origin) -> None:
    """Note that a copy was taken home."""
    async with db.tx():
        await db.execute("UPDATE data_export SET fetched_at = coalesce(fetched_at, now()) WHERE id = $1", number)
        await record.note(actor.person_id, "data.copy_fetched", origin)


async def pieces(number: UUID) -> AsyncIterator[bytes]:
    """The file, a piece at a time; a copy that is erased meanwhile ends early."""
    last = 0
    while True:
        row = await db.fetchrow(
            "SELECT id, content FROM data_export_part WHERE export = $1 AND id > $2 ORDER BY id LIMIT 1", number, last
        )
        if row is None:
            return
        last = row["id"]
        yield bytes(row["content"])


@job(TOPIC)
async def make(payload: dict[str, Any]) -> None:
    """Make one copy and write where to fetch it. Running twice makes it once."""
    number = UUID(payload["export"])
    row = await db.fetchrow(
        "SELECT e.person, p.email, p.locale, p.name FROM data_export e JOIN person p ON p.id = e.person"
        " WHERE e.id = $1 AND e.state = 'asked' AND p.erased_at IS NULL",
        number,
    )
    subject = await subject_of(row["person"]) if row else None
    if row is None or subject is None:
        return
    with tempfile.TemporaryFile() as file:
        records = await write_zip(file, subject)
        await _store(number, file, records, row)


async def _store(number: UUID, file: IO[bytes], records: int, row: asyncpg.Record) -> None:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    async with db.tx(statement_timeout="60s"):
        if not await db.fetchval("SELECT true FROM data_export WHERE id = $1 AND state = 'asked' FOR UPDATE", number):
            return
        while piece := file.read(PIECE):
            await db.execute("INSERT INTO data_export_part (export, content) VALUES ($1, $2)", number, piece)
        await db.execute(
            "UPDATE data_export SET state = 'ready', made_at = now(), expires_at = now() + make_interval(days => $2),"
            " size = $3, records = $4 WHERE id = $1",
            *(number, DAYS, size, records),
        )
        await send_mail(
            to=row["email"],
            template="people/mail/copy_ready.txt",
            message_key=f"copy-ready:{number}",
            locale=row["locale"],
            context={"name": row["name"], "days": DAYS, "url": f"{get_settings().origin}/account/data/export"},
        )


async def write_zip(file: IO[bytes], subject: Subject) -> int:
    """Write the ZIP; how many records it holds. Sheets without a row are named in the list of contents only."""
    counts: dict[str, int] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for sheet, rows in sorted(exporters.items()):
            counts[sheet] = await _write_sheet(archive, sheet, rows(subject))
        for folder, files in sorted(attachments.items()):
            async for name, pieces in files(subject):
                await _write_file(archive, f"{folder}/{name}", pieces)
        for language in ("vi", "en"):
            archive.writestr(f"README.{language}.txt", _readme(counts, language))
    return sum(counts.values())


async def _write_file(archive: zipfile.ZipFile, path: str, pieces: AsyncIterator[bytes]) -> None:
    with archive.open(path, "w", force_zip64=True) as out:
        async for piece in pieces:
            out.write(piece)


async def _write_sheet(archive: zipfile.ZipFile, sheet: str, rows: AsyncIterator[dict[str, Any]]) -> int:
    """One sheet as JSON and CSV. A ZIP takes one entry at a time, so the CSV waits in a file of its own."""
    count = 0
    with tempfile.TemporaryFile("w+", encoding="utf-8-sig", newline="") as table:
        lines = csv.writer(table)
        first = await anext(rows, None)
        if first is None:
            return 0
        with archive.open(f"{sheet}.json", "w", force_zip64=True) as out:
            lines.writerow(first)
            row: dict[str, Any] | None = first
            while row is not None:
                out.write(("[\n" if not count else ",\n").encode() + _json(row))
                lines.writerow([_cell(value) for value in row.values()])
                count += 1
                row = await anext(rows, None)
            out.write(b"\n]\n")
        table.seek(0)
        with archive.open(f"{sheet}.csv", "w", force_zip64=True) as out:
            while text := table.buffer.read(PIECE):
                out.write(text)
    return count


def _json(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no plain form")


def _cell(value: object) -> str:
    """A cell that no spreadsheet runs."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_plain).strip('"')
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r") else text


def _readme(counts: dict[str, int], language: str) -> str:
    with in_language(language):
        lines = [
            gettext("What Kết Nối keeps about you"),
            "",
            gettext(
                "Made on %(day)s. Every part is there twice: as JSON for programs and as CSV for spreadsheets.",
                day=f"{clock.now():%Y-%m-%d}",
            ),
            gettext("Passwords, keys and codes are kept as hashes only and are not in here."),
            "",
            *(f"{sheet}: {count}" for sheet, count in counts.items()),
        ]
        return "\r\n".join(lines) + "\r\n"


@every(3600, "people.forget_copies")
async def forget() -> None:
    """A copy goes when its week is over; that there was one stays. What was never made is given up after a day."""
    gone = "expires_at < now() OR (state = 'asked' AND asked_at < now() - interval '1 day')"
    await db.execute(f"DELETE FROM data_export_part WHERE export IN (SELECT id FROM data_export WHERE {gone})")  # noqa: S608
    await db.execute(f"UPDATE data_export SET state = 'over' WHERE state <> 'over' AND ({gone})")  # noqa: S608
