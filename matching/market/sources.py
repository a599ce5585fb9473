"""Three ways to state a market, each giving prices, a shortlist, and everybody's probabilities run by run."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array

from matching.market.candidates import best, in_order, pieces
from matching.market.factors import Factors
from matching.market.hashing import tie
from matching.market.pairs import Crowd, Pairs, Shortlist
from matching.market.prices import TEMPERATURE, Prices, attraction, fitted, matches_of, temperature_for
from matching.market.threads import spread

SAMPLE = 2048
"""People on the left that prices are fitted on where there are more and their tables are large."""


class Source(Protocol):
    """A market, however it is stated."""

    @property
    def people(self) -> Crowd:
        """Who takes part."""
        ...

    @property
    def most(self) -> int | None:
        """How many people on the left `rows` should be asked for at a time; None if it does not matter."""
        ...

    def prices(self) -> Prices:
        """Return the prices at which the market clears."""
        ...

    def shortlist(self, prices: Prices, keep: int) -> Shortlist:
        """Return the best ``keep`` people by price-adjusted score for everybody on the left."""
        ...

    def rows(self, run: slice) -> tuple[np.ndarray, np.ndarray]:
        """Return p and q of a run of people on the left with everybody, shape (n_rows, n_right)."""
        ...


@dataclass(frozen=True, slots=True)
class Tables:
    """A market of two whole tables, of shape (n_left, n_right)."""

    p: np.ndarray
    q: np.ndarray
    people: Crowd
    most: int | None = None

    def prices(self) -> Prices:
        """Fit on a sample of the left."""
        some = sample(self.people)
        return _fitted((self.p[some] + self.q[some]) / 2, self.people)

    def shortlist(self, prices: Prices, keep: int) -> Shortlist:
        """Score everybody with everybody."""
        who = np.empty((self.people.n_left, keep), dtype=np.int32)

        def choose(run: slice) -> None:
            score = prices.adjusted(self.p[run], self.q[run])
            who[run] = best(score, keep, (self.people.left[run], self.people.right))

        spread(choose, pieces(*self.p.shape))
        p, q = (np.take_along_axis(table, who, axis=1) for table in (self.p, self.q))
        return in_order(who, (p, q), self.people, prices)

    def rows(self, run: slice) -> tuple[np.ndarray, np.ndarray]:
        """Cut the tables."""
        return self.p[run], self.q[run]


@dataclass(frozen=True, slots=True)
class FactorMarket:
    """A market of factors."""

    factors: Factors
    people: Crowd

    @property
    def most(self) -> int:
        """What one core takes at a time."""
        return self.factors.most

    def prices(self) -> Prices:
        """Fit on a sample of the left."""
        some = sample(self.people)
        mutual = np.empty((len(some), self.people.n_right), dtype=np.float32)

        def fill(run: slice) -> None:
            p, q = self.factors.dense(some[run])
            mutual[run] = (p + q) / 2

        spread(fill, pieces(*mutual.shape, self.most))
        return _fitted(mutual, self.people)

    def shortlist(self, prices: Prices, keep: int) -> Shortlist:
        """Score everybody with everybody, a run at a time."""
        who = np.empty((self.people.n_left, keep), dtype=np.int32)
        p, q = np.empty(who.shape), np.empty(who.shape)
        weight, price = np.float32(1 / (4 * prices.temperature)), prices.price.astype(np.float32)

        def choose(run: slice) -> None:
            # p + q = 1 + half the sum of the centred ones, and the 1 is the same for everybody
            score, other = self.factors.centred(run)
            score += other
            score *= weight
            score -= price
            who[run] = best(score, keep, (self.people.left[run], self.people.right))
            p[run], q[run] = self.factors.of_pairs(np.arange(run.start, run.stop), who[run])

        spread(choose, pieces(self.people.n_left, self.people.n_right, self.most))
        return in_order(who, (p, q), self.people, prices)

    def rows(self, run: slice) -> tuple[np.ndarray, np.ndarray]:
        """Form a run of the tables."""
        return self.factors.dense(run)


@dataclass(frozen=True, slots=True)
class PairMarket:
    """A market of candidate pairs; whoever is no pair cannot meet."""

    pairs: Pairs
    most: int | None = None

    @property
    def people(self) -> Crowd:
        """Those of the pairs."""
        return self.pairs.crowd

    def prices(self) -> Prices:
        """Fit on all pairs."""
        pairs = self.pairs
        mutual = (pairs.p.astype(float) + pairs.q) / 2
        some = np.flatnonzero(np.diff(pairs.indptr))
        temperature = temperature_for(np.maximum.reduceat(mutual, pairs.indptr[some]) if len(some) else mutual)
        values = attraction(mutual, temperature)
        kernel = csr_array((values, pairs.indices, pairs.indptr), shape=(self.people.n_left, self.people.n_right))
        return fitted(kernel, matches_of(self.people.capacity), temperature)

    def shortlist(self, prices: Prices, keep: int) -> Shortlist:
        """Put each person's pairs in order; shorter where nobody has so many."""
        pairs, crowd = self.pairs, self.people
        keep = min(keep, int(np.diff(pairs.indptr).max(initial=0)))
        score = prices.adjusted(pairs.p, pairs.q, pairs.indices)
        ties = tie(crowd.left[pairs.rows], crowd.right[pairs.indices])
        order = np.lexsort((ties, -score, pairs.rows))
        place = np.arange(len(order)) - pairs.indptr[pairs.rows]  # rows stay where they are
        kept = (place < keep) & np.isfinite(score[order])
        rows, places, order = pairs.rows[kept], place[kept], order[kept]
        shape = (crowd.n_left, keep)
        who, p, q = np.full(shape, -1, dtype=np.int32), np.zeros(shape), np.zeros(shape)
        who[rows, places], p[rows, places], q[rows, places] = pairs.indices[order], pairs.p[order], pairs.q[order]
        return Shortlist(who, p, q, crowd)

    def rows(self, run: slice) -> tuple[np.ndarray, np.ndarray]:
        """Form a run of the tables, 0 where there is no pair."""
        pairs = self.pairs
        inside = slice(pairs.indptr[run.start], pairs.indptr[run.stop])
        p = np.zeros((run.stop - run.start, self.people.n_right))
        q = np.zeros(p.shape)
        where = (pairs.rows[inside] - run.start, pairs.indices[inside])
        p[where], q[where] = pairs.p[inside], pairs.q[inside]
        return p, q


def sample(people: Crowd) -> np.ndarray:
    """Return positions of a fixed sample of the left: those with the smallest hashed ids."""
    return np.sort(np.argsort(people.left, kind="stable")[:SAMPLE])


def _fitted(mutual: np.ndarray, people: Crowd) -> Prices:
    share = len(mutual) / people.n_left if people.n_left else 1.0
    temperature = temperature_for(mutual.max(axis=1)) if mutual.size else TEMPERATURE
    return fitted(attraction(mutual, temperature), matches_of(people.capacity), temperature, share)
