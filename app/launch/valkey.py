"""An embedded Valkey: wakes the workers and counts for limits, on a private unix socket.

Nothing lives only here: what it loses is rebuilt from PostgreSQL. So a damaged data folder is set aside, not mended.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from app.launch.account import ServerAccount, server_account
from app.launch.binaries import valkey_server
from app.launch.problem import Problem
from app.launch.processes import end, stop_child, working_in
from app.launch.sockets import socket_folder

_STOP = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))


class ValkeyProblem(Problem):
    """Valkey could not be started; the message says why and what to do."""


@dataclass(slots=True)
class EmbeddedValkey:
    """A running server. `url` stays the same over restarts of the same data folder."""

    url: str
    folder: Path
    log: Path
    process: "subprocess.Popen[bytes]"
    _sockets: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """Clean stop; stopping twice is fine."""
        stop_child(self.process, _STOP)
        shutil.rmtree(self._sockets, ignore_errors=True)


def start_valkey(data_dir: Path, *, durable: bool = True) -> EmbeddedValkey:
    """Start the server of `data_dir`; returns when it answers. Call it from the main thread (see start_postgres).

    `durable=False` is for tests: nothing is written to disk. Raises ValkeyProblem, AccountProblem or MissingPrograms.
    """
    data_dir = data_dir.absolute()
    program = valkey_server()
    folder = data_dir / "valkey"
    (data_dir / "logs").mkdir(parents=True, exist_ok=True)
    account = server_account(folder)
    for attempt in ("kept", "afresh"):
        folder.mkdir(exist_ok=True)
        account.own(folder, 0o700)
        end(working_in(folder, program.name), _STOP)
        server = _spawn(program, data_dir, folder, account, durable=durable)
        if _answers(server):
            return server
        server.stop()
        if attempt == "kept":
            folder.rename(data_dir / f"valkey.damaged-{time.time_ns() // 1_000_000}")
    raise ValkeyProblem(f"Valkey did not start; see {server.log}\n{_tail(server.log)}")


def _spawn(program: Path, data_dir: Path, folder: Path, account: ServerAccount, *, durable: bool) -> EmbeddedValkey:
    sockets = socket_folder(data_dir, "vk", account)
    address = sockets / "valkey.sock"
    address.unlink(missing_ok=True)
    log = data_dir / "logs" / "valkey.log"
    settings = {
        "port": "0",
        "unixsocket": str(address),
        "unixsocketperm": "700",
        "dir": ".",
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    argv = [str(program), *(part for name, value in settings.items() for part in (f"--{name}", value))]
    command = account.command(argv, [program.parent, folder], die_with_parent="TERM")
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, start_new_session=True,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        )  # fmt: skip
    return EmbeddedValkey(f"unix://{quote(str(address))}?db=0", folder, log, process, sockets)


def _answers(server: EmbeddedValkey, seconds: float = 30.0) -> bool:
    address = server._sockets / "valkey.sock"
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.alive():
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(1.0)
                line.connect(str(address))
                line.sendall(b"PING\r\n")
                if line.recv(64).startswith(b"+PONG"):
                    return True
        except OSError:
            pass
        time.sleep(0.01)
    return False


def _tail(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
