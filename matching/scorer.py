"""What is learned from past links: a logit for a pair of features, and its exact parts by group of features.

Where the rows come from stands in training.py; the prior of what profiles state in stated.py.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from matching.trees import Trees, grown, likelihood

CONTEXT = "company"
"""Group of what is the same for all investors of a company: it sets how likely a link is, not who."""

GROUPS = (
    "sector", "technology", "place", "focus", "round", "amount", "entry", "similar", "network", "text", "activity",
)  # fmt: skip
"""Groups that a score is split into, in this order; the context of the company goes into the base."""

RECORD = "activity"
"""Group of the investor's record, which the trees of every other group may look at as well."""

STATED = ":same_"
"""Features of what both sides state: no tree looks at them."""

TREELESS = (RECORD, "entry")
"""Groups without trees of their own: the record stands in all of them, entry follows from the company's facts."""

HAND_SET = {
    "activity:deals": 0.3,
    "activity:deals_recent": 0.4,
    "sector:same_category": 1.0,
    "sector:category_lift": 0.5,
    "sector:sector_lift": 0.5,
    "place:state_lift": 0.4,
    "place:region_lift": 0.3,
    "round:round_lift": 0.3,
    "amount:band_lift": 0.4,
    "similar:close": 0.4,
    "network:near": 1.0,
}
"""Monotone weights in place of learned ones where history is too short to learn from; BASE of stated.py is added."""

REACH = 8.0
"""Standardised features end here: an extreme value counts as this many standard deviations."""


