"""Claiming a profile: made by a person, proved by a link sent to the organisation's domain, or left to the department.

Decisions of the department are in `deciding`. A claim is approved at once only where nothing speaks against it.
"""

import hashlib
import secrets
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.files.keeping import Draft, keep
from app.core.forms import NOT_A_CHOICE, NOT_AN_EMAIL, REQUIRED, is_email
from app.core.i18n import N_, current_locale
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.text import clean
from app.core.web import Actor
from app.directory import history
from app.directory.curation.domains import has_many_people, speaks_for
from app.directory.curation.owning import make_owner, verify
from app.directory.curation.standing import Row, locked, owners_of, person_for_mail
from app.directory.vocabulary import CLAIM_METHODS
from app.people.accounts import email_key
from app.people.ending import before_end

LINK_HOURS = 48
CLAIMS_PER_DAY = 10
MAILS_PER_ADDRESS = 4
MOST_WORDS = 2_000

NO_WEBSITE = N_("This profile names no website, so an address cannot prove anything. Please choose another way.")
OTHER_DOMAIN = N_("This address does not belong to the organisation's website. Please use one at its own domain.")
SAY_WHY = N_("Please say how the department can see that you speak for this organisation.")


class AlreadyVerified(Conflict):
    message = N_("You own this profile already, and it is verified.")


class ClaimOver(NotFound):
    message = N_("This link is over: it was used, or is older than two days. Please claim the profile once more.")


