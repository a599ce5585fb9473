"""What `make run` says in the terminal: the address, the sign-ins, the progress of the demo."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.core.settings import Settings

DEMO_ACCOUNTS = ("startup", "investor", "mentor", "organizer", "checkin", "admin")
_STEP = 10


def say(text: str) -> None:
    print(text, flush=True)


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def welcome(settings: Settings, seconds: float, logs: str) -> None:
    say("")
    say(f"  Kết Nối runs at {settings.origin}   (first page after {seconds:.1f} s)")
    if settings.demo:
        say("")
        say("  Demo sign-ins, for the whole demo one password: " + settings.demo_password)
        for name in DEMO_ACCOUNTS:
            say(f"    {name}@demo.example")
    say("")
    say(f"  Logs: {logs}    Stop: Ctrl-C")
    say("")


class SeedProgress:
    """Shows the lines that `python -m app seed` writes: a bar on a terminal, now and then a line elsewhere."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._told = -_STEP
        if sys.stdout.isatty():
            from rich.progress import (  # noqa: PLC0415 - only on a terminal, only while seeding
                BarColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
            )

            columns = (TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
            self._bar = Progress(*columns, TimeElapsedColumn())

    def line(self, text: str) -> None:
        """Take one line; lines that are no progress are ignored (they are in the log too)."""
        try:
            step = json.loads(text)
            label, done, total = str(step["label"]), int(step["done"]), max(int(step["total"]), 1)
        except (ValueError, KeyError, TypeError):
            return
        percent = 100 * done // total
        if self._bar is not None:
            if self._task is None:
                self._bar.start()
                self._task = self._bar.add_task(label, total=total)
            self._bar.update(self._task, description=label, completed=done, total=total)
        elif percent - self._told >= _STEP or (done >= total and percent > self._told):
            self._told = percent
            say(f"  demo data: {percent:3d} %  {label}")

    def close(self) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.stop()


@contextmanager
def progress_lines() -> Iterator[Any]:
    """The callback for `python -m app seed`: progress(label, done, total) becomes one JSON line each."""

    def progress(label: str, done: int, total: int) -> None:
        print(json.dumps({"label": label, "done": done, "total": total}, ensure_ascii=False), flush=True)

    yield progress


def read_available(process: "subprocess.Popen[bytes]") -> list[str]:
    """The lines that the process has written so far, without waiting for more."""
    if process.stdout is None:
        return []
    data = process.stdout.read() or b""
    return data.decode("utf-8", errors="replace").splitlines()
