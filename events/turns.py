"""Turns of those who register: a rush waits here, outside the pool, so that pages and doors still get a connection."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from app.core import db
from app.core.errors import Busy

PATIENCE = 4.5
"""Seconds that somebody who registers waits in all: hundreds may press the button in the same second."""
LAST = 0.5
"""Of them kept for the connection, once it is one's turn."""
KEPT = 2
"""Connections of the pool that those who register leave to everybody else."""

Left = Callable[[], float]


class _Turns:
    """As many turns as the pool of this process has connections for them; another pool has turns of its own."""

    def __init__(self) -> None:
        self._pool: Any = None
        self._free = asyncio.Semaphore(1)

    def free(self) -> asyncio.Semaphore:
        pool = db.engine.pool
        if pool is not None and pool is not self._pool:
            self._pool, self._free = pool, asyncio.Semaphore(max(1, pool.get_max_size() - KEPT))
        return self._free


_turns = _Turns()


@asynccontextmanager
async def turn() -> AsyncIterator[Left]:
    """Have a turn while the block runs; what it yields says how many seconds may still be waited for a connection.

    First come, first served. Raises Busy when it is not one's turn in time.
    """
    until, free = time.monotonic() + PATIENCE, _turns.free()
    try:
        async with asyncio.timeout(PATIENCE - LAST):
            await free.acquire()
    except TimeoutError as error:
        raise Busy from error
    try:
        yield lambda: max(LAST, until - time.monotonic())
    finally:
        free.release()
