"""How far down a list people look, and the same written as a mixture of powers, which makes crowds cheap to count."""

from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from scipy.optimize import nnls

from matching.data import DataError

Name = Literal["inv", "exp", "log2"]
"""The three curves of the literature: 1/k, exp(1 - k) and 1/log2(k + 1)."""


def looked_at(name: Name, places: int) -> np.ndarray:
    """Return the chance that each place of a list is looked at (position-based model).

    Parameters
    ----------
    name : {"inv", "exp", "log2"}
    places : int
        How many places, from the first.

    Returns
    -------
    ndarray of float, shape (places,)
        Probabilities; the first is 1 and none is above the one before it.

    Raises
    ------
    DataError
        If the name is not one of the three.
    """
    rank = np.arange(1, places + 1, dtype=float)
    if name == "inv":
        return 1 / rank
    if name == "exp":
        return np.exp(1 - rank)
    if name == "log2":
        return 1 / np.log2(rank + 1)
    raise DataError(f"examination: {name!r} is none of {', '.join(get_args(Name))}")


@lru_cache(maxsize=16)
def powers(name: Name, precision: int) -> tuple[np.ndarray, np.ndarray]:
    """Write the chance to be looked at behind ``n`` others as a mixture of powers: ``sum(w * t ** n)``.

    The expectation of ``t ** n`` over a sum of independent coins is a product, so the mixture gives the chance behind
    a random crowd in one product per node and needs no convolution. For 1/k it is the Gauss-Legendre rule for the
    integral of ``t ** n`` over [0, 1], exact for crowds below ``2 * precision``; for exp(1 - k) a single node is
    exact; 1/log2(k + 1) is completely monotone, so nodes are chosen by non-negative least squares (Lawson and Hanson).

    Parameters
    ----------
    name : {"inv", "exp", "log2"}
    precision : int
        More is finer; 6 to 8 is enough to climb, 24 and more to judge.

    Returns
    -------
    t, w : ndarray of float, shape (n_nodes,)
        Nodes in (0, 1] and their weights, which sum to 1.
    """
    if name == "inv":
        nodes, weights = np.polynomial.legendre.leggauss(precision)
        return (nodes + 1) / 2, weights / 2
    if name == "exp":
        return np.array([np.exp(-1.0)]), np.ones(1)
    crowd = np.unique(np.concatenate([np.arange(64), np.geomspace(64, 60_000, 160).astype(int)]))
    wanted = looked_at(name, int(crowd[-1]) + 1)[crowd]
    t = np.exp(-np.append(np.geomspace(1e-7, 30, max(8, 2 * precision)), 0.0))
    scale = np.sqrt(1 / wanted)
    w, _ = nnls(t ** crowd[:, None] * scale[:, None], wanted * scale, maxiter=10_000)
    kept = w > 0
    return t[kept], w[kept] / w.sum()
