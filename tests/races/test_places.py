"""Places under a crowd: exactly as many as there are, nobody lost, nobody twice. Real commits, each with a control."""

import asyncio
from collections import Counter

import asyncpg
import pytest

from app.core import db
from app.core.errors import DomainError
from app.core.ids import new_id
from app.core.web import NOBODY
from events import registration, review, setup, waitlist
from events.planning import TypePlan
from events.seats import book, offering, pools, promoting, recounting
from tests.event_factories import World, make_event, make_registration, wish

UNGUARDED = """
CREATE OR REPLACE FUNCTION take_seats(p_type uuid, p_count integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE v_left integer;
BEGIN
    SELECT capacity - (SELECT count(*) FROM registration r WHERE r.ticket_type = t.id AND r.status = 'confirmed')
    INTO v_left FROM ticket_type t WHERE t.id = p_type;
    RETURN v_left > 0;
END $$"""


async def statuses(world: World) -> Counter[str]:
    rows = await db.fetch(
        "SELECT status, count(*) AS n FROM registration WHERE event = $1 GROUP BY status", world.event
    )
    return Counter({row["status"]: row["n"] for row in rows})


async def sold(world: World) -> int:
    number: int = await db.fetchval("SELECT sold FROM ticket_type WHERE id = $1", world.type_id)
    return number


async def crowd(world: World, people: int) -> list[registration.Registered]:
    return list(await asyncio.gather(*(registration.register(NOBODY, world.event, wish()) for _n in range(people))))


async def test_200_people_for_50_places_sell_exactly_50(committed: asyncpg.Pool) -> None:
    for _round in range(3):
        world = await make_event(capacity=50)
        found = await crowd(world, 200)
        assert Counter(r.status for r in found) == {"confirmed": 50, "waitlisted": 150}
        assert await statuses(world) == {"confirmed": 50, "waitlisted": 150}
        assert await sold(world) == 50
        queue = await db.fetch(
            "SELECT id FROM registration WHERE event = $1 AND status = 'waitlisted' ORDER BY queue_number", world.event
        )
        told = {r.id: r.position for r in found if r.status == "waitlisted"}
        assert sorted(p or 0 for p in told.values())[0] >= 1
        assert len(queue) == 150


async def test_control_counting_first_oversells(committed: asyncpg.Pool) -> None:
    original = await db.fetchval("SELECT pg_get_functiondef('take_seats(uuid, integer)'::regprocedure)")
    await db.execute(UNGUARDED)
    try:
        oversold = 0
        for _round in range(5):
            world = await make_event(capacity=50)
            await crowd(world, 120)
            oversold += (await statuses(world))["confirmed"] > 50
    finally:
        await db.execute(original)
    assert oversold > 0


async def test_the_same_person_fifty_times_at_once_is_one_registration(committed: asyncpg.Pool) -> None:
    world = await make_event(capacity=50)
    same = wish(email="Mot.Nguoi@Test.example")
    found = await asyncio.gather(*(registration.register(NOBODY, world.event, same) for _n in range(50)))
    assert len({r.id for r in found}) == 1
    assert sum(r.new for r in found) == 1
    assert (await sold(world), await statuses(world)) == (1, {"confirmed": 1})


async def test_control_without_the_unique_index_one_person_registers_often(committed: asyncpg.Pool) -> None:
    await db.execute("ALTER INDEX registration_once RENAME TO registration_once_kept")
    definition = await db.fetchval("SELECT pg_get_indexdef('registration_once_kept'::regclass)")
    await db.execute("DROP INDEX registration_once_kept")
    try:
        world = await make_event(capacity=50)
        same = wish(email="mot.nguoi@test.example")
        found = await asyncio.gather(*(registration.register(NOBODY, world.event, same) for _n in range(50)))
        assert len({r.id for r in found}) > 1
    finally:
        await db.execute("TRUNCATE registration CASCADE")
        await db.execute(definition.replace("registration_once_kept", "registration_once"))


async def test_the_last_place_against_fewer_places(committed: asyncpg.Pool) -> None:
    """Somebody registers while the organizer takes the last place away: one of both happens, never more is sold."""
    outcomes = Counter[str]()
    for _round in range(20):
        world = await make_event(capacity=10)
        for _n in range(9):
            await make_registration(world)
        kind = TypePlan(code="visitor", title_vi="Khách", capacity=9)
        guest, fewer = await asyncio.gather(
            registration.register(NOBODY, world.event, wish()),
            setup.edit_type(world.owner, world.event, world.type_id, kind),
            return_exceptions=True,
        )
        row = await db.fetchrow("SELECT capacity, sold FROM ticket_type WHERE id = $1", world.type_id)
        assert row is not None
        assert isinstance(guest, registration.Registered)
        if isinstance(fewer, DomainError):
            assert (row["capacity"], row["sold"], guest.status) == (10, 10, "confirmed")
            outcomes["registered"] += 1
        else:
            assert (row["capacity"], row["sold"], guest.status) == (9, 9, "waitlisted")
            outcomes["lowered"] += 1
    assert sum(outcomes.values()) == 20


