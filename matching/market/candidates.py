"""Who is worth considering for whom: the best by price-adjusted score, from arrays, from pairs, or from factors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from matching.data import DataError
from matching.market.hashing import tie
from matching.market.pairs import Crowd, Pairs, Shortlist
from matching.market.prices import Prices
from matching.market.threads import spread

SAMPLE = 2048
"""People on the left that prices are fitted on where there are more."""

_CELLS = 1 << 19
"""Scores that one piece of work holds at a time; small enough to stay in the cache."""

_TILE = 256
_ONE_CORE = 1 << 18
"""Multiplications up to which OpenBLAS keeps a product on the core that asks for it."""


@dataclass(frozen=True, slots=True)
class Factors:
    """Two directed probabilities for every pair, never formed whole: ``p = sigmoid(u v + a + b)``.

    Attributes
    ----------
    u, v : ndarray of float32, shapes (n_left, d) and (n_right, d)
        Logit of p is ``u @ v.T``; the offsets a and b are columns of them.
    u2, v2 : ndarray of float32, shapes (n_left, d2) and (n_right, d2)
        The same for q.
    """

    u: np.ndarray
    v: np.ndarray
    u2: np.ndarray
    v2: np.ndarray

    @classmethod
    def of(cls, given: dict[str, np.ndarray]) -> Self:
        """Take factors U, V, a, b, U2, V2, a2, b2; logits ``U @ V.T + a[:, None] + b[None, :]``.

        Raises
        ------
        DataError
            If one is missing, has another shape than the others ask for, or holds what is not finite.
        """
        sides = [side for number in ("", "2") for side in _joined(given, number)]
        if sides[0].shape[0] != sides[2].shape[0] or sides[1].shape[0] != sides[3].shape[0]:
            raise DataError("factors: U and U2, or V and V2, are of different numbers of people")
        return cls(*sides)

    def pairs(self, rows: np.ndarray, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return p and q (float64) of the people of each row of ``who``, shape (len(rows), k)."""
        logits = (
            np.einsum("id,ikd->ik", left[rows], right[who], dtype=float)
            for left, right in ((self.u, self.v), (self.u2, self.v2))
        )
        p, q = (1 / (1 + np.exp(-np.clip(logit, -700, 700))) for logit in logits)
        return p, q

    def dense(self, rows: slice | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return p and q (float32) of some people on the left with everybody, shape (n_rows, n_right)."""
        half = np.float32(0.5)
        p, q = (half * (left[rows] @ right.T) for left, right in ((self.u, self.v), (self.u2, self.v2)))
        np.tanh(p, out=p)
        np.tanh(q, out=q)
        p *= half
        q *= half
        p += half
        q += half
        return p, q


def _joined(given: dict[str, np.ndarray], number: str) -> tuple[np.ndarray, np.ndarray]:
    names = [name + number for name in ("U", "V", "a", "b")]
    lacking = [name for name in names if name not in given]
    if lacking:
        raise DataError(f"factors: {', '.join(lacking)} missing")
    u, v, a, b = (np.asarray(given[name]) for name in names)
    for name, array, dimensions in zip(names, (u, v, a, b), (2, 2, 1, 1), strict=True):
        if array.ndim != dimensions or array.dtype.kind not in "fiu":
            raise DataError(f"factors: {name} has {array.ndim} dimensions of {array.dtype}, {dimensions} are needed")
        if not np.isfinite(array).all():
            raise DataError(f"factors: {name} holds what is not finite")
    if u.shape[1] != v.shape[1] or len(a) != len(u) or len(b) != len(v):
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(names, (u, v, a, b), strict=True))
        raise DataError(f"factors: shapes do not match: {shapes}")
    ones = np.ones((len(u), 1)), np.ones((len(v), 1))
    left, right = np.hstack([u, a[:, None], ones[0]]), np.hstack([v, ones[1], b[:, None]])
    return left.astype(np.float32), right.astype(np.float32)


def of_arrays(arrays: tuple[np.ndarray, np.ndarray], crowd: Crowd, prices: Prices, keep: int) -> Shortlist:
    """Return the best ``keep`` people by price-adjusted score for everybody, from p and q, (n_left, n_right)."""
    p, q = arrays
    who = np.empty((crowd.n_left, keep), dtype=np.int32)

    def choose(rows: slice) -> None:
        who[rows] = _best(prices.adjusted(p[rows], q[rows]), keep, (crowd.left[rows], crowd.right))

    spread(choose, pieces(crowd.n_left, crowd.n_right))
    return _shortlist(who, (np.take_along_axis(p, who, axis=1), np.take_along_axis(q, who, axis=1)), crowd, prices)


def of_factors(factors: Factors, crowd: Crowd, prices: Prices, keep: int) -> Shortlist:
    """Return the best ``keep`` people by price-adjusted score for everybody, from factors, in blocks."""
    who = np.empty((crowd.n_left, keep), dtype=np.int32)
    p, q = np.empty(who.shape), np.empty(who.shape)
    # sigmoid(x) + sigmoid(y) = 1 + (tanh(x / 2) + tanh(y / 2)) / 2, and the 1 is the same for everybody.
    half = np.float32(0.5)
    asks, answers = (half * factors.u, _tiles(factors.v)), (half * factors.u2, _tiles(factors.v2))
    weight = np.float32(1 / (4 * prices.temperature))
    price = prices.price.astype(np.float32)

    def choose(rows: slice) -> None:
        mutual, other = np.matmul(asks[0][rows], asks[1]), np.matmul(answers[0][rows], answers[1])
        np.tanh(mutual, out=mutual)
        mutual += np.tanh(other, out=other)
        score = mutual.transpose(1, 0, 2).reshape(rows.stop - rows.start, -1)[:, : crowd.n_right] * weight
        score -= price
        chosen = _best(score, keep, (crowd.left[rows], crowd.right))
        who[rows] = chosen
        p[rows], q[rows] = factors.pairs(np.arange(rows.start, rows.stop), chosen)

    wide = max(factors.u.shape[1], factors.u2.shape[1])
    most = max(1, _ONE_CORE // (_TILE * wide))
    spread(choose, pieces(crowd.n_left, crowd.n_right, most))
    return _shortlist(who, (p, q), crowd, prices)


def _tiles(right: np.ndarray) -> np.ndarray:
    """Return the factors of the right in tiles (n_tiles, d, `_TILE`), the last one filled up with zeros.

    BLAS takes one core for products as small as one tile times some rows, and the pieces are spread over the cores.
    """
    count = -(-max(1, len(right)) // _TILE)
    filled = np.zeros((count * _TILE, right.shape[1]), dtype=np.float32)
    filled[: len(right)] = right
    return np.ascontiguousarray(filled.reshape(count, _TILE, -1).transpose(0, 2, 1))


def of_pairs(pairs: Pairs, prices: Prices, keep: int) -> Shortlist:
    """Return the best ``keep`` people by price-adjusted score for everybody, from candidate pairs."""
    crowd = pairs.crowd
    score = prices.adjusted(pairs.p, pairs.q, pairs.indices)
    ties = tie(crowd.left[pairs.rows], crowd.right[pairs.indices])
    order = np.lexsort((ties, -score, pairs.rows))
    place = np.arange(len(order)) - pairs.indptr[pairs.rows]  # rows stay where they are
    kept = (place < keep) & np.isfinite(score[order])
    rows, places, order = pairs.rows[kept], place[kept], order[kept]
    shape = (crowd.n_left, keep)
    who, p, q = np.full(shape, -1, dtype=np.int32), np.zeros(shape), np.zeros(shape)
    who[rows, places], p[rows, places], q[rows, places] = pairs.indices[order], pairs.p[order], pairs.q[order]
    return Shortlist(who, p, q, crowd)


def pieces(n_left: int, n_right: int, most: int | None = None) -> Iterator[slice]:
    """Cut the left into runs of rows whose scores fit the cache, of ``most`` rows at most."""
    rows = max(1, _CELLS // max(1, n_right))
    rows = rows if most is None else min(rows, most)
    return (slice(start, min(n_left, start + rows)) for start in range(0, n_left, rows))


def _shortlist(who: np.ndarray, both: tuple[np.ndarray, np.ndarray], crowd: Crowd, prices: Prices) -> Shortlist:
    """Leave out who has no capacity, and put the best first."""
    closed = ~np.isfinite(prices.price)[who]
    who = np.where(closed, -1, who)
    p, q = (np.where(closed, 0.0, values) for values in both)
    score = prices.adjusted(p, q, who)
    ties = tie(crowd.left[:, None], crowd.right[np.maximum(who, 0)])
    order = np.lexsort((ties, -score), axis=1)
    who, p, q = (np.take_along_axis(values, order, axis=1) for values in (who, p, q))
    return Shortlist(who, p, q, crowd)


def _best(score: np.ndarray, keep: int, keys: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the ``keep`` largest of each row, in no order; equal ones by hashed ids.

    The keep-th largest of the maxima of groups is never above the keep-th largest of all, so one cheap pass leaves few
    to sort. Rows in which very many are equal are sorted whole.
    """
    n, width = score.shape
    if keep >= width:
        return np.broadcast_to(np.arange(width, dtype=np.int32), (n, width))
    group = max(1, min(32, width // (4 * keep)))
    body = width // group * group
    maxima = score[:, :body].reshape(n, group, -1).max(axis=1)
    least = np.partition(maxima, maxima.shape[1] - keep, axis=1)[:, -keep]
    rows, columns = np.divmod(np.flatnonzero(score >= least[:, None]), width)
    values = score[rows, columns]
    order = np.lexsort((tie(keys[0][rows], keys[1][columns]), -values, rows))
    counts = np.bincount(rows, minlength=n)
    starts = np.cumsum(counts) - counts
    return np.asarray(columns[order][starts[:, None] + np.arange(keep)], dtype=np.int32)