class ForAnotherAccount(NotAllowed):
    message = N_("This claim was made with another account. Please sign in with the one that made it.")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a claimant brings forward."""

    method: str
    email: str = ""
    message: str = ""
    evidence: Draft | None = None


class Made(msgspec.Struct, frozen=True):
    """What became of it: approved, or waiting for the claimant or the department."""

    id: UUID
    state: str
    waits_for: str | None = None


async def make_claim(actor: Actor, organisation: UUID, wanted: Wanted) -> Made:
    """Say that an organisation is one's own; again replaces one's own open claim.

    Locks the organisation. A link goes to the address at its domain, a note to present owners, both by the outbox.
    Raises AlreadyVerified, Invalid, NotFound, TooMany.
    """
    _check(wanted)
    await hit("claim.made", actor.person_id, CLAIMS_PER_DAY, 86_400)
    if wanted.method == "email":
        await hit("claim.mail", email_key(wanted.email), MAILS_PER_ADDRESS, 21_600)
    async with db.tx():
        row = (await locked(organisation))[organisation]
        await _refuse_verified_owner(organisation, actor.person_id)
        if wanted.method == "email" and not speaks_for(wanted.email, row["website"]):
            raise Invalid(fields={"email": OTHER_DOMAIN if row["website"] else NO_WEBSITE})
        await db.execute(
            "UPDATE claim SET state = 'superseded', waits_for = NULL, decided_at = now(), decided_by = $2,"
            " token_hash = NULL WHERE organisation = $1 AND person = $2 AND state = 'made'",
            *(organisation, actor.person_id),
        )
        competing = await _competes(organisation, actor.person_id)
        claim, token = new_id(), secrets.token_urlsafe(32)
        by_mail = wanted.method == "email"
        evidence = None
        if wanted.evidence is not None and not by_mail:
            evidence = await keep(actor, wanted.evidence, "claim", claim)
        await db.execute(
            "INSERT INTO claim (id, organisation, person, method, email, token_hash, message, evidence_file, state,"
            " waits_for, competing, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'made', $9, $10,"
            " now(), CASE WHEN $6::text IS NOT NULL THEN now() + make_interval(hours => $11) END)",
            *(claim, organisation, actor.person_id, wanted.method, wanted.email if by_mail else ""),
            *(_hash(token) if by_mail else None, clean(wanted.message), None if by_mail else evidence),
            *("claimant" if by_mail else "department", competing, LINK_HOURS),
        )
        await history.record(organisation, actor.id, "claimed", {"method": (None, wanted.method)})
        if by_mail:
            await _send_link(actor, row, claim, wanted.email, token)
        else:
            await _say_received(actor, row, claim)
    return Made(claim, "made", "claimant" if by_mail else "department")


def _check(wanted: Wanted) -> None:
    if wanted.method not in CLAIM_METHODS:
        raise Invalid(fields={"method": NOT_A_CHOICE})
    if wanted.method == "email":
        if not wanted.email:
            raise Invalid(fields={"email": REQUIRED})
        if not is_email(wanted.email):
            raise Invalid(fields={"email": NOT_AN_EMAIL})
    elif not clean(wanted.message) and wanted.evidence is None:
        raise Invalid(fields={"message": SAY_WHY})


async def _refuse_verified_owner(organisation: UUID, person: UUID) -> None:
    if await db.fetchval(
        "SELECT EXISTS (SELECT FROM membership WHERE organisation = $1 AND person = $2 AND role = 'owner'"
        " AND ended_at IS NULL) AND EXISTS (SELECT FROM organisation WHERE id = $1 AND verified_at IS NOT NULL)",
        *(organisation, person),
    ):
        raise AlreadyVerified


async def _competes(organisation: UUID, person: UUID) -> bool:
    """Whether somebody else owns the organisation, or has shown or brought forward a claim of their own."""
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM membership WHERE organisation = $1 AND person <> $2 AND role = 'owner'"
        " AND ended_at IS NULL) OR EXISTS (SELECT FROM claim WHERE organisation = $1 AND person <> $2"
        " AND state = 'made' AND waits_for = 'department')",
        *(organisation, person),
    )
    return found


async def claim_by_token(token: str) -> Row:
    """An open claim by the link in the mail. Raises ClaimOver for all others alike."""
    row = await db.fetchrow(
        "SELECT c.id, c.organisation, c.person, c.email, o.name, o.slug, o.website FROM claim c"
        " JOIN organisation o ON o.id = c.organisation WHERE c.token_hash = $1 AND c.state = 'made'"
        " AND c.waits_for = 'claimant' AND c.expires_at > now() AND o.ended_at IS NULL",
        _hash(token),
    )
    if row is None:
        raise ClaimOver
    return dict(row)


def require_claimant(actor: Actor, claim: Row) -> None:
    """Raise ForAnotherAccount unless the actor made the claim: a mail that was passed on gives nobody a profile."""
    if claim["person"] != actor.person_id:
        raise ForAnotherAccount


async def prove_claim(actor: Actor, token: str) -> Made:
    """The claimant has the mailbox. Approved at once where nobody competes, else it goes to the department.

    Locks the organisation: of two claims at one instant one makes an owner, the other is queued. Raises ClaimOver,
    ForAnotherAccount.
    """
    claim = await claim_by_token(token)
    require_claimant(actor, claim)
    async with db.tx():
        row = (await locked(claim["organisation"]))[claim["organisation"]]
        if not await db.execute(
            "UPDATE claim SET proved_at = now(), token_hash = NULL WHERE id = $1 AND state = 'made'"
            " AND waits_for = 'claimant' AND expires_at > now()",
            claim["id"],
        ):
            raise ClaimOver
        doubts = await _doubts(actor, claim, row)
        if not doubts:
            await db.execute(
                "UPDATE claim SET state = 'approved', waits_for = NULL, decided_at = now(), reason = 'proved'"
                " WHERE id = $1",
                claim["id"],
            )
            await make_owner(row, actor.person_id, by=actor.person_id)
            await verify(row, "email", by=actor.person_id)
            return Made(claim["id"], "approved")
        await db.execute(
            "UPDATE claim SET waits_for = 'department', competing = $2 WHERE id = $1",
            *(claim["id"], "competes" in doubts),
        )
        await _say_received(actor, row, claim["id"])
    return Made(claim["id"], "made", "department")


_OWN_WEBSITE = """
    SELECT EXISTS (SELECT FROM organisation_change c WHERE c.person = $2
            AND (c.act = 'created' OR c.field = 'website') AND c.organisation IN (
                SELECT $1 UNION SELECT m.merged FROM organisation_merge m WHERE m.kept = $1 AND m.undone_at IS NULL))
        OR EXISTS (SELECT FROM field_note n WHERE n.organisation = $1 AND n.field = 'website'
            AND (n.said_by = $2 OR n.source = 'self') AND n.verified_level < 2)
