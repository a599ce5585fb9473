"""Files that somebody brought: their own are erased with their bytes, those for others lose who brought them."""

from collections.abc import AsyncIterator
from typing import Any

from app.core.files.keeping import forget_person
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports


@exports("files/brought")
async def brought(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT id, name, purpose, media_type, size, owner_kind, created_at, ended_at FROM stored_file"
        " WHERE (owner_kind = 'person' AND owner_id = $1 OR created_by = $1) AND erased_at IS NULL ORDER BY created_at"
    )
    async for row in rows_of(query, subject.person):
        yield row


@erases("files")
async def empty_files(subject: Subject) -> int:
    return await forget_person(subject.person) if subject.person is not None else 0
