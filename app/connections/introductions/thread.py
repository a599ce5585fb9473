"""The thread of an accepted introduction: messages with a file, read by both sides. Sent twice is sent once."""

from typing import Any
from uuid import UUID

from app.connections.introductions import notices, outcomes
from app.connections.introductions.access import Held
from app.connections.introductions.states import CONNECTED, NotNow
from app.core import db
from app.core.errors import Invalid
from app.core.files.keeping import Draft, keep
from app.core.files.purposes import SCAN, Purpose, Stored, register
from app.core.forms import REQUIRED, TOO_LONG
from app.core.limits import hit
from app.core.text import clean
from app.core.web import Actor

LONGEST = 5000
PAGE = 50
PER_HOUR = 120

Row = dict[str, Any]


async def read_by_both(actor: Actor, file: Stored) -> bool:
    """Members of the two sides, as long as they belong to them."""
    if file.owner_kind != "introduction" or file.owner_id is None or actor.id is None:
        return False
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM introduction i JOIN membership m ON m.organisation IN (i.asker, i.receiver)"
            " WHERE i.id = $1 AND i.accepted_at IS NOT NULL AND m.person = $2 AND m.ended_at IS NULL)",
            *(file.owner_id, actor.id),
        )
    )


FILE = register(
    Purpose(name="introduction", pictures=SCAN, documents=True, tier=4, lasting=False, may_see=read_by_both)
)


async def send(actor: Actor, held: Held, body: str, nonce: str, file: Draft | None = None) -> int:
    """Write into the thread; the message's number. The same nonce again gives the first.

    Outbox: the other side is told by one mail for a quarter of an hour. Raises Invalid, NotNow, TooMany.
    """
    said = clean(body)
    if not said and file is None:
        raise Invalid(fields={"body": REQUIRED})
    if len(said) > LONGEST:
        raise Invalid(fields={"body": TOO_LONG}, max=LONGEST)
    await hit("introductions.message", actor.person_id, PER_HOUR, 3600)
    async with db.tx():
        state = await db.fetchval("SELECT state FROM introduction WHERE id = $1 FOR SHARE", held.id)
        first = await db.fetchval(
            "SELECT id FROM introduction_message WHERE introduction = $1 AND nonce = $2", held.id, nonce
        )
        if first is not None:
            return int(first)
        if state not in CONNECTED:
            raise NotNow
        return await written(held.id, held.side, (actor.person_id, nonce), said, await _kept(actor, held, file))


async def _kept(actor: Actor, held: Held, file: Draft | None) -> UUID | None:
    return await keep(actor, file, "introduction", held.id) if file else None


async def written(
    introduction: UUID,
    side: str,
    by: tuple[UUID, str],
    body: str,
    file: UUID | None = None,
    meeting: UUID | None = None,
) -> int:
    """A message in the open transaction, and word of it; who writes has read."""
    person, nonce = by
    number = await db.fetchval(
        "INSERT INTO introduction_message (introduction, side, person, nonce, body, file, meeting, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())"
        " ON CONFLICT (introduction, nonce) DO UPDATE SET nonce = excluded.nonce RETURNING id",
        *(introduction, side, person, nonce, body, file, meeting),
    )
    await read_to(introduction, person, number)
    await notices.announce(introduction, side)
    return int(number)


async def messages_of(introduction: UUID, before: int | None = None) -> list[Row]:
    """A page of a thread, oldest first, one more than a page where there are earlier ones; with its files."""
    rows = await db.fetch(
        "SELECT m.id, m.side, m.body, m.file, m.meeting, m.created_at, m.erased_at, p.name AS person_name,"
        " f.name AS file_name, f.kind AS file_kind, f.variants AS file_variants, f.erased_at AS file_erased_at"
        " FROM introduction_message m LEFT JOIN person p ON p.id = m.person AND p.erased_at IS NULL"
        " LEFT JOIN stored_file f ON f.id = m.file"
        " WHERE m.introduction = $1 AND ($2::bigint IS NULL OR m.id < $2) ORDER BY m.id DESC LIMIT $3",
        *(introduction, before, PAGE + 1),
    )
    return [dict(row) for row in reversed(rows)]


async def read_to(introduction: UUID, person: UUID, number: int) -> None:
    """Note up to where somebody has read; never backwards."""
    await db.execute(
        "INSERT INTO introduction_reading (id, introduction, person, read_to) VALUES (gen_random_uuid(), $1, $2, $3)"
        " ON CONFLICT (introduction, person) DO UPDATE SET read_to = greatest(introduction_reading.read_to, $3)",
        *(introduction, person, number),
    )


UNREAD = """
SELECT i.id, count(*) AS n FROM membership mine JOIN introduction i ON mine.organisation IN (i.asker, i.receiver)
JOIN introduction_message m ON m.introduction = i.id
    AND m.side <> CASE WHEN i.asker = mine.organisation THEN 'asker' ELSE 'receiver' END
LEFT JOIN introduction_reading r ON r.introduction = i.id AND r.person = $1
WHERE mine.person = $1 AND mine.ended_at IS NULL AND i.state IN ('accepted', 'met', 'outcome')
    AND m.id > coalesce(r.read_to, 0)
GROUP BY i.id
"""

TO_ANSWER = """
SELECT count(*) FROM membership mine JOIN introduction i ON mine.organisation IN (i.asker, i.receiver)
LEFT JOIN introduction_consent c ON c.introduction = i.id
    AND c.side = CASE WHEN i.asker = mine.organisation THEN 'asker' ELSE 'receiver' END
WHERE mine.person = $1 AND mine.ended_at IS NULL AND mine.role IN ('owner', 'editor') AND i.expires_at > now()
    AND ((i.state = 'pending_b' AND i.receiver = mine.organisation)
        OR (i.origin <> 'request' AND i.accepted_at IS NULL AND i.state IN ('pending_a', 'declined', 'blocked')
            AND c.asked_at IS NOT NULL AND c.answer IS NULL))
"""


async def unread_of(person: UUID) -> dict[UUID, int]:
    """How many messages wait to be read by somebody, by introduction."""
    return {row["id"]: row["n"] for row in await db.fetch(UNREAD, person)}


async def waiting_for(person: UUID) -> int:
    """What waits for somebody: messages to read, requests to answer, results to confirm. The number at one's picture
    and in the menu, in one query."""
    asked = f"SELECT count(*) FROM outcome u WHERE {outcomes.ASKED}"  # noqa: S608  constants
    query = f"SELECT coalesce((SELECT sum(n) FROM ({UNREAD}) u), 0) + ({TO_ANSWER}) + ({asked})"  # noqa: S608
    return int(await db.fetchval(query, person))
