"""What a market is made of: who might be shown to whom, and how likely each would say yes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from matching.data import DataError
from matching.market.hashing import hashed

Ids = Sequence[str] | np.ndarray


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people of both sides, apart from what they want.

    Attributes
    ----------
    n_left, n_right : int
        People who are shown a list; people who are shown in lists.
    left, right : ndarray of uint64, shapes (n_left,) and (n_right,)
        Hashed ids, which break ties.
    capacity : ndarray of float, shape (n_right,)
        How many lists may show this person; inf for no limit.
    lengths : ndarray of int64, shape (n_left,)
        How many people this person is shown at most.
    """

    n_left: int
    n_right: int
    left: np.ndarray
    right: np.ndarray
    capacity: np.ndarray
    lengths: np.ndarray

    @property
    def limited(self) -> bool:
        """Whether anybody on the right has a limit that lists could reach."""
        return bool((self.capacity < self.n_left).any())


def crowd(
    n_left: int,
    n_right: int,
    *,
    ids: tuple[Ids | None, Ids | None] = (None, None),
    capacity: np.ndarray | None = None,
    lengths: np.ndarray | None = None,
) -> Crowd:
    """Return the people of a market, with what is not stated filled in.

    Parameters
    ----------
    n_left, n_right : int
    ids : pair of sequences of str or of ndarrays of int, optional
        Ids of the left and of the right; without them a person is known by position.
    capacity : ndarray, shape (n_right,), optional
        How many lists may show each person; nan and missing mean no limit.
    lengths : ndarray of int, shape (n_left,), optional
        The longest list each person wants; missing means no limit.

    Raises
    ------
    DataError
        If a shape does not match, an id stands twice, or a number is negative.
    """
    sides = [
        hashed(np.arange(count) if given is None else given)
        for count, given in zip((n_left, n_right), ids, strict=True)
    ]
    for name, count, side in zip(("left", "right"), (n_left, n_right), sides, strict=True):
        if len(side) != count:
            raise DataError(f"{name} ids: {len(side)} for {count} people")
        if len(np.unique(side)) != count:
            raise DataError(f"{name} ids: one of them stands twice")
    wide = np.full(n_right, np.inf) if capacity is None else np.asarray(capacity, dtype=float)
    long = np.full(n_left, n_right) if lengths is None else np.asarray(lengths)
    if wide.shape != (n_right,) or long.shape != (n_left,):
        raise DataError(f"capacity {wide.shape} or lengths {long.shape} for {n_left} left and {n_right} right people")
    wide = np.where(np.isnan(wide), np.inf, wide)
    if (wide < 0).any() or (long < 0).any():
        raise DataError("capacity, lengths: a number is negative")
    return Crowd(n_left, n_right, sides[0], sides[1], np.floor(wide), long.astype(np.int64))


def probabilities(name: str, values: np.ndarray) -> np.ndarray:
    """Return ``values`` as floats, or say what keeps them from being probabilities.

    Parameters
    ----------
    name : str
        What the message calls them.
    values : ndarray, any shape
        float32 and float64 are taken as they are, other numbers are converted.

    Raises
    ------
    DataError
        If a value is not a number, not finite, below 0 or above 1.
    """
    if values.dtype.kind not in "fiub":
        raise DataError(f"{name}: numbers are needed, these are {values.dtype}")
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(float)
    if values.size and not (values.min() >= 0 and values.max() <= 1):  # true for nan as well
        wrong = np.argwhere(~((values >= 0) & (values <= 1)))[0]
        place = ", ".join(str(int(index)) for index in wrong)
        raise DataError(f"{name}: {values[tuple(wrong)]} at [{place}] is no probability")
    return values


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs, one row of a sparse matrix for each person on the left (CSR).

    Attributes
    ----------
    indptr : ndarray of int, shape (n_left + 1,)
    indices : ndarray of int, shape (n_pairs,)
        Who on the right; nobody twice in a row.
    p, q : ndarray of float, shape (n_pairs,)
        Probability that the left one would ask the right one; that the right one would say yes.
    crowd : Crowd
    """

    indptr: np.ndarray
    indices: np.ndarray
    p: np.ndarray
    q: np.ndarray
    crowd: Crowd
    rows: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the shapes and the values."""
        count = len(self.indices)
        steps = np.diff(self.indptr)
        if len(self.indptr) != self.crowd.n_left + 1 or self.indptr[0] != 0 or self.indptr[-1] != count:
            raise DataError(f"pairs: indptr does not cut {count} pairs into {self.crowd.n_left} rows")
        if (steps < 0).any() or self.p.shape != (count,) or self.q.shape != (count,):
            raise DataError(f"pairs: {count} indices, p {self.p.shape}, q {self.q.shape}")
        if count and not (self.indices.min() >= 0 and self.indices.max() < self.crowd.n_right):
            raise DataError(f"pairs: an index is outside 0 to {self.crowd.n_right - 1}")
        object.__setattr__(self, "p", probabilities("p", self.p))
        object.__setattr__(self, "q", probabilities("q", self.q))
        object.__setattr__(self, "rows", np.repeat(np.arange(self.crowd.n_left), steps))
        places = self.rows * max(1, self.crowd.n_right) + self.indices
        if len(np.unique(places)) != count:
            raise DataError("pairs: somebody stands twice in a row")

    @classmethod
    def of(
        cls,
        csr: tuple[np.ndarray, np.ndarray],
        p: np.ndarray,
        q: np.ndarray,
        people: Crowd,
    ) -> Self:
        """Return pairs from (indptr, indices), p and q."""
        indptr, indices = csr
        return cls(np.asarray(indptr), np.asarray(indices), np.asarray(p), np.asarray(q), people)


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The same number of candidates for everybody on the left, best first by the score that chose them.

    Attributes
    ----------
    who : ndarray of int32, shape (n_left, k)
        Who on the right; -1 where there are fewer.
    p, q : ndarray of float, shape (n_left, k)
        Probabilities, 0 where there is nobody.
    crowd : Crowd
    """

    who: np.ndarray
    p: np.ndarray
    q: np.ndarray
    crowd: Crowd

    def listed(self, lists: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return p and q of lists given as positions in the shortlist, -1 where a list ends."""
        there = np.maximum(lists, 0)
        gone = lists < 0
        p, q = (np.take_along_axis(values, there, axis=1) for values in (self.p, self.q))
        return np.where(gone, 0, p), np.where(gone, 0, q)

    def people(self, lists: np.ndarray) -> np.ndarray:
        """Return who stands in lists given as positions in the shortlist, -1 where a list ends."""
        found = np.take_along_axis(self.who, np.maximum(lists, 0), axis=1)
        return np.where(lists < 0, -1, found).astype(np.int32)
