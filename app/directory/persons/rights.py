"""People's rights over their public profile: what of it goes into a copy of everything, and how the rest is erased.

The profile's own rows are in `app.directory.rights`; here is what this package keeps beside them.
"""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.core.files.keeping import erase_files_of
from app.directory.persons import listing, proposals
from app.directory.search import index
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports

Rows = AsyncIterator[dict[str, Any]]

HOOKS = (
    *(listing.consent_withdrawn, listing.account_ends, listing.unlist_without_consent),
    *(proposals.proposals, proposals.end_proposals, proposals.addresses),
)
"""What acts with a withdrawal, with the end of an account, every hour, in a copy or an erasure; named so that every
process registers it."""


@exports("directory/profile_history")
async def profile_history(subject: Subject) -> Rows:
    query = "SELECT at, act, field, before, after FROM person_change WHERE person = $1 ORDER BY id"
    async for row in rows_of(query, subject.person):
        yield row


@exports("directory/contact_requests")
async def contact_requests(subject: Subject) -> Rows:
    """Asked by this person, and asked of them: the other side is not named."""
    query = (
        "SELECT viewer = $1 AS by_me, purpose, asked_at, granted_at, expires_at, ended_at, ended_reason"
        " FROM person_grant WHERE viewer = $1 OR person = $1 ORDER BY asked_at, id"
    )
    async for row in rows_of(query, subject.person):
        yield row


_STATEMENTS = (
    "DELETE FROM mentor_listing WHERE person = $1",
    "DELETE FROM person_former_slug WHERE person = $1",
    "UPDATE person_change SET before = NULL, after = NULL WHERE person = $1 AND num_nonnulls(before, after) > 0",
    "UPDATE person_grant SET purpose = '', ended_at = coalesce(ended_at, now()),"
    " ended_reason = coalesce(ended_reason, 'erased') WHERE (person = $1 OR viewer = $1)"
    " AND (purpose <> '' OR ended_at IS NULL)",
)


@erases("directory_persons")
async def empty_profile(subject: Subject) -> int:
    """The history keeps that something was changed and when, not what; the photo goes with its bytes."""
    if subject.person is None:
        return 0
    count = 0
    for statement in _STATEMENTS:
        count += await db.execute(statement, subject.person)
    await index.drop("person", subject.person)
    return count + await erase_files_of("person", subject.person)
