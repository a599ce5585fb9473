"""What the department does with credentials: find them true, send them back, enter them, revoke and replace them.

Nobody decides about their own, or about those of an organisation that they belong to (OnesOwn).
"""

from datetime import date
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid
from app.core.files.keeping import Draft
from app.core.forms import NOT_A_CHOICE, REQUIRED, TOO_LONG
from app.core.i18n import N_
from app.core.text import clean
from app.core.web import Actor
from app.directory.credentials import acts, rules
from app.directory.credentials.holders import Holder
from app.directory.credentials.rules import Stated, checked, family
from app.directory.credentials.stating import insert
from app.directory.curation.standing import refuse_ones_own
from app.directory.fields.values import NOT_AN_ADDRESS, web_address
from app.directory.vocabulary.credentials import CREDENTIAL_CHECKS

MOST_WORDS = 1000

NO_EVIDENCE = N_("There is no evidence yet: a file, or the address of the entry in the register.")
NOT_REPLACED = N_("This one cannot be replaced: it is of another kind or another holder, or newer.")
AFTER_ITS_END = N_("It had already run out on that day.")


class AlreadyDecided(Conflict):
    message = N_("This was decided meanwhile. Please look at what was decided.")


class SameNumber(Conflict):
    message = N_("This certificate of the same holder was verified already.")


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """How something was verified: `how` by the document or in the register; `note` says what, for every reader.

    `register`: the address of the entry. `supersedes`: the one that it replaces, which ends the day this was issued.
    """

    how: str
    note: str = ""
    register: str = ""
    supersedes: UUID | None = None


async def verify_credential(actor: Actor, credential: UUID, verified: Verified, *, version: int) -> None:
    """Find a draft true, as it was seen: from now on it is valid and gives a badge.

    Locks the credential and the one that it replaces; refused (ChangedSince) when it is newer than `version`. The
    holder hears by mail. Raises AlreadyDecided, Invalid, NotAllowed, NotFound, SameNumber.
    """
    actor.require("moderator")
    async with db.tx():
        rows = await acts.locked(*{credential, *_known(verified)})
        row = rows[credential]
        await refuse_ones_own(actor, organisation=row["organisation"], person=row["person"])
        if row["state"] != "draft":
            raise AlreadyDecided
        if row["version"] != version:
            raise acts.ChangedSince
        await _make_valid(actor, row, verified, rows, "verified")
        await acts.tell(row, "verified", clean(verified.note))


async def enter_credential(
    actor: Actor, holder: Holder, stated: Stated, verified: Verified, evidence: Draft | None = None
) -> UUID:
    """What the department knows itself: stated and verified in one act. Raises as verify_credential does."""
    actor.require("moderator")
    values = checked(stated, person=holder.person)
    async with db.tx():
        await acts.lock_holders({holder.id} | await acts.holders_of(_known(verified)))
        row = await insert(actor, holder, values, evidence)
        await refuse_ones_own(actor, organisation=row["organisation"], person=row["person"])
        rows = await acts.locked(*{row["id"], *_known(verified)})
        await _make_valid(actor, row, verified, rows, "entered")
        await acts.tell(row, "verified", clean(verified.note))
    found: UUID = row["id"]
    return found


async def refuse_credential(actor: Actor, credential: UUID, reason: str, *, version: int) -> None:
    """Send a draft back with a reason; its holder may correct it. Locks the credential, mails the holder.

    Raises AlreadyDecided, ChangedSince, Invalid, NotAllowed, NotFound.
    """
    actor.require("moderator")
    said = _said(reason, "reason")
    async with db.tx():
        row = (await acts.locked(credential))[credential]
        await refuse_ones_own(actor, organisation=row["organisation"], person=row["person"])
        if row["state"] != "draft" or row["refused_at"] is not None:
            raise AlreadyDecided
        if row["version"] != version:
            raise acts.ChangedSince
        await db.execute(
            "UPDATE credential SET refused_at = now(), refused_reason = $2, version = version + 1,"
            " updated_at = now() WHERE id = $1",
            *(credential, said),
        )
        await acts.note(actor, row, "refused", said)
        await acts.tell(row, "refused", said)


