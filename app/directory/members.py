"""Who belongs to an organisation: invitations by mail, roles, leaving, also with the account. The last owner stays."""

import hashlib
import secrets
from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.forms import NOT_A_CHOICE, NOT_AN_EMAIL, is_email
from app.core.i18n import N_, current_locale
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.outbox import enqueue
from app.core.settings import get_settings
from app.core.web import Actor
from app.directory import history
from app.directory.vocabulary import MEMBER_ROLES
from app.people.accounts import email_key
from app.people.ending import before_end

INVITATION_DAYS = 14
INVITED_PER_DAY = 50


class LastOwner(Conflict):
    message = N_("This is the last owner. Please make somebody else an owner first.")


class NotHandedOver(Conflict):
    message = N_(
        "This account is the last owner of %(organisations)s. Please hand it over first: make somebody else an owner."
    )


class AlreadyMember(Conflict):
    message = N_("This person belongs to the organisation already.")


class InvitationOver(NotFound):
    message = N_("This invitation is over: it was used, withdrawn, or is older than 14 days. Please ask for a new one.")


class ForAnotherAddress(NotAllowed):
    message = N_(
        "This invitation was sent to %(address)s. Please sign in with that address, or ask for an invitation to yours."
    )


async def members_of(organisation: UUID) -> list[dict[str, Any]]:
    """Present members, owners first, with how to reach them."""
    rows = await db.fetch(
        "SELECT m.id, m.person, m.role, m.started_at, m.title, m.is_founder, m.is_legal_representative, m.contact_for,"
        " m.listed, p.name, p.email FROM membership m"
        " JOIN person p ON p.id = m.person WHERE m.organisation = $1 AND m.ended_at IS NULL"
        " ORDER BY array_position(ARRAY['owner', 'editor', 'viewer'], m.role), m.started_at, m.id",
        organisation,
    )
    return [dict(row) for row in rows]


async def open_invitations_of(organisation: UUID) -> list[dict[str, Any]]:
    rows = await db.fetch(
        "SELECT id, email, role, created_at, expires_at FROM organisation_invitation WHERE organisation = $1"
        " AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > now() ORDER BY created_at DESC, id DESC",
        organisation,
    )
    return [dict(row) for row in rows]


async def invite(actor: Actor, organisation: UUID, email: str, role: str) -> None:
    """Ask somebody by mail to join. Again for the same address replaces the link and the role.

    Locks the organisation; one mail goes to the outbox. Raises AlreadyMember, Invalid, NotAllowed, TooMany.
    """
    if role not in MEMBER_ROLES:
        raise Invalid(fields={"role": NOT_A_CHOICE})
    if not is_email(email):
        raise Invalid(fields={"email": NOT_AN_EMAIL})
    await hit("organisation.invite", actor.person_id, INVITED_PER_DAY, 86_400)
    token = secrets.token_urlsafe(32)
    async with db.tx():
        row = await _locked_by_owner(actor, organisation)
        if await db.fetchval(
            "SELECT true FROM membership m JOIN person p ON p.id = m.person"
            " WHERE m.organisation = $1 AND m.ended_at IS NULL AND p.email_key = $2 AND p.ended_at IS NULL",
            *(organisation, email_key(email)),
        ):
            raise AlreadyMember
        await db.execute(
            "UPDATE organisation_invitation SET withdrawn_at = now()"
            " WHERE organisation = $1 AND email_key = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL",
            *(organisation, email_key(email)),
        )
        invitation = new_id()
        await db.execute(
            "INSERT INTO organisation_invitation"
            " (id, organisation, email, email_key, role, token_hash, invited_by, created_at, expires_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now() + make_interval(days => $8))",
            *(invitation, organisation, email, email_key(email), role, _hash(token), actor.id, INVITATION_DAYS),
        )
        await history.record(organisation, actor.id, "invited", {"role": (None, role)})
        await send_mail(
            to=email,
            template="directory/mail/invitation.txt",
            message_key=f"organisation-invitation:{invitation}",
            locale=current_locale(),
            context={
                "organisation": row["name"],
                "inviter": actor.name or actor.email,
                "role": MEMBER_ROLES.label(role),
                "link": f"{get_settings().origin}/organisations/invitations/{token}",
                "days": INVITATION_DAYS,
            },
        )


