"""The value of lists by the long way round: the whole distribution of the crowd, one person after the other."""

import numpy as np

from matching.market import crowd, expected
from matching.market.examination import Name, looked_at
from matching.market.hashing import hashed, tie


def by_convolution(lists: np.ndarray, p: np.ndarray, q: np.ndarray, examination: Name) -> tuple[float, np.ndarray]:
    """Return expected matches, in all and by person on the left: an O(C^2 J) dynamic program.

    ``lists`` is (n_left, places) with -1 where a list ends, ``p`` and ``q`` are whole tables.
    """
    n_left = len(p)
    chance = looked_at(examination, max(n_left, lists.shape[1]) + 1)
    asks: dict[int, list[tuple[float, int, int, float]]] = {}
    for i, shown in enumerate(lists):
        for place, j in enumerate(shown):
            if j >= 0:
                order = int(tie(hashed(np.array([i])), hashed(np.array([j])))[0])
                asks.setdefault(int(j), []).append((-q[i, j], order, i, p[i, j] * chance[place]))
    left = np.zeros(n_left)
    for j, queue in asks.items():
        ahead = np.array([1.0])
        for _, _, i, asked in sorted(queue):
            left[i] += asked * q[i, j] * (ahead @ chance[: len(ahead)])
            ahead = np.convolve(ahead, [1 - asked, asked])
    return float(left.sum()), left


def listed(table: np.ndarray, lists: np.ndarray) -> np.ndarray:
    """Return the entries of a whole table that lists show, 0 where a list ends."""
    return np.where(lists < 0, 0.0, np.take_along_axis(table, np.maximum(lists, 0), axis=1))


def judged(lists: np.ndarray, p: np.ndarray, q: np.ndarray, examination: Name = "inv") -> float:
    """Return the expected matches by the engine's own judge."""
    people = crowd(*p.shape)
    return expected(lists, listed(p, lists), listed(q, lists), people, examination).total
