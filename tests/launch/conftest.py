"""A running house for the tests of this folder: real processes, started as `make run` starts them."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class House:
    """One `python -m app run`. Nothing of the tests' own environment reaches it."""

    def __init__(self, data_dir: Path, port: int | None = None, source: Path = ROOT, **env: str) -> None:
        self.data_dir, self.port, self.env = data_dir, port or free_port(), env
        self.source = source
        self.process: subprocess.Popen[str] | None = None
        self.seconds = self.processor_seconds = 0.0

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        own = {"PORT": str(self.port), "DATA_DIR": str(self.data_dir), "DEMO": "0", "PYTHONUTF8": "1"}
        return {**kept, **own, **self.env, **more}

    def spawn(self) -> "subprocess.Popen[str]":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "run"], cwd=self.source, env=self.environment(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return self.process

    def start(self) -> "House":
        """Start and wait for the first page."""
        began = time.monotonic()
        process = self.spawn()
        until(lambda: self.is_up() or process.poll() is not None)
        self.seconds = time.monotonic() - began
        assert process.poll() is None, self.output()
        self.processor_seconds = processor_seconds(process.pid) + processor_seconds(self.pid("web"))
        until(lambda: "worker" in self.note().get("children", {}))
        return self

    def is_up(self) -> bool:
        """Whether this very process serves, and not one that an earlier start left behind."""
        return (
            self.process is not None and self.note().get("pid") == self.process.pid and self.status("/healthz") == 200
        )

    def command(self, *argv: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Another command on the same data folder, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "app", *argv], cwd=self.source, env=self.environment(**env), text=True,
            capture_output=True, check=False, timeout=PATIENCE,
        )  # fmt: skip

    def status(self, path: str) -> int:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
        try:
            line.request("GET", path)
            return line.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            line.close()

    def note(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.data_dir / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def pid(self, name: str) -> int:
        """The number of a process: web, worker, postgres or valkey."""
        if name == "postgres":
            return int((self.data_dir / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        if name == "valkey":
            return processes_in(self.data_dir / "valkey")[0]
        return int(self.note()["children"][name][0])

    def pids(self) -> list[int]:
        return [self.pid(name) for name in ("web", "worker", "postgres", "valkey")]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.said, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode

    def output(self) -> str:
        assert self.process is not None
        return self.process.communicate(timeout=PATIENCE)[0]


def until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def processor_seconds(pid: int) -> float:
    """The time that a process has had on a processor so far; a busy machine does not lengthen it."""
    fields = (Path("/proc") / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processes_in(folder: Path) -> list[int]:
    """Processes whose working directory is that folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").samefile(folder):
                found.append(int(entry.name))
        except OSError:
            continue
    return sorted(found)


def gone(pid: int) -> bool:
    """Whether no process runs under this number; a zombie that waits for its parent does not run."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def make_house() -> Iterator[Callable[..., House]]:
    made: list[House] = []

    def make(data_dir: Path, **options: Any) -> House:
        made.append(House(data_dir, **options))
        return made[-1]

    yield make
    for house in made:
        if house.process is not None:
            house.stop()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose database is up to date and empty, to be copied."""
    folder = tmp_path_factory.mktemp("migrated") / "data"
    done = House(folder).command("migrate")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def used_folder(migrated: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own, as an earlier start would have left it."""
    subprocess.run(["cp", "-a", str(migrated), str(tmp_path / "data")], check=True)
    return tmp_path / "data"


@pytest.fixture
def copied_source(tmp_path: Path) -> Path:
    """The application's source, of which a test may replace single files."""
    copy = tmp_path / "source"
    shutil.copytree(ROOT / "app", copy / "app", ignore=shutil.ignore_patterns("static", "data", "__pycache__"))
    (copy / "app" / "static").symlink_to(ROOT / "app" / "static")
    for name in ("events", "matching", "templates"):
        (copy / name).symlink_to(ROOT / name)
    return copy


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that several tests share; each leaves it running."""
    running = House(tmp_path_factory.mktemp("Khởi nghiệp, sáng tạo") / "dữ liệu").start()
    yield running
    running.stop()
