"""A time split of the demo's real investments, made smaller: the engine against counting."""

from datetime import date
from pathlib import Path

import pytest

import app.demo
from matching import Dataset, Link, fit
from matching.encode import day
from matching.evaluate import Task, baselines, lists_of, metrics, tasks
from matching.history import History, Store
from matching.training import WINDOW

FOLDER = Path(app.demo.__path__[0]) / "data" / "crunchbase_2013"
STEADY = 60
SPLIT = date(2012, 1, 1)


@pytest.mark.slow
def test_engine_beats_counting_on_real_investments() -> None:
    data = Dataset.from_csv(FOLDER)
    busy: dict[str, int] = {}
    for link in data.links:
        busy[link.investor_id] = busy.get(link.investor_id, 0) + 1
    kept: list[Link] = [
        link for link in data.links if busy[link.investor_id] > STEADY and link.funded_at and link.funded_at.year > 2007
    ]
    there = {link.company_id for link in kept}
    data = Dataset.of(
        [company for company in data.companies if company.id in there],
        [investor for investor in data.investors if busy.get(investor.id, 0) > STEADY],
        kept,
    )
    model = fit(data, as_of=date(2011, 12, 31), judged=False)
    store, start = Store(data), day(SPLIT)
    found = {task.name: task for task in tasks(store, start, start + WINDOW)}
    for name in ("new company, asked", "any company", "investor, companies raising"):
        whole = found[name]
        task = Task(name, whole.queries[:200], whole.answers[:200], whole.candidates)
        own = metrics(lists_of(model, task), task.answers, len(task.candidates))
        for other in baselines(History(store, start), task).values():
            counted = metrics(other, task.answers, len(task.candidates))
            assert own["ndcg@10"] > 1.15 * counted["ndcg@10"]
            assert own["mrr"] > counted["mrr"]
