"""Offline judgement: metrics over whole catalogues, baselines, and the protocol of splitting at a day.

The metrics know lists and answers only, nothing of how a list was made.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from scipy import sparse

from matching.candidates import best, tie_keys
from matching.card import calibration, exposure, gini
from matching.data import Company, Investor
from matching.encode import day
from matching.features import Companies, Investors
from matching.history import History, Store
from matching.model import Model
from matching.training import WINDOW, raises

DEPTH = 100
"""Length of the lists that are judged."""

HEADLINE = "any company, asked"
QUERIES_FOR_CARD = 500
QUERIES_OF_KIND = 100
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Task:
    """Questions with known answers.

    Attributes
    ----------
    name : str
    queries : sequence of Company or of Investor
    answers : sequence of set of str
        Ids that came true; none of them empty.
    candidates : sequence
        Everyone who could be named.
    """

    name: str
    queries: Sequence[Any]
    answers: Sequence[frozenset[str]]
    candidates: Sequence[Any]


def metrics(lists: Sequence[Sequence[str]], answers: Sequence[frozenset[str]], n_candidates: int) -> dict[str, float]:
    """Judge ranked lists.

    Parameters
    ----------
    lists : sequence of sequence of str
        Ids, best first.
    answers : sequence of set of str
        What was right for each list; not empty.
    n_candidates : int
        Size of the catalogue.

    Returns
    -------
    dict
        Means of recall@10, recall@50, ndcg@10 (binary gains), mrr; coverage@10 (share of the catalogue that is in any
        first ten) and gini@10 (inequality of the exposure in first tens, 0 equal, 1 all for one).
    """
    figures = np.zeros((len(lists), 4))
    shown: dict[str, int] = {}
    for row, (ranked, right) in enumerate(zip(lists, answers, strict=True)):
        hits = np.flatnonzero([identifier in right for identifier in ranked])
        gains = 1 / np.log2(np.arange(min(len(right), 10)) + 2)
        figures[row, 0] = (hits < 10).sum() / len(right)
        figures[row, 1] = (hits < 50).sum() / len(right)
        figures[row, 2] = (1 / np.log2(hits[hits < 10] + 2)).sum() / gains.sum()
        figures[row, 3] = 1 / (hits[0] + 1) if len(hits) else 0.0
        for identifier in ranked[:10]:
            shown[identifier] = shown.get(identifier, 0) + 1
    means = figures.mean(axis=0).tolist() if len(lists) else [0.0] * 4
    found = dict(zip(("recall@10", "recall@50", "ndcg@10", "mrr"), means, strict=True))
    found["coverage@10"] = len(shown) / max(n_candidates, 1)
    found["gini@10"] = gini([*shown.values(), *[0] * (n_candidates - len(shown))])
    return found


def at(model: Model, start: float) -> Model:
    """Return the model as it would have answered at a day: what it learned, on the history before the day."""
    past = copy.copy(model)
    past.history_ = History(model.history_.store, start)
    past.as_of = _EPOCH + timedelta(days=start - 1)
    past._everyone = {}
    return past


def tasks(store: Store, start: float, stop: float) -> list[Task]:
    """Return the questions of a window: investors for companies, asked or not; companies for investors."""
    history = History(store, start)
    found = raises(store, start, stop)
    data = store.data
    backers = history.backers[1]
    n_companies = np.asarray((backers > 0).sum(axis=0)).ravel()
    had = np.diff(backers.indptr) > 0
    active = [investor for investor, n in zip(data.investors, n_companies, strict=True) if n >= 1]
    steady = [investor for investor, n in zip(data.investors, n_companies, strict=True) if n >= 5]
    truth = [frozenset(data.investors[j].id for j in answer) for answer in found.answers]
    cold = [not had[data.company_index[company.id]] for company in found.companies]
    unasked = [replace(company, round_type="", amount_usd=None) for company in found.companies]
    new = [k for k, is_cold in enumerate(cold) if is_cold]
    old = [k for k, is_cold in enumerate(cold) if not is_cold]
    every = range(len(truth))
    return [
        _task("new company, asked", found.companies, truth, new, steady),
        _task("new company", unasked, truth, new, steady),
        _task(HEADLINE, found.companies, truth, every, active),
        _task("any company", unasked, truth, every, active),
        _task("further investors, asked", found.companies, truth, old, active),
        _inverse(found.companies, truth, active),
    ]


def lists_of(model: Model, task: Task) -> list[list[str]]:
    """Let a model answer a task."""
    return [[name for name, _ in found] for _, found in model.ids_for(task.queries, task.candidates, DEPTH)]


def baselines(history: History, task: Task) -> dict[str, list[list[str]]]:
    """Answer a task by counting alone.

    Returns
    -------
    dict
        ``popularity`` (number of deals), ``category and state`` (deals in the same category and state, recent ones
        more), ``co-investment`` (cosine with the company's investors, recent ones more); ties by popularity.
    """
    for_companies = isinstance(task.queries[0], Company)
    rows = task.queries if for_companies else task.candidates
    companies = Companies.at(history, rows)
    investors = Investors.at(history, task.candidates if for_companies else task.queries, welcome=False)
    n_deals = np.expm1(investors.record[:, 0]) if for_companies else np.expm1(companies.facts[:, 1])
    popular = np.broadcast_to(n_deals, (len(task.queries), len(task.candidates)))
    pick = investors.rows
    local = _of(companies.facets["category_state"] @ history.counts("category_state")[1], pick)
    partner = _of(companies.backers[0] @ history.partners, pick)
    scores = {"popularity": popular, "category and state": local, "co-investment": partner}
    known = _known(companies, investors)
    if not for_companies:
        scores = {name: score if name == "popularity" else score.T for name, score in scores.items()}
        known = known.T
    ties = tie_keys(candidate.id for candidate in task.candidates)
    found = {}
    for name, score in scores.items():
        whole = np.where(known, -np.inf, score + 1e-7 * popular)
        found[name] = [[task.candidates[j].id for j in best(line, ties, DEPTH)] for line in whole]
    return found


def judge(model: Model, start: float, stop: float) -> dict[str, Any]:
    """Return what a model card says of a window that the model has not learned from.

    The headline figures are of companies that ask, all investors with a deal; ``coverage`` and ``gini`` of first tens.
    ``kinds`` has the figures of every kind of question, ``exposure`` who stands in the first tens, ``shown`` the
    calibration of the pairs that are shown.
    """
    past = at(model, start)
    store, found = past.history_.store, tasks(past.history_.store, start, stop)
    [task] = [_first(task, QUERIES_FOR_CARD) for task in found if task.name == HEADLINE]
    if not task.queries:
        return {}
    n = len(task.candidates)
    lists = [found for _, found in past.ids_for(task.queries, task.candidates, DEPTH)]
    names = [[name for name, _ in row] for row in lists]
    own = metrics(names, task.answers, n)
    others = {name: metrics(lists, task.answers, n) for name, lists in baselines(past.history_, task).items()}
    few = [_first(one, QUERIES_OF_KIND) for one in found if one.queries]
    chances = 1 / (1 + np.exp(-np.array([score for row in lists for _, score in row[:10]])))
    came = [name in right for row, right in zip(names, task.answers, strict=True) for name in row[:10]]
    return {
        "split": (_EPOCH + timedelta(days=start)).isoformat(),
        "queries": len(task.queries),
        "metrics": {"model": own, "baselines": others},
        "kinds": {one.name: metrics(lists_of(past, one), one.answers, len(one.candidates)) for one in few},
        "coverage": own["coverage@10"],
        "gini": own["gini@10"],
        "shown": calibration(chances, np.array(came), np.ones(len(chances))),
        "exposure": exposure([row[:10] for row in names], store.data, past.history_.n_all),
    }


def _first(task: Task, n: int) -> Task:
    return Task(task.name, task.queries[:n], task.answers[:n], task.candidates)


def table(fit: Callable[..., Model], data: Any, split: date, seed: int = 0) -> Iterable[str]:
    """Yield the lines of the report of a time split: the engine, fitted before the day, beside the baselines."""
    store = Store(data)
    start = day(split)
    model = fit(data, as_of=split - timedelta(days=1), seed=seed, judged=False)
    history = History(store, start)
    yield f"{'':26} {'':20} " + " ".join(f"{name:>11}" for name in metrics([], [], 0))
    for task in tasks(store, start, start + WINDOW):
        if not task.queries:
            yield f"{task.name:26} no query with an answer"
            continue
        answers: Mapping[str, list[list[str]]] = {"engine": lists_of(model, task), **baselines(history, task)}
        for name, lists in answers.items():
            figures = metrics(lists, task.answers, len(task.candidates))
            label = f"{task.name} ({len(task.queries)})" if name == "engine" else ""
            yield f"{label:30} {name:20} " + " ".join(f"{value:11.4f}" for value in figures.values())


def _task(
    name: str,
    queries: Sequence[Company],
    truth: Sequence[frozenset[str]],
    kept: Iterable[int],
    candidates: list[Investor],
) -> Task:
    there = {candidate.id for candidate in candidates}
    found = [(queries[k], truth[k] & there) for k in kept if truth[k] & there]
    return Task(name, [query for query, _ in found], [answer for _, answer in found], candidates)


def _inverse(companies: Sequence[Company], truth: Sequence[frozenset[str]], active: Sequence[Investor]) -> Task:
    taken: dict[str, set[str]] = {}
    for company, answer in zip(companies, truth, strict=True):
        for investor in answer:
            taken.setdefault(investor, set()).add(company.id)
    queries = [investor for investor in active if investor.id in taken]
    return Task("investor, companies raising", queries, [frozenset(taken[q.id]) for q in queries], companies)


def _of(matrix: sparse.csr_array, rows: np.ndarray) -> np.ndarray:
    found = np.zeros((matrix.shape[0], len(rows)))
    there = np.flatnonzero(rows >= 0)
    found[:, there] = matrix.tocsc()[:, rows[there]].toarray()
    return found


def _known(companies: Companies, investors: Investors) -> np.ndarray:
    known = np.zeros((len(companies.rows), len(investors.rows)), dtype=bool)
    there = np.flatnonzero(investors.rows >= 0)
    known[:, there] = companies.backers[1][:, investors.rows[there]].toarray() > 0
    return known
