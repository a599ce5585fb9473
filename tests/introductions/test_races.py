"""What happens at the same instant, with real commits; each with a control that shows the test can fail."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

from app.connections.introductions import access, answering, asking, thread
from app.connections.introductions.steps import MonthFull, NoPlaceLeft, TooManyWaiting
from app.core import db
from tests.connections import make
from tests.factories import make_person
from tests.introductions.conftest import WISH, Pair, state_of, wishes


async def together(*acts: Awaitable[Any]) -> list[Any]:
    return list(await asyncio.gather(*acts, return_exceptions=True))


def kinds(results: list[Any]) -> Counter[str]:
    return Counter(type(one).__name__ if isinstance(one, Exception) else "done" for one in results)


@asynccontextmanager
async def without(sql: str, back: str) -> AsyncIterator[None]:
    """The database without one of its constraints."""
    await db.execute(sql)
    try:
        yield
    finally:
        await db.execute(back)


async def test_mutual_requests_at_the_same_instant_are_one_connection(committed_pair: Pair) -> None:
    for _round in range(6):
        results = await together(committed_pair.asks(), committed_pair.asks_back())
        assert kinds(results) == {"done": 2}, results
        assert results[0] == results[1]
        assert await state_of(results[0]) == "accepted"
        states = await db.fetch("SELECT state FROM introduction WHERE state NOT IN ('closed')")
        assert [row["state"] for row in states] == ["accepted"]
        held = await committed_pair.held(committed_pair.founder, results[0])
        await answering.close(committed_pair.founder, held)
        await db.execute("UPDATE introduction SET quiet_until = asked_at + interval '1 millisecond'")


async def test_without_the_pair_s_index_two_would_stand_there(committed_pair: Pair) -> None:
    """The control of the test above."""
    index = await db.fetchval("SELECT indexdef FROM pg_indexes WHERE indexname = 'introduction_one_pair'")
    found = 0
    async with without("DROP INDEX introduction_one_pair", "DELETE FROM introduction_month"):
        for _round in range(12):
            await together(committed_pair.asks(), committed_pair.asks_back())
            found = max(found, await db.fetchval("SELECT count(*) FROM introduction"))
            await db.execute("DELETE FROM introduction")
            await db.execute("DELETE FROM introduction_load")
            if found == 2:
                break
    await db.execute(index)
    assert found == 2


async def _many_pending(pair: Pair, number: int) -> list[Any]:
    """Requests of so many startups that wait for the fund."""
    found = []
    for place in range(number):
        startup = await make.startup(f"Công ty {place}")
        founder = await make_person()
        await make.member(founder, startup)
        found.append(await asking.ask(founder, await pair.seen(founder, startup), pair.fund, WISH))
    return found


async def test_two_acceptances_against_the_last_place_of_a_month(committed_pair: Pair) -> None:
    waiting = await _many_pending(committed_pair, 5)
    await wishes(committed_pair.fund, requests_per_month=1)
    results = await together(*(committed_pair.accepts(one) for one in waiting))
    assert kinds(results) == {"done": 1, NoPlaceLeft.__name__: 4}
    assert Counter([await state_of(one) for one in waiting]) == {"accepted": 1, "pending_b": 4}
    row = await db.fetchrow("SELECT accepted FROM introduction_month WHERE organisation = $1", committed_pair.fund)
    assert row is not None
    assert row["accepted"] == 1


async def test_without_the_check_all_would_be_accepted(committed_pair: Pair) -> None:
    """The control of the test above."""
    waiting = await _many_pending(committed_pair, 3)
    await wishes(committed_pair.fund, requests_per_month=1)
    table = "ALTER TABLE introduction_month"
    back = f"{table} ADD CONSTRAINT introduction_month_accepted CHECK (accepted >= 0 AND accepted <= most_accepted)"
    async with without(
        f"{table} DROP CONSTRAINT introduction_month_accepted", f"DELETE FROM introduction_month; {back}"
    ):
        results = await together(*(committed_pair.accepts(one) for one in waiting))
    assert kinds(results) == {"done": 3}


async def test_the_last_request_of_a_month(committed_pair: Pair) -> None:
    await wishes(committed_pair.fund, requests_per_month=2)
    askers = []
    for place in range(6):
        startup, founder = await make.startup(f"Công ty {place}"), await make_person()
        await make.member(founder, startup)
        askers.append((founder, await committed_pair.seen(founder, startup)))
    results = await together(*(asking.ask(actor, seen, committed_pair.fund, WISH) for actor, seen in askers))
    assert kinds(results) == {"done": 2, MonthFull.__name__: 4}


async def test_requests_in_flight_have_an_end(committed_pair: Pair) -> None:
    """Eight at once of an organisation that may have six; a withdrawn one makes room."""
    seen = await committed_pair.seen(committed_pair.founder, committed_pair.startup)
    funds = [await make.investor(f"Quỹ {place}") for place in range(8)]
    results = await together(*(asking.ask(committed_pair.founder, seen, fund, WISH) for fund in funds))
    assert kinds(results) == {"done": 6, TooManyWaiting.__name__: 2}
    first = next(one for one in results if not isinstance(one, Exception))
    await answering.withdraw(committed_pair.founder, await committed_pair.held(committed_pair.founder, first))
    refused = funds[next(place for place, one in enumerate(results) if isinstance(one, Exception))]
    await asking.ask(committed_pair.founder, seen, refused, WISH)
    load = await db.fetchrow("SELECT in_flight, most FROM introduction_load")
    assert tuple(load or ()) == (6, 6)


async def test_pressing_twice_is_pressing_once(committed_pair: Pair) -> None:
    """A request, an acceptance and a message, each sent several times at once."""
    asked = await together(*(committed_pair.asks() for _n in range(4)))
    assert kinds(asked) == {"done": 4}
    assert len(set(asked)) == 1
    held = await committed_pair.held(committed_pair.partner, asked[0])
    accepted = await together(*(answering.accept(committed_pair.partner, held) for _n in range(4)))
    assert kinds(accepted) == {"done": 4}
    written = await access.introduction_for(committed_pair.founder, asked[0])
    sent = await together(
        *(thread.send(committed_pair.founder, written, "Xin chào", "the same form") for _n in range(4))
    )
    assert kinds(sent) == {"done": 4}
    assert len(set(sent)) == 1
    counts = await db.fetchrow(
        "SELECT (SELECT count(*) FROM introduction) AS introductions, (SELECT count(*) FROM introduction_message) AS m,"
        " (SELECT count(*) FROM introduction_transition) AS steps, (SELECT count(*) FROM outbox"
        " WHERE topic = 'introductions.notify') AS mails"
    )
    assert tuple(counts or ()) == (1, 1, 2, 1)


async def test_accepting_and_withdrawing_at_once_is_one_of_both(committed_pair: Pair) -> None:
    for _round in range(5):
        introduction = await committed_pair.asks()
        asker = await committed_pair.held(committed_pair.founder, introduction)
        results = await together(
            committed_pair.accepts(introduction), answering.withdraw(committed_pair.founder, asker)
        )
        assert kinds(results) == {"done": 1, "NotNow": 1}
        state = await state_of(introduction)
        assert state in ("accepted", "withdrawn")
        if state == "accepted":
            await answering.close(
                committed_pair.founder, await committed_pair.held(committed_pair.founder, introduction)
            )
        await db.execute("UPDATE introduction SET quiet_until = asked_at + interval '1 millisecond'")
