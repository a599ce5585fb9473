"""Odd machines and odd moments: notes and secrets by hand, sockets nobody may have, servers that die, queues away."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.core.settings import Settings
from app.launch import (
    backup,
    binaries,
    children,
    console,
    doctor,
    processes,
    serve,
    services,
    sockets,
    supervisor,
    work,
)
from app.launch.account import AccountProblem, ServerAccount, server_account
from app.launch.backup import BackupProblem
from app.launch.folder import AlreadyRunning, DataFolder, read_note
from app.launch.postgres import PostgresProblem
from app.launch.problem import Problem
from app.launch.secrets import read_secrets, secret
from app.launch.serve import AddressUnusable, PortTaken
from app.launch.valkey import ValkeyProblem
from tests.launch.conftest import free_port, gone, until

ME = ServerAccount(os.geteuid(), os.getegid(), "me")

# --- secrets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("", {}),
        ("# a remark\n\n", {}),
        ("A=1\nB = 2 \n", {"A": "1", "B": "2"}),
        ("A=x=y=z\n", {"A": "x=y=z"}),
        ("A\n", {"A": ""}),
        ("A=1", {"A": "1"}),
    ],
)
def test_secrets_written_by_hand_are_read(tmp_path: Path, text: str, known: dict[str, str]) -> None:
    (tmp_path / "secrets.env").write_text(text, encoding="utf-8")
    assert read_secrets(tmp_path) == known


def test_a_secret_that_was_emptied_is_made_anew_and_the_others_stay(tmp_path: Path) -> None:
    first, other = secret(tmp_path, "A"), secret(tmp_path, "B")
    path = tmp_path / "secrets.env"
    path.write_text(path.read_text(encoding="utf-8").replace(f"A={first}", "A="), encoding="utf-8")
    again = secret(tmp_path, "A")
    assert again not in ("", first)
    assert secret(tmp_path, "B") == other
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_secret_needs_no_quotes_and_no_second_look(tmp_path: Path) -> None:
    made = secret(tmp_path / "new" / "folder", "A", length=200)
    assert made.isalnum()
    assert made.isascii()
    assert set("0O1lIi") & set(made) == set()


# --- whose folder ---------------------------------------------------------------------------------------------


def _folder(path: Path, owner: int, mode: int) -> Path:
    path.mkdir()
    if os.geteuid() == 0:
        os.chown(path, owner, owner)
    path.chmod(mode)
    return path


def test_a_folder_is_entered_by_its_owner_or_by_everybody(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    other = ServerAccount(54_321, 54_321, "other")
    owner = ServerAccount(os.geteuid(), os.getegid(), "owner")
    closed, open_ = _folder(tmp_path / "closed", os.geteuid(), 0o700), _folder(tmp_path / "open", os.geteuid(), 0o711)
    inside = open_ / "inside"
    inside.mkdir(mode=0o755)
    walk = [step for step in (tmp_path, *tmp_path.parents) if not step.stat().st_mode & 0o001]
    assert owner._can_enter(closed)
    assert not other._can_enter(closed)
    assert other._can_enter(inside) is (walk == [])


def test_a_machine_without_an_account_for_servers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_name: str) -> None:
        raise KeyError

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("app.launch.account.pwd.getpwnam", nobody)
    with pytest.raises(AccountProblem, match="start as an ordinary user"):
        server_account(tmp_path / "new")


def test_an_owner_without_a_name_is_called_by_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_uid: int) -> None:
        raise KeyError

    owned = _folder(tmp_path / "owned", 54_321, 0o700)
    info = owned.stat()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("app.launch.account.pwd.getpwuid", nobody)
    if info.st_uid == 0:
        return
    assert server_account(owned) == ServerAccount(info.st_uid, info.st_gid, str(info.st_uid))


# --- sockets --------------------------------------------------------------------------------------------------


def test_a_folder_for_sockets_that_nobody_lets_us_make_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_base", lambda _account: tmp_path)
    monkeypatch.setattr(sockets, "_is_private", lambda _folder, _account: False)
    for _attempt in range(sockets._ATTEMPTS):
        sockets.socket_folder(tmp_path, "pg", ME)
    with pytest.raises(RuntimeError, match="no private folder for sockets"):
        sockets.socket_folder(tmp_path, "pg", ME)


def test_a_link_somebody_planted_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_base", lambda _account: tmp_path)
    target = tmp_path / "theirs"
    target.mkdir(mode=0o700)
    wanted = sockets.socket_folder(tmp_path, "pg", ME)
    wanted.rmdir()
    wanted.symlink_to(target)
    found = sockets.socket_folder(tmp_path, "pg", ME)
    assert found.name == f"{wanted.name}-1"
    assert list(target.iterdir()) == []


@pytest.mark.parametrize(
    ("shared", "usable"),
    [("/tmp", True), ("/tmp/" + "x" * 70, False), ("/tmp/thư-mục", False), ("/tmp/a,b", False)],
)
def test_a_temporary_folder_that_sockets_cannot_have_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, shared: str, usable: bool
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(sockets.tempfile, "gettempdir", lambda: shared)
    assert sockets._base(ME) == Path(shared if usable else "/tmp")


def test_each_data_folder_and_server_has_sockets_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_base", lambda _account: tmp_path)
    made = {
        sockets.socket_folder(Path(data), service, ME) for data in ("/a", "/b", "/a/../a") for service in ("pg", "vk")
    }
    assert len(made) == 4
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in made} == {0o700}


# --- processes ------------------------------------------------------------------------------------------------


def test_a_zombie_is_not_alive() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    try:
        until(lambda: not processes.is_alive(ended.pid))
    finally:
        assert ended.wait() == 0


def test_a_process_of_somebody_else_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(processes.os, "kill", forbidden)
    assert processes.is_alive(1)


def test_without_proc_the_signal_alone_tells(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "_PROC", tmp_path / "nowhere")
    assert processes.is_alive(os.getpid())
    assert processes.started_at(os.getpid()) is None
    assert processes.working_in(tmp_path, "postgres") == []


def test_a_child_that_outlives_every_signal_is_left_and_told() -> None:
    stubborn = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
    )
    assert stubborn.stdout is not None
    stubborn.stdout.readline()
    try:
        assert processes.stop_child(stubborn, ((signal.SIGTERM, 0.1),)) is None
        assert not gone(stubborn.pid)
        assert processes.stop_child(stubborn, ((signal.SIGKILL, 5.0),)) == -signal.SIGKILL
        assert processes.stop_child(stubborn, ((signal.SIGTERM, 5.0),)) == -signal.SIGKILL
    finally:
        stubborn.stdout.close()


def test_a_child_that_was_never_started_is_nothing_to_stop(tmp_path: Path) -> None:
    child = children.Child("x", ["x"], {}, tmp_path / "x.log")
    child.stop()
    children.stop_all([child])
    assert (child.identity, child.watch(), child.last_lines()) == (None, False, "")


def test_nobody_watches_a_command_that_was_started_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(children.SUPERVISED, raising=False)
    children.end_with_parent()
    monkeypatch.setenv(children.SUPERVISED, "4000000")
    monkeypatch.setattr(children.sys, "platform", "darwin")
    children.end_with_parent()


# --- the folder and the commands ------------------------------------------------------------------------------


def test_a_command_uses_what_the_running_start_wrote_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[Settings] = []
    monkeypatch.setattr(services, "use", used.append)
    with DataFolder(tmp_path) as folder:
        folder.note(command="run", database_url="postgresql://running/x", redis_url="unix:///running")
        with services.services(Settings(data_dir=str(tmp_path)), "token") as filled:
            assert (filled.database_url, filled.redis_url) == ("postgresql://running/x", "unix:///running")
        own = Settings(data_dir=str(tmp_path), redis_url="redis://mine")
        with services.services(own, "token") as filled:
            assert (filled.database_url, filled.redis_url) == ("postgresql://running/x", "redis://mine")
        assert read_note(tmp_path)["command"] == "run"
    assert [settings.redis_url for settings in used] == ["unix:///running", "redis://mine"]


def test_a_command_waits_until_the_start_has_its_databases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "use", lambda _settings: None)
    with DataFolder(tmp_path) as folder:
        folder.note(command="run")
        late = threading.Timer(
            0.3, folder.note, kwargs={"database_url": "postgresql://late/x", "redis_url": "unix:///l"}
        )
        late.start()
        try:
            with services.services(Settings(data_dir=str(tmp_path)), "token") as filled:
                assert filled.database_url == "postgresql://late/x"
        finally:
            late.join()


def test_a_refusal_names_what_to_do_and_has_its_code(tmp_path: Path) -> None:
    codes = {
        AlreadyRunning(tmp_path, {}).exit_code: "is in use by",
        PortTaken("127.0.0.1", 8000).exit_code: "PORT=8001 make run",
        AddressUnusable("x").exit_code: "x",
    }
    assert set(codes) == {3, 4, 2}
    assert Problem.exit_code == 1
    assert "DATA_DIR" in str(AlreadyRunning(tmp_path, {}))


def test_a_note_is_added_to_and_never_half_written(tmp_path: Path) -> None:
    seen: list[bool] = []
    stop = threading.Event()

    def reader() -> None:
        while not stop.is_set():
            text = (tmp_path / "run.json").read_text(encoding="utf-8") if (tmp_path / "run.json").exists() else "{}"
            seen.append(isinstance(json.loads(text), dict))

    with DataFolder(tmp_path) as folder:
        watching = threading.Thread(target=reader)
        watching.start()
        for number in range(200):
            folder.note(**{f"fact{number % 7}": "x" * 500})
        stop.set()
        watching.join()
        assert set(read_note(tmp_path)) == {"pid", *(f"fact{n}" for n in range(7))}
    assert all(seen)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".run-")] == []


# --- listening ------------------------------------------------------------------------------------------------


def test_a_port_below_1024_needs_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forbidden(socket.socket):
        def bind(self, _address: Any) -> None:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(serve.socket, "socket", Forbidden)
    with pytest.raises(AddressUnusable, match=r"PORT=80 needs special rights.*PORT=8000"):
        serve.listen("127.0.0.1", 80)


def test_the_socket_is_waited_for_only_where_an_orphan_may_hold_it() -> None:
    with serve.listen("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(PortTaken):
            supervisor._listen(Settings(port=port), retry=False)
        assert time.monotonic() - began < 2
        freed = threading.Timer(0.3, held.close)
        freed.start()
        with supervisor._listen(Settings(port=port), retry=True) as listener:
            assert listener.getsockname()[1] == port
        freed.join()


def test_an_address_of_all_is_asked_on_this_machine() -> None:
    assert supervisor._answers(Settings(host="0.0.0.0", port=free_port())) is False
    assert supervisor._answers(Settings(host="::", port=free_port())) is False


# --- the supervisor's round -----------------------------------------------------------------------------------


@pytest.fixture
def round_(tmp_path: Path) -> Any:
    folder = DataFolder(tmp_path / "data")
    with folder:
        yield supervisor._House(Settings(data_dir=str(tmp_path / "data")), folder, threading.Event(), 0.0)


class _Dead:
    def alive(self) -> bool:
        return False

    def stop(self) -> None: ...


@pytest.mark.parametrize(
    ("part", "start", "problem"),
    [
        ("postgres", "start_postgres", PostgresProblem("the disk is full")),
        ("valkey", "start_valkey", ValkeyProblem("the disk is full")),
    ],
)
def test_a_server_that_cannot_come_back_yet_is_told_and_tried_again(
    round_: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    *, part: str, start: str, problem: Exception,
) -> None:  # fmt: skip
    answers: list[Any] = [problem, "running"]

    def begin(_path: Path) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(supervisor, start, begin)
    setattr(round_, part, _Dead())
    supervisor._mend_servers(round_)
    assert "the disk is full" in capsys.readouterr().err
    supervisor._mend_servers(round_)
    assert getattr(round_, part) == "running"


@pytest.mark.parametrize(
    ("code", "told"),
    [('print(\'{"label": "people", "share": 1}\')', "The demo is ready"), ("raise SystemExit(7)", "exit code 7")],
)
def test_the_end_of_the_demos_load_is_told(
    round_: Any, capsys: pytest.CaptureFixture[str], code: str, told: str
) -> None:
    seed = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert seed.stdout is not None
    round_.seed = seed
    seed.wait()
    supervisor._follow_seed(round_, seed, console.SeedProgress(), time.monotonic())
    seed.stdout.close()
    said = capsys.readouterr()
    assert told in said.out + said.err
    assert round_.seed is None


def test_a_load_that_is_still_under_way_goes_on(round_: Any) -> None:
    seed = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.PIPE)
    assert seed.stdout is not None
    os.set_blocking(seed.stdout.fileno(), False)
    round_.seed = seed
    supervisor._follow_seed(round_, seed, console.SeedProgress(), 0.0)
    assert round_.seed is seed
    supervisor._stop(round_)
    assert seed.returncode == -signal.SIGTERM
    seed.stdout.close()


def test_output_of_a_process_without_a_pipe_is_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as quiet:
        assert console.read_available(quiet) == []


# --- backup ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql://me:pw@host:5433/base", {"PGHOST": "host", "PGPORT": "5433", "PGUSER": "me", "PGPASSWORD": "pw",
                                               "PGDATABASE": "base"}),
        ("postgresql://me@/base?host=/run/pg&port=1", {"PGHOST": "/run/pg", "PGPORT": "1", "PGUSER": "me",
                                                       "PGDATABASE": "base"}),
        ("postgresql:///?dbname=x&user=u&password=p&sslmode=require", {"PGUSER": "u", "PGPASSWORD": "p",
                                                                      "PGDATABASE": "x", "PGSSLMODE": "require"}),
        ("postgresql://host/a?sslmode=", {"PGHOST": "host", "PGDATABASE": "a"}),
        ("postgresql://m%40e:p%3Aw%2F@host/b%C3%A0n", {"PGHOST": "host", "PGUSER": "m@e", "PGPASSWORD": "p:w/",
                                                       "PGDATABASE": "bàn"}),
    ],
)  # fmt: skip
def test_where_the_database_is_for_the_programs_of_postgresql(url: str, found: dict[str, str]) -> None:
    assert backup._where(Settings(database_url=url)) == found


def test_a_program_that_fails_says_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\nfor n in 1 2 3 4 5; do echo word $n >&2; done; exit 3\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(backup, "postgres_tool", lambda _name: program)
    with pytest.raises(BackupProblem, match=r"pg_dump failed .*: word 3 / word 4 / word 5$"):
        backup._tool(["pg_dump"], None)


# --- programs -------------------------------------------------------------------------------------------------


def test_programs_of_the_machine_do_where_the_package_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("postgres", "initdb", "redis-server"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(binaries, "_package_folder", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binaries.postgres_bin() == tmp_path
    assert binaries.valkey_server() == tmp_path / "redis-server"
    with pytest.raises(binaries.MissingPrograms, match="pg_dump"):
        binaries.postgres_tool("pg_dump")
    (tmp_path / "pg_dump").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "pg_dump").chmod(0o755)
    assert binaries.postgres_tool("pg_dump") == tmp_path / "pg_dump"


def test_a_package_that_is_not_installed_has_no_folder() -> None:
    assert binaries._package_folder("no_such_package_at_all") is None


# --- the worker -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tries", "lived", "pause", "next_"), [("0", 1.0, 0.5, "1"), ("3", 1.0, 5.0, "4"),
    ("99", 1.0, 10.0, "100"), ("99", 61.0, 0.5, "1")])  # fmt: skip
def test_a_worker_that_ends_begins_again_after_ever_longer_pauses(
    monkeypatch: pytest.MonkeyPatch, settings: Any, *, tries: str, lived: float, pause: float, next_: str
) -> None:
    clock, slept, begun = [100.0], [], []

    class Worker:
        def run(self) -> None:
            clock[0] += lived
            raise ConnectionError("the queue is away")

    monkeypatch.setattr("arq.worker.create_worker", lambda *_given, **_more: Worker())
    monkeypatch.setattr(work.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(work.time, "sleep", slept.append)
    monkeypatch.setattr(work.os, "execv", lambda program, argv: begun.append(argv))
    monkeypatch.setattr(work.os, "setpriority", lambda *_given: None)
    monkeypatch.setenv(work._TRIES, tries)
    work.work()
    assert slept == [pause]
    assert begun == [[sys.executable, "-m", "app", "worker"]]
    assert os.environ[work._TRIES] == next_


# --- the doctor -----------------------------------------------------------------------------------------------


async def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = asyncio.timeout
    monkeypatch.setattr(doctor.asyncio, "timeout", lambda _seconds: plain(0.05))

    async def hangs(_url: str) -> list[doctor.Finding]:
        await asyncio.sleep(30)
        return []

    (found,) = await doctor._reach("queue", "redis://me:secret@away", hangs)
    assert (found.fine, found.remedy) == (False, "Start the server, or correct REDIS_URL")
    assert "secret" not in found.line()


def test_a_house_that_is_running_holds_its_own_port(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder, serve.listen("127.0.0.1", 0) as listener:
        settings = Settings(data_dir=str(tmp_path), port=listener.getsockname()[1])
        assert not doctor._port(settings).fine
        folder.note(address="http://127.0.0.1:1")
        assert doctor._port(settings).seen == f"Kết Nối is running at http://127.0.0.1:1 (pid {os.getpid()})"
        (tmp_path / "run.json").write_text('{"address": "x", "pid": 4000000}', encoding="utf-8")
        assert not doctor._port(settings).fine


def test_a_note_of_a_house_that_is_gone_names_no_servers(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(
        '{"pid": 4000000, "database_url": "postgresql://x@127.0.0.1:1/x", "redis_url": "redis://127.0.0.1:1"}',
        encoding="utf-8",
    )
    found = list(doctor._databases(Settings(data_dir=str(tmp_path))))
    assert [(each.name, each.fine) for each in found] == [("database", True), ("queue", True)]


def test_an_address_of_all_is_tried_on_all(tmp_path: Path) -> None:
    port = free_port()
    everywhere = Settings(data_dir=str(tmp_path), host="0.0.0.0", port=port)
    assert doctor._port(everywhere).fine
    with serve.listen("0.0.0.0", port):
        assert not doctor._port(msgspec.structs.replace(everywhere, host="127.0.0.1")).fine
