"""An embedded PostgreSQL: made, started, recovered and stopped by us, reached only through a private unix socket.

Its data lies in `<data folder>/postgres`, its log in `<data folder>/logs`. What the servers of an earlier start left
behind (running orphans, a stale pid file, a half-made cluster) is cleared up here; nothing is ever deleted that holds
data.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from app.launch.account import ServerAccount, server_account
from app.launch.binaries import postgres_bin
from app.launch.problem import Problem
from app.launch.processes import end, stop_child, working_in
from app.launch.secrets import secret
from app.launch.sockets import socket_folder

ROLE = "ketnoi"
DATABASE = "ketnoi"
_STOP = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
_READY_LINE = 7


class PostgresProblem(Problem):
    """PostgreSQL could not be started; the message says why and what to do."""


class OtherMajorVersion(PostgresProblem):
    """The data folder was written by another major version of PostgreSQL."""

    def __init__(self, cluster: Path, found: str, ours: str) -> None:
        super().__init__(
            f"the data in {cluster} was written by PostgreSQL {found}, this release brings PostgreSQL {ours}, "
            "and neither reads the other's files. Nothing was changed. The way out: "
            f"(1) with the release that wrote it: python -m app backup ketnoi.dump (or pg_dump of PostgreSQL {found}); "
            f"(2) move {cluster} aside; (3) with this release: python -m app restore ketnoi.dump. "
            "Or start with an empty folder: DATA_DIR=<another folder> make run"
        )


@dataclass(slots=True)
class EmbeddedPostgres:
    """A running server. `url` stays the same over restarts of the same data folder."""

    url: str
    cluster: Path
    log: Path
    process: "subprocess.Popen[bytes]"
    _password: str
    _sockets: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def url_for(self, database: str) -> str:
        """The address of another database of the same server."""
        return _url(database, self._password, self._sockets)

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """Fast shutdown: open connections are ended, everything committed is on disk. Stopping twice is fine."""
        stop_child(self.process, _STOP)
        shutil.rmtree(self._sockets, ignore_errors=True)


def start_postgres(data_dir: Path, *, durable: bool = True, max_connections: int = 60) -> EmbeddedPostgres:
    """Start the server of `data_dir`, making its cluster first where there is none; returns when it takes connections.

    Call it from the main thread: on Linux the server ends (cleanly) with the thread that started it. `durable=False`
    is for tests: a killed server keeps what was committed, a machine without power need not. Raises PostgresProblem,
    AccountProblem or MissingPrograms.
    """
    data_dir = data_dir.absolute()
    programs = postgres_bin()
    cluster = data_dir / "postgres"
    _prepare(data_dir)
    account = server_account(cluster)
    password = secret(data_dir, "POSTGRES_PASSWORD")
    if not (cluster / "PG_VERSION").exists():
        _make_cluster(programs, data_dir, account, password, durable=durable)
    _require_same_major(programs, cluster)
    _clear_leftovers(cluster)
    sockets = socket_folder(data_dir, "pg", account)
    for leftover in sockets.iterdir():
        leftover.unlink()
    log = data_dir / "logs" / "postgres.log"
    argv = [str(programs / "postgres"), "-D", str(cluster)]
    for name, value in _settings(sockets, durable=durable, max_connections=max_connections).items():
        argv += ["-c", f"{name}={value}"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            account.command(argv, [programs, data_dir], die_with_parent="INT"),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", env=_environment(), start_new_session=True,
        )  # fmt: skip
    server = EmbeddedPostgres(_url(DATABASE, password, sockets), cluster, log, process, password, sockets)
    _wait_until_ready(server)
    return server


def _url(database: str, password: str, sockets: Path) -> str:
    return f"postgresql://{ROLE}:{password}@/{quote(database)}?host={quote(str(sockets))}"


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"LC_ALL": "C", "TZ": "UTC", "HOME": "/", **kept}


def _prepare(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / "logs").mkdir(exist_ok=True)


def _settings(sockets: Path, *, durable: bool, max_connections: int) -> dict[str, str]:
    kept = "on" if durable else "off"
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": str(max_connections),
        "shared_buffers": "128MB",
        "fsync": kept,
        "synchronous_commit": "on",
        "full_page_writes": kept,
        "timezone": "UTC",
        "log_timezone": "UTC",
        "jit": "off",
        "max_wal_size": "512MB",
        "log_checkpoints": "off",
        "cluster_name": "ketnoi",
    }


def _character_type() -> str:
    """The operating system's UTF-8 locale that knows no country: word characters of Vietnamese count as letters."""
    import locale  # noqa: PLC0415 - only needed when a cluster is made

    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def _make_cluster(programs: Path, data_dir: Path, account: ServerAccount, password: str, *, durable: bool) -> None:
    """Make the cluster beside its place and move it there whole: a killed first start leaves nothing half done."""
    cluster, draft = data_dir / "postgres", data_dir / "postgres.new"
    if cluster.exists() and any(cluster.iterdir()):
        raise PostgresProblem(f"{cluster} is not empty and holds no PostgreSQL data: move it aside and start again")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    account.own(draft, 0o700)
    with tempfile.TemporaryDirectory(prefix="ketnoi-") as folder:
        account.own(Path(folder), 0o700)
        password_file = Path(folder) / "password"
        password_file.write_text(password + "\n", encoding="ascii")
        account.own(password_file, 0o600)
        _run(account, [
            str(programs / "initdb"), "-D", str(draft), "-U", ROLE, f"--pwfile={password_file}", "-E", "UTF8",
            "--locale=C", f"--lc-ctype={_character_type()}", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--auth-local=scram-sha-256", "--auth-host=reject", "--no-instructions", *([] if durable else ["-N"]),
        ], [programs, data_dir])  # fmt: skip
    create = f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n"
    single = [str(programs / "postgres"), "--single", "-D", str(draft), "postgres"]
    _run(account, single, [programs, data_dir], stdin=create)
    if cluster.exists():
        cluster.rmdir()
    draft.rename(cluster)


