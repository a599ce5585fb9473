"""The market in the product: one run for everybody, prices that move slowly, lists made with them, what a card says."""

import math
import re
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import numpy as np
import pytest

from app.connections import cards, choices, clearing, filters, fitting, gate, lists, ranking, refresh, versions, wishes
from app.connections import market as stored
from app.connections.clearing import Given
from app.core import clock
from app.core import db as database
from app.core.i18n import in_language
from app.core.ids import new_id
from matching import Company, Dataset, Investor, Model, fit
from matching.market import Prices
from tests.connections import make
from tests.factories import make_person

SECTORS = ("agri", "fin", "edu")


def small(companies: int = 30, investors: int = 12):
    """A model of the prior: one investor of each four names every sector, so everybody would ask for that one."""
    made = [Company(id=str(new_id()), name=f"C{n}", sectors=(SECTORS[n % 3],), country="VN") for n in range(companies)]
    funds = [
        Investor(
            id=str(new_id()), name=f"F{n}", sectors=SECTORS if n % 4 == 0 else (SECTORS[n % 3],), places=("VN",),
            country="VN" if n % 4 == 0 else "SG",
        )
        for n in range(investors)
    ]  # fmt: skip
    return fit(Dataset.of(made, funds, ()))


@pytest.fixture(scope="module")
def model():
    return small()


# --- one run --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "left", "right"), [("investor", 30, 12), ("startup", 12, 30)])
def test_everybody_gets_a_list_of_ten_at_most(model, kind, left, right):
    cleared = clearing.clear(model, kind, Given())

    assert (len(cleared.lists), len(cleared.prices)) == (left, right)
    for _organisation, shown in cleared.lists:
        assert 0 < len(shown) <= 10
        assert len(set(shown)) == len(shown)
    assert (cleared.kind, cleared.model_version) == (kind, model.version)
    on_lists = sum(len(shown) for _one, shown in cleared.lists)
    assert sum(row[3] for row in cleared.prices) == on_lists


def test_the_same_market_twice_is_the_same(model):
    first, second = (clearing.clear(model, "investor", Given()) for _ in range(2))

    assert (first.lists, first.prices) == (second.lists, second.prices)


def test_it_is_worth_more_and_shows_more_than_everybodys_own_best_lists():
    """Forty companies and few places: the lists that each would get alone flood the same investors."""
    crowded = small(companies=120, investors=24)

    figures = clearing.clear(crowded, "investor", Given()).figures

    assert figures["expected_matches"] > figures["expected_alone"]
    assert figures["coverage"] >= figures["coverage_alone"]
    assert figures["gini"] <= figures["gini_alone"]
    assert figures["least_left"] >= figures["least_left_alone"]
    assert (figures["left"], figures["right"]) == (120, 24)


def test_whoever_is_sought_is_dearer_than_who_is_not(model):
    cleared = clearing.clear(model, "investor", Given())
    funds = model.history_.store.data.investors
    price = {row[0]: row[1] for row in cleared.prices}

    sought = [price[UUID(fund.id)] for fund in funds if len(fund.sectors) == 3]
    others = [price[UUID(fund.id)] for fund in funds if len(fund.sectors) == 1]

    assert np.mean(sought) > np.mean(others)


def test_who_takes_no_requests_is_on_no_list_and_has_no_price(model):
    closed = model.history_.store.data.investors[0].id

    cleared = clearing.clear(model, "investor", Given(capacities={closed: 0}))

    assert UUID(closed) not in [one for _organisation, shown in cleared.lists for one in shown]
    assert UUID(closed) not in [row[0] for row in cleared.prices]


def test_a_stated_number_of_requests_is_a_number_of_lists(model):
    asked = model.history_.store.data.investors[0].id
    free = {row[0]: row[3] for row in clearing.clear(model, "investor", Given()).prices}[UUID(asked)]

    cleared = clearing.clear(model, "investor", Given(capacities={asked: 1}))

    shown = {row[0]: row[3] for row in cleared.prices}[UUID(asked)]
    assert shown <= filters.LISTS_PER_REQUEST < free


def test_a_price_moves_only_so_much_in_a_night(model):
    first = clearing.clear(model, "investor", Given())
    before = {str(row[0]): row[1] + 0.5 for row in first.prices[1:]}

    second = clearing.clear(model, "investor", Given(before=before))

    moved = {str(row[0]): row[1] for row in second.prices}
    for one, price in before.items():
        assert moved[one] == pytest.approx(price - clearing.MOST_CHANGE)
    newcomer = str(first.prices[0][0])
    assert moved[newcomer] == pytest.approx(first.prices[0][1])


