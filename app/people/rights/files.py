"""Files that somebody brought: their own are erased with their bytes, those for others lose who brought them."""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.core.files.keeping import forget_person
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, attaches, erases, exports


@exports("files/brought")
async def brought(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT id, name, purpose, media_type, size, owner_kind, created_at, ended_at FROM stored_file"
        " WHERE (owner_kind = 'person' AND owner_id = $1 OR created_by = $1) AND erased_at IS NULL ORDER BY created_at"
    )
    async for row in rows_of(query, subject.person):
        yield row


@attaches("files")
async def own(subject: Subject) -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
    """The person's own files, each in its largest form, under its number: names may be anything."""
    rows = await db.fetch(
        "SELECT id, variants FROM stored_file WHERE owner_kind = 'person' AND owner_id = $1 AND erased_at IS NULL"
        " AND variants <> '{}' ORDER BY created_at, id",
        subject.person,
    )
    for row in rows:
        largest = row["variants"][-1]
        key = key_of(row["id"], largest)
        if await storage().exists(key):
            yield f"{row['id']}-{largest}", storage().read(key)


@erases("files")
async def empty_files(subject: Subject) -> int:
    return await forget_person(subject.person) if subject.person is not None else 0
