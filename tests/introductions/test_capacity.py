"""What is not offered: the button says kindly why, the verb says the same, and the database would refuse both."""

from collections.abc import Awaitable, Callable

import pytest

from app.connections.introductions import answering, asking, blocking, expiring, offers
from app.connections.introductions.asking import Cooling, TakesNone
from app.connections.introductions.steps import MonthFull, TooManyWaiting
from app.core import db as database
from app.core.errors import DomainError
from tests.connections import make
from tests.introductions.conftest import WISH, Pair, age, make_pair, wishes


async def offered(pair: Pair) -> str:
    seen = await pair.seen(pair.founder, pair.startup)
    return (await offers.offers(seen, [pair.fund]))[pair.fund].code


async def closed(pair: Pair) -> None:
    await wishes(pair.fund, accepts="closed")


async def full(pair: Pair) -> None:
    await wishes(pair.fund, requests_per_month=1)
    other = await make_pair("Công ty khác")
    await asking.ask(other.founder, await pair.seen(other.founder, other.startup), pair.fund, WISH)


async def loaded(pair: Pair) -> None:
    seen = await pair.seen(pair.founder, pair.startup)
    for place in range(6):
        await asking.ask(pair.founder, seen, await make.investor(f"Quỹ {place}"), WISH)


async def declined(pair: Pair) -> None:
    held = await pair.held(pair.partner, await pair.asks())
    await answering.decline(pair.partner, held, "too_early")


async def programme(pair: Pair) -> None:
    await wishes(pair.fund, accepts="programme")


async def nothing(_pair: Pair) -> None:
    return None


@pytest.mark.parametrize(
    ("before", "code", "refusal"),
    [
        (nothing, "ask", None),
        (programme, "ask_coordinator", None),
        (closed, "closed", TakesNone),
        (full, "month_full", MonthFull),
        (loaded, "too_many", TooManyWaiting),
        (declined, "cooling", Cooling),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
async def test_the_button_and_the_verb_say_the_same(
    pair: Pair, before: Callable[[Pair], Awaitable[None]], code: str, refusal: type[DomainError] | None
) -> None:
    await before(pair)
    assert await offered(pair) == code
    if refusal is None:
        await pair.asks()
    else:
        with pytest.raises(refusal):
            await pair.asks()


async def test_what_is_offered_to_many_takes_two_queries(pair: Pair) -> None:
    seen = await pair.seen(pair.founder, pair.startup)
    funds = [await make.investor(f"Quỹ {place}") for place in range(3)]
    counts = []
    for some in (funds[:1], funds):
        with database.count_queries() as asked:
            assert len(await offers.offers(seen, some)) == len(some)
        counts.append(len(asked))
    assert counts == [2, 2]


@pytest.mark.parametrize(
    ("reason", "days"), [("sector", 90), ("more_information", 7)], ids=["a plain no", "a no that can be mended"]
)
async def test_cooling_off_ends_by_time_or_with_a_new_need(pair: Pair, reason: str, days: int) -> None:
    first = await pair.asks()
    await answering.decline(pair.partner, await pair.held(pair.partner, first), reason)
    await age(first, days=days - 1)
    with pytest.raises(Cooling):
        await pair.asks()
    await make.change(pair.startup, raising_round="series_a")
    second = await pair.asks()
    assert second != first
    await answering.decline(pair.partner, await pair.held(pair.partner, second), reason)
    await age(second, days=days + 1)
    assert await pair.asks() not in (first, second)


async def test_a_blocked_one_is_told_what_everybody_is_told(pair: Pair) -> None:
    """The same button, the same answer, the same two weeks; the receiver is not asked and loses no place."""
    introduction = await pair.asks()
    await blocking.block(pair.partner, await pair.held(pair.partner, introduction))
    await age(introduction, days=100)
    await expiring.run_out()
    assert await offered(pair) == "ask"
    before = await database.fetchval("SELECT sum(asked) FROM introduction_month")
    again = await pair.asks()
    assert again != introduction
    assert await offered(pair) == "waiting"
    assert (await pair.held(pair.founder, again)).state == "pending_b"
    assert await database.fetchval("SELECT sum(asked) FROM introduction_month") == before
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE payload ->> 'introduction' = $1", str(again)) == 0
    await wishes(pair.fund, requests_per_month=1)
    await answering.withdraw(pair.founder, await pair.held(pair.founder, again))
    await age(again, days=8)
    with pytest.raises(MonthFull):
        await pair.asks()
