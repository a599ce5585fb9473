"""The embedded PostgreSQL alone: how it is made, how it recovers, whom it lets in."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from app.launch import account, postgres
from app.launch.account import AccountProblem, ServerAccount, server_account
from app.launch.binaries import postgres_bin
from app.launch.postgres import EmbeddedPostgres, OtherMajorVersion, PostgresProblem, start_postgres
from app.launch.secrets import read_secrets, secret
from tests.launch.conftest import ROOT, gone, processes_in, until


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path is far longer than a socket's may be, with letters that need care."""
    return tmp_path_factory.mktemp("dữ liệu, của 'làng' công nghệ " + "x" * 90)


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[EmbeddedPostgres]:
    running = start_postgres(data, durable=False)
    yield running
    running.stop()


async def ask(url: str, query: str) -> object:
    con = await asyncpg.connect(url)
    try:
        return await con.fetchval(query)
    finally:
        await con.close()


async def test_it_speaks_utf8_and_knows_vietnamese_letters(server: EmbeddedPostgres) -> None:
    assert await ask(server.url, "SELECT lower('ĐỔI MỚI') || current_setting('server_encoding')") == "đổi mớiUTF8"
    assert await ask(server.url, "SELECT 'đổi' ~ '^[[:alpha:]]+$'") is True
    assert await ask(server.url, "SELECT to_tsvector('simple', 'Đổi mới')::text") == "'mới':2 'đổi':1"


@pytest.mark.parametrize("extension", ["pg_trgm", "vector", "btree_gist", "unaccent"])
async def test_the_extensions_are_there(server: EmbeddedPostgres, extension: str) -> None:
    assert await ask(server.url, f"SELECT count(*) FROM pg_available_extensions WHERE name = '{extension}'") == 1


async def test_no_password_no_entry(server: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.url.replace(server._password, "guess"))


async def test_it_listens_on_a_private_socket_only(server: EmbeddedPostgres) -> None:
    assert await ask(server.url, "SELECT current_setting('listen_addresses')") == ""
    folder = Path(server.url.partition("host=")[2])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(str(folder)) < 60


async def test_another_database_has_an_address_too(server: EmbeddedPostgres) -> None:
    assert await ask(server.url_for("postgres"), "SELECT current_database()") == "postgres"


async def test_killed_and_started_again_it_has_everything_committed(data: Path, server: EmbeddedPostgres) -> None:
    await ask(server.url, "CREATE TABLE kept AS SELECT 7 AS answer")
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: not server.alive())
    again = start_postgres(data, durable=False)
    try:
        assert again.url == server.url
        assert await ask(again.url, "SELECT answer FROM kept") == 7
    finally:
        again.stop()
        server.process, server.log = again.process, again.log


async def test_a_pid_file_that_names_a_foreign_process_is_no_obstacle(data: Path, server: EmbeddedPostgres) -> None:
    server.stop()
    remembered = data / "postgres" / "postmaster.pid"
    remembered.write_text(f"{os.getppid()}\n{data / 'postgres'}\n1\n5432\n\n\n0 0\nready   \n", encoding="utf-8")
    again = start_postgres(data, durable=False)
    try:
        assert await ask(again.url, "SELECT 1") == 1
        assert not gone(os.getppid())
    finally:
        again.stop()


def test_a_server_left_behind_is_ended_first(data: Path, server: EmbeddedPostgres) -> None:
    server.stop()
    code = (
        "import os, sys; from pathlib import Path; from app.launch import postgres, account\n"
        "account.ServerAccount.command.__kwdefaults__['die_with_parent'] = None\n"
        "plain = account.ServerAccount.command\n"
        "account.ServerAccount.command = lambda s, argv, touches, die_with_parent=None: plain(s, argv, touches)\n"
        "print(postgres.start_postgres(Path(sys.argv[1]), durable=False).pid, flush=True); os._exit(0)"
    )
    made = subprocess.run([sys.executable, "-c", code, str(data)], cwd=ROOT, capture_output=True, text=True, check=True)
    orphan = int(made.stdout)
    assert not gone(orphan)
    again = start_postgres(data, durable=False)
    again.stop()
    assert gone(orphan)
    assert processes_in(data / "postgres") == []


def test_a_first_start_that_was_killed_is_made_again(tmp_path: Path) -> None:
    draft = tmp_path / "postgres.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n", encoding="ascii")
    server = start_postgres(tmp_path, durable=False)
    server.stop()
    assert not draft.exists()
    assert (tmp_path / "postgres" / "global" / "pg_control").exists()


def test_stopping_twice_is_fine(server: EmbeddedPostgres) -> None:
    server.stop()
    server.stop()
    assert not server.alive()


def test_a_folder_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(PostgresProblem, match="holds no PostgreSQL data"):
        start_postgres(tmp_path)
    assert (tmp_path / "postgres" / "letter.txt").read_text(encoding="utf-8") == "dear"


@pytest.mark.parametrize("found", ["15", "17", "19"])
def test_another_major_version_is_refused_with_the_way_out(tmp_path: Path, found: str) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text(f"{found}\n", encoding="ascii")
    with pytest.raises(OtherMajorVersion, match=f"written by PostgreSQL {found}.*python -m app restore"):
        start_postgres(tmp_path)


