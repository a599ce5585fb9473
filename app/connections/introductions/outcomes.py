"""What came of a connection: stated by one side, confirmed by the other, by the department where it likes to.

`record` is the verb that deal flow, mentoring and events call as well.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec

from app.connections.introductions import notices, steps
from app.connections.introductions.states import CONNECTED
from app.connections.introductions.vocabulary import OUTCOMES
from app.core import clock, db
from app.core.clock import VIETNAM
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.files.keeping import Draft, erase_file, keep
from app.core.files.purposes import SCAN, Purpose, Stored, register
from app.core.forms import NOT_A_CHOICE, NOT_VALID, REQUIRED, TOO_LONG
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.text import clean
from app.core.web import Actor
from app.directory.access import EDITORS
from app.directory.fields.values import CURRENCIES

LONGEST = 2000
IN_THE_FUTURE = N_("This lies in the future. An outcome is stated once it is there.")
TOO_OLD = N_("This is too long ago.")
NOT_A_LINK = N_("Please enter an address that begins with https:// or http://.")

Row = dict[str, Any]


class AlreadyAnswered(Conflict):
    message = N_("The other side has answered already.")


_MAY_SEE = """
SELECT EXISTS (SELECT FROM outcome u WHERE u.evidence_file = $1 AND u.state <> 'withdrawn' AND (u.other_person = $2
    OR ($3 AND u.state = 'confirmed') OR EXISTS (SELECT FROM membership m WHERE m.person = $2 AND m.ended_at IS NULL
        AND m.organisation IN (u.organisation, u.other))))
"""


async def read_by_sides(actor: Actor, file: Stored) -> bool:
    """The two sides; the department once both have confirmed, for it looks at the evidence then."""
    staff = actor.has("moderator", "organizer")
    return actor.signed_in and bool(await db.fetchval(_MAY_SEE, file.id, actor.id, staff))


FILE = register(Purpose(name="outcome", pictures=SCAN, documents=True, tier=4, lasting=False, may_see=read_by_sides))


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, as it is stated."""

    kind: str
    happened_on: date | None = None
    value: Annotated[Decimal, msgspec.Meta(ge=0, le=10**17)] | None = None
    currency: str = "VND"
    words: Annotated[str, msgspec.Meta(max_length=10_000, extra={"lines": True})] = ""
    evidence_url: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """Between whom: the organisation that states it, and another one or a person; the introduction where there is one.

    `context_kind` and `context_id` say where it comes from outside introductions: event, deal, mentoring.
    """

    organisation: UUID
    other: UUID | None = None
    other_person: UUID | None = None
    introduction: UUID | None = None
    context_kind: str = ""
    context_id: UUID | None = None


def checked(came: Came) -> Came:
    """Raises Invalid by field."""
    wrong = {}
    if came.kind not in OUTCOMES:
        wrong["kind"] = NOT_A_CHOICE
    today = clock.now().astimezone(VIETNAM).date()
    if came.happened_on is None:
        wrong["happened_on"] = REQUIRED
    elif came.happened_on > today:
        wrong["happened_on"] = IN_THE_FUTURE
    elif came.happened_on < today - timedelta(days=3660):
        wrong["happened_on"] = TOO_OLD
    if came.value is not None and came.currency not in CURRENCIES:
        wrong["currency"] = NOT_A_CHOICE
    if came.value is not None and came.value != round(Decimal(came.value), 2):
        wrong["value"] = NOT_VALID
    if came.evidence_url and not came.evidence_url.startswith(("https://", "http://")):
        wrong["evidence_url"] = NOT_A_LINK
    words = clean(came.words)
    if len(words) > LONGEST:
        wrong["words"] = TOO_LONG
    if wrong:
        raise Invalid(fields=wrong, max=LONGEST)
    return msgspec.structs.replace(came, words=words)


async def record(actor: Actor, parties: Parties, came: Came, evidence: Draft | None = None) -> UUID:
    """State an outcome, for an organisation that the actor speaks for; the other side is asked to confirm it.

    With a context the same kind is recorded once. `evidence`: a file that both sides and the department may read.
    Raises Invalid, NotAllowed, NotFound.
    """
    came = checked(came)
    if (parties.other is None) == (parties.other_person is None):
        raise Invalid
    if not await _speaks_for(actor, parties.organisation):
        raise NotAllowed
    async with db.tx():
        return await written(actor, parties, came, evidence)


