"""What was known at a moment, counted by hand on four links."""

from datetime import date

import numpy as np
import pytest

from matching import Company, Dataset, Investor, Link
from matching.encode import day
from matching.features import NAMES, Companies, Investors, pair_features
from matching.history import ACTIVITY_NAMES, COMPANY_NAMES, HALF_LIFE, History, Store, decay

DATA = Dataset.of(
    [
        Company("a", category="x", state="s", founded_at=date(2018, 1, 1)),
        Company("b", category="x", state="t"),
        Company("c"),
    ],
    [Investor("i"), Investor("j")],
    [
        Link("a", "i", "seed", date(2019, 1, 1), 1e6),
        Link("a", "i", "a", date(2020, 1, 1), 1e7),
        Link("b", "i", "seed", date(2020, 6, 1)),
        Link("b", "j", "seed", date(2020, 6, 1)),
        Link("c", "", "seed", date(2020, 7, 1)),
    ],
)


@pytest.fixture
def history() -> History:
    return History(Store(DATA), day(date(2021, 1, 1)))


def test_a_second_round_of_the_same_pair_is_no_new_deal(history: History) -> None:
    assert history.n_all.tolist() == [2, 1]
    every, _ = history.counts("category")
    assert every.toarray().tolist() == [[2, 1]]
    assert history.counts("round")[0].sum() == 3


def test_recent_counts_are_halved_after_the_half_life(history: History) -> None:
    assert decay(np.array([0.0, HALF_LIFE, np.inf, -5.0]), HALF_LIFE).tolist() == [1, 0.5, 0, 1]
    ages = [day(date(2021, 1, 1)) - day(date(year, month, 1)) for year, month in ((2019, 1), (2020, 6))]
    assert history.n_recent[0] == pytest.approx(sum(2 ** (-age / HALF_LIFE) for age in ages))


def test_what_comes_on_the_day_or_later_is_not_known() -> None:
    store = Store(DATA)
    assert History(store, day(date(2020, 6, 1))).n_all.tolist() == [1, 0]
    assert History(store, day(date(2020, 6, 2))).n_all.tolist() == [2, 1]


def test_records_count_deals_of_each_span(history: History) -> None:
    record = dict(zip(ACTIVITY_NAMES, np.expm1(history.activity[0]), strict=True))
    assert record["deals"] == pytest.approx(2)
    assert record["deals_1y"] == pytest.approx(1)
    assert record["deals_4y"] == pytest.approx(2)
    assert record["since_new"] * 30 == pytest.approx(214)


def test_companies_remember_rounds_backers_and_amounts(history: History) -> None:
    facts = dict(zip(COMPANY_NAMES, history.momentum[0], strict=True))
    assert np.expm1(facts["rounds"]) == pytest.approx(2)
    assert np.expm1(facts["backers"]) == pytest.approx(1)
    assert facts["last_amount"] == pytest.approx(7)
    assert np.expm1(facts["age"]) == pytest.approx(1096 / 365.25)
    third = history.momentum[2]
    assert np.expm1(third[0]) == pytest.approx(1)
    assert third[1] == 0


def test_partners_are_those_of_the_same_companies(history: History) -> None:
    cosine = history.partners.toarray()
    assert cosine[0, 0] == 0
    assert cosine[0, 1] == pytest.approx(cosine[1, 0])
    assert 0 < cosine[0, 1] < 1


def test_the_next_round_is_what_followed_before(history: History) -> None:
    kinds, _ = history.next_round
    names = list(history.store.encoder.vocabularies["round"])
    after_seed = dict(zip(names, kinds[1], strict=True))
    assert after_seed["a"] > 0.9
    np.testing.assert_allclose(kinds.sum(axis=1), 1)


def test_features_say_nothing_where_a_side_says_nothing(history: History) -> None:
    companies = Companies.at(history, [Company("new"), DATA.companies[0]])
    investors = Investors.at(history, DATA.investors)
    who, whom = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    features = pair_features(history, companies, investors, who, whom)
    assert features.shape == (4, len(NAMES))
    assert len(NAMES) == len(set(NAMES))
    at = {name: place for place, name in enumerate(NAMES)}
    assert np.isnan(features[:2, at["sector:category_all"]]).all()
    assert np.expm1(features[2:, at["sector:category_all"]]).tolist() == pytest.approx([2, 1])
    assert np.isnan(features[:2, at["network:near"]]).all()
    assert features[3, at["network:near"]] > 0


def test_a_newcomer_with_a_mandate_is_taken_for_a_middling_investor(history: History) -> None:
    rows = [Investor("fresh", stages=("early",)), Investor("silent"), Investor("i", stages=("early",))]
    welcomed, plain = (Investors.at(history, rows, welcome=welcome).record for welcome in (True, False))
    np.testing.assert_array_equal(welcomed[0], history.typical)
    np.testing.assert_array_equal(welcomed[1:], plain[1:])
