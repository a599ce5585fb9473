"""Many people and one slot, with real commits; each with a control that shows the test can fail."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import DomainError
from app.mentoring import booking, changing, free, strikes, waiting
from app.mentoring.booking import Wanted
from tests.mentoring import make

AT_ONCE = 50


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "ACQUIRE_SECONDS", 60.0)
    monkeypatch.setattr(database, "LOCK_TIMEOUT", "30s")


async def _crowd(here: make.World, many: int = AT_ONCE) -> list[tuple[Any, Any]]:
    found = []
    for _n in range(many):
        owner, number = await make.startup()
        found.append((owner, await make.World(here.mentor, owner, number).seen()))
    return found


async def _all_book(here: make.World, crowd: list[tuple[Any, Any]], at: Any) -> Counter[str]:
    async def one(owner: Any, seen: Any) -> str:
        try:
            await booking.book(owner, here.mentor_id, seen, Wanted(starts_at=at))
        except DomainError as error:
            return error.code
        return "booked"

    return Counter(await asyncio.gather(*(one(*each) for each in crowd)))


async def _bookings() -> int:
    return int(await database.fetchval("SELECT count(*) FROM mentoring_booking WHERE status = 'confirmed'"))


async def test_fifty_at_once_for_one_slot_give_one_booking(committed: asyncpg.Pool) -> None:
    here = await make.world(mentees_most=100)
    at = await make.free_at(here.mentor)
    assert await _all_book(here, await _crowd(here), at) == {"booked": 1, "slot_taken": AT_ONCE - 1}
    assert await _bookings() == 1


async def _no_lock(mentor: Any) -> None:
    return None


async def test_the_constraint_alone_keeps_it_to_one(committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock makes it orderly; what makes it impossible stands in the database."""
    monkeypatch.setattr(booking, "_lock", _no_lock)
    here = await make.world(mentees_most=100)
    at = await make.free_at(here.mentor)
    found = await _all_book(here, await _crowd(here, 20), at)
    assert found == {"booked": 1, "slot_taken": 19}


async def test_control_without_lock_and_constraint_several_get_it(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booking, "_lock", _no_lock)
    said = await database.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'mentoring_nobody_twice'"
    )
    await database.execute("ALTER TABLE mentoring_time DROP CONSTRAINT mentoring_nobody_twice")
    try:
        here = await make.world(mentees_most=100)
        at = await make.free_at(here.mentor)
        await _all_book(here, await _crowd(here, 20), at)
        assert await _bookings() > 1
    finally:
        await database.execute("DELETE FROM mentoring_time")
        await database.execute(f"ALTER TABLE mentoring_time ADD CONSTRAINT mentoring_nobody_twice {said}")


async def test_two_startups_and_the_last_place_of_a_mentor(committed: asyncpg.Pool) -> None:
    here = await make.world(mentees_most=1)
    crowd = await _crowd(here, 8)
    open_at = await free.free_of(here.mentor_id)

    async def one(number: int) -> str:
        owner, seen = crowd[number]
        try:
            await booking.book(owner, here.mentor_id, seen, Wanted(starts_at=open_at[number * 2]))
        except DomainError as error:
            return error.code
        return "booked"

    found = Counter(await asyncio.gather(*(one(number) for number in range(8))))
    assert found == {"booked": 1, "no_place_left": 7}


async def test_one_person_who_books_two_mentors_at_one_time_gets_one(committed: asyncpg.Pool) -> None:
    here = await make.world()
    mentors = [here.mentor, *[await make.mentor() for _n in range(5)]]
    at, seen = await make.free_at(here.mentor), await here.seen()

    async def one(mentor: Any) -> str:
        try:
            await booking.book(here.owner, mentor.person_id, seen, Wanted(starts_at=at))
        except DomainError as error:
            return error.code
        return "booked"

    assert Counter(await asyncio.gather(*(one(mentor) for mentor in mentors))) == {"booked": 1, "own_time_taken": 5}


async def test_two_who_mentor_each_other_at_one_time(committed: asyncpg.Pool) -> None:
    """Each of the two holds a time that the other one needs: nobody waits for ever, one session comes about."""
    here = await make.world()
    other = await make.mentor()
    pairs = []
    for mentor, mentee in ((here.mentor, other), (other, here.mentor)):
        _owner, number = await make.startup(owner=mentee)
        pairs.append((mentor, mentee, await make.World(mentor, mentee, number).seen()))
    at = await make.free_at(here.mentor)

    async def one(mentor: Any, mentee: Any, seen: Any) -> str:
        try:
            await booking.book(mentee, mentor.person_id, seen, Wanted(starts_at=at))
        except DomainError as error:
            return error.code
        return "booked"

    found = Counter(await asyncio.gather(*(one(*pair) for pair in pairs)))
    assert found["booked"] == 1
    assert await _bookings() == 1


async def test_cancelling_while_others_book_and_wait_gives_the_slot_to_the_first_in_line(
    committed: asyncpg.Pool,
) -> None:
    here = await make.world(mentees_most=100)
    at = await make.free_at(here.mentor)
    number = await make.booked(here, at)
    crowd = await _crowd(here, 10)
    for owner, seen in crowd[:3]:
        await waiting.wait(owner, here.mentor_id, seen, Wanted(starts_at=at))

    outcome = await asyncio.gather(
        changing.cancel(here.owner, number, "Trùng lịch"), _all_book(here, crowd[3:], at), return_exceptions=True
    )

    assert outcome == [None, Counter(slot_taken=7)]
    rows = await database.fetch("SELECT mentee, status FROM mentoring_booking WHERE starts_at = $1 ORDER BY id", at)
    assert [(row["mentee"], row["status"]) for row in rows] == [
        (here.owner.person_id, "cancelled"),
        (crowd[0][0].person_id, "offered"),
    ]


async def test_two_reports_at_once_settle_once(committed: asyncpg.Pool) -> None:
    from app.mentoring import settling

    here = await make.world()
    number = await make.over(here)
    await asyncio.gather(
        settling.report(here.mentor, number, "mentee_absent"), settling.report(here.owner, number, "mentee_absent"),
        return_exceptions=True,
    )  # fmt: skip
    assert await make.status_of(number) == "no_show"
    assert [one["kind"] for one in await strikes.strikes_of(here.owner.person_id)] == ["no_show"]
    acts = await database.fetch("SELECT act FROM mentoring_change WHERE booking = $1 ORDER BY id", number)
    assert [row["act"] for row in acts] == ["book", "settle_no_show"]