async def written(actor: Actor, parties: Parties, came: Came, evidence: Draft | None = None) -> UUID:
    """The same in the open transaction of another verb that has checked who asks and what is stated."""
    if parties.introduction is not None:
        row = await steps.lock(parties.introduction)
        if {row["asker"], row["receiver"]} != {parties.organisation, parties.other} or row["accepted_at"] is None:
            raise NotFound
        side = "asker" if row["asker"] == parties.organisation else "receiver"
        if came.kind == "meeting" and row["state"] == "accepted":
            await steps.step(row, "met", side, actor.person_id, "meeting")  # type: ignore[arg-type]
    outcome = new_id()
    found = await db.fetchval(
        "INSERT INTO outcome (id, introduction, organisation, other, other_person, kind, value, currency, happened_on,"
        " words, evidence_url, context_kind, context_id, person) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
        " $12, $13, $14) ON CONFLICT (context_kind, context_id, kind, organisation)"
        " WHERE context_id IS NOT NULL AND state <> 'withdrawn' DO NOTHING RETURNING id",
        *(outcome, parties.introduction, parties.organisation, parties.other, parties.other_person, came.kind),
        *(came.value, came.currency if came.value is not None else None, came.happened_on, came.words),
        *(came.evidence_url, parties.context_kind, parties.context_id, actor.person_id),
    )
    if found is None:
        kept = await db.fetchval(
            "SELECT id FROM outcome WHERE context_kind = $1 AND context_id = $2 AND kind = $3 AND organisation = $4"
            " AND state <> 'withdrawn'",
            *(parties.context_kind, parties.context_id, came.kind, parties.organisation),
        )
        return UUID(str(kept))
    if evidence is not None:
        file = await keep(actor, evidence, "outcome", outcome)
        await db.execute("UPDATE outcome SET evidence_file = $2 WHERE id = $1", outcome, file)
    if parties.introduction is not None:
        other = "receiver" if side == "asker" else "asker"
        await notices.tell(parties.introduction, other, f"outcome:{outcome}")
    else:
        await enqueue("introductions.outcome", {"outcome": str(outcome)}, dedupe_key=f"introductions.outcome:{outcome}")
    return outcome


async def answer(actor: Actor, outcome: UUID, *, yes: bool, words: str = "") -> None:
    """Confirm what the other side stated, or say that it is not so. Idempotent. A confirmed one is an outcome of the
    introduction. Raises NotFound, NotAllowed, AlreadyAnswered."""
    async with db.tx():
        row = await _locked(outcome)
        if not await _is_other(actor, row):
            raise NotAllowed if await _speaks_for(actor, row["organisation"]) else NotFound
        state = "confirmed" if yes else "disputed"
        if row["state"] == state:
            return
        if row["state"] != "stated":
            raise AlreadyAnswered
        await db.execute(
            "UPDATE outcome SET state = $2, answered_by = $3, answered_at = now(), answer = $4 WHERE id = $1",
            *(outcome, state, actor.person_id, clean(words)[:LONGEST]),
        )
        if yes and row["introduction"] is not None:
            held = await steps.lock(row["introduction"])
            side = "asker" if held["asker"] == row["other"] else "receiver"
            if row["kind"] == "meeting":
                if held["state"] == "accepted":
                    await steps.step(held, "met", side, actor.person_id, "meeting")  # type: ignore[arg-type]
            elif held["state"] in CONNECTED and held["state"] != "outcome":
                await steps.step(held, "resulted", side, actor.person_id, row["kind"])  # type: ignore[arg-type]


async def withdraw(actor: Actor, outcome: UUID) -> None:
    """Take back what one stated and nobody has confirmed; its file is erased. Idempotent."""
    async with db.tx():
        row = await _locked(outcome)
        if not await _speaks_for(actor, row["organisation"]):
            raise NotFound if not await _is_other(actor, row) else NotAllowed
        if row["state"] == "withdrawn":
            return
        if row["state"] == "confirmed":
            raise AlreadyAnswered
        await db.execute("UPDATE outcome SET state = 'withdrawn', evidence_file = NULL WHERE id = $1", outcome)
        await erase_file(row["evidence_file"])


