"""Learns how much the points of a documented prior count, from what people answered to its lists.

Three things are said. Somebody is asked or kept: chosen among those who stood in the places that people see (a
conditional logit; McFadden, 1974), counted by the inverse of the chance that the place was looked at (see answers.py).
Somebody is put away: the others who were seen are preferred to them (Bradley and Terry, 1952). Somebody who was asked
says yes or no (a logistic regression on the points that meet their wishes). All share one factor for each point, with a
normal prior around 1, the documented weight: few answers move little.

Only the first ten places take part. Nobody is known to have looked further down, and who stands there stands there by
the prior: taken for turned down, they would teach the prior what it says already.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from matching.adjusted import Learned
from matching.answers import looked_at, place_weights
from matching.card import calibration
from matching.suggestions import SEEN

FEWEST = 60
"""Choices among the places seen below which nothing is learned."""
FEWEST_LATER = 20
"""Choices of the later part below which nothing can be judged."""
FEWEST_REPLIES = 30
"""Replies below which q stays the prior's; they need both kinds."""
SURE = 1.0
"""So many standard errors a fit has to tell the later choices better than the documented weights."""
HOLDS = 0.05
"""So much more than the documented weights' the calibration error may be."""
SPREAD = 0.5
"""Standard deviation of the prior of a factor."""
BASE_SPREAD = 3.0
LEAST, LARGEST = 0.05, 4.0
"""So many times its documented weight a point counts: none is silenced, so that later answers may bring it back."""
LIKELY = 10.0
"""No part of a score is larger: what is, or is no number, was not written by this program."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody on a list that an answer was given to.

    Attributes
    ----------
    rank : int
        The place, from 1.
    parts : mapping of str to float
        Contributions of the documented prior, by code.
    lot : float or None
        The chance with which the place was drawn by lot, None where it was not.
    """

    rank: int
    parts: Mapping[str, float]
    lot: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One answer.

    Attributes
    ----------
    said_at : date
    away : bool
        Whether they were put away, not asked or kept.
    shown : tuple of Shown
        First whom it is about, then others of the same list.
    yes : bool or None
        What they replied, None where they did not.
    replied_at : date or None
    """

    said_at: date
    away: bool
    shown: tuple[Shown, ...]
    yes: bool | None = None
    replied_at: date | None = None

    @property
    def choice(self) -> bool:
        """Whether somebody was chosen, in a place that people see, while there were others."""
        return not self.away and self.shown[0].rank <= SEEN and len(self.shown) > 1


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a fit has come to.

    Attributes
    ----------
    learned : Learned
        Fitted on all answers.
    card : dict
        Numbers of answers and factors. Of the days on which the last quarter of the choices was made, which a fit on
        the days before has not seen: ``loss`` (mean negative log likelihood of choices) and ``mrr`` of the prior and of
        the fit, the ``gain`` in loss with its standard ``error``, calibration of p and q.
    accepted : bool
        Whether the fit tells the later choices better than the documented prior does, by more than chance would, and
        its p holds about as well.
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
    told = sorted((_clean(one) for one in said if one.shown), key=lambda one: one.said_at)
    codes = tuple(sorted({code for one in told for shown in one.shown for code in shown.parts}))
    if not codes or _choices(told) < FEWEST:
        return None
    days = [one.said_at for one in told if one.choice]
    edge = days[(3 * len(days)) // 4]
    earlier = [_as_known(one, edge) for one in told if one.said_at < edge]
    later = [one for one in told if one.said_at >= edge]
    if _choices(earlier) < FEWEST // 2 or _choices(later) < FEWEST_LATER:
        return None
    heard, unseen = _Heard.of(earlier, codes, theirs), _Heard.of(later, codes, theirs)
    before, plain = _fit(heard), _fit(heard, fixed=True)
    prior, fitted = _judged(unseen, plain), _judged(unseen, before)
    gain, error = _gain(unseen, plain, before)
    found = _fit(_Heard.of(told, codes, theirs))
    card = {
        "choices": _choices(told),
        "put_away": sum(one.away for one in told),
        "replies": sum(one.yes is not None for one in told),
        "later": _choices(later),
        "first": told[0].said_at.isoformat(),
        "split": edge.isoformat(),
        "last": told[-1].said_at.isoformat(),
        "factors": {code: round(value, 3) for code, value in found.factors.items()},
        "gain": round(gain, 5),
        "error": round(error, 5),
        "prior": prior,
        "fit": fitted,
    }
    holds = fitted["p"]["calibration_error"] <= prior["p"]["calibration_error"] + HOLDS
    return Lesson(found, card, gain > SURE * error and holds)


def _choices(said: Sequence[Said]) -> int:
    return sum(one.choice for one in said)


def _as_known(one: Said, edge: date) -> Said:
    """The answer as it stood on a day: a reply that came later was not there."""
    late = one.replied_at is not None and one.replied_at >= edge
    return replace(one, yes=None, replied_at=None) if late else one


def _clean(one: Said) -> Said:
    shown = tuple(
        replace(
            each,
            parts={code: min(max(part, -LIKELY), LIKELY) for code, part in each.parts.items() if math.isfinite(part)},
        )
        for each in one.shown
    )
    return replace(one, shown=shown)


@dataclass(frozen=True)
class _Heard:
    """Answers as arrays: rows are those shown, lane by lane, first whom the answer is about."""

    codes: tuple[str, ...]
    parts: np.ndarray
    first: np.ndarray
    lane: np.ndarray
    weight: np.ndarray
    chosen: np.ndarray
    away: np.ndarray
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
            np.concatenate([[0], np.cumsum(sizes)[:-1]]),
            np.repeat(np.arange(len(said)), sizes),
            _place_weights(said),
            np.array([one.choice for one in said]),
            np.array([one.away and one.shown[0].rank <= SEEN for one in said]),
            np.array([np.nan if one.yes is None else float(one.yes) for one in said]),
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
    """How much each answer counts for the place it was given at: 1 on average over those seen, 0 for the others."""
    first = [one.shown[0] for one in said]
    seen = np.array([one.rank <= SEEN for one in first])
    exponent = looked_at(one.rank for one in first if one.lot is not None)
    found = np.zeros(len(first))
    if seen.any():
        rank = np.array([one.rank for one in first], dtype=float)[seen]
        lot = np.array([1.0 if one.lot is None else one.lot for one in first])[seen]
        found[seen] = place_weights(rank, lot, exponent)
    return found


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
    mass = np.exp(score - highest[heard.lane])
    total = heard.sums(mass)
    return np.log(total) + highest - score[heard.first], mass / total[heard.lane]


def _of_put_away(score: np.ndarray, heard: _Heard) -> tuple[float, np.ndarray]:
    """Whoever was put away loses against the others of the list, each of them a part of one comparison."""
    others = np.ones(len(score), dtype=bool)
    others[heard.first] = False
    there = heard.sums(others.astype(float))
    away = others & heard.away[heard.lane]
    if not away.any():
        return 0.0, np.zeros(heard.parts.shape[1])
    lane = heard.lane[away]
    weight = heard.weight[lane] / there[lane]
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
    """The log odds that bring p to the number of those who were asked, over all who stood on an answered list."""
    score = heard.parts @ factors
    asked = float((heard.weight * heard.chosen).sum())
    inside = heard.chosen[heard.lane]
    low, high = -60.0, 60.0
    weight = heard.weight[heard.lane] * inside
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if float(weight @ expit(score + middle)) < asked else (low, middle)
    return (low + high) / 2


def _scores(heard: _Heard, learned: Learned) -> np.ndarray:
    found: np.ndarray = heard.parts @ np.array([learned.factors[code] for code in heard.codes])
    return found


def _gain(heard: _Heard, plain: Learned, learned: Learned) -> tuple[float, float]:
    """By how much a fit tells each choice better than the prior, on average, and the standard error of that."""
    weight = heard.weight * heard.chosen
    apart = _each_choice(_scores(heard, plain), heard)[0] - _each_choice(_scores(heard, learned), heard)[0]
    total = float(weight.sum())
    mean = float(weight @ apart) / total
    return mean, float(np.sqrt(np.square(weight * (apart - mean)).sum())) / total


def _judged(heard: _Heard, learned: Learned) -> dict[str, Any]:
    """How well factors tell answers that they have not seen."""
    score = _scores(heard, learned)
    weight = heard.weight * heard.chosen
    each, _share = _each_choice(score, heard)
    ahead = heard.sums((score > score[heard.first][heard.lane]).astype(float))
    inside = heard.chosen[heard.lane]
    asked = np.zeros(len(score), dtype=bool)
    asked[heard.first] = True
    p = calibration(expit(score + learned.base_p)[inside], asked[inside], heard.weight[heard.lane][inside])
    found: dict[str, Any] = {
        "loss": round(float(weight @ each) / float(weight.sum()), 5),
        "mrr": round(float(weight @ (1 / (1 + ahead))) / float(weight.sum()), 4),
        "p": _rounded(p),
    }
    if learned.replies and len(heard.replied):
        factors = np.array([learned.factors[code] for code in heard.codes])
        logit = learned.base_q + learned.slope_q * heard.wishes_met(factors)
        found["q"] = _rounded(calibration(expit(logit), heard.yes[heard.replied] > 0.5, np.ones(len(logit))))
    return found


def _rounded(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "calibration_error": round(told["calibration_error"], 5),
        "brier": round(told["brier"], 5),
        "reliability": [{name: round(value, 4) for name, value in one.items()} for one in told["reliability"]],
    }
