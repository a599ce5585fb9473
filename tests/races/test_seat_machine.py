"""Any order of registering, approving, cancelling, resizing, offering, expiring, merging, passing on keeps the books.

Nobody is over capacity in any pool, nobody is skipped within a priority, every place is accounted for.

A short, repeatable run against the real database. A long one: SEAT_STEPS=10000.
"""

import asyncio
import contextlib
import os
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from app.core import clock, db
from app.core.errors import DomainError
from app.core.web import NOBODY
from events import changing, review, setup, states, waitlist
from events.planning import TypePlan
from events.registration import Registered
from events.seats import book, deciding, holds, offering, pools, promoting, recounting
from tests.conftest import empty_tables
from tests.event_factories import World, make_event, make_registration, wish

STEPS = int(os.environ.get("SEAT_STEPS", "1000"))
KINDS = ("visitor", "startup", "paid", "investor")

_loops: list[asyncio.AbstractEventLoop] = []
_pools: list[asyncpg.Pool] = []


def wait(act: Coroutine[Any, Any, Any]) -> Any:
    """Run `act` on the test's own loop, from the thread in which the machine lives."""
    return asyncio.run_coroutine_threadsafe(act, _loops[-1]).result(30)


def attempt(act: Coroutine[Any, Any, Any]) -> Any:
    """The same for an act that the house may refuse: what it says, or None."""
    with contextlib.suppress(DomainError):
        return wait(act)
    return None


