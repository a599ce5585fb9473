"""Learns how much the points of a documented prior count, from what people answered to its lists.

Three things are said. Somebody is asked, kept or met: chosen among those who stood on the list (a conditional logit;
McFadden, 1974), counted by the inverse of the chance that the place was looked at (see answers.py), the others by how
many they stand for. Somebody is put away: the others of the list are preferred to them (Bradley and Terry, 1952).
Somebody who was asked says yes or no (a logistic regression on the points that meet their wishes). All share one factor
for each point, with a normal prior around 1, the documented weight: few answers move little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from matching.adjusted import Learned
from matching.answers import VALUE, looked_at, place_weights
from matching.card import calibration

Answer = Literal["saved", "asked", "accepted", "declined", "met", "hidden"]

FEWEST = 60
"""Choices (asked, kept, met) below which nothing is learned."""
FEWEST_REPLIES = 30
"""Replies below which q stays the prior's; they need both kinds."""
SPREAD = 0.5
"""Standard deviation of the prior of a factor."""
BASE_SPREAD = 3.0
LEAST, LARGEST = 0.05, 4.0
"""So many times its documented weight a point counts: none is silenced, so that later answers may bring it back."""
YES, NO = frozenset({"accepted", "met"}), frozenset({"declined"})


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody on a list that an answer was given to.

    Attributes
    ----------
    rank : int or None
        The place, from 1; None for who was not on the list.
    counts : float
        How many such places it stands for: 1, or more where only some of the list's end were kept.
    parts : mapping of str to float
        Contributions of the documented prior, by code.
    lot : float
        The chance with which the place was drawn by lot, 1 where it was not.
    """

    rank: int | None
    counts: float
    parts: Mapping[str, float]
    lot: float = 1.0


@dataclass(frozen=True, slots=True)
class Said:
    """One answer.

    Attributes
    ----------
    said_at : date
    answer : "saved", "asked", "accepted", "declined", "met" or "hidden"
        How far it has come: who accepted was asked before.
    shown : tuple of Shown
        First whom it is about, then others of the same list.
    """

    said_at: date
    answer: Answer
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a fit has come to.

    Attributes
    ----------
    learned : Learned
        Fitted on all answers.
    card : dict
        Numbers of answers, factors, and on the last quarter of the days, which a fit on the days before has not seen:
        ``loss`` (mean negative log likelihood of choices, and of replies) and ``mrr`` of the prior and of the fit,
        ``calibration_error`` and ``brier`` of p and q.
    accepted : bool
        Whether the fit tells the last quarter better than the documented prior does.
    """

    learned: Learned
    card: dict[str, Any]
    accepted: bool


