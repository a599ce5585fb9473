"""Asking for an introduction: drafts, requests, what is refused and why. The verb of the side that asks."""

import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec

from app.connections.introductions import connecting, consents, notices, snapshots, steps
from app.connections.introductions.states import CONNECTED, NotNow
from app.connections.introductions.steps import MonthFull
from app.connections.introductions.vocabulary import PURPOSES
from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotAllowed
from app.core.forms import NOT_A_CHOICE, TOO_LONG, TOO_SHORT
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.limits import hit
from app.core.templating import format_date
from app.core.text import clean
from app.core.web import Actor
from app.directory.access import Seen

WAITS = timedelta(days=14)
SHORTEST, LONGEST = 20, 2000
ASKED_PER_DAY = 40

Row = dict[str, Any]


class TakesNone(Conflict):
    message = N_("They take no requests at the moment.")


class BlockedByYou(Conflict):
    message = N_("Your organisation has blocked them. Take the block back first.")


class Cooling(Conflict):
    message = N_(
        "Your organisation asked them for the same not long ago. You can ask again from %(day)s, or as soon as what you"
        " look for has changed."
    )


class OwnOther(Conflict):
    message = N_("You belong to both organisations: there is nobody to introduce.")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What for, and why in the asker's own words."""

    purpose: Annotated[str, msgspec.Meta(max_length=40)]
    words: Annotated[str, msgspec.Meta(max_length=10_000, extra={"lines": True})]


def checked(wish: Wish) -> Wish:
    """The wish with its words cleaned. Raises Invalid."""
    words = clean(wish.words)
    if wish.purpose not in PURPOSES:
        raise Invalid(fields={"purpose": NOT_A_CHOICE})
    if len(words) < SHORTEST:
        raise Invalid(fields={"words": TOO_SHORT}, min=SHORTEST)
    if len(words) > LONGEST:
        raise Invalid(fields={"words": TOO_LONG}, max=LONGEST)
    return Wish(purpose=wish.purpose, words=words)


