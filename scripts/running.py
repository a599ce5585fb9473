"""The demo as people start it, for whoever needs to look at it: the browser tests and the README's pictures."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "mot mat khau chi dung de thu"  # noqa: S105  of a demo that lives for minutes, on this machine
READY_SECONDS = 180


class House:
    """A running demo: where it answers, its process, and what it has said."""

    def __init__(self, port: int, data_dir: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.data_dir = data_dir
        self.said: list[str] = []
        self._ready = threading.Event()
        outside = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL")
        env = {name: value for name, value in os.environ.items() if name not in outside}
        env |= {"PORT": str(port), "DATA_DIR": str(data_dir), "DEMO": "1", "DEMO_PASSWORD": PASSWORD}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "run"],
            cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self.said.append(line)
            if "demo is ready" in line or "demo was not loaded" in line:
                self._ready.set()
        self._ready.set()

    def wait_for_the_demo(self) -> None:
        """Return once the sample data is there; raises RuntimeError with what was said otherwise."""
        self._ready.wait(READY_SECONDS)
        if not any("demo is ready" in line for line in self.said):
            raise RuntimeError("".join(self.said))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(40)
        self._listener.join()
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextlib.contextmanager
def running_demo(data_dir: Path) -> Iterator[House]:
    """The demo in `data_dir`, loaded, while the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    house = House(port, data_dir)
    try:
        house.wait_for_the_demo()
        yield house
    finally:
        house.stop()


def chromium() -> str | None:
    """The browser of this machine."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
