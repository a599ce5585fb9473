"""Limits: exact under concurrency, apart from each other, and loose rather than broken without Valkey."""

import asyncio
from typing import Any

import msgspec
import pytest

from app.core import limits, outbox
from app.core.errors import TooMany
from app.core.limits import forgive, hit


async def _passes(scope: str, subject: object, limit: int) -> bool:
    try:
        await hit(scope, subject, limit, 60)
    except TooMany as refusal:
        return not 1 <= refusal.retry_after <= 60
    return True


async def test_exactly_as_many_as_allowed(fresh_queue: None) -> None:
    answers = await asyncio.gather(*(_passes("try", "a", 5) for _n in range(40)))
    assert answers.count(True) == 5


async def test_scopes_and_subjects_are_counted_apart(fresh_queue: None) -> None:
    for _n in range(3):
        assert await _passes("one", "a", 3)
    assert not await _passes("one", "a", 3)
    assert await _passes("two", "a", 3)
    assert await _passes("one", "b", 3)


async def test_forgiven(fresh_queue: None) -> None:
    assert await _passes("try", "a", 1)
    assert not await _passes("try", "a", 1)
    await forgive("try", "a")
    assert await _passes("try", "a", 1)


async def test_valkey_holds_no_subject(fresh_queue: None) -> None:
    await _passes("try", "lan@example.com", 1)
    keys = await (await outbox.queue()).keys("*")
    assert len(keys) == 1
    assert b"lan" not in keys[0]


async def test_without_valkey_the_process_counts(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    gone = msgspec.structs.replace(settings, redis_url="unix:///nowhere/valkey.sock")
    await outbox.close()
    monkeypatch.setattr(outbox, "get_settings", lambda: gone)
    assert [await _passes("try", "a", 2) for _n in range(3)] == [True, True, False]
    await forgive("try", "a")
    assert await _passes("try", "a", 2)
    monkeypatch.setattr(limits, "_LOCAL_SUBJECTS", 10)
    for n in range(30):
        assert await _passes("try", n, 1)
    assert len(limits._local) <= 11
    await outbox.close()


async def test_a_local_window_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: clock[0])
    assert limits._count_here("k", 10) == (1, 10)
    clock[0] = 109.0
    assert limits._count_here("k", 10) == (2, 1)
    clock[0] = 110.0
    assert limits._count_here("k", 10) == (1, 10)
