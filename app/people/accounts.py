"""Accounts: made, looked up by address, ended. Signing in, links by mail and roles have modules of their own."""

import unicodedata
from collections.abc import Iterable
from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import clean_line, fold
from app.core.web import Actor
from app.people import record
from app.people.passwords import hash_password
from app.people.record import Origin
from app.people.tables import ROLES


class NoSuchAccount(NotFound):
    message = N_("No account has this e-mail address.")


class AddressTaken(Conflict):
    message = N_("There is an account with this e-mail address already.")


_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that draw nothing."""


def require_visible(name: str) -> None:
    """Raise Invalid for a name of which nobody would see anything: joiners, fillers, marks alone."""
    if not any(unicodedata.category(c)[0] in "LNPS" and c not in _BLANK for c in name):
        raise Invalid(fields={"name": REQUIRED})


def email_key(email: str) -> str:
    """What addresses are compared by: no case, one Unicode form. Dots and plus signs are the mail server's affair.

    `lower` and not `casefold`: straße.example and strasse.example belong to two owners.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email.strip()).lower())


async def create_person(  # noqa: PLR0913  the facts of an account, all by name
    *,
    email: str,
    name: str,
    password: str | None = None,
    locale: str = "vi",
    confirmed: bool = False,
    roles: Iterable[str] = (),
    sample: bool = False,
) -> UUID:
    """Make an account; its id. Raises AddressTaken when the address has one: calling it twice changes nothing.

    No mail goes out. The password's rules are the form's affair.
    """
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {', '.join(sorted(unknown))}")
    hashed = await hash_password(password) if password is not None else None
    async with db.tx():
        person = await add_person(email=email, name=name, password_hash=hashed, locale=locale, confirmed=confirmed)
        if sample:
            await db.execute("UPDATE person SET sample = true WHERE id = $1", person)
        for role in sorted(set(roles)):
            await db.execute(
                "INSERT INTO person_role (id, person, role, granted_at, reason) VALUES ($1, $2, $3, now(), '')",
                *(new_id(), person, role),
            )
    return person


async def add_person(*, email: str, name: str, password_hash: str | None, locale: str, confirmed: bool) -> UUID:
    """The row of a new account, in the open transaction; raises AddressTaken."""
    person = new_id()
    rows = await db.execute(
        "INSERT INTO person (id, email, email_key, name, search_text, locale, password_hash, password_changed_at,"
        " email_confirmed_at, sample, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7,"
        " CASE WHEN $7::text IS NOT NULL THEN now() END, CASE WHEN $8 THEN now() END, false, now())"
        " ON CONFLICT (email_key) WHERE ended_at IS NULL DO NOTHING",
        *(person, email.strip(), email_key(email), clean_line(name), searched_by(name, email)),
        *(locale, password_hash, confirmed),
    )
    if not rows:
        raise AddressTaken
    await record.note(person, "account.made")
    return person


def searched_by(name: str, email: str) -> str:
    """The text in which staff search for a person."""
    return f"{fold(clean_line(name))} {fold(email)}"


async def person_by_email(email: str) -> asyncpg.Record | None:
    """The current account of an address."""
    return await db.fetchrow("SELECT * FROM person WHERE email_key = $1 AND ended_at IS NULL", email_key(email))


async def change_profile(actor: Actor, name: str, locale: str, origin: Origin) -> None:
    """Change the name that others see and the language of pages and mails. Idempotent. Raises Invalid."""
    require_visible(name)
    async with db.tx():
        await db.execute(
            "UPDATE person SET name = $2, locale = $3, search_text = $4 WHERE id = $1 AND ended_at IS NULL",
            *(actor.person_id, clean_line(name), locale, searched_by(name, actor.email)),
        )
        await record.note(actor.person_id, "profile.changed", origin)


async def choose_language(actor: Actor, locale: str) -> None:
    """The language of somebody's pages and mails; nothing happens for somebody not signed in. Idempotent."""
    if actor.id is not None and locale in ("vi", "en"):
        await db.execute("UPDATE person SET locale = $2 WHERE id = $1 AND locale <> $2", actor.id, locale)
