"""After a restore: whoever is in the ledger of erasures and was brought back by the backup is erased again."""

import structlog

from app.core import db
from app.people import ending
from app.people.rights import ledger
from app.people.rights import subject as subjects
from app.people.rights.erasure import PATIENCE, empty
from app.people.rights.ledger import Entry
from app.people.rights.subject import Subject

log = structlog.get_logger()

_OWN = """
SELECT id, person, salt, address_hashes, erased_at FROM erasure e
WHERE EXISTS (SELECT FROM person p WHERE p.id = e.person AND p.erased_at IS NULL)
"""


async def replay() -> int:
    """Erase again whoever the ledger knows and this database still names; how many. Nothing to do changes nothing.

    Needs the tables of this version and every subject's erasers. One transaction for each: what was cut off goes on.
    Nothing hinders it and nobody is told: that was settled when they were erased.
    """
    count = 0
    for entry in await _missing():
        for subject in await _found_again(entry):
            await _erase_again(entry, subject)
            count += 1
        await _keep(entry)
    return count


async def _missing() -> list[Entry]:
    """Entries of the file that this database does not have, and its own whose person has a name again."""
    known = {row["id"] for row in await db.fetch("SELECT id FROM erasure")}
    own = [ledger.entry_of(row) for row in await db.fetch(_OWN)]
    return [entry for entry in ledger.read(ledger.path()) if entry.id not in known] + own


async def _found_again(entry: Entry) -> list[Subject]:
    """The account by its number, else the addresses without one that hash alike."""
    if entry.person is not None:
        found = await subjects.subject_of(entry.person)
        return [found] if found else []
    salt = bytes.fromhex(entry.salt)
    keys = {key for known in subjects.addresses.values() for key in await known()}
    return [Subject(None, key, key) for key in sorted(keys) if ledger.hashed(salt, key).hex() in entry.addresses]


async def _erase_again(entry: Entry, subject: Subject) -> None:
    async with db.tx(statement_timeout=PATIENCE):
        if subject.person is not None:
            await db.execute("SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE", subject.person)
            await ending.close(subject.person, "erased", None)
        counts = await empty(subject)
    log.info("erased again after a restore", erasure=str(entry.id), rows=sum(counts.values()))


async def _keep(entry: Entry) -> None:
    addresses = [bytes.fromhex(value) for value in entry.addresses]
    await db.execute(
        "INSERT INTO erasure (id, person, salt, address_hashes, erased_at, channel, counts, replayed_at)"
        " VALUES ($1, $2, $3, $4, $5, 'ledger', '{}', now()) ON CONFLICT (id) DO UPDATE SET replayed_at = now()",
        *(entry.id, entry.person, bytes.fromhex(entry.salt), addresses, entry.erased_at),
    )
