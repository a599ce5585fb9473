"""The ledger of erasures: in the database, and in a file of the data folder that a restored backup does not replace.

It names nobody: it knows the account's number, and the hash of the address. What it is for is in `replay`.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import structlog

from app.core import db
from app.core.outbox import every
from app.core.settings import get_settings
from app.people.rights.subject import Subject

log = structlog.get_logger()

FILE = "erasures.jsonl"


class Entry(msgspec.Struct, frozen=True):
    """One line of the file."""

    id: UUID
    person: UUID | None
    salt: str
    addresses: list[str]
    erased_at: datetime


def hashed(salt: bytes, key: str) -> bytes:
    return hashlib.sha256(salt + key.encode()).digest()


async def write(number: UUID, subject: Subject, *, channel: str, request: UUID | None, counts: dict[str, int]) -> None:
    """Note an erasure in the open transaction, and in the file once it is committed."""
    salt = secrets.token_bytes(16)
    await db.execute(
        "INSERT INTO erasure (id, person, salt, address_hashes, erased_at, request, channel, counts)"
        " VALUES ($1, $2, $3, $4, now(), $5, $6, $7)",
        *(number, subject.person, salt, [hashed(salt, subject.key)] if subject.key else [], request, channel, counts),
    )
    db.after_commit(copy_to_file)


@every(3600, "people.copy_ledger")
async def copy_to_file() -> None:
    """Add to the file what the database knows and the file does not: also what another machine has erased."""
    known = {entry.id for entry in read(path())}
    rows = await db.fetch("SELECT id, person, salt, address_hashes, erased_at FROM erasure ORDER BY erased_at, id")
    append(path(), (entry_of(row) for row in rows if row["id"] not in known))


def path() -> Path:
    return get_settings().data_path / FILE


def entry_of(row: Any) -> Entry:
    """A row of the table as a line of the file."""
    return Entry(
        id=row["id"],
        person=row["person"],
        salt=bytes(row["salt"]).hex(),
        addresses=[bytes(value).hex() for value in row["address_hashes"]],
        erased_at=row["erased_at"],
    )


def append(file: Path, entries: Iterable[Entry]) -> int:
    """Write lines that are on the disk when it returns; how many. A line twice does no harm."""
    lines = [msgspec.json.encode(entry) + b"\n" for entry in entries]
    if lines:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "ab") as out:
            out.write(b"".join(lines))
            out.flush()
            os.fsync(out.fileno())
    return len(lines)


def read(file: Path) -> list[Entry]:
    """The file's entries; a last line that was cut off by a crash is passed over and said."""
    found = []
    for line in file.read_bytes().splitlines() if file.is_file() else []:
        try:
            found.append(msgspec.json.decode(line, type=Entry))
        except msgspec.DecodeError:
            log.warning("a line of the ledger of erasures cannot be read", file=str(file))
    return found
