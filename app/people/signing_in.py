"""Signing in: password, then the second step where there is one. The same words, hashes and queries for every no."""

from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Invalid, NotSignedIn
from app.core.i18n import N_
from app.core.web import Actor
from app.people import record, throttles
from app.people.accounts import email_key
from app.people.passwords import hash_password, outdated, password_fits
from app.people.record import Origin
from app.people.secret import digest
from app.people.sessions import Opened, end_sessions_of, end_token, open_session, renew
from app.people.two_step import code_fits

_ACCOUNT = """
SELECT p.id, p.email, p.password_hash, p.email_confirmed_at IS NOT NULL AS confirmed
FROM person p WHERE p.email_key = $1 AND p.ended_at IS NULL
"""


class WrongPassword(Invalid):
    message = N_("E-mail address and password do not belong together, or the address is not confirmed yet.")


class WrongCode(Invalid):
    message = N_("This code does not fit. Wait for the next one, or use a recovery code.")


class Attempt(Origin, frozen=True):
    """What stands around an attempt: where it comes from, the browser's old session, and what was ticked."""

    replaces: str | None = None
    stays: bool = False
    known: bool = False


async def sign_in(email: str, password: str, attempt: Attempt) -> Opened:
    """Open a session; it waits when the second step is still to be done. The browser's old session ends.

    Raises TooMany or WrongPassword. One hash and the same statements whether or not the account exists.
    """
    await throttles.sign_in(email, attempt.network, attempt.known)
    account = await db.fetchrow(_ACCOUNT, email_key(email))
    fits = await password_fits(account["password_hash"] if account else None, password)
    if account is None or not fits or not account["confirmed"]:
        await record.note(account["id"] if account else None, "sign_in.failed", attempt)
        raise WrongPassword
    await throttles.password_was_right(email)
    return await _let_in(account, password, attempt)


async def _let_in(account: asyncpg.Record, password: str, attempt: Attempt) -> Opened:
    anew = await hash_password(password) if outdated(account["password_hash"]) else None
    async with db.tx():
        current = await db.fetchrow(
            "SELECT password_hash, ended_at FROM person WHERE id = $1 FOR NO KEY UPDATE", account["id"]
        )
        if current is None or current["ended_at"] or current["password_hash"] != account["password_hash"]:
            raise WrongPassword  # changed while we were hashing
        # asked again under the lock: who turned the second step on meanwhile has ended every session without it
        waiting = await has_two_step(account["id"])
        if anew is not None:
            await db.execute("UPDATE person SET password_hash = $2 WHERE id = $1", account["id"], anew)
        opened = await open_session(
            account["id"], attempt, stays=attempt.stays, waiting=waiting, replaces=attempt.replaces
        )
        await record.note(account["id"], "sign_in.half" if opened.waiting else "sign_in.done", attempt)
    return opened


async def finish_sign_in(token: str | None, code: str, attempt: Attempt) -> Opened:
    """The second step: a code from the phone or a recovery code turns the waiting session into one with a new token.

    Raises NotSignedIn when nothing waits (any more), TooMany or WrongCode.
    """
    waiting = await waiting_session(token)
    if waiting is None or token is None:
        raise NotSignedIn
    await throttles.second_step(waiting["person"])
    async with db.tx():
        # what ends every session at this moment (a new password) comes before this one, or finds the new session
        await db.execute("SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE", waiting["person"])
        fits = await code_fits(waiting["person"], code)
        if fits and await end_token(token, "second step done"):
            opened = await open_session(waiting["person"], attempt, stays=waiting["stays"])
            await record.note(waiting["person"], "sign_in.done", attempt, detail={"with": fits})
            return opened
    await record.note(waiting["person"], "sign_in.wrong_code", attempt)
    raise WrongCode


async def waiting_session(token: str | None) -> asyncpg.Record | None:
    """The session of a browser whose password was right and whose second step is not done."""
    if token is None:
        return None
    return await db.fetchrow(
        "SELECT s.person, s.stays FROM session s JOIN person p ON p.id = s.person WHERE s.token_hash = $1"
        " AND s.waiting AND s.ended_at IS NULL AND s.expires_at > now() AND p.ended_at IS NULL",
        digest(token),
    )


NOT_YOURS = N_("This is not your password.")


async def check_password(actor: Actor, password: str, attempt: Attempt, field: str = "password") -> str:
    """Whether the actor's own password was typed; raises Invalid at `field`, or TooMany.

    The stored hash that it fitted, for `lock_while_password_is`: hashing takes a while, and it may change meanwhile.
    """
    await throttles.sign_in(actor.email, attempt.network, known=True)
    stored = await db.fetchval("SELECT password_hash FROM person WHERE id = $1 AND ended_at IS NULL", actor.person_id)
    if not await password_fits(stored, password):
        await record.note(actor.person_id, "password.wrong", attempt)
        raise Invalid(fields={field: NOT_YOURS})
    await throttles.password_was_right(actor.email)
    return str(stored)


async def lock_while_password_is(actor: Actor, stored: str, field: str = "password") -> None:
    """In the open transaction: lock the account; raises Invalid at `field` when its password is another by now.

    Else what somebody began with a stolen password would come after its owner's reset.
    """
    current = await db.fetchval(
        "SELECT password_hash FROM person WHERE id = $1 AND ended_at IS NULL FOR NO KEY UPDATE", actor.person_id
    )
    if current != stored:
        raise Invalid(fields={field: NOT_YOURS})


async def confirm_identity(actor: Actor, password: str, code: str, attempt: Attempt) -> Opened:
    """Type the password (and a code) again before something weighty; the session gets a new token.

    Raises Invalid, TooMany, or NotSignedIn when the session ended meanwhile.
    """
    await check_password(actor, password, attempt)
    two_step = await has_two_step(actor.person_id)
    if two_step:
        await throttles.second_step(actor.person_id)
    async with db.tx():
        fits = not two_step or await code_fits(actor.person_id, code)
        opened = await renew(actor, confirmed=True) if fits else None
        if opened is not None:
            await record.note(actor.person_id, "identity.confirmed", attempt)
            return opened
    if not fits:
        raise Invalid(fields={"code": WrongCode.message})
    raise NotSignedIn


async def has_two_step(person: UUID) -> bool:
    """Whether the second step is on."""
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM second_step"
            " WHERE person = $1 AND ended_at IS NULL AND confirmed_at IS NOT NULL)",
            person,
        )
    )


async def start_afresh(actor: Actor, reason: str) -> Opened | None:
    """In the open transaction: end the actor's other sessions and give this one a new token."""
    await end_sessions_of(actor.person_id, reason, but=actor.session_id)
    return await renew(actor)
