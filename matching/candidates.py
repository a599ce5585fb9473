"""Choosing out of all candidates: nobody is left out beforehand, and ties do not favour the same names for ever."""

import hashlib
from collections.abc import Iterable

import numpy as np

LANES = 16
"""Scores of which the best is looked at first: as many of those as are wanted cannot be worse than the edge."""


def tie_keys(identifiers: Iterable[str]) -> np.ndarray:
    """Return a hash of each id, shape (n,), uint64: the order among equal scores."""
    digests = (hashlib.blake2b(identifier.encode(), digest_size=8).digest() for identifier in identifiers)
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)


def best(score: np.ndarray, ties: np.ndarray, limit: int) -> np.ndarray:
    """Return the positions of the largest scores, best first.

    Parameters
    ----------
    score : ndarray of float, shape (n,)
        -inf is never chosen.
    ties : ndarray of uint64, shape (n,)
        Among equal scores the smaller comes first.
    limit : int
        At most so many.
    """
    bound = -np.inf
    if len(score) > 2 * LANES * limit > 0:
        lanes = np.fmax.reduce(score[: len(score) // LANES * LANES].reshape(LANES, -1), axis=0)
        bound = np.partition(lanes, len(lanes) - limit)[len(lanes) - limit]
    there = np.flatnonzero((score >= bound) & (score > -np.inf))
    if len(there) > limit > 0:
        value = score[there]
        edge = np.partition(value, len(value) - limit)[len(value) - limit]
        ahead, level = there[value > edge], there[value == edge]
        left = limit - len(ahead)
        if len(level) > left:
            level = level[np.argpartition(ties[level], left - 1)[:left]]
        there = np.concatenate([ahead, level])
    order = np.lexsort((ties[there], -score[there]))
    chosen: np.ndarray = there[order][: max(limit, 0)]
    return chosen
