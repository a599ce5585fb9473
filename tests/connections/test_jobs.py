"""The jobs: from a change of a profile to its new lists, through the outbox."""

import time

import pytest

from app.connections import jobs, lists, ranking, refresh
from app.core import db as database
from app.core import outbox
from app.core.outbox import Later
from tests.connections import make


async def test_a_change_reaches_the_lists_within_seconds(committed_market):
    me = committed_market["startup-agri-VN"]
    await refresh.refresh(me)
    began = time.perf_counter()
    await make.change(me, sectors=["fin"], country="SG")
    async with database.tx():
        await outbox.enqueue("connections.refresh", {"organisation_id": str(me)})

    await outbox.drain()

    assert (await make.listed(me, "investor"))[0] == "Fund fin-SG"
    assert time.perf_counter() - began < 10


async def test_a_burst_in_the_outbox_is_one_ranking(committed_market, monkeypatch):
    me = committed_market["startup-agri-VN"]
    await refresh.refresh(me)
    await make.change(me, sectors=["fin"])
    async with database.tx():
        for _ in range(5):
            await outbox.enqueue("connections.refresh", {"organisation_id": str(me)})
    made = []
    true_ask = ranking._ask

    async def counting(function, *args):
        made.append(function.__name__)
        return await true_ask(function, *args)

    monkeypatch.setattr(ranking, "_ask", counting)
    assert await outbox.drain() == 5

    assert made == ["rank_investors", *["rank_supporters"] * 3]


async def test_a_broken_ranking_is_shown_and_tried_again(market, monkeypatch):
    async def broken(*_args):
        raise ValueError("no")

    monkeypatch.setattr(ranking, "investors_for", broken)
    me = market["startup-agri-VN"]

    with pytest.raises(ValueError, match="no"):
        await jobs.refresh_lists({"organisation_id": str(me)})

    assert await database.fetchval("SELECT failed_at IS NOT NULL FROM suggestion_run WHERE organisation = $1", me)


async def test_without_an_engine_nothing_has_failed(db):
    me = await make.startup()

    await jobs.refresh_lists({"organisation_id": str(me)})

    assert await database.fetchval("SELECT count(*) FROM suggestion_run") == 0


async def test_an_engine_that_died_is_started_again(market):
    me = market["startup-agri-VN"]
    await refresh.refresh(me)
    for process in ranking._process()._processes.values():
        process.kill()
    await make.change(me, sectors=["fin"])

    with pytest.raises(Later):
        await refresh.refresh(me)

    assert await refresh.refresh(me) is True
    assert (await make.listed(me, "investor"))[0] == "Fund fin-VN"


async def test_an_engine_that_hangs_is_given_up(market, monkeypatch):
    monkeypatch.setattr(ranking, "PATIENCE", 0.0)

    with pytest.raises(Later):
        await refresh.refresh(market["startup-agri-VN"])


async def test_a_new_engine_renews_the_lists_of_members(market, person):
    await make.member(person, market["startup-agri-VN"])
    await database.execute("DELETE FROM outbox")

    await jobs.renew_lists({})
    await jobs.keep_current()

    topics = await database.fetch("SELECT topic FROM outbox")
    assert [row["topic"] for row in topics] == ["connections.refresh"]


async def test_names_of_the_organisations_that_reasons_speak_of(market):
    row = {"reasons": [{"params": {"companies": [str(market["startup-fin-VN"])], "deals": 3, "same": "city"}}]}

    assert await lists.names_of([row]) == {str(market["startup-fin-VN"]): "Startup fin-VN"}
    assert await lists.names_of([]) == {}
