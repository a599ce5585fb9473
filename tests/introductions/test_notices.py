"""Mails: one for a thread in a quarter of an hour, none at night, none twice, no words of anybody's in them."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from icalendar import Calendar

from app.connections.introductions import answering, calendars, followups, habits, meetings, notices, outcomes, thread
from app.connections.introductions.habits import Habits
from app.connections.introductions.meetings import Plan
from app.connections.introductions.outcomes import Came, Parties
from app.core import clock, outbox
from app.core import db as database
from app.core.clock import VIETNAM
from app.core.errors import NotAllowed
from tests.conftest import MakeClient
from tests.introductions.conftest import WORDS, Pair, age, state_of

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=VIETNAM)
SECRET = "Giá trị vòng gọi vốn là bí mật"


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon in Vietnam."""
    monkeypatch.setattr(clock, "now", lambda: NOON)


async def everything_due() -> None:
    await database.execute("UPDATE outbox SET available_at = now() WHERE topic LIKE 'introductions.%'")
    await outbox.drain()


async def mails() -> list[dict[str, Any]]:
    rows = await database.fetch("SELECT to_address, subject, text, locale FROM mail ORDER BY created_at, id")
    return [dict(row) for row in rows]


async def test_each_side_hears_of_request_and_answer_in_its_language(pair: Pair, noon: None) -> None:
    introduction = await pair.asks()
    await everything_due()
    await pair.accepts(introduction)
    await everything_due()
    await notices.send_told(introduction, "receiver", "asked")  # a job that runs twice
    found = [(mail["to_address"], mail["locale"]) for mail in await mails()]
    founder, partner = (pair.founder.email, "vi"), (pair.partner.email, "en")
    assert found[0] == partner
    assert sorted(found[1:]) == sorted([founder, partner])
    assert next(mail["subject"] for mail in await mails()) == "Lúa Thử would like to meet Quỹ Thử"
    assert not any(WORDS in mail["text"] for mail in await mails())


async def test_a_flood_is_one_mail_without_its_words(pair: Pair, noon: None) -> None:
    introduction = await pair.connected()
    await everything_due()
    before = len(await mails())
    held = await pair.held(pair.founder, introduction)
    for number in range(5):
        await thread.send(pair.founder, held, SECRET, f"message {number}")
    await everything_due()
    await everything_due()
    [mail] = (await mails())[before:]
    assert mail["to_address"] == pair.partner.email
    assert mail["subject"] == "5 new messages from Lúa Thử"
    assert SECRET not in mail["text"]
    assert f"/introductions/{introduction}#reply" in mail["text"]
    payloads = await database.fetch("SELECT payload::text AS text FROM outbox")
    assert not any(SECRET in row["text"] for row in payloads)


async def test_what_was_read_meanwhile_is_no_mail(pair: Pair, noon: None) -> None:
    introduction = await pair.connected()
    await everything_due()
    before = len(await mails())
    number = await thread.send(pair.founder, await pair.held(pair.founder, introduction), "Xin chào", "message one")
    await thread.read_to(introduction, pair.partner.person_id, number)
    await everything_due()
    assert len(await mails()) == before


async def test_at_night_a_mail_waits_for_the_morning(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON.replace(hour=23))
    introduction = await pair.asks()
    await everything_due()
    assert await mails() == []
    [wait] = await database.fetch(
        "SELECT payload FROM outbox WHERE topic = 'introductions.tell_one' AND done_at IS NULL"
    )
    assert wait["payload"]["person"] == str(pair.partner.id)
    monkeypatch.setattr(clock, "now", lambda: NOON.replace(day=24, hour=7))
    await everything_due()
    assert [mail["to_address"] for mail in await mails()] == [pair.partner.email]
    assert await state_of(introduction) == "pending_b"


@pytest.mark.parametrize(
    ("stated", "hour", "then"),
    [
        (Habits(), 12, (23, 12)),
        (Habits(), 22, (24, 7)),
        (Habits(), 3, (23, 7)),
        (Habits(quiet_from=0, quiet_until=0), 3, (23, 3)),
        (Habits(quiet_from=12, quiet_until=14), 13, (23, 14)),
        (Habits(mails="daily"), 12, (24, 8)),
        (Habits(mails="daily"), 8, (23, 8)),
        (Habits(mails="daily"), 5, (23, 8)),
    ],
)
def test_when_a_mail_may_go(stated: Habits, hour: int, then: tuple[int, int]) -> None:
    found = habits.next_moment(stated, NOON.replace(hour=hour)).astimezone(VIETNAM)
    assert (found.day, found.hour) == then


async def test_mails_end_by_one_press_and_only_by_it(make_client: MakeClient, pair: Pair, noon: None) -> None:
    path = habits.end_path(pair.partner.person_id)
    client = make_client()
    assert (await client.get(path)).status_code == 200
    assert (await habits.habits_of(pair.partner.person_id)).mails == "soon"
    assert (await client.post(path)).status_code == 200
    await pair.asks()
    await everything_due()
    assert await mails() == []


