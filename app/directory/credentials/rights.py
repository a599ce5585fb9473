"""People's rights over their own credentials: a copy with what became of them; erased, only type and days are kept."""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports
from app.people.rights.taking_out import names_of, take_out

Rows = AsyncIterator[dict[str, Any]]


@exports("directory/credential_acts")
async def credential_acts(subject: Subject) -> Rows:
    query = (
        "SELECT c.credential_type, c.number, c.issued_on, c.valid_until, a.act, a.at, a.words FROM credential_act a"
        " JOIN credential c ON c.id = a.credential WHERE c.person = $1 ORDER BY a.at, a.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


_STATEMENTS = (
    "UPDATE credential SET revoked_ground = '' WHERE person = $1 AND revoked_ground <> ''",
    "UPDATE credential SET ended_at = now(), ended_reason = 'erased' WHERE person = $1 AND state = 'draft'"
    " AND ended_at IS NULL",
    "UPDATE credential_act SET words = '' WHERE words <> ''"
    " AND credential IN (SELECT id FROM credential WHERE person = $1)",
)


@erases("directory_credentials")
async def empty_credentials(subject: Subject) -> int:
    """What `app.directory.rights` does not know: grounds and reasons are words, and what nobody checked is over."""
    count = 0
    if subject.person is not None:
        for statement in _STATEMENTS:
            count += await db.execute(statement, subject.person)
    return count + await take_out(("credential",), names_of(subject))
