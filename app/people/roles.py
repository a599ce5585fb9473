"""Roles of the whole site: granted and ended by admins, with a reason, in effect at the next request."""

from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import clean_line
from app.core.web import Actor
from app.people import record
from app.people.accounts import NoSuchAccount, person_by_email
from app.people.record import Origin
from app.people.sessions import Opened, end_sessions_of, renew
from app.people.tables import ROLES
from app.people.two_step import require_recent

LABELS = {
    "admin": N_("Administrator"),
    "moderator": N_("Moderator"),
    "organizer": N_("Organizer"),
    "desk": N_("Check-in desk"),
}
ADMINS_LOCK = 7_205_759_410
COMMAND = "python -m app grant"


class AddressUnproved(Conflict):
    message = N_("This account has not confirmed its e-mail address yet.")


class LastAdmin(Conflict):
    message = N_("This is the last administrator. Make somebody else one first.")


def _admin(actor: Actor) -> None:
    if not actor.has("admin"):
        raise NotAllowed
    require_recent(actor)


class RoleChange(msgspec.Struct, frozen=True):
    """Whether anything changed, and a new token for the actor's session when it was the actor's own role."""

    changed: bool
    opened: Opened | None = None


async def grant_role(actor: Actor, person: UUID, role: str, reason: str, origin: Origin) -> RoleChange:
    """Give a role. Their sessions end: no token from before carries it. Idempotent.

    Raises NotAllowed, ConfirmFirst, Invalid, NotFound.
    """
    _admin(actor)
    if role not in ROLES:
        raise Invalid(fields={"role": NOT_A_CHOICE})
    async with db.tx():
        if not await _insert(person, role, actor.person_id, reason):
            return RoleChange(False)
        opened = await _start_afresh(actor, person)
        await record.note(
            person, "role.granted", origin, actor=actor.person_id, detail={"role": role, "reason": clean_line(reason)}
        )
    return RoleChange(True, opened)


async def grant_by_email(email: str, role: str) -> bool:
    """The command line's verb: how a new house gets its first admin. Says whether anything changed; idempotent.

    Their sessions end as with any grant. Raises NoSuchAccount, and AddressUnproved before the address is confirmed:
    whoever typed it at sign-up may not be its owner.
    """
    person = await person_by_email(email)
    if person is None:
        raise NoSuchAccount
    async with db.tx():
        if not await db.fetchval("SELECT email_confirmed_at FROM person WHERE id = $1", person["id"]):
            raise AddressUnproved
        if not await _insert(person["id"], role, None, COMMAND):
            return False
        await end_sessions_of(person["id"], "role changed")
        await record.note(person["id"], "role.granted", detail={"role": role, "reason": COMMAND})
    return True


async def _insert(person: UUID, role: str, granted_by: UUID | None, reason: str) -> bool:
    if not await db.fetchval("SELECT true FROM person WHERE id = $1 AND ended_at IS NULL FOR SHARE", person):
        raise NotFound
    rows = await db.execute(
        "INSERT INTO person_role (id, person, role, granted_at, granted_by, reason)"
        " VALUES ($1, $2, $3, now(), $4, $5)"
        " ON CONFLICT (person, role) WHERE ended_at IS NULL DO NOTHING",
        *(new_id(), person, role, granted_by, clean_line(reason)),
    )
    return bool(rows)


async def end_role(actor: Actor, person: UUID, role: str, reason: str, origin: Origin) -> RoleChange:
    """Take a role back; their sessions end. Idempotent. Raises LastAdmin and what `grant_role` raises."""
    _admin(actor)
    async with db.tx():
        if role == "admin":
            await refuse_last_admin(person)
        rows = await db.execute(
            "UPDATE person_role SET ended_at = now(), ended_by = $3, ended_reason = $4 WHERE person = $1 AND role = $2"
            " AND ended_at IS NULL",
            *(person, role, actor.person_id, clean_line(reason)),
        )
        if not rows:
            return RoleChange(False)
        opened = await _start_afresh(actor, person)
        await record.note(
            person, "role.ended", origin, actor=actor.person_id, detail={"role": role, "reason": clean_line(reason)}
        )
    return RoleChange(True, opened)


async def _start_afresh(actor: Actor, person: UUID) -> Opened | None:
    own = person == actor.id
    await end_sessions_of(person, "role changed", but=actor.session_id if own else None)
    return await renew(actor) if own else None


async def refuse_last_admin(person: UUID) -> None:
    """In the open transaction: raise LastAdmin if nobody else would be left. Two at once wait for each other."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", ADMINS_LOCK)
    admins = await db.fetch(
        "SELECT r.person FROM person_role r JOIN person p ON p.id = r.person"
        " WHERE r.role = 'admin' AND r.ended_at IS NULL AND p.ended_at IS NULL"
    )
    if [row["person"] for row in admins] == [person]:
        raise LastAdmin
