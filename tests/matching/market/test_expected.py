"""The judge of lists against the dynamic program, and what must hold for any lists."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.markets import best_first, published
from matching.market import crowd, expected
from matching.market.examination import Name, looked_at, powers
from matching.market.expected import gini, seen_behind
from tests.matching.market.judging import by_convolution, judged, listed

CURVES: tuple[Name, ...] = ("inv", "exp", "log2")


@pytest.mark.parametrize("examination", CURVES)
@pytest.mark.parametrize("places", [1, 5, 20])
@pytest.mark.parametrize("by", ["p", "p*q"])
def test_judge_agrees_with_the_dynamic_program(examination: Name, places: int, by: str) -> None:
    p, q = published(20)
    lists = best_first(p if by == "p" else p * q, places)
    total, left = by_convolution(lists, p, q, examination)
    outcome = expected(lists, listed(p, lists), listed(q, lists), crowd(*p.shape), examination)
    assert outcome.total == pytest.approx(total, rel=1e-9)
    np.testing.assert_allclose(outcome.left, left, rtol=1e-8, atol=1e-12)
    assert outcome.right.sum() == pytest.approx(total, rel=1e-9)


@settings(deadline=None)
@given(
    st.integers(1, 6).flatmap(
        lambda n: st.tuples(
            arrays(float, (n, 3), elements=st.sampled_from([0.0, 1e-9, 0.25, 0.5, 1.0])),
            arrays(float, (n, 3), elements=st.sampled_from([0.0, 0.5, 1.0])),
        )
    ),
    st.sampled_from(CURVES),
    st.integers(0, 5),
)
def test_judge_agrees_where_many_are_equal_or_certain(
    tables: tuple[np.ndarray, np.ndarray], examination: Name, seed: int
) -> None:
    p, q = tables
    drawn = np.random.default_rng(seed)
    lists = np.array([drawn.permutation(3) for _ in p])
    lists[drawn.random(lists.shape) < 0.2] = -1
    total, _ = by_convolution(lists, p, q, examination)
    assert judged(lists, p, q, examination) == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize("size", [0, 1, 7, 60, 400, 3000])
@pytest.mark.parametrize("examination", CURVES)
def test_a_crowd_of_any_size_is_counted(examination: Name, size: int) -> None:
    asked = np.random.default_rng(size).uniform(0, 1, size)
    ahead = np.array([1.0])
    for one in asked[:-1]:
        ahead = np.convolve(ahead, [1 - one, one])
    last = ahead @ looked_at(examination, len(ahead))
    assert seen_behind(asked, examination)[-1:] == pytest.approx([last] if size else [], rel=1e-9)


@pytest.mark.parametrize("examination", CURVES)
def test_mixtures_of_powers_are_probabilities_and_give_the_curve(examination: Name) -> None:
    t, w = powers(examination, 32)
    crowds = np.array([0, 1, 2, 5, 17, 60])
    np.testing.assert_allclose((w * t ** crowds[:, None]).sum(axis=1), looked_at(examination, 61)[crowds], rtol=1e-10)
    assert w.sum() == pytest.approx(1)
    assert (w > 0).all()
    assert ((t > 0) & (t <= 1)).all()


def test_the_published_market_gives_the_published_figures() -> None:
    p, q = published(100)
    assert judged(best_first(p, 100), p, q) == pytest.approx(106.3, abs=0.05)
    assert judged(best_first(p * q, 100), p, q) == pytest.approx(130.2, abs=0.05)


def test_whoever_asks_more_matches_more_and_pushes_back_only_those_behind() -> None:
    p, q = published(12)
    lists = best_first(p * q, 4)
    people = crowd(*p.shape)
    before = expected(lists, listed(p, lists), listed(q, lists), people, "inv")
    more = p.copy()
    more[3] = np.minimum(1, more[3] * 1.5)
    after = expected(lists, listed(more, lists), listed(q, lists), people, "inv")
    others = np.arange(len(p)) != 3
    assert after.left[3] > before.left[3]
    assert (after.left[others] <= before.left[others] + 1e-12).all()
    assert after.left[others].sum() < before.left[others].sum()


def test_equal_people_are_ordered_by_their_ids_and_not_by_their_place() -> None:
    lists, ones = np.zeros((2, 1), dtype=int), np.ones((2, 1))
    there = expected(lists, ones, ones, crowd(2, 1, ids=(["an", "bình"], None)), "inv")
    turned = expected(lists, ones, ones, crowd(2, 1, ids=(["bình", "an"], None)), "inv")
    assert sorted(there.left.tolist()) == [0.5, 1.0]
    assert there.left.tolist() == turned.left.tolist()[::-1]


def test_lists_that_show_nobody_are_worth_nothing() -> None:
    nobody = expected(np.full((3, 2), -1), np.zeros((3, 2)), np.zeros((3, 2)), crowd(3, 2), "inv")
    assert (nobody.total, nobody.coverage, nobody.gini) == (0.0, 0.0, 0.0)
    empty = expected(np.empty((0, 0), dtype=int), np.empty((0, 0)), np.empty((0, 0)), crowd(0, 0), "inv")
    assert (empty.total, empty.coverage, empty.left.size, empty.right.size) == (0.0, 0.0, 0, 0)


def test_coverage_counts_who_is_shown_and_gini_who_is_met() -> None:
    lists = np.array([[0], [0]])
    ones = np.ones((2, 1))
    outcome = expected(lists, ones, ones, crowd(2, 4), "inv")
    assert outcome.coverage == 0.25
    assert outcome.gini == 0.75
    assert outcome.total == 1.5


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20))
def test_gini_is_half_the_mean_difference_by_the_mean(values: list[float]) -> None:
    differences = np.abs(np.subtract.outer(values, values)).mean()
    mean = float(np.mean(values))
    assert gini(np.array(values)) == pytest.approx(differences / (2 * mean) if mean else 0.0, abs=1e-9)
