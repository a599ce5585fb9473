"""What is learned from: windows of the past, each seen with what was known before it."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from matching import Company, Dataset, Investor, Link
from matching.encode import day
from matching.features import NAMES, Companies, Investors, pair_features
from matching.history import History, Store
from matching.training import ENOUGH, NEGATIVES, WINDOW, RaiseModel, Rows, raises, window_rows, windows
from tests.matching.ecosystems import ecosystem

START = date(2018, 1, 1)


@pytest.fixture(scope="module")
def world() -> Dataset:
    return ecosystem(120, 20, seed=2)


@pytest.fixture(scope="module")
def store(world: Dataset) -> Store:
    return Store(world)


@pytest.fixture(scope="module")
def rows(store: Store) -> Rows:
    return window_rows(store, day(START), day(START) + WINDOW, np.random.default_rng(0))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_windows_touch_and_end_at_the_moment(count: int) -> None:
    found = windows(5000.0, count)
    assert len(found) == count
    assert all(stop - start == WINDOW for start, stop in found)
    assert all(one[1] == other[0] for one, other in pairwise(found))
    assert not found or found[-1][1] == 5000.0


def link(company: str, investor: str, days: int, kind: str = "seed", amount: float | None = None) -> Link:
    return Link(company, investor, kind, START + timedelta(days=days), amount)


def test_companies_raise_once_and_ask_for_their_first_link_of_the_window() -> None:
    data = Dataset.of(
        [Company("a", founded_at=START + timedelta(days=3)), Company("b"), Company("c")],
        [],
        [
            link("a", "old", -10),
            link("a", "i", 5, "series-a", 2e6),
            link("a", "j", 20, "series-b", 9e6),
            link("a", "old", 6),
            link("b", "", 7),
            link("c", "i", 400),
        ],
    )
    store = Store(data)
    found = raises(store, day(START), day(START) + WINDOW)
    assert [company.id for company in found.companies] == ["a"]
    assert (found.companies[0].round_type, found.companies[0].amount_usd) == ("series-a", 2e6)
    assert found.companies[0].founded_at is None
    [answer] = found.answers
    assert {data.investors[row].id for row in answer} == {"i", "j"}


def test_the_first_day_is_in_and_the_last_is_not() -> None:
    data = Dataset.of([], [], [link("a", "i", 0), link("b", "i", int(WINDOW)), link("c", "i", -1)])
    found = raises(Store(data), day(START), day(START) + WINDOW)
    assert [company.id for company in found.companies] == ["a"]


def test_every_link_of_the_window_is_a_row(store: Store, rows: Rows) -> None:
    found = raises(store, day(START), day(START) + WINDOW)
    assert rows.linked.sum() == sum(len(answer) for answer in found.answers)
    assert rows.features.shape == (len(rows.linked), len(NAMES))
    assert set(rows.company.tolist()) <= set(range(len(found.companies)))
    assert (np.diff(rows.company) >= 0).all()


def test_weights_stand_for_all_pairs_that_were_not_linked(store: Store, rows: Rows) -> None:
    history = History(store, day(START))
    found = raises(store, day(START), day(START) + WINDOW)
    known = Companies.at(history, found.companies).backers[1].nnz
    pairs = len(found.companies) * len(store.data.investors) - known
    assert (rows.weight >= 1).all()
    assert (rows.weight[rows.linked] == 1).all()
    assert rows.weight.sum() == pytest.approx(pairs, rel=0.1)
    assert len(store.data.investors) < NEGATIVES


def test_rows_know_nothing_of_their_window(store: Store, world: Dataset, rows: Rows) -> None:
    shifted = [
        replace(one, amount_usd=1.0) if one.funded_at and one.funded_at >= START + timedelta(days=int(WINDOW)) else one
        for one in world.links
    ]
    other = window_rows(
        Store(Dataset(world.companies, world.investors, tuple(shifted))),
        day(START), day(START) + WINDOW, np.random.default_rng(0),
    )  # fmt: skip
    np.testing.assert_array_equal(other.features, rows.features)
    np.testing.assert_array_equal(other.linked, rows.linked)


def test_half_of_the_companies_do_not_say_what_they_ask(rows: Rows) -> None:
    asked = rows.features[:, NAMES.index("company:asked_round")]
    share = np.mean([asked[rows.company == company][0] for company in set(rows.company.tolist())])
    assert 0.15 < share < 0.85


def test_a_window_without_rounds_has_no_rows(store: Store) -> None:
    found = window_rows(store, day(date(1990, 1, 1)), day(date(1990, 6, 1)), np.random.default_rng(0))
    assert found.features.shape == (0, len(NAMES))
    assert len(found.linked) == len(found.weight) == len(found.company) == 0


def test_windows_together_keep_their_companies_apart(rows: Rows) -> None:
    twice = Rows.together([rows, rows])
    assert len(twice.linked) == 2 * len(rows.linked)
    assert len(set(twice.company.tolist())) == 2 * len(set(rows.company.tolist()))
    assert (np.diff(twice.company) >= 0).all()
    part = twice.where(twice.linked)
    assert part.linked.all()
    assert len(part.features) == len(part.weight) == len(part.company) == twice.linked.sum()


def test_without_raises_everybody_is_as_likely() -> None:
    data = Dataset.of([Company("a"), Company("b")], [Investor("i")], [link("a", "i", -2000)])
    model = RaiseModel().fit(Store(data), windows(day(START), 2))
    assert model.trees_ is None
    assert model.log_chance(np.zeros((3, 9))).tolist() == [0.0] * 3


def test_who_raised_lately_is_likelier_to_raise_again(store: Store) -> None:
    spans = windows(day(date(2019, 12, 1)), 6)
    model = RaiseModel().fit(store, spans)
    assert 0 < model.usual_ < 1
    chance = np.exp(model.log_chance(History(store, spans[-1][1]).momentum))
    assert ((chance > 0) & (chance < 1)).all()
    assert len(store.links) > ENOUGH


def test_pairs_by_company_and_by_investor_have_the_same_features(store: Store, world: Dataset) -> None:
    history = History(store, day(START))
    companies, investors = Companies.at(history, world.companies[:9]), Investors.at(history, world.investors[:4])
    by_company = np.repeat(np.arange(9), 4), np.tile(np.arange(4), 9)
    by_investor = np.tile(np.arange(9), 4), np.repeat(np.arange(4), 9)
    one = pair_features(history, companies, investors, *by_company).reshape(9, 4, -1)
    other = pair_features(history, companies, investors, *by_investor).reshape(4, 9, -1).swapaxes(0, 1)
    np.testing.assert_allclose(one, other, atol=1e-5)
    np.testing.assert_array_equal(np.isnan(one), np.isnan(other))


def test_part_of_the_companies_have_their_own_features(store: Store, world: Dataset) -> None:
    history = History(store, day(START))
    whole, investors = Companies.at(history, world.companies[:9]), Investors.at(history, world.investors[:4])
    part = whole.part(np.array([7, 2]))
    at = np.array([0, 0, 1]), np.array([3, 1, 2])
    one = pair_features(history, part, investors, *at)
    other = pair_features(history, whole, investors, np.array([7, 7, 2]), at[1])
    np.testing.assert_array_equal(one, other)


def test_how_usual_values_are_is_their_share_of_recent_deals(store: Store) -> None:
    history = History(store, day(START))
    counted = np.concatenate([history.counts("category")[1].sum(axis=1)])
    companies = Companies.at(history, [Company("x", category="games"), Company("y")])
    [usual, unknown] = companies.usual[:, 0]
    games = store.encoder.vocabularies["category"]["games"]
    wanted = (counted[games] + 0.5 / len(counted)) / (counted.sum() + 0.5)
    assert usual == pytest.approx(float(wanted), rel=1e-6)
    assert unknown == 0
