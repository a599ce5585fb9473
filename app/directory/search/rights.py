"""People's rights over what the search keeps: their saved searches, and that nobody finds them against their will."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from app.core import db
from app.directory.search import index, saving
from app.people.rights.consent import on_withdrawal
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports


@exports("search/saved_searches")
async def saved_searches(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT name, path, query, digest, digest_agreed_at, seen_at, created_at, ended_at FROM saved_search"
        " WHERE person = $1 ORDER BY created_at, id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@erases("search")
async def empty_search(subject: Subject) -> int:
    """Saved searches go whole: they are nobody else's record."""
    if subject.person is None:
        return 0
    await index.drop("person", subject.person)
    return await db.execute("DELETE FROM saved_search WHERE person = $1", subject.person)


@on_withdrawal("digests", "search")
async def end_digests(person: UUID) -> None:
    await saving.end_digests(person)


@on_withdrawal("profile", "search")
async def leave_the_search(person: UUID) -> None:
    await index.drop("person", person)