def test_prices_have_a_ceiling_and_are_never_negative(model):
    ids = ["a", "b", "c", "d"]
    found = Prices(np.array([-3.0, 0.5, 900.0, np.inf]), temperature=0.04)

    assert clearing.priced(found, ids, {}).tolist() == [
        0.0,
        pytest.approx(0.02 * clearing.PRICE_COUNTS),
        clearing.MOST_PRICE,
        np.inf,
    ]


def test_who_opened_again_or_closed_is_not_held_by_the_price_before():
    found = Prices(np.array([1.0, np.inf]), temperature=0.04)

    cost = clearing.priced(found, ["a", "b"], {"b": 0.05}).tolist()

    assert cost == [pytest.approx(0.04 * clearing.PRICE_COUNTS), np.inf]


def test_last_nights_prices_count_before_candidates_are_cut():
    """In the engine's log odds; nobody's fifty has room for somebody who takes no requests."""
    given = Given(capacities={"closed": 0, "asked": 5}, before={"dear": 0.042, "asked": 0.021, "closed": 0.1})

    taken = clearing.in_log_odds(["dear", "asked", "new", "closed"], given)

    assert taken.tolist() == [pytest.approx(0.2), pytest.approx(0.1), 0.0, clearing.NEVER]


@pytest.mark.parametrize(("companies", "investors"), [(0, 5), (5, 0), (0, 0)])
def test_with_nobody_on_one_side_there_is_no_market(companies, investors):
    assert clearing.clear(small(companies, investors), "investor", Given()) is None


@pytest.mark.parametrize(("companies", "investors"), [(1, 1), (1, 5), (5, 1), (12, 3)])
def test_the_smallest_markets(companies, investors):
    cleared = clearing.clear(small(companies, investors), "investor", Given())

    assert [len(shown) for _one, shown in cleared.lists] == [investors] * companies
    assert all(math.isfinite(row[1]) for row in cleared.prices)


def test_a_hundred_who_are_all_the_same_do_not_get_the_same_list_in_the_same_order():
    same = [Company(id=str(new_id()), name="Giống", sectors=("agri",), country="VN") for _ in range(100)]
    funds = [Investor(id=str(new_id()), name="Quỹ", sectors=("agri",), country="VN") for _ in range(40)]

    cleared = clearing.clear(fit(Dataset.of(same, funds, ())), "investor", Given())

    assert len({tuple(shown) for _one, shown in cleared.lists}) > 50
    assert min(row[3] for row in cleared.prices) > 0


@pytest.mark.parametrize(
    ("prices", "shown", "levels"),
    [
        ([], [], []),
        ([1.0], [30], [""]),
        ([2.0] * 5, [0, 1, 9, 30, 90], [""] * 5),
        ([float(n) for n in range(11)], [0, 1, *[6] * 7, 12, 40], ["seldom", "seldom", *[""] * 7, "busy", "busy"]),
        ([0.0] * 10 + [9.0], [5] * 10 + [50], [""] * 10 + ["busy"]),
        ([float(n) for n in range(5)], [10] * 5, [""] * 5),
        ([float(n) for n in range(5)], [2, 4, 4, 4, 11], ["seldom", *[""] * 3, "busy"]),
        ([float(n) for n in range(5)], [3, 8, 8, 8, 10], [""] * 5),
        ([float(n) for n in range(5)], [2, 3, 3, 3, 3], [""] * 5),
        ([float(n) for n in range(5)], [0, 1, 1, 1, 1], [""] * 5),
        ([float(n) for n in range(5)], [20, 20, 20, 20, 39], [""] * 5),
        ([float(n) for n in range(5)], [4, 4, 4, 4, 10], [""] * 5),
        ([float(n) for n in range(5)], [50, 6, 6, 6, 0], [""] * 5),
    ],
)
def test_what_a_card_says_of_a_price_and_the_lists_behind_it(prices, shown, levels):
    assert clearing.levels_of(np.array(prices), np.array(shown, dtype=int)) == levels


def test_five_who_are_on_everybodys_list_are_neither_busy_nor_seldom_suggested():
    """Their prices differ all the same."""
    cleared = clearing.clear(small(companies=40, investors=5), "investor", Given())

    assert {row[3] for row in cleared.prices} == {40}
    assert np.ptp([row[1] for row in cleared.prices]) > 1e-9
    assert {row[4] for row in cleared.prices} == {""}


