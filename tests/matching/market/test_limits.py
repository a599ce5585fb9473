"""Nobody stands in more lists than they can take, and what that costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.markets import ecosystem, tables
from matching.market import Crowd, MarketOptions, MarketResult, crowd, limits, run_market


def counted(result: MarketResult, n_right: int) -> np.ndarray:
    """In how many lists each person on the right stands."""
    return np.bincount(result.lists[result.lists >= 0], minlength=n_right)


def small(capacity: object = None, lengths: object = None) -> MarketResult:
    """60 startups, 40 investors, lists of five."""
    p, q = tables(ecosystem(60, 40))
    sides = (None if given_ is None else np.asarray(given_) for given_ in (capacity, lengths))
    wide, long = sides
    return run_market(p, q, options=MarketOptions(lists=5), people=crowd(60, 40, capacity=wide, lengths=long))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, 5.0, 9.5, 30.0, np.inf, np.nan]), min_size=40, max_size=40))
def test_capacities_hold_whatever_they_are(capacity: list[float]) -> None:
    result = small(capacity)
    wide = np.where(np.isnan(capacity), np.inf, np.floor(capacity))
    assert (counted(result, 40) <= wide).all()
    assert (np.diff(np.sort(np.where(result.lists < 0, -np.arange(1, 6), result.lists), axis=1), axis=1) > 0).all()
    ends = result.lists < 0
    assert (np.diff(ends.astype(int), axis=1) >= 0).all(), "a list ends once"


@pytest.mark.parametrize("capacity", [1, 4, 8])
def test_where_there_are_places_enough_they_are_filled(capacity: int) -> None:
    result = small(np.full(40, capacity))
    shown = counted(result, 40)
    assert shown.max() == capacity
    assert shown.sum() >= 0.97 * min(300, 40 * capacity)


def test_more_capacity_is_worth_more() -> None:
    worth = [small(np.full(40, capacity)).expected_matches for capacity in (0, 1, 3, 7, 15, 60)]
    assert worth[0] == 0
    assert (np.diff(worth) > -0.02 * worth[-1]).all()
    assert worth[1] < worth[2] < worth[3]


def test_limits_that_nobody_can_reach_change_nothing() -> None:
    free, wide = small(), small(np.full(40, 60.0))
    np.testing.assert_array_equal(wide.lists, free.lists)
    assert wide.expected_matches == free.expected_matches


def test_a_limited_person_is_shown_to_those_with_whom_it_is_worth_most() -> None:
    p, q = np.full((6, 2), 0.5), np.full((6, 2), 0.5)
    q[[1, 4], 0] = 0.9
    p[[1, 4], 0] = 0.9
    result = run_market(p, q, options=MarketOptions(lists=1), people=crowd(6, 2, capacity=np.array([2, np.inf])))
    assert np.flatnonzero(result.lists[:, 0] == 0).tolist() == [1, 4]
    assert (result.lists[[0, 2, 3, 5], 0] == 1).all()


def test_closed_people_are_in_no_list_and_the_others_take_their_places() -> None:
    capacity = np.full(40, np.inf)
    capacity[:35] = 0
    result = small(capacity)
    assert set(np.unique(result.lists)) == {35, 36, 37, 38, 39}
    assert (counted(result, 40)[35:] == 60).all()


def test_lists_are_as_long_as_people_want_them() -> None:
    lengths = np.arange(60) % 8
    result = small(lengths=lengths)
    assert ((result.lists >= 0).sum(axis=1) == np.minimum(lengths, 5)).all()
    assert (result.left_matches[lengths == 0] == 0).all()
    assert (result.left_matches[lengths > 0] > 0).all()


def test_when_tries_run_out_lists_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TRIES", 0)
    cut = small(np.full(40, 4.0))
    monkeypatch.undo()
    tried = small(np.full(40, 4.0))
    assert counted(cut, 40).max() == 4
    assert counted(cut, 40).sum() < counted(tried, 40).sum()
    assert cut.expected_matches < tried.expected_matches


def test_fair_lists_keep_to_limits_too() -> None:
    p, q = tables(ecosystem(60, 40))
    people: Crowd = crowd(60, 40, capacity=np.full(40, 6.0))
    fair = run_market(p, q, options=MarketOptions(lists=5, fairness=1), people=people)
    assert counted(fair, 40).max() <= 6
    assert fair.unfair is not None
    assert fair.unfair > 0
