"""What a market may be made of, and what is said of input that is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.markets import ecosystem
from matching import DataError
from matching.market import MarketOptions, Pairs, crowd, run_market, run_market_factors, run_market_sparse
from matching.market.factors import Factors
from matching.market.hashing import hashed, tie
from matching.market.pairs import Shortlist, probabilities

HALF = np.full(3, 0.5)
CSR = (np.array([0, 2, 3]), np.array([0, 1, 1]))


@pytest.mark.parametrize(
    ("csr", "p", "q", "said"),
    [
        ((np.array([0, 2]), CSR[1]), HALF, HALF, "indptr does not cut 3 pairs into 2 rows"),
        ((np.array([1, 2, 3]), CSR[1]), HALF, HALF, "indptr does not cut"),
        ((np.array([0, 2, 4]), CSR[1]), HALF, HALF, "indptr does not cut"),
        ((np.array([0, 4, 3]), CSR[1]), HALF, HALF, "3 indices"),
        (CSR, HALF[:2], HALF, r"p \(2,\), q \(3,\)"),
        (CSR, HALF, np.full((3, 1), 0.5), r"q \(3, 1\)"),
        ((CSR[0], np.array([0, 2, 1])), HALF, HALF, "outside 0 to 1"),
        ((CSR[0], np.array([0, -1, 1])), HALF, HALF, "outside 0 to 1"),
        ((CSR[0], np.array([1, 1, 1])), HALF, HALF, "somebody stands twice"),
        (CSR, np.array([0.5, 1.5, 0.5]), HALF, r"p: 1.5 at \[1\] is no probability"),
        (CSR, HALF, np.array([0.5, 0.5, np.nan]), r"q: nan at \[2\] is no probability"),
    ],
)
def test_pairs_that_are_none(csr: tuple[np.ndarray, np.ndarray], p: np.ndarray, q: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=said):
        Pairs.of(csr, p, q, crowd(2, 2))


def test_pairs_know_the_row_of_each() -> None:
    assert Pairs.of(CSR, HALF, HALF, crowd(2, 2)).rows.tolist() == [0, 0, 1]
    empty = Pairs.of((np.zeros(3, dtype=int), np.empty(0, dtype=int)), np.empty(0), np.empty(0), crowd(2, 0))
    assert empty.rows.size == 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.array([[0.5, np.nan]]), r"q: nan at \[0, 1\] is no probability"),
        (np.array([[0.5], [-0.1]]), r"q: -0.1 at \[1, 0\] is no probability"),
        (np.array([np.inf]), r"q: inf at \[0\] is no probability"),
        (np.array([2]), r"q: 2.0 at \[0\] is no probability"),
        (np.array(["0.5"]), "q: numbers are needed, these are <U3"),
        (np.array([0.5j]), "q: numbers are needed, these are complex128"),
        (np.array([None]), "q: numbers are needed, these are object"),
    ],
)
def test_what_is_no_probability(values: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=f"^{said}"):
        probabilities("q", values)


@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "int64", "bool"])
def test_numbers_of_every_kind_are_taken(kind: str) -> None:
    taken = probabilities("p", np.array([0, 1], dtype=kind))
    assert taken.tolist() == [0, 1]
    assert taken.dtype == (kind if kind in ("float32", "float64") else "float64")


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"ids": (["a"], None)}, "left ids: 1 for 2 people"),
        ({"ids": (None, ["a", "b"])}, "right ids: 2 for 3 people"),
        ({"ids": (["a", "a"], None)}, "left ids: one of them stands twice"),
        ({"ids": (None, np.array([4, 4, 5]))}, "right ids: one of them stands twice"),
        ({"capacity": np.ones(2)}, r"capacity \(2,\)"),
        ({"capacity": np.array([1, -1, 1])}, "a number is negative"),
        ({"lengths": np.ones(3, dtype=int)}, r"lengths \(3,\)"),
        ({"lengths": np.array([1, -2])}, "a number is negative"),
    ],
)
def test_people_that_do_not_fit_the_market(given_: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        crowd(2, 3, **given_)


def test_what_is_not_stated_is_filled_in() -> None:
    people = crowd(2, 3, capacity=np.array([1.9, np.nan, np.inf]))
    assert people.capacity.tolist() == [1.0, np.inf, np.inf]
    assert people.lengths.tolist() == [3, 3]
    assert people.limited
    assert not crowd(2, 3).limited
    assert not crowd(2, 3, capacity=np.full(3, 2.0)).limited


@given(st.lists(st.text(max_size=8), max_size=30, unique=True))
def test_ids_keep_apart_and_come_back_the_same(ids: list[str]) -> None:
    numbers = hashed(ids)
    assert numbers.dtype == np.uint64
    assert len(np.unique(numbers)) == len(ids)
    np.testing.assert_array_equal(numbers[::-1], hashed(ids[::-1]))


def test_ties_differ_by_person_and_by_seed_and_are_spread() -> None:
    left, right = hashed(np.arange(300)), hashed(np.arange(300, 500))
    ties = tie(left[:, None], right)
    assert ties.shape == (300, 200)
    assert ties.dtype == np.uint32
    assert 0.48 < ties.mean() / 2**32 < 0.52
    assert len(np.unique(ties.argsort(axis=1)[:, 0])) > 120
    assert abs(np.corrcoef(ties[0], ties[1])[0, 1]) < 0.25
    assert (tie(left[:, None], right, 1) != ties).mean() > 0.999


def test_a_shortlist_reads_its_lists() -> None:
    short = Shortlist(np.array([[4, 2, -1]], dtype=np.int32), np.array([[0.1, 0.2, 0.0]]), HALF[None], crowd(1, 5))
    lists = np.array([[1, 0, -1]])
    assert short.people(lists).tolist() == [[2, 4, -1]]
    p, q = short.listed(lists)
    assert (p.tolist(), q.tolist()) == ([[0.2, 0.1, 0.0]], [[0.5, 0.5, 0.0]])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (MarketOptions(lists=0), "lists: 0 places"),
        (MarketOptions(lists=-3), "lists: -3 places"),
        (MarketOptions(fairness=-0.1), "fairness: -0.1 is not between"),
        (MarketOptions(fairness=float("nan")), "fairness: nan is not between"),
        (MarketOptions(fairness=9), "fairness: 9 is not between"),
        (MarketOptions(examination="cube"), "examination: 'cube' is none of inv, exp, log2"),
    ],
)
def test_options_that_make_no_sense(options: MarketOptions, said: str) -> None:
    with pytest.raises(DataError, match=said):
        run_market(np.ones((2, 2)), np.ones((2, 2)), options=options)


def test_markets_whose_sides_do_not_match() -> None:
    with pytest.raises(DataError, match=r"p \(2, 3\) and q \(3, 2\) are not two tables of the same shape"):
        run_market(np.ones((2, 3)), np.ones((3, 2)))
    with pytest.raises(DataError, match=r"p \(6,\)"):
        run_market(np.ones(6), np.ones(6))
    with pytest.raises(DataError, match="2 left and 2 right people for a market of shape"):
        run_market(np.ones((2, 3)), np.ones((2, 3)), people=crowd(2, 2))
    with pytest.raises(DataError, match="9 left and 5 right people"):
        run_market_factors(Factors.of(ecosystem(6, 5)), people=crowd(9, 5))


def test_lists_of_everybody_have_an_end() -> None:
    with pytest.raises(DataError, match=r"lists: 6000 places for 6000 people are too many, say fewer"):
        run_market_factors(Factors.of(ecosystem(6000, 6000)), options=MarketOptions(lists=None))


@pytest.mark.parametrize("shape", [(0, 0), (0, 4), (4, 0), (1, 1), (1, 4), (4, 1)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_markets_of_nobody_and_of_one(shape: tuple[int, int], value: float) -> None:
    table = np.full(shape, value)
    result = run_market(table, table, options=MarketOptions(fairness=1, bound=True))
    assert result.lists.shape == (shape[0], min(10, shape[1]))
    assert (np.sort(result.lists, axis=1) == np.arange(min(10, shape[1]))).all()
    assert result.prices.price.shape == (shape[1],)
    assert 0 <= result.expected_matches <= result.upper_bound
    assert result.unfair == pytest.approx(result.expected_matches)
    if value == 0 or 0 in shape:
        assert (result.expected_matches, result.gini) == (0, 0)
    if shape == (1, 1):
        assert result.expected_matches == value * value


def test_pairs_of_nobody() -> None:
    nobody = Pairs.of((np.zeros(4, dtype=int), np.empty(0, dtype=int)), np.empty(0), np.empty(0), crowd(3, 2))
    result = run_market_sparse(nobody, options=MarketOptions(lists=2, bound=True))
    assert result.lists.tolist() == [[-1, -1]] * 3
    assert (result.expected_matches, result.upper_bound, result.coverage) == (0, 0, 0)


def test_only_pairs_are_shown_and_short_lists_end() -> None:
    indptr, indices = np.array([0, 1, 4, 4]), np.array([2, 0, 1, 3])
    pairs = Pairs.of((indptr, indices), np.full(4, 0.5), np.full(4, 0.5), crowd(3, 4))
    lists = run_market_sparse(pairs, options=MarketOptions(lists=4)).lists
    assert lists[0].tolist() == [2, -1, -1, -1]
    assert sorted(lists[1].tolist()) == [-1, 0, 1, 3]
    assert lists[1, 3] == -1
    assert lists[2].tolist() == [-1] * 4


def test_a_hundred_identical_people_share_fifty_identical_ones() -> None:
    p, q = np.full((100, 50), 0.5), np.full((100, 50), 0.4)
    result = run_market(p, q, options=MarketOptions(bound=True))
    assert len(np.unique(result.lists, axis=0)) == 100
    assert result.coverage == 1
    assert result.gini < 0.1
    assert result.expected_matches > 0.85 * result.upper_bound
    assert np.ptp(result.prices.price) < 0.05


def test_nobody_who_wants_anybody_gets_a_list_all_the_same() -> None:
    zero = np.zeros((30, 20))
    result = run_market(zero, zero, options=MarketOptions(lists=5, fairness=1))
    assert result.expected_matches == 0
    assert (result.lists >= 0).all()
    assert len(np.unique(result.lists, axis=0)) > 25
