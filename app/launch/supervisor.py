"""`python -m app run`: databases, web, worker and demo data on one machine, started, watched, stopped together."""

import asyncio
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from app.core.settings import Settings
from app.launch import console
from app.launch.children import SUPERVISED, Child, stop_all
from app.launch.folder import DataFolder
from app.launch.migrations import migrate
from app.launch.postgres import EmbeddedPostgres, PostgresProblem, start_postgres
from app.launch.problem import Problem
from app.launch.processes import end
from app.launch.serve import LISTENING, PortTaken, listen
from app.launch.services import environment_of, with_secrets
from app.launch.valkey import EmbeddedValkey, ValkeyProblem, start_valkey

_LOOK = 0.1
_FIRST_PAGE_WITHIN = 90.0
_GIVE_UP_AFTER = 3
_SERVER_RESTARTS = 5
_ORPHANS = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 2.0))


class StartFailed(Problem):
    """The start was given up; everything already started is stopped again."""


@dataclass(slots=True)
class _House:
    settings: Settings
    folder: DataFolder
    stopping: threading.Event
    began: float
    postgres: EmbeddedPostgres | None = None
    valkey: EmbeddedValkey | None = None
    children: list[Child] = field(default_factory=list)
    seed: "subprocess.Popen[bytes] | None" = None
    restarts: dict[str, list[float]] = field(default_factory=dict)


def run(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM. Raises AlreadyRunning, PortTaken, StartFailed and the problems of the servers."""
    began = time.monotonic()
    with DataFolder(settings.data_path) as folder:
        end(folder.left_behind, _ORPHANS)
        listener = _listen(settings, retry=bool(folder.left_behind))
        if settings.port == 0:
            settings = msgspec.structs.replace(settings, port=listener.getsockname()[1])
        house = _House(with_secrets(settings), folder, threading.Event(), began)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: house.stopping.set())
        try:
            _start(house, listener)
            _keep_running(house)
        finally:
            console.say("  stopping ...")
            _stop(house)
            listener.close()
    console.say("  stopped.")


def _listen(settings: Settings, *, retry: bool) -> socket.socket:
    """The supervisor holds the socket, so a restarted web process loses no connection."""
    deadline = time.monotonic() + (5.0 if retry else 0.0)
    while True:
        try:
            return listen(settings.host, settings.port)
        except PortTaken:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)


def _start(house: _House, listener: socket.socket) -> None:
    settings = house.settings
    house.folder.note(command="run", address=settings.origin)
    if not settings.database_url:
        house.postgres = start_postgres(house.folder.path)
        settings = msgspec.structs.replace(settings, database_url=house.postgres.url)
    if not settings.redis_url:
        house.valkey = start_valkey(house.folder.path)
        settings = msgspec.structs.replace(settings, redis_url=house.valkey.url)
    house.settings = settings
    house.folder.note(database_url=settings.database_url, redis_url=settings.redis_url)
    asyncio.run(migrate(settings, lambda text: console.say(f"  {text}")))
    logs = house.folder.path / "logs"
    env = {**os.environ, **environment_of(settings), "PORT": str(settings.port), "HOST": settings.host}
    number = listener.fileno()
    web = Child("web", _app("serve"), {**env, LISTENING: str(number)}, logs / "web.log", pass_fds=(number,))
    _begin(house, web)
    if not _first_page(house, web):
        return
    _begin(house, Child("worker", _app("worker"), env, logs / "worker.log"))
    console.welcome(settings, time.monotonic() - house.began, str(logs))
    if settings.demo:
        house.seed = _start_seed(env, logs / "seed.log")


def _app(command: str) -> list[str]:
    return [sys.executable, "-m", "app", command]


def _begin(house: _House, child: Child) -> None:
    child.start()
    house.children.append(child)
    _note_children(house)


def _note_children(house: _House) -> None:
    house.folder.note(children={child.name: child.identity for child in house.children if child.identity})


def _first_page(house: _House, web: Child) -> bool:
    """Wait until the web process answers; False when asked to stop meanwhile."""
    deadline = time.monotonic() + _FIRST_PAGE_WITHIN
    while not house.stopping.is_set():
        if _answers(house.settings):
            return True
        if web.watch():
            _note_children(house)
        if web.failures >= _GIVE_UP_AFTER or time.monotonic() > deadline:
            raise StartFailed(f"the web process does not start; the end of {web.log} says:\n{web.last_lines()}")
        house.stopping.wait(0.05)
    return False


def _answers(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    line = http.client.HTTPConnection(host, settings.port, timeout=0.5)
    try:
        line.request("GET", "/healthz", headers={"Host": urlsplit(settings.origin).netloc})
        return line.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _start_seed(env: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """The demo loads beside the running site, with less claim on the processor than the pages have."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            _app("seed"), env={**env, SUPERVISED: str(os.getpid())}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=errors, start_new_session=True,
        )  # fmt: skip
    if process.stdout is not None:
        os.set_blocking(process.stdout.fileno(), False)
    return process


def _keep_running(house: _House) -> None:
    progress, began = console.SeedProgress(), time.monotonic()
    try:
        while not house.stopping.wait(_LOOK):
            restarted = [child.name for child in house.children if child.watch()]
            if restarted:
                _note_children(house)
                console.complain(f"  {' and '.join(restarted)} ended and was started again; see the logs")
            _mend_servers(house)
            if house.seed is not None:
                _follow_seed(house, house.seed, progress, began)
    finally:
        progress.close()


def _follow_seed(house: _House, seed: "subprocess.Popen[bytes]", progress: console.SeedProgress, began: float) -> None:
    ended = seed.poll()
    for line in console.read_available(seed):
        progress.line(line)
    if ended is None:
        return
    progress.close()
    house.seed = None
    if ended == 0:
        console.say(f"  The demo is ready ({time.monotonic() - began:.1f} s).")
    else:
        console.complain(
            f"  The demo was not loaded (exit code {ended}); see {house.folder.path / 'logs' / 'seed.log'}. "
            "The site runs without it; try again with: python -m app seed"
        )


def _mend_servers(house: _House) -> None:
    """A server that died is started again at the same address; what was committed is still there."""
    try:
        if house.postgres is not None and not house.postgres.alive():
            _count_restart(house, "PostgreSQL")
            house.postgres = start_postgres(house.folder.path)
        if house.valkey is not None and not house.valkey.alive():
            _count_restart(house, "Valkey")
            house.valkey = start_valkey(house.folder.path)
    except (PostgresProblem, ValkeyProblem) as problem:
        console.complain(f"  {problem}")


def _count_restart(house: _House, name: str) -> None:
    recent = [at for at in house.restarts.get(name, []) if time.monotonic() - at < 60.0]
    if len(recent) >= _SERVER_RESTARTS:
        raise StartFailed(f"{name} ended {len(recent)} times within a minute; see {house.folder.path / 'logs'}")
    house.restarts[name] = [*recent, time.monotonic()]
    console.complain(f"  {name} ended and is started again")


def _stop(house: _House) -> None:
    """Web and worker first, so that nothing asks the databases any more; then those."""
    if house.seed is not None and house.seed.poll() is None:
        house.seed.terminate()
    stop_all(house.children)
    if house.seed is not None:
        end([house.seed.pid], _ORPHANS)
        house.seed.wait()
    if house.valkey is not None:
        house.valkey.stop()
    if house.postgres is not None:
        house.postgres.stop()
