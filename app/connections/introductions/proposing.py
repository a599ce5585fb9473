"""Introductions that a third party proposes: who knows both, or a coordinator; and requests that wait for one."""

from uuid import UUID

from app.connections.introductions import consents, notices, steps
from app.connections.introductions.asking import WAITS, TakesNone, Wish, checked
from app.connections.introductions.states import NotNow
from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotAllowed
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.limits import hit
from app.core.web import Actor
from app.directory.access import Seen
from app.directory.vocabulary import DECLINE_REASONS

PROPOSED_PER_DAY = 30


class KnowEachOther(Conflict):
    message = N_("These two are in touch already, or have been asked not long ago.")


async def propose(actor: Actor, connector: Seen | None, pair: tuple[UUID, UUID], wish: Wish) -> UUID:
    """Propose to two organisations that they meet; without a connector as the department's coordinator.

    Each is asked separately and told nothing of the other's answer before both said yes. Whoever has blocked the other,
    or takes nobody, is not asked, and the proposer is told no more than that they cannot be brought together now.
    Raises KnowEachOther, TakesNone, TooManyWaiting, MonthFull, Invalid, TooMany, NotAllowed.
    """
    wish = checked(wish)
    asker, receiver = pair
    if asker == receiver or (connector is not None and connector.id in pair):
        raise Invalid(fields={"two": NOT_A_CHOICE})
    if connector is None:
        actor.require("organizer", "moderator")
    elif not connector.may_edit:
        raise NotAllowed
    await hit("introductions.propose", actor.person_id, PROPOSED_PER_DAY, 86_400)
    async with db.tx(), steps.in_words():
        introduction = await _proposed(actor, connector, pair, wish)
        await consents.ask_both(introduction, asker, receiver)
        return introduction


async def _proposed(actor: Actor, connector: Seen | None, pair: tuple[UUID, UUID], wish: Wish) -> UUID:
    asker, receiver = pair
    closed = "closed" if connector is None else "programme"
    if await db.fetchval(
        "SELECT EXISTS (SELECT FROM matching_preference WHERE organisation = ANY($1) AND accepts IN ('closed', $2))",
        *(list(pair), closed),
    ):
        raise TakesNone
    if await db.fetchval(
        "SELECT EXISTS (SELECT FROM suggestion_choice WHERE ended_at IS NULL AND reason = 'block'"
        " AND organisation = ANY($1) AND candidate = ANY($1))"
        " OR EXISTS (SELECT FROM introduction WHERE asker = ANY($1) AND receiver = ANY($1) AND asked_at IS NOT NULL"
        " AND quiet_until > now())",
        list(pair),
    ):
        raise KnowEachOther
    introduction = new_id()
    origin = "coordinator" if connector is None else "connector"
    written = await db.fetchval(
        "INSERT INTO introduction (id, asker, receiver, state, origin, connector, person, purpose, words, counts_for,"
        " asked_at, expires_at) VALUES ($1, $2, $3, 'pending_a', $4, $5, $6, $7, $8, $5, now(), $9)"
        " ON CONFLICT DO NOTHING RETURNING id",
        *(introduction, asker, receiver, origin, connector.id if connector else None, actor.person_id),
        *(wish.purpose, wish.words, clock.now() + WAITS),
    )
    if written is None:
        raise KnowEachOther
    await steps.begin(introduction, "proposed", "coordinator" if connector is None else "connector", actor.person_id,
                      wish.purpose)  # fmt: skip
    return introduction


async def pass_on(actor: Actor, introduction: UUID) -> None:
    """A coordinator lets a request through to a receiver who takes requests in this way only. Raises MonthFull."""
    actor.require("organizer", "moderator")
    async with db.tx(), steps.in_words():
        row = await steps.lock(introduction)
        if row["state"] == "pending_b":
            return
        if row["state"] != "coordinator_hold":
            raise NotNow
        await db.execute("UPDATE introduction SET expires_at = $2 WHERE id = $1", introduction, clock.now() + WAITS)
        await steps.step(row, "passed_on", "coordinator", actor.person_id, "fits")
        await notices.tell(introduction, "receiver", "asked")


async def turn_down(actor: Actor, introduction: UUID, reason: str) -> None:
    """A coordinator does not let a request through; the asker is told why, kindly. Raises Invalid, NotNow."""
    actor.require("organizer", "moderator")
    if reason not in DECLINE_REASONS:
        raise Invalid(fields={"reason": NOT_A_CHOICE})
    async with db.tx():
        row = await steps.lock(introduction)
        if row["state"] == "declined":
            return
        await steps.step(row, "declined", "coordinator", actor.person_id, reason)
        await db.execute(
            "UPDATE introduction SET reason = $2, answered_by = $3 WHERE id = $1",
            *(introduction, reason, actor.person_id),
        )
        await notices.tell(introduction, "asker", "declined")
