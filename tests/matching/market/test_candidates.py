"""The largest of each row in one pass, ties by ids, factors in tiles, and three sources of one market."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.markets import ecosystem, tables
from matching import DataError
from matching.market import Factors, Pairs, Prices, crowd
from matching.market import sources as sources_module
from matching.market.candidates import best, in_order, pieces
from matching.market.hashing import hashed
from matching.market.sources import FactorMarket, PairMarket, Source, Tables, sample


def keys(n: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Hashed ids of rows and columns."""
    return hashed(np.arange(n)), hashed(np.arange(width))


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 200)).flatmap(
        lambda shape: arrays(np.float32, shape, elements=st.floats(-4, 4, width=32) | st.sampled_from([0, 1, -np.inf]))
    ),
    st.integers(1, 60),
)  # fmt: skip
def test_best_are_the_largest(score: np.ndarray, keep: int) -> None:
    found = best(score, keep, keys(*score.shape))
    assert found.shape == (len(score), min(keep, score.shape[1]))
    assert (np.diff(np.sort(found, axis=1), axis=1) > 0).all()
    largest = -np.sort(-score, axis=1)[:, :keep]
    np.testing.assert_array_equal(-np.sort(-np.take_along_axis(score, found, axis=1), axis=1), largest)


@pytest.mark.parametrize("width", [60, 250, 999, 4096])
def test_best_come_largest_first_in_wide_rows(width: int) -> None:
    score = np.random.default_rng(width).normal(size=(7, width))
    np.testing.assert_array_equal(best(score, 12, keys(7, width)), np.argsort(-score, axis=1)[:, :12])


def test_equal_scores_give_everybody_another_list_and_always_the_same() -> None:
    score = np.zeros((40, 500), dtype=np.float32)
    found = best(score, 10, keys(40, 500))
    assert len({tuple(row) for row in found.tolist()}) == 40
    assert len(np.unique(found)) > 250
    np.testing.assert_array_equal(found, best(score, 10, keys(40, 500)))


def test_pieces_cover_everybody_once() -> None:
    for n_left, n_right, most in [(0, 5, None), (1, 0, None), (1000, 100_000, None), (999, 3, 64), (10, 10, 1)]:
        runs = list(pieces(n_left, n_right, most))
        assert [row for run in runs for row in range(run.start, run.stop)] == list(range(n_left))
        assert most is None or all(run.stop - run.start <= most for run in runs)


def test_a_shortlist_is_in_the_order_of_price_and_leaves_out_who_is_closed() -> None:
    who = np.array([[0, 1, 2, 3]], dtype=np.int32)
    p, q = np.array([[0.1, 0.9, 0.8, 0.3]]), np.full((1, 4), 0.5)
    short = in_order(who, (p, q), crowd(1, 4), Prices(np.array([0.0, np.inf, 9.0, 0.0]), 0.1))
    assert short.who.tolist() == [[3, 0, 2, -1]]
    assert short.p.tolist() == [[0.3, 0.1, 0.8, 0.0]]
    assert short.q[0, -1] == 0


def test_factors_give_the_probabilities_that_they_stand_for() -> None:
    given_ = ecosystem(70, 600)
    p, q = tables(given_)
    factors = Factors.of(given_)
    for rows in (slice(0, 70), slice(3, 4), np.array([5, 1, 69])):
        found = factors.dense(rows)
        assert found[0].dtype == np.float32
        np.testing.assert_allclose(found[0], p[rows], atol=2e-6)
        np.testing.assert_allclose(found[1], q[rows], atol=2e-6)
    who = np.random.default_rng(0).integers(0, 600, (3, 4))
    some = factors.of_pairs(np.array([0, 9, 33]), who)
    np.testing.assert_allclose(some[0], p[[0, 9, 33]][np.arange(3)[:, None], who], rtol=1e-5)
    np.testing.assert_allclose(some[1], q[[0, 9, 33]][np.arange(3)[:, None], who], rtol=1e-5)


