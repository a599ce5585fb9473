"""Who is worth considering: the largest scores of each row, found in one cheap pass, and put in order."""

from collections.abc import Iterator

import numpy as np

from matching.market.hashing import tie
from matching.market.pairs import Crowd, Shortlist
from matching.market.prices import Prices

_CELLS = 1 << 19
"""Scores that one piece of work holds at a time; small enough to stay in the cache."""


def pieces(n_left: int, n_right: int, most: int | None = None) -> Iterator[slice]:
    """Cut the left into runs of rows whose scores fit the cache, of ``most`` rows at most."""
    rows = max(1, _CELLS // max(1, n_right))
    rows = rows if most is None else min(rows, most)
    return (slice(start, min(n_left, start + rows)) for start in range(0, n_left, rows))


def best(score: np.ndarray, keep: int, keys: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the columns of the ``keep`` largest of each row.

    Parameters
    ----------
    score : ndarray of float, shape (n, width)
        Without nan.
    keep : int
        At least 1; all columns, in their order, where it is not below the width.
    keys : pair of ndarray of uint64, shapes (n,) and (width,)
        Hashed ids of rows and columns, by which equal scores are ordered.

    Returns
    -------
    ndarray of int32, shape (n, min(keep, width))
        Largest first where some are left out.

    Notes
    -----
    The keep-th largest of the maxima of groups is never above the keep-th largest of all, so one pass of maxima and
    one of comparisons leave few to sort; rows in which very many are equal are sorted whole.
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


def in_order(who: np.ndarray, both: tuple[np.ndarray, np.ndarray], crowd: Crowd, prices: Prices) -> Shortlist:
    """Return a shortlist of the people found, best by price first, without those who have no capacity.

    Parameters
    ----------
    who : ndarray of int, shape (n_left, k)
    both : pair of ndarray of float, shape (n_left, k)
        p and q of them.
    crowd : Crowd
    prices : Prices
    """
    closed = ~np.isfinite(prices.price)[who]
    who = np.where(closed, -1, who).astype(np.int32)
    p, q = (np.where(closed, 0.0, values) for values in both)
    score = prices.adjusted(p, q, who)
    ties = tie(crowd.left[:, None], crowd.right[np.maximum(who, 0)])
    order = np.lexsort((ties, -score), axis=1)
    who, p, q = (np.take_along_axis(values, order, axis=1) for values in (who, p, q))
    return Shortlist(who, p, q, crowd)
