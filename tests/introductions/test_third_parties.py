"""Introductions that somebody else proposes: each side asked for itself, nobody told the other's answer or a no."""

import pytest

from app.connections.introductions import access, answering, asking, blocking, inbox, proposing
from app.connections.introductions.asking import TakesNone
from app.connections.introductions.proposing import KnowEachOther
from app.core import db as database
from app.core.errors import DomainError, Invalid, NotAllowed, NotFound
from app.core.web import Actor
from app.directory.access import Seen
from tests.conftest import MakeClient
from tests.connections import make
from tests.factories import make_person
from tests.introductions.conftest import WISH, Pair, age, state_of, wishes


@pytest.fixture
async def friend(pair: Pair) -> tuple[Actor, Seen]:
    """Somebody who knows both."""
    incubator, person = await make.organisation("Vườn ươm", ["incubator"]), await make_person()
    await make.member(person, incubator)
    return person, await pair.seen(person, incubator)


async def proposed(pair: Pair, friend: tuple[Actor, Seen]) -> object:
    return await proposing.propose(friend[0], friend[1], (pair.startup, pair.fund), WISH)


async def told(pair: Pair, friend: tuple[Actor, Seen], introduction: object) -> list[str]:
    """The state as the asker, the receiver and the friend see it."""
    return [
        (await access.introduction_for(who, introduction)).state  # type: ignore[arg-type]
        for who in (pair.founder, pair.partner, friend[0])
    ]


async def say(pair: Pair, who: Actor, introduction: object, yes: bool = True) -> None:
    held = await access.introduction_for(who, introduction)  # type: ignore[arg-type]
    await (answering.accept(who, held) if yes else answering.decline(who, held, "sector"))


async def test_both_are_asked_and_connected_after_two_yes(pair: Pair, friend: tuple[Actor, Seen]) -> None:
    introduction = await proposed(pair, friend)
    await say(pair, pair.partner, introduction)
    assert await told(pair, friend, introduction) == ["pending_a"] * 3
    await say(pair, pair.founder, introduction)
    assert await told(pair, friend, introduction) == ["accepted"] * 3
    with pytest.raises(NotFound):
        await access.thread_for(friend[0], introduction)  # type: ignore[arg-type]


@pytest.mark.parametrize("other_says", ["yes", "no", "nothing"])
async def test_a_no_is_told_to_nobody(pair: Pair, friend: tuple[Actor, Seen], other_says: str) -> None:
    """The other side goes on being asked, and hears after two weeks what silence sounds like."""
    introduction = await proposed(pair, friend)
    await say(pair, pair.founder, introduction, yes=False)
    assert await told(pair, friend, introduction) == ["declined", "pending_a", "pending_a"]
    if other_says != "nothing":
        await say(pair, pair.partner, introduction, yes=other_says == "yes")
    assert (await told(pair, friend, introduction))[1:] == [
        "declined" if other_says == "no" else "pending_a",
        "pending_a",
    ]
    received = await inbox.box(pair.partner.person_id, "received")
    assert [held.id for held in received] == ([introduction] if other_says != "no" else [])
    await age(introduction, days=15)  # type: ignore[arg-type]
    assert (await told(pair, friend, introduction))[1:] == ["declined" if other_says == "no" else "expired", "expired"]
    assert await inbox.box(friend[0].person_id, "sent") == []


async def test_who_wants_to_be_asked_first_is(pair: Pair, friend: tuple[Actor, Seen]) -> None:
    await wishes(pair.fund, accepts="ask_first")
    introduction = await proposed(pair, friend)
    with pytest.raises(NotFound):
        await access.introduction_for(pair.founder, introduction)  # type: ignore[arg-type]
    await say(pair, pair.partner, introduction)
    assert (await access.introduction_for(pair.founder, introduction)).state == "pending_a"  # type: ignore[arg-type]


async def test_asking_the_other_meanwhile_is_a_yes(pair: Pair, friend: tuple[Actor, Seen]) -> None:
    introduction = await proposed(pair, friend)
    assert await pair.asks() == introduction
    assert await pair.asks_back() == introduction
    assert await state_of(introduction) == "accepted"  # type: ignore[arg-type]


async def test_who_cannot_be_brought_together(pair: Pair, friend: tuple[Actor, Seen]) -> None:
    """One that is closed, one that has blocked the other, two in touch: the proposer is told no more than that."""
    await wishes(pair.fund, accepts="closed")
    with pytest.raises(TakesNone):
        await proposed(pair, friend)
    await wishes(pair.fund, accepts="programme")
    with pytest.raises(TakesNone):
        await proposed(pair, friend)
    await wishes(pair.fund)
    introduction = await pair.connected()
    with pytest.raises(KnowEachOther):
        await proposed(pair, friend)
    await blocking.block(pair.partner, await pair.held(pair.partner, introduction))
    with pytest.raises(KnowEachOther):
        await proposed(pair, friend)
    with pytest.raises(Invalid):
        await proposing.propose(friend[0], friend[1], (pair.startup, pair.startup), WISH)
    with pytest.raises(NotAllowed):
        await proposing.propose(friend[0], None, (pair.startup, pair.fund), WISH)


async def test_a_request_through_the_coordinators(pair: Pair) -> None:
    """Held until one of them lets it through; the receiver knows nothing of it before, its month neither."""
    await wishes(pair.fund, accepts="programme", requests_per_month=1)
    staff = await make_person(roles=("organizer",))
    introduction = await pair.asks()
    assert await state_of(introduction) == "coordinator_hold"
    with pytest.raises(NotFound):
        await pair.held(pair.partner, introduction)
    assert await database.fetchval("SELECT count(*) FROM introduction_month") == 0
    with pytest.raises(DomainError):
        await proposing.pass_on(pair.founder, introduction)
    await proposing.pass_on(staff, introduction)
    assert (await pair.held(pair.partner, introduction)).state == "pending_b"
    other = await make.startup("Công ty khác")
    person = await make_person()
    await make.member(person, other)
    second = await asking.ask(person, await pair.seen(person, other), pair.fund, WISH)
    with pytest.raises(DomainError):
        await proposing.pass_on(staff, second)
    await proposing.turn_down(staff, second, "geography")
    assert (await access.introduction_for(person, second)).state == "declined"


async def test_each_side_reads_its_own_reason_and_who_proposed_none(make_client: MakeClient, pair: Pair) -> None:
    """Two no are two answers: the second side is told its own, the coordinator that both are still asked."""
    staff = await make_person(roles=("organizer",))
    introduction = await proposing.propose(staff, None, (pair.startup, pair.fund), WISH)
    people = (pair.founder, pair.partner, staff)

    async def read() -> list[tuple[str, str | None]]:
        answers = [(await make_client(who).get(f"/api/v1/introductions/{introduction}")).json() for who in people]
        return [(answer["state"], answer["reason"]) for answer in answers]

    await answering.decline(pair.founder, await pair.held(pair.founder, introduction), "ticket")
    assert await read() == [("declined", "ticket"), ("pending_a", None), ("pending_a", None)]
    await answering.decline(pair.partner, await pair.held(pair.partner, introduction), "sector")
    assert await read() == [("declined", "ticket"), ("declined", "sector"), ("pending_a", None)]
    await age(introduction, days=15)
    assert (await read())[2] == ("expired", None)
