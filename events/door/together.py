"""Scans of many devices on their way into one statement: what arrives while one is decided goes together in the next.

One transaction and one wait for the disk serve all of them; alone, a scan goes at once and waits for nobody.
"""

import asyncio
from functools import partial
from typing import Any

import asyncpg
import msgspec

from app.core import db
from app.core.errors import Busy

MOST = 50
"""So many are decided in one transaction: other doors wait for their locks no longer than that."""
PATIENCE = 0.02
"""Seconds after which another statement sets out, where the one under way waits for somebody's lock."""
AT_MOST = 4
LOCKS_MS = 150
"""So long one of several waits for what somebody else is writing; then each goes by itself, and may wait longer."""
ALONE_MS = 3_000
FULL = 1_000
"""Beyond so many nobody waits: a device sends its scan again, and PostgreSQL first answers those that came before."""

_BY_DEVICES = """
WITH who AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY a.n) AS k, a.n, d.id, d.name, d.event, $2::jsonb->(a.n::integer - 1) AS act
    FROM unnest($1::bytea[]) WITH ORDINALITY AS a (token, n)
    JOIN door_device d ON d.token_hash = a.token AND d.revoked_at IS NULL AND d.role <> 'exhibitor'
)
SELECT who.n, who.event, s.* FROM door_scans((
    SELECT jsonb_agg(act || jsonb_build_object('device', 'door:' || id, 'device_name', name, 'door', id) ORDER BY n)
    FROM who
), $3) WITH ORDINALITY AS s (verdict, scan_id, outcome, reason, facts, k) JOIN who USING (k)
"""


class _Waiting(msgspec.Struct):
    token_hash: bytes
    act: dict[str, Any]
    answer: asyncio.Future[asyncpg.Record | None]


class Together:
    """The scans that one process has taken and not yet handed to PostgreSQL."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def decide(self, token_hash: bytes, act: dict[str, Any]) -> asyncpg.Record | None:
        """The row of `door_scans` for an act, with its device's event; None where the token is no device's in service.

        Who stops waiting is scanned all the same. Raises Busy, and what the statement raises for this act.
        """
        if len(self._waiting) >= FULL:
            raise Busy
        one = _Waiting(token_hash, act, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._under_way:
            self._look_again()
        else:
            self._set_out()
        return await one.answer

    def _look_again(self) -> None:
        """Soon, where there is somebody to take and a statement to spare."""
        if self._timer is None and self._waiting and len(self._under_way) < AT_MOST:
            self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._set_out)

    def _set_out(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and len(self._under_way) < AT_MOST:
            some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            task = asyncio.create_task(_answer(some))
            self._under_way.add(task)
            task.add_done_callback(self._came_back)
        self._look_again()

    def _came_back(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._set_out()


async def _answer(some: list[_Waiting]) -> None:
    """Every future gets its row or its error: what one of several cannot have, the others have all the same."""
    try:
        rows = await db.retrying(partial(_rows, some))
    except asyncpg.PostgresError as error:
        if len(some) > 1:
            await asyncio.gather(*(_answer([one]) for one in some))
            return
        _refuse(some, error)
    except BaseException as error:
        _refuse(some, error)
        if not isinstance(error, Exception):
            raise
    else:
        for number, one in enumerate(some, 1):
            if not one.answer.done():
                one.answer.set_result(rows.get(number))


async def _rows(some: list[_Waiting]) -> dict[int, asyncpg.Record]:
    acts = msgspec.json.encode([one.act for one in some]).decode()
    tokens, patience = [one.token_hash for one in some], LOCKS_MS if len(some) > 1 else ALONE_MS
    return {row["n"]: row for row in await db.fetch(_BY_DEVICES, tokens, acts, patience)}


def _refuse(some: list[_Waiting], error: BaseException) -> None:
    for one in some:
        if not one.answer.done():
            one.answer.set_exception(error) if isinstance(error, Exception) else one.answer.cancel()


scans = Together()
