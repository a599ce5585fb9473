"""The metrics against values worked out by hand, and the time split of the made-up ecosystem."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Dataset, Model, fit
from matching.card import drift, gini
from matching.encode import day
from matching.evaluate import baselines, judge, lists_of, metrics, table, tasks
from matching.history import History, Store
from matching.training import WINDOW, raises

SPLIT = date(2019, 1, 1)


def test_metrics_of_a_list_worked_out_by_hand() -> None:
    ranked = [f"x{k}" for k in range(60)]
    found = metrics([ranked], [frozenset({"x1", "x20", "x55", "gone"})], 100)
    ideal = sum(1 / math.log2(rank + 2) for rank in range(4))
    assert found["recall@10"] == 0.25
    assert found["recall@50"] == 0.5
    assert found["mrr"] == 0.5
    assert found["ndcg@10"] == pytest.approx((1 / math.log2(3)) / ideal)
    assert found["coverage@10"] == 0.1
    assert found["gini@10"] == pytest.approx(0.9)


def test_perfect_lists_reach_one_and_empty_ones_nothing() -> None:
    perfect = metrics([["a", "b"]], [frozenset({"a", "b"})], 2)
    assert [perfect[name] for name in ("recall@10", "recall@50", "ndcg@10", "mrr")] == [1, 1, 1, 1]
    assert set(metrics([[]], [frozenset({"a"})], 2).values()) == {0.0}
    assert set(metrics([], [], 0).values()) == {0.0}


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_gini_is_that_of_all_differences(values: list[float]) -> None:
    pairs = np.abs(np.subtract.outer(values, values)).mean()
    mean = np.mean(values)
    assert gini(values) == pytest.approx(pairs / (2 * mean) if mean else 0.0, abs=1e-9)


def test_tasks_ask_only_what_became_true_in_the_window_and_was_new(world: Dataset) -> None:
    store = Store(world)
    start = day(SPLIT)
    known = {(link.company_id, link.investor_id) for link in world.links if day(link.funded_at) < start}
    new = {
        (link.company_id, link.investor_id)
        for link in world.links
        if start <= day(link.funded_at) < start + WINDOW and (link.company_id, link.investor_id) not in known
    }
    found = {task.name: task for task in tasks(store, start, start + WINDOW)}
    task = found["investor, companies raising"]
    asked = {
        (company, investor.id) for investor, right in zip(task.queries, task.answers, strict=True) for company in right
    }
    assert asked <= new
    had = {company for company, _ in known}
    assert all(company.id not in had for company in found["new company, asked"].queries)
    assert all(company.id in had for company in found["further investors, asked"].queries)
    assert all(not company.round_type for company in found["any company"].queries)
    assert len(raises(store, start, start + WINDOW).companies) == len({company for company, _ in new})


def test_learned_lists_beat_every_baseline_on_a_time_split(world: Dataset) -> None:
    start = day(SPLIT)
    model = fit(world, as_of=date(2018, 12, 31))
    store = Store(world)
    for task in tasks(store, start, start + WINDOW):
        own = metrics(lists_of(model, task), task.answers, len(task.candidates))
        for name, lists in baselines(History(store, start), task).items():
            other = metrics(lists, task.answers, len(task.candidates))
            assert own["ndcg@10"] > 1.1 * other["ndcg@10"], (task.name, name)
            assert own["recall@10"] > other["recall@10"], (task.name, name)


def test_the_card_tells_data_period_metrics_and_baselines(fitted: Model, world: Dataset) -> None:
    card = fitted.card
    assert card["companies"] == len(world.companies)
    assert card["period"] == [min(x.funded_at for x in world.links if x.funded_at).isoformat(), str(world.newest)]
    assert set(card["metrics"]["baselines"]) == {"popularity", "category and state", "co-investment"}
    for other in card["metrics"]["baselines"].values():
        assert card["metrics"]["model"]["ndcg@10"] > other["ndcg@10"]
    assert 0 < card["coverage"] <= 1
    assert 0 <= card["gini"] < 1
    assert card["calibration_error"] < 0.05


def test_the_report_has_a_line_for_each_task_and_way(world: Dataset) -> None:
    lines = list(table(fit, world, SPLIT))
    assert len(lines) == 1 + 6 * 4
    assert lines[1].startswith("new company, asked")


def test_a_split_after_everything_has_no_queries(world: Dataset) -> None:
    lines = list(table(fit, world, date(2030, 1, 1)))
    assert [line.partition(" no query")[1] for line in lines[1:]] == [" no query"] * 6


def test_the_card_judges_every_kind_of_question_and_tells_who_is_shown(fitted: Model) -> None:
    card = fitted.card
    assert {"new company", "any company, asked", "investor, companies raising"} <= set(card["kinds"])
    for figures in card["kinds"].values():
        assert set(figures) == {"recall@10", "recall@50", "ndcg@10", "mrr", "coverage@10", "gini@10"}
        assert all(0 <= value <= 1 for value in figures.values())
    assert set(card["exposure"]) == {"size", "country", "language"}
    assert sum(card["exposure"]["size"].values()) == pytest.approx(1)
    assert sum(one["share"] for one in card["shown"]["reliability"]) == pytest.approx(1)
    assert card["links_half_year"] > 0
    assert drift(card, card) == []


def test_probabilities_hold_on_the_half_year_that_was_held_back(fitted: Model) -> None:
    assert fitted.card["calibration_error"] <= 0.03
    assert 0 < fitted.card["brier"] < 0.25


def test_a_window_in_which_nobody_asked_is_not_judged(fitted: Model) -> None:
    start = day(date(2030, 1, 1))
    assert judge(fitted, start, start + WINDOW) == {}
