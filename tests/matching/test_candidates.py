"""Choosing the best: against a plain sort, with ties at the edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.candidates import best, tie_keys

SCORES = st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 0.5, 2.0]), max_size=30)


def sorted_out(score: np.ndarray, ties: np.ndarray, limit: int) -> list[int]:
    there = [k for k in range(len(score)) if score[k] > -np.inf]
    return sorted(there, key=lambda k: (-score[k], ties[k]))[:limit]


@given(SCORES, st.integers(0, 35))
def test_the_best_are_the_head_of_a_full_sort(values: list[float], limit: int) -> None:
    score, ties = np.array(values, dtype=float), tie_keys(f"id {k}" for k in range(len(values)))
    assert best(score, ties, limit).tolist() == sorted_out(score, ties, limit)


@pytest.mark.parametrize("limit", [1, 7, 99, 100])
def test_a_hundred_equals_are_chosen_by_their_hash(limit: int) -> None:
    ties = tie_keys(f"twin {k}" for k in range(100))
    assert best(np.zeros(100), ties, limit).tolist() == np.argsort(ties)[:limit].tolist()


def test_keys_are_of_the_id_alone() -> None:
    one, other = tie_keys(["a", "b", "c"]), tie_keys(["c", "a"])
    assert one.dtype == np.uint64
    assert other.tolist() == [one[2], one[0]]
    assert len(tie_keys([])) == 0


@pytest.mark.parametrize("spread", [3, 50, 10_000])
@pytest.mark.parametrize("limit", [1, 5, 20])
def test_many_more_than_are_wanted_are_chosen_the_same(spread: int, limit: int) -> None:
    rng = np.random.default_rng(spread + limit)
    score = rng.integers(spread, size=1003).astype(float)
    score[rng.integers(1003, size=400)] = -np.inf
    score[-1] = spread
    ties = tie_keys(f"id {k}" for k in range(1003))
    assert best(score, ties, limit).tolist() == sorted_out(score, ties, limit)
