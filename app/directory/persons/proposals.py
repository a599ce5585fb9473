"""What a list says of a person, before that person: nobody else sees it, nothing of it is public, and it is theirs to
take over, field by field, or to decline. Who proves the address that the list names decides.

Lists bring proposals in `app.directory.importing.persons`; what is decided is forgotten but for a digest.
"""

from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import NotFound
from app.core.web import Actor
from app.directory.fields import PERSON_FIELDS
from app.directory.persons import profile, role
from app.directory.vocabulary import MENTOR_EXPERTISE
from app.directory.vocabulary.persons import EXPERTISE_LEVELS
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports, knows_addresses

EXPERTISE = "expertise"

_WAITING = """
    SELECT q.id, q.name, q."values", q.list_name, q.created_at, q.expires_at FROM person_proposal q
    JOIN person p ON p.email_key = q.email_key
    WHERE p.id = $1 AND p.ended_at IS NULL AND p.email_confirmed_at IS NOT NULL AND q.state = 'waiting'
        AND q.expires_at > now()
"""


class Proposal(msgspec.Struct, frozen=True):
    """What a list says, by field; "expertise" as code, level and years."""

    id: UUID
    name: str
    values: dict[str, Any]
    list_name: str
    created_at: Any
    expires_at: Any


async def proposal_to(actor: Actor) -> Proposal | None:
    """What waits for whoever is signed in; their address has to be proved."""
    row = await db.fetchrow(_WAITING, actor.person_id)
    return Proposal(*row.values()) if row else None


async def take(actor: Actor, fields: list[str]) -> None:
    """Take these fields over into one's own profile, as one's own words; the rest is forgotten. Lists nobody.

    Each verb commits by itself and leaves what stands already, so what broke off is finished by asking again. Raises
    NotFound where none waits, Invalid for a value that no longer fits.
    """
    found = await proposal_to(actor)
    if found is None:
        raise NotFound
    values = {name: value for name, value in found.values.items() if name in fields}
    experience = values.pop(EXPERTISE, [])
    known = {name: value for name, value in values.items() if name in PERSON_FIELDS}
    if known:
        await profile.edit_profile(actor, known)
    for code, level, years in experience:
        if code in MENTOR_EXPERTISE and level in EXPERTISE_LEVELS:
            await role.put_expertise(actor, code, level, years)
    await _decided(found.id, "taken")


async def decline(actor: Actor) -> None:
    """Have it forgotten; later lists do not ask again while this is remembered. Raises NotFound where none waits."""
    found = await proposal_to(actor)
    if found is None:
        raise NotFound
    await _decided(found.id, "declined")


async def _decided(proposal: UUID, state: str) -> None:
    """Forget what was proposed, in the rows of the lists that said it too."""
    async with db.tx():
        done = await db.execute(
            "UPDATE person_proposal SET state = $2, decided_at = now(), updated_at = now(), name = '',"
            " \"values\" = '{}' WHERE id = $1 AND state = 'waiting'",
            *(proposal, state),
        )
        if done:
            await _empty_rows([proposal])


async def _empty_rows(proposals: list[UUID]) -> int:
    return await db.execute(
        "UPDATE import_row SET name = '', \"values\" = '{}', changes = '{}', conflicts = '{}'"
        " WHERE target = ANY($1) AND (name <> '' OR \"values\" <> '{}' OR changes <> '{}')",
        proposals,
    )


async def forget_old() -> None:
    """What nobody took over goes with its day; that somebody decided is remembered a year."""
    await db.execute("DELETE FROM person_proposal WHERE state = 'waiting' AND expires_at < now()")
    await db.execute("DELETE FROM person_proposal WHERE decided_at < now() - interval '365 days'")


@exports("directory/proposals")
async def proposals(subject: Subject) -> Any:
    query = (
        'SELECT name, "values", list_name, state, created_at, decided_at, expires_at FROM person_proposal'
        " WHERE $1 <> '' AND email_key = $1 ORDER BY created_at, id"
    )
    async for row in rows_of(query, subject.key):
        yield row


@erases("directory_proposals")
async def end_proposals(subject: Subject) -> int:
    if not subject.key:
        return 0
    rows = await db.fetch("SELECT id FROM person_proposal WHERE email_key = $1", subject.key)
    emptied = await _empty_rows([row["id"] for row in rows])
    return emptied + await db.execute("DELETE FROM person_proposal WHERE email_key = $1", subject.key)


@knows_addresses("directory_proposals")
async def addresses() -> list[str]:
    return [row["email_key"] for row in await db.fetch("SELECT DISTINCT email_key FROM person_proposal")]
