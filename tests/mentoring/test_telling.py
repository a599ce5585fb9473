"""Who is told what, once, in their language, with a calendar entry that updates and cancels; the private feed."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from icalendar import Calendar

from app.core import clock, outbox
from app.core import db as database
from app.core.errors import NotFound
from app.mentoring import booking, changing, jobs, paper, settling, strikes, waiting
from app.mentoring.booking import Wanted
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.mentoring import make


async def mails(to: str) -> list[Any]:
    return await database.fetch("SELECT * FROM mail WHERE to_address = $1 ORDER BY created_at, id", to)


async def entry_of(mail: Any) -> Any:
    content = await database.fetchval("SELECT content FROM mail_attachment WHERE mail = $1", mail["id"])
    return None if content is None else Calendar.from_ical(content)


async def test_one_uid_a_higher_sequence_after_a_move_and_a_cancel(db: asyncpg.Connection) -> None:
    here = await make.world()
    number = await make.booked(here)
    await outbox.drain()
    at = await make.free_at(here.mentor, 4)
    await changing.move(here.owner, number, at, "Trùng họp")
    await outbox.drain()
    await changing.cancel(here.mentor, number, "Tôi bị ốm")
    await outbox.drain()

    for side in (here.owner, here.mentor):
        entries = [await entry_of(mail) for mail in await mails(side.email)]
        events = [entry.walk("VEVENT")[0] for entry in entries]
        assert {str(event["uid"]) for event in events} == {f"mentoring-{number}@127.0.0.1"}
        assert [int(event["sequence"]) for event in events] == [0, 1, 2]
        assert [str(event["status"]) for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
        assert [str(entry["method"]) for entry in entries] == ["PUBLISH", "PUBLISH", "CANCEL"]
        assert events[1]["dtstart"].dt == at
    assert "Tôi bị ốm" in (await mails(here.owner.email))[-1]["text"]


async def test_each_reads_in_their_own_language_and_time_zone(db: asyncpg.Connection) -> None:
    here = await make.world(settings={"time_zone": "Europe/Berlin"})
    await database.execute("UPDATE person SET locale = 'en' WHERE id = $1", here.mentor_id)
    number = await make.booked(here)
    await outbox.drain()
    at = await database.fetchval("SELECT starts_at FROM mentoring_booking WHERE id = $1", number)
    from zoneinfo import ZoneInfo

    (english,), (vietnamese,) = await mails(here.mentor.email), await mails(here.owner.email)
    assert (english["locale"], vietnamese["locale"]) == ("en", "vi")
    assert f"{at.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}" in english["text"]
    assert "Berlin" in english["text"]
    assert f"{at.astimezone(clock.VIETNAM):%H:%M}" in vietnamese["text"]
    assert "Berlin" in vietnamese["text"]


async def test_reminders_come_once_and_not_for_what_was_moved_or_cancelled(db: asyncpg.Connection) -> None:
    here = await make.world()
    number = await make.booked(here)
    payload = {"booking": str(number), "sequence": 0, "what": "24"}
    waiting_rows = await database.fetch("SELECT payload FROM outbox WHERE topic = 'mentoring.remind' ORDER BY id")
    assert [row["payload"]["what"] for row in waiting_rows] == ["24", "1", "met"]

    for _n in range(3):
        await jobs.remind(payload)
    subjects = [mail["subject"] for mail in await mails(here.owner.email)]
    assert len(subjects) == 1
    assert len(await mails(here.mentor.email)) == 1

    await changing.move(here.owner, number, await make.free_at(here.mentor, 3))
    await jobs.remind({**payload, "what": "1"})
    assert len(await mails(here.mentor.email)) == 1
    await jobs.remind({**payload, "sequence": 1, "what": "1"})
    assert len(await mails(here.mentor.email)) == 2
    await changing.cancel(here.mentor, number, "Bận")
    await jobs.remind({**payload, "sequence": 1, "what": "24"})
    assert len(await mails(here.mentor.email)) == 2


async def test_two_workers_at_once_remind_once(committed: asyncpg.Pool) -> None:
    here = await make.world()
    number = await make.booked(here)
    payload = {"booking": str(number), "sequence": 0, "what": "24"}
    await asyncio.gather(*(jobs.remind(payload) for _n in range(6)))
    assert (len(await mails(here.owner.email)), len(await mails(here.mentor.email))) == (1, 1)


async def test_an_offer_runs_out_and_goes_to_the_next_in_line(db: asyncpg.Connection) -> None:
    here = await make.world(mentees_most=9)
    at = await make.free_at(here.mentor)
    number = await make.booked(here, at)
    line = [await make.startup() for _n in range(2)]
    for owner, startup in line:
        seen = await make.World(here.mentor, owner, startup).seen()
        await waiting.wait(owner, here.mentor_id, seen, Wanted(starts_at=at))
    await changing.cancel(here.owner, number, "Bận")
    first = await database.fetchval("SELECT id FROM mentoring_booking WHERE status = 'offered'")
    await outbox.drain()
    assert [len(await mails(owner.email)) for owner, _startup in line] == [1, 0]

    await database.execute("UPDATE mentoring_booking SET expires_at = now() - interval '1 second' WHERE id = $1", first)
    assert await changing.expire_due() == 1
    assert await changing.expire_due() == 0
    row = await database.fetchrow("SELECT mentee FROM mentoring_booking WHERE status = 'offered'")
    assert row["mentee"] == line[1][0].person_id
    waits = await database.fetch("SELECT status FROM mentoring_wait ORDER BY created_at, id")
    assert [one["status"] for one in waits] == ["expired", "offered"]
    assert at == await database.fetchval("SELECT starts_at FROM mentoring_booking WHERE status = 'offered'")


@pytest.mark.parametrize(("side", "hours", "strikes_after"), [("owner", 20, 1), ("mentor", 20, 1), ("owner", 30, 0)])
async def test_who_cancels_late_gets_a_strike_and_hears_of_it(
    db: asyncpg.Connection, side: str, hours: int, strikes_after: int
) -> None:
    here = await make.world()
    number = await make.booked(here)
    starts_at = await database.fetchval("SELECT starts_at FROM mentoring_booking WHERE id = $1", number)
    await make.shift(number, seconds=(starts_at - clock.now()).total_seconds() - hours * 3600)
    actor = getattr(here, side)
    await changing.cancel(actor, number, "Bận đột xuất")
    assert len(await strikes.strikes_of(actor.person_id)) == strikes_after
    await outbox.drain()
    assert sum("24 giờ" in mail["text"] for mail in await mails(actor.email)) == strikes_after


async def test_who_was_moved_may_cancel_late_without_a_strike(db: asyncpg.Connection) -> None:
    here = await make.world()
    number = await make.booked(here)
    await changing.move(here.mentor, number, await make.free_at(here.mentor, 3), "Bay muộn")
    starts_at = await database.fetchval("SELECT starts_at FROM mentoring_booking WHERE id = $1", number)
    await make.shift(number, seconds=(starts_at - clock.now()).total_seconds() - 3600 * 5)
    await changing.cancel(here.owner, number, "Giờ mới không được")
    assert await strikes.strikes_of(here.owner.person_id) == []


async def test_the_staff_settle_what_two_sides_remember_differently(db: asyncpg.Connection) -> None:
    here = await make.world()
    number = await make.over(here)
    await settling.report(here.mentor, number, "mentee_absent")
    assert await settling.report(here.owner, number, "held") == "disputed"
    staff = await make_person(roles=("moderator",))
    assert [row["id"] for row in await settling.disputes()] == [number]
    await settling.resolve(staff, number, "mentee", "Có ảnh chụp màn hình")
    row = await database.fetchrow("SELECT status, absent FROM mentoring_booking WHERE id = $1", number)
    assert (row["status"], row["absent"]) == ("no_show", "mentee")
    assert len(await strikes.strikes_of(here.owner.person_id)) == 1


async def test_silence_for_three_days_believes_who_spoke_and_two_weeks_of_it_lapse(db: asyncpg.Connection) -> None:
    here = await make.world()
    spoken, silent = await make.over(here), await make.over(here)
    await settling.report(here.mentor, spoken, "held")
    assert await settling.settle_due() == 0
    await make.shift(spoken, hours=73)
    await make.shift(silent, days=15)
    assert await settling.settle_due() == 2
    assert [await make.status_of(one) for one in (spoken, silent)] == ["held", "lapsed"]
    assert await settling.settle_due() == 0


async def test_the_private_feed_opens_with_its_address_until_it_is_taken_back(
    make_client: MakeClient, db: asyncpg.Connection
) -> None:
    here = await make.world()
    number = await make.booked(here, question="Chuyện riêng không ai được biết")
    address = await paper.new_feed(here.mentor)
    path = address.partition("8000")[2]
    anybody = make_client()

    answer = await anybody.get(path)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "no-store" in answer.headers["cache-control"] or "private" in answer.headers["cache-control"]
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["uid"]) == f"mentoring-{number}@127.0.0.1"
    assert "Chuyện riêng" not in answer.text

    again = (await paper.new_feed(here.mentor)).partition("8000")[2]
    assert (await anybody.get(path)).status_code == 404
    assert (await anybody.get(again)).status_code == 200
    await paper.end_feed(here.mentor)
    assert (await anybody.get(again)).status_code == 404
    assert await database.fetchval("SELECT count(*) FROM mentoring_feed WHERE token_hash = $1", again.encode()) == 0


async def test_an_account_that_ends_frees_its_sessions_and_tells_the_other_side(db: asyncpg.Connection) -> None:
    here = await make.world()
    at = await make.free_at(here.mentor)
    number = await make.booked(here, at)
    other, startup = await make.startup()
    seen = await make.World(here.mentor, other, startup).seen()
    await waiting.wait(other, here.mentor_id, seen, Wanted(starts_at=at))
    await outbox.drain()
    async with database.tx():
        await changing.account_ends(here.owner.person_id)
    assert await make.status_of(number) == "cancelled"
    assert await database.fetchval("SELECT mentee FROM mentoring_booking WHERE status = 'offered'") == other.person_id
    with pytest.raises(NotFound):
        await booking.book(other, (await make_person()).person_id, seen, Wanted(starts_at=at + timedelta(hours=1)))


async def test_a_booking_that_cannot_be_ended_stops_no_other(db: asyncpg.Connection) -> None:
    here = await make.world(settings={"approves": True}, mentees_most=9)
    numbers = []
    for place in range(2):
        owner, startup = await make.startup()
        numbers.append(
            await make.booked(make.World(here.mentor, owner, startup), await make.free_at(here.mentor, place))
        )
        late = f"now() - interval '{2 - place} hours'"
        await database.execute(f"UPDATE mentoring_booking SET expires_at = {late} WHERE id = $1", numbers[place])
    await database.execute(
        "CREATE TRIGGER never BEFORE UPDATE ON mentoring_booking FOR EACH ROW"
        f" WHEN (OLD.id = '{numbers[0]}') EXECUTE FUNCTION introduction_refused()"
    )
    assert await changing.expire_due() == 1
    assert [await make.status_of(number) for number in numbers] == ["requested", "expired"]
