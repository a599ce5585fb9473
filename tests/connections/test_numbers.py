"""Who states how many requests they can answer stands on so many lists and no more, whatever the kind of list."""

import asyncio
from uuid import UUID

import pytest

from app.connections import clearing, filters, fitting, lists, refresh, signals, versions, wishes
from app.connections import market as stored
from app.connections.clearing import Given
from app.core import db as database
from matching import Model
from tests.connections import make

EVERYTHING = list(signals.SIGNALS)


@pytest.fixture(autouse=True)
def _two_lists_per_request(monkeypatch):
    """Two instead of ten, so that three readers are one too many."""
    monkeypatch.setattr(filters, "LISTS_PER_REQUEST", 2)


async def number(organisation: UUID, requests: int | None) -> None:
    await wishes.state(organisation, wishes.Wishes(requests_per_month=requests, counts=EVERYTHING))


async def readers(count: int) -> list[UUID]:
    """Companies whose lists are read, all of which suit `agri-VN` best."""
    made = [await make.startup(f"Người đọc {at}", sectors=["agri"], country="VN", sample=True) for at in range(count)]
    await database.execute("DELETE FROM outbox")
    return made


async def make_lists(organisations: list[UUID]) -> None:
    await database.execute("UPDATE suggestion_run SET requested_at = clock_timestamp()")
    for organisation in organisations:
        await refresh.refresh(organisation)


async def standing_on(candidate: UUID, organisations: list[UUID]) -> list[bool]:
    rows = await database.fetch("SELECT DISTINCT organisation FROM suggestion WHERE candidate = $1", candidate)
    found = {row["organisation"] for row in rows}
    return [one in found for one in organisations]


@pytest.mark.parametrize("name", ["fund-agri-VN", "incubator"])
@pytest.mark.parametrize(
    ("requests", "expected"),
    [(1, [True, True, False, False, False]), (2, [True] * 4 + [False]), (3, [True] * 5), (None, [True] * 5)],
)
async def test_a_number_is_a_number_of_lists(market, name, requests, expected):
    """For incubators too, for whom no market is run."""
    await number(market[name], requests)
    mine = await readers(5)

    await make_lists(mine)

    assert await standing_on(market[name], mine) == expected


async def test_it_holds_for_the_lists_of_investors(market):
    await number(market["startup-agri-VN"], 1)
    mine = [await make.investor(f"Quỹ đọc {at}", sectors=["agri"], country="VN", sample=True) for at in range(3)]

    await make_lists(mine)

    assert await standing_on(market["startup-agri-VN"], mine) == [True, True, False]


async def test_the_market_does_not_undo_it(market):
    """The run puts everybody on every list; who is on as many as they want stays off the others all the same."""
    mine = await readers(3)
    assert await fitting.fit_now(prior=True) == "active"
    model = Model.load(str((await versions.active()).file))
    await stored.put_in_use(clearing.clear(model, "investor", Given()))
    run = (await stored.in_use())["investor"]
    assert [market["fund-agri-VN"] in await stored.listed_for(run, one) for one in mine] == [True] * 3
    await number(market["fund-agri-VN"], 1)

    await make_lists(mine)

    assert await standing_on(market["fund-agri-VN"], mine) == [True, True, False]


async def test_whose_list_it_stands_on_keeps_it_and_a_list_that_falls_free_is_taken(market):
    fund = market["fund-agri-VN"]
    await number(fund, 1)
    mine = await readers(3)
    await make_lists(mine)

    await make_lists(mine[::-1])
    assert await standing_on(fund, mine) == [True, True, False]

    await make.investment(mine[0], fund)
    await make_lists(mine)
    assert await standing_on(fund, mine) == [False, True, True]


async def test_a_number_stated_later_takes_it_off_the_lists_beyond(market):
    fund = market["fund-agri-VN"]
    mine = await readers(4)
    await make_lists(mine)
    assert await standing_on(fund, mine) == [True] * 4

    await number(fund, 1)
    for organisation in mine:
        assert await refresh.refresh(organisation) is True  # stale since the number was stated

    assert await standing_on(fund, mine) == [False, False, True, True]
    await number(fund, None)
    await make_lists(mine)
    assert await standing_on(fund, mine) == [True] * 4


