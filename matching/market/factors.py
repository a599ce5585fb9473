"""Probabilities that are never formed whole: sigmoids of inner products of factors."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from matching.data import DataError

_TILE = 256
_ONE_CORE = 1 << 18
"""Multiplications up to which OpenBLAS keeps a product on the core that asks for it."""


@dataclass(frozen=True, slots=True)
class Factors:
    """Two directed probabilities for every pair: ``p = sigmoid(u v + a + b)``, and q likewise.

    Attributes
    ----------
    u, v : ndarray of float32, shapes (n_left, d) and (n_right, d)
        Logit of p is ``u @ v.T``; the offsets a and b are columns of them.
    u2, v2 : ndarray of float32, shapes (n_left, d2) and (n_right, d2)
        The same for q.
    tiles : pair of ndarray of float32, shapes (n_tiles, d, 256) and (n_tiles, d2, 256)
        The right side again, in pieces.
    """

    u: np.ndarray
    v: np.ndarray
    u2: np.ndarray
    v2: np.ndarray
    tiles: tuple[np.ndarray, np.ndarray] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Cut the right side into tiles."""
        object.__setattr__(self, "tiles", (_tiles(self.v), _tiles(self.v2)))

    @classmethod
    def of(cls, given: dict[str, np.ndarray]) -> Self:
        """Take factors U, V, a, b, U2, V2, a2, b2; logits ``U @ V.T + a[:, None] + b[None, :]``.

        Raises
        ------
        DataError
            If one is missing, has another shape than the others ask for, or holds what is not finite.
        """
        sides = [side for number in ("", "2") for side in _joined(given, number)]
        if sides[0].shape[0] != sides[2].shape[0] or sides[1].shape[0] != sides[3].shape[0]:
            raise DataError("factors: U and U2, or V and V2, are of different numbers of people")
        return cls(*sides)

    @property
    def most(self) -> int:
        """How many people on the left `centred` should be asked for at a time."""
        return max(1, _ONE_CORE // (_TILE * max(self.u.shape[1], self.u2.shape[1])))

    def of_pairs(self, rows: np.ndarray, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return p and q (float64) of the people of each row of ``who``, shape (len(rows), k)."""
        p, q = (
            1 / (1 + np.exp(-np.clip(np.einsum("id,ikd->ik", left[rows], right[who], dtype=float), -700, 700)))
            for left, right in ((self.u, self.v), (self.u2, self.v2))
        )
        return p, q

    def centred(self, rows: slice | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ``2 p - 1`` and ``2 q - 1`` (float32) of some people on the left with everybody.

        As ``tanh`` of half the logit, shape (n_rows, n_right). Products are cut into pieces that BLAS leaves on one
        core, because whoever calls this runs it on every core.
        """
        p, q = (
            np.matmul(np.float32(0.5) * left[rows], tiles).transpose(1, 0, 2)
            for left, tiles in ((self.u, self.tiles[0]), (self.u2, self.tiles[1]))
        )
        p, q = (half.reshape(len(half), -1)[:, : len(self.v)] for half in (p, q))
        np.tanh(p, out=p)
        np.tanh(q, out=q)
        return p, q

    def dense(self, rows: slice | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return p and q (float32) of some people on the left with everybody, shape (n_rows, n_right)."""
        p, q = self.centred(rows)
        half = np.float32(0.5)
        p *= half
        q *= half
        p += half
        q += half
        return p, q


def _joined(given: dict[str, np.ndarray], number: str) -> tuple[np.ndarray, np.ndarray]:
    names = [name + number for name in ("U", "V", "a", "b")]
    lacking = [name for name in names if name not in given]
    if lacking:
        raise DataError(f"factors: {', '.join(lacking)} missing")
    u, v, a, b = (np.asarray(given[name]) for name in names)
    for name, array, dimensions in zip(names, (u, v, a, b), (2, 2, 1, 1), strict=True):
        if array.ndim != dimensions or array.dtype.kind not in "fiu":
            raise DataError(f"factors: {name} has {array.ndim} dimensions of {array.dtype}, {dimensions} are needed")
        if not np.isfinite(array).all():
            raise DataError(f"factors: {name} holds what is not finite")
    if u.shape[1] != v.shape[1] or len(a) != len(u) or len(b) != len(v):
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(names, (u, v, a, b), strict=True))
        raise DataError(f"factors: shapes do not match: {shapes}")
    ones = np.ones((len(u), 1)), np.ones((len(v), 1))
    left, right = np.hstack([u, a[:, None], ones[0]]), np.hstack([v, ones[1], b[:, None]])
    return left.astype(np.float32), right.astype(np.float32)


def _tiles(right: np.ndarray) -> np.ndarray:
    """Return the factors of the right in tiles, the last one filled up with zeros."""
    count = -(-max(1, len(right)) // _TILE)
    filled = np.zeros((count * _TILE, right.shape[1]), dtype=np.float32)
    filled[: len(right)] = right
    return np.ascontiguousarray(filled.reshape(count, _TILE, -1).transpose(0, 2, 1))
