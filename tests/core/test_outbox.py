"""The outbox: work is written with its verb, done once, tried again, and never lost."""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.core import db, outbox
from app.core.outbox import Later, drain, enqueue


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the jobs of the topic `try.note` were given."""
    notes: list[dict[str, Any]] = []

    async def note(payload: dict[str, Any]) -> None:
        notes.append(payload)

    async def fail(_payload: dict[str, Any]) -> None:
        raise ValueError("always")

    async def later(_payload: dict[str, Any]) -> None:
        raise Later("not now")

    monkeypatch.setattr(outbox, "_jobs", {"try.note": note, "try.fail": fail, "try.later": later})
    return notes


async def test_work_is_done_after_the_commit(committed: asyncpg.Pool, done: list[Any]) -> None:
    async with db.tx():
        assert await enqueue("try.note", {"name": "Đức", "n": 1})
    assert await drain() == 1
    assert done == [{"name": "Đức", "n": 1}]
    assert await drain() == 0


async def test_a_rolled_back_verb_asks_for_nothing(committed: asyncpg.Pool, done: list[Any]) -> None:
    async def verb() -> None:
        async with db.tx():
            await enqueue("try.note", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await verb()
    assert await drain() == 0


async def test_work_belongs_into_a_transaction(committed: asyncpg.Pool) -> None:
    with pytest.raises(RuntimeError):
        await enqueue("try.note", {})


async def test_a_dedupe_key_is_used_once(committed: asyncpg.Pool, done: list[Any]) -> None:
    async with db.tx():
        assert await enqueue("try.note", {"n": 1}, dedupe_key="k")
        assert not await enqueue("try.note", {"n": 2}, dedupe_key="k")
    await drain()
    async with db.tx():
        assert not await enqueue("try.note", {"n": 3}, dedupe_key="k")
    assert await drain() == 0
    assert done == [{"n": 1}]


async def test_delayed_work_waits(committed: asyncpg.Pool, done: list[Any]) -> None:
    async with db.tx():
        await enqueue("try.note", {}, delay=60)
    assert await drain() == 0
    await db.execute("UPDATE outbox SET available_at = now()")
    assert await drain() == 1


@pytest.mark.parametrize("topic", ["try.fail", "try.later", "try.unknown"])
async def test_failed_work_is_tried_again_and_at_last_laid_aside(
    committed: asyncpg.Pool, done: list[Any], topic: str
) -> None:
    async with db.tx():
        await enqueue(topic, {})
    for attempt in range(1, outbox.MAX_ATTEMPTS + 1):
        assert await drain() == 1
        row = await db.fetchrow("SELECT attempts, last_error, dead_at, available_at > now() AS waits FROM outbox")
        assert row is not None
        assert (row["attempts"], row["waits"]) == (attempt, True)
        assert row["last_error"]
        assert (row["dead_at"] is not None) == (attempt == outbox.MAX_ATTEMPTS)
        await db.execute("UPDATE outbox SET available_at = now()")
    assert await drain() == 0


async def test_a_poisoned_piece_does_not_stop_the_others(committed: asyncpg.Pool, done: list[Any]) -> None:
    async with db.tx():
        await enqueue("try.fail", {})
        await enqueue("try.note", {"n": 2})
    assert await drain() == 2
    assert done == [{"n": 2}]


async def test_many_workers_do_each_piece_once(committed: asyncpg.Pool, done: list[Any]) -> None:
    async with db.tx():
        for n in range(100):
            await enqueue("try.note", {"n": n})
    taken = await asyncio.gather(*(drain() for _worker in range(5)))
    assert sum(taken) == 100
    assert sorted(note["n"] for note in done) == list(range(100))


async def test_a_killed_workers_claim_ends(committed: asyncpg.Pool, done: list[Any]) -> None:
    async with db.tx():
        await enqueue("try.note", {"n": 1})
    await db.fetch(outbox._CLAIM)  # a worker that takes the piece and is never heard of again
    assert await drain() == 0
    await db.execute("UPDATE outbox SET claimed_until = now() - interval '1 second'")
    assert await drain() == 1
    assert done == [{"n": 1}]


async def test_a_long_job_keeps_its_claim(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "CLAIM_SECONDS", 0.15)

    async def long(_payload: dict[str, Any]) -> None:
        await db.execute("UPDATE outbox SET claimed_until = now() + interval '0.15 seconds'")
        await asyncio.sleep(0.5)
        done.append({"claimed": await db.fetchval("SELECT claimed_until > now() FROM outbox")})

    monkeypatch.setitem(outbox._jobs, "try.long", long)
    async with db.tx():
        await enqueue("try.long", {})
    await drain()
    assert done == [{"claimed": True}]


async def test_valkey_away_loses_nothing(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    import msgspec

    gone = msgspec.structs.replace(settings, redis_url="unix:///nowhere/valkey.sock")
    monkeypatch.setattr(outbox, "get_settings", lambda: gone)
    await outbox.close()
    async with db.tx():
        await enqueue("try.note", {"n": 1})
    await asyncio.gather(*outbox._in_flight)
    await outbox.close()
    assert await drain() == 1
    assert done == [{"n": 1}]


async def test_a_wake_up_reaches_valkey_as_json(committed: asyncpg.Pool, fresh_queue: None) -> None:
    async with db.tx():
        await enqueue("try.note", {})
    await asyncio.gather(*outbox._in_flight)
    raw = await (await outbox.queue()).get("arq:job:drain")
    assert raw is not None
    assert raw.startswith(b"{")


async def test_two_workers_run_a_repeated_task_once(committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    async def note() -> None:
        runs.append(1)

    async def fail() -> None:
        raise ValueError("no")

    monkeypatch.setattr(outbox, "_tasks", {"try.fail": (60, fail), "try.note": (60, note)})
    await asyncio.gather(*(outbox.tick() for _worker in range(4)))
    await outbox.tick()
    assert runs == [1]
    row = await db.fetchrow("SELECT last_error FROM scheduled_task WHERE name = 'try.fail'")
    assert row is not None
    assert row["last_error"] == "no"
    await db.execute("UPDATE scheduled_task SET next_run_at = now() - interval '1 second'")
    await outbox.tick()
    assert runs == [1, 1]


async def test_finished_work_is_forgotten_after_a_week(committed: asyncpg.Pool, done: list[Any]) -> None:
    async with db.tx():
        await enqueue("try.note", {"n": 1})
        await enqueue("try.note", {"n": 2})
    await drain()
    await db.execute("UPDATE outbox SET done_at = now() - interval '8 days' WHERE payload @> '{\"n\": 1}'")
    await outbox.forget_finished()
    assert await db.fetchval("SELECT payload ->> 'n' FROM outbox") == "2"


def test_two_jobs_for_one_topic_are_a_mistake(done: list[Any]) -> None:
    async def other(_payload: dict[str, Any]) -> None: ...

    with pytest.raises(RuntimeError):
        outbox.job("try.note")(other)
    with pytest.raises(RuntimeError):
        outbox.every(1, "core.sweep_outbox")(outbox.tick)


async def test_nothing_new_is_begun_after_a_while(committed: asyncpg.Pool, done: list[Any]) -> None:
    async with db.tx():
        await enqueue("try.note", {})
    assert await drain(seconds=0) == 0
    assert await drain() == 1


async def test_a_process_does_a_few_pieces_at_once(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = most = 0

    async def busy(_payload: dict[str, Any]) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1

    monkeypatch.setitem(outbox._jobs, "try.busy", busy)
    async with db.tx():
        for _n in range(20):
            await enqueue("try.busy", {})
    await asyncio.gather(*(drain() for _wake_up in range(4)))
    assert most == outbox.AT_ONCE
