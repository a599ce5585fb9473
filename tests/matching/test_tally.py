"""The table that pairs are looked up in, against plain dense arithmetic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from matching.tally import KINDS, Crowded, Rows, Table, runs_of, spans, starts_of

WIDTHS = {"one": 3, "two": 4, "three": 2}
HEIGHT = sum(WIDTHS.values())


def drawn(seed: int, n_rows: int = 5, n_columns: int = 6) -> tuple[list[sparse.csr_array], Rows, Table]:
    rng = np.random.default_rng(seed)
    parts = [sparse.random_array((n_rows, width), density=0.5, rng=rng).tocsr() for width in WIDTHS.values()]
    value, column = rng.integers(HEIGHT, size=40), rng.integers(n_columns, size=40)
    table = Table.counted(value, column, rng.random((40, KINDS)), (HEIGHT, n_columns))
    return parts, Rows.beside(parts, np.array(list(starts_of(WIDTHS).values()))), table


def dense(table: Table) -> np.ndarray:
    found = np.zeros((len(table.indptr) - 1, table.n_columns, KINDS))
    for value in range(len(found)):
        for at in range(table.indptr[value], table.indptr[value + 1]):
            found[value, table.column[at]] += table.weight[at]
    return found


def expected(parts: list[sparse.csr_array], table: Table) -> np.ndarray:
    whole, starts = dense(table), starts_of(WIDTHS)
    found = [
        np.einsum("rv,vck->rck", part.toarray(), whole[start : start + part.shape[1]])
        for part, start in zip(parts, starts.values(), strict=True)
    ]
    return np.stack(found, axis=2)


def test_segments_begin_where_the_one_before_ends() -> None:
    assert starts_of(WIDTHS) == {"one": 0, "two": 3, "three": 7}
    assert starts_of({}) == {}


@pytest.mark.parametrize(
    ("starts", "stops", "at", "owner"),
    [
        ([], [], [], []),
        ([4], [4], [], []),
        ([2, 9, 5], [4, 9, 6], [2, 3, 5], [0, 0, 2]),
        ([0, 0], [2, 2], [0, 1, 0, 1], [0, 0, 1, 1]),
    ],
)
def test_spans_are_all_positions_of_ranges(
    starts: list[int], stops: list[int], at: list[int], owner: list[int]
) -> None:
    found = spans(np.array(starts, dtype=int), np.array(stops, dtype=int))
    assert found[0].tolist() == at
    assert found[1].tolist() == owner


@pytest.mark.parametrize(
    ("values", "runs"),
    [([], []), ([7], [(0, 1)]), ([1, 1, 2, 1], [(0, 2), (2, 3), (3, 4)]), ([3, 3, 3], [(0, 3)])],
)
def test_runs_end_where_the_value_changes(values: list[int], runs: list[tuple[int, int]]) -> None:
    assert runs_of(np.array(values)) == runs


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_lookups_are_products_of_rows_and_table(seed: int) -> None:
    parts, rows, table = drawn(seed)
    whole = expected(parts, table)
    company_at, investor_at = np.repeat(np.arange(5), 6), np.tile(np.arange(6), 5)
    found = table.sums(rows, company_at, investor_at, len(WIDTHS))
    np.testing.assert_allclose(found, whole[company_at, investor_at], atol=1e-12)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_by_investor_and_by_company_give_the_same(seed: int) -> None:
    parts, rows, table = drawn(seed, n_rows=9, n_columns=3)
    by_investor = np.tile(np.arange(9), 3), np.repeat(np.arange(3), 9)
    found = table.sums(rows, *by_investor, len(WIDTHS))
    np.testing.assert_allclose(found, expected(parts, table)[by_investor], atol=1e-12)


def test_some_pairs_only_and_none_at_all() -> None:
    parts, rows, table = drawn(3)
    at = np.array([1, 1, 4]), np.array([5, 0, 2])
    np.testing.assert_allclose(table.sums(rows, *at, 3), expected(parts, table)[at], atol=1e-12)
    assert table.sums(rows, np.zeros(0, int), np.zeros(0, int), 3).shape == (0, 3, KINDS)


def test_entries_of_the_same_pair_are_added_up() -> None:
    weight = np.array([[1.0, 0.5], [2.0, 0.25], [4.0, 0.0]])
    table = Table.counted(np.array([1, 1, 0]), np.array([2, 2, 0]), weight, (2, 3))
    assert dense(table)[1, 2].tolist() == [3.0, 0.75]
    assert dense(table)[0, 0].tolist() == [4.0, 0.0]
    assert table.indptr.tolist() == [0, 1, 2]


def test_tables_are_stacked_in_order() -> None:
    _, _, one = drawn(1)
    _, _, other = drawn(2)
    both = Table.stacked([one, other, one])
    np.testing.assert_allclose(dense(both), np.concatenate([dense(one), dense(other), dense(one)]))


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4, 5], [5, 4], [-1, 2, -1], [], [3]])
def test_investors_are_picked_and_strangers_are_empty(rows: list[int]) -> None:
    _, _, table = drawn(4)
    picked = table.pick(np.array(rows, dtype=np.int64), 6)
    whole = dense(table)
    assert picked.n_columns == len(rows)
    for place, row in enumerate(rows):
        np.testing.assert_allclose(dense(picked)[:, place], whole[:, row] if row >= 0 else 0.0)


def test_everybody_in_order_is_the_same_table() -> None:
    _, _, table = drawn(4)
    assert table.pick(np.arange(6), 6) is table


def test_matrices_become_kinds() -> None:
    matrix = sparse.csr_array(np.array([[0.0, 2.0], [3.0, 0.0]]))
    table = Table.of(matrix, (matrix > 0).astype(float).tocsr())
    assert dense(table)[:, :, 0].tolist() == [[0, 2], [3, 0]]
    assert dense(table)[:, :, 1].tolist() == [[0, 1], [1, 0]]
    assert dense(Table.of(matrix))[:, :, 1].sum() == 0


def test_rows_beside_each_other_keep_their_values() -> None:
    parts, rows, _ = drawn(5)
    whole = sparse.hstack(parts).toarray()
    again = np.zeros_like(whole)
    owner = np.repeat(np.arange(len(rows)), np.diff(rows.indptr))
    again[owner, rows.value] = rows.weight
    np.testing.assert_array_equal(again, whole)
    edges = np.array([3, 7])
    np.testing.assert_array_equal(rows.segment, np.searchsorted(edges, rows.value, side="right"))


def test_a_part_of_rows_is_those_rows_in_that_order() -> None:
    parts, rows, _ = drawn(6)
    chosen = np.array([4, 0, 2])
    again = Rows.beside([part[chosen] for part in parts], np.array([0, 3, 7]))
    part = rows.part(chosen)
    assert len(part) == 3
    for name in ("indptr", "value", "weight", "segment"):
        np.testing.assert_array_equal(getattr(part, name), getattr(again, name))


def test_present_says_which_segments_are_filled() -> None:
    parts, rows, _ = drawn(7)
    found = rows.present(len(WIDTHS))
    for k, part in enumerate(parts):
        np.testing.assert_array_equal(found[:, k], np.diff(part.indptr) > 0)


def test_entries_by_value_are_all_entries() -> None:
    parts, rows, _ = drawn(8)
    ends, owner, weight = rows.by_value
    whole = sparse.hstack(parts).toarray()
    for value in range(len(ends) - 1):
        mine = slice(ends[value], ends[value + 1])
        found = np.zeros(len(rows))
        found[owner[mine]] = weight[mine]
        np.testing.assert_array_equal(found, whole[:, value])
    assert ends[-1] == len(rows.value)


@pytest.mark.parametrize(("cells", "crowded", "lines"), [(0, 64, 0), (21, 64, 3), (10**6, 64, 8), (10**6, 1, 0)])
def test_common_values_laid_out_densely_change_no_lookup(
    monkeypatch: pytest.MonkeyPatch, cells: int, crowded: int, lines: int
) -> None:
    monkeypatch.setattr("matching.tally.CELLS", cells)
    monkeypatch.setattr("matching.tally.CROWDED", crowded)
    parts, rows, table = drawn(9)
    at = np.repeat(np.arange(5), 6), np.tile(np.arange(6), 5)
    assert len(table.crowded.block) == lines
    np.testing.assert_allclose(table.sums(rows, *at, len(WIDTHS)), expected(parts, table)[at], atol=1e-12)


def test_the_commonest_values_are_laid_out_first() -> None:
    indptr, column = np.array([0, 1, 4, 4, 6]), np.array([2, 0, 2, 4, 4, 0])
    crowd = Crowded.of((indptr, column, np.arange(1.0, 7.0)[:, None]), 5, 4)
    assert crowd.there.tolist() == [0, 2, 4]
    assert crowd.line.tolist() == [0, 1, -1, 2]
    assert crowd.place.tolist() == [0, 3, 1, 3, 2]
    assert crowd.block[:, :, 0].tolist() == [[0, 1, 0, 0], [2, 3, 4, 0], [6, 0, 5, 0]]
    first = Crowded.of((indptr, column, np.ones((6, 2))), 5, 1)
    assert first.there.tolist() == [2]
    assert first.line.tolist() == [0, -1, -1, -1]


def test_one_row_beside_is_that_row_of_many() -> None:
    parts, rows, _ = drawn(10)
    for k in range(5):
        alone, part = Rows.beside([part[[k]] for part in parts], np.array([0, 3, 7])), rows.part(np.array([k]))
        for name in ("indptr", "value", "weight", "segment"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(part, name))
