"""The value of fractional lists and its exact gradient, in products over the people in front of each other."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching.market.examination import Name, powers
from matching.market.hashing import tie
from matching.market.pairs import Shortlist
from matching.market.threads import spread

_CELLS = 1 << 15
"""Pairs that one piece of work holds at a time."""

_WASTE = 0.8
"""People whose queues are at least this much of the longest share a block."""

_FINE = 0xFFFFFFFF

LARGE = 100_000
"""From this many pairs on, numbers of 4 bytes do: the climb needs a direction, the judge counts with 8."""


@dataclass(frozen=True, slots=True)
class State:
    """Where the climb stands.

    Attributes
    ----------
    matches : ndarray of float, shape (n_left,)
        Expected matches of each person on the left.
    slope : ndarray of float, shape (n_left, k)
        Derivative of the objective by the attention that each candidate gets; empty where it was not asked for.
    """

    matches: np.ndarray
    slope: np.ndarray


class Congestion:
    """Expected matches of a shortlist as a function of the attention ``x`` that everybody gives everybody.

    With ``a = p x`` the chance to ask, people who ask one person in the order of q, and P(t) the product of
    ``1 - a (1 - t)`` over those in front, one pair is worth ``a q sum(w P(t))``. More attention also pushes back
    everybody behind, which is the second part of the slope::

        p sum over nodes of  w [q P - (1 - t) / (1 - a (1 - t)) * (sum over those behind of a q P)]

    For given lists of the others the value is linear in the list of one person, so their best list is a sort.

    Parameters
    ----------
    short : Shortlist
    examination : {"inv", "exp", "log2"}
    precision : int
        Of `powers`.
    """

    def __init__(self, short: Shortlist, examination: Name, precision: int = 5) -> None:
        self.kind: type[np.floating] = np.float32 if short.who.size >= LARGE else np.float64
        t, w = powers(examination, precision)
        self.nodes = [(self.kind(one), self.kind(weight)) for one, weight in zip(t, w, strict=True)]
        self.n, self.k = short.who.shape
        self.p = short.p.astype(self.kind)
        self.q = short.q.astype(self.kind)
        self.blocks = list(_queues(short))

    def at(self, x: np.ndarray, weight: np.ndarray | None = None, *, slope: bool = True) -> State:
        """Return value and slope.

        Parameters
        ----------
        x : ndarray of float, shape (n_left, k)
            Attention, between 0 and 1.
        weight : ndarray of float, shape (n_left,), optional
            What a match of each person on the left counts in the slope; 1 if not given.
        slope : bool
            Whether the slope is wanted; the value alone costs half.
        """
        asked = _padded(self.p * x)
        liked = _padded(self.q)
        counted = liked if weight is None else _padded(self.q * weight.astype(self.kind)[:, None])
        worth, gained = np.zeros(asked.size, self.kind), np.zeros(asked.size if slope else 0, self.kind)

        def count(queue: np.ndarray) -> None:
            a, q = asked[queue], counted[queue]
            seen, lost = self._seen(a, q, slope=slope)
            worth[queue] = a * liked[queue] * seen
            if slope:
                gained[queue] = q * seen - lost

        spread(count, self.blocks)
        matches = worth[:-1].reshape(self.n, self.k).sum(axis=1, dtype=float)
        return State(matches, self.p * gained[:-1].reshape(self.n, self.k) if slope else gained)

    def _seen(self, a: np.ndarray, q: np.ndarray, *, slope: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the chance to be looked at, and what one more who asks takes from those behind."""
        seen, lost, front = np.zeros_like(a), np.zeros_like(a), np.ones_like(a)
        passed, part, through = np.empty_like(a), np.empty_like(a), np.empty_like(a)
        aq = a * q
        for t, w in self.nodes:
            np.multiply(a, t - 1, out=passed)
            passed += 1
            np.multiply.accumulate(passed[:, :-1], axis=1, out=front[:, 1:])
            np.multiply(front, w, out=part)
            seen += part
            if slope:
                part *= aq
                np.cumsum(part, axis=1, out=through)
                np.subtract(through[:, -1:], through, out=part)
                part /= passed
                part *= 1 - t
                lost += part
        return seen, lost


def _padded(values: np.ndarray) -> np.ndarray:
    """Return flat values with a 0 behind them, which stands for nobody."""
    return np.append(values.ravel(), values.dtype.type(0))


def _in_queues(short: Shortlist, there: np.ndarray, who: np.ndarray) -> np.ndarray:
    """Return the order by person on the right, then by q from above, then by hashed ids."""
    liked = short.q.ravel()[there].astype(float)
    rough = (who.astype(np.uint64) << np.uint64(32)) + (np.uint64(_FINE) - (liked * _FINE).astype(np.uint64))
    order = np.argsort(rough)  # one whole number for both sorts in a tenth of the time
    near = np.flatnonzero(np.diff(rough[order]) == 0)
    if len(near):
        again = np.unique(np.concatenate([near, near + 1]))
        unsure = order[again]
        rows = there[unsure] // short.who.shape[1]
        ties = tie(short.crowd.left[rows], short.crowd.right[who[unsure]])
        order[again] = unsure[np.lexsort((ties, -liked[unsure], who[unsure]))]
    return order


def _queues(short: Shortlist) -> Iterator[np.ndarray]:
    """Return who stands before whom: blocks of places in the flat shortlist, a row for each person on the right.

    Best-liked first, equal ones by hashed ids; padded with the place behind the last. Rows of a block are about
    equally long, and a block fits the cache.
    """
    there = np.flatnonzero(short.who.ravel() >= 0)
    who = short.who.ravel()[there]
    people = short.crowd
    order = there[_in_queues(short, there, who)]
    counts = np.bincount(who, minlength=people.n_right)
    starts = np.cumsum(counts) - counts
    longest = np.argsort(-counts, kind="stable")
    longest = longest[counts[longest] > 0]
    at = 0
    while at < len(longest):
        length = int(counts[longest[at]])
        near = int(np.searchsorted(-counts[longest], -_WASTE * length, side="right"))
        end = max(at + 1, min(near, at + max(1, _CELLS // length)))
        rows = longest[at:end]
        places = starts[rows][:, None] + np.arange(length)
        inside = np.arange(length) < counts[rows][:, None]
        yield np.where(inside, order[np.minimum(places, len(order) - 1)], short.who.size)
        at = end
