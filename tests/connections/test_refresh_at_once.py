"""Lists made anew by several at once, killed in the middle, or overtaken: never half a list, never an older one."""

import asyncio
from itertools import pairwise

import asyncpg
import pytest

from app.connections import asking, jobs, profiles, ranking, refresh
from app.core import db as database
from app.core import outbox
from tests.connections import make


async def ranks(organisation) -> list[int]:
    rows = await database.fetch(
        "SELECT rank FROM suggestion WHERE organisation = $1 AND kind = 'investor' ORDER BY rank", organisation
    )
    return [row["rank"] for row in rows]


async def test_five_processes_at_once_leave_one_whole_list(committed_market):
    """`_refresh` is what a second process would run: it knows nothing of the turns that one process takes."""
    me = committed_market["startup-agri-VN"]

    made = await asyncio.gather(*(refresh._refresh(me) for _ in range(5)))

    assert any(made)  # who comes when the list is whole already has nothing to do
    assert await ranks(me) == [1, 2, 3, 4]
    assert await database.fetchval("SELECT count(*) FROM suggestion_run WHERE organisation = $1", me) == 1


async def test_without_the_lock_two_would_collide(committed_market):
    """The negative control: storing without the run's lock breaks on the list's order, so the test above could fail."""
    me = committed_market["startup-agri-VN"]
    await refresh.refresh(me)
    columns = "organisation, candidate, kind, rank, score, base, p, q, model_version"
    rows = await database.fetch(f"SELECT {columns} FROM suggestion WHERE organisation = $1", me)
    await database.execute("DELETE FROM suggestion")
    deleted = asyncio.Barrier(2)

    async def store() -> None:
        async with database.tx() as con:
            await con.execute("DELETE FROM suggestion WHERE organisation = $1", me)
            await deleted.wait()
            await con.executemany(
                f"INSERT INTO suggestion ({columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                [tuple(row) for row in rows],
            )

    found = await asyncio.gather(store(), store(), return_exceptions=True)

    assert [type(one) for one in found if one] == [asyncpg.UniqueViolationError]


async def test_turns_in_one_process_rank_once(committed_market, monkeypatch):
    me = committed_market["startup-agri-VN"]
    asked = []
    true_ask = ranking.investors_for

    async def counting(*args):
        asked.append(1)
        return await true_ask(*args)

    monkeypatch.setattr(ranking, "investors_for", counting)

    made = await asyncio.gather(*(refresh.refresh(me) for _ in range(6)))

    assert (sorted(made), len(asked)) == ([False] * 5 + [True], 1)


async def test_killed_while_storing_leaves_the_old_list(market, monkeypatch):
    me = market["startup-agri-VN"]
    await refresh.refresh(me)
    before = await database.fetch("SELECT * FROM suggestion ORDER BY id")
    run = await database.fetchrow("SELECT * FROM suggestion_run WHERE organisation = $1", me)
    await make.change(me, sectors=["fin"])

    class Killed(BaseException):
        pass

    def killed(_found):
        raise Killed

    true_plain = refresh._plain
    monkeypatch.setattr(refresh, "_plain", killed)
    with pytest.raises(Killed):
        await refresh.refresh(me)
    monkeypatch.setattr(refresh, "_plain", true_plain)

    assert await database.fetch("SELECT * FROM suggestion ORDER BY id") == before
    assert await database.fetchrow("SELECT * FROM suggestion_run WHERE organisation = $1", me) == run
    assert await refresh.refresh(me) is True
    assert (await make.listed(me, "investor"))[0] == "Fund fin-VN"


async def test_a_row_that_cannot_be_stored_takes_nothing_with_it(market, monkeypatch):
    """Breaks in the middle of the inserts, after the old list was deleted: the deletion is undone with them."""
    me = market["startup-agri-VN"]
    await refresh.refresh(me)
    before = await make.listed(me, "investor")
    await make.change(me, sectors=["fin"])
    true_plain = refresh._plain
    seen = []

    def third_breaks(found):
        seen.append(found)
        return "no json" if len(seen) == 3 else true_plain(found)

    monkeypatch.setattr(refresh, "_plain", third_breaks)
    with pytest.raises(asyncpg.DataError):
        await refresh.refresh(me)

    assert len(seen) >= 3
    assert await make.listed(me, "investor") == before


async def test_a_job_whose_worker_died_runs_again_and_changes_nothing(committed_market):
    """The claim of a dead worker ends; by then the lists had been stored, so the second run finds nothing to do."""
    me = committed_market["startup-agri-VN"]
    await asking.ask(me)
    await jobs.refresh_lists({"organisation_id": str(me)})
    before = await database.fetch("SELECT * FROM suggestion ORDER BY id")
    await database.execute("UPDATE outbox SET claimed_until = now() - interval '1 second', attempts = 1")

    assert await outbox.drain() == 1

    assert await database.fetch("SELECT * FROM suggestion ORDER BY id") == before


