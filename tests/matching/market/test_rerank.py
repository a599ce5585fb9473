"""The climb: best answers, steps that never lose, aims of fairness, and small markets against every possible lists."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.markets import best_first, published
from matching.market import MarketOptions, crowd, run_market
from matching.market.examination import Name, looked_at
from matching.market.limits import within
from matching.market.pairs import Shortlist
from matching.market.rerank import Aim, Climb
from tests.matching.market.judging import by_convolution, judged


def shortlist(n_left: int = 12, n_right: int = 8, seed: int = 0, **people: np.ndarray) -> Shortlist:
    """Everybody is a candidate of everybody."""
    rng = np.random.default_rng(seed)
    p, q = rng.random((n_left, n_right)), rng.random((n_left, n_right))
    who = np.tile(np.arange(n_right, dtype=np.int32), (n_left, 1))
    return Shortlist(who, p, q, crowd(n_left, n_right, **people))


def value(climb: Climb, x: np.ndarray) -> float:
    """What the climb raises."""
    return climb.aim.worth(climb.market.at(x, slope=False).matches)


def start(climb: Climb) -> np.ndarray:
    """Everybody is shown the shortlist as it stands."""
    return climb.answer(np.zeros(climb.short.who.shape))


@pytest.mark.parametrize("places", [1, 3, 5])
def test_the_answer_to_a_slope_is_the_best_of_all_lists(places: int) -> None:
    climb = Climb.of(shortlist(3, 5), "inv", places, 0)
    slope = np.random.default_rng(places).normal(size=(3, 5))
    answered = climb.answer(slope)
    chance = looked_at("inv", places)
    for i in range(3):
        every = max(chance @ slope[i, list(order)] for order in permutations(range(5), places))
        assert answered[i] @ slope[i] == pytest.approx(every)


def test_equal_slopes_keep_the_order_of_the_shortlist() -> None:
    climb = Climb.of(shortlist(), "inv", 3, 0)
    assert climb.lists(climb.answer(np.ones((12, 8)))).tolist() == [[0, 1, 2]] * 12


@pytest.mark.parametrize("fairness", [0.0, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("examination", ["inv", "exp", "log2"])
def test_no_step_loses(fairness: float, examination: Name) -> None:
    climb = replace(Climb.of(shortlist(30, 20), examination, 6, 0), aim=Aim(fairness, 1e-3))
    first = start(climb)
    climbed = climb.up(first)
    listed = climb.shown(climb.lists(climbed))
    swept = climb.sweeps(listed, 4)
    assert value(climb, climbed) > value(climb, first)
    assert value(climb, swept) >= value(climb, listed)
    assert value(climb, climb.sweeps(swept, 1)) >= value(climb, swept)


def test_fractional_lists_stay_mixtures_of_lists() -> None:
    climb = Climb.of(shortlist(30, 20), "inv", 6, 0)
    x = climb.up(start(climb))
    chance = looked_at("inv", 6)
    np.testing.assert_allclose(x.sum(axis=1), chance.sum())
    assert (np.cumsum(-np.sort(-x, axis=1), axis=1)[:, :6] <= np.cumsum(chance) + 1e-9).all()
    assert x.min() >= 0


def test_lists_and_the_attention_they_give_are_two_views() -> None:
    climb = Climb.of(shortlist(lengths=np.arange(12)), "inv", 5, 0)
    lists = climb.lists(climb.up(start(climb)))
    assert [int((row >= 0).sum()) for row in lists] == [min(5, length) for length in range(12)]
    np.testing.assert_array_equal(climb.lists(climb.shown(lists)), lists)
    assert climb.shown(lists)[0].tolist() == [0.0] * 8


def test_who_is_closed_is_never_shown() -> None:
    short = shortlist()
    short.who[:, 3] = -1
    climb = Climb.of(short, "inv", 7, 0)
    lists = climb.lists(climb.sweeps(climb.shown(climb.lists(climb.up(start(climb)))), 2))
    assert not (lists == 3).any()
    assert (lists >= 0).all()
    eight = Climb.of(short, "inv", 8, 0)
    assert (eight.lists(start(eight))[:, -1] == -1).all()


@pytest.mark.parametrize("fairness", [0.5, 1.0, 2.0, 4.0])
def test_weights_are_the_slope_of_the_aim(fairness: float) -> None:
    aim, matches = Aim(fairness, 0.3), np.array([0.0, 0.2, 0.5, 2.0])
    weight = aim.weight(matches)
    assert weight is not None
    assert (np.diff(weight) < 0).all()
    for i in range(4):
        step = np.zeros(4)
        step[i] = 1e-6
        rise = (aim.worth(matches + step) - aim.worth(matches - step)) / 2e-6
        assert weight[i] == pytest.approx(rise, rel=1e-4)


def test_without_fairness_everybody_counts_alike() -> None:
    assert Aim().weight(np.ones(3)) is None
    assert Aim().worth(np.array([1.0, 0.5])) == 1.5


def every_lists(p: np.ndarray, q: np.ndarray, places: int) -> float:
    """The most that any lists are worth, by trying all of them."""
    one = list(permutations(range(p.shape[1]), places))
    return max(by_convolution(np.array(lists), p, q, "inv")[0] for lists in product(one, repeat=len(p)))


@pytest.mark.parametrize("seed", range(6))
def test_tiny_markets_come_near_the_best_of_all_lists(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, q = rng.random((4, 3)), rng.random((4, 3))
    best = every_lists(p, q, 2)
    result = run_market(p, q, options=MarketOptions(lists=2, bound=True))
    assert 0.985 * best <= result.expected_matches <= best + 1e-9
    assert result.upper_bound >= best


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 25), st.integers(1, 18), st.integers(1, 20), st.integers(0, 10_000))
def test_lists_are_worth_at_least_those_by_the_product(n_left: int, n_right: int, places: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, q = rng.random((n_left, n_right)), rng.random((n_left, n_right)) ** 2
    result = run_market(p, q, options=MarketOptions(lists=places, bound=True))
    by_product = judged(best_first(p * q, places), p, q)
    assert result.expected_matches >= 0.98 * by_product
    assert result.expected_matches <= result.upper_bound
    assert result.lists.shape == (n_left, min(places, n_right))
    assert (np.diff(np.sort(result.lists, axis=1), axis=1) > 0).all()


def test_where_all_want_the_same_people_lists_differ() -> None:
    p, q = published(40, 1.0, 0)
    result = run_market(p, q, options=MarketOptions(lists=None))
    assert len(np.unique(result.lists, axis=0)) > 50
    assert result.expected_matches > 1.2 * judged(best_first(p * q, 40), p, q)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_seed_moves_the_lists_and_hardly_their_worth(seed: int) -> None:
    p, q = published(40)
    one, other = (run_market(p, q, options=MarketOptions(lists=10, seed=s)) for s in (seed, seed + 1))
    assert one.expected_matches == pytest.approx(other.expected_matches, rel=2e-3)


def test_sweeps_improve_what_a_climb_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the sweeps: rounding alone is worth less."""
    p, q = published(60)
    swept = run_market(p, q, options=MarketOptions(lists=10)).expected_matches
    monkeypatch.setattr("matching.market.run.SWEEPS", 0)
    assert run_market(p, q, options=MarketOptions(lists=10)).expected_matches < swept


def test_within_is_the_climb_itself_where_nobody_has_a_limit() -> None:
    climb = Climb.of(shortlist(), "inv", 4, 0)
    x = climb.up(start(climb))
    expected_lists = climb.lists(climb.sweeps(climb.shown(climb.lists(x)), 2))
    np.testing.assert_array_equal(within(climb, x, 2), expected_lists)
