"""Erasing somebody: what can identify them goes, everywhere and at once; counts and what refers to the row stay.

It differs from ending an account (`app.people.ending`), which closes it and keeps what it says. Nothing brings an
erased person back: the ledger (`app.people.rights.ledger`) repeats the erasure on a restored backup.
"""

from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, NotAllowed, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.web import Actor
from app.people import ending
from app.people.rights import consent, ledger
from app.people.rights.subject import Obstacle, Subject, erasers, subject_of, what_hinders
from app.people.two_step import require_recent

PATIENCE = "60s"


class Hindered(Conflict):
    """Something stands in the way; `obstacles` says what and where the way out is."""

    message = N_("This cannot be erased yet: something still depends on it.")

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__()
        self.obstacles = obstacles


class Erased(msgspec.Struct, frozen=True):
    """The number under which an erasure is kept, and how many rows each subject has emptied."""

    id: UUID
    counts: dict[str, int]


async def erase_self(actor: Actor) -> Erased:
    """Erase the actor at once. Raises ConfirmFirst, Hindered, LastAdmin or an objection to ending the account.

    One transaction; a mail that names nobody goes to the former address and is forgotten once it is sent.
    """
    require_recent(actor)
    subject = await subject_of(actor.person_id)
    if subject is None:
        raise NotFound
    return await db.retrying(lambda: erase(subject, by=actor.person_id))


async def erase(subject: Subject, *, by: UUID | None, channel: str = "web", request: UUID | None = None) -> Erased:
    """Erase one subject: an account with everything, or what is kept under an address that has none.

    Locks the account first, then whatever the subjects' erasers lock. Doing it twice is NotFound.
    """
    async with db.tx(statement_timeout=PATIENCE):
        done = await erase_here(subject, by=by, channel=channel, request=request)
        await tell(subject, done)
    return done


async def erase_here(subject: Subject, *, by: UUID | None, channel: str = "web", request: UUID | None = None) -> Erased:
    """`erase` inside an open transaction, without the mail."""
    await _lock(subject)
    in_the_way = await what_hinders(subject)
    if in_the_way:
        raise Hindered(in_the_way)
    if subject.person is not None:
        await consent.withdraw_all(subject.person, actor=by)
        await ending.end_silently(subject.person, "erased", by)
    counts = await empty(subject)
    done = Erased(new_id(), counts)
    await ledger.write(done.id, subject, channel=channel, request=request, counts=counts)
    return done


def _parts_first(eraser: tuple[str, Any]) -> str:
    """By name, a subject's parts ("events_door") before the subject, which empties what its parts find rows by."""
    return f"{eraser[0]}~"


async def empty(subject: Subject) -> dict[str, int]:
    """Run every eraser, in one order so that two at once lock alike; rows touched by each.

    In the open transaction. The setting lets logs that only grow be emptied of what identifies somebody.
    """
    await db.execute("SELECT set_config('ketnoi.erasing', 'on', true)")
    counts = {name: await eraser(subject) for name, eraser in sorted(erasers.items(), key=_parts_first)}
    await db.execute("SELECT set_config('ketnoi.erasing', '', true)")
    return counts


async def _lock(subject: Subject) -> None:
    if subject.person is None:
        return
    if not await db.fetchval(
        "SELECT true FROM person WHERE id = $1 AND erased_at IS NULL FOR NO KEY UPDATE", subject.person
    ):
        raise NotFound


async def tell(subject: Subject, done: Erased) -> None:
    """A last mail, in the account's language: it names nobody, and once it is handed over nothing of it is kept."""
    if not subject.email:
        return
    locale = await db.fetchval("SELECT locale FROM person WHERE id = $1", subject.person)
    await send_mail(
        to=subject.email,
        template="people/mail/erased.txt",
        message_key=f"erased:{done.id}",
        locale=locale,
        context={"number": str(done.id)[-12:]},
        forget=True,
    )


async def obstacles_for(actor: Actor) -> list[Obstacle]:
    """What stands in the way of erasing the actor, for the page that asks."""
    subject = await subject_of(actor.person_id)
    return await what_hinders(subject) if subject else []


def require_admin(actor: Actor) -> None:
    """Only administrators, shortly after they typed their password. Raises NotAllowed or ConfirmFirst."""
    if not actor.has("admin"):
        raise NotAllowed
    require_recent(actor)
