"""The job worker: arq, started afresh when it ends, because it ends whenever Valkey goes away.

`python -m app.launch.work` says by its exit code whether the worker of this host (of this container, in production)
has been heard of lately.
"""

import asyncio
import os
import socket
import sys
import time
from typing import Any

import structlog

SIGNS_OF_LIFE = "arq:queue:health-check:"
"""Every worker process renews a key of its own in each round; it is gone seconds after the process."""

BEHIND_PAGES = 10
"""On a shared machine a mail may wait for a page, and a door never for a mail."""

_TRIES = "KETNOI_WORKER_TRIES"
_SETTLED = 60.0
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)

log = structlog.get_logger()


def sign_of_life() -> str:
    """The key of this process: one worker that lives does not speak for another that died."""
    return f"{SIGNS_OF_LIFE}{socket.gethostname()}:{os.getpid()}"


async def is_heard_of(queue: Any, host: str = "") -> bool:
    """Whether some worker, on this host if one is named, has left its sign within its last two rounds."""
    async for _sign in queue.scan_iter(match=f"{SIGNS_OF_LIFE}{host}{':' if host else ''}*", count=1000):
        return True
    return False


def work() -> None:
    """Run jobs until a signal. A worker that fails is replaced, in the same process number, after a pause."""
    from arq.worker import create_worker  # noqa: PLC0415 - only this command needs the worker

    from app.core.outbox import redis_settings  # noqa: PLC0415 - only this command needs the worker
    from app.worker import WorkerSettings  # noqa: PLC0415 - only this command loads every job

    began = time.monotonic()
    if os.getpriority(os.PRIO_PROCESS, 0) < BEHIND_PAGES:
        os.setpriority(os.PRIO_PROCESS, 0, BEHIND_PAGES)
    settings: Any = WorkerSettings
    try:
        create_worker(settings, redis_settings=redis_settings(), health_check_key=sign_of_life()).run()
    except Exception as error:  # noqa: BLE001 - whatever ends a worker, jobs must go on
        tries = 0 if time.monotonic() - began > _SETTLED else int(os.environ.get(_TRIES, "0"))
        pause = _PAUSES[min(tries, len(_PAUSES) - 1)]
        log.warning("worker ended, starting again", error=repr(error), pause=pause)
        time.sleep(pause)
        os.environ[_TRIES] = str(tries + 1)
        os.execv(sys.executable, [sys.executable, "-m", "app", "worker"])  # noqa: S606 - ourselves again


async def heard_of_lately() -> bool:
    """Whether the worker of this host is heard of, asked on a connection of its own."""
    from app.core import outbox  # noqa: PLC0415 - see work

    try:
        return await is_heard_of(await outbox.queue(), socket.gethostname())
    finally:
        await outbox.close()


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(heard_of_lately()) else 1)
