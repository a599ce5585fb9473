"""Timetables, loads and the bridge between the languages, each beside what the obvious way gives in the same run.

Alone: `python -m bench.timetable`. Prints a table and writes bench/results/timetable-<time>.json.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from matching.timetable import plan, read_problem, verify
from matching.timetable.loads import Duties, assign
from matching.timetable.problem import Problem
from tests.matching.language.test_bridge import both_ways, twins
from tests.matching.timetable.days import day

RESULTS = Path(__file__).parent / "results"


class Row(msgspec.Struct, frozen=True):
    """One case: what was reached, what it is compared with, what is asked for. Seconds are the processor's."""

    name: str
    reached: float
    unit: str
    baseline_name: str
    baseline: float
    seconds: float
    wanted: str
    note: str = ""


CASES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("200 × 50, 16 slots, 40 tables", {"size": (200, 50, 16, 40)}, "gap 0 in 1 s"),
    ("1000 × 200, 24 slots, 150 tables", {"size": (1000, 200, 24, 150)}, "gap 0 in 5 s"),
    ("200 × 50 × 16, 30 % away", {"size": (200, 50, 16, 40), "away": 0.3}, "≥ .998 in 2 s"),
    ("200 × 50 × 16, 30 % away, few pairs", {"size": (200, 50, 16, 40), "away": 0.3, "density": 0.08}, "≥ .998 in 2 s"),
    ("60 × 60 × 16, 30 % away", {"size": (60, 60, 16, 30), "away": 0.3}, "≥ .998 in 2 s"),
    ("1000 × 200 × 24, 30 % away", {"size": (1000, 200, 24, 150), "away": 0.3}, "≥ .998 in 2 s"),
    ("400 × 100 × 20, two each", {"size": (400, 100, 20, 100), "minimum_left": 2}, "≥ .97, nobody below"),
)


def cases() -> list[Row]:
    """Measure everything; every plan is checked by the verifier first."""
    timetables = [_timetable(name, dict(options), wanted) for name, options, wanted in CASES]
    return [*timetables, *_loads(), *_bridge()]


def _timetable(name: str, options: dict[str, Any], wanted: str) -> Row:
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
    note = f"gap {written['gap']:.6f}, {below} below; command {whole:.2f} s, scipy alone {start:.2f} s"
    value = written["value"] / written["bound"]
    return Row(name, value, "of the bound", "first come", first_come(problem) / written["bound"], seconds, wanted, note)


def _processor_seconds(command: list[str]) -> float:
    """What a process and its children cost, whoever else is at work on the machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_come(problem: Problem) -> float:
    """Pairs by value, each into its first slot that is left: what people do by hand."""
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
    return total


def _loads() -> list[Row]:
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
    share = made.value / made.bound
    return [
        Row("177 reviewers, 118 papers", share, "of the bound", "best first", greedy / made.bound, seconds, "1", note)
    ]


def _by_hand(duties: Duties) -> float:
    need, room, total = duties.needs.copy(), duties.most.copy(), 0.0
    for cell in np.argsort(-duties.values, axis=None, kind="stable"):
        item, person = np.unravel_index(cell, duties.values.shape)
        if need[item] and room[person] and not duties.conflicts[item, person]:
            need[item] -= 1
            room[person] -= 1
            total += float(duties.values[item, person])
    return total


def _bridge() -> list[Row]:
    rows = []
    for name, pairs in (
        ("twins, all", twins()),
        ("twins, never looked at", [twin for twin in twins() if twin.name.startswith("fresh-")]),
    ):
        began = time.process_time()
        there, back = both_ways(pairs)
        seconds = time.process_time() - began
        words = min(both_ways(pairs, concepts=False))
        note = f"{len(pairs)} pairs; to English {there:.1%}, to Vietnamese {back:.1%}"
        rows.append(Row(name, min(there, back), "in the first 3", "words alone", words, seconds, "≥ .90", note))
    return rows


def show(rows: list[Row]) -> None:
    """Print the rows as a table."""
    table = Table(title="Timetables, loads, languages")
    for column in ("case", "reached", "", "baseline", "its", "cpu s", "wanted", ""):
        table.add_column(column, justify="right" if column in ("reached", "its", "cpu s") else "left")
    for row in rows:
        figures = (f"{row.reached:.5f}", row.unit, row.baseline_name, f"{row.baseline:.5f}", f"{row.seconds:.2f}")
        table.add_row(row.name, *figures, row.wanted, row.note)
    Console(width=170).print(table)


def main() -> None:
    rows = cases()
    show(rows)
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"timetable-{now:%Y-%m-%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode({"at": now, "results": rows})))
    print(f"written to {path}")


if __name__ == "__main__":
    main()
