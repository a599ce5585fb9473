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


async def test_what_is_counted_here_asks_nobody_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody() -> None:
        raise AssertionError("Valkey was asked")

    monkeypatch.setattr(limits, "queue", nobody)
    for subject in "ab":
        limits.hit_here("try", subject, 2, 60)
        limits.hit_here("try", subject, 2, 60)
        with pytest.raises(TooMany) as refusal:
            limits.hit_here("try", subject, 2, 60)
        assert refusal.value.retry_after == 60


async def test_a_local_window_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: clock[0])
    assert limits._count_here("k", 10) == (1, 10)
    clock[0] = 109.0
    assert limits._count_here("k", 10) == (2, 1)
    clock[0] = 110.0
    assert limits._count_here("k", 10) == (1, 10)


# --- more of the same -----------------------------------------------------------------------------------------


async def test_the_wait_is_what_is_left_of_the_window(fresh_queue: None) -> None:
    await hit("try", "a", 1, 3600)
    with pytest.raises(TooMany) as refusal:
        await hit("try", "a", 1, 3600)
    assert 3590 <= refusal.value.retry_after <= 3600


async def test_a_wait_is_never_less_than_a_second(fresh_queue: None) -> None:
    await hit("try", "a", 1, 1)
    await (await outbox.queue()).pexpire((await (await outbox.queue()).keys("limit:*"))[0], 400)
    with pytest.raises(TooMany) as refusal:
        await hit("try", "a", 1, 1)
    assert refusal.value.retry_after == 1


async def test_a_window_ends_by_itself_and_is_not_made_longer_by_knocking(fresh_queue: None) -> None:
    queue = await outbox.queue()
    for _knock in range(5):
        await _passes("try", "a", 1)
    (key,) = await queue.keys("limit:*")
    assert 0 < await queue.pttl(key) <= 60_000
    await queue.pexpire(key, 200)
    await _passes("try", "a", 1)
    assert await queue.pttl(key) <= 200


async def test_every_key_ends(fresh_queue: None) -> None:
    for subject in range(20):
        await _passes("try", subject, 1)
    queue = await outbox.queue()
    assert [await queue.ttl(key) > 0 for key in await queue.keys("*")] == [True] * 20


@pytest.mark.parametrize("subject", ["Lan@Example.com", "", "đ" * 10_000, "a\x00b", "\ud800", 7, None, ("a", 1), b"x"])
async def test_anything_can_be_counted(fresh_queue: None, subject: object) -> None:
    assert await _passes("try", subject, 1)
    assert not await _passes("try", subject, 1)


async def test_a_script_that_fails_is_open_and_counted_here(fresh_queue: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_COUNT", "return nonsense(")
    before = limits.LIMITER_DOWN._value.get()
    assert [await _passes("try", "a", 2) for _n in range(3)] == [True, True, False]
    assert limits.LIMITER_DOWN._value.get() == before + 1, "a server in trouble is left alone for a while"


async def test_a_server_that_hangs_is_asked_once_and_then_left_alone(
    fresh_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_ANSWER_SECONDS", 0.05)
    asked = 0

    class Hangs:
        async def eval(self, *_given: Any) -> None:
            nonlocal asked
            asked += 1
            await asyncio.sleep(30)

        async def delete(self, *_given: Any) -> None:
            nonlocal asked
            asked += 1
            await asyncio.sleep(30)

    async def queue() -> Any:
        return Hangs()

    monkeypatch.setattr(limits, "queue", queue)
    for _n in range(5):
        assert await _passes("try", "a", 5)
    assert asked == 1
    await forgive("try", "a")
    assert (asked, limits._local) == (2, {})
    monkeypatch.setattr(limits, "_paused_until", 0.0)
    await _passes("try", "a", 5)
    assert asked == 3


async def test_without_an_address_of_valkey_the_process_counts_alone(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(limits, "get_settings", lambda: msgspec.structs.replace(settings, redis_url=""))
    before = limits.LIMITER_DOWN._value.get()
    assert [await _passes("try", "a", 1) for _n in range(2)] == [True, False]
    await forgive("try", "a")
    assert await _passes("try", "a", 1)
    assert limits.LIMITER_DOWN._value.get() == before


def test_the_oldest_are_forgotten_first_when_too_many_are_counted_here(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(limits, "_LOCAL_SUBJECTS", 20)
    for n in range(10):
        limits._count_here(f"old{n}", 5)
    clock[0] = 106.0
    for n in range(10):
        limits._count_here(f"new{n}", 50)
    assert len(limits._local) == 20
    limits._count_here("one more", 50)
    assert [key for key in limits._local if key.startswith("old")] == []
    for n in range(10):
        limits._count_here(f"last{n}", 50)
    assert "new0" not in limits._local
    assert len(limits._local) <= 20


async def test_what_is_refused_is_counted_by_its_scope(fresh_queue: None) -> None:
    before = limits.LIMITED.labels("try-counted")._value.get()
    for _n in range(4):
        await _passes("try-counted", "a", 1)
    assert limits.LIMITED.labels("try-counted")._value.get() == before + 3


async def test_the_refusal_reaches_people_with_the_time_to_wait(odd: Any) -> None:
    for language, words in (("vi", "Vui lòng chậm lại một chút"), ("en", "A little slower, please")):
        answer = await odd().get("/try/many", headers={"Accept-Language": language})
        assert (answer.status_code, answer.headers["retry-after"], words in answer.text) == (429, "7", True)