"""
"""SQL: whether the claimant entered the profile or its website, ever, or its own people did and nobody checked it. A
mailbox at a domain that one has named oneself, or that a friend has named, proves nothing."""


async def _doubts(actor: Actor, claim: Row, row: Row) -> set[str]:
    """What keeps a proved claim from being approved without the department."""
    doubts = set()
    if await _competes(claim["organisation"], actor.person_id):
        doubts.add("competes")
    if has_many_people(claim["email"]):
        doubts.add("many people")
    if row["hidden_at"] is not None or not speaks_for(claim["email"], row["website"]):
        doubts.add("changed meanwhile")
    if await db.fetchval(_OWN_WEBSITE, claim["organisation"], actor.person_id):
        doubts.add("own website")
    return doubts


async def withdraw_claim(actor: Actor, claim: UUID) -> str:
    """Take one's own claim back; the address of the profile. Idempotent. Raises NotFound for claims of others."""
    async with db.tx():
        row = await db.fetchrow(
            "SELECT c.state, c.organisation, o.slug FROM claim c JOIN organisation o ON o.id = c.organisation"
            " WHERE c.id = $1 AND c.person = $2 FOR UPDATE OF c",
            *(claim, actor.person_id),
        )
        if row is None:
            raise NotFound
        if row["state"] == "made":
            await db.execute(
                "UPDATE claim SET state = 'withdrawn', waits_for = NULL, decided_at = now(), decided_by = $2,"
                " token_hash = NULL WHERE id = $1",
                *(claim, actor.person_id),
            )
            await history.record(row["organisation"], actor.id, "claim_withdrawn")
    return str(row["slug"])


@before_end
async def end_open_claims(person: UUID) -> None:
    """With an account its open claims and offers end, in the same transaction. Idempotent."""
    await db.execute(
        "UPDATE claim SET state = 'withdrawn', waits_for = NULL, decided_at = now(), token_hash = NULL"
        " WHERE person = $1 AND state = 'made'",
        person,
    )
    await db.execute(
        "UPDATE ownership_transfer SET state = 'withdrawn', decided_at = now() WHERE giver = $1 AND state = 'made'",
        person,
    )


async def claims_of(actor: Actor) -> list[Row]:
    """One's own claims, the newest first."""
    rows = await db.fetch(
        "SELECT c.id, c.method, c.email, c.state, c.waits_for, c.competing, c.made_at, c.decided_at, c.reason, c.words,"
        " c.expires_at, o.name, o.slug FROM claim c JOIN organisation o ON o.id = c.organisation"
        " WHERE c.person = $1 ORDER BY c.made_at DESC, c.id DESC LIMIT 100",
        actor.person_id,
    )
    return [dict(row) for row in rows]


async def _send_link(actor: Actor, row: Row, claim: UUID, email: str, token: str) -> None:
    await send_mail(
        to=email,
        template="directory/curation/mail/claim_link.txt",
        message_key=f"claim-link:{claim}",
        locale=current_locale(),
        context={
            "organisation": row["name"],
            "person": actor.name or actor.email,
            "account": actor.email,
            "link": f"{get_settings().origin}/claims/{token}",
            "hours": LINK_HOURS,
        },
    )


async def _say_received(actor: Actor, row: Row, claim: UUID) -> None:
    """The claimant hears that the department has it; present owners hear that somebody claims their profile."""
    page = f"{get_settings().origin}/organisations/{row['slug']}"
    claimant = await person_for_mail(actor.person_id)
    readers: list[tuple[str, Row, str]] = [("claimant", claimant, f"{get_settings().origin}/claims")]
    readers += [("owner", owner, page) for owner in await owners_of(row["id"]) if owner["id"] != actor.person_id]
    for part, reader, link in readers:
        context: dict[str, Any] = {"part": part, "organisation": row["name"], "name": reader["name"], "link": link}
        await send_mail(
            to=reader["email"],
            template="directory/curation/mail/claim_received.txt",
            message_key=f"claim-received:{claim}:{reader['id']}",
            locale=reader["locale"],
            context={**context, "person": claimant["name"]},
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
