"""The parts that hold a start together: the folder's lock, watched children, sockets, settings for a command."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from app.core.settings import Settings, get_settings
from app.launch import binaries, children, console, services
from app.launch.binaries import MissingPrograms
from app.launch.children import Child, stop_all
from app.launch.folder import AlreadyRunning, DataFolder, FolderProblem, read_note
from app.launch.processes import end, is_alive, started_at, working_in
from app.launch.serve import AddressUnusable, PortTaken, listen
from tests.launch.conftest import ROOT, gone, until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)",
]


def child(tmp_path: Path, argv: list[str]) -> Child:
    return Child("child", argv, dict(os.environ), tmp_path / "child.log")


# ---------------------------------------------------------------- the folder


def test_a_folder_has_one_holder_who_says_who_it_is(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        folder.note(command="run", address="http://127.0.0.1:8000")
        with pytest.raises(AlreadyRunning, match=rf"already running at http://127.0.0.1:8000 \(pid {os.getpid()}\)"):
            DataFolder(tmp_path / "data")
    with DataFolder(tmp_path / "data") as again:
        assert again.left_behind == []
    assert read_note(tmp_path / "data") == {}


def test_a_folder_held_by_a_command_names_the_command(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        folder.note(command="backup")
        with pytest.raises(AlreadyRunning, match="in use by: python -m app backup"):
            DataFolder(tmp_path)


def test_the_folder_and_its_notes_are_private(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "data") as folder:
        folder.note(command="run")
        assert (tmp_path / "data" / "run.json").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "data").stat().st_mode & 0o066 == 0
        assert (tmp_path / "data" / "logs").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(FolderProblem, match="DATA_DIR"):
        DataFolder(tmp_path / "file" / "data")


def test_only_the_very_same_processes_count_as_left_behind(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEPER) as sleeper:
        kept = {"web": [sleeper.pid, started_at(sleeper.pid)], "worker": [sleeper.pid, "1"], "gone": [4_000_000, "5"]}
        (tmp_path / "run.json").write_text(json.dumps({"children": kept}), encoding="utf-8")
        with DataFolder(tmp_path) as folder:
            assert folder.left_behind == [sleeper.pid]
        sleeper.kill()


@pytest.mark.parametrize("text", ["", "no json", "[1]"])
def test_an_unreadable_note_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    assert read_note(tmp_path) == {}


# ---------------------------------------------------------------- processes


def test_signals_grow_harder_until_the_process_is_gone() -> None:
    with subprocess.Popen(STUBBORN, stdout=subprocess.PIPE) as stubborn:
        assert stubborn.stdout is not None
        stubborn.stdout.readline()
        end([stubborn.pid], ((signal.SIGTERM, 0.2), (signal.SIGKILL, 5.0)))
        assert stubborn.wait() == -signal.SIGKILL


def test_a_stopped_process_is_woken_to_go_in_good_order() -> None:
    with subprocess.Popen(SLEEPER) as sleeper:
        sleeper.send_signal(signal.SIGSTOP)
        end([sleeper.pid, 4_000_000], ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)))
        assert sleeper.wait() == -signal.SIGTERM


def test_a_dead_number_is_not_alive() -> None:
    assert is_alive(os.getpid())
    assert not is_alive(4_000_000)
    assert started_at(4_000_000) is None


def test_servers_are_found_by_where_they_work(tmp_path: Path) -> None:
    name = Path(os.readlink(f"/proc/{os.getpid()}/exe")).name
    with subprocess.Popen(SLEEPER, cwd=tmp_path) as sleeper:
        until(lambda: working_in(tmp_path, name) == [sleeper.pid])
        assert working_in(tmp_path, "postgres") == []
        assert working_in(tmp_path / "absent", name) == []
        sleeper.kill()


# ---------------------------------------------------------------- children


def test_a_child_that_ends_is_started_again_after_ever_longer_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_PAUSES", (0.0, 0.3))
    watched = child(tmp_path, [sys.executable, "-c", "print('said')"])
    watched.start()
    assert watched.process is not None
    watched.process.wait()
    assert watched.watch()
    watched.process.wait()
    assert not watched.watch()
    time.sleep(0.35)
    assert watched.watch()
    watched.process.wait()
    assert (watched.failures, watched.last_lines()) == (2, "said\nsaid\nsaid")
    assert watched.identity is None


def test_a_child_that_settled_is_forgiven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_SETTLED", 0.0)
    watched = child(tmp_path, SLEEPER)
    watched.failures = 4
    watched.start()
    assert not watched.watch()
    assert watched.failures == 0
    assert watched.identity is not None
    stop_all([watched, child(tmp_path, SLEEPER)])
    assert watched.process is not None
    assert watched.process.returncode == -signal.SIGTERM


def test_a_long_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_LONGEST_LOG", 10)
    (tmp_path / "child.log").write_text("x" * 11, encoding="utf-8")
    watched = child(tmp_path, [sys.executable, "-c", "print('new')"])
    assert watched.last_lines(1) == "x" * 11
    watched.start()
    assert watched.process is not None
    watched.process.wait()
    assert watched.last_lines() == "new"
    assert (tmp_path / "child.log.1").read_text(encoding="utf-8") == "x" * 11


def test_a_child_ends_with_the_one_that_watches_it(tmp_path: Path) -> None:
    inner = (
        "import time; from app.launch.children import end_with_parent\n"
        "end_with_parent(); print('on', flush=True); time.sleep(60)"
    )
    outer = (
        "import os, subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', {inner!r}], stdout=subprocess.PIPE,"
        " env={**os.environ, 'KETNOI_SUPERVISOR': str(os.getpid())})\n"
        "p.stdout.readline(); print(p.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", outer], cwd=ROOT, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        watched = int(watcher.stdout.readline())
        assert not gone(watched)
        watcher.kill()
    until(lambda: gone(watched), 5)


def test_a_child_whose_watcher_is_gone_already_does_not_begin() -> None:
    code = "from app.launch.children import end_with_parent; end_with_parent(); print('began')"
    env = {**os.environ, "KETNOI_SUPERVISOR": "4000000"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is gone" in done.stderr


# ---------------------------------------------------------------- listening


def test_a_taken_port_is_told_with_another_one() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} on 127.0.0.1 is taken.*PORT={port + 1} make run"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_told(host: str) -> None:
    with pytest.raises(AddressUnusable, match=host):
        listen(host, 0)


def test_it_listens_on_the_newer_kind_of_address_too() -> None:
    with listen("::1", 0) as listener:
        assert listener.family is socket.AF_INET6


# ---------------------------------------------------------------- services for a command


def test_given_databases_are_used_as_they_are(tmp_path: Path) -> None:
    given = Settings(
        database_url="postgresql://elsewhere/x", redis_url="redis://elsewhere", data_dir=str(tmp_path / "d")
    )
    with services.services(given, "backup") as filled:
        assert filled == given
    assert not (tmp_path / "d").exists()


@pytest.mark.slow
def test_a_command_starts_what_is_missing_and_ends_it(used_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEMO_PASSWORD", "DATA_DIR"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    with services.services(Settings(data_dir=str(used_folder), redis_url="redis://given"), "backup") as filled:
        assert filled.redis_url == "redis://given"
        assert get_settings().database_url == filled.database_url
        assert read_note(used_folder)["command"] == "backup"
        sockets = Path(filled.database_url.partition("host=")[2])
        assert sockets.is_dir()
    get_settings.cache_clear()
    assert not sockets.exists()


def test_a_command_waits_for_a_start_in_progress_and_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_PATIENCE", 0.2)
    with DataFolder(tmp_path) as folder:
        folder.note(command="run")
        with pytest.raises(AlreadyRunning), services.services(Settings(data_dir=str(tmp_path)), "token"):
            raise AssertionError("not reached")


def test_secrets_are_made_once_and_never_in_production(tmp_path: Path) -> None:
    plain = Settings(data_dir=str(tmp_path))
    first, second = services.with_secrets(plain), services.with_secrets(plain)
    assert first == second
    assert len(first.secret_key) == 48
    assert len(first.demo_password) == 12
    own = msgspec.structs.replace(plain, secret_key="mine and long enough to be one key", demo_password="mine")
    assert services.with_secrets(own) == own
    production = Settings(environment="production", data_dir=str(tmp_path))
    assert services.with_secrets(production) == production
    assert services.with_secrets(msgspec.structs.replace(plain, demo=False)).demo_password == ""


# ---------------------------------------------------------------- words


def test_progress_without_a_terminal_is_a_few_lines_for_each_part(capsys: pytest.CaptureFixture[str]) -> None:
    shown = console.SeedProgress()
    for label in ("people", "companies"):
        for done in range(0, 101, 5):
            shown.line(json.dumps({"label": label, "share": done / 100}))
    for odd in ("", "no json", "{}", '{"label": 1, "share": "x"}', "[]"):
        shown.line(odd)
    shown.close()
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"  demo: {label:<14} {percent:3d} %" for label in ("people", "companies") for percent in (0, 50, 100)
    ]


def test_progress_on_a_terminal_is_a_bar_for_each_part(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = console.SeedProgress()
    shown.close()
    for label in ("people", "companies"):
        shown.line(json.dumps({"label": label, "share": 0.5}))
        shown.line(json.dumps({"label": label, "share": 7}))
    shown.close()
    said = capsys.readouterr().out
    assert ("people" in said, "companies" in said) == (True, True)


async def test_the_seed_tells_its_progress_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    await console.tell_progress("công ty", 0.123456)
    assert json.loads(capsys.readouterr().out) == {"label": "công ty", "share": 0.1235}


def test_the_welcome_names_address_and_sign_ins(capsys: pytest.CaptureFixture[str]) -> None:
    console.welcome(Settings(port=8123, demo_password="opensesame"), 1.25, "logs")
    said = capsys.readouterr().out
    assert "http://127.0.0.1:8123" in said
    assert "opensesame" in said
    assert [line.strip() for line in said.splitlines() if "@demo.example" in line] == [
        f"{name}@demo.example" for name in ("startup", "investor", "mentor", "organizer", "checkin", "admin")
    ]
    console.welcome(Settings(demo=False), 1.25, "logs")
    assert "@demo.example" not in capsys.readouterr().out


def test_programs_that_are_nowhere_are_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_package_folder", lambda _name: None)
    monkeypatch.setattr(binaries.shutil, "which", lambda _name: None)
    monkeypatch.setattr(binaries, "Path", lambda *_: Path("/nowhere"))
    with pytest.raises(MissingPrograms, match="DATABASE_URL"):
        binaries.postgres_bin()
    with pytest.raises(MissingPrograms, match="postgresql-client"):
        binaries.postgres_tool("pg_dump")
    with pytest.raises(MissingPrograms, match="REDIS_URL"):
        binaries.valkey_server()
