"""Prices: the market clears at them, who is sought after costs more, and stored they rank a newcomer."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.markets import best_first, ecosystem, tables
from matching import DataError
from matching.market import Prices, crowd, run_market
from matching.market.prices import TEMPERATURE, attraction, fitted, matches_of, temperature_for
from matching.market.sources import Tables
from tests.matching.market.judging import judged

HOT = 0.5
PRICES = arrays(float, st.integers(0, 8), elements=st.floats(-50, 50) | st.just(np.inf))


def kernel(seed: int = 0, shape: tuple[int, int] = (30, 12)) -> np.ndarray:
    """A random attraction at a temperature that settles fast."""
    return attraction(np.random.default_rng(seed).random(shape), HOT)


def balances(attracted: np.ndarray, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Matches of everybody at these prices: (left, right), each with the share that stays alone."""
    right = np.exp(-price)
    pull = attracted @ right / 2
    left = 1 / (pull + np.sqrt(1 + pull * pull))
    matches = left[:, None] * attracted * right
    return left**2 + matches.sum(axis=1), right**2 + matches.sum(axis=0)


@pytest.mark.parametrize("capacity", [1.0, 0.3, 2.5])
def test_the_market_clears(capacity: float) -> None:
    attracted = kernel()
    prices = fitted(attracted, np.full(12, capacity), HOT)
    left, right = balances(attracted, prices.price)
    np.testing.assert_allclose(left, 1, rtol=1e-9)
    np.testing.assert_allclose(right, capacity, rtol=0.01)


def test_a_market_of_pairs_and_one_of_tables_have_the_same_prices() -> None:
    from scipy.sparse import csr_array

    attracted = kernel(3)
    attracted[attracted < 2] = 0
    dense = fitted(attracted, np.ones(12), HOT)
    sparse = fitted(csr_array(attracted), np.ones(12), HOT)
    np.testing.assert_allclose(sparse.price, dense.price, rtol=1e-12)


def test_large_kernels_do_not_cancel() -> None:
    """The textbook form of the same update, sqrt(1 + h^2) - h, has lost every digit here."""
    attracted = attraction(np.full((40, 40), 0.9) + np.eye(40) * 0.1, 0.02)
    price = fitted(attracted, np.ones(40), 0.02).price
    assert np.isfinite(price).all()
    h = attracted @ np.exp(-price) / 2
    assert (np.sqrt(1 + h * h) - h == 0).all() or np.abs((np.sqrt(1 + h * h) - h) * 2 * h - 1).max() > 1e-6
    np.testing.assert_allclose(1 / (h + np.sqrt(1 + h * h)) * 2 * h, 1, rtol=1e-6)


@pytest.mark.parametrize("more", [0.05, 0.2, 0.5])
def test_whoever_more_people_want_costs_more(more: float) -> None:
    mutual = np.random.default_rng(1).uniform(0, 0.5, (50, 20))
    before = fitted(attraction(mutual.copy(), 0.05), np.ones(20), 0.05).price
    mutual[:, 7] += more
    after = fitted(attraction(mutual, 0.05), np.ones(20), 0.05).price
    assert after[7] > before[7]
    assert (np.delete(after, 7) <= np.delete(before, 7) + 0.01).all()


def test_whoever_takes_more_costs_less() -> None:
    capacity = np.ones(12)
    before = fitted(kernel(), capacity, HOT).price
    capacity[4] = 3
    after = fitted(kernel(), capacity, HOT).price
    assert after[4] < before[4]


def test_whoever_takes_nobody_has_no_price_and_comes_last() -> None:
    capacity = np.ones(12)
    capacity[[2, 5]] = 0
    prices = fitted(kernel(), capacity, HOT)
    assert np.flatnonzero(np.isinf(prices.price)).tolist() == [2, 5]
    score = prices.adjusted(np.ones(12), np.ones(12))
    assert np.flatnonzero(np.isneginf(score)).tolist() == [2, 5]


def test_whoever_nobody_wants_costs_least() -> None:
    p, q = tables(ecosystem(200, 150))
    p[:, 9] = q[:, 9] = 0
    price = run_market(p, q).prices.price
    assert price[9] == pytest.approx(price.min())
    assert np.median(price) > price[9] + 3


@pytest.mark.parametrize("scale", [0.3, 0.03])
def test_markets_in_which_everything_is_rare_have_the_same_prices(scale: float) -> None:
    p, q = tables(ecosystem(150, 100))
    usual = Tables(p, q, crowd(150, 100)).prices()
    rare = Tables(p * scale, q * scale, crowd(150, 100)).prices()
    np.testing.assert_allclose(rare.price, usual.price, rtol=1e-6)
    assert rare.temperature == pytest.approx(scale * usual.temperature)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("usual", [0.2, 0.01, 1e-4])
def test_one_certain_pair_among_rare_ones_breaks_no_price(kind: type, usual: float) -> None:
    p = (usual * np.random.default_rng(0).random((40, 30))).astype(kind)
    p[0, 0] = 1
    result = run_market(p, p)
    assert np.isfinite(result.prices.price).all()
    assert result.lists[0, 0] == 0
    assert result.expected_matches >= 1


