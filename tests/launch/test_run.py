"""`python -m app run` with real processes: it starts anywhere, survives the death of any part, and leaves nothing."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from redis import Redis

from app.core.settings import Settings
from app.launch import supervisor
from app.launch.folder import DataFolder
from app.launch.secrets import read_secrets
from app.launch.work import SIGNS_OF_LIFE
from tests.launch.conftest import House, gone, processes_in, until

pytestmark = pytest.mark.slow


async def ask(house: House, query: str) -> object:
    con = await asyncpg.connect(house.note()["database_url"])
    try:
        return await con.fetchval(query)
    finally:
        await con.close()


async def test_the_house_stands_in_a_path_with_spaces_and_vietnamese_letters(house: House) -> None:
    assert house.status("/readyz") == 200
    assert await ask(house, "SELECT current_setting('server_encoding')") == "UTF8"


def test_the_databases_listen_on_no_port(house: House) -> None:
    settings = (Path(f"/proc/{house.pid('postgres')}/cmdline")).read_bytes().split(b"\0")
    assert b"listen_addresses=" in settings
    assert (house.data_dir / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert (house.data_dir / "postgres").stat().st_mode & 0o777 == 0o700


def test_the_databases_do_not_run_as_root(house: House) -> None:
    for name in ("postgres", "valkey"):
        assert Path(f"/proc/{house.pid(name)}").stat().st_uid != 0 or os.geteuid() != 0


def test_a_second_start_says_that_the_first_is_running(house: House) -> None:
    second = house.command("run")
    assert second.returncode == 3
    assert f"already running at http://127.0.0.1:{house.port} (pid {house.note()['pid']})" in second.stderr
    assert house.status("/healthz") == 200


def test_a_taken_port_is_named_and_nothing_is_started(house: House, tmp_path: Path) -> None:
    other = house.command("run", DATA_DIR=str(tmp_path / "data"))
    assert other.returncode == 4
    assert other.stderr == (
        f"port {house.port} on 127.0.0.1 is taken by another program: "
        f"choose another one, e.g. PORT={house.port + 1} make run\n"
    )
    assert not (tmp_path / "data" / "postgres").exists()


def test_other_commands_use_the_databases_of_the_running_house(house: House) -> None:
    done = house.command("migrate")
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing to migrate\n", "")


@pytest.mark.parametrize("name", ["web", "worker", "postgres", "valkey"])
async def test_a_killed_process_comes_back_and_nothing_is_lost(house: House, name: str) -> None:
    await ask(house, "CREATE TABLE IF NOT EXISTS kept (what text)")
    await ask(house, f"INSERT INTO kept VALUES ('{name}')")
    before = house.pid(name)
    os.kill(before, signal.SIGKILL)
    until(lambda: gone(before))
    until(lambda: _another(house, name, before))
    until(lambda: house.status("/readyz") == 200)
    assert await ask(house, f"SELECT count(*) FROM kept WHERE what = '{name}'") == 1


def test_the_worker_outlives_the_loss_of_its_queue(house: House) -> None:
    worker = house.pid("worker")
    os.kill(house.pid("valkey"), signal.SIGKILL)
    until(lambda: house.status("/readyz") == 200)
    with Redis.from_url(house.note()["redis_url"]) as queue:
        sign = f"{SIGNS_OF_LIFE}{socket.gethostname()}:{worker}"
        queue.delete(sign)
        until(lambda: queue.exists(sign))
    assert house.pid("worker") == worker
    env = house.environment(REDIS_URL=house.note()["redis_url"])
    asked = subprocess.run([sys.executable, "-m", "app.launch.work"], cwd=house.source, env=env, check=False)
    assert asked.returncode == 0


def _another(house: House, name: str, before: int) -> bool:
    try:
        return house.pid(name) != before
    except (OSError, IndexError, KeyError, ValueError):
        return False


def test_no_connection_is_refused_while_the_web_process_is_replaced(house: House) -> None:
    os.kill(house.pid("web"), signal.SIGKILL)
    with socket.create_connection(("127.0.0.1", house.port), timeout=30) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert line.recv(15) == b"HTTP/1.1 200 OK"


async def test_after_kill_of_the_supervisor_the_next_start_recovers(
    make_house: Callable[..., House], used_folder: Path
) -> None:
    first = make_house(used_folder).start()
    await ask(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    pids = first.pids()
    first.stop(signal.SIGKILL)
    second = make_house(used_folder, port=first.port).start()
    assert await ask(second, "SELECT answer FROM kept") == 42
    assert all(gone(pid) for pid in pids)
    assert second.status("/readyz") == 200


async def test_orphans_that_do_not_listen_are_ended_by_the_next_start(
    make_house: Callable[..., House], used_folder: Path
) -> None:
    first = make_house(used_folder).start()
    pids = first.pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    first.stop(signal.SIGKILL)
    second = make_house(used_folder, port=first.port).start()
    assert all(gone(pid) for pid in pids)
    assert second.status("/readyz") == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_leaves_no_process_and_no_socket(
    make_house: Callable[..., House], used_folder: Path, number: signal.Signals
) -> None:
    house = make_house(used_folder).start()
    pids, sockets = house.pids(), Path(house.note()["database_url"].partition("host=")[2])
    assert sockets.is_dir()
    assert house.stop(number) == 0
    assert house.said.endswith("  stopping ...\n  stopped.\n")
    assert [pid for pid in pids if not gone(pid)] == []
    assert processes_in(used_folder / "postgres") == []
    assert not sockets.exists()
    assert not (used_folder / "run.json").exists()


def test_a_stop_in_the_middle_of_the_first_start_is_clean(make_house: Callable[..., House], tmp_path: Path) -> None:
    house = make_house(tmp_path / "data")
    house.spawn()
    until((tmp_path / "data" / "postgres").exists)
    assert house.stop() == 0
    assert processes_in(tmp_path / "data" / "postgres") == []
    assert house.start().status("/readyz") == 200


def test_the_data_of_another_major_version_is_refused_untouched(
    make_house: Callable[..., House], tmp_path: Path
) -> None:
    cluster = tmp_path / "data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("15\n", encoding="ascii")
    done = make_house(tmp_path / "data").command("run")
    assert done.returncode == 1
    assert "was written by PostgreSQL 15, this release brings PostgreSQL 18" in done.stderr
    assert "python -m app restore" in done.stderr
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_an_application_that_does_not_start_is_given_up_with_its_own_words(
    make_house: Callable[..., House], used_folder: Path, copied_source: Path
) -> None:
    (copied_source / "app" / "main.py").write_text("raise RuntimeError('the roof is missing')\n", encoding="utf-8")
    done = make_house(used_folder, source=copied_source).command("run")
    assert done.returncode == 1
    assert "the web process does not start" in done.stderr
    assert "the roof is missing" in done.stderr
    assert processes_in(used_folder / "postgres") == []


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("return 0.25", "  The demo is ready ("),
        ("raise ValueError('no demo today')", "  The demo was not loaded (exit code 1); see "),
    ],
)
def test_the_demo_is_loaded_beside_the_running_site(
    make_house: Callable[..., House], used_folder: Path, copied_source: Path, ending: str, told: str
) -> None:
    seed = "async def run(report):\n    await report('people', 0.5)\n    await report('people', 1.0)\n    " + ending
    (copied_source / "app" / "demo" / "seed.py").write_text(seed + "\n", encoding="utf-8")
    house = make_house(used_folder, source=copied_source, DEMO="1").start()
    assert house.process is not None
    assert house.process.stdout is not None
    lines = []
    while not any(line.startswith(told) for line in lines):
        lines.append(house.process.stdout.readline())
        assert lines[-1], lines
    password = read_secrets(used_folder)["DEMO_PASSWORD"]
    assert f"one password: {password}\n" in "".join(lines)
    assert [line for line in lines if "demo: people" in line] == [
        "  demo: people          50 %\n",
        "  demo: people         100 %\n",
    ]
    assert house.status("/healthz") == 200


def test_a_server_that_keeps_ending_is_given_up(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        house = supervisor._House(Settings(), folder, threading.Event(), 0.0)
        for _ in range(5):
            supervisor._count_restart(house, "Valkey")
        supervisor._count_restart(house, "PostgreSQL")
        with pytest.raises(supervisor.StartFailed, match="Valkey ended 5 times within a minute"):
            supervisor._count_restart(house, "Valkey")


def test_a_later_start_shows_its_first_page_within_seconds(make_house: Callable[..., House], used_folder: Path) -> None:
    """Where other work keeps the machine busy, the time on the processor counts."""
    house = make_house(used_folder).start()
    assert min(house.seconds, house.processor_seconds) < 6.0
