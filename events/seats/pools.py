"""Pools: made, resized, put under ticket types; the rules of the line. All of it under the book's locks."""

from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.web import Actor
from events import words
from events.seats import book, promoting

MOST_PLACES = 1_000_000
MOST_POOLS = 200
DEEPEST = 5


class PoolPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an organizer says about a pool: its name, its places, what it lies in, which ticket types take from it."""

    name_vi: str
    name_en: str = ""
    size: int
    kind: str = "other"
    parent: UUID | None = None
    types: tuple[UUID, ...] = ()
    subject: UUID | None = None


class BelowUsed(Invalid):
    message = N_("%(used)s places are taken already: the number of places cannot be lower.")

    def __init__(self, used: int) -> None:
        super().__init__(fields={"size": self.message}, used=used)


class TooManyPools(Conflict):
    message = N_("An event has at most 200 pools.")


class NotThatDeep(Invalid):
    message = N_("Pools lie in each other at most five deep.")


class DoesNotFit(Invalid):
    message = N_("These ticket types have given out %(used)s places already: the pool needs at least so many.")

    def __init__(self, used: int) -> None:
        super().__init__(fields={"size": self.message}, used=used)


def check(plan: PoolPlan) -> None:
    fields: dict[str, Phrase] = {}
    if not plan.name_vi.strip() and not plan.name_en.strip():
        fields["name_vi"] = N_("Please fill this in.")
    if not 0 <= plan.size <= MOST_PLACES:
        fields["size"] = N_("This must be a number of places between 0 and 1,000,000.")
    if plan.kind not in ("total", "role", "village", "other"):
        fields["kind"] = N_("Please choose one of the options.")
    if fields:
        raise Invalid(fields=fields)


async def add(actor: Actor, event: UUID, plan: PoolPlan) -> UUID:
    """Make a pool. What its ticket types have given out already counts in it. Raises Invalid, DoesNotFit."""
    async with db.tx(statement_timeout="30s"):
        return await make(event, plan)


async def make(event: UUID, plan: PoolPlan) -> UUID:
    """The same in the open transaction."""
    check(plan)
    held = await book.locked(event)
    pools = {row["id"]: row for row in await db.fetch("SELECT * FROM seat_pool WHERE event = $1", event)}
    if len(pools) >= MOST_POOLS:
        raise TooManyPools
    if plan.parent is not None and plan.parent not in pools:
        raise Invalid(fields={"parent": N_("Please choose one of the options.")})
    depth = pools[plan.parent]["depth"] + 1 if plan.parent else 0
    if depth >= DEEPEST:
        raise NotThatDeep(fields={"parent": NotThatDeep.message})
    number = new_id()
    await db.execute(
        "INSERT INTO seat_pool (id, event, parent, kind, name_vi, name_en, size, used, excess, depth, subject,"
        " place, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $9, $10, now())",
        *(number, event, plan.parent, plan.kind, plan.name_vi.strip() or plan.name_en.strip(), plan.name_en),
        *(plan.size, depth, plan.subject, len(pools)),
    )
    await _link(held, number, plan.types)
    await _recount(event, strict=True)
    return number


async def edit(
    actor: Actor, event: UUID, pool: UUID, plan: PoolPlan, *, below_taken: bool = False, drop: bool = True
) -> list[UUID]:
    """Rename or resize a pool, change which types take from it; who moved up. Its place in the tree stays.

    Fewer places than taken are refused unless `below_taken`: nobody loses a place then, and none is given out until so
    many were given back. Locks the book. Raises BelowUsed, DoesNotFit, Invalid, NotFound.
    """
    check(plan)
    async with db.tx(statement_timeout="30s"):
        held = await book.locked(event)
        unit = held.units.get(pool)
        if unit is None or unit.kind == "type":
            raise NotFound
        if drop:
            await db.execute("DELETE FROM ticket_type_pool WHERE pool = $1 AND direct", pool)
            await _link(held, pool, plan.types)
            await _recount(event, strict=False)
        used = await db.fetchval("SELECT used FROM seat_pool WHERE id = $1", pool)
        if used > plan.size and not below_taken:
            raise BelowUsed(used)
        await db.execute(
            "UPDATE seat_pool SET name_vi = $2, name_en = $3, size = $4, kind = $5, excess = greatest(0, used - $4)"
            " WHERE id = $1",
            *(pool, plan.name_vi.strip() or plan.name_en.strip(), plan.name_en, plan.size, plan.kind),
        )
        return await promoting.promote(await book.locked(event))


async def remove(actor: Actor, event: UUID, pool: UUID) -> list[UUID]:
    """Take a pool away that lies under no other; its types take from what is above it only. Who moved up.

    The pools that lie in it must go first. Raises NotFound, NotEmpty.
    """
    async with db.tx(statement_timeout="30s"):
        return await take_away(event, pool)


async def take_away(event: UUID, pool: UUID) -> list[UUID]:
    """The same in the open transaction."""
    held = await book.locked(event)
    if pool not in held.units or held.units[pool].kind == "type":
        raise NotFound
    if await db.fetchval("SELECT EXISTS (SELECT 1 FROM seat_pool WHERE parent = $1)", pool):
        raise NotEmpty
    parent = await db.fetchval("SELECT parent FROM seat_pool WHERE id = $1", pool)
    types = await db.fetch("SELECT ticket_type FROM ticket_type_pool WHERE pool = $1 AND direct", pool)
    await db.execute("DELETE FROM ticket_type_pool WHERE pool = $1", pool)
    if parent:
        await _link(held, parent, [row["ticket_type"] for row in types])
    await db.execute("DELETE FROM seat_pool WHERE id = $1", pool)
    await _recount(event, strict=False)
    return await promoting.promote(await book.locked(event))


class NotEmpty(Conflict):
    message = N_("Other pools lie in this one: remove them first.")


async def _link(held: book.Book, pool: UUID, types: Any) -> None:
    """Let types take from a pool by choice. Raises Invalid for another event's."""
    if set(types) - set(held.types):
        raise Invalid(fields={"types": N_("Please choose one of the options.")})
    for kind in types:
        await db.execute(
            "INSERT INTO ticket_type_pool (ticket_type, pool, direct) VALUES ($1, $2, true)"
            " ON CONFLICT (ticket_type, pool) DO UPDATE SET direct = true",
            *(kind, pool),
        )