async def test_a_meeting_is_one_entry_with_growing_numbers(pair: Pair, noon: None) -> None:
    introduction = await pair.connected()
    founder, partner = await pair.held(pair.founder, introduction), await pair.held(pair.partner, introduction)
    await everything_due()
    plan = Plan(starts_at=NOON + timedelta(days=2), place="Phòng 2")
    meeting = await meetings.propose(pair.founder, founder, plan, "the meeting")
    assert await meetings.propose(pair.founder, founder, plan, "the meeting") == meeting
    entries = []
    for act in ("", "agree", "move", "cancel"):
        if act == "agree":
            await meetings.agree(pair.partner, partner, meeting)
        elif act == "move":
            await meetings.move(pair.partner, partner, meeting, Plan(starts_at=NOON + timedelta(days=3)), "moved it")
        elif act == "cancel":
            await meetings.cancel(pair.founder, founder, meeting)
        text = calendars.calendar(await meetings.meeting_of(founder, meeting), founder.row, "vi")
        [entry] = list(Calendar.from_ical(text).walk("VEVENT"))
        entries.append((str(entry["UID"]), int(entry["SEQUENCE"]), str(entry["STATUS"])))
    assert len({uid for uid, _number, _status in entries}) == 1
    assert [entry[1:] for entry in entries] == [
        (0, "TENTATIVE"), (1, "CONFIRMED"), (2, "TENTATIVE"), (3, "CANCELLED")
    ]  # fmt: skip
    await everything_due()
    sent = await database.fetch(
        "SELECT m.to_address FROM mail_attachment a JOIN mail m ON m.id = a.mail WHERE a.filename = 'meeting.ics'"
    )
    assert [row["to_address"] for row in sent] == [pair.partner.email]  # the founder acted last, and so has seen it all


async def test_what_came_of_it_is_asked_once_and_opening_the_link_answers_nothing(
    make_client: MakeClient, pair: Pair, noon: None
) -> None:
    introduction = await pair.connected()
    await everything_due()
    before = len(await mails())
    assert await followups.find_due() == 0
    await database.execute("UPDATE introduction_followup SET due_at = now() - interval '1 minute' WHERE days = 30")
    assert await followups.find_due() == 2
    assert await followups.find_due() == 0
    await everything_due()
    sent = (await mails())[before:]
    assert sorted(mail["to_address"] for mail in sent) == sorted([pair.founder.email, pair.partner.email])
    text = next(mail["text"] for mail in sent if mail["to_address"] == pair.partner.email)
    path = next(urlsplit(word).path for word in text.split() if "/follow-up/" in word)
    client = make_client()
    for _n in range(3):
        assert (await client.get(path)).status_code == 200
    answered = "SELECT count(*) FROM introduction_followup WHERE answered_at IS NOT NULL"
    assert await database.fetchval(answered) == 0
    assert (await client.post(path, data={"answer": "nonsense"})).status_code == 422
    assert (await client.post(path, data={"answer": "met"})).status_code == 200
    assert await state_of(introduction) == "met"
    assert (await client.post(path, data={"answer": "ask_no_more"})).status_code == 200
    assert await database.fetchval(answered) == 3  # this one, and the two that were still to come


async def test_a_result_counts_when_both_say_so(pair: Pair, noon: None) -> None:
    introduction = await pair.connected()
    parties = Parties(organisation=pair.startup, other=pair.fund, introduction=introduction)
    came = Came(kind="investment", happened_on=NOON.date())
    stated = await outcomes.record(pair.founder, parties, came)
    assert await state_of(introduction) == "accepted"
    with pytest.raises(NotAllowed):
        await outcomes.answer(pair.founder, stated, yes=True)
    await outcomes.answer(pair.partner, stated, yes=True)
    assert await state_of(introduction) == "outcome"
    with pytest.raises(outcomes.AlreadyAnswered):
        await outcomes.answer(pair.partner, stated, yes=False)
    with pytest.raises(outcomes.AlreadyAnswered):
        await outcomes.withdraw(pair.founder, stated)


async def test_other_subjects_record_with_a_context_once(pair: Pair) -> None:
    """Mentoring and deal flow: a person as the other side, the same goal recorded twice is one."""
    goal = UUID("01a20000-0000-7000-8000-000000000001")
    parties = Parties(
        organisation=pair.startup, other_person=pair.partner.person_id, context_kind="mentoring", context_id=goal
    )
    came = Came(kind="mentoring_goal", happened_on=clock.now().date())
    first = await outcomes.record(pair.founder, parties, came)
    assert await outcomes.record(pair.founder, parties, came) == first
    await outcomes.answer(pair.partner, first, yes=True)
    assert [row["state"] for row in await outcomes.of_organisation(pair.startup)] == ["confirmed"]


@pytest.mark.parametrize("meanwhile", ["withdrawn", "answered", "run out", "no more mails"])
async def test_what_is_over_in_the_morning_is_no_mail(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """Nor is there one for who has ended them in the night."""
    monkeypatch.setattr(clock, "now", lambda: NOON.replace(hour=23))
    introduction = await pair.asks()
    await everything_due()
    if meanwhile == "withdrawn":
        await answering.withdraw(pair.founder, await pair.held(pair.founder, introduction))
    elif meanwhile == "answered":
        await pair.accepts(introduction)
        await database.execute("DELETE FROM outbox WHERE payload->>'what' = 'accepted'")
    elif meanwhile == "run out":
        await age(introduction, days=15)
    else:
        await habits.end_mails(pair.partner.person_id)
    monkeypatch.setattr(clock, "now", lambda: NOON.replace(day=24, hour=7))
    await everything_due()
    assert await mails() == []


async def test_a_late_job_mails_nothing_that_is_over(pair: Pair, noon: None) -> None:
    introduction = await pair.asks()
    await answering.withdraw(pair.founder, await pair.held(pair.founder, introduction))
    await everything_due()
    assert await mails() == []
