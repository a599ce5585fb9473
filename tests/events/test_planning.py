"""Planning an event: what may follow on what, who is refused, and what twice means."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from app.core import clock, db
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.ids import new_id
from app.core.web import NOBODY, Actor
from events import access, idempotency, planning, registration, setup, waitlist
from events.planning import TypePlan
from tests.event_factories import World, make_event, make_registration, plan, wish
from tests.factories import make_person

KIND = TypePlan(code="vip", title_vi="Khách mời", capacity=1)


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(capacity=2)


async def status_of(world: World) -> str:
    status: str = await db.fetchval("SELECT status FROM event WHERE id = $1", world.event)
    return status


async def test_publishing_and_closing_twice_change_nothing(world: World) -> None:
    version = await db.fetchval("SELECT version FROM event WHERE id = $1", world.event)
    await planning.publish(world.owner, world.event)
    assert await db.fetchval("SELECT version FROM event WHERE id = $1", world.event) == version
    await planning.close(world.owner, world.event)
    await planning.close(world.owner, world.event)
    assert await status_of(world) == "closed"
    await planning.publish(world.owner, world.event)
    assert await status_of(world) == "published"


async def test_a_cancelled_event_stays_as_it_is(world: World) -> None:
    with pytest.raises(Invalid):
        await planning.cancel_event(world.owner, world.event, " ")
    await planning.cancel_event(world.owner, world.event, "Bão")
    await planning.cancel_event(world.owner, world.event, "Lý do khác")
    assert await db.fetchval("SELECT status_reason FROM event WHERE id = $1", world.event) == "Bão"
    acts: list[Callable[[], Awaitable[Any]]] = [
        lambda: planning.publish(world.owner, world.event),
        lambda: planning.close(world.owner, world.event),
        lambda: planning.edit_event(world.owner, world.event, plan()),
    ]
    for act in acts:
        with pytest.raises(planning.NotInThisState):
            await act()
    with pytest.raises(registration.NotOpen):
        await make_registration(world)


async def test_an_event_needs_a_ticket_to_be_published(db: asyncpg.Connection) -> None:
    owner = await make_person(roles=("organizer",))
    row = await planning.create_event(owner, plan())
    with pytest.raises(planning.NothingToRegisterFor):
        await planning.publish(owner, row["id"])
    with pytest.raises(planning.NotInThisState):
        await planning.close(owner, row["id"])


async def test_nobody_is_promoted_into_an_event_that_is_over_or_called_off(world: World) -> None:
    guests = [await make_registration(world) for _n in range(4)]
    over = clock.now() - timedelta(days=2)
    await db.execute(
        "UPDATE event SET starts_at = $2, ends_at = $3 WHERE id = $1", world.event, over, over + timedelta(hours=1)
    )
    await waitlist.cancel(NOBODY, guests[0].id)
    rows = await db.fetch("SELECT status FROM registration ORDER BY queue_number")
    assert [row["status"] for row in rows] == ["cancelled", "confirmed", "waitlisted", "waitlisted"]
    more = TypePlan(code="visitor", title_vi="Khách", capacity=9)
    assert await setup.edit_type(world.owner, world.event, world.type_id, more) == []
    assert await db.fetchval("SELECT sold FROM ticket_type WHERE id = $1", world.type_id) == 1


async def test_more_places_are_filled_in_the_order_of_the_line(world: World) -> None:
    guests = [await make_registration(world) for _n in range(6)]
    more = TypePlan(code="visitor", title_vi="Khách", capacity=4)
    assert await setup.edit_type(world.owner, world.event, world.type_id, more) == [guests[2].id, guests[3].id]
    assert await setup.edit_type(world.owner, world.event, world.type_id, more) == []
    with pytest.raises(setup.BelowSold):
        await setup.edit_type(world.owner, world.event, world.type_id, KIND)


BAD_TYPES = [
    TypePlan(code="A", title_vi="A", capacity=1),
    TypePlan(code="x" * 41, title_vi="A", capacity=1),
    TypePlan(code="a", title_vi=" ", capacity=1),
    TypePlan(code="a", title_vi="A", capacity=-1),
    TypePlan(code="a", title_vi="A", capacity=10**7),
    TypePlan(code="a", title_vi="A", capacity=1, opens_at=clock.now(), closes_at=clock.now() - timedelta(hours=1)),
]


@pytest.mark.parametrize("kind", BAD_TYPES, ids=range(len(BAD_TYPES)))
async def test_types_that_cannot_be(kind: TypePlan, world: World) -> None:
    with pytest.raises(Invalid):
        await setup.add_type(world.owner, world.event, kind)


async def test_another_events_type_and_staff_are_not_there(world: World) -> None:
    other = await make_event()
    with pytest.raises(NotFound):
        await setup.edit_type(other.owner, other.event, world.type_id, KIND)
    with pytest.raises(NotFound):
        await setup.edit_type(other.owner, other.event, new_id(), KIND)
    staff = (await setup.staff_of(world.event))[0]["id"]
    with pytest.raises(NotFound):
        await setup.end_staff(other.owner, other.event, staff)
    with pytest.raises(NotFound):
        await waitlist.cancel(NOBODY, new_id())
    with pytest.raises(NotFound):
        await registration.register(NOBODY, new_id(), wish())


@pytest.mark.parametrize("capacity", [0, -5, 10**7])
async def test_doors_that_cannot_be(capacity: int, world: World) -> None:
    with pytest.raises(Invalid):
        await setup.add_checkpoint(world.owner, world.event, name_vi="Cửa", capacity=capacity, types=[])


async def test_the_doors_of_the_code(world: World) -> None:
    """The doors by which verbs are reached, person by person."""
    draft = await make_event(published=False)
    desk = await make_person(email="desk@test.example")
    await setup.add_staff(draft.owner, draft.event, "desk@test.example", "desk")
    await setup.add_staff(world.owner, world.event, "desk@test.example", "desk")
    other = await make_person(roles=("organizer",))

    async def tried(door: Any, actor: Actor, slug: str) -> str:
        try:
            await door(actor, slug)
        except (NotFound, NotAllowed) as error:
            return type(error).__name__
        return "open"

    doors = (access.event_for, access.desk_event_for, access.managed_event_for, access.owned_event_for)
    found = {
        who: [await tried(door, actor, slug) for slug in (world.slug, draft.slug) for door in doors]
        for who, actor in {"nobody": NOBODY, "other": other, "desk": desk, "owner": world.owner}.items()
    }
    closed = ["NotFound"] * 4
    assert found == {
        "nobody": ["open", "NotAllowed", "NotAllowed", "NotAllowed", *closed],
        "other": ["open", "NotAllowed", "NotAllowed", "NotAllowed", *closed],
        "desk": ["open", "open", "NotAllowed", "NotAllowed", *closed],
        "owner": ["open", "open", "open", "open", *closed],
    }


async def test_an_event_as_seen_has_the_columns_of_its_row(world: World) -> None:
    event = await access.event_for(world.owner, world.slug)
    assert (event.slug, event.managed, event.at_desk) == (world.slug, True, True)
    with pytest.raises(AttributeError):
        _missing = event.colour


async def test_a_broken_key_is_refused_and_old_answers_go(world: World) -> None:
    async def act(_number: int) -> idempotency.Answer:
        return idempotency.Answer(201, "{}")

    for actor, key in ((NOBODY, ""), (world.owner, ""), (world.owner, "ê"), (world.owner, "x" * 129)):
        with pytest.raises(idempotency.BadKey):
            await idempotency.once(actor, "r", key, b"", act)
    async with db.tx():
        await idempotency.once(world.owner, "r", "k", b"", act)
    await db.execute("UPDATE event_request SET created_at = now() - interval '3 days'")
    await idempotency.forget()
    assert await db.fetchval("SELECT count(*) FROM event_request") == 0


async def test_a_unique_violation_of_something_else_is_not_swallowed() -> None:
    async def attempt() -> None:
        raise asyncpg.UniqueViolationError("something else")

    with pytest.raises(asyncpg.UniqueViolationError):
        await registration.patiently(attempt)


async def test_the_same_address_for_ever_faster_ends_in_a_conflict() -> None:
    tries = []

    async def attempt() -> None:
        tries.append(1)
        error = asyncpg.UniqueViolationError("again")
        error.constraint_name = "registration_once"
        raise error

    with pytest.raises(registration.Conflict):
        await registration.patiently(attempt)
    assert len(tries) == 3


@pytest.mark.parametrize("year", [1, 1999, 2101, 9999])
@pytest.mark.parametrize("field", ["opens_at", "closes_at"])
async def test_registration_opens_and_ends_in_years_that_exist(field: str, year: int, world: World) -> None:
    moment = datetime(year, 6, 1, tzinfo=UTC)
    kind = msgspec.structs.replace(TypePlan(code="t", title_vi="T", capacity=1), **{field: moment})
    for attempt in (
        setup.add_type(world.owner, world.event, kind),
        setup.edit_type(world.owner, world.event, world.type_id, kind),
    ):
        with pytest.raises(Invalid) as refused:
            await attempt
        assert list(refused.value.fields) == [field]