# --- stored ---------------------------------------------------------------------------------------------------------


async def clear() -> stored.Run:
    """A run by the engine in use, as the fitting process makes it; the one for companies."""
    model = Model.load(str((await versions.active()).file))
    for kind in stored.KINDS:
        given = Given(capacities=await stored.capacities(), before=await stored.all_prices(kind))
        await stored.put_in_use(clearing.clear(model, kind, given))
    run = (await stored.in_use())["investor"]
    assert run is not None
    return run


async def price_of(candidate: UUID, **values) -> None:
    """Set what the run in use says of somebody."""
    sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=2))
    await database.execute(f"UPDATE market_price SET {sets} WHERE candidate = $1", candidate, *values.values())


async def ask_again() -> None:
    await database.execute("UPDATE suggestion_run SET requested_at = now()")


async def test_a_run_is_stored_whole(market):
    run = await clear()

    assert run.model_version == (await versions.active()).version
    assert [await stored.cleared_for(version) for version in (run.model_version, "another")] == [True, False]
    assert len(await stored.all_prices("investor")) == 4
    assert len(await stored.listed_for(run, market["startup-agri-VN"])) == 4
    assert await stored.listed_for(run, new_id()) == []
    assert set(await stored.prices_of(run, [market["fund-agri-VN"], new_id()])) == {market["fund-agri-VN"]}
    assert [one["kind"] for one in await stored.figures()] == ["startup", "investor"]


async def test_before_the_first_run_there_is_nothing(market):
    assert "investor" not in await stored.in_use()
    assert await stored.all_prices("investor") == {}
    assert await stored.cleared_for("any") is False
    assert await stored.figures() == []


async def test_the_run_before_is_ended_and_older_ones_are_dropped(market):
    for _ in range(4):
        await clear()

    rows = await database.fetch("SELECT ended_at IS NULL AS open FROM market_run WHERE kind = 'investor'")
    assert sorted(row["open"] for row in rows) == [False, True]
    assert await database.fetchval("SELECT count(*) FROM market_price") == 2 * (4 + 4)
    assert await database.fetchval("SELECT count(*) FROM market_list") == 2 * (4 + 4)


async def test_a_run_that_cannot_be_stored_leaves_the_one_before(market):
    before = await clear()
    model = Model.load(str((await versions.active()).file))
    broken = clearing.clear(model, "investor", Given())
    broken.prices.append(broken.prices[0])

    with pytest.raises(asyncpg.UniqueViolationError):
        await stored.put_in_use(broken)

    assert (await stored.in_use())["investor"] == before
    assert len(await stored.all_prices("investor")) == 4


async def test_who_ended_while_the_market_ran_is_left_out(market):
    model = Model.load(str((await versions.active()).file))
    cleared = clearing.clear(model, "investor", Given())
    await database.execute("DELETE FROM mandate WHERE organisation = $1", market["fund-agri-VN"])
    await database.execute("DELETE FROM organisation WHERE id = $1", market["fund-agri-VN"])
    await database.execute(
        "UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", market["startup-fin-SG"]
    )

    await stored.put_in_use(cleared)

    assert len(await stored.all_prices("investor")) == 3
    assert await database.fetchval("SELECT count(*) FROM market_list") == 3


async def test_what_is_stated_reaches_the_market(market):
    await wishes.state(market["fund-agri-VN"], wishes.Wishes(accepts="closed", counts=["text"]))
    await wishes.state(market["fund-fin-VN"], wishes.Wishes(requests_per_month=7, counts=["text"]))
    await wishes.state(market["fund-fin-SG"], wishes.Wishes(accepts="ask_first", counts=["text"]))

    assert await stored.capacities() == {str(market["fund-agri-VN"]): 0, str(market["fund-fin-VN"]): 7}


# --- lists made with it ---------------------------------------------------------------------------------------------


async def test_a_dear_candidate_falls_back_on_new_lists(market):
    """A changed profile is ranked at once with the prices in use, without another run."""
    me = market["startup-agri-VN"]
    await clear()
    await make.change(me, summary_vi="Mới")
    await refresh.refresh(me)
    assert (await make.listed(me, "investor"))[0] == "Fund agri-VN"

    await price_of(market["fund-agri-VN"], price=2.0)
    await ask_again()
    await refresh.refresh(me)

    assert (await make.listed(me, "investor"))[-1] == "Fund agri-VN"


