"""Answers to a request: accept, decline with a reason, withdraw, close, say that one has met. Verbs of both sides."""

from uuid import UUID

from app.connections.introductions import connecting, consents, notices, steps
from app.connections.introductions.access import Held
from app.connections.introductions.states import CONNECTED, NotNow
from app.connections.introductions.vocabulary import SOON_AGAIN
from app.core import clock, db
from app.core.errors import Invalid, NotAllowed
from app.core.forms import NOT_A_CHOICE, TOO_LONG
from app.core.i18n import N_
from app.core.text import clean
from app.core.web import Actor
from app.directory.vocabulary import DECLINE_REASONS

LONGEST_NOTE = 600


class RunOut(NotNow):
    message = N_("This request has run out: it waited longer than two weeks. You can ask them yourselves.")


async def accept(actor: Actor, held: Held) -> None:
    """Say yes for one's side. Idempotent. Takes a place of the month; both sides are told and see how to reach each
    other. Raises NoPlaceLeft, NotNow, NotAllowed."""
    _party(held)
    async with db.tx(), steps.in_words():
        row = await steps.lock(held.id)
        if row["state"] in CONNECTED:
            return
        if row["origin"] != "request":
            await consents.say(actor, row, held.side, "yes")
            return
        if held.side != "receiver":
            raise NotAllowed
        if row["state"] == "pending_b" and row["expires_at"] <= clock.now():
            raise RunOut
        await steps.step(row, "accepted", "receiver", actor.person_id, "consent")
        await connecting.connected(row, actor)


async def decline(actor: Actor, held: Held, reason: str, note: str = "") -> None:
    """Say no with a coded reason, which the asker is told kindly. Idempotent. Raises Invalid, NotNow, NotAllowed."""
    _party(held)
    if reason not in DECLINE_REASONS:
        raise Invalid(fields={"reason": NOT_A_CHOICE})
    said = clean(note)
    if len(said) > LONGEST_NOTE:
        raise Invalid(fields={"note": TOO_LONG}, max=LONGEST_NOTE)
    async with db.tx():
        row = await steps.lock(held.id)
        if row["origin"] != "request":
            await consents.say(actor, row, held.side, "no", reason)
            return
        if held.side != "receiver":
            raise NotAllowed
        if row["state"] == "declined":
            return
        await steps.step(row, "declined", "receiver", actor.person_id, reason)
        await _refused(row["id"], reason, said, actor.person_id)
        await notices.tell(row["id"], "asker", "declined")


async def _refused(introduction: UUID, reason: str, note: str, person: UUID) -> None:
    days = 7 if reason in SOON_AGAIN else 90
    await db.execute(
        "UPDATE introduction SET reason = $2, note = $3, answered_by = $4,"
        " quiet_until = now() + make_interval(days => $5) WHERE id = $1",
        *(introduction, reason, note, person, days),
    )


async def withdraw(actor: Actor, held: Held) -> None:
    """Take back a request, a proposal or a draft that waits. Idempotent. Raises NotNow, NotAllowed."""
    if held.side == "receiver" or (held.side == "asker" and held.row["origin"] != "request"):
        raise NotAllowed
    async with db.tx():
        row = await steps.lock(held.id)
        if row["state"] == "withdrawn":
            return
        if row["state"] == "declined" and held.state == "pending_a":
            # a side has said no, of which the third party is not told: for it, it ends here
            await db.execute("UPDATE introduction SET expires_at = now() WHERE id = $1", held.id)
            return
        if row["state"] == "blocked" and row["accepted_at"] is not None:
            raise NotNow
        await steps.step(row, "withdrawn", held.side, actor.person_id, "taken_back")


async def close(actor: Actor, held: Held) -> None:
    """End a connection: nobody writes any more, what was said stays to be read. Idempotent."""
    _party(held)
    async with db.tx():
        row = await steps.lock(held.id)
        if row["state"] == "closed" or (row["state"] == "blocked" and row["blocked_by"] != held.own):
            return
        await steps.step(row, "closed", held.side, actor.person_id, "done")


async def met(actor: Actor, held: Held) -> None:
    """Note that the two have met. Idempotent; what came of it is stated as an outcome."""
    _party(held)
    async with db.tx():
        row = await steps.lock(held.id)
        if row["state"] in ("met", "outcome"):
            return
        await steps.step(row, "met", held.side, actor.person_id, "said_so")


def _party(held: Held) -> None:
    if not held.party or not held.may_decide:
        raise NotAllowed
