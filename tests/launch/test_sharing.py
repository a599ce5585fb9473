"""Several web processes on one socket share the connections that arrive together."""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.i18n import ROOT
from app.launch.serve import listen

APP = """
import os
import pathlib

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        pathlib.Path(os.environ["SEEN"], str(os.getpid())).touch()
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = str(os.getpid()).encode()
    head = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
"""
SERVE = (
    "import socket, sys, uvicorn\n"
    "from uvicorn.supervisors import Multiprocess\n"
    "if __name__ == '__main__':\n"
    "    config = uvicorn.Config('who:app', workers=2, http='app.launch.serve:Sharing', log_config=None)\n"
    "    Multiprocess(config, sockets=[socket.socket(fileno=int(sys.argv[1]))]).run()\n"
)
BURSTS, AT_ONCE = 5, 20


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Where two processes answer with their numbers."""
    seen = tmp_path / "seen"
    seen.mkdir()
    (tmp_path / "who.py").write_text(APP)
    (tmp_path / "server.py").write_text(SERVE)
    listener = listen("127.0.0.1", 0)
    server = subprocess.Popen(
        [sys.executable, "server.py", str(listener.fileno())],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", "SEEN": str(seen)},
        pass_fds=(listener.fileno(),),
    )
    try:
        deadline = time.monotonic() + 60
        while len(list(seen.iterdir())) < 2:
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield listener.getsockname()[1]
    finally:
        server.terminate()
        server.wait(20)
        listener.close()


async def who_answers(port: int, together: asyncio.Barrier) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await together.wait()
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer.rpartition(b"\r\n")[2].decode()


async def test_connections_that_arrive_together_are_shared(port: int) -> None:
    answered: Counter[str] = Counter()
    for _burst in range(BURSTS):
        together = asyncio.Barrier(AT_ONCE)
        answered.update(await asyncio.gather(*(who_answers(port, together) for _ in range(AT_ONCE))))

    assert answered.total() == BURSTS * AT_ONCE
    assert len(answered) == 2
    assert min(answered.values()) >= AT_ONCE