async def test_the_score_stays_what_the_reasons_add_up_to(market):
    me = market["startup-agri-VN"]
    await clear()
    await make.change(me, summary_vi="Mới")
    await price_of(market["fund-agri-VN"], price=2.0)
    await refresh.refresh(me)

    for row in await lists.suggested(me, "investor", 50):
        total = row["base"] + sum(reason["contribution"] for reason in row["reasons"])
        assert total == pytest.approx(row["score"], abs=0.001)


async def alike(market) -> UUID:
    """A company and two funds that suit it equally."""
    for name in ("Quỹ một", "Quỹ hai"):
        fund = await make.investor(name, sectors=["agri"], country="VN")
        await make.mandate(fund, sectors=["agri"], geographies=["VN"], rounds=["seed"])
    assert await fitting.fit_now(prior=True) == "active"
    await clear()
    return market["startup-agri-VN"]


@pytest.mark.parametrize("chosen", ["Quỹ một", "Quỹ hai", "Fund agri-VN"])
async def test_among_equals_the_run_chooses_where_the_profile_is_what_it_knew(market, chosen):
    me = await alike(market)
    ids = await database.fetch("SELECT id FROM organisation WHERE name = $1", chosen)
    await database.execute("UPDATE market_list SET candidates = $1 WHERE organisation = $2", [ids[0]["id"]], me)
    await database.execute("UPDATE market_price SET price = 0")

    await refresh.refresh(me)
    assert (await make.listed(me, "investor"))[0] == chosen

    await make.change(me, summary_vi="Mới")
    await database.execute("UPDATE market_list SET candidates = '{}'")
    await refresh.refresh(me)
    assert set((await make.listed(me, "investor"))[:3]) == {"Quỹ một", "Quỹ hai", "Fund agri-VN"}


async def test_by_an_older_engine_only_the_prices_count(market):
    me = market["startup-agri-VN"]
    await clear()
    await database.execute("UPDATE market_list SET candidates = $1", [market["fund-fin-SG"]])
    await database.execute("UPDATE market_run SET model_version = 'older'")

    await refresh.refresh(me)

    assert (await make.listed(me, "investor"))[0] == "Fund agri-VN"


async def test_the_runs_choice_is_asked_of_the_engine_even_from_far_down(market, monkeypatch):
    """The engine is asked for two; the run chose somebody who is neither."""
    monkeypatch.setattr(refresh, "ASKED", 2)
    me = market["startup-agri-VN"]
    await clear()
    await database.execute("UPDATE market_list SET candidates = $1", [market["fund-fin-SG"]])

    await refresh.refresh(me)

    names = await make.listed(me, "investor")
    assert (len(names), "Fund fin-SG" in names) == (3, True)


async def test_hard_limits_hold_against_the_run(market):
    me = market["startup-agri-VN"]
    await clear()
    await choices.choose(market["fund-agri-VN"], me, "hidden", "block")
    await make.investment(me, market["fund-fin-VN"])

    await refresh.refresh(me)

    assert sorted(await make.listed(me, "investor")) == ["Fund agri-SG", "Fund fin-SG"]


async def test_a_newcomer_without_a_price_is_on_the_lists(market):
    await clear()
    await make.investor("Quỹ vừa đến", sectors=["agri"], country="VN")

    await refresh.refresh(market["startup-agri-VN"])

    assert "Quỹ vừa đến" in await make.listed(market["startup-agri-VN"], "investor")


async def test_prices_cost_a_constant_number_of_queries(market):
    me = market["startup-agri-VN"]
    await clear()

    async def count() -> int:
        await ask_again()
        with database.count_queries() as asked:
            await refresh.refresh(me)
        return len(asked)

    await refresh.refresh(me)
    few = await count()
    for number in range(15):
        await make.investor(f"Quỹ {number}", sectors=["agri"], country="VN")
    assert await count() == few <= 20


# --- learning from answers ------------------------------------------------------------------------------------------


async def crowded(market) -> UUID:
    for number in range(14):
        await make.investor(f"Quỹ thứ {number:02}", sectors=["agri"] if number % 2 else ["fin"], country="VN")
    me = market["startup-agri-VN"]
    await refresh.refresh(me)
    return me


