"""A new password: by somebody who knows the old one, or by a link sent to the address. Either ends other sessions."""

from app.core import db
from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.outbox import enqueue
from app.core.settings import get_settings
from app.core.web import Actor
from app.people import links, record, throttles
from app.people.accounts import person_by_email
from app.people.passwords import as_compared, hash_password, refused
from app.people.record import Origin
from app.people.sessions import Opened, end_sessions_of
from app.people.signing_in import Attempt, check_password, lock_while_password_is, start_afresh


class SameAsBefore(Invalid):
    message = N_("This is the password you have now.")


async def change_password(actor: Actor, current: str, new: str, attempt: Attempt) -> Opened | None:
    """Change it; other sessions end, this one gets a new token, open reset links die, a notice goes to the outbox.

    Raises Invalid by field, TooMany.
    """
    why = refused(new, actor.email, actor.name) or (
        SameAsBefore.message if as_compared(new) == as_compared(current) else None
    )
    if why is not None:
        raise Invalid(fields={"new": why})
    stored = await check_password(actor, current, attempt, "current")
    hashed = await hash_password(new)
    async with db.tx():
        await lock_while_password_is(actor, stored, "current")
        await db.execute(
            "UPDATE person SET password_hash = $2, password_changed_at = now() WHERE id = $1",
            *(actor.person_id, hashed),
        )
        await links.cancel_links_of(actor.person_id)
        opened = await start_afresh(actor, "password changed")
        await record.note(actor.person_id, "password.changed", attempt)
        await _notice(actor.email, actor.locale or "vi", actor.name)
    return opened


async def ask_for_reset(email: str, locale: str, origin: Origin) -> None:
    """Let a job send a link, if the address has an account. The same for every address. Raises TooMany."""
    await throttles.mail_to("reset", email, origin.network)
    async with db.tx():
        await enqueue("people.reset", {"email": email, "locale": locale, "request": str(new_id())})


async def send_reset_link(email: str, request: str) -> None:
    """A job's verb: the link, where there is an account; once per request."""
    async with db.tx():
        person = await person_by_email(email)
        if person is None:
            return
        token = await links.make_link("reset", person["email"], person=person["id"])
        await send_mail(
            to=person["email"],
            template="people/mail/reset.txt",
            message_key=f"reset:{request}",
            locale=person["locale"],
            context={"name": person["name"], "url": f"{get_settings().origin}/reset/{token}"},
        )
        await record.note(person["id"], "password.reset_asked")


async def reset_password(token: str, new: str, origin: Origin) -> str:
    """Use the link up and set the password; the account's address. Every session ends, throttles are forgotten.

    Whoever reads the mailbox has confirmed the address too. Raises LinkOver, Invalid. Two at once: one gets it.
    """
    seen = await links.look_at(token, "reset")
    why = refused(new, seen["email"])
    if why is not None:
        raise Invalid(fields={"password": why})
    hashed = await hash_password(new)
    async with db.tx():
        link = await links.use(token, "reset")
        row = await db.fetchrow(
            "UPDATE person SET password_hash = $2, password_changed_at = now(),"
            " email_confirmed_at = coalesce(email_confirmed_at, now()) WHERE id = $1 RETURNING email, name, locale",
            *(link["person"], hashed),
        )
        assert row is not None  # noqa: S101  the link's person is a foreign key
        await links.cancel_links_of(link["person"])
        await end_sessions_of(link["person"], "password reset")
        await record.note(link["person"], "password.reset", origin)
        await _notice(row["email"], row["locale"], row["name"])
    await throttles.password_was_right(row["email"])
    return str(row["email"])


async def _notice(email: str, locale: str, name: str) -> None:
    await send_mail(
        to=email,
        template="people/mail/password_changed.txt",
        message_key=f"password-changed:{new_id()}",
        locale=locale,
        context={"name": name},
    )
