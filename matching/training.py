"""Pairs to learn from: half-year windows of the past, each seen with what was known before it.

Nothing of a window, nor of what follows it, is in its features.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from matching.data import Company, without_future
from matching.features import NAMES, Companies, Investors, pair_features
from matching.history import COMPANY_NAMES, History, Store

WINDOW = 182.0
"""Days; a window is as long as the time for which suggestions are meant to hold."""

NEGATIVES = 40
"""Sampled pairs without a link for each company that raises in a window."""

LIKELY = {"category_state": 1.0, "city": 0.5, "category": 0.3, "state": 0.3, "category_round": 0.3, "region_round": 0.3}
"""Recent deals that make an investor likely to be sampled for a company: weight by facet."""

SHARES = np.array([0.4, 0.35, 0.25])
"""Of the sampled pairs: by how likely the investor is for this company, by its recent activity, at random."""

ENOUGH = 60
"""Linked pairs below which nothing is learned."""


@dataclass
class Rows:
    """Pairs of one or more windows.

    Attributes
    ----------
    features : ndarray of float32, shape (n, len(NAMES))
    linked : ndarray of bool, shape (n,)
        Whether a link followed.
    weight : ndarray of float, shape (n,)
        How many pairs each stands for.
    company : ndarray of int, shape (n,)
        Which raising company each is about; those of one are next to each other.
    """

    features: np.ndarray
    linked: np.ndarray
    weight: np.ndarray
    company: np.ndarray

    @classmethod
    def together(cls, parts: Sequence["Rows"]) -> "Rows":
        """Join the rows of several windows."""
        shifts = np.cumsum([0, *(part.company.max(initial=-1) + 1 for part in parts)])
        company = np.concatenate([part.company + shift for part, shift in zip(parts, shifts, strict=False)])
        features, linked, weight = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("features", "linked", "weight")
        )
        return cls(features, linked, weight, company)

    @property
    def columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Features, linked, weight and company, as `matching.scorer.PairScorer` takes them."""
        return self.features, self.linked, self.weight, self.company

    def where(self, kept: np.ndarray) -> "Rows":
        """Return some of the rows."""
        return Rows(self.features[kept], self.linked[kept], self.weight[kept], self.company[kept])


@dataclass
class Raises:
    """Who raised in a window: the profiles with what they asked, and the rows of the investors that came in."""

    companies: list[Company]
    answers: list[np.ndarray]


def windows(moment: float, count: int) -> list[tuple[float, float]]:
    """Return the last windows before a moment, oldest first, as (start, stop) in days."""
    return [(moment - WINDOW * (k + 1), moment - WINDOW * k) for k in reversed(range(count))]


def raises(store: Store, start: float, stop: float) -> Raises:
    """Return the companies that new investors came into from start to before stop.

    A company asks for the round and amount of its first link in the window.
    """
    inside = np.flatnonzero((store.link_day >= start) & (store.link_day < stop) & store.is_new_pair)
    by_company: dict[int, list[int]] = {}
    for link in inside.tolist():
        by_company.setdefault(int(store.link_company[link]), []).append(link)
    first_day = date(1970, 1, 1) + timedelta(days=start)
    companies, answers = [], []
    for row, links in by_company.items():
        ask = store.links[links[0]]
        profile = without_future(store.data.companies[row], first_day)
        companies.append(replace(profile, round_type=ask.round_type, amount_usd=ask.amount_usd))
        answers.append(np.unique(store.link_investor[links]))
    return Raises(companies, answers)


def window_rows(store: Store, start: float, stop: float, rng: np.random.Generator) -> Rows:
    """Collect the linked and a weighted sample of the other pairs of a window.

    Half of the companies do not say what they ask, so that both cases are learned. Pairs that were linked before are
    left out. Investors are sampled by `SHARES`, and weighted by the inverse (importance sampling): those who nearly
    came in carry most of the choice model's likelihood, and a sample by activity alone seldom has them.
    """
    history = History(store, start)
    found = raises(store, start, stop)
    silent = rng.random(len(found.companies)) < 0.5
    asked = [
        replace(c, round_type="", amount_usd=None) if s else c for c, s in zip(found.companies, silent, strict=True)
    ]
    companies = Companies.at(history, asked)
    investors = Investors.at(history, store.data.investors, welcome=False)
    n_investors = len(store.data.investors)
    pull = np.sqrt(history.n_recent + 0.05)
    steady = SHARES[1] * pull / pull.sum() + SHARES[2] / max(n_investors, 1)
    likely = _likely(history, companies)
    company_at, investor_at, linked, weight = [], [], [], []
    for row, answer in enumerate(found.answers):
        came = np.zeros(n_investors, dtype=bool)
        came[answer] = True
        chance = np.minimum(1.0, NEGATIVES * (steady + SHARES[0] * likely[row]))
        taken = came | (rng.random(n_investors) < chance)
        taken[companies.backers[1][[row]].indices] = False
        investor_at.append(np.flatnonzero(taken))
        company_at.append(np.full(len(investor_at[-1]), row))
        linked.append(came[investor_at[-1]])
        weight.append(np.where(linked[-1], 1.0, 1.0 / chance[investor_at[-1]]))
    if not linked:
        return Rows(np.zeros((0, len(NAMES)), dtype=np.float32), np.zeros(0, dtype=bool), np.zeros(0), np.zeros(0, int))
    who, whom, answers, stands_for = (np.concatenate(parts) for parts in (company_at, investor_at, linked, weight))
    features = pair_features(history, companies, investors, who, whom)
    return Rows(features, answers, stands_for, who)


def _likely(history: History, companies: Companies) -> np.ndarray:
    # Shares of the investors for each company, (n, investors), by the root of how much they did that is like it.
    near = sum(share * (companies.facets[facet] @ history.counts(facet)[1]) for facet, share in LIKELY.items())
    likely: np.ndarray = np.sqrt(near.toarray().astype(np.float32))
    return likely / np.maximum(likely.sum(axis=1, keepdims=True), 1e-9)


class RaiseModel:
    """Probability that a company takes new investors in within a window, from what it did so far.

    Attributes
    ----------
    usual_ : float
        Share of companies that did; the answer where nothing is learned.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.usual_ = 1.0
        self.trees_: HistGradientBoostingClassifier | None = None

    def fit(self, store: Store, spans: Sequence[tuple[float, float]]) -> "RaiseModel":
        """Learn from windows; facts are those known at their start."""
        rows, raised = [], []
        for start, stop in spans:
            facts = History(store, start).momentum
            inside = (store.link_day >= start) & (store.link_day < stop) & store.is_new_pair
            did = np.zeros(len(facts), dtype=bool)
            did[store.link_company[inside]] = True
            there = ~(store.founded >= start)
            rows.append(facts[there])
            raised.append(did[there])
        features, answer = np.concatenate(rows), np.concatenate(raised)
        if answer.sum() >= ENOUGH and not answer.all():
            self.usual_ = float(answer.mean())
            self.trees_ = HistGradientBoostingClassifier(
                max_iter=40, max_leaf_nodes=8, min_samples_leaf=40, early_stopping=False, random_state=self.seed
            ).fit(features, answer)
        return self

    def log_chance(self, facts: np.ndarray) -> np.ndarray:
        """Return log P(raises) for facts (n, at least `COMPANY_NAMES`), shape (n,)."""
        if self.trees_ is None:
            return np.full(len(facts), np.log(self.usual_))
        chance: np.ndarray = self.trees_.predict_proba(facts[:, : len(COMPANY_NAMES)])[:, 1]
        return np.log(np.maximum(chance, 1e-6))
