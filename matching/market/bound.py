"""What no lists whatever can exceed: a certificate by prices of the places at the top of everybody's queue."""

from dataclasses import dataclass

import numpy as np

from matching.market.candidates import best, pieces
from matching.market.examination import Name, looked_at
from matching.market.pairs import Shortlist
from matching.market.sources import Source
from matching.market.threads import spread

ROUNDS, ROUNDS_OF_MANY, STEPS = 10, 3, 8
"""Looks at everybody, and steps on a shortlist between two looks; few where a look is dear or nobody is left out."""

PACE = 0.06
LEVELS = 40
_ROUNDING = 1 + 1e-6
"""Sums of rounded numbers stay below the bound."""

MANY = 50_000_000
"""From this many pairs on a look is dear."""


@dataclass(slots=True)
class Queues:
    """Thresholds ``theta[m - 1, j]``: how well-liked one has to be to be worth one of the first m places of j's queue.

    For any thresholds in [0, 1], and with ``c_m = v(m) - v(m + 1)`` for the chance v to be looked at, no lists give
    more expected matches than::

        sum over j, m of c_m m theta_jm
        + sum over i of the best list of p_ij sum over m of c_m max(q_ij - theta_jm, 0)

    It is the dual of the relaxation in which those who ask need only fit the places on average. The left part is what
    the places cost, the right part what everybody could gain above that cost, where a best list is a sort.
    """

    theta: np.ndarray
    steps: np.ndarray
    last: float

    @classmethod
    def of(cls, lists: np.ndarray, listed: tuple[np.ndarray, np.ndarray], n_right: int, examination: Name) -> "Queues":
        """Start from lists: the threshold of m is the liking of the one with whom m people are expected to ask."""
        rows, places = np.nonzero(lists >= 0)
        who, p, q = lists[rows, places], listed[0][rows, places], listed[1][rows, places]
        asked = p * looked_at(examination, max(1, lists.shape[1]))[places]
        order = np.lexsort((-q, who))
        who, q, asked = who[order], q[order], asked[order]
        through = np.cumsum(asked)
        before = through - asked
        starts = np.flatnonzero(np.diff(who, prepend=-1))
        base = np.repeat(before[starts], np.diff(np.append(starts, len(who))))
        level = np.floor(through - base + 1e-9).astype(int)
        deep = min(LEVELS, int(level.max(initial=0)) + 1)
        theta = np.zeros((deep, n_right))
        crossed = (level > before - base + 1e-9) & (level <= deep)
        theta[level[crossed] - 1, who[crossed]] = q[crossed]
        chance = looked_at(examination, deep + 1)
        return cls(theta, -np.diff(chance), float(chance[-1]))

    def cost(self) -> float:
        """Return what the places cost at these thresholds."""
        return float(self.steps * np.arange(1, len(self.steps) + 1) @ self.theta.sum(axis=1))

    def worth(self, p: np.ndarray, q: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Return what attention to each pair could gain, given thresholds that fit the shape of ``p``."""
        gain = p.dtype.type(self.last) * q
        for step, line in zip(self.steps, theta, strict=True):
            over = q - line.astype(p.dtype)
            np.maximum(over, 0, out=over)
            over *= p.dtype.type(step)
            gain += over
        gain *= p
        return gain


def upper_bound(source: Source, short: Shortlist, lists: np.ndarray, examination: Name) -> float:
    """Return a number of expected matches that no lists of this market can exceed.

    Parameters
    ----------
    source : Source
        Everybody, whether on the shortlist or not.
    short : Shortlist
    lists : ndarray of int, shape (n_left, n_places)
        Lists to start from (positions in the shortlist); better ones give a lower bound.
    examination : {"inv", "exp", "log2"}

    Returns
    -------
    float
        Certified by the weak duality of `Queues`, whatever the thresholds; they are moved by the excess of demand over
        places (subgradient steps, averaged) on shortlists that are drawn again from everybody. Capacities of 0 count;
        other capacities are left out, which keeps it a bound.
    """
    people = source.people
    if not lists.size:
        return 0.0
    n_places = lists.shape[1]
    places = looked_at(examination, n_places) * (np.arange(n_places) < people.lengths[:, None])
    queues = Queues.of(short.people(lists), short.listed(lists), people.n_right, examination)
    keep = min(people.n_right, max(60, 6 * n_places))
    few = people.n_left * people.n_right >= MANY or keep == people.n_right
    least, taken = np.inf, 0
    for _ in range(ROUNDS_OF_MANY if few else ROUNDS):
        total, wide = _everybody(source, queues, places, keep)
        least = min(least, total)
        taken = _moved(queues, wide, places, taken)
    return min(least, _everybody(source, queues, places, keep)[0])


def _everybody(source: Source, queues: Queues, places: np.ndarray, keep: int) -> tuple[float, Shortlist]:
    """Return the bound at these thresholds, and who could gain most by attention."""
    people = source.people
    closed = np.flatnonzero(people.capacity == 0)
    shape = (people.n_left, keep)
    who, p, q, gains = np.empty(shape, np.int32), np.empty(shape), np.empty(shape), np.empty(people.n_left)
    queues.theta[:, closed] = 0

    def look(run: slice) -> None:
        rows = source.rows(run)
        gain = queues.worth(*rows, queues.theta)
        gain[:, closed] = 0
        found = best(gain, keep, (people.left[run], people.right))
        who[run], p[run], q[run] = found, *(np.take_along_axis(values, found, axis=1) for values in rows)
        first = -np.sort(-np.take_along_axis(gain, found, axis=1), axis=1)[:, : places.shape[1]]
        gains[run] = (first * places[run]).sum(axis=1)

    spread(look, pieces(people.n_left, people.n_right, source.most))
    p[np.isin(who, closed)] = 0
    return (queues.cost() + float(gains.sum())) * _ROUNDING, Shortlist(who, p, q, people)


def _moved(queues: Queues, short: Shortlist, places: np.ndarray, taken: int) -> int:
    """Move the thresholds by excess demand, on a shortlist; returns the number of steps taken so far."""
    wanted = np.arange(1, len(queues.steps) + 1)
    theta, mean = queues.theta, queues.theta.copy()
    for step in range(STEPS):
        gain = queues.worth(short.p, short.q, theta[:, short.who])
        first = np.argsort(-gain, axis=1, kind="stable")[:, : places.shape[1]]
        who, p, q = (np.take_along_axis(values, first, axis=1) for values in (short.who, short.p, short.q))
        asked = p * places
        taken += 1
        moved = theta.copy()
        for level, line in enumerate(theta):
            demand = np.bincount(who.ravel(), (asked * (q > line[who])).ravel(), len(line))
            moved[level] += PACE / np.sqrt(taken) * (demand - wanted[level]) / (demand + wanted[level])
        theta = np.clip(moved, 0, 1)
        mean += (theta - mean) * (2 / (step + 2))
    queues.theta = mean
    return taken
