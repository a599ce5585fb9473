"""Child processes that are kept running: started, watched, restarted with back-off, stopped."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from app.launch.processes import started_at, stop_child

SUPERVISED = "KETNOI_SUPERVISOR"
"""Set for children: the number of the process that watches over them."""

_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
_SETTLED = 30.0
_STOP = ((signal.SIGTERM, 25.0), (signal.SIGKILL, 5.0))
_LONGEST_LOG = 5_000_000
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the kernel end this process when the one that watches over it dies. Does nothing when nobody watches."""
    watcher = os.environ.get(SUPERVISED)
    if not watcher or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != int(watcher):
        raise SystemExit("the process that watches over this one is gone")


@dataclass(slots=True)
class Child:
    """One watched process. Its output goes to a log file of its own."""

    name: str
    argv: list[str]
    env: dict[str, str]
    log: Path
    pass_fds: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    failures: int = 0
    _started: float = 0.0
    _again_at: float = field(default=0.0)

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _LONGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.argv, env={**self.env, SUPERVISED: str(os.getpid())}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, pass_fds=self.pass_fds, start_new_session=True,
            )  # fmt: skip
        self._started, self._again_at = time.monotonic(), 0.0

    @property
    def identity(self) -> tuple[int, str | None] | None:
        """Number and start time of the running process."""
        if self.process is None or self.process.poll() is not None:
            return None
        return self.process.pid, started_at(self.process.pid)

    def watch(self) -> bool:
        """Restart the process if it has ended and its pause is over; whether it was started just now."""
        if self.process is None or self.process.poll() is None:
            if self.process and time.monotonic() - self._started > _SETTLED:
                self.failures = 0
            return False
        if not self._again_at:
            self._again_at = time.monotonic() + _PAUSES[min(self.failures, len(_PAUSES) - 1)]
            self.failures += 1
        if time.monotonic() < self._again_at:
            return False
        self.start()
        return True

    def stop(self) -> None:
        if self.process is not None:
            stop_child(self.process, _STOP)

    def last_lines(self, count: int = 15) -> str:
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
        except OSError:
            return ""


def stop_all(children: list[Child]) -> None:
    """Ask all of them at once, then wait for each."""
    for child in children:
        if child.process is not None and child.process.poll() is None:
            child.process.terminate()
    for child in children:
        child.stop()