async def test_a_profile_that_changes_while_it_is_ranked_is_ranked_again(market, monkeypatch):
    """Saved between reading and storing: the list is stored with the version it was made from, and is out of date."""
    me = market["startup-agri-VN"]
    true_ask = ranking.investors_for

    async def meanwhile(*args):
        monkeypatch.setattr(ranking, "investors_for", true_ask)
        await make.change(me, sectors=["fin"])
        return await true_ask(*args)

    monkeypatch.setattr(ranking, "investors_for", meanwhile)
    await refresh.refresh(me)
    assert (await make.listed(me, "investor"))[0] == "Fund agri-VN"

    assert await refresh.refresh(me) is True
    assert (await make.listed(me, "investor"))[0] == "Fund fin-VN"


async def test_a_request_made_while_it_is_ranked_stays_open(market, monkeypatch):
    me = market["startup-agri-VN"]
    true_ask = ranking.investors_for

    async def meanwhile(*args):
        await asking.ask(me)
        return await true_ask(*args)

    monkeypatch.setattr(ranking, "investors_for", meanwhile)

    await refresh.refresh(me)

    assert await database.fetchval("SELECT requested_at IS NOT NULL FROM suggestion_run WHERE organisation = $1", me)


async def test_a_mark_of_staleness_made_meanwhile_stays(market, monkeypatch):
    me = market["startup-agri-VN"]
    await refresh.refresh(me)
    await make.change(me, summary_vi="Mới")
    true_ask = ranking.investors_for

    async def meanwhile(*args):
        await database.execute("UPDATE suggestion_run SET stale_at = now() WHERE organisation = $1", me)
        return await true_ask(*args)

    monkeypatch.setattr(ranking, "investors_for", meanwhile)

    await refresh.refresh(me)

    assert await database.fetchval("SELECT stale_at IS NOT NULL FROM suggestion_run WHERE organisation = $1", me)


async def test_a_second_mark_made_meanwhile_stays_too(market, monkeypatch):
    """The list is stale already; who has changed since it was begun is not in it yet."""
    me, fund = market["startup-agri-VN"], market["fund-fin-SG"]
    await refresh.refresh(me)
    await asking.mark_stale(fund)
    true_ask = ranking.investors_for

    async def meanwhile(*args):
        await asking.mark_stale(fund)
        return await true_ask(*args)

    monkeypatch.setattr(ranking, "investors_for", meanwhile)

    assert await refresh.refresh(me) is True

    assert await database.fetchval("SELECT stale_at IS NOT NULL FROM suggestion_run WHERE organisation = $1", me)


async def test_scores_fall_and_ranks_count_from_one(market):
    for name in ("startup-agri-VN", "fund-agri-VN", "incubator"):
        await refresh.refresh(market[name])

    rows = await database.fetch(
        "SELECT organisation, kind, rank, score FROM suggestion ORDER BY organisation, kind, rank"
    )
    for before, after in pairwise(rows):
        if (before["organisation"], before["kind"]) == (after["organisation"], after["kind"]):
            assert (after["rank"], after["score"] <= before["score"]) == (before["rank"] + 1, True)
        else:
            assert after["rank"] == 1


async def test_the_same_profile_gets_the_same_list_twice(market):
    me = market["startup-agri-VN"]
    await refresh.refresh(me)
    columns = "candidate, kind, rank, score, base, p, q, reasons, model_version"
    before = await database.fetch(f"SELECT {columns} FROM suggestion ORDER BY kind, rank")
    await database.execute("UPDATE suggestion_run SET requested_at = now()")

    assert await refresh.refresh(me) is True

    assert await database.fetch(f"SELECT {columns} FROM suggestion ORDER BY kind, rank") == before


async def test_more_changed_profiles_than_are_handed_over(market, monkeypatch):
    """The newest come along; the rest stay as the model knows them until the next fit."""
    monkeypatch.setattr(profiles, "CHANGED_AT_MOST", 1)
    await make.investor("Quỹ một", sectors=["agri"], country="VN")
    await make.investor("Quỹ hai", sectors=["agri"], country="VN")

    await refresh.refresh(market["startup-agri-VN"])

    names = await make.listed(market["startup-agri-VN"], "investor")
    assert ("Quỹ hai" in names, "Quỹ một" in names) == (True, False)


async def test_somebody_removed_while_waiting_has_no_list_and_no_failure(committed_market):
    me = committed_market["startup-agri-VN"]
    await asking.ask(me)
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", me)

    await outbox.drain()

    assert await database.fetchval("SELECT count(*) FROM suggestion_run WHERE organisation = $1", me) == 0
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE done_at IS NULL") == 0
