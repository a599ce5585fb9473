"""Seats of sessions: taken, refused, waited for, handed on; what happens when a session moves (cases 16 and 18)."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from icalendar import Calendar

from app.core import db as database
from app.core import outbox
from app.core.errors import NotFound
from events import waitlist
from events.agenda import booking, calendar, listing, planning
from events.agenda.planning import SessionPlan
from tests.event_factories import make_registration
from tests.events.agenda.making import World, begins, make_event, make_session, publish


async def seats(world: World, session: UUID) -> int:
    found: int = await database.fetchval("SELECT booked FROM agenda_shown WHERE session = $1", session)
    counted = await database.fetchval(
        "SELECT count(*) FROM agenda_booking WHERE session = $1 AND status = 'booked'", session
    )
    assert found == counted
    return found


async def guests(world: World, count: int) -> list[UUID]:
    return [(await make_registration(world)).id for _number in range(count)]


async def statuses(session: UUID) -> list[str]:
    rows = await database.fetch("SELECT status FROM agenda_booking WHERE session = $1 ORDER BY id", session)
    return [row["status"] for row in rows]


async def test_seats_are_given_in_order_and_the_rest_stands_in_line(db: Any) -> None:
    world = await make_event()
    session = await make_session(world, booking=True, capacity=2)
    await publish(world)
    people = await guests(world, 4)
    found = [await booking.book(one, world.event, session) for one in people]
    assert found == ["booked", "booked", "waiting", "waiting"]
    assert [await booking.book(one, world.event, session) for one in people] == found
    assert (await booking.mine(people[3]))[0]["position"] == 2
    await booking.give_up(people[0], world.event, session)
    await booking.give_up(people[0], world.event, session)
    assert await statuses(session) == ["given_up", "booked", "booked", "waiting"]
    assert await seats(world, session) == 2


async def test_the_next_in_line_hears_of_it_once(db: Any) -> None:
    world = await make_event()
    session = await make_session(world, booking=True, capacity=1)
    await publish(world)
    first, second = await guests(world, 2)
    await booking.book(first, world.event, session)
    await booking.book(second, world.event, session)
    await booking.give_up(first, world.event, session)
    await outbox.drain()
    subjects = [row["subject"] for row in await database.fetch("SELECT subject FROM mail WHERE subject LIKE 'Bạn có%'")]
    assert subjects == ["Bạn có chỗ: Gọi vốn vòng đầu"]


async def test_who_loses_the_ticket_loses_the_seat_and_the_next_has_it(db: Any) -> None:
    world = await make_event()
    session = await make_session(world, booking=True, capacity=1)
    await publish(world)
    first, second = await guests(world, 2)
    await booking.book(first, world.event, session)
    await booking.book(second, world.event, session)
    await waitlist.cancel(world.owner, first)
    assert await statuses(session) == ["ended", "booked"]
    assert await seats(world, session) == 1
    with pytest.raises(booking.NotConfirmed):
        await booking.book(first, world.event, session)


async def test_case_18_overlapping_bookings_are_refused_and_following_ones_are_not(db: Any) -> None:
    world = await make_event()
    one = await make_session(world, "Một", booking=True)
    over = await make_session(world, "Đè", at=30, booking=True)
    after = await make_session(world, "Sau", at=60, booking=True)
    free = await make_session(world, "Tự do", at=30)
    await publish(world)
    (guest,) = await guests(world, 1)
    await booking.book(guest, world.event, one)
    with pytest.raises(booking.Overlaps) as refused:
        await booking.book(guest, world.event, over)
    assert refused.value.text("vi").startswith("Bạn đã giữ chỗ “Một” vào giờ này.")
    assert await booking.book(guest, world.event, after) == "booked"
    assert await booking.book(guest, world.event, free) == "noted"
    await planning.set_rules(world.owner, world.event, overlap="allowed", walk_in_minutes=10)
    assert await booking.book(guest, world.event, over) == "booked"


async def test_case_18_a_session_moved_later_flags_the_conflict_and_tells_the_guest(db: Any) -> None:
    world = await make_event()
    one = await make_session(world, "Một", booking=True)
    two = await make_session(world, "Hai", at=60, booking=True)
    await publish(world)
    guest, calm = await guests(world, 2)
    await booking.book(guest, world.event, one)
    await booking.book(guest, world.event, two)
    await booking.book(calm, world.event, two)
    start = await begins(world) + timedelta(minutes=20)
    await planning.edit(
        world.owner, world.event, one, SessionPlan(title_vi="Một", starts_at=start, minutes=60, booking=True)
    )
    await publish(world)
    assert {found["session"]: found["clash"] for found in await booking.mine(guest)} == {one: two, two: one}
    assert [found["clash"] for found in await booking.mine(calm)] == [None]
    await outbox.drain()
    await outbox.drain()
    mails = await database.fetch("SELECT subject, text FROM mail WHERE subject LIKE 'Dời lịch%'")
    assert [mail["subject"] for mail in mails] == ["Dời lịch: Một"]
    assert "trùng giờ với “Hai”" in mails[0]["text"]
    await booking.give_up(guest, world.event, two)
    assert [found["clash"] for found in await booking.mine(guest)] == [None]


async def entries(world: World) -> dict[str, tuple[int, Any]]:
    found = Calendar.from_ical(calendar.calendar("x", world.slug, await listing.shown(world.event)))
    return {str(one["uid"]): (int(one["sequence"]), one["dtstart"].dt) for one in found.walk("VEVENT")}


async def test_case_16_a_moved_session_keeps_its_uid_with_a_higher_sequence(db: Any) -> None:
    world = await make_event()
    one = await make_session(world)
    await make_session(world, "Yên", at=120)
    await publish(world)
    before = await entries(world)
    start = await begins(world) + timedelta(minutes=15)
    await planning.edit(world.owner, world.event, one, SessionPlan(title_vi="A", starts_at=start, minutes=60))
    await publish(world)
    after = await entries(world)
    assert before.keys() == after.keys()
    uid = next(name for name in after if str(one) in name)
    assert [sequence for sequence, _at in after.values()] == [1 if name == uid else 0 for name in after]
    assert after[uid][1] == start


async def test_case_16_a_session_taken_off_cancels_its_entry_and_the_seat(db: Any) -> None:
    world = await make_event()
    session = await make_session(world, booking=True)
    await make_session(world, "Khác", at=90)
    await publish(world)
    (guest,) = await guests(world, 1)
    await booking.book(guest, world.event, session)
    await planning.take_off(world.owner, world.event, session)
    await publish(world)
    assert await statuses(session) == ["ended"]
    await outbox.drain()
    await outbox.drain()
    content = await database.fetchval(
        "SELECT a.content FROM mail_attachment a JOIN mail m ON m.id = a.mail WHERE m.subject LIKE 'Bỏ khỏi%'"
    )
    entry = Calendar.from_ical(content).walk("VEVENT")[0]
    assert (str(entry["status"]), int(entry["sequence"])) == ("CANCELLED", 1)
    with pytest.raises(NotFound):
        await booking.book(guest, world.event, session)


async def test_more_seats_go_to_those_who_wait_and_fewer_than_taken_are_refused(db: Any) -> None:
    world = await make_event()
    session = await make_session(world, booking=True, capacity=1)
    await publish(world)
    people = await guests(world, 4)
    for one in people:
        await booking.book(one, world.event, session)
    plan = SessionPlan(title_vi="A", starts_at=await begins(world), minutes=60, booking=True, capacity=3)
    await planning.edit(world.owner, world.event, session, plan)
    await publish(world)
    assert await statuses(session) == ["booked", "booked", "booked", "waiting"]
    small = SessionPlan(title_vi="A", starts_at=await begins(world), minutes=60, booking=True, capacity=2)
    await planning.edit(world.owner, world.event, session, small)
    with pytest.raises(Exception, match="clashes"):
        await publish(world, "cứ làm")
    assert await seats(world, session) == 3


async def test_who_has_something_else_at_that_time_is_passed_over_and_stays_in_line(db: Any) -> None:
    world = await make_event()
    full = await make_session(world, "Đầy", booking=True, capacity=1)
    other = await make_session(world, "Khác", at=30, booking=True)
    await publish(world)
    holder, busy, free = await guests(world, 3)
    for one in (holder, busy, free):
        await booking.book(one, world.event, full)
    await booking.book(busy, world.event, other)
    await booking.give_up(holder, world.event, full)
    assert await statuses(full) == ["given_up", "waiting", "booked"]


@pytest.mark.parametrize(
    ("minutes", "wanted"), [(-11, "not_booked"), (-10, "walk_in"), (30, "walk_in"), (60, "not_booked")]
)
async def test_the_door_hears_booked_walk_in_or_not(db: Any, minutes: int, wanted: str) -> None:
    world = await make_event()
    session = await make_session(world, booking=True, capacity=5)
    free = await make_session(world, "Tự do", at=200)
    await publish(world)
    holder, other = await guests(world, 2)
    await booking.book(holder, world.event, session)
    moment = await begins(world) + timedelta(minutes=minutes)

    async def asked(guest: UUID, what: UUID) -> str:
        return str(await database.fetchval("SELECT session_booked($1, $2, $3)", guest, what, moment))

    assert (await asked(holder, session), await asked(other, session)) == ("booked", wanted)
    assert (await asked(other, free), await asked(other, world.event)) == ("open", "absent")


async def _race(world: World, session: UUID, people: list[UUID]) -> list[Any]:
    return list(await asyncio.gather(*(booking.book(one, world.event, session) for one in people)))


async def test_twelve_at_once_for_five_seats(committed: Any) -> None:
    world = await make_event()
    session = await make_session(world, booking=True, capacity=5)
    await publish(world)
    people = await guests(world, 12)
    found = await _race(world, session, people)
    assert sorted(found) == ["booked"] * 5 + ["waiting"] * 7
    assert await seats(world, session) == 5


async def test_without_the_guard_the_race_would_oversell(committed: Any) -> None:
    world = await make_event()
    session = await make_session(world, booking=True, capacity=5)
    await publish(world)
    people = await guests(world, 12)
    source = await database.fetchval("SELECT pg_get_functiondef('agenda_take_seat(uuid)'::regprocedure)")
    try:
        await database.execute("ALTER TABLE agenda_shown DROP CONSTRAINT agenda_shown_seats")
        await database.execute(str(source).replace("booked < capacity", "booked < capacity + 100"))
        assert (await _race(world, session, people)).count("booked") > 5
    finally:
        await database.execute(source)
        await database.execute("UPDATE agenda_shown SET booked = 0")
        await database.execute(
            "ALTER TABLE agenda_shown ADD CONSTRAINT agenda_shown_seats CHECK"
            " (booked >= 0 AND (capacity IS NULL OR booked <= capacity))"
        )


async def test_two_overlapping_sessions_at_once_for_one_guest(committed: Any) -> None:
    world = await make_event()
    sessions = [await make_session(world, f"Phiên {at}", at=at, booking=True) for at in (0, 15, 30, 45)]
    await publish(world)
    (guest,) = await guests(world, 1)
    found = await asyncio.gather(*(booking.book(guest, world.event, one) for one in sessions), return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["Overlaps"] * 3 + ["str"]


async def test_the_counter_can_never_be_above_the_seats(db: Any) -> None:
    world = await make_event()
    session = await make_session(world, booking=True, capacity=1)
    await publish(world)
    with pytest.raises(asyncpg.CheckViolationError):
        await database.execute("UPDATE agenda_shown SET booked = 2 WHERE session = $1", session)