def test_the_temperature_is_a_share_of_what_suits_best() -> None:
    assert temperature_for(np.array([0.2, 0.4])) == pytest.approx(0.3 * TEMPERATURE)
    assert temperature_for(np.zeros(3)) == TEMPERATURE
    assert temperature_for(np.empty(0)) == TEMPERATURE


def test_a_sample_of_the_left_gives_about_the_same_prices() -> None:
    attracted = kernel(5, (4000, 10))
    whole = fitted(attracted, np.full(10, 300.0), HOT).price
    part = fitted(attracted[::8], np.full(10, 300.0), HOT, 1 / 8).price
    unscaled = fitted(attracted[::8], np.full(10, 300.0), HOT).price
    assert np.abs(part - whole).max() < 0.05
    assert np.abs(unscaled - whole).max() > 0.5


def test_lists_ask_for_a_part_of_a_match() -> None:
    assert matches_of(np.array([0, 1, 5, 10, 40, np.inf])).tolist() == [0, 0.1, 0.5, 1, 1, 1]


def test_a_newcomer_is_ranked_by_prices_nearly_as_well_as_by_a_new_run() -> None:
    p, q = tables(ecosystem(400, 300))
    known = run_market(p[:360], q[:360])
    again = run_market(p, q).expected_matches

    def with_newcomers(score: np.ndarray) -> float:
        return judged(np.concatenate([known.lists, best_first(score, 10)]), p, q)

    by_price = with_newcomers(known.prices.adjusted(p[360:], q[360:]))
    by_product = with_newcomers(p[360:] * q[360:])
    gained = again - known.expected_matches
    assert by_price - known.expected_matches > 0.8 * gained
    assert by_price > by_product


def test_adjusted_takes_some_people_in_any_order() -> None:
    prices = Prices(np.array([0.0, 1.0, 2.0]), 0.25)
    whole = prices.adjusted(np.array([0.5, 0.25, 1.0]), np.array([0.5, 0.25, 0.0]))
    assert whole.tolist() == [2.0, 0.0, 0.0]
    some = prices.adjusted(np.array([[1.0, 0.5, 0.9]]), np.array([[0.0, 0.5, 0.9]]), np.array([[2, 0, -1]]))
    assert some.tolist() == [[0.0, 2.0, -np.inf]]
    nobody = Prices(np.empty(0)).adjusted(np.ones(2), np.ones(2), np.array([-1, -1]))
    assert nobody.tolist() == [-np.inf, -np.inf]


@settings(deadline=None)
@given(PRICES, st.floats(1e-4, 10))
def test_prices_survive_text(price: np.ndarray, temperature: float) -> None:
    prices = Prices(price, temperature)
    again = Prices.from_json(prices.to_json())
    np.testing.assert_array_equal(again.price, prices.price)
    assert again.temperature == temperature
    assert json.loads(prices.to_json())["price"].count(None) == np.isinf(price).sum()


@pytest.mark.parametrize(
    "text",
    [
        "", "nothing", "[]", "3", "{}", '{"price": [1]}', '{"temperature": 1}', '{"temperature": 1, "price": 3}',
        '{"temperature": "warm", "price": []}', '{"temperature": 0, "price": []}', '{"temperature": -1, "price": [1]}',
        '{"temperature": 1, "price": ["dear"]}', '{"temperature": 1, "price": [NaN]}',
        '{"temperature": NaN, "price": []}',
    ],
)  # fmt: skip
def test_what_is_no_prices_is_said(text: str) -> None:
    with pytest.raises(DataError, match=r"^prices: "):
        Prices.from_json(text)


@settings(deadline=None)
@given(
    st.integers(0, 6).flatmap(lambda n: st.tuples(*(arrays(float, n, elements=st.floats(-9, 9)),) * 2)), st.floats(0, 5)
)
def test_prices_move_only_so_much(both: tuple[np.ndarray, np.ndarray], change: float) -> None:
    now, before = (Prices(price) for price in both)
    clamped = now.clamped_to(before, change)
    assert (np.abs(clamped.price - before.price) <= change + 1e-9).all()
    near = np.abs(now.price - before.price) <= change
    np.testing.assert_allclose(clamped.price[near], now.price[near], atol=1e-12)
    assert (np.sign(clamped.price - before.price) * np.sign(now.price - before.price) >= 0).all()


def test_who_opens_closes_or_is_new_is_not_held_to_a_price_before() -> None:
    before = Prices(np.array([np.inf, 1.0, np.nan, 1.0]))
    now = Prices(np.array([3.0, np.inf, 4.0, 5.0]))
    assert now.clamped_to(before, 0.5).price.tolist() == [3.0, np.inf, 4.0, 1.5]


@pytest.mark.parametrize(
    ("previous", "change", "said"),
    [
        (Prices(np.zeros(2)), 1.0, "2 before, 3 now"),
        (Prices(np.zeros(3), 0.5), 1.0, "temperature 0.5 before"),
        (Prices(np.zeros(3)), -1.0, "a change of -1.0"),
        (Prices(np.zeros(3)), float("nan"), "a change of nan"),
    ],
)
def test_prices_that_cannot_be_compared_are_refused(previous: Prices, change: float, said: str) -> None:
    with pytest.raises(DataError, match=said):
        Prices(np.zeros(3)).clamped_to(previous, change)
