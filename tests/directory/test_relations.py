"""Rounds, portfolios and co-investors: what is counted, in which order, page by page; what has ended is left out."""

import re
from datetime import date
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.db import count_queries
from app.core.i18n import in_language
from app.directory import investments, profiles, routes
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import join, organisation, round_of
from tests.factories import make_person


class Market:
    """Two funds and four companies with rounds on known days."""

    sen: profiles.Saved
    truc: profiles.Saved
    companies: list[profiles.Saved]


@pytest.fixture
async def market(cast: Cast) -> Market:
    found = Market()
    found.sen = await organisation(cast.owner, "Quỹ Sen", ("investor",))
    found.truc = await organisation(cast.owner, "Quỹ Trúc", ("investor",))
    found.companies = [await organisation(cast.owner, f"Kho {number}") for number in range(4)]
    for number, company in enumerate(found.companies):
        await round_of(company.id, f"201{number}-03-04", (found.sen.id,))
    await round_of(found.companies[0].id, "2015-01-01", (found.sen.id, found.truc.id), "series_b")
    return found


async def end(organisation_id: UUID) -> None:
    await database.execute(
        "UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", organisation_id
    )


async def test_a_portfolio_is_by_the_latest_investment_with_figures_of_all(market: Market) -> None:
    portfolio = await investments.portfolio_of(market.sen.id, limit=2)

    assert [(row["name"], row["rounds"], row["latest"].year) for row in portfolio.rows] == [
        ("Kho 0", 2, 2015), ("Kho 3", 1, 2013),
    ]  # fmt: skip
    assert (portfolio.organisations, portfolio.investments, portfolio.since) == (4, 5, date(2010, 3, 4))
    assert portfolio.next_cursor is not None


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
async def test_a_portfolio_page_by_page_is_whole(market: Market, limit: int) -> None:
    names: list[str] = []
    after = None
    for _page in range(6):
        portfolio = await investments.portfolio_of(market.sen.id, after=after, limit=limit)
        names += [row["name"] for row in portfolio.rows]
        after = portfolio.next_cursor
        if after is None:
            break

    assert names == ["Kho 0", "Kho 3", "Kho 2", "Kho 1"]


async def test_investments_of_one_day_are_parted_by_number(cast: Cast, market: Market) -> None:
    for company in market.companies:
        await round_of(company.id, "2016-06-06", (market.truc.id,))
    first = await investments.portfolio_of(market.truc.id, limit=2)
    second = await investments.portfolio_of(market.truc.id, after=first.next_cursor, limit=2)

    names = [row["name"] for row in (*first.rows, *second.rows)]
    assert names == ["Kho 3", "Kho 2", "Kho 1", "Kho 0"]


async def test_a_new_investment_while_somebody_reads_repeats_nothing(cast: Cast, market: Market) -> None:
    first = await investments.portfolio_of(market.sen.id, limit=2)
    new = await organisation(cast.owner, "Kho Mới")
    await round_of(new.id, "2020-01-01", (market.sen.id,))
    rest = await investments.portfolio_of(market.sen.id, after=first.next_cursor, limit=10)

    assert [row["name"] for row in (*first.rows, *rest.rows)] == ["Kho 0", "Kho 3", "Kho 2", "Kho 1"]


async def test_companies_that_have_ended_are_neither_shown_nor_counted(market: Market) -> None:
    await end(market.companies[0].id)
    portfolio = await investments.portfolio_of(market.sen.id)

    assert [row["name"] for row in portfolio.rows] == ["Kho 3", "Kho 2", "Kho 1"]
    assert (portfolio.organisations, portfolio.investments, portfolio.since) == (3, 3, date(2011, 3, 4))


async def test_a_portfolio_of_nothing_is_empty(cast: Cast, market: Market, make_client: MakeClient) -> None:
    for company in market.companies:
        await end(company.id)
    portfolio = await investments.portfolio_of(market.sen.id)
    page = await make_client().get(f"/organisations/{market.sen.slug}/portfolio")

    assert (portfolio.rows, portfolio.organisations, portfolio.investments, portfolio.since) == ([], 0, 0, None)
    assert page.status_code == 200
    assert f'href="/organisations/{market.sen.slug}"' in page.text