def learn(said: Sequence[Said], theirs: frozenset[str]) -> Lesson | None:
    """Fit factors to answers.

    Parameters
    ----------
    said : sequence of Said
        Of one kind of list. Those without anybody shown are left out.
    theirs : frozenset of str
        Codes of the points that meet the candidate's wishes.

    Returns
    -------
    Lesson or None
        None where there are fewer than `FEWEST` choices, before the split or in all.
    """
    told = sorted((one for one in said if one.shown), key=lambda one: one.said_at)
    codes = tuple(sorted({code for one in told for shown in one.shown for code in shown.parts}))
    if not codes or _choices(told) < FEWEST:
        return None
    edge = told[(3 * len(told)) // 4].said_at
    earlier, later = [one for one in told if one.said_at < edge], [one for one in told if one.said_at >= edge]
    if _choices(earlier) < FEWEST // 2 or not _choices(later):
        return None
    heard = _Heard.of(earlier, codes, theirs)
    before, plain = _fit(heard), _fit(heard, fixed=True)
    unseen = _Heard.of(later, codes, theirs)
    prior, fitted = _judged(unseen, plain), _judged(unseen, before)
    found = _fit(_Heard.of(told, codes, theirs))
    card = {
        "choices": _choices(told),
        "put_away": sum(one.answer == "hidden" for one in told),
        "replies": sum(one.answer in YES | NO for one in told),
        "first": told[0].said_at.isoformat(),
        "split": edge.isoformat(),
        "last": told[-1].said_at.isoformat(),
        "factors": {code: round(value, 3) for code, value in found.factors.items()},
        "prior": prior,
        "fit": fitted,
    }
    return Lesson(found, card, fitted["loss"] < prior["loss"])


def _choices(said: Sequence[Said]) -> int:
    return sum(one.answer != "hidden" for one in said)


@dataclass(frozen=True)
class _Heard:
    """Answers as arrays: rows are those shown, lane by lane, first whom the answer is about."""

    codes: tuple[str, ...]
    parts: np.ndarray
    counts: np.ndarray
    first: np.ndarray
    lane: np.ndarray
    weight: np.ndarray
    chosen: np.ndarray
    yes: np.ndarray
    """Of each lane: 1, 0, or nan where nothing was replied."""
    theirs: np.ndarray

    @classmethod
    def of(cls, said: Sequence[Said], codes: tuple[str, ...], theirs: frozenset[str]) -> "_Heard":
        sizes = np.array([len(one.shown) for one in said])
        rows = [shown for one in said for shown in one.shown]
        return cls(
            codes,
            np.array([[shown.parts.get(code, 0.0) for code in codes] for shown in rows]),
            np.array([max(shown.counts, 1.0) for shown in rows]),
            np.concatenate([[0], np.cumsum(sizes)[:-1]]),
            np.repeat(np.arange(len(said)), sizes),
            _place_weights(said) * np.array([VALUE.get(one.answer, VALUE["asked"]) for one in said]) / VALUE["asked"],
            np.array([one.answer != "hidden" for one in said]),
            np.array([1.0 if one.answer in YES else 0.0 if one.answer in NO else np.nan for one in said]),
            np.array([code in theirs for code in codes]),
        )

    @property
    def replied(self) -> np.ndarray:
        return np.flatnonzero(~np.isnan(self.yes))

    @property
    def enough_replies(self) -> bool:
        answers = self.yes[self.replied]
        return len(answers) >= FEWEST_REPLIES and 0.0 < float(answers.mean()) < 1.0

    def wishes_met(self, factors: np.ndarray) -> np.ndarray:
        """What speaks for each candidate who replied, in their eyes."""
        found: np.ndarray = (self.parts[self.first[self.replied]] * self.theirs) @ factors
        return found

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Add up rows by lane."""
        return np.add.reduceat(values, self.first, axis=0)


def _place_weights(said: Sequence[Said]) -> np.ndarray:
    """How much each answer counts for the place it was given at, 1 on average; who was found elsewhere had no place."""
    first = [one.shown[0] for one in said]
    exponent = looked_at(one.rank for one in first if one.rank and one.lot < 1.0)
    rank, lot = np.array([one.rank or 1 for one in first], dtype=float), np.array([one.lot for one in first])
    return place_weights(rank, lot, exponent)


def _fit(heard: _Heard, *, fixed: bool = False) -> Learned:
    """The factors of the largest posterior; with ``fixed`` all stay 1 and only the bases are fitted."""
    n = len(heard.codes)
    start = np.concatenate([np.ones(n), [0.0]])
    bounds = [(1.0, 1.0) if fixed else (LEAST, LARGEST)] * n + [(-20.0, 20.0)]
    found = minimize(_posterior, start, (heard,), jac=True, method="L-BFGS-B", bounds=bounds).x
    factors = found[:n]
    base_q, slope_q = _scale_of_replies(heard, factors) if heard.enough_replies else (0.0, 1.0)
    return Learned(
        dict(zip(heard.codes, factors.tolist(), strict=True)),
        _base_of_choices(heard, factors),
        base_q,
        slope_q,
        heard.enough_replies,
    )


def _posterior(at: np.ndarray, heard: _Heard) -> tuple[float, np.ndarray]:
    """The negative log posterior (without constants) and its slope."""
    factors, base = at[:-1], at[-1]
    score = heard.parts @ factors
    loss, slope = _of_choices(score, heard)
    more, steep = _of_put_away(score, heard)
    loss, slope = loss + more, slope + steep
    loss += 0.5 * float(np.square(factors - 1.0).sum()) / SPREAD**2
    slope = slope + (factors - 1.0) / SPREAD**2
    steep_base = base / BASE_SPREAD**2
    loss += 0.5 * base**2 / BASE_SPREAD**2
    if heard.enough_replies:
        rows = heard.parts[heard.first[heard.replied]] * heard.theirs
        yes, logit = heard.yes[heard.replied], base + rows @ factors
        loss -= float((yes * log_expit(logit) + (1 - yes) * log_expit(-logit)).sum())
        error = expit(logit) - yes
        slope, steep_base = slope + rows.T @ error, steep_base + float(error.sum())
    return loss, np.concatenate([slope, [steep_base]])


def _of_choices(score: np.ndarray, heard: _Heard) -> tuple[float, np.ndarray]:
    each, share = _each_choice(score, heard)
    weight = heard.weight * heard.chosen
    expected = heard.sums(share[:, None] * heard.parts)
    return float(weight @ each), (weight[:, None] * (expected - heard.parts[heard.first])).sum(axis=0)


def _each_choice(score: np.ndarray, heard: _Heard) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each lane's choice, and of each row its share of the lane."""
    highest = np.maximum.reduceat(score, heard.first)
    mass = heard.counts * np.exp(score - highest[heard.lane])
    total = heard.sums(mass)
    return np.log(total) + highest - score[heard.first], mass / total[heard.lane]


def _of_put_away(score: np.ndarray, heard: _Heard) -> tuple[float, np.ndarray]:
    """Whoever was put away loses against the others of the list, each of them a part of one comparison."""
    others = np.ones(len(score), dtype=bool)
    others[heard.first] = False
    there = heard.sums(heard.counts * others)
    away = others & ~heard.chosen[heard.lane]
    if not away.any():
        return 0.0, np.zeros(heard.parts.shape[1])
    lane = heard.lane[away]
    weight = heard.weight[lane] * heard.counts[away] / there[lane]
    apart = heard.parts[away] - heard.parts[heard.first[lane]]
    ahead = score[away] - score[heard.first[lane]]
    return -float(weight @ log_expit(ahead)), -apart.T @ (weight * expit(-ahead))


def _scale_of_replies(heard: _Heard, factors: np.ndarray) -> tuple[float, float]:
    """Base and slope that fit the replies (Platt, 1999), the slope with a normal prior around 1 like a factor."""
    told, yes = heard.wishes_met(factors), heard.yes[heard.replied]

    def unlikely(at: np.ndarray) -> tuple[float, np.ndarray]:
        logit = at[0] + at[1] * told
        loss = -float((yes * log_expit(logit) + (1 - yes) * log_expit(-logit)).sum())
        loss += 0.5 * (at[0] / BASE_SPREAD) ** 2 + 0.5 * ((at[1] - 1.0) / SPREAD) ** 2
        error = expit(logit) - yes
        return loss, np.array([error.sum() + at[0] / BASE_SPREAD**2, error @ told + (at[1] - 1.0) / SPREAD**2])

    found = minimize(unlikely, (0.0, 1.0), jac=True, method="L-BFGS-B", bounds=[(-20.0, 20.0), (0.0, LARGEST)]).x
    return float(found[0]), float(found[1])


def _base_of_choices(heard: _Heard, factors: np.ndarray) -> float:
    """The log odds that bring p to the number of those who were asked, over all who stood on a list."""
    score = heard.parts @ factors
    asked = float((heard.weight * heard.chosen).sum())
    inside = heard.chosen[heard.lane]
    low, high = -60.0, 60.0
    weight = heard.counts * heard.weight[heard.lane] * inside
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if float(weight @ expit(score + middle)) < asked else (low, middle)
    return (low + high) / 2


def _judged(heard: _Heard, learned: Learned) -> dict[str, Any]:
    """How well factors tell answers that they have not seen."""
    factors = np.array([learned.factors[code] for code in heard.codes])
    score = heard.parts @ factors
    weight = heard.weight * heard.chosen
    each, _share = _each_choice(score, heard)
    ahead = heard.sums(heard.counts * (score > score[heard.first][heard.lane]))
    loss = float(weight @ each) / float(weight.sum())
    inside = heard.chosen[heard.lane]
    asked = np.zeros(len(score), dtype=bool)
    asked[heard.first] = True
    p = calibration(
        expit(score + learned.base_p)[inside], asked[inside], (heard.counts * heard.weight[heard.lane])[inside]
    )
    found: dict[str, Any] = {
        "mrr": round(float(weight @ (1 / (1 + ahead))) / float(weight.sum()), 4),
        "p": {name: round(p[name], 5) for name in ("calibration_error", "brier")},
    }
    if learned.replies and len(heard.replied):
        yes, logit = heard.yes[heard.replied], learned.base_q + learned.slope_q * heard.wishes_met(factors)
        loss -= float((yes * log_expit(logit) + (1 - yes) * log_expit(-logit)).sum()) / float(weight.sum())
        q = calibration(expit(logit), yes > 0.5, np.ones(len(yes)))
        found["q"] = {name: round(q[name], 5) for name in ("calibration_error", "brier")}
    return {"loss": round(loss, 5), **found}
