"""What people answered to suggestions: kept, put away, asked, accepted, met; each with the place it stood at.

Who stands first is answered most, whoever it is. An answer therefore counts by the inverse of the chance that its place
was looked at (inverse propensity scoring: Joachims, Swaminathan, Schnabel, WSDM 2017). How fast that chance falls is
learned from the one place of each list that is drawn by lot, never from page views: nobody's reading is recorded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from scipy.optimize import minimize_scalar

from matching.encode import day
from matching.features import NAMES, Companies, Investors, pair_features
from matching.history import History, Store
from matching.suggestions import DRAWN_FROM, SEEN
from matching.training import NEGATIVES, WINDOW, Rows

Kind = Literal["saved", "asked", "accepted", "met", "outcome", "hidden"]
VALUE: dict[str, float] = {"saved": 1.0, "asked": 1.5, "accepted": 3.0, "met": 4.0, "outcome": 6.0}
"""What an answer for somebody counts, in links."""

LOOKED = 1.0
LOOKED_WEIGHS = 4.0
"""Before anything is known a place k is looked at with chance 1/k (`LOOKED`, the exponent), give or take a half."""

MOST = 20.0
"""No answer counts more than so many at the first place: a rare one must not outweigh all others."""

FEWEST = 60
"""Answers for somebody below which nothing is learned from them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to one suggestion, by either side.

    Attributes
    ----------
    company_id, investor_id : str
        The pair, whoever of them answered.
    kind : "saved", "asked", "accepted", "met", "outcome" or "hidden"
        ``hidden`` only where the reason speaks of the pair (another sector, place, stage or size).
    answered_at : date
    rank : int
        Its place on the list, from 1.
    explored : bool
        Whether it stood there by lot.
    propensity : float
        Chance with which the lot fell on this candidate.
    """

    company_id: str
    investor_id: str
    kind: Kind
    answered_at: date
    rank: int = 1
    explored: bool = False
    propensity: float = 1.0


def looked(answers: Iterable[Answer]) -> float:
    """Return the exponent e of the chance k^-e that a place k is looked at.

    Only answers to whom the lot put there count: who stands at such a place has nothing to do with how good they are,
    so places differ in how often they are looked at alone. Few draws leave `LOOKED` nearly as it is.
    """
    return looked_at(one.rank for one in answers if one.explored)


def looked_at(ranks: Iterable[int]) -> float:
    """Return the same exponent from the places, from 1, at which answers were given to whom the lot put there."""
    drawn = [rank for rank in ranks if DRAWN_FROM <= rank <= SEEN]
    places = np.log(np.arange(DRAWN_FROM, SEEN + 1))
    told = np.log(drawn).sum() if drawn else 0.0

    def unlikely(exponent: float) -> float:
        known = exponent * told + len(drawn) * np.log(np.exp(-exponent * places).sum())
        return float(known + 0.5 * LOOKED_WEIGHS * (exponent - LOOKED) ** 2)

    return float(minimize_scalar(unlikely, bounds=(0.0, 3.0), method="bounded").x)


def weights(answers: Sequence[Answer], exponent: float) -> np.ndarray:
    """Return how much each answer counts for its place, on average 1: clipped and self-normalised, shape (n,)."""
    rank = np.array([max(one.rank, 1) for one in answers], dtype=float)
    if not len(rank):
        return rank
    lot = np.array([one.propensity if one.explored else 1.0 for one in answers])
    return place_weights(rank, lot, exponent)


def place_weights(rank: np.ndarray, lot: np.ndarray, exponent: float) -> np.ndarray:
    """Return the same from places and the chances of the lot (1 where there was none), both of shape (n,)."""
    inverse = np.minimum(rank**exponent / np.clip(lot, 1e-6, 1.0), MOST)
    found: np.ndarray = inverse / inverse.mean()
    return found


def answer_rows(store: Store, answers: Sequence[Answer], known: float, rng: np.random.Generator) -> Rows:
    """Return answers as choices, one half year's at a time, with what was known at its start, at most until ``known``.

    Who was answered well is chosen, as much as the answer counts; who was put away stands beside the sampled others.
    """
    exponent, days = looked(answers), np.array([day(one.answered_at) for one in answers])
    start, parts = days.min(initial=np.inf), []
    while start <= days.max(initial=-np.inf):
        inside = (days >= start) & (days < start + WINDOW)
        mine = [one for one, there in zip(answers, inside.tolist(), strict=True) if there]
        parts.append(_window(store, mine, weights(mine, exponent), (min(float(start), known), rng)))
        start += WINDOW
    parts = [part for part in parts if len(part.linked)]
    return Rows.together(parts) if parts else _nothing()


def split(answers: Sequence[Answer]) -> tuple[list[Answer], list[Answer]]:
    """Return the earlier three quarters of the answers, and those of the days after."""
    if not answers:
        return [], []
    days = sorted(one.answered_at for one in answers)
    edge = days[(3 * len(days)) // 4]
    return [one for one in answers if one.answered_at < edge], [one for one in answers if one.answered_at >= edge]


def _window(store: Store, answers: list[Answer], weight: np.ndarray, at: tuple[float, np.random.Generator]) -> Rows:
    start, rng = at
    data, history = store.data, History(store, start)
    chosen: dict[int, dict[int, float]] = {}
    away: dict[int, dict[int, float]] = {}
    for one, counts in zip(answers, weight.tolist(), strict=True):
        who, whom = data.company_index.get(one.company_id), data.investor_index.get(one.investor_id)
        if who is None or whom is None:
            continue
        where, value = (chosen, VALUE[one.kind]) if one.kind in VALUE else (away, 1.0)
        said = where.setdefault(who, {})
        said[whom] = max(said.get(whom, 0.0), value * counts)  # kept, then asked, then met: the furthest counts
    if not chosen:
        return _nothing()
    rows = sorted(chosen)
    n = len(data.investors)
    company_at, investor_at, linked, stands_for = [], [], [], []
    for place, row in enumerate(rows):
        good, bad = chosen[row], {whom: counts for whom, counts in away.get(row, {}).items() if whom not in chosen[row]}
        drawn = rng.random(n) < min(1.0, NEGATIVES / n)
        drawn[list(good)] = drawn[list(bad)] = True
        there = np.flatnonzero(drawn)
        company_at.append(np.full(len(there), place))
        investor_at.append(there)
        linked.append(np.array([good.get(whom, 0.0) for whom in there.tolist()]))
        usual = max(1.0, n / NEGATIVES)
        stands_for.append(
            np.array([1.0 if k in good else max(1.0, bad[k]) if k in bad else usual for k in there.tolist()])
        )
    left, right, answered, counted = (np.concatenate(one) for one in (company_at, investor_at, linked, stands_for))
    companies = Companies.at(history, [data.companies[row] for row in rows])
    features = pair_features(history, companies, Investors.at(history, data.investors), left, right)
    return Rows(features, answered, counted, left)


def _nothing() -> Rows:
    return Rows(np.zeros((0, len(NAMES)), dtype=np.float32), np.zeros(0), np.zeros(0), np.zeros(0, int))