class Village(RuleBasedStateMachine):
    """One event: everybody in the whole, startups and investors also in a pool of their own."""

    guests = Bundle("guests")

    @initialize(
        promotion=st.sampled_from(["confirm", "offer"]),
        party=st.sampled_from(["skip", "hold"]),
        after=st.sampled_from(["tail", "out"]),
    )
    def begin(self, promotion: str, party: str, after: str) -> None:
        wait(empty_tables(_pools[-1]))
        types = (
            TypePlan(code="visitor", title_vi="Khách", capacity=3, max_party=3),
            TypePlan(code="startup", title_vi="Khởi nghiệp", capacity=2, max_party=3),
            TypePlan(code="paid", title_vi="Trả phí", capacity=1, price=50_000),
            TypePlan(code="investor", title_vi="Nhà đầu tư", capacity=1, needs_approval=True),
        )
        self.world: World = wait(make_event(*types))
        rows = wait(db.fetch("SELECT id, code FROM ticket_type WHERE event = $1", self.world.event))
        self.kinds: dict[str, UUID] = {row["code"]: row["id"] for row in rows}
        total = pools.PoolPlan(name_vi="Cả hội", size=5, kind="total", types=(self.kinds["visitor"],))
        whole = wait(pools.add(self.world.owner, self.world.event, total))
        few = tuple(self.kinds[code] for code in KINDS[1:])
        role = pools.PoolPlan(name_vi="Vai trò", size=3, kind="role", parent=whole, types=few)
        self.pools: list[tuple[UUID, pools.PoolPlan]] = [
            (whole, total),
            (wait(pools.add(self.world.owner, self.world.event, role)), role),
        ]
        wait(pools.set_rule(self.world.owner, self.world.event, book.Rule(promotion, party, after)))
        self.kept: list[UUID] = []

    @rule(
        target=guests,
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4),
        party=st.sampled_from([1, 1, 1, 2, 3]),
        also=st.sampled_from([(), (), ("visitor",), ("startup",)]),
    )
    def register(self, kinds: list[str], party: int, also: tuple[str, ...]) -> Any:
        found = []
        for kind in kinds:
            people = party if kind in ("visitor", "startup") else 1
            found.append(attempt(make_registration(self.world, ticket_type=kind, party=people, also=also)))
        return multiple(*(one for one in found if one is not None))

    @rule(guest=guests)
    def cancel(self, guest: Registered) -> None:
        wait(waitlist.cancel(NOBODY, guest.id))

    @rule(some=st.lists(guests, max_size=3))
    def cancel_many(self, some: list[Registered]) -> None:
        wait(waitlist.cancel_all(self.world.owner, self.world.event, [guest.id for guest in some]))

    @rule(some=st.lists(guests, min_size=1, max_size=4), full=st.sampled_from(["leave", "waitlist"]))
    def approve(self, some: list[Registered], full: Any) -> None:
        wait(review.approve(self.world.owner, self.world.event, [guest.id for guest in some], when_full=full))

    @rule(kind=st.sampled_from(KINDS), places=st.integers(0, 5), forced=st.booleans())
    def resize(self, kind: str, places: int, forced: bool) -> None:
        price, asked = (50_000 if kind == "paid" else 0), kind == "investor"
        plan = TypePlan(code=kind, title_vi="X", capacity=places, price=price, needs_approval=asked, max_party=3)
        number = self.kinds[kind]
        attempt(setup.edit_type(self.world.owner, self.world.event, number, plan, below_taken=forced))

    @rule(which=st.integers(0, 1), places=st.integers(0, 8), forced=st.booleans())
    def resize_pool(self, which: int, places: int, forced: bool) -> None:
        number, plan = self.pools[which]
        plan = pools.PoolPlan(name_vi=plan.name_vi, size=places, kind=plan.kind, types=plan.types)
        attempt(pools.edit(self.world.owner, self.world.event, number, plan, below_taken=forced))

    @rule(
        promotion=st.sampled_from(["confirm", "offer"]),
        party=st.sampled_from(["skip", "skip", "hold"]),
        after=st.sampled_from(["tail", "out"]),
        paused=st.sampled_from([False, False, True]),
    )
    def decide_how(self, promotion: str, party: str, after: str, paused: bool) -> None:
        moment = clock.now() if paused else None
        rule_ = book.Rule(promotion, party, after, 48, moment, "Đổi chỗ" if paused else "")
        wait(pools.set_rule(self.world.owner, self.world.event, rule_))

    @rule(guest=guests)
    def accept(self, guest: Registered) -> None:
        attempt(offering.accept(NOBODY, guest.id))

    @rule(some=st.lists(guests, max_size=3))
    def time_passes(self, some: list[Registered]) -> None:
        past = clock.now() - timedelta(seconds=1)
        late = "UPDATE registration SET deadline_at = $2 WHERE id = ANY ($1) AND deadline_at IS NOT NULL"
        wait(db.execute(late, [guest.id for guest in some], past))
        wait(offering.expire(self.world.event))

    @rule(one=guests, other=guests)
    def merge(self, one: Registered, other: Registered) -> None:
        attempt(changing.merge(self.world.owner, self.world.event, one.id, other.id))

    @rule(target=guests, guest=guests)
    def pass_on(self, guest: Registered) -> Any:
        found = attempt(changing.transfer(NOBODY, guest.id, wish()))
        return found if found is not None else multiple()

    @rule(guest=guests, kind=st.sampled_from(("visitor", "startup")))
    def change_kind(self, guest: Registered, kind: str) -> None:
        attempt(changing.change_kind(NOBODY, guest.id, kind))

    @rule(guest=guests, way=st.sampled_from(["overbook", "now", "prefer"]))
    def decide_one(self, guest: Registered, way: str) -> None:
        owner, event = self.world.owner, self.world.event
        if way == "overbook":
            attempt(deciding.overbook(owner, event, [guest.id], "Khách của thành phố"))
        elif way == "now":
            attempt(deciding.seat_now(owner, event, [guest.id]))
        else:
            attempt(deciding.prefer(owner, event, [guest.id], 1))

    @rule(kind=st.sampled_from(KINDS[:2]), size=st.integers(1, 3))
    def keep(self, kind: str, size: int) -> None:
        async def act() -> UUID:
            async with db.tx():
                held = await book.locked(self.world.event)
                return await holds.keep(held, self.world.owner, self.kinds[kind], size, "Đoàn", None)

        number = attempt(act())
        if number is not None:
            self.kept.append(number)

    @rule()
    def let_go(self) -> None:
        if self.kept:
            wait(holds.end(self.world.owner, self.world.event, self.kept.pop(0)))

    @invariant()
    def the_places_are_right(self) -> None:
        if hasattr(self, "kept"):
            wait(check(self.world))


