"""Limits: so many times in so many seconds for one subject, counted in Valkey by one atomic script.

When Valkey does not answer, the process counts by itself: a limit may be looser then, a page never breaks.
"""

import asyncio
import hashlib
import time
from typing import Any

import structlog

from app.core.errors import TooMany
from app.core.metrics import LIMITED, LIMITER_DOWN
from app.core.outbox import queue
from app.core.settings import get_settings

log = structlog.get_logger()

_COUNT = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}
"""
_SEEN = "return {redis.call('GET', KEYS[1]) or '0', redis.call('PTTL', KEYS[1])}"
_ANSWER_SECONDS = 0.5
_LOCAL_SUBJECTS = 10_000
_PAUSE_SECONDS = 5.0

_local: dict[str, tuple[int, float]] = {}
_paused_until = 0.0


async def hit(scope: str, subject: object, limit: int, seconds: int) -> None:
    """Count one attempt of `subject` in `scope`; raise TooMany beyond `limit` in a window of `seconds`.

    The subject (an address, an account, a device) is hashed, so that Valkey holds no personal data.
    """
    count, wait = await _count(f"limit:{scope}:{_digest(subject)}", seconds)
    if count > limit:
        LIMITED.labels(scope).inc()
        raise TooMany(retry_after=max(1, round(wait)))


def hit_here(scope: str, subject: object, limit: int, seconds: int) -> None:
    """`hit`, counted by this process alone and without waiting: for what must not hang on Valkey, as doors must not.

    Several processes together let through so many times the limit.
    """
    count, wait = _count_here(f"limit:{scope}:{_digest(subject)}", seconds)
    if count > limit:
        LIMITED.labels(scope).inc()
        raise TooMany(retry_after=max(1, round(wait)))


async def check(scope: str, subject: object, limit: int) -> None:
    """Raise TooMany where `subject` has used up its `limit` in `scope` already. Counts nothing."""
    count, wait = await _seen(f"limit:{scope}:{_digest(subject)}")
    if count >= limit:
        LIMITED.labels(scope).inc()
        raise TooMany(retry_after=max(1, round(wait)))


async def forgive(scope: str, subject: object) -> None:
    """Forget the attempts of `subject`, after the right password for example."""
    key = f"limit:{scope}:{_digest(subject)}"
    _local.pop(key, None)
    if get_settings().redis_url:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await (await queue()).delete(key)
        except Exception as error:  # noqa: BLE001  fail open
            _note_down(error)


def _digest(subject: object) -> str:
    return hashlib.sha256(str(subject).encode("utf-8", "replace")).hexdigest()[:24]


async def _count(key: str, seconds: int) -> tuple[int, float]:
    if get_settings().redis_url and time.monotonic() >= _paused_until:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                answer: Any = await (await queue()).eval(_COUNT, 1, key, str(seconds * 1000))  # type: ignore[misc]
            return int(answer[0]), max(int(answer[1]), 0) / 1000
        except Exception as error:  # noqa: BLE001  fail open, whatever Valkey's trouble is
            _note_down(error)
    return _count_here(key, seconds)


async def _seen(key: str) -> tuple[int, float]:
    if get_settings().redis_url and time.monotonic() >= _paused_until:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                answer: Any = await (await queue()).eval(_SEEN, 1, key)  # type: ignore[misc]
            return int(answer[0]), max(int(answer[1]), 0) / 1000
        except Exception as error:  # noqa: BLE001  fail open, whatever Valkey's trouble is
            _note_down(error)
    count, until = _local.get(key, (0, 0.0))
    left = until - time.monotonic()
    return (count, left) if left > 0 else (0, 0.0)


def _note_down(error: Exception) -> None:
    # Asking a dead server costs up to half a second: after a failure the process counts alone for a while.
    global _paused_until  # noqa: PLW0603
    _paused_until = time.monotonic() + _PAUSE_SECONDS
    LIMITER_DOWN.inc()
    log.warning("limits are counted in this process", error=repr(error))


def _count_here(key: str, seconds: int) -> tuple[int, float]:
    now = time.monotonic()
    count, until = _local.get(key, (0, 0.0))
    if until <= now:
        if len(_local) >= _LOCAL_SUBJECTS:
            for old in [k for k, (_n, end) in _local.items() if end <= now] or list(_local)[: _LOCAL_SUBJECTS // 10]:
                del _local[old]
        count, until = 0, now + seconds
    _local[key] = (count + 1, until)
    return count + 1, until - now
