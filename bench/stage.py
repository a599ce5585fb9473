"""The stage: a database with the demo, and the application served as in production, on this machine only."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec

from app.core.settings import get_settings
from app.launch.postgres import start_postgres
from app.launch.valkey import start_valkey

WEB_PROCESSES = 2
START_SECONDS = 90


class Stage(msgspec.Struct, frozen=True):
    origin: str
    """Where the application answers."""
    bare: str
    """Where the bare framework answers."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def stage(*, demo: bool = True) -> Iterator[Stage]:
    """Everything started, loaded and warm while the block runs; nothing is left behind. Without `demo`: no worker."""
    with tempfile.TemporaryDirectory(prefix="ketnoi-bench-") as folder, contextlib.ExitStack() as stack:
        data_dir = Path(folder)
        database = start_postgres(data_dir)
        stack.callback(database.stop)
        queue = start_valkey(data_dir)
        stack.callback(queue.stop)
        port, bare_port = free_port(), free_port()
        os.environ.update(
            DATABASE_URL=database.url,
            REDIS_URL=queue.url,
            DATA_DIR=folder,
            PORT=str(port),
            PUBLIC_URL=f"http://127.0.0.1:{port}",
            WEB_WORKERS=str(WEB_PROCESSES),
            DEMO="1" if demo else "0",
            DEMO_PASSWORD="bench only, never served elsewhere",  # noqa: S106
            LOG_LEVEL="warning",
        )
        get_settings.cache_clear()
        _app("migrate")
        if demo:
            _app("seed")
            stack.enter_context(_running([sys.executable, "-m", "app", "worker"], None))
        stack.enter_context(_running([sys.executable, "-m", "app", "serve"], f"http://127.0.0.1:{port}/readyz"))
        bare = [sys.executable, "-m", "uvicorn", "--factory", "bench.bare:create_app", "--no-access-log"]
        bare += ["--port", str(bare_port), "--workers", str(WEB_PROCESSES), "--log-level", "warning"]
        stack.enter_context(_running(bare, f"http://127.0.0.1:{bare_port}/"))
        yield Stage(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{bare_port}")


def _app(command: str) -> None:
    subprocess.run([sys.executable, "-m", "app", command], check=True, stdout=sys.stderr)


@contextlib.contextmanager
def _running(argv: list[str], address: str | None) -> Iterator[None]:
    process = subprocess.Popen(argv)
    try:
        if address:
            asyncio.run(_answers(address, process))
        yield
    finally:
        process.terminate()
        try:
            process.wait(25)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _answers(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _try in range(START_SECONDS * 10):
        if process.poll() is not None:
            raise SystemExit(f"{process.args!r} ended with {process.returncode}")
        with contextlib.suppress(OSError):
            await asyncio.to_thread(lambda: urllib.request.urlopen(address, timeout=5).close())  # noqa: S310
            return
        await asyncio.sleep(0.1)
    raise SystemExit(f"{address} did not answer within {START_SECONDS} s")
