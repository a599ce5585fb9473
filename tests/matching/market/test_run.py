"""Whole runs: figures of the literature, beside what systems without prices reach, and what comes with the lists."""

import numpy as np
import pytest

from bench.markets import best_first, ecosystem, published, tables
from matching.market import (
    Factors,
    MarketOptions,
    MarketResult,
    Pairs,
    crowd,
    run_market,
    run_market_factors,
    run_market_sparse,
)
from matching.market.expected import gini
from tests.matching.market.judging import by_convolution, judged, listed

ALL = MarketOptions(lists=None)


@pytest.fixture(scope="module")
def town() -> tuple[np.ndarray, np.ndarray]:
    """400 startups, 300 investors."""
    return tables(ecosystem(400, 300))


@pytest.fixture(scope="module")
def plain(town: tuple[np.ndarray, np.ndarray]) -> MarketResult:
    """The lists of ten of the town."""
    return run_market(*town)


@pytest.mark.parametrize(
    ("n", "popular", "seed", "reach", "reciprocal"),
    [(100, 0.5, 621, 154.5, 130.2), (100, 0.8, 0, 130.9, 100.9), (200, 0.5, 621, 338.1, 273.5)],
)
def test_published_markets(n: int, popular: float, seed: int, reach: float, reciprocal: float) -> None:
    p, q = published(n, popular, seed)
    result = run_market(p, q, options=ALL)
    assert result.expected_matches >= reach
    assert judged(best_first(p * q, n), p, q) == pytest.approx(reciprocal, abs=0.05)
    assert judged(result.lists, p, q) == pytest.approx(result.expected_matches, rel=1e-12)


@pytest.fixture(scope="module")
def city() -> tuple[np.ndarray, np.ndarray]:
    """1000 startups, 1000 investors."""
    return tables(ecosystem(1000, 1000))


def test_the_ecosystem_of_a_thousand_and_the_price_of_fairness(city: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = city
    plain = run_market(p, q)
    assert plain.expected_matches >= 1350
    assert plain.coverage >= 0.95
    assert judged(best_first(p * q, 10), p, q) == pytest.approx(471.5, abs=0.1)
    assert judged(best_first(p, 10), p, q) == pytest.approx(308.4, abs=0.1)
    fair = run_market(p, q, options=MarketOptions(fairness=1))
    assert fair.unfair == pytest.approx(plain.expected_matches)
    assert 0.975 * fair.unfair <= fair.expected_matches < fair.unfair
    assert np.percentile(fair.left_matches, 5) >= 1.6 * np.percentile(plain.left_matches, 5)


def test_lists_from_noisy_probabilities_still_help(city: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = city
    guessed = tables(ecosystem(1000, 1000), noise=1.0)
    by_market = judged(run_market(*guessed).lists, p, q)
    by_product = judged(best_first(guessed[0] * guessed[1], 10), p, q)
    assert by_market >= 1.6 * by_product


def test_every_list_holds_different_people_and_is_full(plain: MarketResult) -> None:
    assert plain.lists.shape == (400, 10)
    assert plain.lists.dtype == np.int32
    assert ((plain.lists >= 0) & (plain.lists < 300)).all()
    assert (np.diff(np.sort(plain.lists, axis=1), axis=1) > 0).all()


def test_figures_are_those_of_the_lists(town: tuple[np.ndarray, np.ndarray], plain: MarketResult) -> None:
    total, left = by_convolution(plain.lists, *town, "inv")
    assert plain.expected_matches == pytest.approx(total, rel=1e-9)
    np.testing.assert_allclose(plain.left_matches, left, atol=1e-9)
    assert plain.right_matches.sum() == pytest.approx(total)
    assert plain.coverage == len(np.unique(plain.lists)) / 300
    assert plain.unfair is None


def test_the_same_seed_gives_the_same_lists(town: tuple[np.ndarray, np.ndarray], plain: MarketResult) -> None:
    again = run_market(*town)
    np.testing.assert_array_equal(again.lists, plain.lists)
    np.testing.assert_array_equal(again.prices.price, plain.prices.price)


def test_tables_pairs_and_factors_are_one_path(town: tuple[np.ndarray, np.ndarray], plain: MarketResult) -> None:
    p, q = town
    n_left, n_right = p.shape
    csr = (np.arange(n_left + 1) * n_right, np.tile(np.arange(n_right), n_left))
    sparse = run_market_sparse(Pairs.of(csr, p.ravel(), q.ravel(), crowd(n_left, n_right)))
    factors = run_market_factors(Factors.of(ecosystem(400, 300)))
    assert sparse.expected_matches == pytest.approx(plain.expected_matches, rel=1e-6)
    assert factors.expected_matches == pytest.approx(plain.expected_matches, rel=2e-3)
    np.testing.assert_allclose(factors.prices.price, plain.prices.price, atol=0.01)


@pytest.mark.parametrize("fairness", [0.5, 1, 2])
def test_more_fairness_lifts_those_with_least(
    town: tuple[np.ndarray, np.ndarray], plain: MarketResult, fairness: float
) -> None:
    fair = run_market(*town, options=MarketOptions(fairness=fairness))
    assert fair.unfair == pytest.approx(plain.expected_matches)
    assert fair.expected_matches < plain.expected_matches
    assert np.percentile(fair.left_matches, 5) > (1 + 0.2 * fairness) * np.percentile(plain.left_matches, 5)
    assert gini(fair.left_matches) < gini(plain.left_matches)


@pytest.mark.parametrize("examination", ["exp", "log2"])
def test_other_ways_to_look_down_a_list(town: tuple[np.ndarray, np.ndarray], examination: str) -> None:
    p, q = (table[:150, :100] for table in town)
    result = run_market(p, q, options=MarketOptions(examination=examination))
    assert result.expected_matches > 1.1 * judged(best_first(p * q, 10), p, q, examination)
    assert result.expected_matches == pytest.approx(judged(result.lists, p, q, examination))


def test_listed_reads_what_lists_show() -> None:
    assert listed(np.array([[1.0, 2.0]]), np.array([[1, -1]])).tolist() == [[2.0, 0.0]]
