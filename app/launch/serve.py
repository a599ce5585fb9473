"""The web process: uvicorn with the limits of production, in the foreground."""

import os
import socket
import tempfile
import time
from asyncio import BaseTransport
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from app.core.settings import Settings
from app.launch.children import SUPERVISED, end_with_parent
from app.launch.problem import Problem

if TYPE_CHECKING:
    from app.core.shell import Shell

LISTENING = "KETNOI_LISTEN_FD"
"""Set for the child of `python -m app run`: the number of the socket it was handed."""


ACCEPT_PAUSE = 0.0003
"""Seconds for which a process stands back after it took a connection."""


class Sharing(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Leaves the next connection to another of the server's processes.

    All wait on one socket, and the one that was quickest would take every connection of a proxy that opens twenty at
    once, while the other processes, and their cores, stay idle.
    """

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        time.sleep(ACCEPT_PAUSE)


class PortTaken(Problem):
    """Somebody else listens on that address."""

    exit_code = 4

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"port {port} on {host} is taken by another program: choose another one, e.g. PORT={port + 1} make run"
        )


class AddressUnusable(Problem):
    """HOST or PORT name something that this machine or account cannot listen on."""

    exit_code = 2


def application() -> "Shell":
    """What each server process loads."""
    end_with_parent()
    from app.main import create_app  # noqa: PLC0415 - only the server processes load the whole application

    return create_app()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises PortTaken or AddressUnusable."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise AddressUnusable(f"HOST={host} is no address of this machine: {error}") from error
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(512)
    except PermissionError as error:
        listener.close()
        raise AddressUnusable(f"PORT={port} needs special rights: choose one above 1023, e.g. PORT=8000") from error
    except OSError as error:
        listener.close()
        if error.errno == 98 or "in use" in str(error):
            raise PortTaken(host, port) from error
        raise AddressUnusable(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def serve(settings: Settings) -> None:
    """Serve until a signal; requests under way get twenty seconds to finish."""
    inherited = os.environ.get(LISTENING)
    listener = socket.socket(fileno=int(inherited)) if inherited else listen(settings.host, settings.port)
    proxies: Any = list(settings.trusted_proxies)
    config = uvicorn.Config(
        "app.launch.serve:application",
        factory=True,
        workers=settings.web_workers,
        http="app.launch.serve:Sharing" if settings.web_workers > 1 else "auto",
        timeout_graceful_shutdown=20,
        backlog=512,
        server_header=False,
        access_log=False,
        log_config=None,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
    )
    if settings.web_workers > 1:
        from uvicorn.supervisors import Multiprocess  # noqa: PLC0415 - one process needs no supervisor

        os.environ[SUPERVISED] = str(os.getpid())
        with tempfile.TemporaryDirectory(prefix="ketnoi-figures-") as figures:
            os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", figures)
            Multiprocess(config, sockets=[listener]).run()
    else:
        uvicorn.Server(config).run(sockets=[listener])
