"""Hard limits hold wherever a list is shown, from the moment they apply: page, "show more", kept, panel and API."""

import pytest

from app.connections import choices, filters, refresh
from app.core import db as database
from tests.connections import make

FUND = "Fund agri-VN"


async def ended(me, fund):
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", fund)


async def linked(me, fund):
    await make.investment(me, fund)


async def linked_the_other_way(me, fund):
    await make.investment(fund, me)


async def put_away(me, fund):
    await choices.choose(me, fund, "hidden", "too_late")


async def blocked_by_the_other(me, fund):
    await choices.choose(fund, me, "hidden", "block")


async def no_investor_any_more(me, fund):
    await database.execute("UPDATE organisation SET kinds = '{institute}' WHERE id = $1", fund)


async def linked_to_somebody_else(me, fund):
    await make.investment(await make.startup("Ai khác"), fund)


async def put_away_by_the_other(me, fund):
    await choices.choose(fund, me, "hidden", "too_early")


async def blocked_and_forgiven(me, fund):
    await choices.choose(fund, me, "hidden", "block")
    await choices.take_back(fund, me)


EXCLUDING = (ended, linked, linked_the_other_way, put_away, blocked_by_the_other)
HARMLESS = (linked_to_somebody_else, put_away_by_the_other, blocked_and_forgiven)
"""The negative control: what looks like a limit and is none."""


@pytest.fixture
async def mine(market, person):
    await make.member(person, market["startup-agri-VN"])
    await refresh.refresh(market["startup-agri-VN"])
    await choices.choose(market["startup-agri-VN"], market["fund-agri-VN"], "saved")
    return market["startup-agri-VN"]


async def shown(client, me) -> dict[str, bool]:
    """Where the fund appears as a suggestion."""
    slug = await make.slug_of(me)
    address = f"/suggestions?organisation={slug}&kind=investor"
    texts = {
        "page": (await client.get(address)).text,
        "more": (await client.get(f"{address}&every=true")).text,
        "fragment": (await client.get(address, headers={"HX-Request": "true", "HX-Target": "lists"})).text,
        "panel": (await client.get(f"/organisations/{slug}/suggestions-panel")).text,
        "kept": (await client.get(f"{address}&saved=true")).text,
    }
    api = (await client.get(f"/api/v1/organisations/{me}/suggestions?kind=investor&limit=50")).json()["items"]
    found = {name: f">{FUND}</a></h" in text for name, text in texts.items()}
    return found | {"api": FUND in [item["organisation"]["name"] for item in api]}


@pytest.mark.parametrize("act", EXCLUDING, ids=lambda act: act.__name__)
async def test_who_is_excluded_is_gone_at_once_everywhere(make_client, person, market, mine, act):
    client = make_client(person)
    assert set((await shown(client, mine)).values()) == {True}

    await act(mine, market["fund-agri-VN"])

    assert {name for name, there in (await shown(client, mine)).items() if there} == set()


@pytest.mark.parametrize("act", HARMLESS, ids=lambda act: act.__name__)
async def test_who_is_not_excluded_stays(make_client, person, market, mine, act):
    await act(mine, market["fund-agri-VN"])

    assert set((await shown(make_client(person), mine)).values()) == {True}


@pytest.mark.parametrize("act", [*EXCLUDING, no_investor_any_more], ids=lambda act: act.__name__)
async def test_who_is_excluded_takes_no_place_in_a_new_list(market, mine, act):
    await act(mine, market["fund-agri-VN"])
    await database.execute("UPDATE suggestion_run SET requested_at = now()")

    await refresh.refresh(mine)

    assert FUND not in await make.listed(mine, "investor")
    ranks = await database.fetch("SELECT rank FROM suggestion WHERE kind = 'investor' ORDER BY rank")
    assert [row["rank"] for row in ranks] == [1, 2, 3]


async def test_a_refusal_of_one_kind_of_list_does_not_touch_the_others(market, mine):
    both = await make.organisation("Quỹ và vườn ươm", ["investor", "incubator"], sectors=["agri"], country="VN")
    allowed = {kind: await filters.allowed(mine, kind, [both, mine]) for kind in filters.lists_of(["startup"])}

    found = {both: ("agri",)}
    assert allowed == {"investor": found, "incubator": found, "institute": {}, "support": {}}


async def test_nobody_is_allowed_when_nobody_is_asked_about(market, mine):
    assert await filters.allowed(mine, "investor", []) == {}


async def test_a_block_outlives_a_refresh_of_both_sides(market, mine):
    fund = market["fund-agri-VN"]
    await choices.choose(fund, mine, "hidden", "block")

    for one in (mine, fund):
        await make.change(one, summary_vi="Mới")
        await refresh.refresh(one)

    assert FUND not in await make.listed(mine, "investor")
    assert "Startup agri-VN" not in await make.listed(fund, "startup")


@pytest.mark.parametrize("reason", choices.REASONS)
async def test_whoever_was_put_away_is_not_told(make_client, market, mine, reason):
    """Nothing reaches the other side: no mail, no job, and nothing on its pages."""
    fund = market["fund-agri-VN"]
    await refresh.refresh(fund)
    await database.execute("DELETE FROM outbox")

    await choices.choose(mine, fund, "hidden", reason)

    assert await database.fetchval("SELECT count(*) FROM outbox") == 0
    assert await database.fetchval("SELECT count(*) FROM mail") == 0
    assert await choices.hidden_of(fund) == []
