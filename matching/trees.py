"""What no straight line says: shallow regression trees on top of the linear choice model, each of one group.

A tree may look at one group, at the investor's record and at the company's own facts: ten deals in this category weigh
another thing for somebody who made twelve than for somebody who made two hundred. Since no tree looks at two groups,
what a group adds stays an exact part of the score (scorer.py). What profiles state about themselves is left to the
linear weights: there, a statement that goes can only take away what it gave.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

COUNT = 150
"""Trees; each group has its turn."""

DEPTH = 3
RATE = 0.07
"""Share of a tree's own step that is taken (Friedman, 2001)."""

LIGHTNESS = 10.0
"""L2 penalty on a leaf's value, in units of curvature: about as many linked pairs."""

LIGHTEST = 2.0
"""Curvature on each side of an edge, at least."""

BINS = 48
MEASURED = 50_000
"""Values of a column are told apart by `BINS` quantiles of so many of them."""

SEEN = 0.45
"""Share of the companies that each tree is grown from."""

INFLUENCE = 60.0
"""Pairs whose curvature is below its inverse are drawn by it, down to `SELDOM`, and weighted up."""

SELDOM = 0.05
_NODES, _LEAVES = 2**DEPTH - 1, 2**DEPTH
_FEW = 2_000
_CHUNK = 8_192


@dataclass(frozen=True)
class Trees:
    """Complete binary trees of `DEPTH`, as arrays.

    Attributes
    ----------
    group : ndarray of int, shape (t,)
        Which group each speaks of, a position in the groups given to `grown`.
    column : ndarray of int, shape (t, 7)
        Column that each node looks at; node k has the children 2k + 1 (not above the edge) and 2k + 2.
    edge : ndarray of float32, shape (t, 7)
    value : ndarray, shape (t, 8)
        What each leaf adds, from left to right.
    """

    group: np.ndarray
    column: np.ndarray
    edge: np.ndarray
    value: np.ndarray

    @classmethod
    def none(cls) -> "Trees":
        """Return a forest without trees: it adds nothing."""
        return cls(np.zeros(0, int), np.zeros((0, _NODES), int), np.zeros((0, _NODES)), np.zeros((0, _LEAVES)))

    def __len__(self) -> int:
        return len(self.group)

    def times(self, slope: float) -> "Trees":
        """Return the same trees, each leaf's value multiplied."""
        return replace(self, value=self.value * slope)

    def score(self, standard: np.ndarray) -> np.ndarray:
        """Return what all trees together add, shape (n,)."""
        if len(standard) <= _FEW:
            total: np.ndarray = self.each(standard).sum(axis=0)
            return total
        found = np.zeros(len(standard))
        for start in range(0, len(standard), _CHUNK):
            self._add(np.ascontiguousarray(standard[start : start + _CHUNK].T), found[start : start + _CHUNK])
        return found

    def _add(self, lines: np.ndarray, into: np.ndarray) -> None:
        for column, edge, value in zip(self.column.tolist(), self.edge, self.value, strict=True):
            above = [lines[at] > limit for at, limit in zip(column, edge, strict=True)]
            into += value[_leaf(above)]

    def each(self, standard: np.ndarray) -> np.ndarray:
        """Return what each tree adds, shape (t, n); for few rows."""
        if not len(self):
            return np.zeros((0, len(standard)))
        lines = np.ascontiguousarray(standard.T)
        above = lines[self.column.T] > self.edge.T[:, :, None]
        return np.take_along_axis(self.value, _leaf(list(above)).astype(np.intp), axis=1)


def grown(
    standard: np.ndarray,
    chosen: np.ndarray,
    weight: np.ndarray,
    company: np.ndarray,
    score: np.ndarray,
    groups: Sequence[np.ndarray],
) -> Trees:
    """Grow trees that make the choices likelier than a score alone does.

    Newton steps on the likelihood of `matching.scorer.PairScorer`: the softmax over each company's investors, where
    sampled pairs count for as many as they stand for.

    Parameters
    ----------
    standard : ndarray of float32, shape (n, n_features)
        Features as `PairScorer` standardises them.
    chosen : ndarray of bool, or of float, shape (n,)
        Whether each was chosen, or how much its being chosen counts.
    weight : ndarray of float, shape (n,)
    company : ndarray of int, shape (n,)
        Whose choice each row belongs to; not falling.
    score : ndarray, shape (n,)
        What the linear model says.
    groups : sequence of ndarray of int
        The columns that the trees of each group may look at; a group without any has no trees.
    """
    turns = [place for place, columns in enumerate(groups) if len(columns)]
    if not turns or not len(standard):
        return Trees.none()
    rng = np.random.default_rng(0)
    lane = np.cumsum(np.concatenate([[0], company[1:] != company[:-1]]))
    lines = np.ascontiguousarray(standard.T)
    edges = _edges(lines)
    codes = np.stack([np.searchsorted(limits, line) for limits, line in zip(edges, lines, strict=True)]).astype(
        np.int16
    )
    reached, found = score + np.log(weight), list[Trees]()
    for turn in range(COUNT):
        place = turns[turn % len(turns)]
        slope, bend = _steps(reached, chosen, lane)
        at, stands_for = _drawn(rng, chosen, bend, lane)
        columns = groups[place]
        drawn = slope[at] * stands_for, bend[at] * stands_for
        column, edge, value = _tree(codes[np.ix_(columns, at)], drawn, columns, edges)
        found.append(Trees(np.array([place]), column[None], edge[None], value[None]))
        found[-1]._add(lines, reached)
    names = ("group", "column", "edge", "value")
    return Trees(*(np.concatenate([getattr(tree, name) for tree in found]) for name in names))


