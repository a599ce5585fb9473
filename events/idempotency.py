"""Requests with a key: the same key and body get the first answer again, word for word; another body is refused.

Key, work and answer stand in one transaction, so there is nothing to recover after a crash.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid
from app.core.i18n import N_
from app.core.outbox import every
from app.core.web import Actor
from app.people.accounts import email_key

_KEY = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
GUESSABLE = 16
"""Shorter keys than this may be somebody else's by chance or by trying."""


class KeyUsedBefore(Conflict):
    message = N_("This Idempotency-Key was used for another request.")


class BadKey(Invalid):
    message = N_("Idempotency-Key takes 1 to 128 visible ASCII characters.")


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: str
    replayed: bool = False
    filed: bool = False


def route_of(actor: Actor, event: UUID, person: str, key: str, network: str) -> str:
    """What a key for registering is kept under. Without an account two people never share one: the address is part
    of it, and for a key that is easily guessed the network too, so that nobody tries keys for another's ticket."""
    if actor.id is not None:
        return f"register:{event}"
    near = network if len(key) < GUESSABLE else ""
    return f"register:{event}:{hashlib.sha256(f'{email_key(person)}|{near}'.encode('utf-8', 'replace')).hexdigest()}"


async def once(actor: Actor, route: str, key: str, body: bytes, act: Callable[[int], Awaitable[Answer]]) -> Answer:
    """Run `act` in the open transaction unless this caller's key has been answered; then that answer.

    `act` gets the number under which it may file its answer itself; otherwise it is filed here.

    A second request at the same moment waits for the first one's commit. Raises KeyUsedBefore for another body.
    """
    if not _KEY.fullmatch(key):
        raise BadKey
    caller = str(actor.id or "")
    digest = hashlib.sha256(body).digest()
    number = await db.fetchval(
        "INSERT INTO event_request (caller, route, key, body_hash, created_at) VALUES ($1, $2, $3, $4, now())"
        " ON CONFLICT (caller, route, key) DO NOTHING RETURNING id",
        *(caller, route, key, digest),
    )
    if number is None:
        row = await db.fetchrow(
            "SELECT body_hash, status, answer FROM event_request WHERE caller = $1 AND route = $2 AND key = $3",
            *(caller, route, key),
        )
        if row is None or bytes(row["body_hash"]) != digest or row["answer"] is None:
            raise KeyUsedBefore
        return Answer(row["status"], row["answer"], replayed=True)
    answer = await act(number)
    if not answer.filed:
        await db.execute(
            "UPDATE event_request SET status = $2, answer = $3 WHERE id = $1", number, answer.status, answer.body
        )
    return answer


@every(86_400, "events.forget_requests")
async def forget() -> None:
    """Answers hold personal data: two days are longer than any client retries."""
    await db.execute("DELETE FROM event_request WHERE created_at < now() - interval '2 days'")