def test_a_damaged_cluster_says_what_the_log_says(tmp_path: Path) -> None:
    start_postgres(tmp_path, durable=False).stop()
    (tmp_path / "postgres" / "global" / "pg_control").write_bytes(b"nonsense")
    with pytest.raises(PostgresProblem, match=r"(?s)ended at once.*pg_control"):
        start_postgres(tmp_path, durable=False)


def test_the_password_is_made_once_and_kept_private(data: Path, server: EmbeddedPostgres) -> None:
    assert secret(data, "POSTGRES_PASSWORD") == read_secrets(data)["POSTGRES_PASSWORD"] == server._password
    assert (data / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert secret(data, "ANOTHER", length=10) != secret(data, "POSTGRES_PASSWORD")[:10]
    assert set(read_secrets(data)) == {"ANOTHER", "POSTGRES_PASSWORD"}


def test_root_hands_the_servers_to_an_account_without_rights(tmp_path: Path) -> None:
    found = server_account(tmp_path / "new")
    assert found.uid != 0
    assert found.is_other is (os.geteuid() == 0)


def test_a_folder_keeps_the_account_that_owns_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    owned = tmp_path / "owned"
    owned.mkdir()
    if owned.stat().st_uid == 0:
        os.chown(owned, 65534, 65534)
    assert server_account(owned).uid == owned.stat().st_uid


def test_an_account_without_a_name_is_told_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 987_654)
    with pytest.raises(AccountProblem, match=r"987654.*DATABASE_URL"):
        server_account(tmp_path)


def test_passing_through_closed_folders_needs_one_capability_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    other = ServerAccount(65534, 65534, "nobody")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    open_way = other.command(["program"], [Path("/usr/bin")])
    through = other.command(["program"], [closed], die_with_parent="INT") if os.getuid() == 0 else []
    assert "--ambient-caps=-all" in open_way
    if through:
        assert "--ambient-caps=-all,+dac_read_search" in through
        assert "--pdeathsig=INT" in through
    monkeypatch.setattr(account, "_CAPABILITIES", (("no_such", 60),))
    with pytest.raises(AccountProblem, match="move the project"):
        other.command(["program"], [closed / ".." / "closed"])


def test_without_setpriv_root_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account.shutil, "which", lambda _name: None)
    own = ServerAccount(os.geteuid(), os.getegid(), "me")
    assert own.command(["program"], []) == ["program"]
    with pytest.raises(AccountProblem, match="util-linux"):
        ServerAccount(os.geteuid() + 1, 1, "other").command(["program"], [])


def test_a_socket_folder_that_somebody_else_took_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.launch import sockets

    monkeypatch.setattr(sockets, "_base", lambda _account: tmp_path)
    me = ServerAccount(os.geteuid(), os.getegid(), "me")
    first = sockets.socket_folder(tmp_path, "pg", me)
    assert sockets.socket_folder(tmp_path, "pg", me) == first
    first.chmod(0o755)
    second = sockets.socket_folder(tmp_path, "pg", me)
    assert second.name == f"{first.name}-1"
    assert second.stat().st_mode & 0o777 == 0o700


def test_the_runtime_folder_is_used_where_it_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.launch import sockets

    runtime = Path("/tmp") / f"ketnoi-test-{os.getpid()}"
    runtime.mkdir(mode=0o700)
    me = ServerAccount(os.geteuid(), os.getegid(), "me")
    try:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
        assert sockets.socket_folder(tmp_path, "pg", me).parent == runtime
        monkeypatch.setenv("XDG_RUNTIME_DIR", "/nowhere,at/all")
        elsewhere = sockets.socket_folder(tmp_path, "pg", me)
        assert elsewhere.parent != runtime
        elsewhere.rmdir()
    finally:
        for left in runtime.iterdir():
            left.rmdir()
        runtime.rmdir()


def test_durability_is_given_up_in_tests_only() -> None:
    kept = postgres._settings(Path("/x"), durable=True, max_connections=5)
    assert (kept["fsync"], kept["synchronous_commit"], kept["full_page_writes"]) == ("on", "on", "on")
    tests = postgres._settings(Path("/x"), durable=False, max_connections=5)
    assert (tests["fsync"], tests["synchronous_commit"]) == ("off", "on")
    assert kept["listen_addresses"] == ""


def test_programs_in_a_folder_that_only_root_may_enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout of root's in a folder closed to others: initdb asks access(2) for its programs."""
    closed = tmp_path / "closed"
    wheel = postgres_bin().parents[1]
    shutil.copytree(wheel, closed / wheel.name, symlinks=True)
    shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), closed / f"{wheel.name}.libs")
    closed.chmod(0o700)
    monkeypatch.setattr("app.launch.postgres.postgres_bin", lambda: closed / wheel.name / "pginstall" / "bin")
    server = start_postgres(tmp_path / "data", durable=False)
    try:
        assert server.alive()
    finally:
        server.stop()
