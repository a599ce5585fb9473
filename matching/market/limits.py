"""Lists that keep to what people on the right can take: nobody stands in more lists than their capacity."""

from dataclasses import replace

import numpy as np

from matching.market.rerank import Climb

TRIES = 12
"""Rounds in which lists are made again without the pairs that had to go; after that they are only cut."""


def within(climb: Climb, x: np.ndarray, sweeps: int) -> np.ndarray:
    """Return lists near fractional lists ``x``, with nobody above capacity.

    Parameters
    ----------
    climb : Climb
    x : ndarray of float, shape (n_left, k)
        Attention.
    sweeps : int
        How often everybody may answer anew.

    Returns
    -------
    ndarray of int, shape (n_left, n_places)
        Positions in the shortlist, -1 where a list ends.

    Notes
    -----
    Whoever is in too many lists keeps those that gain most by it (slope times attention); the other pairs are closed,
    and the lists are made again. Pairs are only ever closed, so this ends.
    """
    lists = climb.lists(climb.sweeps(climb.shown(climb.lists(x)), sweeps))
    if not climb.short.crowd.limited:
        return lists
    climb = replace(climb, closed=climb.closed.copy())
    for _ in range(TRIES):
        shown = climb.shown(lists)
        over = _over(climb, lists, shown)
        if not over.any():
            return lists
        climb.closed |= over
        touched = np.flatnonzero(over.any(axis=1))
        shown[touched] = climb.answer(climb.slope(shown)[touched], touched)
        lists = climb.lists(climb.sweeps(shown, 1))
    shown = climb.shown(lists)
    climb.closed |= _over(climb, lists, shown) | (shown == 0)
    return climb.lists(shown)


def _over(climb: Climb, lists: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Return the pairs that stand in lists beyond the capacity of the right one."""
    rows, places = np.nonzero(lists >= 0)
    at = lists[rows, places]
    who = climb.short.who[rows, at]
    gain = (climb.slope(shown) * shown)[rows, at]
    order = np.lexsort((-gain, who))
    counts = np.bincount(who, minlength=climb.short.crowd.n_right)
    rank = np.arange(len(order)) - (np.cumsum(counts) - counts)[who[order]]
    beyond = order[rank >= climb.short.crowd.capacity[who[order]]]
    over = np.zeros(climb.closed.shape, dtype=bool)
    over[rows[beyond], at[beyond]] = True
    return over
