"""The job worker: arq, started afresh when it ends, because it ends whenever Valkey goes away."""

import os
import sys
import time
from typing import Any

import structlog

_TRIES = "KETNOI_WORKER_TRIES"
_SETTLED = 60.0
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)

log = structlog.get_logger()


def work() -> None:
    """Run jobs until a signal. A worker that fails is replaced, in the same process number, after a pause."""
    from arq.worker import create_worker  # noqa: PLC0415 - only this command needs the worker

    from app.worker import WorkerSettings  # noqa: PLC0415 - only this command loads every job

    began = time.monotonic()
    settings: Any = WorkerSettings
    try:
        create_worker(settings).run()
    except Exception as error:  # noqa: BLE001 - whatever ends a worker, jobs must go on
        tries = 0 if time.monotonic() - began > _SETTLED else int(os.environ.get(_TRIES, "0"))
        pause = _PAUSES[min(tries, len(_PAUSES) - 1)]
        log.warning("worker ended, starting again", error=repr(error), pause=pause)
        time.sleep(pause)
        os.environ[_TRIES] = str(tries + 1)
        os.execv(sys.executable, [sys.executable, "-m", "app", "worker"])  # noqa: S606 - ourselves again