async def test_rounds_are_newest_first_with_their_investors_by_weight(market: Market) -> None:
    rounds = await investments.rounds_of(market.companies[0].id)

    assert [(row["announced_on"].year, row["round_type"]) for row in rounds] == [(2015, "series_b"), (2010, "series_a")]
    assert [investor["name"] for investor in rounds[0]["investors"]] == ["Quỹ Sen", "Quỹ Trúc"]


async def test_an_investor_that_has_ended_is_not_named(market: Market) -> None:
    await end(market.truc.id)
    rounds = await investments.rounds_of(market.companies[0].id)

    assert [[investor["name"] for investor in row["investors"]] for row in rounds] == [["Quỹ Sen"], ["Quỹ Sen"]]
    assert await investments.co_investors_of(market.sen.id) == []


async def hide(organisation_id: UUID) -> None:
    await database.execute(
        "UPDATE organisation SET hidden_at = now(), hidden_reason = 'abuse' WHERE id = $1", organisation_id
    )


async def test_who_was_taken_down_is_named_nowhere(market: Market, client: httpx.AsyncClient) -> None:
    paths = [f"/organisations/{one.slug}" for one in (market.companies[0], market.sen)]
    paths.append(f"/organisations/{market.sen.slug}/portfolio")
    names = ("Quỹ Trúc", "Kho 3")

    async def named() -> list[list[str]]:
        texts = [(await client.get(path)).text for path in paths]
        return [[name for name in names if name in text] for text in texts]

    before = await named()
    await hide(market.truc.id)
    await hide(market.companies[3].id)
    portfolio = await investments.portfolio_of(market.sen.id)

    assert before == [["Quỹ Trúc"], ["Quỹ Trúc", "Kho 3"], ["Kho 3"]]
    assert await named() == [[], [], []]
    assert (portfolio.organisations, portfolio.investments) == (3, 4)
    rounds = await investments.rounds_of(market.companies[0].id)
    assert [[investor["name"] for investor in row["investors"]] for row in rounds] == [["Quỹ Sen"], ["Quỹ Sen"]]
    assert await investments.co_investors_of(market.sen.id) == []


async def test_a_round_whose_investors_are_not_known_is_shown_all_the_same(market: Market) -> None:
    await round_of(market.companies[1].id, "2018-01-01")

    assert (await investments.rounds_of(market.companies[1].id))[0]["investors"] == []


async def test_co_investors_by_rounds_together(cast: Cast, market: Market) -> None:
    often = await organisation(cast.owner, "Quỹ Bạn", ("investor",))
    for number in (1, 2):
        await round_of(market.companies[number].id, "2019-01-01", (market.sen.id, often.id))

    assert [(row["name"], row["rounds"]) for row in await investments.co_investors_of(market.sen.id)] == [
        ("Quỹ Bạn", 2), ("Quỹ Trúc", 1),
    ]  # fmt: skip
    assert [(row["name"], row["rounds"]) for row in await investments.co_investors_of(often.id)] == [("Quỹ Sen", 2)]
    assert await investments.co_investors_of(market.companies[0].id) == []


# --- pages ------------------------------------------------------------------------------------------------------------