async def test_one_place_of_ten_is_explored_and_says_so(market):
    me = await crowded(market)

    rows = await database.fetch(
        "SELECT rank, explored, propensity FROM suggestion WHERE organisation = $1 AND kind = 'investor' ORDER BY rank",
        me,
    )

    [explored] = [row for row in rows if row["explored"]]
    assert 7 <= explored["rank"] <= 10
    assert 0 < explored["propensity"] < 1
    assert {row["propensity"] for row in rows if not row["explored"]} == {1.0}
    [card] = [card for card in await cards.cards_of(me, "investor", 10) if card.market]
    assert card.market == "Lấy từ phía dưới danh sách, để học từ câu trả lời của bạn"


async def test_an_answer_keeps_where_it_stood_and_how_likely_that_was(market):
    me = await crowded(market)
    stood = await database.fetchrow("SELECT candidate, rank, propensity FROM suggestion WHERE explored")

    await choices.choose(me, stood["candidate"], "saved")

    written = await database.fetchrow("SELECT candidate, rank, explored, propensity FROM suggestion_choice")
    assert tuple(written) == (stood["candidate"], stood["rank"], True, stood["propensity"])


async def test_another_day_another_place(market, monkeypatch):
    me = await crowded(market)
    seen = set()
    today = clock.now()
    for day in range(6):
        monkeypatch.setattr(clock, "now", lambda day=day: today + timedelta(days=day))
        await ask_again()
        await refresh.refresh(me)
        seen.add(await database.fetchval("SELECT candidate FROM suggestion WHERE explored AND organisation = $1", me))

    assert len(seen) > 1


async def test_few_candidates_leave_nothing_to_explore(market):
    await refresh.refresh(market["startup-agri-VN"])

    assert await database.fetchval("SELECT count(*) FROM suggestion WHERE explored") == 0


# --- what people see ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "accepts", "explored", "vi", "en"),
    [
        ("busy", None, False, "Đã được gợi ý cho nhiều bên", "Already suggested to many"),
        ("seldom", "open", False, "Đến nay ít được gợi ý", "Seldom suggested so far"),
        ("busy", "ask_first", True, "Họ muốn được hỏi trước", "They want to be asked before"),
        ("seldom", None, True, "Lấy từ phía dưới danh sách", "From further down your list"),
        ("", None, False, "", ""),
        (None, "open", False, "", ""),
    ],
)
def test_one_line_on_the_market(level, accepts, explored, vi, en):
    row = {"level": level, "accepts": accepts, "explored": explored}

    for locale, words in (("vi", vi), ("en", en)):
        with in_language(locale):
            said = cards.market_line(row)
        assert said.startswith(words)
        assert bool(said) is bool(words)


async def test_the_page_says_how_sought_they_are(make_client, person, market):
    me = market["startup-agri-VN"]
    await make.member(person, me)
    await clear()
    await refresh.refresh(me)
    await price_of(market["fund-agri-VN"], level="busy")
    await price_of(market["fund-fin-SG"], level="seldom")
    client = make_client(person)

    page = (await client.get("/suggestions")).text

    assert page.count("Đã được gợi ý cho nhiều bên") == page.count("Đến nay ít được gợi ý") == 1
    assert "lý do khác</summary>" in page


async def test_prices_cost_the_page_no_query_more(make_client, person, market):
    me = market["startup-agri-VN"]
    await make.member(person, me)
    await clear()
    await refresh.refresh(me)
    client = make_client(person)
    await client.get("/suggestions")
    counts = []
    for left in (3, 1):
        await database.execute("DELETE FROM suggestion WHERE rank > $1", left)
        with database.count_queries() as asked:
            await client.get("/suggestions")
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 8


async def test_page_panel_and_api_show_the_same_list(make_client, person, market):
    """One function reads the list for all of them, the explored place included."""
    me = await crowded(market)
    await make.member(person, me)
    client, slug = make_client(person), await make.slug_of(me)

    page = re.findall(r'id="s-([^"]+)"', (await client.get("/suggestions")).text)
    panel = re.findall(
        r'<h3 class="card-title"><a href="/organisations/([^"]+)"',
        (await client.get(f"/organisations/{slug}/suggestions-panel")).text,
    )
    items = (await client.get(f"/api/v1/organisations/{me}/suggestions?limit=10")).json()["items"]

    assert page == [item["organisation"]["slug"] for item in items]
    assert page[:3] == panel


async def test_staff_see_what_the_market_is_worth(make_client, market):
    admin = make_client(await make_person(roles=["admin"]))
    assert "Lượt phân bổ hằng đêm" not in (await admin.get("/staff/engine")).text
    await clear()

    page = (await admin.get("/staff/engine")).text

    assert page.count("Số kết nối kỳ vọng") == 2
    for words in ("Lượt phân bổ hằng đêm", "Cái giá của công bằng", "Lập riêng", "4 danh sách, 4 ứng viên"):
        assert words in page


