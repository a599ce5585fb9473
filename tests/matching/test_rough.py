"""The first look by itself: its sums, its fit, and its cost in values instead of pairs."""

import numpy as np
import pytest

from matching import Company, Dataset, Investor, tally
from matching.features import SEGMENTS, Companies, Investors
from matching.history import COUNTED, History, Store
from matching.rough import FirstLook
from tests.matching.ecosystems import ecosystem

N_WEIGHTS = 4 * len(COUNTED) + 2 * (len(SEGMENTS) - len(COUNTED))


@pytest.fixture(scope="module")
def world() -> Dataset:
    return ecosystem(60, 15, seed=4)


@pytest.fixture(scope="module")
def history(world: Dataset) -> History:
    return History(Store(world), 18_000.0)


@pytest.fixture(scope="module")
def sides(history: History, world: Dataset) -> tuple[Companies, Investors]:
    return Companies.at(history, world.companies), Investors.at(history, world.investors)


def every_pair(sides: tuple[Companies, Investors]) -> tuple[np.ndarray, np.ndarray]:
    n, m = len(sides[0].rows), len(sides[1].rows)
    return np.repeat(np.arange(n), m), np.tile(np.arange(m), n)


def learned(history: History, sides: tuple[Companies, Investors], score: np.ndarray) -> FirstLook:
    return FirstLook().fit(history, *sides, *every_pair(sides), score)


def guesses(look: FirstLook, history: History, sides: tuple[Companies, Investors]) -> np.ndarray:
    prepared = look.prepare(history, sides[1])
    return np.stack([prepared.investors_for(sides[0].values, sides[0].present, k) for k in range(len(sides[0].rows))])


def test_a_score_that_is_the_investor_s_record_is_guessed_exactly(
    history: History, sides: tuple[Companies, Investors]
) -> None:
    wanted = np.tile(sides[1].record[:, 0] * 2.0, (60, 1))
    found = guesses(learned(history, sides, wanted.ravel()), history, sides)
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.98


def test_a_score_that_is_a_count_of_the_company_s_category_is_guessed(
    history: History, sides: tuple[Companies, Investors]
) -> None:
    counts = (sides[0].facets["category"] @ history.counts("category")[0]).toarray()
    wanted = np.log1p(counts)
    found = guesses(learned(history, sides, wanted.ravel()), history, sides)
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.99


def test_noise_is_not_guessed(history: History, sides: tuple[Companies, Investors]) -> None:
    noise = np.random.default_rng(0).normal(size=900)
    found = guesses(learned(history, sides, noise), history, sides)
    assert np.corrcoef(found.ravel(), noise)[0, 1] < 0.6


def test_a_profile_without_facts_gets_what_stands_for_itself(
    history: History, sides: tuple[Companies, Investors]
) -> None:
    look = learned(history, sides, np.tile(np.arange(15.0), 60))
    prepared = look.prepare(history, sides[1])
    silent = Companies.at(history, [Company("silent")])
    found = prepared.investors_for(silent.values, silent.present, 0)
    column = np.zeros((len(prepared.table.indptr) - 1, 15))
    value_of = np.repeat(np.arange(len(column)), np.diff(prepared.table.indptr))
    column[value_of, prepared.table.column] = prepared.table.weight[:, 0]
    added = silent.values.weight @ column[silent.values.value]
    assert found.shape == (15,)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, prepared.alone + prepared.absent @ silent.present[0, : len(COUNTED)] + added)


def test_strangers_are_guessed_from_nothing(history: History, sides: tuple[Companies, Investors]) -> None:
    look = learned(history, sides, np.ones(900))
    strangers = Investors.at(history, [Investor("one"), Investor("two")])
    prepared = look.prepare(history, strangers)
    found = prepared.investors_for(sides[0].values, sides[0].present, 5)
    assert found[0] == found[1]
    assert np.isfinite(found).all()


def test_the_weights_are_one_for_each_ingredient(history: History, sides: tuple[Companies, Investors]) -> None:
    look = learned(history, sides, np.zeros(900))
    assert len(look.coef_) == N_WEIGHTS + sides[1].record.shape[1] + 1
    assert np.abs(look.coef_).max() == pytest.approx(0.0, abs=1e-9)


def test_nobody_to_learn_from_gives_weights_of_nothing() -> None:
    history = History(Store(Dataset()), 0.0)
    companies, investors = Companies.at(history, []), Investors.at(history, [])
    nothing = np.zeros(0, dtype=int)
    look = FirstLook().fit(history, companies, investors, nothing, nothing, np.zeros(0))
    assert not look.coef_.any()
    assert look.prepare(history, investors).alone.shape == (0,)


def test_companies_for_an_investor_are_guessed_as_the_other_way_round(
    history: History, sides: tuple[Companies, Investors]
) -> None:
    look = learned(history, sides, np.random.default_rng(1).normal(size=900))
    prepared = look.prepare(history, sides[1])
    whole = guesses(look, history, sides)
    columns = np.array([14, 3, 0, 7])
    found = prepared.companies_for(sides[0].values, sides[0].present, columns)
    np.testing.assert_allclose(found, whole[:, columns].T, atol=1e-9)


def test_the_layout_of_common_values_changes_no_guess(
    history: History, sides: tuple[Companies, Investors], world: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = learned(history, sides, np.random.default_rng(2).normal(size=900))
    whole = guesses(look, history, sides)
    monkeypatch.setattr(tally, "CELLS", 0)
    rare = Companies.at(history, world.companies), Investors.at(history, world.investors)
    assert len(sides[0].values.crowded.block) > 20
    assert len(rare[0].values.crowded.block) == 0
    np.testing.assert_allclose(guesses(look, history, rare), whole, atol=1e-9)
    columns = np.arange(15)
    found = look.prepare(history, rare[1]).companies_for(rare[0].values, rare[0].present, columns)
    np.testing.assert_allclose(found, whole.T, atol=1e-9)
