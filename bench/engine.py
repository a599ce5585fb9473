"""The learner on the time split of the shipped data, beside its peers in the same run, and how long a list takes.

Alone: `python -m bench learner`. LightGBM and implicit are measured where they happen to be installed; the engine
itself needs neither.
"""

import gc
import importlib.util
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

import app.demo
from bench.figures import Figure
from matching import Company, Dataset, Model, fit
from matching.candidates import best, tie_keys
from matching.encode import day
from matching.evaluate import DEPTH, Task, baselines, lists_of, tasks
from matching.features import Companies, Investors, pair_features
from matching.history import History, Store
from matching.likeness import LIKE_FACETS
from matching.training import WINDOW, Rows, window_rows, windows

FOLDER = Path(app.demo.__path__[0]) / "data" / "crunchbase_2013"
SPLIT = date(2012, 7, 1)
DRAWS = 2000
COUNT = "count: same category and state"
TIMED = 200
WINDOWS = 5
WITH_RECORDS = 2
"""Copies of every investor that also have its deals; the others of a full house are newcomers."""

Measures = dict[str, np.ndarray]


def figures() -> Iterator[Figure]:
    """Fit before the split, answer its questions, and time single lists."""
    data = Dataset.from_csv(FOLDER)
    model = fit(data, as_of=SPLIT - timedelta(days=1), judged=False)
    latencies = [_latency(model, size, wanted) for size, wanted in ((10_000, 5.0), (100_000, 25.0))]
    store, start = Store(data), day(SPLIT)
    history = History(store, start)
    found = {task.name: task for task in tasks(store, start, start + WINDOW)}
    yield from _cold(model, history, found["new company, asked"])
    for name in ("further investors, asked", "investor, companies raising"):
        yield _against_counting(model, history, found[name])
    yield Figure(
        name="calibration error, held-back half of the newest half year",
        reached=model.card["calibration_error"],
        wanted=0.03,
        at_most=True,
    )
    yield from latencies


def measures(lists: Sequence[Sequence[str]], answers: Sequence[frozenset[str]]) -> Measures:
    """Return recall@10, ndcg@10 and the reciprocal rank of each question."""
    rows = []
    for ranked, right in zip(lists, answers, strict=True):
        hits = [place for place, name in enumerate(ranked) if name in right]
        first = [place for place in hits if place < 10]
        ideal = sum(1 / np.log2(place + 2) for place in range(min(10, len(right))))
        gain = sum(1 / np.log2(place + 2) for place in first) / ideal
        rows.append((len(first) / len(right), gain, 1 / (hits[0] + 1) if hits else 0.0))
    return dict(zip(("recall@10", "ndcg@10", "mrr"), np.array(rows).T, strict=True))