async def invitation_for(token: str) -> dict[str, Any]:
    """An open invitation and its organisation. Raises InvitationOver for all others alike."""
    row = await db.fetchrow(
        "SELECT i.id, i.organisation, i.role, i.email, i.email_key, o.name, o.slug FROM organisation_invitation i"
        " JOIN organisation o ON o.id = i.organisation WHERE i.token_hash = $1 AND i.accepted_at IS NULL"
        " AND i.withdrawn_at IS NULL AND i.expires_at > now() AND o.ended_at IS NULL",
        _hash(token),
    )
    if row is None:
        raise InvitationOver
    return dict(row)


async def require_invited(actor: Actor, invitation: dict[str, Any]) -> None:
    """A link that was passed on opens nothing: it is for the account of the invited address. Raises ForAnotherAddress.

    The address is told to whoever holds the link only as far as its owner recognises it.
    """
    own = await db.fetchval("SELECT email_key FROM person WHERE id = $1 AND ended_at IS NULL", actor.person_id)
    if own != invitation["email_key"]:
        name, _at, host = invitation["email"].rpartition("@")
        raise ForAnotherAddress(address=f"{name[:1]}…@{host}")


async def accept_invitation(actor: Actor, token: str) -> str:
    """Join by the link; the organisation's address. A second use of the link is InvitationOver.

    Locks the organisation. Whoever belongs to it already keeps the role. Enqueues connections.refresh. With another
    account than the invited address's it is refused (ForAnotherAddress) and stays open.
    """
    person = actor.person_id
    async with db.tx():
        found = await invitation_for(token)
        await require_invited(actor, found)
        await _lock(found["organisation"])
        taken = await db.execute(
            "UPDATE organisation_invitation SET accepted_at = now(), accepted_by = $2"
            " WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL",
            *(found["id"], person),
        )
        if not taken:
            raise InvitationOver
        joined = await db.execute(
            "INSERT INTO membership (id, organisation, person, role, started_at) VALUES ($1, $2, $3, $4, now())"
            " ON CONFLICT (organisation, person) WHERE ended_at IS NULL DO NOTHING",
            *(new_id(), found["organisation"], person, found["role"]),
        )
        if joined:
            await history.record(found["organisation"], person, "joined", {"role": (None, found["role"])})
            await enqueue("connections.refresh", {"organisation_id": str(found["organisation"])})
    return str(found["slug"])


async def withdraw_invitation(actor: Actor, organisation: UUID, invitation: UUID) -> None:
    """End an open invitation. Idempotent. Raises NotAllowed."""
    async with db.tx():
        await _locked_by_owner(actor, organisation)
        if await db.execute(
            "UPDATE organisation_invitation SET withdrawn_at = now()"
            " WHERE id = $1 AND organisation = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL",
            *(invitation, organisation),
        ):
            await history.record(organisation, actor.id, "invitation_withdrawn")


async def change_role(actor: Actor, organisation: UUID, membership: UUID, role: str) -> None:
    """Give a member another role. Idempotent. Locks the organisation, so that owners cannot step down all at once.

    Raises LastOwner, Invalid, NotAllowed, NotFound.
    """
    if role not in MEMBER_ROLES:
        raise Invalid(fields={"role": NOT_A_CHOICE})
    async with db.tx():
        await _locked_by_owner(actor, organisation)
        row = await _member(organisation, membership)
        if row["role"] == role:
            return
        if row["role"] == "owner":
            await _require_another_owner(organisation, membership)
        await db.execute("UPDATE membership SET role = $2 WHERE id = $1", membership, role)
        await history.record(organisation, actor.id, "role_changed", {"role": (row["role"], role)})


