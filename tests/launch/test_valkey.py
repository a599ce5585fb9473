"""The embedded Valkey alone."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from arq.connections import RedisSettings
from redis import Redis

from app.launch import valkey
from app.launch.valkey import EmbeddedValkey, ValkeyProblem, start_valkey
from tests.launch.conftest import processes_in, until


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hàng đợi 'việc' " + "y" * 90)


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[EmbeddedValkey]:
    running = start_valkey(data)
    yield running
    running.stop()


def client(server: EmbeddedValkey) -> "Redis[bytes]":
    return Redis.from_url(server.url, protocol=2)


def test_it_never_drops_work_and_listens_on_no_port(server: EmbeddedValkey) -> None:
    with client(server) as asking:
        answers = {name: asking.config_get(name)[name] for name in ("maxmemory-policy", "appendonly", "port")}
    assert answers == {"maxmemory-policy": "noeviction", "appendonly": "yes", "port": "0"}


def test_the_queue_understands_its_address(server: EmbeddedValkey) -> None:
    found = RedisSettings.from_dsn(server.url)
    assert Path(found.unix_socket_path or "").is_socket()
    assert found.database == 0


def test_killed_and_started_again_it_kept_what_was_a_second_old(data: Path, server: EmbeddedValkey) -> None:
    with client(server) as asking:
        asking.set("kept", "yes")
        asking.execute_command("WAITAOF", 1, 0, 2000)
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: not server.alive())
    again = start_valkey(data)
    server.process = again.process
    with client(again) as asking:
        assert asking.get("kept") == b"yes"


def test_a_damaged_folder_is_set_aside_and_replaced(tmp_path: Path) -> None:
    start_valkey(tmp_path).stop()
    for part in (tmp_path / "valkey" / "appendonlydir").iterdir():
        part.write_bytes(b"nonsense that is no log at all\n" * 20)
    server = start_valkey(tmp_path)
    try:
        with client(server) as asking:
            assert asking.dbsize() == 0
    finally:
        server.stop()
    assert len(list(tmp_path.glob("valkey.damaged-*"))) == 1


def test_a_server_that_never_answers_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "valkey_server", lambda: Path("/bin/false"))
    with pytest.raises(ValkeyProblem, match="did not start"):
        start_valkey(tmp_path)


def test_stopping_leaves_nothing(tmp_path: Path) -> None:
    server = start_valkey(tmp_path, durable=False)
    server.stop()
    server.stop()
    assert processes_in(tmp_path / "valkey") == []
    assert not server._sockets.exists()