def interval(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the ratio of two means over the same questions (bootstrap of the questions)."""
    drawn = np.random.default_rng(0).integers(len(ours), size=(DRAWS, len(ours)))
    low, high = np.quantile(ours[drawn].mean(axis=1) / np.maximum(theirs[drawn].mean(axis=1), 1e-12), [0.025, 0.975])
    return float(low), float(high)


def _cold(model: Model, history: History, task: Task) -> Iterator[Figure]:
    own = measures(lists_of(model, task), task.answers)
    peers = {name: measures(lists, task.answers) for name, lists in baselines(history, task).items()}
    for name, scores in _peers(history, task).items():
        peers[name] = measures(_lists(task, scores), task.answers)
    for name, times in (("recall@10", 1.6), ("mrr", 1.7), ("ndcg@10", 1.75)):
        low, high = interval(own[name], peers[COUNT][name])
        yield Figure(
            name=f"new company, asked: {name}",
            reached=float(own[name].mean()),
            wanted=times * float(peers[COUNT][name].mean()),
            baseline_name=COUNT,
            baseline=float(peers[COUNT][name].mean()),
            note=f"{len(task.queries)} questions, ratio {low:.2f} to {high:.2f} (95 %)",
        )
    for name, found in peers.items():
        low, high = interval(own["ndcg@10"], found["ndcg@10"])
        yield Figure(
            name="new company, asked: ndcg@10",
            reached=float(own["ndcg@10"].mean()),
            wanted=float(found["ndcg@10"].mean()),
            baseline_name=name,
            baseline=float(found["ndcg@10"].mean()),
            note=f"ratio {low:.2f} to {high:.2f} (95 %)",
        )


def _against_counting(model: Model, history: History, task: Task) -> Figure:
    own = measures(lists_of(model, task), task.answers)["ndcg@10"]
    counted = {name: measures(lists, task.answers)["ndcg@10"] for name, lists in baselines(history, task).items()}
    name = max(counted, key=lambda one: float(counted[one].mean()))
    low, high = interval(own, counted[name])
    return Figure(
        name=f"{task.name}: ndcg@10",
        reached=float(own.mean()),
        wanted=float(counted[name].mean()),
        baseline_name=f"best count: {name}",
        baseline=float(counted[name].mean()),
        note=f"{len(task.queries)} questions, ratio {low:.2f} to {high:.2f} (95 %)",
    )


def _peers(history: History, task: Task) -> dict[str, np.ndarray]:
    companies, investors = Companies.at(history, task.queries), Investors.at(history, task.candidates, welcome=False)
    counts = sparse.vstack([history.counts(facet)[0][:, investors.rows] for facet in LIKE_FACETS]).tocsr()
    asked = sparse.hstack([companies.facets[facet] for facet in LIKE_FACETS]).tocsr()
    facet = "category_state"
    plain = (companies.facets[facet] @ history.counts(facet)[0][:, investors.rows]).toarray()
    found = {
        COUNT: plain + 1e-7 * history.n_all[investors.rows],
        "BM25 over fields": _bm25(asked, counts),
        "cosine of profiles": _cosine(asked, counts),
    }
    found["item-kNN"] = _nearest(history, asked, investors)
    if importlib.util.find_spec("lightgbm"):
        found["LightGBM lambdarank, same features"] = _lambdarank(history, companies, investors)
    if importlib.util.find_spec("implicit"):
        found["implicit ALS"] = _als(history, companies, investors)
    return found


def _bm25(asked: Any, counts: Any, k: float = 1.2, b: float = 0.75) -> np.ndarray:
    length = np.asarray(counts.sum(axis=0)).ravel()
    holders = np.diff(counts.indptr)
    idf = np.log1p((counts.shape[1] - holders + 0.5) / (holders + 0.5))
    parts = counts.tocoo()
    norm = k * (1 - b + b * length[parts.col] / max(length.mean(), 1e-9))
    weight = idf[parts.row] * parts.data * (k + 1) / (parts.data + norm)
    scores: np.ndarray = (asked @ sparse.csr_array((weight, (parts.row, parts.col)), shape=counts.shape)).toarray()
    return scores


def _cosine(asked: Any, counts: Any) -> np.ndarray:
    idf = np.log1p(counts.shape[1] / (np.diff(counts.indptr) + 1))
    profiles = sparse.diags_array(idf) @ counts
    norm = np.sqrt(np.asarray(profiles.power(2).sum(axis=0)).ravel()) + 1e-9
    scores: np.ndarray = ((asked @ sparse.diags_array(idf)) @ profiles).toarray() / norm
    return scores


def _nearest(history: History, asked: Any, investors: Investors, nearest: int = 100) -> np.ndarray:
    past = sparse.hstack([history.store.link_facets[facet][history.deals] for facet in LIKE_FACETS]).tocsr()
    norm = np.sqrt(np.asarray(past.power(2).sum(axis=1)).ravel()) + 1e-9
    alike = (asked @ past.T).toarray() / norm
    edge = np.partition(alike, -nearest, axis=1)[:, -nearest:].min(axis=1, keepdims=True)
    alike[alike < edge] = 0.0
    scores: np.ndarray = (sparse.csr_array(alike) @ history.maker[:, investors.rows]).toarray()
    return scores


def _lambdarank(history: History, companies: Companies, investors: Investors) -> np.ndarray:
    lightgbm: Any = importlib.import_module("lightgbm")
    rng = np.random.default_rng(0)
    rows = Rows.together([window_rows(history.store, *span, rng) for span in windows(history.moment, WINDOWS)])
    learner = lightgbm.LGBMRanker(
        objective="lambdarank", n_estimators=200, learning_rate=0.05, num_leaves=15, min_child_samples=40, verbose=-1
    ).fit(rows.features, rows.linked.astype(int), group=np.unique(rows.company, return_counts=True)[1])
    everyone = np.arange(len(investors.rows))
    scores = [
        learner.predict(pair_features(history, companies, investors, np.full(len(everyone), row), everyone))
        for row in range(len(companies.rows))
    ]
    return np.stack(scores)


def _als(history: History, companies: Companies, investors: Investors) -> np.ndarray:
    # A company without investors has no factor of its own: the sum of those alike in category and state stands in.
    implicit: Any = importlib.import_module("implicit.als")
    backed = history.backers[1].tocsr()
    learner = implicit.AlternatingLeastSquares(factors=64, random_state=0)
    learner.fit(sparse.csr_matrix(backed), show_progress=False)
    facet = "category_state"
    alike = companies.facets[facet] @ history.store.link_facets[facet][history.deals].T
    who = history.store.link_company[history.deals]
    taste = alike @ learner.user_factors[who]
    scores: np.ndarray = taste @ learner.item_factors[investors.rows].T
    return scores


def _lists(task: Task, scores: np.ndarray) -> list[list[str]]:
    ties = tie_keys(candidate.id for candidate in task.candidates)
    return [[task.candidates[j].id for j in best(line, ties, DEPTH)] for line in scores]


def _latency(model: Model, size: int, wanted: float) -> Figure:
    data = model.history_.store.data
    copies = -(-size // len(data.investors))
    rows = [replace(one, id=f"{one.id}~{k}") if k else one for k in range(copies) for one in data.investors][:size]
    links = [replace(link, investor_id=f"{link.investor_id}~{k}") if k and link.investor_id else link
             for k in range(min(copies, WITH_RECORDS)) for link in data.links]  # fmt: skip
    there = {row.id for row in rows}
    whole = Dataset(data.companies, tuple(rows), tuple(link for link in links if link.investor_id in there))
    wide = Model(whole, model.as_of, 0)
    wide.scorer_, wide.first_look_, wide.learned_ = model.scorer_, model.first_look_, model.learned_
    gc.collect()
    gc.freeze()  # as a web process does once it has started
    asked = [Company(f"new{k}", name=one.name, category=one.category, state=one.state)
             for k, one in enumerate(data.companies[: TIMED + 20])]  # fmt: skip
    taken = sorted([_milliseconds(partial(_listed, wide, row)) for row in asked][20:])
    gc.unfreeze()
    return Figure(
        name=f"three fields to a list of 20 out of {size:,}: p99 ms",
        reached=taken[int(0.99 * len(taken)) - 1],
        wanted=wanted,
        at_most=True,
        note=f"p50 {taken[len(taken) // 2]:.1f} ms over {len(taken)} profiles",
    )


def _listed(model: Model, row: Company) -> None:
    list(model.ids_for([row], None, 20))


def _milliseconds(act: Callable[[], object]) -> float:
    before = time.perf_counter()
    act()
    return (time.perf_counter() - before) * 1000
