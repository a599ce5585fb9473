"""Work that happens after a commit: the outbox in PostgreSQL is the truth, arq on Valkey only wakes a worker.

A verb calls `enqueue` in its transaction. A worker claims a row, renews the claim while it runs the topic's job, and
marks the row done; a worker that dies leaves a claim that ends within half a minute, so a job may run twice and must
change nothing the second time.
"""

import asyncio
import contextlib
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from weakref import WeakSet

import msgspec
import structlog
from arq.connections import ArqRedis, RedisSettings
from redis.asyncio import ConnectionPool

from app.core import clock, db
from app.core.metrics import JOBS
from app.core.settings import get_settings

log = structlog.get_logger()

Job = Callable[[dict[str, Any]], Awaitable[None]]

CLAIM_SECONDS = 30
AT_ONCE = 4
DRAIN_SECONDS = 60.0
MAX_ATTEMPTS = 12
NUDGE_SECONDS = 0.25
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
BETWEEN_NUDGES = 0.02

_jobs: dict[str, Job] = {}
_tasks: dict[str, tuple[int, Callable[[], Awaitable[None]]]] = {}
_wakers: dict[asyncio.AbstractEventLoop, ArqRedis] = {}
_lanes = asyncio.Semaphore(AT_ONCE)
_in_flight: set[asyncio.Task[None]] = set()
_waking: WeakSet[asyncio.AbstractEventLoop] = WeakSet()
_again: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


class Later(Exception):
    """Raised by a job that could not be done now; it is tried again after a while, up to a dozen times."""


def job(topic: str) -> Callable[[Job], Job]:
    """Register the function that does the work of `topic`."""

    def register(function: Job) -> Job:
        if _jobs.setdefault(topic, function) is not function:
            raise RuntimeError(f"two jobs for {topic}")
        return function

    return register