async def end_membership(actor: Actor, organisation: UUID, membership: UUID) -> None:
    """Leave, or be removed by an owner. Idempotent. Locks the organisation; the last owner stays.

    Raises LastOwner, NotAllowed, NotFound.
    """
    async with db.tx():
        await _lock(organisation)
        row = await _member(organisation, membership, ended=True)
        if row["person"] != actor.person_id:
            await _require_owner(actor, organisation)
        if row["ended_at"] is not None:
            return
        if row["role"] == "owner":
            await _require_another_owner(organisation, membership)
        await db.execute(
            "UPDATE membership SET ended_at = now(), ended_by = $2 WHERE id = $1", *(membership, actor.person_id)
        )
        await history.record(organisation, actor.id, "left", {"role": (row["role"], None)})


@before_end
async def leave_all(person: UUID) -> None:
    """With an account its memberships end, in the same transaction; the history says why. Idempotent.

    Locks the person's organisations, in order, so that their last owners cannot leave all at once. Raises
    NotHandedOver, with the names, while an organisation of the directory would be left without an owner.
    """
    await _lock_all_of(person)
    alone = await _owned_alone(person)
    if alone:
        raise NotHandedOver(organisations=", ".join(alone))
    rows = await db.fetch(
        "UPDATE membership SET ended_at = now() WHERE person = $1 AND ended_at IS NULL RETURNING organisation, role",
        person,
    )
    for row in rows:
        await history.record(row["organisation"], person, "account_ended", {"role": (row["role"], None)})


async def _lock_all_of(person: UUID) -> None:
    await db.fetch(
        "SELECT o.id FROM organisation o WHERE EXISTS (SELECT FROM membership m WHERE m.organisation = o.id"
        " AND m.person = $1 AND m.ended_at IS NULL) ORDER BY o.id FOR UPDATE OF o",
        person,
    )


async def _owned_alone(person: UUID) -> list[str]:
    """The organisations of the directory that have this owner and no other."""
    rows = await db.fetch(
        "SELECT o.name FROM membership m JOIN organisation o ON o.id = m.organisation AND o.ended_at IS NULL"
        " WHERE m.person = $1 AND m.role = 'owner' AND m.ended_at IS NULL AND NOT EXISTS (SELECT FROM membership a"
        " WHERE a.organisation = o.id AND a.role = 'owner' AND a.ended_at IS NULL AND a.person <> $1)"
        " ORDER BY o.name, o.id",
        person,
    )
    return [row["name"] for row in rows]


async def _lock(organisation: UUID) -> Any:
    row = await db.fetchrow(
        "SELECT id, name, slug FROM organisation WHERE id = $1 AND ended_at IS NULL FOR UPDATE", organisation
    )
    if row is None:
        raise NotFound
    return row


async def _locked_by_owner(actor: Actor, organisation: UUID) -> Any:
    row = await _lock(organisation)
    await _require_owner(actor, organisation)
    return row


async def _require_owner(actor: Actor, organisation: UUID) -> None:
    role = await db.fetchval(
        "SELECT role FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL",
        *(organisation, actor.person_id),
    )
    if role != "owner" and not actor.has("admin"):
        raise NotAllowed


async def _member(organisation: UUID, membership: UUID, *, ended: bool = False) -> Any:
    row = await db.fetchrow(
        "SELECT id, person, role, ended_at FROM membership WHERE id = $1 AND organisation = $2",
        membership,
        organisation,
    )
    if row is None or (row["ended_at"] is not None and not ended):
        raise NotFound
    return row


async def _require_another_owner(organisation: UUID, membership: UUID) -> None:
    others = await db.fetchval(
        "SELECT count(*) FROM membership WHERE organisation = $1 AND role = 'owner' AND ended_at IS NULL AND id <> $2",
        *(organisation, membership),
    )
    if not others:
        raise LastOwner


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