async def test_cancelling_and_registering_at_once_leaves_no_place_empty(committed: asyncpg.Pool) -> None:
    """A place given back in the same moment in which somebody finds it full goes to that somebody."""
    for _round in range(20):
        world = await make_event(capacity=5)
        first = [await make_registration(world) for _n in range(5)]
        await asyncio.gather(
            *(waitlist.cancel(NOBODY, r.id) for r in first[:3]),
            *(registration.register(NOBODY, world.event, wish()) for _n in range(6)),
        )
        assert await statuses(world) == {"confirmed": 5, "waitlisted": 3, "cancelled": 3}
        assert await sold(world) == 5


async def test_control_without_waiting_for_the_lock_a_place_stays_empty(committed: asyncpg.Pool) -> None:
    """Forced interleaving: the cancel has freed the place but not committed when somebody asks for it."""
    original = await db.fetchval("SELECT pg_get_functiondef('take_seats(uuid, integer)'::regprocedure)")

    async def round_() -> Counter[str]:
        world = await make_event(capacity=1)
        first = await make_registration(world)
        freed, go_on = asyncio.Event(), asyncio.Event()

        async def cancelling() -> None:
            async with db.tx():
                held = await book.locked(world.event)
                await waitlist.give_up(NOBODY, held, await waitlist.locked_guest(first.id), "")
                await promoting.promote(held)
                freed.set()
                await go_on.wait()

        async def registering() -> None:
            await freed.wait()
            task = asyncio.create_task(registration.register(NOBODY, world.event, wish()))
            await asyncio.sleep(0.2)
            go_on.set()
            await task

        await asyncio.gather(cancelling(), registering())
        return await statuses(world)

    assert await round_() == {"cancelled": 1, "confirmed": 1}
    await db.execute(
        "CREATE OR REPLACE FUNCTION take_seats(p_type uuid, p_count integer) RETURNS boolean LANGUAGE plpgsql AS $$"
        " BEGIN"
        " UPDATE ticket_type SET sold = sold + 1 WHERE id = p_type AND sold < capacity; RETURN FOUND; END $$"
    )
    try:
        assert await round_() == {"cancelled": 1, "waitlisted": 1}
    finally:
        await db.execute(original)


async def test_cancelling_twice_at_once_frees_one_place(committed: asyncpg.Pool) -> None:
    world = await make_event(capacity=2)
    first = await make_registration(world)
    await make_registration(world)
    waiting = [await make_registration(world) for _n in range(3)]
    before = await asyncio.gather(*(waitlist.cancel(NOBODY, first.id) for _n in range(8)))
    assert Counter(before) == {"confirmed": 1, "cancelled": 7}
    assert await statuses(world) == {"confirmed": 2, "waitlisted": 2, "cancelled": 1}
    promoted = await db.fetch("SELECT registration FROM registration_change WHERE reason = 'promoted'")
    assert [row["registration"] for row in promoted] == [waiting[0].id]


async def test_two_organizers_approve_500_for_300_places(committed: asyncpg.Pool) -> None:
    kind = TypePlan(code="visitor", title_vi="Nhà đầu tư", capacity=300, needs_approval=True)
    world = await make_event(kind)
    ids = [(await make_registration(world)).id for _n in range(500)]
    decided = await asyncio.gather(
        review.approve(world.owner, world.event, ids), review.approve(world.owner, world.event, list(reversed(ids)))
    )
    assert sum(d.confirmed for d in decided) == 300
    assert await statuses(world) == {"confirmed": 300, "pending_review": 200}
    assert await sold(world) == 300
    first = await db.fetch(
        "SELECT status FROM registration WHERE event = $1 ORDER BY queue_number LIMIT 300", world.event
    )
    assert {row["status"] for row in first} == {"confirmed"}


async def test_approving_and_cancelling_at_once(committed: asyncpg.Pool) -> None:
    kind = TypePlan(code="visitor", title_vi="Nhà đầu tư", capacity=5, needs_approval=True)
    for _round in range(10):
        world = await make_event(kind)
        guest = await make_registration(world)
        await asyncio.gather(
            review.approve(world.owner, world.event, [guest.id]), waitlist.cancel(NOBODY, guest.id, str(new_id()))
        )
        assert await statuses(world) == {"cancelled": 1}
        assert await sold(world) == 0


async def test_the_check_stands_behind_the_guard(committed: asyncpg.Pool) -> None:
    world = await make_event(capacity=1)
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute("UPDATE ticket_type SET sold = 2 WHERE id = $1", world.type_id)


