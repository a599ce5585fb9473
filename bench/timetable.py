"""Timetables, loads and the bridge between the languages, each beside what the obvious way gives in the same run.

Alone: `python -m bench.timetable`. Seconds are the processor's, whoever else is at work on the machine.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.figures import Figure, show
from matching.timetable import plan, read_problem, verify
from matching.timetable.loads import Duties, assign
from matching.timetable.problem import Problem
from tests.matching.language.test_bridge import both_ways, twins
from tests.matching.timetable.days import day

CASES: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("200 × 50, 16 slots, 40 tables", {"size": (200, 50, 16, 40)}, 1.0),
    ("1000 × 200, 24 slots, 150 tables", {"size": (1000, 200, 24, 150)}, 1.0),
    ("200 × 50 × 16, 30 % away", {"size": (200, 50, 16, 40), "away": 0.3}, 0.998),
    ("200 × 50 × 16, 30 % away, few pairs", {"size": (200, 50, 16, 40), "away": 0.3, "density": 0.08}, 0.998),
    ("60 × 60 × 16, 30 % away", {"size": (60, 60, 16, 30), "away": 0.3}, 0.998),
    ("1000 × 200 × 24, 30 % away", {"size": (1000, 200, 24, 150), "away": 0.3}, 0.998),
    ("400 × 100 × 20, two each", {"size": (400, 100, 20, 100), "minimum_left": 2}, 0.97),
)


def figures() -> Iterator[Figure]:
    """Measure everything; every plan is checked by the verifier first."""
    for name, options, wanted in CASES:
        yield _timetable(name, dict(options), wanted)
    yield _loads()
    yield from _bridge()


def _timetable(name: str, options: dict[str, Any], wanted: float) -> Figure:
    document = day(*options.pop("size"), kind="taste", **options)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.json"), Path(folder, "out.json")
        source.write_text(json.dumps(document))
        command = [sys.executable, "-m", "matching", "schedule", "--in", str(source), "--out", str(target)]
        whole = _processor_seconds(command)
        written = json.loads(target.read_text())
    if breaches := verify(written, document):
        raise RuntimeError(f"{name}: {breaches[0]}")
    began = time.process_time()
    problem = read_problem(document)
    plan(problem)
    seconds = time.process_time() - began
    start = _processor_seconds([sys.executable, "-c", "import scipy.optimize, scipy.sparse"])
    below = len(written["below_minimum"])
    by_hand, left_out = first_come(problem)
    note = f"gap {written['gap']:.6f}, {below} below (by hand {left_out})"
    note += f"; command {whole:.2f} s, scipy alone {start:.2f} s"
    return Figure(
        name=name,
        reached=written["value"] / written["bound"],
        wanted=wanted,
        baseline_name="first come",
        baseline=by_hand / written["bound"],
        seconds=seconds,
        note=note,
    )


def _processor_seconds(command: list[str]) -> float:
    """What a process and its children cost, whoever else is at work on the machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_come(problem: Problem) -> tuple[float, int]:
    """Pairs by value, each into its first slot that is left, as by hand: the value, and how many miss the minimum."""
    free, load, total = problem.free.copy(), np.zeros(problem.slots, dtype=int), 0.0
    taken = np.zeros(len(problem.ids), dtype=int)
    for pair in np.argsort(-problem.values, kind="stable"):
        ends = problem.pairs[pair]
        shared = np.flatnonzero(free[ends].all(axis=0) & (load < problem.tables))
        if len(shared) and (taken[ends] < problem.most[ends]).all():
            free[ends, shared[0]] = False
            load[shared[0]] += 1
            taken[ends] += 1
            total += float(problem.values[pair])
    return total, int((taken[: problem.n_left] < problem.minimum).sum())


def _loads() -> Figure:
    random = np.random.default_rng(0)
    skill, topic = random.normal(size=(177, 8)), random.normal(size=(118, 8))
    values = 1 / (1 + np.exp(-topic @ skill.T))
    conflicts = random.random(values.shape) < 0.05
    duties = Duties.of(values, 3, (1, 3), conflicts)
    began = time.process_time()
    made = assign(duties)
    seconds = time.process_time() - began
    fair = assign(duties, fair=True)
    greedy = _by_hand(duties)
    note = f"worst {made.worst:.3f}, fair {fair.worst:.3f} at {fair.value / made.value:.4f}"
    return Figure(
        name="177 reviewers, 118 papers",
        reached=made.value / made.bound,
        wanted=1.0,
        baseline_name="best first",
        baseline=greedy / made.bound,
        seconds=seconds,
        note=note,
    )


def _by_hand(duties: Duties) -> float:
    need, room, total = duties.needs.copy(), duties.most.copy(), 0.0
    for cell in np.argsort(-duties.values, axis=None, kind="stable"):
        item, person = np.unravel_index(cell, duties.values.shape)
        if need[item] and room[person] and not duties.conflicts[item, person]:
            need[item] -= 1
            room[person] -= 1
            total += float(duties.values[item, person])
    return total


def _bridge() -> Iterator[Figure]:
    fresh = [twin for twin in twins() if twin.name.startswith("fresh-")]
    for name, pairs in (("twins, all", twins()), ("twins, never looked at", fresh)):
        began = time.process_time()
        there, back = both_ways(pairs)
        seconds = time.process_time() - began
        yield Figure(
            name=name,
            reached=min(there, back),
            wanted=0.9,
            baseline_name="words alone",
            baseline=min(both_ways(pairs, concepts=False)),
            seconds=seconds,
            note=f"{len(pairs)} pairs; in the first three: {there:.1%} to English, {back:.1%} to Vietnamese",
        )


if __name__ == "__main__":
    show("Timetables, loads, languages: share of the bound, share of twins", figures())
