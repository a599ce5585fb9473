"""Likeness of companies to past deals, against a sum written out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from matching import Company, Dataset
from matching.encode import YEAR
from matching.features import Companies, Investors
from matching.history import History, Store
from matching.likeness import (
    BROAD,
    LEARNED,
    LIKE_FACETS,
    LIKENESS_NAMES,
    LOSS,
    OLDER_THAN,
    SAME_AGE,
    Likeness,
    fading,
)
from tests.matching.ecosystems import ecosystem


@pytest.fixture(scope="module")
def world() -> Dataset:
    data = ecosystem(60, 12, seed=3)
    sectors = [("ai", "bio"), ("games",), ()]
    companies = tuple(replace(c, sectors=sectors[k % 3], city=f"city {k % 4}") for k, c in enumerate(data.companies))
    return Dataset(companies, data.investors, data.links)


@pytest.fixture(scope="module")
def history(world: Dataset) -> History:
    return History(Store(world), 18_000.0)


@pytest.fixture(scope="module")
def asked(history: History, world: Dataset) -> Companies:
    rows = [replace(c, round_type="angel", amount_usd=2e5) for c in world.companies[:6]]
    return Companies.at(history, [*rows, Company("new"), Company("named", name="solar labs", state="HN")])


def by_hand(history: History, companies: Companies, company: int, deal: int, weights: dict[str, float]) -> float:
    total = 0.0
    for facet in LIKE_FACETS:
        mine = companies.facets[facet][[company]].toarray().ravel()
        theirs = history.store.link_facets[facet][[history.deals[deal]]].toarray().ravel()
        total += weights[facet] * float(mine @ theirs)
    return total


def of_age(history: History, companies: Companies, company: int, deal: int) -> float:
    age = np.log(np.expm1(companies.facts[company, 4]) + 0.5)
    then = history.age_then[deal]
    same = 0.0 if np.isnan(age) or np.isnan(then) else SAME_AGE * float(np.exp(-2 * (age - then) ** 2))
    return same + float(LOSS @ (history.deal_age[deal] > OLDER_THAN))


@pytest.mark.parametrize("company", range(8))
def test_likeness_is_the_weighted_agreement_facet_by_facet(history: History, asked: Companies, company: int) -> None:
    deals = np.arange(0, len(history.deals), 5)
    learned, broad = Likeness(history).compare(asked, np.full(len(deals), company), deals)
    wanted = [by_hand(history, asked, company, deal, BROAD) for deal in deals.tolist()]
    assert broad.tolist() == pytest.approx(wanted)
    wanted = [
        by_hand(history, asked, company, deal, LEARNED) + of_age(history, asked, company, deal)
        for deal in deals.tolist()
    ]
    assert learned.tolist() == pytest.approx(wanted)


def test_many_companies_with_few_deals_compare_the_same(history: History, asked: Companies) -> None:
    company_at, deals = np.repeat(np.arange(8), 3), np.tile([0, 4, 9], 8)
    together = Likeness(history).compare(asked, company_at, deals)
    for company in range(8):
        alone = Likeness(history).compare(asked, np.full(3, company), np.array([0, 4, 9]))
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_allclose(one[company_at == company], other, atol=1e-12)


def test_the_deals_of_an_investor_compare_the_same_in_a_grid(history: History, asked: Companies) -> None:
    deals, others = np.arange(0, 20, 3), np.arange(5)
    whom, few = np.arange(8), np.array([6, 2])
    company_at = np.concatenate([np.repeat(whom, len(deals)), np.repeat(few, len(others))])
    deal_at = np.concatenate([np.tile(deals, 8), np.tile(others, 2)])
    edge = 8 * len(deals)
    grids = [(0, edge, 8), (edge, edge, 4), (edge, edge + 10, 2)]
    together = Likeness(history).compare(asked, company_at, deal_at, grids)
    for at in range(0, len(company_at), 9):
        alone = Likeness(history).compare(asked, company_at[[at]], deal_at[[at]])
        assert [line[at] for line in together] == pytest.approx([line[0] for line in alone])


def test_both_orders_of_pairs_give_the_same_features(history: History, asked: Companies, world: Dataset) -> None:
    investors = Investors.at(history, [*world.investors, replace(world.investors[0], id="stranger")])
    by_company = np.repeat(np.arange(8), 13), np.tile(np.arange(13), 8)
    by_investor = np.tile(np.arange(8), 13), np.repeat(np.arange(13), 8)
    likeness = Likeness(history)
    one = likeness.features(asked, investors, *by_company).reshape(8, 13, -1)
    other = likeness.features(asked, investors, *by_investor).reshape(13, 8, -1).swapaxes(0, 1)
    few = likeness.features(asked, investors, by_investor[0][:26], by_investor[1][:26])
    np.testing.assert_allclose(one, other, atol=1e-9)
    np.testing.assert_allclose(few[8:16], one[:, 1], atol=1e-9)


def test_features_say_how_alike_the_deals_of_an_investor_are(
    history: History, asked: Companies, world: Dataset
) -> None:
    investors = Investors.at(history, world.investors)
    company_at, investor_at = np.repeat(np.arange(8), 12), np.tile(np.arange(12), 8)
    found = Likeness(history).features(asked, investors, company_at, investor_at)
    assert found.shape == (96, len(LIKENESS_NAMES))
    assert np.isfinite(found).all()
    columns = dict(zip(LIKENESS_NAMES, found.T, strict=True))
    for pair in (0, 17, 60, 95):
        deals = np.flatnonzero(history.store.link_investor[history.deals] == investor_at[pair])
        near = [np.exp(by_hand(history, asked, int(company_at[pair]), deal, BROAD)) for deal in deals.tolist()]
        recent = history.deal_weight[deals]
        assert np.expm1(columns["broad"][pair]) == pytest.approx(float(recent @ near))
        assert np.expm1(columns["close_all"][pair]) == pytest.approx(float(np.sum(np.square(near))))
        mean = (recent @ near + 3) / (recent.sum() + 3)
        assert columns["broad_mean"][pair] == pytest.approx(float(np.log(mean)))


def test_strangers_resemble_nothing(history: History, asked: Companies, world: Dataset) -> None:
    strangers = Investors.at(history, [replace(world.investors[0], id="stranger")])
    [row] = Likeness(history).features(asked, strangers, np.array([0]), np.array([0]))
    assert dict(zip(LIKENESS_NAMES, row, strict=True))["close_all"] == 0
    assert np.isfinite(row).all()


def test_no_pairs_give_no_rows(history: History, asked: Companies, world: Dataset) -> None:
    nothing = np.zeros(0, dtype=int)
    investors = Investors.at(history, world.investors)
    assert Likeness(history).features(asked, investors, nothing, nothing).shape == (0, len(LIKENESS_NAMES))


@pytest.mark.parametrize(
    ("years", "passed"), [(0, 0), (0.3, 1), (0.6, 2), (1.5, 3), (3, 4), (5, 5), (9, 6), (np.inf, 6)]
)
def test_deals_fade_with_each_age_that_they_pass(years: float, passed: int) -> None:
    assert fading(np.array([years * YEAR]))[0] == pytest.approx(LOSS[:passed].sum())


def test_agreement_never_counts_against() -> None:
    assert min(LEARNED.values()) > 0
    assert min(BROAD.values()) > 0
    assert set(LEARNED) == set(BROAD) == set(LIKE_FACETS)