def _run(account: ServerAccount, argv: list[str], touches: list[Path], *, stdin: str = "") -> None:
    done = subprocess.run(
        account.command(argv, touches, die_with_parent="TERM"), input=stdin.encode(), capture_output=True,
        check=False, cwd="/", env=_environment(),
    )  # fmt: skip
    if done.returncode != 0:
        tail = (done.stderr or done.stdout).decode(errors="replace").strip()[-1500:]
        raise PostgresProblem(f"{Path(argv[0]).name} failed (exit code {done.returncode}): {tail}")


def _major(programs: Path) -> str:
    command = [str(programs / "postgres"), "--version"]
    answer = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return answer.rpartition(" ")[2].strip().partition(".")[0] if "(Debian" not in answer else answer.split()[2][:2]


def _require_same_major(programs: Path, cluster: Path) -> None:
    found = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    ours = _major(programs)
    if found != ours:
        raise OtherMajorVersion(cluster, found, ours)


def _clear_leftovers(cluster: Path) -> None:
    """End servers of this cluster that outlived their supervisor, then forget the pid file they left.

    The caller holds the data folder's lock, so whatever still runs here is an orphan. PostgreSQL would itself refuse
    to start when the remembered number belongs to some other process by now, which is usual after a container restart.
    """
    if not Path("/proc").is_dir():
        return
    pid_file = cluster / "postmaster.pid"
    orphans = working_in(cluster, "postgres")
    if orphans:
        first = _remembered_pid(pid_file)
        if first in orphans:
            end([first], _STOP)
        end(working_in(cluster, "postgres"), ((signal.SIGTERM, 3.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0)))
    pid_file.unlink(missing_ok=True)


def _remembered_pid(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _wait_until_ready(server: EmbeddedPostgres, seconds: float = 60.0) -> None:
    """The server writes its state into its pid file; after a crash the recovery comes first and takes its time."""
    pid_file = server.cluster / "postmaster.pid"
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not server.alive():
            raise PostgresProblem(f"PostgreSQL ended at once; the end of {server.log} says why:\n{_tail(server.log)}")
        try:
            lines = pid_file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            lines = []
        if len(lines) > _READY_LINE and lines[0] == str(server.pid) and lines[_READY_LINE].strip() == "ready":
            return
        time.sleep(0.01)
    server.stop()
    raise PostgresProblem(f"PostgreSQL was not ready after {seconds:.0f} s; see {server.log}\n{_tail(server.log)}")


def _tail(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