# --- the night ------------------------------------------------------------------------------------------------------


async def test_a_fit_with_history_runs_the_market_and_asks_for_new_lists(market, monkeypatch):
    """One deal is too little for the gate, which is not what this is about."""
    monkeypatch.setattr(gate, "verdict", lambda *_cards: (True, ""))
    await make.investment(market["startup-agri-VN"], market["fund-fin-SG"], date(2012, 5, 1))
    await make.startup("Thêm dữ liệu")
    await refresh.refresh(market["startup-fin-VN"])

    assert await fitting.fit_now() == "active"

    run = (await stored.in_use())["investor"]
    assert run is not None
    assert run.model_version == (await versions.active()).version
    assert await database.fetchval("SELECT bool_and(stale_at IS NOT NULL) FROM suggestion_run") is True


async def test_lists_made_while_the_market_ran_are_made_again_with_it(market, monkeypatch):
    """Every engine in use asks for lists at once, so the most wanted ones are made before the market is through."""
    monkeypatch.setattr(gate, "verdict", lambda *_cards: (True, ""))
    true_put, marks = stored.put_in_use, []
    me = market["startup-fin-VN"]

    async def meanwhile(cleared):
        if not marks:
            await refresh.refresh(me)
            row = await database.fetchrow(
                "SELECT stale_at, model_version FROM suggestion_run WHERE organisation = $1", me
            )
            marks.append((row["stale_at"], row["model_version"] == cleared.model_version))
        return await true_put(cleared)

    monkeypatch.setattr(stored, "put_in_use", meanwhile)
    await make.startup("Thêm dữ liệu")

    assert await fitting.fit_now() == "active"

    assert marks == [(None, True)]
    assert await refresh.refresh(me) is True


async def test_a_list_under_way_does_not_settle_the_mark_of_the_market(market, monkeypatch):
    """It was stale already when it was begun; that is settled, what the market said meanwhile is not."""
    me = market["startup-agri-VN"]
    await refresh.refresh(me)
    await stored.mark_lists_stale()
    true_ask = ranking.investors_for

    async def meanwhile(*args):
        await stored.mark_lists_stale()
        return await true_ask(*args)

    monkeypatch.setattr(ranking, "investors_for", meanwhile)

    assert [await refresh.refresh(me) for _ in range(2)] == [True, True]
    monkeypatch.setattr(ranking, "investors_for", true_ask)
    assert [await refresh.refresh(me) for _ in range(2)] == [True, False]


async def test_without_a_market_no_list_is_made_anew_for_it(market, monkeypatch):
    monkeypatch.setattr(clearing, "clear", lambda *_args: None)
    await refresh.refresh(market["startup-agri-VN"])
    await make.startup("Thêm dữ liệu")

    assert await fitting.fit_now() == "active"

    assert await database.fetchval("SELECT bool_or(stale_at IS NOT NULL) FROM suggestion_run") is False


async def test_the_prior_of_the_first_start_runs_no_market(market):
    assert "investor" not in await stored.in_use()


async def test_a_market_that_breaks_leaves_the_fit_in_use(market, monkeypatch, caplog):
    def broken(*_args):
        raise ValueError("no market today")

    monkeypatch.setattr(clearing, "clear", broken)
    await make.startup("Thêm dữ liệu")

    assert await fitting.fit_now() == "active"

    assert "investor" not in await stored.in_use()
    assert await refresh.refresh(market["startup-agri-VN"]) is True


async def test_a_market_that_broke_is_run_again_without_another_fit(market, monkeypatch):
    true_clear = clearing.clear
    monkeypatch.setattr(clearing, "clear", lambda *_args: None)
    await make.startup("Thêm dữ liệu")
    await fitting.fit_now()
    await database.execute("UPDATE engine_model SET prior = false")  # as if there were deals to learn from
    fitted = await versions.active()
    monkeypatch.setattr(clearing, "clear", true_clear)

    assert await fitting.fit_now() == "unchanged"

    assert (await stored.in_use())["investor"].model_version == fitted.version
    assert await versions.active() == fitted
    before = (await stored.in_use())["investor"]
    assert await fitting.fit_now() == "unchanged"
    assert (await stored.in_use())["investor"] == before