async def test_pages_of_a_portfolio_follow_each_other(
    cast: Cast, market: Market, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(investments, "PORTFOLIO_PAGE", 3)
    first = await client.get(f"/organisations/{market.sen.slug}/portfolio")
    link = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert link is not None
    second = await client.get(link[1])

    assert [name for name in ("Kho 0", "Kho 1", "Kho 2", "Kho 3") if name in first.text] == ["Kho 0", "Kho 2", "Kho 3"]
    assert [name for name in ("Kho 0", "Kho 1", "Kho 2", "Kho 3") if name in second.text] == ["Kho 1"]
    assert 'rel="next"' not in second.text


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", None), ("x", None), ("2012-01-01", None), ("2012-01-01.", None), ("2012-01-01.x", None),
        ("2012-13-01.5", None), (".5", None), ("2012-01-01.5", (date(2012, 1, 1), 5)), ("2012-01-01.5.6", None),
         ("2012-01-01.-5", (date(2012, 1, 1), 2**62 - 5)),
        ("2012-01-01." + "9" * 18, (date(2012, 1, 1), (10**18 - 1) % 2**62)),
    ],
)  # fmt: skip
def test_places_in_a_portfolio_as_addresses_say_them(text: str, after: tuple[date, int] | None) -> None:
    assert routes._after(text) == after


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=30), st.from_regex(r"\d{4}-\d\d-\d\d\.-?\d{1,30}", fullmatch=True)))
async def test_no_place_breaks_a_portfolio(market: Market, client: httpx.AsyncClient, text: str) -> None:
    response = await client.get(
        f"/organisations/{market.sen.slug}/portfolio", params={"after": text.encode("utf-8", "replace").decode()}
    )

    assert response.status_code == 200


@pytest.mark.parametrize("before", ["", "x", "-1", "0", "99999999999999999999", "٣", "1.5", "5 OR 1=1"])
async def test_no_place_breaks_a_history(cast: Cast, make_client: MakeClient, before: str) -> None:
    response = await make_client(cast.owner).get(f"/organisations/{cast.slug}/history", params={"before": before})

    assert response.status_code == 200


async def test_money_and_days_of_rounds_are_written_as_the_reader_writes_them(
    cast: Cast, market: Market, client: httpx.AsyncClient
) -> None:
    company = market.companies[0]
    await database.execute(
        "UPDATE funding_round SET amount = 1234567.89 WHERE organisation = $1 AND round_type = 'series_b'", company.id
    )
    await database.execute(
        "UPDATE funding_round SET amount = NULL, currency = NULL WHERE organisation = $1 AND round_type = 'series_a'",
        company.id,
    )
    vi = (await client.get(f"/organisations/{company.slug}")).text
    en = (await client.get(f"/organisations/{company.slug}", headers={"Accept-Language": "en"})).text

    assert "01/01/2015" in vi
    assert "không công bố" in vi
    assert "not disclosed" in en
    with in_language("vi"):
        assert "1.234.568" in vi or "1,2" in vi
    assert "1,234,568" in en or "1.2" in en


SHOWN = {
    "list": "/directory",
    "search": "/directory?q=quy",
    "facets": "/directory?kind=investor",
    "profile": "/organisations/quy-sen",
    "portfolio": "/organisations/quy-sen/portfolio",
    "rounds": "/organisations/kho-0",
    "members": "/organisations/quy-sen/members",
    "mine": "/organisations",
    "history": "/organisations/quy-sen/history",
    "API": "/api/v1/organisations?kind=investor",
    "API of one": "/api/v1/organisations/{id}",
    "edit": "/organisations/quy-sen/edit",
}


@pytest.mark.parametrize("path", SHOWN.values(), ids=SHOWN)
async def test_as_many_queries_for_one_thing_as_for_many(
    cast: Cast, market: Market, make_client: MakeClient, path: str
) -> None:
    """Rounds, investors, companies, members and changes are added; the number of questions stays."""
    client = make_client(cast.owner)
    url = path.format(id=market.sen.id)
    asked = []
    for step in range(3):
        await client.get(url)
        await profiles.edit_organisation(cast.owner, market.sen.id, {"summary_vi": f"Bản {step}"})
        with count_queries() as log:
            response = await client.get(url)
        assert response.status_code == 200
        asked.append(len(log))
        for number in range(3):
            company = await organisation(cast.owner, f"Kho Thêm {step} {number}")
            other = await organisation(cast.owner, f"Quỹ Thêm {step} {number}", ("investor",))
            await round_of(company.id, "2021-01-01", (market.sen.id, other.id))
            await round_of(market.companies[0].id, "2021-01-02", (other.id,))
            await join(market.sen.id, await make_person(), "viewer")

    assert asked[0] == asked[1] == asked[2] <= 12