def need_key(row: Row) -> str:
    """What an organisation looks for, in short: it may ask the same one again once this has changed."""
    parts = (
        sorted(row["needs"] or ()),
        row["raising_round"],
        row["raising_amount"],
        row["stage"],
        row["product_stage"],
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


async def draft(actor: Actor, asker: Seen, receiver: UUID, wish: Wish) -> UUID:
    """Keep a request for later; one for each receiver, the next replaces it. Nobody else is told."""
    if wish.purpose not in PURPOSES:
        raise Invalid(fields={"purpose": NOT_A_CHOICE})
    words = clean(wish.words)
    if len(words) > LONGEST:
        raise Invalid(fields={"words": TOO_LONG}, max=LONGEST)
    async with db.tx():
        await db.execute("SELECT FROM organisation WHERE id = $1 FOR NO KEY UPDATE", asker.id)
        present = await db.fetchval(
            "UPDATE introduction SET purpose = $3, words = $4, person = $5 WHERE asker = $1 AND receiver = $2"
            " AND state = 'draft' RETURNING id",
            *(asker.id, receiver, wish.purpose, words, actor.person_id),
        )
        if present:
            return UUID(str(present))
        introduction = new_id()
        await db.execute(
            "INSERT INTO introduction (id, asker, receiver, state, person, purpose, words, need_key, sample)"
            " VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, $8)",
            *(introduction, asker.id, receiver, actor.person_id, wish.purpose, words, need_key(asker.row)),
            asker.row["sample"],
        )
        await steps.begin(introduction, "drafted", "asker", actor.person_id, wish.purpose)
        return introduction


async def ask(actor: Actor, asker: Seen, receiver: UUID, wish: Wish) -> UUID:
    """Ask an organisation for an introduction; the introduction's number.

    Asking twice gives the first. Where the receiver has asked as well, both are connected at once. Outbox: the
    receiver's people are told. Raises Invalid, TakesNone, Cooling, TooManyWaiting, MonthFull, BlockedByYou, TooMany.
    """
    wish = checked(wish)
    if not asker.member or not asker.may_edit:
        raise NotAllowed
    both = "SELECT EXISTS (SELECT FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL)"
    if await db.fetchval(both, receiver, actor.person_id):
        raise OwnOther
    await hit("introductions.ask", actor.person_id, ASKED_PER_DAY, 86_400)
    place = await snapshots.of(asker, receiver)
    for last in (False, False, True):
        try:
            return await db.retrying(lambda: _asked(actor, asker, receiver, wish, place))
        except NotNow:  # the other side was at it in the same instant: look again at what stands there now
            if last:
                raise
    raise AssertionError


async def _asked(actor: Actor, asker: Seen, receiver: UUID, wish: Wish, place: Row) -> UUID:
    async with db.tx(), steps.in_words():
        accepts = await db.fetchval(
            "SELECT accepts FROM matching_preference WHERE organisation = $1 FOR SHARE", receiver
        )
        own, theirs = await _blocks(asker.id, receiver)
        if own:
            raise BlockedByYou
        present = await _present(asker.id, receiver)
        if present is not None:
            return await _joined(actor, asker, present)
        if accepts == "closed":
            raise TakesNone
        act = "held" if accepts == "programme" else "asked"
        if theirs and act == "asked" and await month_full(receiver):
            raise MonthFull  # as everybody is told
        introduction = await _written(actor, asker, (receiver, act, theirs), wish, place)
        if not theirs:
            await notices.tell(introduction, "receiver" if act == "asked" else "coordinator", act)
        return introduction


async def _blocks(asker: UUID, receiver: UUID) -> tuple[bool, bool]:
    """Whether the asker has blocked the receiver, and whether the receiver the asker."""
    rows = await db.fetch(
        "SELECT organisation FROM suggestion_choice WHERE ended_at IS NULL AND choice = 'hidden' AND reason = 'block'"
        " AND ((organisation = $1 AND candidate = $2) OR (organisation = $2 AND candidate = $1))",
        *(asker, receiver),
    )
    found = {row["organisation"] for row in rows}
    return asker in found, receiver in found


async def _present(one: UUID, other: UUID) -> Row | None:
    """The open introduction of the two, locked."""
    row = await db.fetchrow(
        "SELECT * FROM introduction WHERE least(asker, receiver) = least($1::uuid, $2::uuid)"
        " AND greatest(asker, receiver) = greatest($1::uuid, $2::uuid)"
        " AND (state IN ('coordinator_hold', 'pending_a', 'pending_b', 'accepted', 'met', 'outcome')"
        " OR (state = 'blocked' AND in_flight)) FOR UPDATE",
        *(one, other),
    )
    return dict(row) if row else None


async def _joined(actor: Actor, asker: Seen, present: Row) -> UUID:
    """What asking does where an introduction of the two is open already."""
    introduction: UUID = present["id"]
    if present["state"] == "pending_a" and present["asker"] == asker.id:
        await consents.say(actor, present, "asker", "yes")
        return introduction
    if present["state"] in CONNECTED or present["asker"] == asker.id:
        return introduction
    if present["origin"] != "request":
        # a third party is asking both: to ask is to say yes to that
        await consents.say(actor, present, "receiver", "yes")
        return introduction
    await steps.step(present, "mutual", "receiver", actor.person_id, "both_asked")
    await connecting.connected(present, actor)
    return introduction


async def _written(actor: Actor, asker: Seen, to: tuple[UUID, str, bool], wish: Wish, place: Row) -> UUID:
    """A new request, or the draft of one as it is sent; one in vain keeps what it pretends to be."""
    receiver, pretended, in_vain = to
    act = "asked_in_vain" if in_vain else pretended
    expires = clock.now() + WAITS
    columns = (wish.purpose, wish.words, need_key(asker.row), *place.values(), asker.id, expires, actor.person_id)
    kept = await db.fetchrow(
        "SELECT * FROM introduction WHERE asker = $1 AND receiver = $2 AND state = 'draft' FOR UPDATE",
        *(asker.id, receiver),
    )
    blocker, shown_as = (receiver, pretended) if in_vain else (None, None)
    if kept:
        await _refuse_cooling(asker.id, receiver, need_key(asker.row))
        await db.execute(
            "UPDATE introduction SET purpose = $1, words = $2, need_key = $3, list_kind = $4, rank = $5,"
            " model_version = $6, explored = $7, propensity = $8, reasons = $9, counts_for = $10, expires_at = $11,"
            " person = $12, asked_at = now(), blocked_by = $14, shown_as = $15 WHERE id = $13",
            *(*columns, kept["id"], blocker, shown_as),
        )
        await steps.step(dict(kept), act, "asker", actor.person_id, wish.purpose)
        return UUID(str(kept["id"]))
    introduction = new_id()
    state = {"asked": "pending_b", "held": "coordinator_hold"}.get(act, "blocked")
    written = await db.fetchval(
        "INSERT INTO introduction (purpose, words, need_key, list_kind, rank, model_version, explored, propensity,"
        " reasons, counts_for, expires_at, person, id, asker, receiver, state, asked_at, blocked_by, shown_as,"
        " sample) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $10, $14, $15, now(), $16, $17, $18)"
        " ON CONFLICT DO NOTHING RETURNING id",
        *(*columns, introduction, receiver, state, blocker, shown_as, asker.row["sample"]),
    )
    if written is None:
        await _refuse_cooling(asker.id, receiver, need_key(asker.row))
        raise NotNow
    await steps.begin(introduction, act, "asker", actor.person_id, wish.purpose)
    return introduction


async def _refuse_cooling(asker: UUID, receiver: UUID, need: str) -> None:
    until = await quiet_until(asker, receiver, need)
    if until is not None:
        raise Cooling(day=format_date(until))


async def quiet_until(asker: UUID, receiver: UUID, need: str) -> datetime | None:
    """Until when the asker may not ask the receiver for this again; None when it may."""
    found: datetime | None = await db.fetchval(
        "SELECT max(quiet_until) FROM introduction WHERE asker = $1 AND receiver = $2 AND need_key = $3"
        " AND origin = 'request' AND asked_at IS NOT NULL AND quiet_until > now()",
        *(asker, receiver, need),
    )
    return found


async def month_full(organisation: UUID) -> bool:
    """Whether as many requests reached an organisation this month as it wants."""
    return bool(
        await db.fetchval(
            "SELECT m.asked >= w.requests_per_month FROM matching_preference w JOIN introduction_month m"
            " ON m.organisation = w.organisation AND m.month = date_trunc('month', now() AT TIME ZONE"
            " 'Asia/Ho_Chi_Minh')::date WHERE w.organisation = $1",
            organisation,
        )
    )


async def kept_draft(asker: UUID, receiver: UUID) -> Row | None:
    """What an organisation has begun to write to another one."""
    row = await db.fetchrow(
        "SELECT id, purpose, words FROM introduction WHERE asker = $1 AND receiver = $2 AND state = 'draft'",
        *(asker, receiver),
    )
    return dict(row) if row else None
