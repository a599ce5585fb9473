"""What bookings teach suggestions of mentors: who was asked, whether they took it, whether the two met."""

from uuid import UUID

import asyncpg
import pytest

import app.connections.jobs  # noqa: F401  registers the jobs
from app.connections import pair_log
from app.core import db as database
from app.core import outbox
from app.core.errors import DomainError
from app.mentoring import booking, changing, settling, waiting
from app.mentoring.booking import Wanted
from tests.connections.test_pair_log import brief, rows
from tests.connections.test_pairing import agreed
from tests.factories import make_person
from tests.mentoring import make
from tests.mentoring.make import World


async def world(*, approves: bool = False, consents: bool = True) -> World:
    here = await make.world(settings={"approves": approves})
    await make.organisations.change(here.startup, sectors=["health"])
    if consents:
        await agreed(here.mentor)
    return here


async def asked(here: World) -> UUID:
    return await make.booked(here)


async def accepted(here: World) -> UUID:
    number = await asked(here)
    await changing.confirm(here.mentor, number)
    return number


async def declined(here: World) -> UUID:
    number = await asked(here)
    await changing.decline(here.mentor, number, "Tuần này tôi đi công tác")
    return number


async def asked_anew(here: World) -> UUID:
    """Confirmed, then moved by the mentee, which asks again, and declined: they had said yes to each other."""
    number = await accepted(here)
    await changing.move(here.owner, number, await make.free_at(here.mentor, 9))
    await changing.decline(here.mentor, number, "Giờ đó tôi bận")
    return number


async def called_off(here: World) -> UUID:
    number = await accepted(here)
    await changing.cancel(here.owner, number, "Trùng lịch")
    return number


async def absent(here: World) -> UUID:
    number = await make.over(here)
    await settling.report(here.mentor, number, "mentor_absent")
    return number


async def decided(here: World) -> UUID:
    number = await make.over(here)
    await settling.report(here.mentor, number, "held")
    await settling.report(here.owner, number, "mentor_absent")
    await settling.resolve(await make_person(roles=("moderator",)), number, "held", "Có ghi hình")
    return number


@pytest.mark.parametrize(
    ("approves", "story", "answer"),
    [
        (False, asked, "asked"),
        (True, asked, "asked"),
        (True, accepted, "accepted"),
        (True, declined, "declined"),
        (True, asked_anew, "accepted"),
        (True, called_off, "accepted"),
        (False, make.held, "met"),
        (False, absent, "asked"),
        (False, decided, "met"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
async def test_how_far_a_booking_came(db: asyncpg.Connection, approves: bool, story: object, answer: str) -> None:
    here = await world(approves=approves)
    number = await story(here)  # type: ignore[operator]
    assert await brief("mentor") == [(answer, 1)]
    [kept] = await rows()
    assert (kept["source_id"], kept["organisation"], kept["candidate"]) == (number, here.startup, here.mentor_id)


async def test_a_mentor_who_has_not_agreed_to_suggestions_teaches_nothing(db: asyncpg.Connection) -> None:
    """They are booked all the same; the first of the cases above is the control."""
    here = await world(consents=False)
    await make.held(here)
    assert await brief("mentor") == []
    assert [(kept["answer"], kept["shown"]) for kept in await rows()] == [("met", [])]


async def test_the_same_booking_twice_and_one_that_is_refused_say_nothing_more(db: asyncpg.Connection) -> None:
    here = await world()
    at = await make.free_at(here.mentor)
    for _ in range(2):
        await make.booked(here, at)
    other, number = await make.startup()
    late = World(here.mentor, other, number)
    with pytest.raises(DomainError):
        await make.booked(late, at)
    assert [kept["organisation"] for kept in await rows()] == [here.startup]


async def test_many_sessions_of_one_pair_are_one_answer(db: asyncpg.Connection) -> None:
    here = await world()
    await make.held(here)
    for place in (0, 8):
        await make.booked(here, await make.free_at(here.mentor, place))
    assert await brief("mentor") == [("met", 1)]
    assert len(await rows()) == 3


async def test_an_offer_of_the_line_is_nobody_s_answer_until_it_is_taken(db: asyncpg.Connection) -> None:
    here = await world()
    at = await make.free_at(here.mentor)
    first = await make.booked(here, at)
    owner, startup = await make.startup(sectors=["health"])
    behind = World(here.mentor, owner, startup)
    await waiting.wait(owner, here.mentor_id, await behind.seen(), Wanted(starts_at=at))
    await changing.cancel(here.owner, first, "Trùng lịch")
    offer = await database.fetchval("SELECT id FROM mentoring_booking WHERE status = 'offered'")
    assert [kept["source_id"] for kept in await rows()] == [first]
    await changing.accept(owner, offer)
    assert [kept["source_id"] for kept in await rows()] == [first, offer]
    assert {one.answer for one in await learned()} == {"asked"}


async def learned() -> list[pair_log.Answered]:
    await outbox.drain()
    return await pair_log.read("mentor")


async def test_every_act_by_which_a_mentee_chooses_is_in_the_table() -> None:
    from app.mentoring import states

    chosen = {
        act
        for (before, act), move in states.TRANSITIONS.items()
        if before in (None, states.OFFERED) and "mentee" in move.who and move.to in (states.REQUESTED, states.CONFIRMED)
    }
    assert chosen == set(booking.ASKS)
