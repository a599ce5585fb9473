"""Ties are broken by hashed ids: the same everywhere and always, and different for everybody."""

import hashlib
from collections.abc import Sequence

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def hashed(ids: Sequence[str] | np.ndarray) -> np.ndarray:
    """Return a well-mixed number for each id.

    Parameters
    ----------
    ids : sequence of str, or ndarray of int, shape (n,)
        Texts are hashed with BLAKE2b, whole numbers with the finaliser of SplitMix64 (Steele, Lea, Flood 2014).

    Returns
    -------
    ndarray of uint64, shape (n,)
    """
    if isinstance(ids, np.ndarray) and ids.dtype.kind in "iu":
        return _mixed(ids.astype(np.uint64))
    digests = b"".join(hashlib.blake2b(str(one).encode(), digest_size=8).digest() for one in ids)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def tie(left: np.ndarray, right: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return a number for each pair that orders what is otherwise equal.

    Parameters
    ----------
    left, right : ndarray of uint64
        From `hashed`; shapes that broadcast.
    seed : int
        Another seed gives another order.

    Returns
    -------
    ndarray of uint32, broadcast shape
    """
    turned = _mixed(right + np.uint64(seed & 0xFFFFFFFF))
    return (_mixed(left ^ turned) >> np.uint64(32)).astype(np.uint32)


def _mixed(numbers: np.ndarray) -> np.ndarray:
    # Overflow is meant: whole numbers of 64 bits wrap around.
    numbers = numbers + _STEP
    numbers = (numbers ^ (numbers >> np.uint64(30))) * _FIRST
    numbers = (numbers ^ (numbers >> np.uint64(27))) * _SECOND
    mixed: np.ndarray = numbers ^ (numbers >> np.uint64(31))
    return mixed
