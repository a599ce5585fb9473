"""Handing an organisation over: an owner names an address, its holder accepts; nobody is ever without an owner."""

import hashlib
import secrets
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.forms import NOT_A_CHOICE, NOT_AN_EMAIL, is_email
from app.core.i18n import N_, current_locale
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.web import Actor
from app.directory import history
from app.directory.curation.owning import make_owner, step_back
from app.directory.curation.standing import Row, locked, person_for_mail
from app.people.accounts import email_key

DAYS = 14
PER_DAY = 20
BECOMES = {
    "editor": N_("Stay as editor"),
    "viewer": N_("Stay as viewer"),
    "owner": N_("Stay as a second owner"),
    "leaves": N_("Leave the organisation"),
}
"""What the giver is afterwards; the first is what the form proposes."""


class ToOneself(Invalid):
    message = N_("You own it already. Please name somebody else.")


class TransferOver(NotFound):
    message = N_("This offer is over: it was answered, withdrawn, or is older than 14 days.")


class GiverNoLongerOwner(Conflict):
    message = N_("Who offered this no longer owns the organisation, so the offer does not hold any more.")


class ForAnotherHolder(NotAllowed):
    message = N_("This offer was sent to %(address)s. Please sign in with that address.")


async def offer_transfer(actor: Actor, organisation: UUID, email: str, giver_becomes: str) -> None:
    """Offer the organisation to the holder of an address; a new offer withdraws the one before.

    Locks the organisation; one mail goes to the outbox. Raises Invalid, NotAllowed, NotFound, ToOneself, TooMany.
    """
    if giver_becomes not in BECOMES:
        raise Invalid(fields={"giver_becomes": NOT_A_CHOICE})
    if not is_email(email):
        raise Invalid(fields={"email": NOT_AN_EMAIL})
    if email_key(email) == email_key(actor.email):
        raise ToOneself(fields={"email": ToOneself.message})
    await hit("transfer.offered", actor.person_id, PER_DAY, 86_400)
    transfer, token = new_id(), secrets.token_urlsafe(32)
    async with db.tx():
        row = (await locked(organisation))[organisation]
        await _require_owner(actor.person_id, organisation)
        await _withdraw(organisation)
        await db.execute(
            "INSERT INTO ownership_transfer (id, organisation, giver, email, email_key, giver_becomes, token_hash,"
            " state, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'made', now(),"
            " now() + make_interval(days => $8))",
            *(transfer, organisation, actor.person_id, email, email_key(email), giver_becomes, _hash(token), DAYS),
        )
        await history.record(organisation, actor.id, "transfer_offered")
        await send_mail(
            to=email,
            template="directory/curation/mail/transfer.txt",
            message_key=f"transfer:{transfer}",
            locale=current_locale(),
            context={
                "organisation": row["name"],
                "person": actor.name or actor.email,
                "link": f"{get_settings().origin}/transfers/{token}",
                "days": DAYS,
            },
        )


async def withdraw_transfer(actor: Actor, organisation: UUID) -> None:
    """End the open offer. Idempotent. Raises NotAllowed, NotFound."""
    async with db.tx():
        await locked(organisation)
        if not actor.has("admin"):
            await _require_owner(actor.person_id, organisation)
        if await _withdraw(organisation):
            await history.record(organisation, actor.id, "transfer_withdrawn")


async def open_transfer_of(organisation: UUID) -> Row | None:
    row = await db.fetchrow(
        "SELECT t.email, t.giver_becomes, t.made_at, t.expires_at, p.name AS giver FROM ownership_transfer t"
        " JOIN person p ON p.id = t.giver WHERE t.organisation = $1 AND t.state = 'made' AND t.expires_at > now()",
        organisation,
    )
    return dict(row) if row else None


async def transfer_by_token(actor: Actor, token: str) -> Row:
    """An open offer for the actor's address. Raises ForAnotherHolder, TransferOver."""
    row = await db.fetchrow(
        "SELECT t.id, t.organisation, t.giver, t.email, t.email_key, t.giver_becomes, o.name, o.slug,"
        " p.name AS giver_name FROM ownership_transfer t JOIN organisation o ON o.id = t.organisation"
        " JOIN person p ON p.id = t.giver WHERE t.token_hash = $1 AND t.state = 'made' AND t.expires_at > now()"
        " AND o.ended_at IS NULL",
        _hash(token),
    )
    if row is None:
        raise TransferOver
    confirmed = await db.fetchval(
        "SELECT email_confirmed_at IS NOT NULL FROM person WHERE id = $1 AND email_key = $2 AND ended_at IS NULL",
        *(actor.person_id, row["email_key"]),
    )
    if not confirmed:
        raise ForAnotherHolder(address=row["email"])
    return dict(row)


async def accept_transfer(actor: Actor, token: str) -> str:
    """Become owner; the giver becomes what the offer says. The organisation's address.

    Locks the organisation: whoever stopped being an owner meanwhile gives nothing (GiverNoLongerOwner), and of two
    answers one counts (TransferOver). A mail tells the giver. Enqueues connections.refresh.
    """
    found = await transfer_by_token(actor, token)
    async with db.tx():
        row = (await locked(found["organisation"]))[found["organisation"]]
        await _answer(found["id"], "accepted", actor.person_id)
        try:
            await _require_owner(found["giver"], row["id"])
        except NotAllowed:
            raise GiverNoLongerOwner from None
        await make_owner(row, actor.person_id, by=actor.person_id)
        await step_back(row["id"], found["giver"], found["giver_becomes"], by=actor.person_id)
        await _tell_giver(actor, found, accepted=True)
    return str(found["slug"])


async def refuse_transfer(actor: Actor, token: str) -> None:
    """Say no; a mail tells the giver. Raises ForAnotherHolder, TransferOver."""
    found = await transfer_by_token(actor, token)
    async with db.tx():
        await locked(found["organisation"])
        await _answer(found["id"], "refused", actor.person_id)
        await _tell_giver(actor, found, accepted=False)


async def _answer(transfer: UUID, state: str, person: UUID) -> None:
    if not await db.execute(
        "UPDATE ownership_transfer SET state = $2, decided_at = now(), taker = $3 WHERE id = $1 AND state = 'made'",
        *(transfer, state, person),
    ):
        raise TransferOver


async def _tell_giver(actor: Actor, found: Row, *, accepted: bool) -> None:
    giver = await person_for_mail(found["giver"])
    await send_mail(
        to=giver["email"],
        template="directory/curation/mail/transfer_answered.txt",
        message_key=f"transfer-answered:{found['id']}",
        locale=giver["locale"],
        context={
            "name": giver["name"],
            "person": actor.name or actor.email,
            "organisation": found["name"],
            "accepted": accepted,
            "link": f"{get_settings().origin}/organisations/{found['slug']}",
        },
    )


async def _withdraw(organisation: UUID) -> int:
    return await db.execute(
        "UPDATE ownership_transfer SET state = 'withdrawn', decided_at = now() WHERE organisation = $1"
        " AND state = 'made'",
        organisation,
    )


async def _require_owner(person: UUID, organisation: UUID) -> None:
    role = await db.fetchval(
        "SELECT role FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL",
        *(organisation, person),
    )
    if role != "owner":
        raise NotAllowed


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
