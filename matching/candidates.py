"""Choosing out of all candidates: nobody is left out beforehand, and ties do not favour the same names for ever."""

import hashlib
from collections.abc import Iterable

import numpy as np


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
    there = np.flatnonzero(score > -np.inf)
    if len(there) > limit > 0:
        edge = np.partition(score[there], len(there) - limit)[len(there) - limit]
        there = there[score[there] >= edge]
    order = np.lexsort((ties[there], -score[there]))
    chosen: np.ndarray = there[order][: max(limit, 0)]
    return chosen