def test_factors_of_extreme_logits_stay_probabilities() -> None:
    given_ = ecosystem(4, 3)
    given_["a"] = np.array([-1e4, 1e4, 800.0, -800.0])
    factors = Factors.of(given_)
    for p, _ in (factors.dense(slice(0, 4)), factors.of_pairs(np.arange(4), np.tile(np.arange(3), (4, 1)))):
        np.testing.assert_allclose(p, np.tile([[0.0], [1.0], [1.0], [0.0]], (1, 3)), atol=1e-12)


def broken(**changes: object) -> dict[str, np.ndarray]:
    """Factors with some arrays changed, or taken away."""
    given_ = dict(ecosystem(6, 5))
    for name, change in changes.items():
        if change is None:
            del given_[name]
        else:
            given_[name] = np.asarray(change)
    return given_


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({}, "U, V, a, b missing"),
        (broken(b2=None), "b2 missing"),
        (broken(U=np.zeros((6, 3))), r"shapes do not match: U \(6, 3\), V \(5, 16\)"),
        (broken(a=np.zeros(5)), r"a \(5,\)"),
        (broken(b2=np.zeros(6)), r"b2 \(6,\)"),
        (broken(V=np.zeros(5)), "V has 1 dimensions"),
        (broken(a2=np.zeros((6, 1))), "a2 has 2 dimensions"),
        (broken(U=np.full((6, 16), np.nan)), "U holds what is not finite"),
        (broken(b=[1, 2, np.inf, 3, 4]), "b holds what is not finite"),
        (broken(V2=np.full((5, 16), "x")), "V2 has 2 dimensions of <U1"),
        (broken(U2=np.zeros((7, 16)), a2=np.zeros(7)), "of different numbers of people"),
        (broken(V2=np.zeros((9, 16)), b2=np.zeros(9)), "of different numbers of people"),
    ],
)
def test_factors_that_do_not_fit_are_named(given_: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(DataError, match=f"^factors: .*{said}"):
        Factors.of(given_)


def stated_three_ways(n_left: int = 60, n_right: int = 40) -> tuple[Source, ...]:
    """One market as tables, as pairs and as factors; the last person on the right takes nobody."""
    given_ = ecosystem(n_left, n_right)
    p, q = tables(given_)
    people = crowd(n_left, n_right, capacity=np.where(np.arange(n_right) == n_right - 1, 0, np.inf))
    csr = (np.arange(n_left + 1) * n_right, np.tile(np.arange(n_right), n_left))
    pairs = Pairs.of(csr, p.ravel(), q.ravel(), people)
    return Tables(p, q, people), PairMarket(pairs), FactorMarket(Factors.of(given_), people)


def test_three_ways_to_state_a_market_agree() -> None:
    first, *others = stated_three_ways()
    prices = first.prices()
    short = first.shortlist(prices, 8)
    for other in others:
        assert other.people == first.people
        np.testing.assert_allclose(other.prices().price, prices.price, rtol=1e-3)
        for mine, theirs in zip(first.rows(slice(5, 9)), other.rows(slice(5, 9)), strict=True):
            np.testing.assert_allclose(theirs, mine, atol=1e-5)
        listed = other.shortlist(prices, 8)
        assert [set(row) - {-1} for row in listed.who.tolist()] == [set(row) - {-1} for row in short.who.tolist()]
    assert not (short.who == 39).any()


def test_the_sample_of_the_left_hangs_on_ids_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources_module, "SAMPLE", 10)
    names = [f"s{i}" for i in range(50)]
    order = np.random.default_rng(4).permutation(50)
    taken = {names[i] for i in sample(crowd(50, 3, ids=(names, None)))}
    turned = [names[i] for i in order]
    assert {turned[i] for i in sample(crowd(50, 3, ids=(turned, None)))} == taken
    assert len(taken) == 10


def test_prices_of_a_sample_are_near_those_of_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    source = stated_three_ways(600, 30)[2]
    whole = source.prices().price[:-1]
    monkeypatch.setattr(sources_module, "SAMPLE", 300)
    part = source.prices().price[:-1]
    assert np.corrcoef(whole, part)[0, 1] > 0.97