_UNITS = """
WITH seated AS (
    SELECT r.ticket_type, sum(r.party) AS n FROM registration r WHERE r.event = $1
    AND r.status IN ('confirmed', 'offered', 'started') AND r.overbooked_by IS NULL GROUP BY 1
    UNION ALL SELECT h.ticket_type, sum(h.size - h.taken) FROM seat_hold h
    WHERE h.event = $1 AND h.ended_at IS NULL GROUP BY 1
)
SELECT t.title_vi AS name, t.capacity AS size, t.sold AS used, t.excess,
       coalesce((SELECT sum(n) FROM seated s WHERE s.ticket_type = t.id), 0) AS counted
FROM ticket_type t WHERE t.event = $1
UNION ALL
SELECT p.name_vi, p.size, p.used, p.excess, coalesce((SELECT sum(n) FROM seated s JOIN ticket_type_pool l
       ON l.ticket_type = s.ticket_type WHERE l.pool = p.id), 0) FROM seat_pool p WHERE p.event = $1
"""
_FREE = """
SELECT r.id FROM registration r, unnest(array_prepend(r.ticket_type, r.also_types)) AS k (kind)
JOIN ticket_type t ON t.id = k.kind LEFT JOIN line_rule l ON l.event = t.event
WHERE r.event = $1 AND r.status = 'waitlisted' AND t.sold + r.party <= t.capacity AND l.paused_at IS NULL
AND coalesce(l.party_policy, 'skip') = 'skip' AND NOT EXISTS (SELECT 1 FROM ticket_type_pool x
JOIN seat_pool p ON p.id = x.pool WHERE x.ticket_type = t.id AND p.used + r.party > p.size)
"""
_SKIPPED = """
SELECT r.id FROM registration r JOIN LATERAL (SELECT id, reason FROM registration_change c
    WHERE c.registration = r.id ORDER BY c.id DESC LIMIT 1) last ON last.reason = 'promoted'
JOIN registration o ON o.event = r.event AND o.status = 'waitlisted' AND o.party <= r.party
    AND (o.ticket_type = r.ticket_type OR r.ticket_type = ANY (o.also_types))
    AND (o.priority, -o.queue_number) > (r.priority, -r.queue_number)
JOIN LATERAL (SELECT max(id) AS id FROM registration_change c WHERE c.registration = o.id) since ON since.id < last.id
WHERE r.event = $1
"""


async def check(world: World) -> None:
    """Counters equal counts in every pool, none is over, nobody waits beside a free place, the line is kept."""
    for row in await db.fetch(_UNITS, world.event):
        assert row["used"] == row["counted"], dict(row)
        assert row["used"] <= row["size"] + row["excess"], dict(row)
        assert row["excess"] == max(0, row["used"] - row["size"]), dict(row)
    assert await recounting.drift(world.event) == []
    assert await db.fetch(_FREE, world.event) == []
    assert await db.fetch(_SKIPPED, world.event) == []
    async with db.tx():
        assert (await promoting.planned(await book.locked(world.event))).seated == [] or await _paused(world)
    rows = await db.fetch(
        "SELECT r.status, c.from_status, c.to_status, lag(c.to_status) OVER w AS before, c.from_status = c.to_status"
        " AS note, row_number() OVER (PARTITION BY r.id ORDER BY c.id DESC) AS place FROM registration_change c"
        " JOIN registration r ON r.id = c.registration WHERE r.event = $1"
        " WINDOW w AS (PARTITION BY r.id ORDER BY c.id)",
        world.event,
    )
    for row in rows:
        assert row["from_status"] == row["before"]
        assert row["note"] or row["to_status"] in states.TRANSITIONS[row["from_status"]]
        assert row["place"] > 1 or row["status"] == row["to_status"]


async def _paused(world: World) -> bool:
    return bool(await db.fetchval("SELECT paused_at IS NOT NULL FROM line_rule WHERE event = $1", world.event))


async def run_machine(pool: asyncpg.Pool, steps: int = STEPS) -> None:
    """Each example begins with empty tables: ten thousand steps take ten times as long as a thousand, not a hundred."""
    _pools.append(pool)
    _loops.append(asyncio.get_running_loop())
    quick = settings(
        max_examples=max(steps // 50, 1),
        stateful_step_count=50,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # what fails is told as it came: making it shorter takes minutes
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, Village, settings=quick)


@pytest.mark.timeout(3600)
async def test_the_places_are_right_after_any_order_of_acts(committed: asyncpg.Pool) -> None:
    await run_machine(committed)


async def test_control_without_the_guard_a_pool_is_oversold(committed: asyncpg.Pool) -> None:
    """take_seats() that counts nothing: the machine finds it."""
    original = await db.fetchval("SELECT pg_get_functiondef('take_seats(uuid, integer)'::regprocedure)")
    await db.execute(
        "CREATE OR REPLACE FUNCTION take_seats(p_type uuid, p_count integer) RETURNS boolean LANGUAGE plpgsql AS $$"
        " BEGIN RETURN true; END $$"
    )
    try:
        with pytest.raises(AssertionError):
            await run_machine(committed)
    finally:
        await db.execute(original)


async def test_control_a_line_in_the_wrong_order_is_found(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    backwards = promoting._LINE.replace("queue_number LIMIT", "queue_number DESC LIMIT")
    assert backwards != promoting._LINE
    for line, wrong in ((promoting._LINE, False), (backwards, True)):
        monkeypatch.setattr(promoting, "_LINE", line)
        world = await make_event(capacity=1)
        first, *_others = [await make_registration(world) for _n in range(3)]
        await waitlist.cancel(NOBODY, first.id)
        if wrong:
            with pytest.raises(AssertionError):
                await check(world)
        else:
            await check(world)