async def taken_back(organisation: UUID, context_kind: str, context_id: UUID) -> None:
    """In the open transaction of another verb that has checked who asks: what an organisation stated in a context is
    withdrawn and its files are erased; what the other side has confirmed stays. Idempotent."""
    rows = await db.fetch(
        "SELECT id, evidence_file FROM outcome WHERE context_kind = $1 AND context_id = $2 AND organisation = $3"
        " AND state IN ('stated', 'disputed') FOR UPDATE",
        *(context_kind, context_id, organisation),
    )
    for row in rows:
        await db.execute("UPDATE outcome SET state = 'withdrawn', evidence_file = NULL WHERE id = $1", row["id"])
        await erase_file(row["evidence_file"])


async def check(actor: Actor, outcome: UUID) -> None:
    """The department has seen the evidence of a confirmed outcome. Idempotent. For moderators and organizers."""
    actor.require("moderator", "organizer")
    async with db.tx():
        row = await _locked(outcome)
        if row["state"] != "confirmed":
            raise NotFound
        await db.execute(
            "UPDATE outcome SET checked_by = $2, checked_at = now() WHERE id = $1 AND checked_at IS NULL",
            *(outcome, actor.person_id),
        )


async def _locked(outcome: UUID) -> Row:
    row = await db.fetchrow("SELECT * FROM outcome WHERE id = $1 FOR UPDATE", outcome)
    if row is None:
        raise NotFound
    return dict(row)


async def _speaks_for(actor: Actor, organisation: UUID | None) -> bool:
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM membership m JOIN organisation o ON o.id = m.organisation"
            " AND o.ended_at IS NULL WHERE m.organisation = $1 AND m.person = $2 AND m.ended_at IS NULL"
            " AND m.role = ANY($3))",
            *(organisation, actor.id, list(EDITORS)),
        )
    )


async def _is_other(actor: Actor, row: Row) -> bool:
    if row["other_person"] is not None:
        return bool(row["other_person"] == actor.id)
    return await _speaks_for(actor, row["other"])


_READ = """
SELECT u.*, o.name AS organisation_name, o.slug AS organisation_slug, t.name AS other_name, t.slug AS other_slug,
    p.name AS other_person_name, f.name AS evidence_name, f.variants[cardinality(f.variants)] AS evidence_variant
FROM outcome u JOIN organisation o ON o.id = u.organisation LEFT JOIN organisation t ON t.id = u.other
LEFT JOIN person p ON p.id = u.other_person
LEFT JOIN stored_file f ON f.id = u.evidence_file AND f.ended_at IS NULL AND f.erased_at IS NULL
"""
ASKED = """u.state = 'stated' AND u.introduction IS NULL AND (u.other_person = $1 OR u.other IN (
    SELECT m.organisation FROM membership m WHERE m.person = $1 AND m.ended_at IS NULL AND m.role IN ('owner', 'editor')
))"""
"""What waits for somebody's word and belongs to no introduction, so that no thread shows it: a goal in mentoring."""


async def asked_of(person: UUID, limit: int = 50) -> list[Row]:
    """Outcomes outside introductions that somebody is asked to confirm, the oldest first."""
    rows = await db.fetch(f"{_READ} WHERE {ASKED} ORDER BY u.stated_at, u.id LIMIT $2", person, limit)
    return [dict(row) for row in rows]


async def of_introduction(introduction: UUID) -> list[Row]:
    """What came of an introduction, the latest first."""
    rows = await db.fetch(
        f"{_READ} WHERE u.introduction = $1 AND u.state <> 'withdrawn' ORDER BY u.happened_on DESC, u.id", introduction
    )
    return [dict(row) for row in rows]


async def of_organisation(organisation: UUID, limit: int = 100) -> list[Row]:
    """Everything that came of an organisation's connections, for its members."""
    rows = await db.fetch(
        f"{_READ} WHERE (u.organisation = $1 OR u.other = $1) AND u.state <> 'withdrawn'"
        " ORDER BY u.happened_on DESC, u.id LIMIT $2",
        *(organisation, limit),
    )
    return [dict(row) for row in rows]


async def to_check(limit: int = 50) -> list[Row]:
    """Outcomes that both sides confirmed and the department has not looked at, the oldest first."""
    rows = await db.fetch(
        f"{_READ} WHERE u.state = 'confirmed' AND u.checked_at IS NULL ORDER BY u.answered_at, u.id LIMIT $1", limit
    )
    return [dict(row) for row in rows]


async def introduction_of(outcome: UUID) -> UUID | None:
    """Which introduction an outcome came of."""
    found: UUID | None = await db.fetchval("SELECT introduction FROM outcome WHERE id = $1", outcome)
    return found
