"""`python -m bench`: start the stage, measure every case, print tables, write bench/results/<time>.json.

`python -m bench market` measures one part of the engine alone; `pages` the pages alone.
"""

import argparse
import asyncio
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from app.core import db
from app.core.settings import get_settings
from bench import cases, dealflow, door, duplicates, engine, festival, importing, market, mentoring, search, timetable
from bench.cases import Result
from bench.figures import Figure
from bench.figures import show as show_figures
from bench.stage import Stage, stage

ENGINE = {
    "mentoring": mentoring.figures,
    "market": market.figures, "learner": engine.figures, "timetable": timetable.figures, "search": search.figures,
    "import": importing.figures, "duplicates": duplicates.figures, "deals": dealflow.figures, "door": door.figures,
    "festival": festival.figures,
}  # fmt: skip
"""Parts that are measured without the stage, by name."""

RESULTS = Path(__file__).parent / "results"


async def measure(running: Stage) -> list[Result]:
    async with db.pool(get_settings(), name="bench"):
        await cases.settled()
        return [*await cases.pages(running), *await cases.registration(running), *await cases.scan(running)]


def show(results: list[Result]) -> None:
    table = Table(title="Kết Nối beside its baselines, same run, same machine")
    for column in ("path", "at once", "per second", "p50 ms", "p95 ms", "errors", "baseline", "its rate", "ratio", ""):
        table.add_column(column, justify="left" if column in ("path", "baseline", "") else "right")
    for result in results:
        took = result.measured
        table.add_row(
            result.name,
            str(result.at_once),
            f"{took.rate:,.0f}",
            f"{took.p50 * 1000:.1f}",
            f"{took.p95 * 1000:.1f}",
            str(took.errors),
            result.baseline_name,
            f"{result.baseline.rate:,.0f}",
            f"{result.ratio:.0%}",
            result.note,
        )
    Console(width=170).print(table)


def keep(results: list[Result], figures: dict[str, list[Figure]]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.machine()}
    rows = [{**msgspec.to_builtins(r), "rate": r.measured.rate, "ratio": r.ratio} for r in results]
    engine = {part: [{**msgspec.to_builtins(f), "holds": f.holds} for f in found] for part, found in figures.items()}
    told = {"at": now, "machine": machine, "results": rows, "engine": engine}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(told)))
    return path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("part", nargs="?", choices=("all", "pages", *ENGINE), default="all", help="what to measure")
    part = parser.parse_args().part
    figures: dict[str, list[Figure]] = {}
    for name, measured in ENGINE.items():
        if part in ("all", name):
            figures[name] = list(measured())
            show_figures(f"The engine: {name}", figures[name])
    results: list[Result] = []
    if part in ("all", "pages"):
        with stage() as running:
            results = asyncio.run(measure(running))
        show(results)
    print(f"written to {keep(results, figures)}")


if __name__ == "__main__":
    main()
