"""Signing up: asking for an account, the mail that follows, and the link that makes it real.

Asking does the same work for every address; only the job behind it knows which addresses have an account, and
only their owners are told, by mail.
"""

import hmac
from uuid import UUID

from app.core import db
from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.outbox import enqueue
from app.core.settings import get_settings
from app.core.text import clean_line
from app.people import links, record, throttles
from app.people.accounts import AddressTaken, add_person, email_key, require_visible, searched_by
from app.people.passwords import hash_password, password_fits, refused
from app.people.record import Origin
from app.people.secret import digest, make_token
from app.people.sessions import Opened, open_session
from app.people.signing_in import Attempt
from app.people.vocabulary import FIRST_PAGES


class NotTheOne(Invalid):
    message = N_("This is not the password that was chosen for this account.")


async def ask_for_account(
    *, email: str, name: str, password: str, locale: str, origin: Origin, comes_as: str = ""
) -> str:
    """Note the wish and let a job send the mail; the secret by which this browser is known when it comes back.

    Raises Invalid for a name or a password that is not taken, TooMany. The answer is the same whether or not there is
    an account.
    """
    require_visible(name)
    why = refused(password, email, name)
    if why is not None:
        raise Invalid(fields={"password": why})
    await throttles.mail_to("sign-up", email, origin.network)
    hashed = await hash_password(password)
    browser, sign_up = make_token(), new_id()
    async with db.tx():
        await db.execute(
            "INSERT INTO sign_up (id, email, email_key, name, locale, password_hash, browser_hash, comes_as,"
            " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now())",
            *(sign_up, email, email_key(email), clean_line(name), locale, hashed, digest(browser)),
            comes_as if comes_as in FIRST_PAGES else "",
        )
        await enqueue("people.sign_up", {"sign_up": str(sign_up)})
    return browser


async def ask_again(email: str, locale: str, origin: Origin) -> None:
    """Ask for the mail once more. The same for every address. Raises TooMany."""
    await throttles.mail_to("again", email, origin.network)
    async with db.tx():
        await enqueue("people.send_again", {"email": email, "locale": locale, "request": str(new_id())})


async def send_sign_up_mail(sign_up: UUID) -> None:
    """A job's verb: the link, or to somebody who has an account the word that they have one. Once per sign-up."""
    async with db.tx():
        row = await db.fetchrow("SELECT * FROM sign_up WHERE id = $1 AND done_at IS NULL", sign_up)
        if row is None:
            return
        if await _is_confirmed(row["email_key"]):
            await _have_one_already(row["email"], row["locale"], f"have-account:{sign_up}")
            return
        await _send_link(row["id"], row["email"], row["name"], row["locale"], f"sign-up:{sign_up}")


async def send_again(email: str, locale: str, request: str) -> None:
    """A job's verb: a fresh link for the newest wish of an address, if there is one."""
    async with db.tx():
        if await _is_confirmed(email_key(email)):
            await _have_one_already(email, locale, f"have-account:{request}")
            return
        row = await db.fetchrow(
            "SELECT * FROM sign_up WHERE email_key = $1 AND done_at IS NULL AND created_at > now() - interval '7 days'"
            " ORDER BY created_at DESC, id DESC LIMIT 1",
            email_key(email),
        )
        if row is not None:
            await _send_link(row["id"], row["email"], row["name"], row["locale"], f"sign-up-again:{request}")


async def _is_confirmed(key: str) -> bool:
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM person WHERE email_key = $1 AND ended_at IS NULL"
            " AND email_confirmed_at IS NOT NULL)",
            key,
        )
    )


async def _have_one_already(email: str, locale: str, key: str) -> None:
    await send_mail(to=email, template="people/mail/have_account.txt", message_key=key, locale=locale)


async def _send_link(sign_up: UUID, email: str, name: str, locale: str, key: str) -> None:
    token = await links.make_link("sign_up", email, sign_up=sign_up)
    url = f"{get_settings().origin}/confirm/{token}"
    await send_mail(
        to=email,
        template="people/mail/confirm.txt",
        message_key=key,
        locale=locale,
        context={"url": url},
    )


def same_browser(browser_hash: bytes, shown: str) -> bool:
    """Whether the browser is the one that asked for the account."""
    return hmac.compare_digest(browser_hash, digest(shown))


async def confirm(token: str, *, browser: str, password: str, attempt: Attempt) -> Opened:
    """Use the link up, make the account and sign its owner in.

    Another browser than the one that asked has to know the password: so nobody confirms an account that a stranger
    prepared. Raises LinkOver, NotTheOne, AddressTaken, TooMany. Two at once: one gets it.
    """
    seen = await links.look_at(token, "sign_up")
    if not same_browser(seen["browser_hash"], browser):
        await throttles.link(seen["token_hash"])
        if not await password_fits(seen["password_hash"], password):
            raise Invalid(fields={"password": NotTheOne.message})
    async with db.tx():
        link = await links.use(token, "sign_up")
        row = await db.fetchrow(
            "UPDATE sign_up SET done_at = now() WHERE id = $1 AND done_at IS NULL RETURNING *", link["sign_up"]
        )
        if row is None:
            raise links.LinkOver
        person = await _adopt(row["email_key"], row["name"], row["email"], row["password_hash"])
        if person is None:
            person = await add_person(
                email=row["email"],
                name=row["name"],
                password_hash=row["password_hash"],
                locale=row["locale"],
                confirmed=True,
            )
        await record.note(person, "email.confirmed", attempt)
        opened = await open_session(person, attempt, stays=False, replaces=attempt.replaces)
        await record.note(person, "sign_in.done", attempt)
    return opened


async def _adopt(key: str, name: str, email: str, password_hash: str) -> UUID | None:
    """Take over an account that was made for this address but never confirmed; None when there is none.

    Raises AddressTaken when its owner was faster.
    """
    found = await db.fetchrow(
        "SELECT id, email_confirmed_at FROM person WHERE email_key = $1 AND ended_at IS NULL FOR NO KEY UPDATE", key
    )
    if found is None:
        return None
    if found["email_confirmed_at"] is not None:
        raise AddressTaken
    await db.execute(
        "UPDATE person SET name = $2, search_text = $3, password_hash = $4, password_changed_at = now(),"
        " email_confirmed_at = now() WHERE id = $1",
        *(found["id"], name, searched_by(name, email), password_hash),
    )
    return UUID(str(found["id"]))
