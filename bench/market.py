"""The market's figures: published markets, the ecosystem in three sizes, fairness, noise. `python -m bench market`."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.figures import Figure
from bench.markets import best_first, ecosystem, published, tables
from matching.market import Factors, MarketOptions, crowd, expected, run_market
from matching.market.candidates import best, pieces

PUBLISHED = (
    ("published market n=100", 100, 0.5, 621, 154.5, 0.3, 153.0),
    ("published market n=200", 200, 0.5, 621, 338.1, 1.5, 334.9),
    ("published market n=500", 500, 0.5, 621, 928.0, 5.0, 915.3),
    ("MODE market n=100", 100, 0.8, 0, 130.9, None, 129.68),
)
SIZES = ((1000, 1000, 0.0, 1350.0, 2.0), (10_000, 1_000, 2.7, None, 4.0), (90_000, 10_000, 7.0, None, 60.0))
"""Startups, investors, times the reciprocal product to reach, expected matches to reach, seconds."""


def figures(*, heavy: bool = True) -> Iterator[Figure]:
    """Measure; the largest market takes a minute, and only where ``heavy``."""
    yield from _published()
    yield from _one_city()
    for sizes in SIZES if heavy else SIZES[:2]:
        yield from _by_command(*sizes)


def _published() -> Iterator[Figure]:
    for name, n, popular, seed, wanted, limit, literature in PUBLISHED:
        p, q = published(n, popular, seed)
        run_market(p[:20], q[:20])
        result = run_market(p, q, options=MarketOptions(lists=None))
        bound = run_market(p, q, options=MarketOptions(lists=None, bound=True)).upper_bound
        product = _judged(best_first(p * q, n), p, q)
        yield Figure(
            name=f"{name}: expected matches",
            reached=result.expected_matches,
            wanted=wanted,
            baseline_name="reciprocal product",
            baseline=product,
            seconds=result.seconds,
            note=f"best published {literature}; no lists exceed {bound:.1f}",
        )
        if limit:
            yield Figure(name=f"{name}: seconds", reached=result.seconds, wanted=limit, at_most=True)


def _one_city() -> Iterator[Figure]:
    factors = ecosystem(1000, 1000)
    p, q = tables(factors)
    plain = run_market(p, q, options=MarketOptions(bound=True))
    fair = run_market(p, q, options=MarketOptions(fairness=1))
    low, lifted = (float(np.percentile(one.left_matches, 5)) for one in (plain, fair))
    yield Figure(
        name="ecosystem 1000 x 1000: share of the bound",
        reached=plain.expected_matches / (plain.upper_bound or np.inf),
        note=f"no lists exceed {plain.upper_bound:.0f}",
    )
    yield Figure(
        name="fairness 1: share of matches lost", reached=1 - fair.expected_matches / plain.expected_matches,
        wanted=0.025, at_most=True,
    )  # fmt: skip
    yield Figure(
        name="fairness 1: matches of the 5th-percentile startup, times the unfair one", reached=lifted / low,
        wanted=1.6, baseline_name="without fairness", baseline=1.0, note=f"{low:.2f} to {lifted:.2f}",
    )  # fmt: skip
    guessed = tables(factors, noise=1.0)
    product = _judged(best_first(guessed[0] * guessed[1], 10), p, q)
    yield Figure(
        name="noise of sd 1 on the logits: expected matches", reached=_judged(run_market(*guessed).lists, p, q),
        wanted=1.6 * product, baseline_name="reciprocal product", baseline=product,
    )  # fmt: skip


def _by_command(n_left: int, n_right: int, times: float, wanted: float | None, limit: float) -> Iterator[Figure]:
    """Run the command on factors in a process of its own: all told, with its start and its peak of memory."""
    factors = ecosystem(n_left, n_right)
    product = _product(Factors.of(factors))
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder, "factors.npz"), allow_pickle=False, **factors)
        command = [sys.executable, "-m", "matching", "market", "--factors", "factors.npz", "--lists", "10"]
        started = time.perf_counter()
        done = subprocess.run(
            [*command, "--out", "lists.npy"], cwd=folder, env={"PYTHONPATH": str(Path.cwd())},
            capture_output=True, check=True, text=True,
        )  # fmt: skip
        took = time.perf_counter() - started
    told = json.loads(done.stdout)
    name = f"ecosystem {n_left:,} x {n_right:,}, ten shown"
    memory = f"{told['peak_memory_mb']:.0f} MB"
    yield Figure(
        name=f"{name}: expected matches", reached=told["expected_matches"], wanted=wanted or times * product,
        baseline_name="reciprocal product", baseline=product, seconds=told["seconds"],
        note=f"coverage {told['coverage']:.4f}, Gini {told['gini']:.3f}, {memory}",
    )  # fmt: skip
    yield Figure(name=f"{name}: seconds all told", reached=took, wanted=limit, at_most=True)
    if n_left >= 90_000:
        yield Figure(name=f"{name}: coverage", reached=told["coverage"], wanted=0.99)
        yield Figure(name=f"{name}: MB", reached=told["peak_memory_mb"], wanted=2000, at_most=True)


def _judged(lists: np.ndarray, p: np.ndarray, q: np.ndarray) -> float:
    asked, agreed = (np.take_along_axis(table, lists, axis=1) for table in (p, q))
    return expected(lists, asked, agreed, crowd(len(p), len(q[0])), "inv").total


def _product(factors: Factors) -> float:
    """Return what lists of ten by p q are worth."""
    people = crowd(len(factors.u), len(factors.v))
    lists = np.empty((people.n_left, 10), dtype=np.int32)
    for run in pieces(people.n_left, people.n_right, factors.most):
        p, q = factors.dense(run)
        lists[run] = best(p * q, 10, (people.left[run], people.right))
    return expected(lists, *factors.of_pairs(np.arange(people.n_left), lists), people, "inv").total
