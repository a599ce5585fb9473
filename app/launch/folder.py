"""The data folder belongs to one start at a time: its lock, and the note that says who runs there and how to reach it.

The lock is the kernel's (it ends with its process, however that dies); the note is only information for others.
"""

import fcntl
import json
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.launch.problem import Problem
from app.launch.processes import started_at

_LOCK = "run.lock"
_NOTE = "run.json"


class AlreadyRunning(Problem):
    """Another process holds the data folder; `note` is what it wrote about itself."""

    exit_code = 3

    def __init__(self, path: Path, note: dict[str, Any]) -> None:
        self.note = note
        pid = note.get("pid", "unknown")
        if note.get("address"):
            text = f"Kết Nối is already running at {note['address']} (pid {pid}) on the data folder {path}"
        else:
            text = f"the data folder {path} is in use by: python -m app {note.get('command', '...')} (pid {pid})"
        super().__init__(f"{text}. Use that one, or stop it first, or choose another folder with DATA_DIR.")


class FolderProblem(Problem):
    """The data folder cannot be used; the message says what to do."""


class DataFolder:
    """The held data folder. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note: dict[str, Any] = {}
        try:
            _make(path)
            self._lock = (path / _LOCK).open("a")
        except OSError as error:
            raise FolderProblem(
                f"the data folder {path} cannot be written ({error.strerror}): "
                "give it to this account, or choose another one with DATA_DIR"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise AlreadyRunning(path, read_note(path)) from None
        self.left_behind = _still_running(read_note(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        (self.path / _NOTE).unlink(missing_ok=True)
        self._lock.close()

    def note(self, **facts: Any) -> None:
        """Write down facts about this start for other processes: who, where, how to reach the databases."""
        self._note = {"pid": os.getpid(), **self._note, **facts}
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=".run-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self._note, file)
        Path(temporary).replace(self.path / _NOTE)


def _make(path: Path) -> None:
    """Only this account looks in; started by root, the servers' account passes through to its own folders."""
    for folder, mode in ((path, 0o711 if os.geteuid() == 0 else 0o700), (path / "logs", 0o700)):
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(mode)


def read_note(path: Path) -> dict[str, Any]:
    """What the present or last holder of the folder wrote; empty when there is nothing to read."""
    try:
        note = json.loads((path / _NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _still_running(note: dict[str, Any]) -> list[int]:
    """Children of a killed start that still live: number and start time must both fit, numbers alone are reused."""
    children = note.get("children", {})
    return [int(pid) for pid, started in children.values() if started is not None and started_at(int(pid)) == started]
