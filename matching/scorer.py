"""What is learned from past links: a logit for a pair of features, and its exact parts by group of features.

A linear and a boosted logistic model are added and calibrated together. Where the rows come from stands in training.py.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

CONTEXT = frozenset({"company", "activity"})
"""Groups that every tree may look at besides its own one: who asks, and how active the investor is."""

GROUPS = (
    "sector", "technology", "place", "focus", "round", "amount", "entry", "similar", "network", "text", "activity",
)  # fmt: skip
"""Groups that a score is split into, in this order; the context of the company goes into the base."""

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


BINS = 96


class PairScorer:
    """Logistic regression plus gradient boosting whose trees each speak about one group of features.

    Every tree may use the features of one group and of `CONTEXT` (``interaction_cst``), so erasing a group takes away
    exactly what that group gave: the logit is a base plus one part per group (the idea of the explainable boosting
    machine of Lou, Caruana, Gehrke and Hooker, KDD 2013, with groups in place of single features).

    Parameters
    ----------
    seed : int
        For the order of features in ties; the same seed gives the same model.
    iterations : int
        Number of trees.
    strength : float
        Inverse regularisation of the linear model.

    Attributes
    ----------
    names_ : list of str
        Feature names, ``group:feature``.
    mean_, scale_, coef_ : ndarray, shape (n_features,)
        The linear model, on standardised features with nan as 0.
    edges_ : list of ndarray
        Edges of the bins of each feature that the trees see (quantiles of the rows).
    mix_ : ndarray, shape (3,)
        Weights of the linear and of the boosted logit, and the intercept.
    """

    def __init__(self, seed: int = 0, iterations: int = 120, strength: float = 0.05) -> None:
        self.seed = seed
        self.iterations = iterations
        self.strength = strength

    def fit(self, features: np.ndarray, linked: np.ndarray, weight: np.ndarray, names: Sequence[str]) -> Self:
        """Fit both models; `calibrate` sets how they are mixed.

        Parameters
        ----------
        features : ndarray of float32, shape (n_pairs, n_features)
        linked : ndarray of bool, shape (n_pairs,)
        weight : ndarray of float, shape (n_pairs,)
            How many pairs each row stands for.
        names : sequence of str
        """
        self.names_ = list(names)
        self.groups_ = np.array([name.partition(":")[0] for name in names])
        filled = np.nan_to_num(features)
        share = weight / weight.sum()
        present = ~np.isnan(features)
        mass = np.maximum(share @ present, 1e-9)
        self.mean_ = ((share @ filled) / mass).astype(np.float32)
        spread = np.where(present, features - self.mean_, 0.0)
        self.scale_ = np.sqrt((share @ np.square(spread)) / mass).astype(np.float32)
        self.scale_[self.scale_ < 1e-4] = np.inf
        linear = LogisticRegression(C=self.strength, max_iter=200).fit(self._standard(features), linked, weight)
        self.coef_, self.intercept_ = linear.coef_[0].astype(np.float32), float(linear.intercept_[0])
        self.kept_ = np.flatnonzero(np.isfinite(self.scale_))
        self.trees_ = HistGradientBoostingClassifier(
            learning_rate=0.1,
            max_iter=self.iterations,
            max_leaf_nodes=8,
            min_samples_leaf=40,
            l2_regularization=5.0,
            early_stopping=False,
            interaction_cst=self._allowed(),
            random_state=self.seed,
        )
        self.edges_ = [_edges(features[:, column]) for column in self.kept_]
        self.trees_.fit(self._binned(features), linked, weight)
        self.mix_ = np.array([0.5, 0.5, 0.0])
        return self

    @classmethod
    def hand_set(cls, names: Sequence[str], base: float) -> Self:
        """Return a scorer with the weights of `HAND_SET` and nothing learned."""
        scorer = cls()
        scorer.names_ = list(names)
        scorer.groups_ = np.array([name.partition(":")[0] for name in names])
        scorer.mean_ = np.zeros(len(names), dtype=np.float32)
        scorer.scale_ = np.ones(len(names), dtype=np.float32)
        scorer.coef_ = np.array([HAND_SET.get(name, 0.0) for name in names], dtype=np.float32)
        scorer.intercept_ = base
        scorer.trees_ = None
        scorer.mix_ = np.array([1.0, 0.0, 0.0])
        return scorer

    def calibrate(self, features: np.ndarray, linked: np.ndarray, weight: np.ndarray) -> Self:
        """Set the mix of the two models by a logistic regression on later pairs (Platt scaling, weights >= 0)."""
        both = np.column_stack([self.linear(features), self._boosted(features)])
        for columns in ([0, 1], [0], [1]):
            stacked = LogisticRegression(C=1e3).fit(both[:, columns], linked, weight)
            if (stacked.coef_ >= 0).all():
                break
        self.mix_ = np.zeros(3)
        self.mix_[columns], self.mix_[2] = stacked.coef_[0], stacked.intercept_[0]
        return self

    def linear(self, features: np.ndarray) -> np.ndarray:
        """Return the linear model's logit, shape (n_pairs,); cheap enough for every pair there is."""
        return self._standard(features) @ self.coef_ + self.intercept_

    def rough(self, features: np.ndarray) -> np.ndarray:
        """Return the linear model's guess of `logit`, shape (n_pairs,)."""
        return (self.mix_[0] + self.mix_[1]) * self.linear(features) + self.mix_[2]

    def logit(self, features: np.ndarray) -> np.ndarray:
        """Return the calibrated logit of both models, shape (n_pairs,)."""
        return self.mix_[0] * self.linear(features) + self.mix_[1] * self._boosted(features) + self.mix_[2]

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
            What each group adds: the logit minus the logit with the group erased. The last one, activity, is what
            remains after all others. Rows of parts plus base are the logits.
        """
        n = len(features)
        versions = [features, *(self._erased(features, [group]) for group in GROUPS[:-1])]
        versions.append(self._erased(features, GROUPS))
        logits = self.logit(np.concatenate(versions)).reshape(len(versions), n)
        full, base = logits[0], logits[-1]
        parts = np.empty((n, len(GROUPS)))
        parts[:, :-1] = (full - logits[1:-1]).T
        parts[:, -1] = full - base - parts[:, :-1].sum(axis=1)
        return base, parts

    def _erased(self, features: np.ndarray, groups: Sequence[str]) -> np.ndarray:
        erased = features.copy()
        erased[:, np.isin(self.groups_, groups)] = np.nan
        return erased

    def _standard(self, features: np.ndarray) -> np.ndarray:
        standard = (features - self.mean_) / self.scale_
        return np.nan_to_num(np.clip(standard, -8, 8, out=standard), copy=False)

    def _boosted(self, features: np.ndarray) -> np.ndarray:
        if self.trees_ is None:
            return np.zeros(len(features))
        logit: np.ndarray = self.trees_.decision_function(self._binned(features))
        return logit

    def _binned(self, features: np.ndarray) -> np.ndarray:
        # scikit-learn's own bins of weighted rows sort every feature once per bin; ours sort it once.
        binned = np.empty((len(features), len(self.kept_)), dtype=np.float32)
        for place, (column, edges) in enumerate(zip(self.kept_, self.edges_, strict=True)):
            values = features[:, column]
            binned[:, place] = np.where(np.isnan(values), np.nan, np.searchsorted(edges, values))
        return binned

    def _allowed(self) -> list[set[int]]:
        groups = self.groups_[self.kept_]
        shared = {int(i) for i in np.flatnonzero(np.isin(groups, list(CONTEXT)))}
        own = [{int(i) for i in np.flatnonzero(groups == group)} for group in GROUPS if group not in CONTEXT]
        return [shared | columns for columns in own if columns] or [shared]


def _edges(values: np.ndarray) -> np.ndarray:
    edges: np.ndarray = np.unique(np.nanquantile(values, np.linspace(0, 1, BINS)[1:-1]))
    return edges
