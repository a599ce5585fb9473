"""People's rights over badges: a print says whose badge it was, and by what name."""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.core.outbox import enqueue
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports
from app.people.rights.taking_out import addresses_of, names_of, take_out

_OWN = "(r.person = $1 OR ($2 <> '' AND r.email_key = $2))"


@exports("events/badges")
async def badges(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, b.name, b.printed_at, b.again, b.reason, b.place"  # noqa: S608
        " FROM badge_print b JOIN registration r ON r.id = b.registration JOIN event e ON e.id = r.event"
        f" WHERE {_OWN} ORDER BY b.printed_at, b.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@erases("badges")
async def empty_badges(subject: Subject) -> int:
    """That a badge was printed stays as a count; the name on it goes, why it was printed again, and sheets with it.

    Runs before the registration forgets whose it is: erasers go by their names.
    """
    runs = await db.fetch(
        "UPDATE badge_run SET state = 'ended' WHERE state = 'drawn' AND id IN (SELECT b.run FROM badge_print b"  # noqa: S608
        f" JOIN registration r ON r.id = b.registration WHERE {_OWN}) RETURNING id",
        *(subject.person, subject.key),
    )
    for run in runs:
        await enqueue("badges.remove", {"run": str(run["id"])})
    await db.execute("UPDATE badge_run SET asked = asked - 'reason' - 'said' WHERE created_by = $1", subject.person)
    found = await db.fetch(
        "UPDATE badge_print b SET name = '', place = '', nonce = b.id::text, reason = CASE WHEN b.again THEN '-'"  # noqa: S608
        f" ELSE '' END FROM registration r WHERE r.id = b.registration AND {_OWN} RETURNING b.id",
        *(subject.person, subject.key),
    )
    return len(found) + await take_out(("badge_design", "badge_run"), addresses_of(subject) + names_of(subject))
