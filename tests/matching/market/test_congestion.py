"""Value and slope of fractional lists: against the judge, and against small steps."""

import numpy as np
import pytest

from matching.market import congestion, expected
from matching.market.congestion import Congestion
from matching.market.examination import Name, looked_at
from matching.market.pairs import Shortlist, crowd


def drawn(n_left: int = 9, n_right: int = 5, seed: int = 0, *, equal: bool = False) -> Shortlist:
    """Everybody is a candidate of everybody; with ``equal`` many people are liked equally."""
    rng = np.random.default_rng(seed)
    p, q = rng.random((n_left, n_right)), rng.random((n_left, n_right))
    q = np.round(q * 2) / 2 if equal else q
    who = np.tile(np.arange(n_right, dtype=np.int32), (n_left, 1))
    return Shortlist(who, p, q, crowd(n_left, n_right))


def attention(short: Shortlist, seed: int = 1) -> np.ndarray:
    """A mean of two random lists for everybody."""
    rng = np.random.default_rng(seed)
    v = looked_at("inv", short.who.shape[1])
    return np.array([(rng.permutation(v) + rng.permutation(v)) / 2 for _ in short.who])


@pytest.mark.parametrize("examination", ["inv", "exp", "log2"])
@pytest.mark.parametrize("equal", [False, True])
def test_value_of_lists_is_that_of_the_judge(examination: Name, equal: bool) -> None:
    short = drawn(equal=equal)
    x = np.tile(looked_at(examination, 5), (9, 1))
    state = Congestion(short, examination, 32).at(x)
    outcome = expected(short.who, short.p, short.q, short.crowd, examination)
    np.testing.assert_allclose(state.matches, outcome.left, rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_slope_is_the_derivative(weighted: bool) -> None:
    short = drawn()
    market = Congestion(short, "inv", 12)
    weight = np.random.default_rng(2).uniform(0.5, 2, len(short.who)) if weighted else None
    x = attention(short)
    counts = np.ones(len(short.who)) if weight is None else weight
    slope = market.at(x, weight).slope
    for i, k in [(0, 0), (3, 2), (8, 4), (5, 1)]:
        step = np.zeros_like(x)
        step[i, k] = 1e-5
        rise = counts @ (market.at(x + step).matches - market.at(x - step).matches)
        assert slope[i, k] == pytest.approx(rise / 2e-5, rel=1e-6)


def test_value_is_linear_in_the_list_of_one_person() -> None:
    short = drawn()
    market = Congestion(short, "inv", 12)
    x, other = attention(short), attention(short)
    other[4] = attention(short, 7)[4]
    ends = [market.at(one).matches.sum() for one in (x, other)]
    half = market.at((x + other) / 2).matches.sum()
    assert half == pytest.approx(sum(ends) / 2, rel=1e-12)


def test_value_alone_is_the_same_value() -> None:
    short = drawn()
    market, x = Congestion(short, "exp", 8), attention(short)
    np.testing.assert_array_equal(market.at(x, slope=False).matches, market.at(x).matches)
    assert market.at(x, slope=False).slope.size == 0


def test_blocks_hold_every_pair_once_whatever_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    short = drawn(40, 7, equal=True)
    short.who[::3, 2:] = -1
    short.p[short.who < 0] = short.q[short.who < 0] = 0
    x = attention(short)
    whole = Congestion(short, "inv").at(x)
    monkeypatch.setattr(congestion, "_CELLS", 16)
    small = Congestion(short, "inv")
    places = np.sort(np.concatenate([block.ravel() for block in small.blocks]))
    np.testing.assert_array_equal(places[places < short.who.size], np.flatnonzero(short.who.ravel() >= 0))
    np.testing.assert_allclose(small.at(x).matches, whole.matches, rtol=1e-12)
    np.testing.assert_allclose(small.at(x).slope, whole.slope, rtol=1e-12)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_certain_answers_stand_first_in_the_queue_of_their_own_person(kind: type) -> None:
    p, q = np.full((6, 4), 0.5, dtype=kind), np.ones((6, 4), dtype=kind)
    q[1:] = np.linspace(0.9, 0.1, 5)[:, None]
    who = np.tile(np.arange(4, dtype=np.int32), (6, 1))
    [block] = Congestion(Shortlist(who, p, q, crowd(6, 4)), "inv").blocks
    people, asking = block % 4, block // 4
    assert (people == people[:, :1]).all()
    assert sorted(people[:, 0].tolist()) == [0, 1, 2, 3]
    assert (asking == np.arange(6)).all()


def test_large_markets_climb_with_four_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    short, eight = drawn(30, 6), Congestion(drawn(30, 6), "inv")
    monkeypatch.setattr(congestion, "LARGE", 10)
    four = Congestion(short, "inv")
    x = attention(short)
    assert four.at(x).slope.dtype == np.float32
    np.testing.assert_allclose(four.at(x).slope, eight.at(x).slope, rtol=1e-4, atol=1e-6)