@pytest.mark.parametrize(
    "nobody_reads",
    ["UPDATE organisation SET sample = false WHERE id = $1",
     "UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1"],
)  # fmt: skip
async def test_lists_that_nobody_reads_any_more_take_no_place(market, nobody_reads):
    fund = market["fund-agri-VN"]
    await number(fund, 1)
    mine = await readers(3)
    await make_lists(mine[:2])
    await database.execute(nobody_reads, mine[0])

    await refresh.refresh(mine[2])

    assert await standing_on(fund, mine[1:]) == [True, True]


async def test_several_lists_of_one_reader_are_one(market):
    both = await make.organisation("Quỹ và vườn ươm", ["investor", "incubator"], sectors=["agri"], country="VN")
    await number(both, 1)
    mine = await readers(3)

    await make_lists(mine)

    kinds = await database.fetchval("SELECT count(DISTINCT kind) FROM suggestion WHERE candidate = $1", both)
    assert (await standing_on(both, mine), kinds) == ([True, True, False], 2)


async def test_who_states_a_number_stands_among_the_first_ten_or_not_at_all(market):
    """A place that is hardly seen would take one of their lists."""
    stated = []
    for at in range(11):
        stated.append(await make.investor(f"Quỹ {at:02}", sectors=["agri"], country="VN"))
        await make.mandate(stated[-1], sectors=["agri"], geographies=["VN"], rounds=["seed"])
    [me] = await readers(1)
    await refresh.refresh(me)
    assert len(await lists.suggested(me, "investor", 50)) == 15

    for fund in stated:
        await number(fund, 1)
    await make_lists([me])

    after = await database.fetch("SELECT candidate, rank FROM suggestion WHERE kind = 'investor' ORDER BY rank")
    assert [row["rank"] for row in after] == list(range(1, len(after) + 1))
    assert {row["rank"] > 10 for row in after if row["candidate"] in stated} == {False}
    assert len(after) < 15
    others = [row["candidate"] for row in after if row["candidate"] not in stated]
    assert set(others) == {market[name] for name in ("fund-agri-VN", "fund-fin-VN", "fund-agri-SG", "fund-fin-SG")}


async def at_once(market, monkeypatch, *, held: bool) -> int:
    """Four readers' lists stored at once, each ranked while there was room for all; on how many the fund stands."""
    fund = market["fund-agri-VN"]
    await number(fund, 1)
    mine = await readers(4)
    true_numbers, ranked, everybody = filters.hold_numbers, 0, asyncio.Event()
    true_store = refresh._store

    async def together(*args):
        nonlocal ranked
        ranked += 1
        if ranked == len(mine):
            everybody.set()
        await everybody.wait()
        await true_store(*args)

    async def none(*_args):
        return {}

    monkeypatch.setattr(refresh, "_store", together)
    monkeypatch.setattr(filters, "hold_numbers", true_numbers if held else none)
    await asyncio.gather(*(refresh.refresh(one) for one in mine))
    return sum(await standing_on(fund, mine))


async def test_readers_at_once_do_not_take_more_than_there_are(committed_market, monkeypatch):
    assert await at_once(committed_market, monkeypatch, held=True) == 2


async def test_without_the_lock_they_would(committed_market, monkeypatch):
    assert await at_once(committed_market, monkeypatch, held=False) == 4


async def test_numbers_cost_one_query_more_however_many_state_one(market):
    [me] = await readers(1)
    counts = []
    for name in (None, "fund-agri-VN", "fund-fin-VN", "fund-agri-SG"):
        if name:
            await number(market[name], 5)
        await refresh.refresh(me)
        await database.execute("UPDATE suggestion_run SET requested_at = clock_timestamp()")
        with database.count_queries() as asked:
            await refresh.refresh(me)
        counts.append(len(asked))

    assert counts[1:] == [counts[0] + 1] * 3
