"""Keeping and putting away: what stays away, what comes back, who is told nothing."""

import asyncio

import pytest

from app.connections import choices, filters, lists, refresh
from app.core import db as database
from tests.connections import make


async def shown(organisation, kind="investor") -> list[str]:
    return [row["name"] for row in await lists.suggested(organisation, kind, 50)]


async def test_what_was_put_away_stays_away(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)

    await choices.choose(me, fund, "hidden", "too_early")
    assert "Fund agri-VN" not in await shown(me)

    await make.change(me, summary_vi="Mới")
    await refresh.refresh(me)
    assert "Fund agri-VN" not in await shown(me)
    assert [one["name"] for one in await choices.hidden_of(me)] == ["Fund agri-VN"]


async def test_taking_back_brings_it_back(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)
    await choices.choose(me, fund, "hidden", "other")

    await choices.take_back(me, fund)
    await choices.take_back(me, fund)

    assert (await shown(me))[0] == "Fund agri-VN"


async def test_a_block_is_silent_and_holds_for_both(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)
    await refresh.refresh(fund)

    await choices.choose(fund, me, "hidden", "block")

    assert "Fund agri-VN" not in await shown(me)
    assert "Startup agri-VN" not in await shown(fund, "startup")
    assert await choices.hidden_of(me) == []


async def test_other_reasons_hold_for_one_side(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)

    await choices.choose(fund, me, "hidden", "sector")

    assert "Fund agri-VN" in await shown(me)


async def test_an_investment_made_since_is_not_suggested(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)

    await make.investment(me, fund)

    assert "Fund agri-VN" not in await shown(me)


async def test_the_same_choice_again_changes_nothing(market):
    me, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await refresh.refresh(me)

    for choice, reason in (("saved", None), ("saved", "sector"), ("hidden", "sector"), ("hidden", "sector")):
        await choices.choose(me, fund, choice, reason)

    rows = await database.fetch(
        "SELECT choice, reason, rank, ended_at IS NULL AS open FROM suggestion_choice ORDER BY created_at, id"
    )
    assert [tuple(row) for row in rows] == [("saved", None, 1, False), ("hidden", "sector", 1, True)]


@pytest.mark.parametrize("reason", [None, "", "whatever"])
async def test_a_reason_is_needed(market, reason):
    with pytest.raises(choices.ReasonMissing):
        await choices.choose(market["startup-agri-VN"], market["fund-agri-VN"], "hidden", reason)

    assert await database.fetchval("SELECT count(*) FROM suggestion_choice") == 0


@pytest.mark.parametrize("code", choices.REASONS)
def test_every_reason_has_a_label(code):
    assert choices.reason_label(code) != code


async def test_first_choices_at_once_leave_one(committed):
    async with database.tx():
        me, fund = await make.startup(), await make.investor()

    await asyncio.gather(*(choices.choose(me, fund, "saved") for _ in range(10)))

    assert await database.fetchval("SELECT count(*) FROM suggestion_choice") == 1


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["startup"], ("investor", "incubator", "institute", "support")),
        (["project"], ("investor", "incubator", "institute", "support")),
        (["investor"], ("startup",)),
        (["incubator"], ("startup",)),
        (["company"], ("investor", "startup", "incubator", "institute", "support")),
        (["startup", "investor"], ("investor", "startup", "incubator", "institute", "support")),
        ([], ()),
    ],
)
def test_the_lists_of_an_organisation(kinds, expected):
    assert filters.lists_of(kinds) == expected
