"""Weighted counts of values by investor, every facet in one table: what scores of pairs are looked up in.

What the counts are of stands in history.py, what is made of them in features.py and rough.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse

KINDS = 2
"""Weights of each entry: of all time, and recent."""

CROWDED = 64
"""A value that more than one in so many have is laid out densely."""

CELLS = 6_000_000
"""Cells of a dense layout, at most; the commonest values come first."""


@dataclass(frozen=True)
class Rows:
    """Sparse rows over the values of all segments: one per company.

    Attributes
    ----------
    indptr : ndarray of int, shape (n + 1,)
    value : ndarray of int, shape (entries,)
        Row of a `Table`.
    weight : ndarray of float, shape (entries,)
    segment : ndarray of int, shape (entries,)
        Which facet each entry belongs to.
    """

    indptr: np.ndarray
    value: np.ndarray
    weight: np.ndarray
    segment: np.ndarray

    @classmethod
    def beside(cls, parts: Sequence[sparse.csr_array], starts: np.ndarray) -> "Rows":
        """Put matrices with the same rows beside each other; segment ``k`` begins at value ``starts[k]``."""
        lengths = np.stack([np.diff(part.indptr) for part in parts], axis=1)
        n, count = lengths.shape
        if n == 1:
            value, weight = (np.concatenate([getattr(part, name) for part in parts]) for name in ("indices", "data"))
            value = value + np.repeat(starts[:count], lengths[0])
            return cls(np.array([0, len(value)]), value, weight, np.repeat(np.arange(count), lengths[0]))
        indptr = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(lengths.sum(axis=1), out=indptr[1:])
        before = indptr[:-1, None] + np.cumsum(lengths, axis=1) - lengths
        value, weight = np.empty(indptr[-1], dtype=np.int64), np.empty(indptr[-1])
        segment = np.empty(indptr[-1], dtype=np.int64)
        for k in range(count):
            part = parts[k]
            place = np.repeat(before[:, k] - part.indptr[:-1], lengths[:, k]) + np.arange(part.indptr[-1])
            value[place] = part.indices + starts[k]
            weight[place] = part.data
            segment[place] = k
        return cls(indptr, value, weight, segment)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def entries(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the entries of some rows, and for each which of the rows it is in."""
        return spans(self.indptr[rows], self.indptr[rows + 1])

    def part(self, rows: np.ndarray) -> "Rows":
        """Return some of the rows."""
        at, owner = self.entries(rows)
        indptr = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(np.bincount(owner, minlength=len(rows)), out=indptr[1:])
        return Rows(indptr, self.value[at], self.weight[at], self.segment[at])

    @cached_property
    def by_value(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The entries ordered by value: where each value's begin, the row of each, its weight."""
        order = np.argsort(self.value, kind="stable")
        owner = np.repeat(np.arange(len(self)), np.diff(self.indptr))
        ends = np.concatenate([[0], np.cumsum(np.bincount(self.value))])
        return ends, owner[order], self.weight[order]

    @cached_property
    def crowded(self) -> "Crowded":
        """The values that many rows have, laid out densely; a column for each row."""
        ends, row_of, weight = self.by_value
        return Crowded.of((ends, row_of, weight[:, None]), len(self), len(ends) - 1)

    def present(self, n_segments: int) -> np.ndarray:
        """Tell which segments each row has an entry in, shape (n, n_segments)."""
        found = np.zeros((len(self), n_segments), dtype=bool)
        found[np.repeat(np.arange(len(self)), np.diff(self.indptr)), self.segment] = True
        return found


@dataclass(frozen=True)
class Crowded:
    """The values that many have, laid out densely: a few products in place of very many lookups.

    Attributes
    ----------
    line : ndarray of int, shape (n values,)
        Where each value lies in ``block``, -1 if it is not there.
    there : ndarray of int, shape (places,)
        The columns that have any value at all, rising.
    place : ndarray of int, shape (n columns,)
        Where each column lies in ``block``; the last place, which is empty, for all that are not ``there``.
    block : ndarray, shape (lines, places + 1, kinds)
    """

    line: np.ndarray
    there: np.ndarray
    place: np.ndarray
    block: np.ndarray

    @classmethod
    def of(cls, entries: tuple[np.ndarray, np.ndarray, np.ndarray], n_columns: int, n_values: int) -> "Crowded":
        """Lay out the common ones of the first ``n_values`` values.

        Parameters
        ----------
        entries : tuple of ndarray
            Where the entries of each value begin, the column of each entry, its weights (k, kinds); none twice.
        n_columns, n_values : int
        """
        indptr, column, weight = entries
        lengths = np.diff(indptr[: n_values + 1])
        there = np.flatnonzero(np.bincount(column[: indptr[n_values]], minlength=n_columns))
        often = np.argsort(-lengths, kind="stable")[: CELLS // (len(there) + 1)]
        often = np.sort(often[lengths[often] > len(there) // CROWDED])
        line, place = np.full(len(indptr) - 1, -1), np.full(n_columns, len(there))
        line[often], place[there] = np.arange(len(often)), np.arange(len(there))
        at, owner = spans(indptr[often], indptr[often + 1])
        block = np.zeros((len(often), len(there) + 1, weight.shape[1]))
        block[owner, place[column[at]]] = weight[at]
        return cls(line, there, place, block)


@dataclass(frozen=True)
class Table:
    """Sparse table (values, investors) with `KINDS` weights for each entry, by value.

    Attributes
    ----------
    indptr : ndarray of int, shape (n values + 1,)
    column : ndarray of int, shape (entries,)
        The investor of each entry.
    weight : ndarray of float, shape (entries, KINDS)
    n_columns : int
    """

    indptr: np.ndarray
    column: np.ndarray
    weight: np.ndarray
    n_columns: int

    @classmethod
    def counted(cls, value: np.ndarray, column: np.ndarray, weight: np.ndarray, shape: tuple[int, int]) -> "Table":
        """Add up entries that speak of the same value and investor.

        Parameters
        ----------
        value, column : ndarray of int, shape (k,)
        weight : ndarray of float, shape (k, KINDS)
        shape : (int, int)
            Number of values, number of investors.
        """
        key, place = np.unique(value.astype(np.int64) * max(shape[1], 1) + column, return_inverse=True)
        summed = np.stack([np.bincount(place, weight[:, k], len(key)) for k in range(KINDS)], axis=1)
        indptr = np.zeros(shape[0] + 1, dtype=np.int64)
        np.cumsum(np.bincount(key // max(shape[1], 1), minlength=shape[0]), out=indptr[1:])
        return cls(indptr, (key % max(shape[1], 1)).astype(np.int32), summed, shape[1])

    @classmethod
    def of(cls, matrix: sparse.csr_array, *others: sparse.csr_array) -> "Table":
        """Take matrices (values, investors) of one sparsity as the first kinds; the others are 0."""
        weight = np.zeros((len(matrix.data), KINDS))
        for k, one in enumerate((matrix, *others)):
            weight[:, k] = one.data
        return cls(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), weight, matrix.shape[1])

    @classmethod
    def stacked(cls, tables: Sequence["Table"]) -> "Table":
        """Put tables with the same investors below each other."""
        ends = np.cumsum([0, *(table.indptr[-1] for table in tables)])
        indptr = np.concatenate([[0], *(table.indptr[1:] + end for table, end in zip(tables, ends, strict=False))])
        column, weight = (np.concatenate([getattr(t, name) for t in tables]) for name in ("column", "weight"))
        return cls(indptr.astype(np.int64), column, weight, tables[0].n_columns)

    @cached_property
    def crowded(self) -> Crowded:
        """The values that many investors have, laid out densely."""
        return Crowded.of((self.indptr, self.column, self.weight), self.n_columns, len(self.indptr) - 1)

    def pick(self, rows: np.ndarray, height: int) -> "Table":
        """Return the table for other investors.

        Parameters
        ----------
        rows : ndarray of int, shape (m,)
            For each new investor the old one, -1 for a stranger.
        height : int
            Number of old investors.
        """
        if len(rows) == height and np.array_equal(rows, np.arange(height)):
            return self
        place = np.full(height + 1, -1, dtype=np.int64)
        place[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
        to = place[self.column]
        kept = to >= 0
        indptr = np.concatenate([[0], np.cumsum(kept)])[self.indptr]
        return Table(indptr, to[kept].astype(np.int32), self.weight[kept], len(rows))

    def sums(self, rows: Rows, row_at: np.ndarray, column_at: np.ndarray, n_segments: int) -> np.ndarray:
        """Look up pairs.

        Parameters
        ----------
        rows : Rows
            Companies.
        row_at, column_at : ndarray of int, shape (k,)
            The pairs; those of one company, or of one investor, are next to each other.
        n_segments : int

        Returns
        -------
        ndarray, shape (k, n_segments, KINDS)
            Sum over the company's values of its weight times the table's.
        """
        found = np.zeros((len(row_at), n_segments, KINDS))
        if not len(row_at):
            return found
        lanes = runs_of(row_at)
        if len(lanes) > 1 and len(runs_of(column_at)) < len(lanes):
            self._by_investor(found, rows, row_at, column_at)
        else:
            self._by_company(found, rows, row_at, column_at, lanes)
        return found

    def _by_company(
        self, found: np.ndarray, rows: Rows, row_at: np.ndarray, column_at: np.ndarray, lanes: list[tuple[int, int]]
    ) -> None:
        slot = np.full(self.n_columns, -1, dtype=np.int64)
        n_segments, crowd = found.shape[1], self.crowded
        for start, stop in lanes:
            size, row = stop - start, row_at[start]
            mine = slice(rows.indptr[row], rows.indptr[row + 1])
            values, segments, weights = rows.value[mine], rows.segment[mine], rows.weight[mine]
            often = np.flatnonzero(crowd.line[values] >= 0)
            if len(often):
                there = crowd.block[crowd.line[values[often]][:, None], crowd.place[column_at[start:stop]]]
                there *= weights[often][:, None, None]
                edges = [first for first, _ in runs_of(segments[often])]
                found[start:stop, segments[often][edges]] = np.add.reduceat(there, edges).swapaxes(0, 1)
            seldom = np.flatnonzero(crowd.line[values] < 0)
            slot[column_at[start:stop]] = np.arange(size)
            at, owner = spans(self.indptr[values[seldom]], self.indptr[values[seldom] + 1])
            place = slot[self.column[at]]
            kept = np.flatnonzero(place >= 0)
            at, owner = at[kept], seldom[owner[kept]]
            code = place[kept] * n_segments + segments[owner]
            for kind in range(KINDS):
                flat = np.bincount(code, weights[owner] * self.weight[at, kind], size * n_segments)
                found[start:stop, :, kind] += flat.reshape(size, n_segments)
            slot[column_at[start:stop]] = -1

    def _by_investor(self, found: np.ndarray, rows: Rows, row_at: np.ndarray, column_at: np.ndarray) -> None:
        dense = np.zeros((len(self.indptr) - 1, KINDS))
        order, ends, values = self._transposed
        n_segments = found.shape[1]
        for start, stop in runs_of(column_at):
            size, column = stop - start, column_at[start]
            mine = order[ends[column] : ends[column + 1]]
            dense[values[mine]] = self.weight[mine]
            at, owner = rows.entries(row_at[start:stop])
            code, there = owner * n_segments + rows.segment[at], dense[rows.value[at]]
            for kind in range(KINDS):
                flat = np.bincount(code, rows.weight[at] * there[:, kind], size * n_segments)
                found[start:stop, :, kind] = flat.reshape(size, n_segments)
            dense[values[mine]] = 0.0

    @cached_property
    def _transposed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        order = np.argsort(self.column, kind="stable")
        ends = np.concatenate([[0], np.cumsum(np.bincount(self.column, minlength=self.n_columns))])
        return order, ends, np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    def columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the table by investor: order of the entries, where each investor's begin, the value of each entry."""
        return self._transposed


def spans(starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Concatenate ranges: all positions, and for each which range it is of."""
    lengths = stops - starts
    owner = np.repeat(np.arange(len(lengths)), lengths)
    at = np.arange(len(owner)) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    return at, owner


def starts_of(widths: Mapping[str, int]) -> dict[str, int]:
    """Return where each segment begins when segments of these widths are stacked."""
    ends = np.cumsum([0, *widths.values()]).tolist()
    return dict(zip(widths, ends, strict=False))


def runs_of(values: np.ndarray) -> list[tuple[int, int]]:
    """Return where runs of equal values begin and end."""
    if not len(values):
        return []
    edges = np.concatenate([[0], np.flatnonzero(values[1:] != values[:-1]) + 1, [len(values)]]).tolist()
    return list(pairwise(edges))
