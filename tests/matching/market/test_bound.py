"""The bound: nothing exceeds it, whatever its thresholds; it is near; and it moves as a bound must."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.markets import best_first, ecosystem, published, tables
from matching.market import (
    Factors,
    MarketOptions,
    Pairs,
    bound,
    crowd,
    run_market,
    run_market_factors,
    run_market_sparse,
)
from matching.market.bound import Queues
from matching.market.examination import Name, looked_at
from tests.matching.market.judging import by_convolution, judged, listed

BOUND = MarketOptions(lists=None, bound=True)


def at(queues: Queues, p: np.ndarray, q: np.ndarray, places: int, examination: Name = "inv") -> float:
    """The bound at these thresholds, written out."""
    gain = queues.worth(p, q, queues.theta)
    return queues.cost() + float((-np.sort(-gain, axis=1)[:, :places] @ looked_at(examination, places)).sum())


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 6), st.integers(1, 4)).flatmap(
        lambda shape: st.tuples(
            arrays(float, shape, elements=st.floats(0, 1)),
            arrays(float, shape, elements=st.floats(0, 1)),
            arrays(float, (3, shape[1]), elements=st.floats(0, 1)),
        )
    ),
    st.sampled_from(["inv", "exp", "log2"]),
    st.integers(0, 99),
)
def test_no_lists_exceed_it_whatever_the_thresholds(
    market: tuple[np.ndarray, np.ndarray, np.ndarray], examination: Name, seed: int
) -> None:
    p, q, theta = market
    rng = np.random.default_rng(seed)
    chance = looked_at(examination, len(theta) + 1)
    queues = Queues(theta, -np.diff(chance), float(chance[-1]))
    lists = np.array([rng.permutation(p.shape[1]) for _ in p])
    value = by_convolution(lists, p, q, examination)[0]
    assert value <= at(queues, p, q, p.shape[1], examination) + 1e-9


@pytest.mark.parametrize(("n", "popular", "seed", "known"), [(100, 0.5, 621, 162.5), (200, 0.5, 621, 353.4)])
def test_it_is_at_least_as_near_as_what_is_known(n: int, popular: float, seed: int, known: float) -> None:
    p, q = published(n, popular, seed)
    result = run_market(p, q, options=BOUND)
    assert result.upper_bound is not None
    assert result.expected_matches < result.upper_bound <= known
    assert result.expected_matches > 0.95 * result.upper_bound


def test_it_holds_for_everybody_and_not_for_the_shortlist_alone() -> None:
    p, q = tables(ecosystem(300, 250))
    result = run_market(p, q, options=MarketOptions(lists=5, bound=True))
    assert 0.9 * result.upper_bound < result.expected_matches < result.upper_bound
    for lists in (best_first(p, 5), best_first(q, 5), best_first(p * q, 5)):
        assert judged(lists, p, q) < result.upper_bound


def test_it_does_not_ask_how_the_market_is_stated() -> None:
    given_ = ecosystem(80, 60)
    p, q = tables(given_)
    csr = (np.arange(81) * 60, np.tile(np.arange(60), 80))
    options = MarketOptions(lists=5, bound=True)
    bounds = [
        run_market(p, q, options=options).upper_bound,
        run_market_sparse(Pairs.of(csr, p.ravel(), q.ravel(), crowd(80, 60)), options=options).upper_bound,
        run_market_factors(Factors.of(given_), options=options).upper_bound,
    ]
    assert bounds[1] == pytest.approx(bounds[0], rel=1e-6)
    assert bounds[2] == pytest.approx(bounds[0], rel=2e-3)


def test_pairs_that_may_not_meet_lower_it() -> None:
    p, q = tables(ecosystem(60, 40))
    allowed = np.random.default_rng(0).random(p.shape) < 0.3
    indices = np.nonzero(allowed)[1]
    indptr = np.append(0, np.cumsum(allowed.sum(axis=1)))
    pairs = Pairs.of((indptr, indices), p[allowed], q[allowed], crowd(60, 40))
    options = MarketOptions(lists=5, bound=True)
    some, all_ = run_market_sparse(pairs, options=options), run_market(p, q, options=options)
    assert some.expected_matches <= some.upper_bound < all_.upper_bound


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_opening_to_more_people_does_not_lower_it(seed: int) -> None:
    p, q = tables(ecosystem(80, 60, seed))
    bounds = []
    for closed in (50, 30, 10, 0):
        capacity = np.full(60, np.inf)
        capacity[:closed] = 0
        options = MarketOptions(lists=5, bound=True)
        bounds.append(run_market(p, q, options=options, people=crowd(80, 60, capacity=capacity)).upper_bound)
    assert (np.diff(bounds) > -1e-3 * bounds[-1]).all()
    assert bounds[0] < bounds[-1]


def test_likelier_answers_do_not_lower_it() -> None:
    p, q = published(40)
    bounds = [run_market(p, q * share, options=BOUND).upper_bound for share in (0.25, 0.5, 1.0)]
    assert bounds[0] < bounds[1] < bounds[2]
    assert bounds[1] >= 0.499 * bounds[2], "half as likely is at least half as much"


def test_a_market_without_congestion_meets_it() -> None:
    p, q = np.eye(6) * 0.8, np.eye(6) * 0.5
    result = run_market(p, q, options=MarketOptions(lists=1, bound=True))
    assert result.expected_matches == pytest.approx(2.4)
    assert result.upper_bound == pytest.approx(2.4, rel=0.05)
    assert result.upper_bound >= 2.4


def test_thresholds_of_lists_say_who_fills_the_places() -> None:
    lists = np.array([[0], [0], [0], [1]])
    p, q = np.ones((4, 2)), np.array([[0.9, 0.1], [0.2, 0.1], [0.6, 0.1], [0.3, 0.7]])
    queues = Queues.of(lists, (listed(p, lists), listed(q, lists)), 2, "inv")
    assert queues.theta[:3].tolist() == [[0.9, 0.7], [0.6, 0.0], [0.2, 0.0]]
    np.testing.assert_allclose(queues.steps.cumsum()[-1] + queues.last, 1)
    assert queues.cost() == pytest.approx((0.9 + 0.7) / 2 + 2 * 0.6 / 6 + 3 * 0.2 / 12)


def test_thresholds_of_nobody() -> None:
    queues = Queues.of(np.full((2, 1), -1), (np.zeros((2, 1)), np.zeros((2, 1))), 3, "exp")
    assert queues.cost() == 0
    assert not queues.theta.any()


def test_worth_above_the_thresholds() -> None:
    queues = Queues(np.array([[0.5], [0.25]]), np.array([0.5, 0.3]), 0.2)
    worth = queues.worth(np.array([[1.0], [0.5]]), np.array([[1.0], [0.25]]), queues.theta)
    assert worth[:, 0].tolist() == pytest.approx([0.2 + 0.25 + 0.225, 0.5 * 0.05])


def test_more_rounds_come_nearer(monkeypatch: pytest.MonkeyPatch) -> None:
    p, q = tables(ecosystem(200, 300))
    bounds = []
    for rounds in (0, 2, 10):
        monkeypatch.setattr(bound, "ROUNDS", rounds)
        bounds.append(run_market(p, q, options=MarketOptions(lists=5, bound=True)).upper_bound)
    assert bounds[0] > bounds[1] > bounds[2]


def test_dear_looks_are_few_and_the_bound_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    p, q = tables(ecosystem(200, 300))
    usual = run_market(p, q, options=MarketOptions(lists=5, bound=True))
    monkeypatch.setattr(bound, "MANY", 1000)
    fewer = run_market(p, q, options=MarketOptions(lists=5, bound=True))
    assert fewer.upper_bound > usual.upper_bound
    assert fewer.upper_bound == pytest.approx(usual.upper_bound, rel=0.03)
