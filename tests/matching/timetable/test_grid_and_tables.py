"""Slots by alternating paths, level loads, and tables at which people stay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.timetable import plan, read_problem
from matching.timetable.colouring import chain_from, colour, level, place
from matching.timetable.grid import Grid
from matching.timetable.tables import seat
from tests.matching.timetable.days import day


def grid_of(
    ends: list[tuple[int, int]], people: int, room: list[int], away: dict[int, list[int]] | None = None
) -> Grid:
    free = np.ones((people, len(room)), dtype=bool)
    for person, slots in (away or {}).items():
        free[person, slots] = False
    return Grid(np.array(ends).reshape(-1, 2), free, room)


def stands(grid: Grid) -> bool:
    """Whether the grid's three views of itself agree."""
    loads = [len(grid.in_slot(slot)) for slot in range(len(grid.load))]
    for pair in grid.placed():
        slot = grid.slot_of[pair]
        if any(grid.meeting[person][slot] != pair or not grid.free[person][slot] for person in grid.ends[pair]):
            return False
    seats = sum(pair >= 0 for row in grid.meeting for pair in row)
    return loads == grid.load and seats == 2 * len(grid.placed())


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_bipartite_graphs_need_no_more_slots_than_their_largest_degree(left: int, right: int, seed: int) -> None:
    """König's theorem, on random graphs."""
    random = np.random.default_rng(seed)
    ends = np.argwhere(random.random((left, right)) < 0.6) + np.array([0, left])
    degrees = np.bincount(ends.ravel(), minlength=left + right)
    slots = max(1, int(degrees.max(initial=0)))
    rooms = [-(-len(ends) // slots)] * slots
    grid = Grid(ends, np.ones((left + right, slots), dtype=bool), [max(1, room) for room in rooms])

    left_over = colour(grid, random.permutation(len(ends)))
    level(grid)

    assert left_over == []
    assert stands(grid)
    assert max(grid.load) <= max(1, rooms[0])


def test_levelling_is_what_makes_slots_even() -> None:
    """The negative control: put as it comes, one slot holds more than its tables."""
    ends = [(0, 4), (1, 5), (2, 6), (3, 7)]
    grid = grid_of(ends, 8, [2, 2])
    for pair in range(4):
        grid.put(pair, 0)
    assert grid.load == [4, 0]

    level(grid)

    assert grid.load == [2, 2]
    assert stands(grid)


def test_levelling_stops_where_people_cannot_come_at_another_time() -> None:
    grid = grid_of([(0, 2), (1, 3)], 4, [1, 1], away={0: [1], 1: [1]})
    for pair in range(2):
        grid.put(pair, 0)
    level(grid)
    assert grid.load == [2, 0]


def test_a_pair_without_a_common_slot_is_placed_by_moving_others() -> None:
    """a meets x in the first slot and b meets y in the second; a and y fit only when one pair moves."""
    grid = grid_of([(0, 2), (1, 3), (0, 3)], 4, [2, 2])
    grid.put(0, 0)
    grid.put(1, 1)

    assert place(grid, 2)

    assert stands(grid)
    assert grid.placed() == [0, 1, 2]


@pytest.mark.parametrize("away", [{1: [0]}, {2: [1]}, {1: [0], 2: [1]}])
def test_nobody_is_moved_into_a_time_of_absence(away: dict[int, list[int]]) -> None:
    grid = grid_of([(0, 2), (1, 3), (0, 3)], 4, [2, 2], away)
    grid.put(0, 0)
    grid.put(1, 1)

    placed = place(grid, 2)

    assert stands(grid)
    assert placed == (len(away) == 1)


def test_an_absence_is_no_chain_to_follow() -> None:
    """Who is away in a slot has no meeting to swap there."""
    grid = grid_of([(0, 1)], 2, [1, 1], away={0: [1], 1: [0]})
    assert not place(grid, 0)
    assert grid.placed() == []


def test_three_in_a_circle_do_not_fit_into_two_slots() -> None:
    grid = grid_of([(0, 1), (1, 2), (0, 2)], 3, [3, 3])
    assert len(colour(grid, np.arange(3))) == 1
    assert stands(grid)


def test_seated_pairs_never_overfill_a_slot() -> None:
    grid = grid_of([(0, 2), (1, 3), (0, 3), (1, 2)], 4, [1, 2])
    placed = [place(grid, pair, seated=True) for pair in range(4)]
    assert max(load - room for load, room in zip(grid.load, grid.room, strict=True)) <= 0
    assert sum(placed) == len(grid.placed())
    assert stands(grid)


def test_taking_out_opens_the_slot_again() -> None:
    grid = grid_of([(0, 1)], 2, [1, 0])
    grid.put(0, 0)
    assert grid.open_slots(0) == set()
    assert grid.take(0) == 0
    assert (grid.open_slots(0), grid.load, grid.placed()) == ({0}, [0, 0], [])


def test_chains_alternate_between_their_slots() -> None:
    grid = grid_of([(0, 3), (1, 3), (1, 4), (2, 4)], 5, [2, 2])
    for pair, slot in enumerate([0, 1, 0, 1]):
        grid.put(pair, slot)
    assert chain_from(grid, 0, 0, 1) == [0, 1, 2, 3]
    assert chain_from(grid, 2, 1, 0) == [3, 2, 1, 0]
    assert chain_from(grid, 0, 1, 0) == []


def moves(ends: np.ndarray, slots: np.ndarray, tables: np.ndarray, people: np.ndarray) -> int:
    """How often these people change tables over the day."""
    total = 0
    for person in people:
        mine = np.flatnonzero((ends == person).any(axis=1))
        order = tables[mine[np.argsort(slots[mine])]]
        total += int((np.diff(order) != 0).sum())
    return total


def test_hosts_who_have_a_table_each_never_move() -> None:
    problem = read_problem(day(60, 20, 10, 20, away=0.2))
    made = np.array(plan(problem).meetings)
    assert moves(problem.pairs[made[:, 0]], made[:, 1], made[:, 2], np.arange(60, 80)) == 0


def test_people_move_less_than_with_tables_by_lot() -> None:
    problem = read_problem(day(60, 30, 10, 18))
    made = np.array(plan(problem).meetings)
    ends, slots = problem.pairs[made[:, 0]], made[:, 1]
    random = np.random.default_rng(0)
    lot = np.concatenate([random.permutation(int((slots == slot).sum())) for slot in np.unique(slots)])
    ours, by_lot = (moves(ends, slots, tables, np.arange(90)) for tables in (made[:, 2], lot))
    assert ours < 0.75 * by_lot


def test_no_table_twice_in_a_slot_and_agreed_ones_kept() -> None:
    ends = np.array([[0, 3], [1, 4], [2, 5], [0, 4]])
    slots, fixed = np.array([0, 0, 0, 1]), np.array([-1, 2, -1, 0])
    hosts = np.arange(6) >= 3

    tables = seat(ends, slots, fixed, 3, hosts)

    assert sorted(tables[:3].tolist()) == [0, 1, 2]
    assert (tables[1], tables[3]) == (2, 0)


def test_nobody_needs_no_table() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    assert seat(nothing.reshape(0, 2), nothing, nothing, 3, np.zeros(4, dtype=bool)).tolist() == []
