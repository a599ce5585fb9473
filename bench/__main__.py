"""`python -m bench`: start the stage, measure every case, print a table, write bench/results/<time>.json."""

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
from bench import cases
from bench.cases import Result
from bench.stage import Stage, stage

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


def keep(results: list[Result]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.machine()}
    rows = [{**msgspec.to_builtins(r), "rate": r.measured.rate, "ratio": r.ratio} for r in results]
    path.write_bytes(msgspec.json.format(msgspec.json.encode({"at": now, "machine": machine, "results": rows})))
    return path


def main() -> None:
    with stage() as running:
        results = asyncio.run(measure(running))
    show(results)
    print(f"written to {keep(results)}")


if __name__ == "__main__":
    main()
