"""The job worker: arq, started afresh when it ends, because it ends whenever Valkey goes away.

`python -m app.launch.work` says by its exit code whether a worker has been heard of lately.
"""

import asyncio
import os
import sys
import time
from typing import Any

import structlog

SIGN_OF_LIFE = "arq:queue:health-check"
"""The key that arq's workers renew in every round."""

_TRIES = "KETNOI_WORKER_TRIES"
_SETTLED = 60.0
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)

log = structlog.get_logger()


def work() -> None:
    """Run jobs until a signal. A worker that fails is replaced, in the same process number, after a pause."""
    from arq.worker import create_worker  # noqa: PLC0415 - only this command needs the worker

    from app.core.outbox import redis_settings  # noqa: PLC0415 - only this command needs the worker
    from app.worker import WorkerSettings  # noqa: PLC0415 - only this command loads every job

    began = time.monotonic()
    settings: Any = WorkerSettings
    try:
        create_worker(settings, redis_settings=redis_settings()).run()
    except Exception as error:  # noqa: BLE001 - whatever ends a worker, jobs must go on
        tries = 0 if time.monotonic() - began > _SETTLED else int(os.environ.get(_TRIES, "0"))
        pause = _PAUSES[min(tries, len(_PAUSES) - 1)]
        log.warning("worker ended, starting again", error=repr(error), pause=pause)
        time.sleep(pause)
        os.environ[_TRIES] = str(tries + 1)
        os.execv(sys.executable, [sys.executable, "-m", "app", "worker"])  # noqa: S606 - ourselves again


async def heard_of_lately() -> bool:
    """Whether some worker of the queue has left its sign within its last two rounds."""
    from app.core import outbox  # noqa: PLC0415 - see work

    try:
        return bool(await (await outbox.queue()).exists(SIGN_OF_LIFE))
    finally:
        await outbox.close()


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(heard_of_lately()) else 1)
