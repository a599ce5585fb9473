"""Booking a session: who gets the slot, who is told what, what stands in the way."""

from datetime import timedelta

import asyncpg
import pytest

from app.core import clock
from app.core import db as database
from app.core.errors import DomainError, Invalid, NotFound
from app.core.ids import new_id
from app.directory.persons import conflicts
from app.mentoring import booking, changing, free, hours, states, strikes
from app.mentoring.booking import Wanted
from tests.factories import make_person
from tests.mentoring import make


async def test_a_free_slot_is_confirmed_with_the_time_of_both_and_its_history(db: asyncpg.Connection) -> None:
    here = await make.world()
    at = await make.free_at(here.mentor)

    number = await make.booked(here, at, question="Giá bán cho bệnh viện?")

    row = await database.fetchrow("SELECT * FROM mentoring_booking WHERE id = $1", number)
    assert (row["status"], row["starts_at"], row["ends_at"]) == ("confirmed", at, at + timedelta(minutes=45))
    assert (row["question"], row["link"], row["sequence"]) == ("Giá bán cho bệnh viện?", make.HOURS["link"], 0)
    times = await database.fetch("SELECT person, role, ends_at FROM mentoring_time WHERE booking = $1", number)
    assert {(one["person"], one["role"], one["ends_at"]) for one in times} == {
        (here.mentor_id, "mentor", at + timedelta(minutes=60)),
        (here.owner.person_id, "mentee", at + timedelta(minutes=45)),
    }
    change = await database.fetchrow("SELECT * FROM mentoring_change WHERE booking = $1", number)
    assert (change["act"], change["from_status"], change["to_status"], change["by"], change["role"]) == (
        "book",
        None,
        "confirmed",
        here.owner.person_id,
        "mentee",
    )
    assert at not in await free.free_of(here.mentor_id)


async def test_a_mentor_who_approves_gets_a_request_that_waits_two_days_at_most(db: asyncpg.Connection) -> None:
    here = await make.world(settings={"approves": True})
    number = await make.booked(here)
    row = await database.fetchrow("SELECT status, expires_at FROM mentoring_booking WHERE id = $1", number)
    assert row["status"] == "requested"
    assert timedelta(hours=47) < row["expires_at"] - clock.now() <= timedelta(hours=48)

    await changing.confirm(here.mentor, number)
    assert await make.status_of(number) == "confirmed"
    with pytest.raises(states.NotNow):
        await changing.confirm(here.mentor, number)


async def test_the_second_click_on_ones_own_slot_gives_the_first_booking(db: asyncpg.Connection) -> None:
    here = await make.world()
    at = await make.free_at(here.mentor)
    assert await make.booked(here, at) == await make.booked(here, at)
    assert await database.fetchval("SELECT count(*) FROM mentoring_booking") == 1


async def test_who_comes_second_is_told_the_next_free_ones(db: asyncpg.Connection) -> None:
    here = await make.world()
    at = await make.free_at(here.mentor)
    await make.booked(here, at)
    other, number = await make.startup()
    with pytest.raises(booking.SlotTaken) as caught:
        await booking.book(
            other, here.mentor_id, await make.World(here.mentor, other, number).seen(), Wanted(starts_at=at)
        )
    assert caught.value.free == (await free.free_of(here.mentor_id))[:5]
    assert at not in caught.value.free


async def test_nobody_has_two_sessions_at_one_time_whatever_side_they_are_on(db: asyncpg.Connection) -> None:
    here = await make.world()
    second = await make.mentor()
    at = await make.free_at(here.mentor)
    await make.booked(here, at)
    with pytest.raises(booking.OwnTimeTaken):
        await make.booked(make.World(second, here.owner, here.startup), at)
    await make.startup(owner=here.mentor)  # the mentor has a company too, and looks for advice
    _owner, own = await make.startup(owner=here.mentor)
    with pytest.raises(booking.OwnTimeTaken):
        await make.booked(make.World(second, here.mentor, own), at)


@pytest.mark.parametrize("minutes", [1, 7, 30, -15, 60 * 24 * 40])
async def test_a_time_off_the_grid_of_what_is_free_is_refused(db: asyncpg.Connection, minutes: int) -> None:
    here = await make.world()
    at = await make.free_at(here.mentor) + timedelta(minutes=minutes)
    with pytest.raises(booking.SlotTaken):
        await make.booked(here, at)


async def test_a_conflict_of_interest_or_an_own_organisation_is_never_booked(db: asyncpg.Connection) -> None:
    here = await make.world()
    await conflicts.put_conflict(here.mentor, here.startup, "investor")
    with pytest.raises(booking.NeverTogether):
        await make.booked(here)
    own_owner, own = await make.startup()
    await make.organisations.member(here.mentor, own, "viewer")
    with pytest.raises(booking.NeverTogether):
        await make.booked(make.World(here.mentor, own_owner, own))