_CLOSE = """
WITH RECURSIVE up AS (
    SELECT l.ticket_type, p.parent AS pool FROM ticket_type_pool l JOIN seat_pool p ON p.id = l.pool
    WHERE p.event = $1 AND l.direct AND p.parent IS NOT NULL
    UNION SELECT up.ticket_type, p.parent FROM up JOIN seat_pool p ON p.id = up.pool WHERE p.parent IS NOT NULL
)
INSERT INTO ticket_type_pool (ticket_type, pool, direct) SELECT ticket_type, pool, false FROM up
ON CONFLICT (ticket_type, pool) DO NOTHING
"""
_COUNT = """
UPDATE seat_pool p SET used = c.n, excess = greatest(0, c.n - p.size) FROM (
    SELECT q.id, coalesce(sum(t.sold), 0) AS n FROM seat_pool q LEFT JOIN ticket_type_pool l ON l.pool = q.id
    LEFT JOIN ticket_type t ON t.id = l.ticket_type WHERE q.event = $1 GROUP BY q.id
) c WHERE c.id = p.id AND p.used <> c.n RETURNING p.used, p.size
"""


async def _recount(event: UUID, *, strict: bool) -> None:
    """After the tree or its links changed: types take from everything above, and pools count what is given out."""
    await db.execute(
        "DELETE FROM ticket_type_pool l USING seat_pool p WHERE p.id = l.pool AND p.event = $1 AND NOT l.direct", event
    )
    await db.execute(_CLOSE, event)
    over = [row["used"] for row in await db.fetch(_COUNT, event) if row["used"] > row["size"]]
    if strict and over:
        raise DoesNotFit(max(over))


async def set_rule(actor: Actor, event: UUID, rule: book.Rule) -> list[UUID]:
    """Say how places are handed on in this event, or pause it with a reason; who moved up. Locks the book."""
    if rule.paused_at is not None and not rule.paused_reason.strip():
        raise Invalid(fields={"paused_reason": N_("Please say why: your colleagues will read it.")})
    async with db.tx(statement_timeout="30s"):
        await book.locked(event)
        await db.execute(
            "INSERT INTO line_rule (event, promotion, party_policy, after_expiry, offer_hours, paused_at, paused_by,"
            " paused_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (event) DO UPDATE SET promotion = $2,"
            " party_policy = $3, after_expiry = $4, offer_hours = $5, paused_at = $6, paused_by = $7,"
            " paused_reason = $8",
            *(event, rule.promotion, rule.party_policy, rule.after_expiry, rule.offer_hours, rule.paused_at),
            *(actor.id if rule.paused_at else None, rule.paused_reason.strip()[:500] if rule.paused_at else ""),
        )
        return await promoting.promote(await book.locked(event))


KINDS = {code: phrase for code, phrase in words.POOL_KIND.items() if code != "type"}
