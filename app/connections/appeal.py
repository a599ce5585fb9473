"""From the engine's small chances of a deal to the chances of a market: who would ask, who would say yes.

A deal within half a year is rare for everybody, and rarer for some. What a market needs is how people choose among
those whom they are shown, so both sides are set on one scale: of the ten that suit somebody best, three are asked, and
three of the ten that ask them best are told yes. Only the offsets are set; differences stay the engine's.
"""

from collections.abc import Sequence

import numpy as np

SHARE = 0.3
"""Of the best ten, how many are asked and told yes: an assumption, until enough answers have been logged."""
BEST = 10
_STEPS = 50
_WIDE = 60.0


def logits(chances: np.ndarray) -> np.ndarray:
    """Return log odds, shape as given; 0 and 1 become large finite numbers."""
    kept = np.clip(chances.astype(float), 1e-12, 1 - 1e-12)
    return np.asarray(np.log(kept) - np.log1p(-kept))


def chances(values: np.ndarray) -> np.ndarray:
    """Return the chances of log odds, shape as given."""
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -_WIDE, _WIDE))))


def offsets(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Return what to add to the log odds of each group, so that its best ten have a mean chance of `SHARE`.

    Parameters
    ----------
    values : ndarray of float, shape (n_pairs,)
        Log odds.
    groups : ndarray of int, shape (n_pairs,)
        Whose pair it is, 0 to ``count - 1``.
    count : int

    Returns
    -------
    ndarray of float, shape (count,)
        The middle of all offsets for a group without pairs; 0 if none has any.
    """
    order = np.lexsort((-values, groups))
    sizes = np.bincount(groups, minlength=count)
    place = np.arange(len(values)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    best = order[place < BEST]
    whose, top = groups[best], values[best]
    number = np.bincount(whose, minlength=count)
    low, high = np.full(count, -_WIDE), np.full(count, _WIDE)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        mean = np.bincount(whose, chances(top + middle[whose]), count) / np.maximum(number, 1)
        low, high = np.where(mean < SHARE, middle, low), np.where(mean < SHARE, high, middle)
    found = (low + high) / 2
    there = number > 0
    return np.where(there, found, np.median(found[there]) if there.any() else 0.0)


def of_reader(chance: np.ndarray) -> np.ndarray:
    """Return the chances that one reader asks each of their candidates, from the engine's chances, shape as given."""
    return of_score(logits(chance))


def of_score(scores: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the same from the scores of one list, shape (n,): where no market has been run, they alone count."""
    values = np.asarray(scores, dtype=float)
    [own] = offsets(values, np.zeros(len(values), dtype=np.int64), 1)
    return chances(values + own)
