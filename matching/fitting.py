"""Fitting: learns from windows of the past, judges on the newest one, then learns from all of them.

What a model does with what it learned stands in model.py.
"""

from datetime import date
from typing import Any

import numpy as np

from matching.data import Dataset
from matching.evaluate import calibration_error, judge
from matching.features import Companies, Investors, pair_features
from matching.model import Model
from matching.scorer import PairScorer
from matching.stated import BASE
from matching.training import ENOUGH, RaiseModel, Rows, window_rows, windows

WINDOWS = 5
"""Half years that are learned from; more history did not help on time splits."""


def fit(dataset: Dataset, as_of: date | None = None, seed: int = 0, judged: bool = True) -> Model:
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

    Returns
    -------
    Model
    """
    moment = as_of or dataset.newest
    model = Model(dataset.until(moment), moment, seed)
    history, store = model.history_, model.history_.store
    _, names = pair_features(history, Companies.at(history, []), Investors.at(history, []))
    model.scorer_ = PairScorer.hand_set(names, BASE)
    model.card = _facts(model)
    if moment is None:
        return model
    spans = windows(history.moment, WINDOWS)
    rng = np.random.default_rng(seed)
    rows = [window_rows(store, start, stop, rng)[0] for start, stop in spans]
    rows = [part for part in rows if part.linked.sum() > 0]
    if len(rows) < 2 or sum(part.linked.sum() for part in rows) < ENOUGH:
        return model
    earlier, newest = Rows.together(rows[:-1]), rows[-1]
    model.learned_ = True
    model.raising_ = RaiseModel(seed).fit(store, spans[:-1])
    model.scorer_ = PairScorer(seed).fit(earlier.features, earlier.linked, earlier.weight, names)
    half = np.arange(len(newest.linked)) % 2 == 0
    model.scorer_.calibrate(newest.features[half], newest.linked[half], newest.weight[half])
    mix = model.scorer_.mix_
    if judged:
        model.card.update(judge(model, *spans[-1]))
    said = 1 / (1 + np.exp(-model.scorer_.logit(newest.features[~half])))
    model.card["calibration_error"] = calibration_error(said, newest.linked[~half], newest.weight[~half])
    everything = Rows.together(rows)
    model.scorer_ = PairScorer(seed).fit(everything.features, everything.linked, everything.weight, names)
    model.scorer_.mix_ = mix
    model.raising_ = RaiseModel(seed).fit(store, spans)
    return model


def _facts(model: Model) -> dict[str, Any]:
    data = model.history_.store.data
    dated = [link.funded_at for link in data.links if link.funded_at]
    return {
        "version": model.version,
        "as_of": model.as_of.isoformat() if model.as_of else None,
        "companies": len(data.companies),
        "investors": len(data.investors),
        "links": sum(1 for link in data.links if link.investor_id),
        "period": [min(dated).isoformat(), max(dated).isoformat()] if dated else None,
    }
