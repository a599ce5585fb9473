"""What the department decides about claims: approve, with or without the present owners, or refuse with a reason."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.text import clean
from app.core.web import Actor
from app.directory import history
from app.directory.curation.owning import make_owner, step_back, verify
from app.directory.curation.standing import Row, locked, owners_of, person_for_mail, refuse_ones_own
from app.directory.vocabulary import CLAIM_REASONS, words

PAGE = 25


class AlreadyDecided(Conflict):
    message = N_("This was decided meanwhile. Please look at what was decided.")


async def decide_claim(
    actor: Actor, claim: UUID, *, approve: bool, reason: str, words: str = "", instead: bool = False
) -> None:
    """Approve or refuse. `instead`: present owners become editors. Other open claims are superseded by an approval.

    Locks the organisation. Mails go to the claimant, present owners and those whose claims are superseded, in their
    languages. Raises AlreadyDecided, Invalid, NotAllowed, NotFound, OnesOwn.
    """
    actor.require("moderator")
    if reason not in CLAIM_REASONS:
        raise Invalid(fields={"reason": NOT_A_CHOICE})
    found = await db.fetchrow("SELECT organisation, person, method FROM claim WHERE id = $1", claim)
    if found is None:
        raise NotFound
    async with db.tx():
        row = (await locked(found["organisation"]))[found["organisation"]]
        await refuse_ones_own(actor, organisation=row["id"], person=found["person"])
        decided = await db.execute(
            "UPDATE claim SET state = $2, waits_for = NULL, decided_at = now(), decided_by = $3, reason = $4,"
            " words = $5, token_hash = NULL WHERE id = $1 AND state = 'made'",
            *(claim, "approved" if approve else "refused", actor.person_id, reason, clean(words)),
        )
        if not decided:
            raise AlreadyDecided
        owners = [owner for owner in await owners_of(row["id"]) if owner["id"] != found["person"]]
        told = {"approved": approve, "reason": CLAIM_REASONS[reason], "words": clean(words), "instead": instead}
        await _tell(row, claim, "claimant", await person_for_mail(found["person"]), told)
        if not approve:
            await history.record(row["id"], actor.id, "claim_refused")
            return
        await make_owner(row, found["person"], by=actor.person_id)
        await verify(row, found["method"], by=actor.person_id)
        for owner in owners:
            if instead:
                await step_back(row["id"], owner["id"], "editor", by=actor.person_id)
            await _tell(row, claim, "owner", owner, told)
        await _supersede_others(actor, row, claim)


async def _supersede_others(actor: Actor, row: Row, claim: UUID) -> None:
    others = await db.fetch(
        "UPDATE claim SET state = 'superseded', waits_for = NULL, decided_at = now(), decided_by = $3,"
        " reason = 'another_approved', token_hash = NULL WHERE organisation = $1 AND state = 'made' AND id <> $2"
        " RETURNING id, person",
        *(row["id"], claim, actor.person_id),
    )
    told = {"approved": False, "reason": CLAIM_REASONS["another_approved"], "words": "", "instead": False}
    for other in others:
        await _tell(row, other["id"], "claimant", await person_for_mail(other["person"]), told)


async def _tell(row: Row, claim: UUID, part: str, reader: Row, told: dict[str, Any]) -> None:
    await send_mail(
        to=reader["email"],
        template="directory/curation/mail/claim_decided.txt",
        message_key=f"claim-decided:{claim}:{reader['id']}",
        locale=reader["locale"],
        context={
            **told,
            "part": part,
            "name": reader["name"],
            "organisation": row["name"],
            "reason": told["reason"].label(reader["locale"]),
            "link": f"{get_settings().origin}/organisations/{row['slug']}",
        },
    )


_QUEUE = """
    SELECT c.id, c.method, c.email, c.message, c.evidence_file,
        f.variants[cardinality(f.variants)] AS evidence_variant,
        f.name AS evidence_name, c.state, c.waits_for, c.competing, c.made_at,
        c.proved_at, c.decided_at, c.reason, c.words, c.person, p.name AS person_name, p.email AS person_email,
        p.created_at AS person_since, o.name, o.slug, o.website, o.source, d.name AS decided_by,
        ARRAY(SELECT q.name FROM membership m JOIN person q ON q.id = m.person WHERE m.organisation = o.id
            AND m.role = 'owner' AND m.ended_at IS NULL ORDER BY m.started_at) AS owners,
        (SELECT count(*) FROM claim n WHERE n.organisation = o.id AND n.state = 'made' AND n.id <> c.id) AS others
    FROM claim c JOIN organisation o ON o.id = c.organisation JOIN person p ON p.id = c.person
    LEFT JOIN person d ON d.id = c.decided_by
    LEFT JOIN stored_file f ON f.id = c.evidence_file AND f.ended_at IS NULL AND f.erased_at IS NULL
"""
_SHOWN = {
    "waiting": "c.state = 'made' AND c.waits_for = 'department'",
    "competing": "c.state = 'made' AND c.waits_for = 'department' AND c.competing",
    "claimant": "c.state = 'made' AND c.waits_for = 'claimant'",
    "decided": "c.state <> 'made'",
}
"""What the queue can be narrowed to; the first is where staff begin."""


async def claims_queue(shown: str, offset: int = 0, q: str = "") -> list[Row]:
    """A page of claims in one query, one more than a page to tell whether there are more; the oldest first."""
    order = "c.decided_at DESC, c.id" if shown == "decided" else "c.made_at, c.id"
    rows = await db.fetch(
        f"{_QUEUE} WHERE {_SHOWN[shown]} AND o.name_folded LIKE $2 ORDER BY {order} LIMIT {PAGE + 1} OFFSET $1",
        *(offset, f"%{words(q)}%"),
    )
    return [dict(row) for row in rows]


async def claim_for(claim: UUID) -> Row:
    row = await db.fetchrow(f"{_QUEUE} WHERE c.id = $1", claim)
    if row is None:
        raise NotFound
    return dict(row)