def likelihood(score: np.ndarray, chosen: np.ndarray, weight: np.ndarray, company: np.ndarray) -> float:
    """Return the mean log likelihood of the choices under a score; parameters as in `grown`."""
    lane = np.cumsum(np.concatenate([[0], company[1:] != company[:-1]]))
    log_share = _log_shares(score + np.log(weight), lane)
    return float(chosen @ log_share / chosen.sum())


def _log_shares(reached: np.ndarray, lane: np.ndarray) -> np.ndarray:
    starts = np.flatnonzero(np.concatenate([[True], lane[1:] != lane[:-1]]))
    away = reached - np.maximum.reduceat(reached, starts)[lane]
    shares: np.ndarray = away - np.log(np.add.reduceat(np.exp(away), starts))[lane]
    return shares


def _steps(reached: np.ndarray, chosen: np.ndarray, lane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    share, count = np.exp(_log_shares(reached, lane)), np.bincount(lane, chosen)
    said = count[lane] * share
    return chosen - said, np.maximum(said * (1 - share), 1e-6)


def _drawn(
    rng: np.random.Generator, chosen: np.ndarray, bend: np.ndarray, lane: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    # Most pairs are so unlikely that they teach hardly anything: some of them stand for the others.
    influence = np.clip(INFLUENCE * bend + chosen, SELDOM, 1.0)
    seen = (rng.random(lane[-1] + 1) < SEEN)[lane]
    at = np.flatnonzero(seen & (rng.random(len(bend)) < influence))
    return at, 1 / influence[at]


def _edges(lines: np.ndarray) -> np.ndarray:
    few = lines[:, :: max(1, lines.shape[1] // MEASURED)]
    found: np.ndarray = np.quantile(few, np.linspace(0, 1, BINS + 1)[1:-1], axis=1).T.astype(np.float32)
    return found


def _tree(
    codes: np.ndarray, drawn: tuple[np.ndarray, np.ndarray], columns: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Grow one tree level by level from pairs in bins: columns and edges of its nodes, values of its leaves."""
    column, edge = np.full(_NODES, columns[0]), np.full(_NODES, np.inf, dtype=np.float32)
    node, lanes = np.zeros(codes.shape[1], dtype=np.int64), np.arange(len(columns))[:, None] * BINS
    for depth in range(DEPTH):
        wide = 2**depth
        cell = codes + lanes + node * (len(columns) * BINS)
        shape = wide, len(columns), BINS
        pull, mass = (_below(cell, values, shape) for values in drawn)
        whole_pull, whole_mass = pull[:, :1, -1:], mass[:, :1, -1:]
        gain = _gain(pull, mass) + _gain(whole_pull - pull, whole_mass - mass)
        gain[(mass < LIGHTEST) | (whole_mass - mass < LIGHTEST)] = 0.0
        flat = gain.reshape(wide, -1)
        best = flat.argmax(axis=1)
        splits = flat[np.arange(wide), best] > _gain(whole_pull, whole_mass).ravel()
        which, limit = best // BINS, best % BINS
        here = np.arange(wide) + wide - 1
        column[here] = np.where(splits, columns[which], columns[0])
        edge[here] = np.where(splits, edges[columns[which], np.minimum(limit, BINS - 2)], np.inf)
        above = splits[node] & (codes[which[node], np.arange(codes.shape[1])] > limit[node])
        node = 2 * node + above
    pull, mass = (np.bincount(node, values, _LEAVES) for values in drawn)
    return column, edge, RATE * pull / (mass + LIGHTNESS)


def _below(cell: np.ndarray, values: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    each = np.broadcast_to(values, cell.shape).ravel()
    summed: np.ndarray = np.bincount(cell.ravel(), each, shape[0] * shape[1] * shape[2]).reshape(shape)
    return summed.cumsum(axis=2)


def _gain(pull: np.ndarray, mass: np.ndarray) -> np.ndarray:
    gain: np.ndarray = np.square(pull) / (mass + LIGHTNESS)
    return gain


def _leaf(above: Sequence[np.ndarray]) -> np.ndarray:
    top, low, high = above[0], above[1], above[2]
    second = np.where(top, high, low)
    third = np.where(top, np.where(high, above[6], above[5]), np.where(low, above[4], above[3]))
    leaf: np.ndarray = 4 * top.astype(np.int8) + 2 * second.astype(np.int8) + third
    return leaf
