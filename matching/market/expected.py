"""What lists are worth: expected matches by person, exactly. Independent of the optimiser, which it judges."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching.market.examination import Name, looked_at, powers
from matching.market.hashing import tie
from matching.market.pairs import Crowd

FINENESS = (24, 48, 96, 192, 384, 768)
"""Sizes of quadrature to choose from; the smallest that is exact to about 1e-12 for the crowd at hand is taken."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be expected of a set of lists.

    Attributes
    ----------
    total : float
        Expected matches.
    left, right : ndarray of float, shapes (n_left,) and (n_right,)
        Expected matches of each person.
    coverage : float
        Share of the people on the right whom at least one list shows.
    gini : float
        Gini index of the expected matches over the right.
    """

    total: float
    left: np.ndarray
    right: np.ndarray
    coverage: float
    gini: float


def expected(lists: np.ndarray, p: np.ndarray, q: np.ndarray, crowd: Crowd, examination: Name) -> Outcome:
    """Return the expected matches of lists under the position-based model.

    The left one at i looks at place k of a list with chance v(k) and asks with probability ``p``. Everybody on the
    right orders who asked by ``q`` (equal ones by hashed ids), looks at place l with chance v(l) and says yes with
    probability ``q``. Summed over places, with N the number of better-liked people who asked::

        sum over pairs of  p v(k) q E[v(1 + N)],      E[t ** N] = product over the better-liked of (1 - a (1 - t))

    Parameters
    ----------
    lists : ndarray of int, shape (n_left, n_places)
        Who on the right, in the order shown; -1 where a list ends.
    p, q : ndarray of float, shape (n_left, n_places)
        Probabilities of those pairs.
    crowd : Crowd
    examination : {"inv", "exp", "log2"}
        Both sides look down their lists in the same way.

    Returns
    -------
    Outcome

    Notes
    -----
    Market and metric are those of Su, Bayoumi, Joachims (WWW 2022); the mixture of powers replaces their simulation.
    """
    rows, places = np.nonzero(lists >= 0)
    who = lists[rows, places]
    asked = p[rows, places].astype(float) * looked_at(examination, lists.shape[1])[places]
    liked = q[rows, places].astype(float)
    order = np.lexsort((tie(crowd.left[rows], crowd.right[who]), -liked, who))
    matches = np.zeros(len(rows))
    for segment in _segments(who[order]):
        there = order[segment]
        matches[there] = asked[there] * liked[there] * seen_behind(asked[there], examination)
    left = np.bincount(rows, matches, crowd.n_left)
    right = np.bincount(who, matches, crowd.n_right)
    shown = len(np.unique(who)) / crowd.n_right if crowd.n_right else 0.0
    return Outcome(float(matches.sum()), left, right, shown, gini(right))


def seen_behind(asked: np.ndarray, examination: Name) -> np.ndarray:
    """Return the chance of each of those who may ask to be looked at.

    Parameters
    ----------
    asked : ndarray of float, shape (n,)
        Chance of each one to ask; the best-liked first.
    examination : {"inv", "exp", "log2"}

    Returns
    -------
    ndarray of float, shape (n,)
        E[v(1 + N)] with N the number of those before who ask.
    """
    mean = float(asked.sum())
    needed = 3.5 * np.sqrt(mean + 8 * np.sqrt(mean) + 20)
    t, w = powers(examination, next((size for size in FINENESS if size >= needed), FINENESS[-1]))
    ahead = np.ones((len(t), len(asked)))
    np.multiply.accumulate(1 - asked[:-1] * (1 - t[:, None]), axis=1, out=ahead[:, 1:])
    seen: np.ndarray = w @ ahead
    return seen


def gini(values: np.ndarray) -> float:
    """Return the Gini index of non-negative values: 0 where all are equal (or 0), near 1 where one has everything."""
    ordered = np.sort(values)
    total, n = float(ordered.sum()), len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total)) if total > 0 else 0.0


def _segments(sorted_keys: np.ndarray) -> Iterator[slice]:
    edges = np.flatnonzero(np.diff(sorted_keys)) + 1
    starts = [0, *edges.tolist()]
    ends = [*edges.tolist(), len(sorted_keys)]
    return (slice(start, end) for start, end in zip(starts, ends, strict=True) if end > start)
