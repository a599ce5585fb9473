"""Lists made anew: both directions, changes, bursts, hard limits, who is stale."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.connections import asking, choices, refresh, versions
from app.core import clock
from app.core import db as database
from app.core.outbox import Later
from tests.connections import make


async def asked_for(topic: str = "connections.refresh") -> list[dict[str, str]]:
    rows = await database.fetch("SELECT payload FROM outbox WHERE topic = $1 ORDER BY id", topic)
    return [row["payload"] for row in rows]


async def run_of(organisation: UUID):
    return await database.fetchrow("SELECT * FROM suggestion_run WHERE organisation = $1", organisation)


async def test_a_profile_of_three_fields_gets_useful_suggestions(market):
    new = await make.startup("Mới", sectors=["agri"], country="VN", summary_vi="Cảm biến cho ruộng lúa")

    assert await refresh.refresh(new) is True

    names = await make.listed(new, "investor")
    assert names[0] == "Fund agri-VN"
    assert names[-1] == "Fund fin-SG"
    assert len(names) == 4
    assert await make.listed(new, "incubator") == ["Vườn ươm"]


async def test_an_investor_gets_startups(market):
    await refresh.refresh(market["fund-fin-SG"])

    assert (await make.listed(market["fund-fin-SG"], "startup"))[0] == "Startup fin-SG"
    assert await make.listed(market["fund-fin-SG"], "investor") == []


async def test_an_incubator_gets_startups(market):
    await refresh.refresh(market["incubator"])

    assert (await make.listed(market["incubator"], "startup"))[0] == "Startup agri-VN"


async def test_a_changed_profile_gets_other_suggestions_without_a_fit(market):
    changed = market["startup-agri-VN"]
    await refresh.refresh(changed)
    before = await make.listed(changed, "investor")
    version = (await versions.active()).version

    await make.change(changed, sectors=["fin"], country="SG")
    await refresh.refresh(changed)

    after = await make.listed(changed, "investor")
    assert (before[0], after[0]) == ("Fund agri-VN", "Fund fin-SG")
    assert (await versions.active()).version == version


async def test_a_candidate_that_changed_is_ranked_as_it_is_now(market):
    fund = market["fund-fin-SG"]
    await make.change(fund, sectors=["agri"], country="VN")
    await database.execute("UPDATE mandate SET sectors = '{agri}', geographies = '{VN}' WHERE organisation = $1", fund)
    await make.change(market["fund-agri-VN"], sectors=["fin"], country="SG")
    await database.execute(
        "UPDATE mandate SET sectors = '{fin}', geographies = '{SG}' WHERE organisation = $1", market["fund-agri-VN"]
    )

    await refresh.refresh(market["startup-agri-VN"])

    assert (await make.listed(market["startup-agri-VN"], "investor"))[0] == "Fund fin-SG"


async def test_an_investor_that_came_after_the_fit_is_suggested(market):
    await make.investor("Quỹ vừa đến", sectors=["agri"], country="VN")

    await refresh.refresh(market["startup-agri-VN"])

    assert "Quỹ vừa đến" in await make.listed(market["startup-agri-VN"], "investor")


async def test_a_burst_costs_one_ranking(market):
    changed = market["startup-agri-VN"]
    for sector in ("fin", "edu", "agri"):
        await make.change(changed, sectors=[sector])

    made = [await refresh.refresh(changed) for _ in range(3)]

    assert made == [True, False, False]


async def test_with_what_is_stored_nothing_is_ranked_but_everything_is_checked(market):
    await refresh.refresh(market["startup-agri-VN"])

    with database.count_queries() as asked:
        assert await refresh.refresh(market["startup-agri-VN"]) is False

    assert len(asked) == 3


async def test_the_number_of_queries_does_not_grow_with_the_market(market):
    await refresh.refresh(market["startup-fin-VN"])

    async def count() -> int:
        await make.change(market["startup-fin-VN"], summary_vi="Thanh toán")
        with database.count_queries() as asked:
            await refresh.refresh(market["startup-fin-VN"])
        return len(asked)

    few = await count()
    for number in range(20):
        await make.investor(f"Quỹ {number}", sectors=["fin"], country="VN")
    assert await count() == few
    assert few <= 19


async def test_hard_limits_hold(market):
    me = market["startup-agri-VN"]
    await make.investment(me, market["fund-agri-VN"])
    await database.execute(
        "UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", market["fund-agri-SG"]
    )
    await choices.choose(me, market["fund-fin-VN"], "hidden", "sector")
    await choices.choose(market["fund-fin-SG"], me, "hidden", "block")

    await refresh.refresh(me)

    assert await make.listed(me, "investor") == []


async def test_an_organisation_of_both_kinds_is_not_suggested_to_itself(market):
    both = await make.organisation("Cả hai", ["startup", "investor"], sectors=["agri"], country="VN")

    await refresh.refresh(both)

    assert "Cả hai" not in await make.listed(both, "investor") + await make.listed(both, "startup")
    assert (await make.listed(both, "startup"))[0] == "Startup agri-VN"


async def test_lists_that_name_a_changed_organisation_become_stale(market):
    reader, changed = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(reader)
    await refresh.refresh(changed)
    assert (await run_of(reader))["stale_at"] is None

    await make.change(changed, sectors=["fin"])
    await refresh.refresh(changed)

    assert (await run_of(reader))["stale_at"] is not None
    assert await refresh.refresh(reader) is True
    assert (await run_of(reader))["stale_at"] is None


async def test_a_slow_run_does_not_overwrite_a_newer_one(market):
    me = market["startup-agri-VN"]
    await refresh.refresh(me)
    await database.execute("UPDATE suggestion_run SET profile_version = 9, requested_at = now()")
    before = await run_of(me)

    await refresh.refresh(me)

    assert await run_of(me) == before


async def test_asking_twice_is_asking_once(market):
    me = market["startup-agri-VN"]

    assert [await asking.ask(me), await asking.ask(me)] == [True, False]
    assert await asked_for() == [{"organisation_id": str(me)}]
    assert await asking.ask(me, unless_recent=False) is True


async def test_a_request_is_settled_by_the_run_that_saw_it(market):
    me = market["startup-agri-VN"]
    await asking.ask(me)

    await refresh.refresh(me)

    run = await run_of(me)
    assert (run["requested_at"], run["failed_at"], run["profile_version"]) == (None, None, 1)
    assert run["milliseconds"] < 10_000


async def test_what_was_removed_has_no_lists(market):
    me = market["startup-agri-VN"]
    await refresh.refresh(me)
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", me)

    assert await refresh.refresh(me) is False

    assert await make.listed(me, "investor") == []
    assert await run_of(me) is None


async def test_without_an_engine_the_job_comes_again(db):
    me = await make.startup()

    with pytest.raises(Later):
        await refresh.refresh(me)


async def test_a_failure_is_written_down_and_forgotten_after_success(market):
    me = market["startup-agri-VN"]
    await refresh.note_failure(me)
    assert (await run_of(me))["failed_at"] is not None

    await refresh.refresh(me)

    assert (await run_of(me))["failed_at"] is None


async def test_renewing_takes_members_first_and_only_a_batch(market, person):
    await make.member(person, market["startup-fin-VN"])
    sample = await make.startup("Mẫu", sample=True)

    assert await asking.renew(limit=1) == 1
    assert await asked_for() == [{"organisation_id": str(market["startup-fin-VN"])}]
    assert await asking.renew() == 1
    assert (await asked_for())[1:] == [{"organisation_id": str(sample)}]
    assert await asking.renew() == 0


async def test_renewing_finds_old_stale_and_outdated_lists(market, person):
    mine = [market["startup-agri-VN"], market["startup-fin-VN"], market["startup-agri-SG"], market["startup-fin-SG"]]
    for organisation in mine:
        await make.member(person, organisation)
        await refresh.refresh(organisation)
    assert await asking.renew() == 0

    await database.execute("UPDATE suggestion_run SET stale_at = now() WHERE organisation = $1", mine[0])
    await database.execute("UPDATE suggestion_run SET model_version = 'old' WHERE organisation = $1", mine[1])
    await database.execute(
        "UPDATE suggestion_run SET computed_at = $2 WHERE organisation = $1", mine[2], clock.now() - timedelta(days=2)
    )

    assert await asking.renew() == 3


async def test_renewing_without_an_engine_asks_for_nothing(db):
    await make.startup(sample=True)

    assert await asking.renew() == 0
