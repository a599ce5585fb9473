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
    Whoever is in too many lists stays in those that gain most by it (slope times attention) and is closed to everybody
    else; those who lose somebody answer anew, everybody once more when all is settled. Pairs are only ever closed, so
    this ends.
    """
    lists = climb.lists(climb.sweeps(climb.shown(climb.lists(x)), sweeps))
    if not climb.short.crowd.limited:
        return lists
    climb = replace(climb, closed=climb.closed.copy())
    shown = _settled(climb, climb.shown(lists))
    shown = _settled(climb, climb.sweeps(shown, 1))
    climb.closed |= _over(climb, shown, climb.slope(shown))[0] | (shown == 0)
    return climb.lists(shown)


def _settled(climb: Climb, shown: np.ndarray) -> np.ndarray:
    """Close whoever is in too many lists to the others, and let those answer anew, until nobody is or tries run out."""
    for _ in range(TRIES):
        slope = climb.slope(shown)
        over, full = _over(climb, shown, slope)
        if not over.any():
            break
        climb.closed |= over | (full & (shown == 0))
        touched = np.flatnonzero(over.any(axis=1))
        shown = shown.copy()
        shown[touched] = climb.answer(slope[touched], touched)
    return shown


def _over(climb: Climb, shown: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shown pairs beyond capacity, and all pairs of people who have any; both of the shape of ``shown``."""
    capacity = climb.short.crowd.capacity
    rows, at = np.nonzero(shown > 0)
    who = climb.short.who[rows, at]
    order = np.lexsort((-(slope * shown)[rows, at], who))
    counts = np.bincount(who, minlength=len(capacity))
    rank = np.arange(len(order)) - (np.cumsum(counts) - counts)[who[order]]
    beyond = order[rank >= capacity[who[order]]]
    over = np.zeros(shown.shape, dtype=bool)
    over[rows[beyond], at[beyond]] = True
    return over, (counts > capacity)[climb.short.who]
