"""Another e-mail address for an account: confirmed at the new one, told to the old one."""

from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.outbox import enqueue
from app.core.settings import get_settings
from app.core.web import Actor
from app.people import links, record, throttles
from app.people.accounts import AddressTaken, email_key, person_by_email, searched_by
from app.people.record import Origin
from app.people.sessions import Opened, end_sessions_of
from app.people.signing_in import Attempt, check_password, lock_while_password_is, start_afresh


async def ask_for_new_email(actor: Actor, email: str, password: str, attempt: Attempt) -> None:
    """Let a job send the link to the new address. The same whether or not that address has an account.

    Raises Invalid by field, TooMany.
    """
    if email_key(email) == email_key(actor.email):
        raise Invalid(fields={"email": N_("This is your address already.")})
    stored = await check_password(actor, password, attempt)
    await throttles.mail_to("new-email", email, attempt.network)
    async with db.tx():
        await lock_while_password_is(actor, stored)
        wish = {"person": str(actor.person_id), "email": email, "state": await _state_of(actor.person_id)}
        await enqueue("people.new_email", {**wish, "request": str(new_id())})
        await record.note(actor.person_id, "email.change_asked", attempt)


async def _state_of(person: UUID) -> str | None:
    """What a new password or a new address changes; None for an account that has ended."""
    state: str | None = await db.fetchval(
        "SELECT email_key || ' ' || coalesce(extract(epoch FROM password_changed_at)::text, '') FROM person"
        " WHERE id = $1 AND ended_at IS NULL",
        person,
    )
    return state


async def send_new_email_link(person: UUID, email: str, state: str | None, request: str) -> None:
    """A job's verb: the link to the new address, or the word that it has an account. Once per request.

    Nothing when password or address changed after the wish (`state` is another): that change made open links useless,
    and this one would come to life behind its back.
    """
    async with db.tx():
        row = await db.fetchrow(
            "SELECT name, locale FROM person WHERE id = $1 AND ended_at IS NULL FOR NO KEY UPDATE", person
        )
        if row is None or state != await _state_of(person):
            return
        if await person_by_email(email) is not None:
            await send_mail(
                to=email,
                template="people/mail/have_account.txt",
                message_key=f"have-account:{request}",
                locale=row["locale"],
            )
            return
        token = await links.make_link("email", email, person=person)
        await send_mail(
            to=email,
            template="people/mail/new_email.txt",
            message_key=f"new-email:{request}",
            locale=row["locale"],
            context={"name": row["name"], "url": f"{get_settings().origin}/confirm/{token}"},
        )


async def confirm_new_email(token: str, actor: Actor, origin: Origin) -> Opened | None:
    """Use the link up and change the address. Every other session ends; a notice goes to the old address.

    A new token for the actor's session when it is of that account. Raises LinkOver, AddressTaken.
    """
    async with db.tx():
        link = await links.use(token, "email")
        before = await db.fetchrow(
            "SELECT email, name, locale FROM person WHERE id = $1 FOR NO KEY UPDATE", link["person"]
        )
        assert before is not None  # noqa: S101  the link's person is a foreign key
        await _move(link["person"], before["name"], link["email"])
        await links.cancel_links_of(link["person"])
        opened = None
        if actor.id == link["person"]:
            opened = await start_afresh(actor, "e-mail address changed")
        else:
            await end_sessions_of(link["person"], "e-mail address changed")
        await record.note(link["person"], "email.changed", origin)
        await send_mail(
            to=before["email"],
            template="people/mail/email_changed.txt",
            message_key=f"email-changed:{link['id']}",
            locale=before["locale"],
            context={"name": before["name"]},
        )
    return opened


async def _move(person: UUID, name: str, email: str) -> None:
    try:
        await db.execute(
            "UPDATE person SET email = $2, email_key = $3, search_text = $4, email_confirmed_at = now() WHERE id = $1",
            *(person, email, email_key(email), searched_by(name, email)),
        )
    except asyncpg.UniqueViolationError:
        raise AddressTaken from None