def every(seconds: int, name: str) -> Callable[[Callable[[], Awaitable[None]]], Callable[[], Awaitable[None]]]:
    """Register a task that one worker at a time runs every so many seconds."""

    def register(function: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        if _tasks.setdefault(name, (seconds, function))[1] is not function:
            raise RuntimeError(f"two tasks named {name}")
        return function

    return register


async def enqueue(topic: str, payload: dict[str, Any], *, dedupe_key: str | None = None, delay: int = 0) -> bool:
    """Write a piece of work into the open transaction; False when `dedupe_key` was used before.

    The payload holds ids and small plain values only. After the commit a worker is woken.
    """
    if not db.in_transaction():
        raise RuntimeError("enqueue belongs into the transaction of the verb that asks for the work")
    rows = await db.execute(
        "INSERT INTO outbox (topic, payload, dedupe_key, available_at) VALUES ($1, $2, $3, now() + $4::interval)"
        " ON CONFLICT (dedupe_key) DO NOTHING",
        topic,
        payload,
        dedupe_key,
        timedelta(seconds=delay),
    )
    if not delay:
        db.after_commit(nudge)
    return rows == 1


async def nudge() -> None:
    """Wake a worker without making anybody wait; a lost nudge costs seconds, for the sweep finds what is due.

    While one is on its way, all others together are one more behind it: hundreds of commits a second wake it fifty
    times, and the last of them is never left out.
    """
    loop = asyncio.get_running_loop()
    if loop in _waking:
        _again.add(loop)
        return
    _waking.add(loop)
    task = asyncio.create_task(_keep_waking(loop))
    _in_flight.add(task)
    task.add_done_callback(_in_flight.discard)


async def _keep_waking(loop: asyncio.AbstractEventLoop) -> None:
    try:
        while True:
            _again.discard(loop)
            await _wake()
            if loop not in _again:
                return
            await asyncio.sleep(BETWEEN_NUDGES)
    finally:
        _again.discard(loop)
        _waking.discard(loop)


async def _wake() -> None:
    if not get_settings().redis_url:
        return
    with contextlib.suppress(Exception):
        async with asyncio.timeout(NUDGE_SECONDS):
            await (await queue()).enqueue_job("drain", _job_id="drain")


async def queue() -> ArqRedis:
    """The connection to Valkey of this event loop; JSON only, never pickle."""
    loop = asyncio.get_running_loop()
    if loop not in _wakers:
        connections = ConnectionPool.from_url(
            get_settings().redis_url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS
        )
        _wakers[loop] = ArqRedis(
            pool_or_conn=connections, job_serializer=msgspec.json.encode, job_deserializer=msgspec.json.decode
        )
    return _wakers[loop]


def redis_settings() -> RedisSettings:
    """How arq's worker reaches Valkey."""
    return RedisSettings.from_dsn(get_settings().redis_url)


async def close() -> None:
    """Let go of the connection of this loop at shutdown."""
    await asyncio.gather(*_in_flight)
    waker = _wakers.pop(asyncio.get_running_loop(), None)
    if waker is not None:
        await waker.aclose(close_connection_pool=True)


_CLAIM = f"""
WITH due AS (
    SELECT id FROM outbox
    WHERE done_at IS NULL AND dead_at IS NULL AND available_at <= now()
      AND (claimed_until IS NULL OR claimed_until < now())
    ORDER BY available_at, id FOR UPDATE SKIP LOCKED LIMIT 1
)
UPDATE outbox SET claimed_until = now() + interval '{CLAIM_SECONDS} seconds', attempts = attempts + 1
FROM due WHERE outbox.id = due.id RETURNING outbox.id, topic, payload, attempts
"""  # noqa: S608  constants only
_RENEW = f"UPDATE outbox SET claimed_until = now() + interval '{CLAIM_SECONDS} seconds' WHERE id = $1"  # noqa: S608


async def drain(seconds: float = DRAIN_SECONDS) -> int:
    """Do what is due, a few pieces at once in the whole process; the number of pieces taken on.

    After `seconds` nothing new is begun: the next wake-up goes on. It ends, stopped or not, when all its claims have.
    """
    until = time.monotonic() + seconds
    lanes = await asyncio.gather(*(_drain_one_by_one(until) for _n in range(AT_ONCE)), return_exceptions=True)
    done = 0
    for taken in lanes:
        if isinstance(taken, BaseException):
            raise taken
        done += taken
    return done


async def _drain_one_by_one(until: float) -> int:
    done = 0
    async with _lanes:
        while time.monotonic() < until and (row := await db.fetchrow(_CLAIM)):
            await _do(row["id"], row["topic"], row["payload"], row["attempts"])
            done += 1
    return done


@contextlib.asynccontextmanager
async def _kept_claimed(row_id: int) -> AsyncIterator[None]:
    """Renew the claim while the job runs, so that it ends soon after its worker, and not before its work."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(CLAIM_SECONDS / 3)
            with contextlib.suppress(Exception):
                await db.execute(_RENEW, row_id)

    beat = asyncio.create_task(renew())
    try:
        yield
    finally:
        beat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beat


async def _do(row_id: int, topic: str, payload: dict[str, Any], attempts: int) -> None:
    try:
        function = _jobs.get(topic)
        if function is None:
            raise LookupError(f"no job for topic {topic!r}")
        async with _kept_claimed(row_id):
            await function(payload)
    except Exception as error:  # noqa: BLE001  whatever a job raises is kept with its row
        await _postpone(row_id, topic, attempts, error)
    else:
        await db.execute("UPDATE outbox SET done_at = now(), last_error = NULL WHERE id = $1", row_id)
        JOBS.labels(topic, "done").inc()


async def _postpone(row_id: int, topic: str, attempts: int, error: Exception) -> None:
    dead = attempts >= MAX_ATTEMPTS
    wait = min(2.0**attempts, 3600)
    text = "".join(traceback.format_exception_only(error)).strip()[:1000]
    await db.execute(
        "UPDATE outbox SET claimed_until = NULL, last_error = $2, available_at = now() + $3::interval,"
        " dead_at = CASE WHEN $4 THEN now() END WHERE id = $1",
        row_id,
        text,
        timedelta(seconds=wait),
        dead,
    )
    JOBS.labels(topic, "dead" if dead else "postponed").inc()
    level = log.error if dead or not isinstance(error, Later) else log.info
    level("job postponed", topic=topic, outbox_id=row_id, attempts=attempts, dead=dead, exc_info=error)


async def tick() -> None:
    """Run the repeated tasks that are due, each by one worker only, and sweep the outbox."""
    for name, (seconds, function) in _tasks.items():
        if await _take_turn(name, seconds):
            try:
                await function()
                await db.execute("UPDATE scheduled_task SET last_error = NULL WHERE name = $1", name)
            except Exception as error:
                log.error("scheduled task failed", task=name, exc_info=error)
                await db.execute("UPDATE scheduled_task SET last_error = $2 WHERE name = $1", name, str(error)[:1000])
    await drain()


async def _take_turn(name: str, seconds: int) -> bool:
    row = await db.fetchrow(
        "INSERT INTO scheduled_task (name, next_run_at, last_run_at) VALUES ($1, $2::timestamptz + $3::interval, $2)"
        " ON CONFLICT (name) DO UPDATE SET next_run_at = excluded.next_run_at, last_run_at = excluded.last_run_at"
        " WHERE scheduled_task.next_run_at <= excluded.last_run_at RETURNING name",
        name,
        clock.now(),
        timedelta(seconds=seconds),
    )
    return row is not None


@every(3600, "core.sweep_outbox")
async def forget_finished() -> None:
    """Finished work is kept for a week, so that a reused dedupe key still finds it; then the row goes."""
    await db.execute("DELETE FROM outbox WHERE done_at < now() - interval '7 days'")
