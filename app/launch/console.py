"""What `make run` says in the terminal: the address, the sign-ins, the progress of the demo."""

import json
import subprocess
import sys
from typing import Any

from app.core.settings import Settings

DEMO_ACCOUNTS = ("startup", "investor", "mentor", "organizer", "checkin", "admin")
_STEP = 50


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
    """Shows the lines that `python -m app seed` writes: a bar for each part on a terminal, a few lines elsewhere."""

    def __init__(self) -> None:
        self._bars: Any = None
        self._parts: dict[str, Any] = {}
        self._told: dict[str, int] = {}
        if sys.stdout.isatty():
            from rich.progress import (  # noqa: PLC0415 - only on a terminal, only while seeding
                BarColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
            )

            columns = (
                TextColumn("  demo: {task.description:<14}"),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f} %"),
            )
            self._bars = Progress(*columns, TimeElapsedColumn())

    def line(self, text: str) -> None:
        """Take one line; lines that are no progress are ignored."""
        try:
            step = json.loads(text)
            label, percent = str(step["label"]), round(100 * min(max(float(step["share"]), 0.0), 1.0))
        except (ValueError, KeyError, TypeError):
            return
        if self._bars is not None:
            if not self._parts:
                self._bars.start()
            if label not in self._parts:
                self._parts[label] = self._bars.add_task(label, total=100)
            self._bars.update(self._parts[label], completed=percent)
        elif percent >= self._told.get(label, 0):
            self._told[label] = percent - percent % _STEP + _STEP
            say(f"  demo: {label:<14} {percent:3d} %")

    def close(self) -> None:
        if self._bars is not None and self._parts:
            self._bars.stop()


async def tell_progress(label: str, share: float) -> None:
    """How `python -m app seed` tells whoever started it: one line of JSON for each step."""
    print(json.dumps({"label": label, "share": round(share, 4)}, ensure_ascii=False), flush=True)


def read_available(process: "subprocess.Popen[bytes]") -> list[str]:
    """The lines that the process has written so far, without waiting for more."""
    if process.stdout is None:
        return []
    data = process.stdout.read() or b""
    return data.decode("utf-8", errors="replace").splitlines()
