"""Fitting: learns from windows of the past, judges on the newest one, then learns from all of them.

What a model does with what it learned stands in model.py.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from matching.answers import FEWEST, VALUE, Answer, answer_rows, looked, split
from matching.card import calibration, facts
from matching.data import Dataset
from matching.evaluate import judge
from matching.features import NAMES, pair_features
from matching.history import History
from matching.meaning import configured
from matching.model import Model
from matching.rough import FirstLook
from matching.scorer import PairScorer
from matching.stated import BASE
from matching.training import ENOUGH, RaiseModel, Rows, window_rows, windows

LOOKED_AT = 200
"""Companies, and investors of each, that the first look learns from."""

WINDOWS = 5
"""Half years that are learned from; more history did not help on time splits."""


def fit(
    dataset: Dataset, as_of: date | None = None, seed: int = 0, judged: bool = True, answers: Sequence[Answer] = ()
) -> Model:
    """Fit the engine on what was known on a day.

    Learns from the last `WINDOWS` half years before ``as_of``, each with features from before it. First without the
    newest half year, on which it is calibrated and judged for the model card, then with it. Where there is too little
    history, the documented weights of scorer.py and stated.py stand in; no link at all is fine.

    Parameters
    ----------
    dataset : Dataset
    as_of : date, optional
        Nothing after it is used; default: the newest link.
    seed : int
        The same data, day and seed give the same model.
    judged : bool
        Whether the card says how the model does on the newest half year; without, the fit is a fifth shorter.
    answers : sequence of Answer, optional
        What people made of suggestions; learned from where that makes the newest half year likelier (answers.py).

    Returns
    -------
    Model
    """
    moment = as_of or dataset.newest
    model = Model(dataset.until(moment), moment, seed)
    model.meaning_ = configured()
    history, store = model.history_, model.history_.store
    model.scorer_ = PairScorer.hand_set(NAMES, BASE)
    rng = np.random.default_rng(seed)
    _look(model, rng)
    model.card = facts(model.history_.store.data, model.version, model.as_of)
    if moment is None:
        return model
    spans = windows(history.moment, WINDOWS)
    rows = [window_rows(store, start, stop, rng) for start, stop in spans]
    rows = [part for part in rows if part.linked.sum() > 0]
    if len(rows) < 2 or sum(part.linked.sum() for part in rows) < ENOUGH:
        return model
    newest = rows[-1]
    model.learned_ = True
    model.raising_ = RaiseModel(seed).fit(store, spans[:-1])
    bends, told = _learn_earlier(model, rows, _Told(history, answers, seed))
    half = newest.company % 2 == 0
    first, second = newest.where(half), newest.where(~half)
    setting = model.scorer_.calibrate(first.features, first.linked, first.weight)
    said = 1 / (1 + np.exp(-model.scorer_.logit(second.features)))
    model.card.update(calibration(said, second.linked, second.weight))
    if judged:
        _look(model, rng)
        model.card.update(judge(model, *spans[-1]))
    whole = Rows.together([*rows, *told])
    model.scorer_ = _learn(whole)
    if bends:
        model.scorer_.bend(*whole.columns)
    model.scorer_.calibrate_as(setting)
    model.raising_ = RaiseModel(seed).fit(store, spans)
    _look(model, rng)
    return model


def _learn_earlier(model: Model, rows: list[Rows], told: "_Told") -> tuple[bool, list[Rows]]:
    """Learn from all but the newest half year; whether trees held there, and the answers for the last fit."""
    earlier, newest = rows[:-1], rows[-1]
    model.scorer_ = _learn(Rows.together(earlier))
    used = told.hold(model.scorer_, earlier, newest)
    if used:
        earlier = [*earlier, told.before]
        model.scorer_ = _learn(Rows.together(earlier))
    model.card["answers"] = told.card
    return _bend(model.scorer_, Rows.together(earlier), newest), [told.all()] if used else []


class _Told:
    """Answers, as a fit may learn from them, and whether those of earlier days make the later ones likelier."""

    def __init__(self, history: History, answers: Sequence[Answer], seed: int) -> None:
        self._history, self._seed = history, seed
        self._earlier, self._later = split(answers)
        self.card: dict[str, Any] = {"count": len(answers), "looked": round(looked(answers), 3), "used": False}

    def hold(self, plain: PairScorer, rows: list[Rows], newest: Rows) -> bool:
        """Tell whether the earlier answers make the later ones likelier, by more than they cost the newest links."""
        if sum(one.kind in VALUE for one in self._earlier) < FEWEST:
            return False
        self.before, later = self._rows(self._earlier), self._rows(self._later)
        if not (self.before.linked.any() and later.linked.any()):
            return False
        scorer = _learn(Rows.together([*rows, self.before]))
        gains = [
            float(part.linked.sum()) * (scorer.likelihood(part.columns) - plain.likelihood(part.columns))
            for part in (newest, later)
        ]
        self.card["used"] = gains[1] > 0 and sum(gains) > 0
        return bool(self.card["used"])

    def all(self) -> Rows:
        """Return all answers, for the last fit."""
        return self._rows([*self._earlier, *self._later])

    def _rows(self, answers: Sequence[Answer]) -> Rows:
        return answer_rows(self._history.store, answers, self._history.moment, np.random.default_rng(self._seed))


def _learn(rows: Rows) -> PairScorer:
    return PairScorer().fit(*rows.columns, NAMES)


def _bend(scorer: PairScorer, rows: Rows, newer: Rows) -> bool:
    """Grow trees, and keep them if they make the choices of a later half year likelier; whether they are kept."""
    straight = scorer.likelihood(newer.columns)
    scorer.bend(*rows.columns)
    kept = scorer.likelihood(newer.columns) > straight
    if not kept:
        scorer.straighten()
    return kept


def _look(model: Model, rng: np.random.Generator) -> None:
    companies, investors = (side.encoded for side in model.everyone())
    n_companies, n_investors = len(companies.rows), len(investors.rows)
    likely = np.exp(0.5 * model.log_chance(companies))
    n_asking = min(n_companies, LOOKED_AT) if n_investors else 0
    asking = rng.choice(n_companies, n_asking, replace=False, p=likely / likely.sum()) if n_asking else np.zeros(0, int)
    pull = np.sqrt(investors.n_recent + 0.05)
    company_at, investor_at = [], []
    for row in asking.tolist():
        drawn = rng.choice(n_investors, min(n_investors, LOOKED_AT), replace=False, p=pull / pull.sum())
        investor_at.append(drawn)
        company_at.append(np.full(len(drawn), row))
    who, whom = (np.concatenate(parts) if parts else np.zeros(0, int) for parts in (company_at, investor_at))
    features = pair_features(model.history_, companies, investors, who, whom)
    score = model.scorer_.logit(features)
    model.first_look_ = FirstLook().fit(model.history_, companies, investors, who, whom, score)
    model.forget_first_look()
