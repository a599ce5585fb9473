"""Ending an account: dated, with a reason, by its owner or by an admin. What stands on the account may object first."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from app.core import db
from app.core.errors import NotAllowed, NotFound
from app.core.mail import send_mail
from app.core.text import clean_line
from app.core.web import Actor
from app.people import links, record
from app.people.record import Origin
from app.people.roles import refuse_last_admin
from app.people.sessions import end_sessions_of
from app.people.signing_in import Attempt, check_password, lock_while_password_is
from app.people.two_step import require_recent

Objection = Callable[[UUID], Awaitable[None]]
_objections: list[Objection] = []


def before_end(function: Objection) -> Objection:
    """Register what is asked, in the transaction, before an account ends; it raises a Conflict to object.

    Subjects above this one also end there what hangs on the account, such as memberships.
    """
    if function not in _objections:
        _objections.append(function)
    return function


async def end_own_account(actor: Actor, password: str, reason: str, attempt: Attempt) -> None:
    """End the actor's account: sessions, tokens, roles and links end with it, the address is free again.

    A farewell goes to the outbox. Raises Invalid for the password, LastAdmin or an objection.
    """
    stored = await check_password(actor, password, attempt)
    await db.retrying(lambda: _end_own(actor, stored, reason or "by its owner", attempt))


async def _end_own(actor: Actor, stored: str, reason: str, attempt: Attempt) -> None:
    async with db.tx():
        await lock_while_password_is(actor, stored)
        await _end(actor.person_id, reason, attempt, actor.person_id)


async def end_account(actor: Actor, person: UUID, reason: str, origin: Origin) -> None:
    """An admin ends somebody's account. Raises NotAllowed, ConfirmFirst, NotFound, LastAdmin or an objection."""
    if not actor.has("admin"):
        raise NotAllowed
    require_recent(actor)
    await db.retrying(lambda: _end_theirs(person, reason, origin, actor.person_id))


async def _end_theirs(person: UUID, reason: str, origin: Origin, by: UUID) -> None:
    async with db.tx():
        await _end(person, reason, origin, by)


async def _end(person: UUID, reason: str, origin: Origin, by: UUID) -> None:
    """In the open transaction."""
    row = await db.fetchrow(
        "SELECT email, name, locale FROM person WHERE id = $1 AND ended_at IS NULL FOR NO KEY UPDATE", person
    )
    if row is None:
        raise NotFound
    await _settle(person)
    await close(person, reason, by)
    await record.note(person, "account.ended", origin, actor=by, detail={"reason": clean_line(reason)})
    await send_mail(
        to=row["email"],
        template="people/mail/account_ended.txt",
        message_key=f"account-ended:{person}",
        locale=row["locale"],
        context={"name": row["name"]},
    )


async def end_silently(person: UUID, reason: str, by: UUID | None) -> None:
    """In the open transaction, which holds the account's lock: end an account that is about to be erased, unless it
    has ended already. No farewell: it would keep the name. Raises LastAdmin or an objection."""
    if await db.fetchval("SELECT ended_at IS NULL FROM person WHERE id = $1", person):
        await _settle(person)
        await close(person, reason, by)


async def _settle(person: UUID) -> None:
    """Ask whoever may object."""
    await refuse_last_admin(person)
    for objection in _objections:
        await objection(person)


async def close(person: UUID, reason: str, by: UUID | None) -> None:
    """In the open transaction: end the account and everything that lets somebody in with it. Nobody is asked."""
    await db.execute(
        "UPDATE person SET ended_at = now(), ended_reason = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL",
        *(person, clean_line(reason), by),
    )
    await end_sessions_of(person, "account ended")
    await links.cancel_links_of(person)
    await db.execute("UPDATE api_token SET ended_at = now() WHERE person = $1 AND ended_at IS NULL", person)
    await db.execute(
        "UPDATE person_role SET ended_at = now(), ended_by = $2, ended_reason = 'account ended' WHERE person = $1"
        " AND ended_at IS NULL",
        *(person, by),
    )