async def test_a_full_mentor_takes_nobody_new_but_goes_on_with_those_there(db: asyncpg.Connection) -> None:
    here = await make.world(mentees_most=1)
    await make.booked(here)
    other, number = await make.startup()
    with pytest.raises(booking.NoPlaceLeft):
        await make.booked(make.World(here.mentor, other, number))
    assert await make.booked(here, await make.free_at(here.mentor, 3))


async def test_a_place_that_no_session_came_of_is_the_next_ones(db: asyncpg.Connection) -> None:
    here = await make.world(mentees_most=1, settings={"approves": True})
    number = await make.booked(here)
    await changing.decline(here.mentor, number, "Không đúng chuyên môn")
    other, startup = await make.startup()
    assert await make.booked(make.World(here.mentor, other, startup))


async def test_what_a_mentor_says_to_accompany_elsewhere_counts_too(db: asyncpg.Connection) -> None:
    here = await make.world(mentees_most=2, mentees_now=2)
    with pytest.raises(booking.NoPlaceLeft):
        await make.booked(here)


@pytest.mark.parametrize(("limits", "most"), [({"sessions_per_week": 2}, 2), ({"hours_per_month": 3}, 4)])
async def test_sessions_a_week_and_hours_a_month_are_a_limit(
    db: asyncpg.Connection, limits: dict[str, int], most: int
) -> None:
    here = await make.world(**limits)
    taken = 0
    zone = "Asia/Ho_Chi_Minh"
    first = await make.free_at(here.mentor)
    unit = "week" if "sessions_per_week" in limits else "month"
    begin = await database.fetchval("SELECT date_trunc($1, $2 AT TIME ZONE $3)", unit, first, zone)
    while True:
        open_at = [
            at
            for at in await free.free_of(here.mentor_id)
            if await database.fetchval("SELECT date_trunc($1, $2 AT TIME ZONE $3) = $4", unit, at, zone, begin)
        ]
        later = [at for at in open_at if at >= first]
        if not later or taken > most:
            break
        await make.booked(here, later[0])
        taken += 1
    assert taken == most


async def test_six_sessions_ahead_are_enough(db: asyncpg.Connection) -> None:
    here = await make.world()
    for place in range(6):
        await make.booked(here, await make.free_at(here.mentor, place))
    with pytest.raises(booking.EnoughAhead):
        await make.booked(here, await make.free_at(here.mentor, 8))


async def test_a_goal_must_be_ones_own_and_open(db: asyncpg.Connection) -> None:
    here = await make.world()
    with pytest.raises(Invalid):
        await make.booked(here, goal=new_id())


@pytest.mark.parametrize("act", ["pause", "close", "give up"])
async def test_who_takes_no_bookings_has_nothing_free(db: asyncpg.Connection, act: str) -> None:
    from app.directory.persons import role

    here = await make.world()
    at = await make.free_at(here.mentor)
    if act == "pause":
        await role.pause(here.mentor, True)
    elif act == "close":
        await hours.close(here.mentor, True)
    else:
        await role.give_up(here.mentor)
    assert await free.free_of(here.mentor_id) == []
    with pytest.raises((booking.SlotTaken, NotFound)):
        await make.booked(here, at)


async def test_after_three_missed_sessions_one_pauses_until_an_appeal_is_heard(db: asyncpg.Connection) -> None:
    here = await make.world()
    for _n in range(3):
        number = await make.over(here)
        async with database.tx():
            await strikes.strike(here.owner.person_id, number, "no_show")
    with pytest.raises(strikes.Suspended):
        await make.booked(here)
    one = (await strikes.strikes_of(here.owner.person_id))[0]
    await strikes.appeal(here.owner, one["id"], "Tôi nằm viện hôm đó.")
    assert await make.booked(here)
    with pytest.raises(strikes.AlreadyAppealed):
        await strikes.appeal(here.owner, one["id"], "Lần nữa")
    staff = await make_person(roles=("moderator",))
    await strikes.decide(staff, one["id"], "upheld", "Không có giấy tờ")
    with pytest.raises(strikes.Suspended):
        await make.booked(here, await make.free_at(here.mentor, 2))


async def test_booking_is_limited_for_each_account(db: asyncpg.Connection, fresh_queue: None) -> None:
    here = await make.world()
    seen, at = await here.seen(), await make.free_at(here.mentor)
    for _n in range(booking.BOOKED_PER_DAY):
        await booking.book(here.owner, here.mentor_id, seen, Wanted(starts_at=at))
    with pytest.raises(DomainError) as caught:
        await booking.book(here.owner, here.mentor_id, seen, Wanted(starts_at=at))
    assert caught.value.code == "too_many"


async def test_a_mentor_cannot_book_themselves(db: asyncpg.Connection) -> None:
    here = await make.world()
    with pytest.raises(booking.NeverTogether):
        await make.booked(make.World(here.mentor, here.mentor, (await make.startup(owner=here.mentor))[1]))