async def shared(size: int) -> World:
    """Two ticket types with room for everybody, and one pool of both that has it not."""
    kinds = (TypePlan(code=code, title_vi=code, capacity=1000) for code in ("visitor", "startup"))
    world = await make_event(*kinds)
    rows = await db.fetch("SELECT id FROM ticket_type WHERE event = $1", world.event)
    plan = pools.PoolPlan(name_vi="Cả hội", size=size, kind="total", types=tuple(row["id"] for row in rows))
    await pools.add(world.owner, world.event, plan)
    return world


async def storm(world: World, people: int) -> Counter[str]:
    wishes = [wish(ticket_type=("visitor", "startup")[n % 2]) for n in range(people)]
    found = await asyncio.gather(*(registration.register(NOBODY, world.event, one) for one in wishes))
    return Counter(one.status for one in found)


async def test_500_people_of_two_types_for_one_pool_of_300(committed: asyncpg.Pool) -> None:
    world = await shared(300)
    assert await storm(world, 500) == {"confirmed": 300, "waitlisted": 200}
    assert await statuses(world) == {"confirmed": 300, "waitlisted": 200}
    assert await recounting.drift(world.event) == []
    assert await db.fetchval("SELECT used FROM seat_pool WHERE event = $1", world.event) == 300


async def test_control_looking_before_taking_oversells_the_pool(committed: asyncpg.Pool) -> None:
    original = await db.fetchval("SELECT pg_get_functiondef('take_seats(uuid, integer)'::regprocedure)")
    await db.execute(
        "CREATE OR REPLACE FUNCTION take_seats(p_type uuid, p_count integer) RETURNS boolean LANGUAGE plpgsql AS $$"
        " DECLARE v_free boolean; BEGIN SELECT p.size > (SELECT count(*) FROM registration r WHERE r.event = p.event"
        " AND r.status = 'confirmed') INTO v_free FROM seat_pool p JOIN ticket_type_pool l ON l.pool = p.id"
        " WHERE l.ticket_type = p_type; PERFORM pg_sleep(0.01); RETURN v_free; END $$"
    )
    try:
        oversold = 0
        for _round in range(4):
            oversold += (await storm(await shared(20), 80))["confirmed"] > 20
    finally:
        await db.execute(original)
    assert oversold > 0


async def test_case_22_the_last_place_of_a_pool_against_a_smaller_pool_and_a_cancel(committed: asyncpg.Pool) -> None:
    """Registering, taking places away and giving two back at once: the books are right in every order."""
    for _round in range(8):
        world = await shared(10)
        guests = [await make_registration(world) for _n in range(10)]
        pool = await db.fetchval("SELECT id FROM seat_pool WHERE event = $1", world.event)
        rows = await db.fetch("SELECT id FROM ticket_type WHERE event = $1", world.event)
        fewer = pools.PoolPlan(name_vi="Cả hội", size=9, kind="total", types=tuple(row["id"] for row in rows))
        await asyncio.gather(
            *(registration.register(NOBODY, world.event, wish(ticket_type=code)) for code in ("startup", "visitor")),
            pools.edit(world.owner, world.event, pool, fewer, below_taken=True),
            waitlist.cancel(NOBODY, guests[0].id),
            waitlist.cancel(NOBODY, guests[1].id),
        )
        assert await recounting.drift(world.event) == []
        row = await db.fetchrow("SELECT used, size, excess FROM seat_pool WHERE id = $1", pool)
        assert tuple(row or ()) in ((9, 9, 0), (10, 9, 1))


async def test_case_33_accepting_and_expiring_at_once_have_one_winner(committed: asyncpg.Pool) -> None:
    outcomes = Counter[str]()
    for number in range(12):
        world = await make_event(capacity=1)
        await pools.set_rule(world.owner, world.event, book.Rule(promotion="offer", after_expiry="out"))
        first = await make_registration(world)
        waiting = await make_registration(world)
        await waitlist.cancel(NOBODY, first.id)
        wait = number % 4 * 3
        await db.execute(
            "UPDATE registration SET deadline_at = clock_timestamp() + $2::int * interval '1 millisecond'"
            " WHERE id = $1",
            *(waiting.id, wait),
        )
        accepted, _ended = await asyncio.gather(
            offering.accept(NOBODY, waiting.id), offering.expire(world.event), return_exceptions=True
        )
        status = await db.fetchval("SELECT status FROM registration WHERE id = $1", waiting.id)
        await offering.expire(world.event)
        after = await db.fetchval("SELECT status FROM registration WHERE id = $1", waiting.id)
        if accepted == "confirmed":
            assert (status, after, await sold(world)) == ("confirmed", "confirmed", 1)
        else:
            assert isinstance(accepted, offering.OfferGone)
            assert after in ("expired", "offered")
        outcomes[str(status)] += 1
    assert sum(outcomes.values()) == 12
