"""The second step: codes from a phone (TOTP), each used once, and recovery codes on paper. Enrolling and ending it."""

import base64
import hashlib
import re
from uuid import UUID

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken

from app.core import db
from app.core.clock import now
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.text import clean_line
from app.core.web import Actor
from app.people import record
from app.people.record import Origin
from app.people.secret import digest, make_code, plain_code
from app.people.sessions import Opened, end_sessions_of, renew

PERIOD = 30
CODES = 10
ISSUER = "Ket Noi"


class ConfirmFirst(NotAllowed):
    """The password was typed too long ago for this; pages lead to where it is typed again."""

    message = N_("Please enter your password again before you do this.")


class AlreadyOn(Conflict):
    message = N_("Two-step sign-in is on already.")


def require_recent(actor: Actor) -> None:
    """Only shortly after the password was typed. Raises ConfirmFirst."""
    if not actor.confirmed_recently:
        raise ConfirmFirst


def _seal() -> Fernet:
    key = hashlib.sha256(f"second-step:{get_settings().secret_key}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def _unsealed(sealed: str) -> str | None:
    """The secret; None after SECRET_KEY was changed: then recovery codes still let their owner in."""
    try:
        return _seal().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


async def begin(actor: Actor) -> str:
    """A new secret that waits for its first code; an earlier waiting one is dropped. Raises ConfirmFirst, AlreadyOn."""
    require_recent(actor)
    secret = pyotp.random_base32()
    async with db.tx():
        await db.execute("SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE", actor.person_id)
        await db.execute(
            "UPDATE second_step SET ended_at = now() WHERE person = $1 AND ended_at IS NULL AND confirmed_at IS NULL",
            actor.person_id,
        )
        rows = await db.execute(
            "INSERT INTO second_step (id, person, secret, last_step, created_at) VALUES ($1, $2, $3, 0, now())"
            " ON CONFLICT (person) WHERE ended_at IS NULL DO NOTHING",
            *(new_id(), actor.person_id, _seal().encrypt(secret.encode()).decode()),
        )
        if not rows:
            raise AlreadyOn
    return secret


async def waiting_secret(actor: Actor) -> str | None:
    """The secret that waits for its first code."""
    sealed = await db.fetchval(
        "SELECT secret FROM second_step WHERE person = $1 AND ended_at IS NULL AND confirmed_at IS NULL",
        actor.person_id,
    )
    return _unsealed(sealed) if sealed else None


def qr_uri(actor: Actor, secret: str) -> str:
    """A picture of the secret for the phone's camera, as a data: address."""
    text = pyotp.TOTP(secret).provisioning_uri(name=actor.email, issuer_name=ISSUER)
    return str(segno.make(text, error="m").svg_data_uri(scale=5, border=3, light="#fff"))


async def finish(actor: Actor, code: str, origin: Origin) -> tuple[list[str], Opened | None]:
    """Turn the second step on with its first code: recovery codes to print, and a new token for this session.

    Other sessions end, a notice goes to the outbox. Raises ConfirmFirst, or Invalid when the code does not fit.
    """
    require_recent(actor)
    codes = [make_code() for _n in range(CODES)]
    async with db.tx():
        # a sign-in by password alone that is on its way has either opened its session, or will see this
        await db.execute("SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE", actor.person_id)
        row = await db.fetchrow(
            "SELECT id, secret FROM second_step WHERE person = $1 AND ended_at IS NULL AND confirmed_at IS NULL"
            " FOR UPDATE",
            actor.person_id,
        )
        step = _step_of(row["secret"], code) if row else None
        if row is None or step is None:
            raise Invalid(fields={"code": N_("This code does not fit. Is the clock of your phone right?")})
        await db.execute("UPDATE second_step SET confirmed_at = now(), last_step = $2 WHERE id = $1", row["id"], step)
        for paper in codes:
            await db.execute(
                "INSERT INTO recovery_code (id, second_step, code_hash) VALUES ($1, $2, $3)",
                *(new_id(), row["id"], digest(paper)),
            )
        await end_sessions_of(actor.person_id, "second step turned on", but=actor.session_id)
        opened = await renew(actor)
        await record.note(actor.person_id, "two_step.on", origin)
        await _notice(actor, "people/mail/two_step_on.txt", f"two-step-on:{row['id']}")
    return codes, opened


async def end(actor: Actor, origin: Origin) -> Opened | None:
    """Turn the second step off. Idempotent; other sessions end, a notice goes to the outbox. Raises ConfirmFirst."""
    require_recent(actor)
    async with db.tx():
        ended = await db.fetchval(
            "UPDATE second_step SET ended_at = now() WHERE person = $1 AND ended_at IS NULL RETURNING id",
            actor.person_id,
        )
        if ended is None:
            return None
        await end_sessions_of(actor.person_id, "second step turned off", but=actor.session_id)
        opened = await renew(actor)
        await record.note(actor.person_id, "two_step.off", origin)
        await _notice(actor, "people/mail/two_step_off.txt", f"two-step-off:{ended}")
    return opened


async def end_for(actor: Actor, person: UUID, reason: str, origin: Origin) -> bool:
    """An admin turns it off for somebody whose phone and paper are lost; False when it was not on.

    Their sessions end, a notice goes to the outbox. Raises NotAllowed (for oneself too), ConfirmFirst, NotFound.
    """
    if not actor.has("admin") or person == actor.id:
        raise NotAllowed
    require_recent(actor)
    async with db.tx():
        row = await db.fetchrow(
            "SELECT email, name, locale FROM person WHERE id = $1 AND ended_at IS NULL FOR NO KEY UPDATE", person
        )
        if row is None:
            raise NotFound
        ended = await db.fetchval(
            "UPDATE second_step SET ended_at = now() WHERE person = $1 AND ended_at IS NULL"
            " AND confirmed_at IS NOT NULL RETURNING id",
            person,
        )
        if ended is None:
            return False
        await end_sessions_of(person, "second step turned off")
        detail = {"reason": clean_line(reason)}
        await record.note(person, "two_step.off", origin, actor=actor.person_id, detail=detail)
        owner = Actor(id=person, email=row["email"], name=row["name"], locale=row["locale"])
        await _notice(owner, "people/mail/two_step_off.txt", f"two-step-off:{ended}", by_team=clean_line(reason))
    return True


async def _notice(actor: Actor, template: str, key: str, *, by_team: str = "") -> None:
    """`by_team`: why somebody of the team did it, where it was not the person."""
    context = {"name": actor.name, "by_team": by_team}
    await send_mail(to=actor.email, template=template, message_key=key, locale=actor.locale, context=context)


async def code_fits(person: UUID, typed: str) -> str | None:
    """Use up a code in the open transaction: "phone" or "paper" when it fits, None when not. Each fits once."""
    row = await db.fetchrow(
        "SELECT id, secret FROM second_step WHERE person = $1 AND ended_at IS NULL AND confirmed_at IS NOT NULL", person
    )
    if row is None:
        return None
    step = _step_of(row["secret"], typed)
    if step is not None:
        used = await db.execute(
            "UPDATE second_step SET last_step = $2 WHERE id = $1 AND last_step < $2 AND ended_at IS NULL",
            row["id"],
            step,
        )
        return "phone" if used else None
    used = await db.execute(
        "UPDATE recovery_code SET used_at = now() WHERE second_step = $1 AND code_hash = $2 AND used_at IS NULL",
        *(row["id"], digest(plain_code(typed))),
    )
    return "paper" if used else None


def _step_of(sealed: str, typed: str) -> int | None:
    """The period whose code was typed: this one, the one before or the one after."""
    digits = re.sub(r"[\s-]", "", typed)
    secret = _unsealed(sealed)
    if secret is None or not re.fullmatch(r"[0-9]{6}", digits, re.ASCII):
        return None
    current = int(now().timestamp()) // PERIOD
    totp = pyotp.TOTP(secret)
    fitting = [step for step in (current - 1, current, current + 1) if _same(totp.generate_otp(step), digits)]
    return max(fitting, default=None)


def _same(one: str, other: str) -> bool:
    return bool(pyotp.utils.strings_equal(one, other))


async def state_of(actor: Actor) -> tuple[bool, int]:
    """Whether the second step is on, and how many recovery codes are left."""
    row = await db.fetchrow(
        "SELECT count(c.id) FILTER (WHERE c.used_at IS NULL) AS left FROM second_step t"
        " LEFT JOIN recovery_code c ON c.second_step = t.id"
        " WHERE t.person = $1 AND t.ended_at IS NULL AND t.confirmed_at IS NOT NULL GROUP BY t.id",
        actor.person_id,
    )
    return (row is not None, row["left"] if row else 0)