async def revoke_credential(actor: Actor, credential: UUID, on: date | None, ground: str) -> None:
    """It was revoked on that day, on that ground: no badge any more, counted as revoked from that day on.

    Locks the credential, mails the holder. Raises AlreadyDecided, Invalid, NotAllowed, NotFound.
    """
    actor.require("moderator")
    said = _said(ground, "ground")
    if on is None:
        raise Invalid(fields={"revoked_on": REQUIRED})
    async with db.tx():
        row = (await acts.locked(credential))[credential]
        await refuse_ones_own(actor, organisation=row["organisation"], person=row["person"])
        if row["state"] != "valid":
            raise AlreadyDecided
        if on > rules.today():
            raise Invalid(fields={"revoked_on": rules.NOT_YET})
        if on < row["issued_on"]:
            raise Invalid(fields={"revoked_on": rules.ENDS_BEFORE})
        if row["valid_until"] is not None and on > row["valid_until"]:
            raise Invalid(fields={"revoked_on": AFTER_ITS_END})
        await db.execute(
            "UPDATE credential SET state = 'revoked', revoked_on = $2, revoked_ground = $3, updated_at = now()"
            " WHERE id = $1",
            *(credential, on, said),
        )
        await acts.note(actor, row, "revoked", said)
        await acts.tell(row, "revoked", said)


async def _make_valid(actor: Actor, row: acts.Row, verified: Verified, rows: dict[UUID, acts.Row], act: str) -> None:
    note, register = clean(verified.note), _register(verified)
    if verified.how not in CREDENTIAL_CHECKS:
        raise Invalid(fields={"how": NOT_A_CHOICE if verified.how else REQUIRED})
    if len(note) > MOST_WORDS:
        raise Invalid(fields={"note": TOO_LONG}, max=MOST_WORDS)
    if row["evidence_file"] is None and not row["evidence_url"] and not register:
        raise Invalid(fields={"register": NO_EVIDENCE})
    await _not_twice(row)
    if verified.supersedes is not None:
        await _replace(actor, rows[verified.supersedes], row)
    await db.execute(
        "UPDATE credential SET state = 'valid', verified_at = now(), verified_by = $2, verified_how = $3,"
        " verified_note = $4, evidence_url = CASE WHEN $5 = '' THEN evidence_url ELSE $5 END, supersedes = $6,"
        " refused_at = NULL, refused_reason = '', updated_at = now() WHERE id = $1",
        *(row["id"], actor.person_id, verified.how, note, register, verified.supersedes),
    )
    await acts.note(actor, row, act, note)


async def _replace(actor: Actor, old: acts.Row, new: acts.Row) -> None:
    """The old one ends on the day on which the new one was issued; both stay."""
    if old["state"] != "valid":
        raise AlreadyDecided
    same_holder = (old["organisation"], old["person"]) == (new["organisation"], new["person"])
    alike = family(old["credential_type"]) == family(new["credential_type"])
    if old["id"] == new["id"] or not same_holder or not alike or old["issued_on"] > new["issued_on"]:
        raise Invalid(fields={"supersedes": NOT_REPLACED})
    await db.execute(
        "UPDATE credential SET state = 'superseded', superseded_on = $2, updated_at = now() WHERE id = $1",
        *(old["id"], new["issued_on"]),
    )
    await acts.note(actor, old, "superseded")


async def _not_twice(row: acts.Row) -> None:
    """The same paper of the same holder is not counted twice; others may share the number of one decision.

    Two at one instant are told apart by a lock on type and number.
    """
    if not row["number"]:
        return
    key = f"{row['credential_type']}:{row['number']}"
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 7))", key)
    there = await db.fetchval(
        "SELECT EXISTS (SELECT FROM credential WHERE credential_type = $2 AND number = $3 AND state <> 'draft'"
        " AND coalesce(organisation, person) = $4 AND ended_at IS NULL AND id <> $1)",
        *(row["id"], row["credential_type"], row["number"], row["organisation"] or row["person"]),
    )
    if there:
        raise SameNumber


def _register(verified: Verified) -> str:
    url = web_address(verified.register) if verified.register else ""
    if verified.register and not url:
        raise Invalid(fields={"register": NOT_AN_ADDRESS})
    return url


def _said(text: str, field: str) -> str:
    said = clean(text)
    if not said:
        raise Invalid(fields={field: REQUIRED})
    if len(said) > MOST_WORDS:
        raise Invalid(fields={field: TOO_LONG}, max=MOST_WORDS)
    return said


def _known(verified: Verified) -> set[UUID]:
    return {verified.supersedes} if verified.supersedes is not None else set()
