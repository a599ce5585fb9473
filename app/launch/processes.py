"""Looking at and ending processes of this machine by what they really are, never by a remembered number alone."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")


def is_alive(pid: int) -> bool:
    """Whether a process runs under this number (a zombie does not count)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state not in {"Z", "X"}


def started_at(pid: int) -> str | None:
    """When the kernel started the process, in its own ticks: with the number it names one process for good."""
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def working_in(folder: Path, program: str) -> list[int]:
    """Processes of that program whose working directory is `folder`: servers of a data folder show themselves so."""
    if not _PROC.is_dir() or not folder.is_dir():
        return []
    found: list[int] = []
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            same_place = (entry / "cwd").samefile(folder)
            name = (entry / "exe").readlink().name.removesuffix(" (deleted)")
        except OSError:
            continue
        if same_place and name == program:
            found.append(int(entry.name))
    return sorted(found)


def end(pids: Iterable[int], signals: Iterable[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn to those still alive, waiting up to so many seconds after each one.

    A process that was stopped (SIGSTOP) is woken, so that it can go in good order.
    """
    left = list(pids)
    for number, seconds in signals:
        for pid in left:
            try:
                os.kill(pid, number)
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            left = [pid for pid in left if is_alive(pid)]
            if left:
                time.sleep(0.02)
        if not left:
            return


def stop_child(process: "subprocess.Popen[bytes]", signals: Iterable[tuple[signal.Signals, float]]) -> int | None:
    """Stop a child of ours with ever harder signals and collect it; its exit code, or None if it outlived them all."""
    for number, seconds in signals:
        if process.poll() is not None:
            break
        process.send_signal(number)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
    return process.poll()