class PairScorer:
    """A linear choice model of pairs, shallow trees beside it, and a logistic calibration on top.

    The weights maximise the likelihood that those investors who came in are chosen out of all, company by company: a
    softmax over the investors (McFadden's conditional logit, 1974; ListNet's loss, Cao et al., ICML 2007), where
    sampled pairs count for as many as they stand for. `bend` adds what trees find beyond the weights (trees.py). The
    calibration is a logistic regression on the score and the company's facts (Platt, 1999). A score is a base plus one
    part per group of features, and erasing a group takes away exactly what it gave; what trees make of the record alone
    counts as the record's.

    Parameters
    ----------
    strength : float
        L2 penalty on the weights of standardised features, in units of one linked pair.

    Attributes
    ----------
    names_ : list of str
        Feature names, ``group:feature``.
    mean_, scale_, coef_ : ndarray, shape (n_features,)
        On features standardised, with nan as 0. After `calibrate` the weights give a logit.
    trees_ : Trees
        None before `bend`.
    intercept_ : float
    """

    def __init__(self, strength: float = 100.0) -> None:
        self.strength = strength

    def fit(
        self, features: np.ndarray, linked: np.ndarray, weight: np.ndarray, company: np.ndarray, names: Sequence[str]
    ) -> Self:
        """Fit the choice model; `calibrate` turns its scores into logits.

        Parameters
        ----------
        features : ndarray of float32, shape (n_pairs, n_features)
        linked : ndarray of bool, or of float, shape (n_pairs,)
            Whether each was chosen, or how much its being chosen counts.
        weight : ndarray of float, shape (n_pairs,)
            How many pairs each row stands for.
        company : ndarray of int, shape (n_pairs,)
            Whose choice each row belongs to; not falling.
        names : sequence of str
        """
        self._name(names)
        share = weight / weight.sum()
        present = ~np.isnan(features)
        mass = np.maximum(share @ present, 1e-9)
        self.mean_ = ((share @ np.nan_to_num(features)) / mass).astype(np.float32)
        spread = np.where(present, features - self.mean_, 0.0)
        self.scale_ = np.sqrt((share @ np.square(spread)) / mass).astype(np.float32)
        self.scale_[self.scale_ < 1e-4] = np.inf
        standard = self._standard(features)
        standard[:, self.groups_ == CONTEXT] = 0.0
        hand = np.array([HAND_SET.get(name, 0.0) for name in names])
        hand = hand * np.where(np.isfinite(self.scale_), self.scale_, 0.0)
        self.coef_ = _choice(standard, linked, weight, company, self.strength, hand).astype(np.float32)
        self.intercept_ = 0.0
        return self

    def bend(self, features: np.ndarray, linked: np.ndarray, weight: np.ndarray, company: np.ndarray) -> None:
        """Grow trees on top of the weights; parameters as in `fit`."""
        standard = self._standard(features)
        self.trees_ = grown(standard, linked, weight, company, standard.astype(float) @ self.coef_, self._looked_at())

    def straighten(self) -> None:
        """Let go of the trees."""
        self.trees_ = Trees.none()

    def likelihood(self, rows: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]) -> float:
        """Return the mean log likelihood of choices: features, linked, weight and company as in `fit`."""
        return likelihood(self._score(rows[0]), *rows[1:])

    @classmethod
    def hand_set(cls, names: Sequence[str], base: float) -> Self:
        """Return a scorer with the weights of `HAND_SET` and nothing learned."""
        scorer = cls()
        scorer._name(names)
        scorer.mean_ = np.zeros(len(names), dtype=np.float32)
        scorer.scale_ = np.ones(len(names), dtype=np.float32)
        scorer.coef_ = np.array([HAND_SET.get(name, 0.0) for name in names], dtype=np.float32)
        scorer.intercept_ = base
        return scorer

    def calibrate(self, features: np.ndarray, linked: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Turn scores into logits by a logistic regression on pairs; the slope is never negative.

        Returns
        -------
        ndarray
            What `calibrate_as` of another fit takes.
        """
        context = self.groups_ == CONTEXT
        score = self._score(features)
        facts = self._standard(features)[:, context]
        found = LogisticRegression(C=1.0, max_iter=200).fit(np.column_stack([score, facts]), linked, weight)
        if found.coef_[0, 0] <= 0:
            found = LogisticRegression(C=1.0, max_iter=200).fit(facts, linked, weight)
            found.coef_ = np.concatenate([[[0.0]], found.coef_], axis=1)
        setting: np.ndarray = np.concatenate([found.coef_[0], found.intercept_])
        self.calibrate_as(setting)
        return setting

    def calibrate_as(self, setting: np.ndarray) -> None:
        """Turn scores into logits as another fit found right: slope, weights of the company's facts, intercept."""
        context = self.groups_ == CONTEXT
        self.coef_ = (self.coef_ * setting[0]).astype(np.float32)
        self.coef_[context] = setting[1:-1]
        self.trees_ = self.trees_.times(setting[0])
        self.intercept_ = float(setting[-1])

    def logit(self, features: np.ndarray) -> np.ndarray:
        """Return the logit, shape (n_pairs,)."""
        return self._score(features) + self.intercept_

    def parts(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Split logits into parts.

        Parameters
        ----------
        features : ndarray, shape (n_pairs, n_features)

        Returns
        -------
        base : ndarray, shape (n_pairs,)
            Logit with every group erased (as if unknown); differs with what the company is and asks.
        parts : ndarray, shape (n_pairs, len(GROUPS))
            What each group adds: the logit minus the logit with the group erased; for the record what it adds where
            all else is unknown. Rows of parts plus base are the logits.
        """
        standard = self._standard(features)
        each = standard.astype(float) * self.coef_
        parts = np.stack([each[:, self.groups_ == group].sum(axis=1) for group in GROUPS], axis=1)
        base = each[:, self.groups_ == CONTEXT].sum(axis=1) + self.intercept_
        if len(self.trees_):
            whole = self.trees_.each(standard)
            standard[:, (self.groups_ != CONTEXT) & (self.groups_ != RECORD)] = 0.0
            record = self.trees_.each(standard)
            standard[:, self.groups_ == RECORD] = 0.0
            nothing = self.trees_.each(standard).sum(axis=0)
            for place in range(len(GROUPS)):
                mine = self.trees_.group == place
                parts[:, place] += (whole[mine] - record[mine]).sum(axis=0)
            parts[:, GROUPS.index(RECORD)] += record.sum(axis=0) - nothing
            base += nothing
        return base, parts

    def _looked_at(self) -> list[np.ndarray]:
        everywhere = (self.groups_ == CONTEXT) | (self.groups_ == RECORD)
        past = np.array([STATED not in name for name in self.names_])
        own = [(self.groups_ == group) & past for group in GROUPS]
        return [
            np.flatnonzero(mine | everywhere) if mine.any() and group not in TREELESS else np.zeros(0, int)
            for group, mine in zip(GROUPS, own, strict=True)
        ]

    def _name(self, names: Sequence[str]) -> None:
        self.names_ = list(names)
        self.groups_ = np.array([name.partition(":")[0] for name in names])
        self.trees_ = Trees.none()

    def _score(self, features: np.ndarray) -> np.ndarray:
        standard = self._standard(features)
        score: np.ndarray = standard.astype(float) @ self.coef_.astype(float)
        return score + self.trees_.score(standard) if len(self.trees_) else score

    def _standard(self, features: np.ndarray) -> np.ndarray:
        standard = (features - self.mean_) / self.scale_
        return np.nan_to_num(np.clip(standard, -REACH, REACH, out=standard), copy=False)


def _choice(
    standard: np.ndarray,
    linked: np.ndarray,
    weight: np.ndarray,
    company: np.ndarray,
    strength: float,
    centre: np.ndarray,
) -> np.ndarray:
    edges = np.concatenate([[True], company[1:] != company[:-1]])
    starts, lane = np.flatnonzero(edges), np.cumsum(edges) - 1
    chosen = linked.astype(float)
    n_chosen, log_weight = np.add.reduceat(chosen, starts), np.log(weight)

    def loss(coef: np.ndarray) -> tuple[float, np.ndarray]:
        score = (standard @ coef.astype(np.float32)).astype(float) + log_weight
        score -= np.maximum.reduceat(score, starts)[lane]
        mass = np.exp(score)
        total = np.add.reduceat(mass, starts)
        likelihood = chosen @ score - n_chosen @ np.log(total)
        slope = (n_chosen / total)[lane] * mass - chosen
        away = coef - centre
        return -likelihood + 0.5 * strength * away @ away, slope.astype(np.float32) @ standard + strength * away

    found = minimize(loss, centre, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    coef: np.ndarray = found.x
    return coef
