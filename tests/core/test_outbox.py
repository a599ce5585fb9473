"""The outbox: work is written with its verb, done once, tried again, and never lost."""

import asyncio
import logging
from typing import Any

import asyncpg
import msgspec
import pytest

from app.core import db, outbox
from app.core.errors import Busy
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


# --- the order of things --------------------------------------------------------------------------------------


async def _ask(topic: str, *payloads: dict[str, Any], **more: Any) -> None:
    async with db.tx():
        for payload in payloads:
            await enqueue(topic, payload, **more)


async def test_what_waits_longest_comes_first(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "AT_ONCE", 1)
    await _ask("try.note", {"n": 1}, {"n": 2}, {"n": 3})
    await db.execute("UPDATE outbox SET available_at = now() - interval '1 hour' WHERE payload @> '{\"n\": 3}'")
    await drain()
    assert [note["n"] for note in done] == [3, 1, 2]


@pytest.mark.parametrize("attempts", [1, 2, 5, 11])
async def test_the_pause_doubles_with_every_attempt(committed: asyncpg.Pool, done: list[Any], attempts: int) -> None:
    await _ask("try.fail", {})
    await db.execute("UPDATE outbox SET attempts = $1", attempts - 1)
    await drain()
    wait = await db.fetchval("SELECT extract(epoch FROM available_at - now())::float8 FROM outbox")
    assert min(2.0**attempts, 3600) - 30 < wait <= min(2.0**attempts, 3600)


async def test_a_piece_that_was_done_keeps_no_error(committed: asyncpg.Pool, done: list[Any]) -> None:
    await _ask("try.note", {"n": 1})
    await db.execute("UPDATE outbox SET last_error = 'yesterday', attempts = 3")
    await drain()
    row = await db.fetchrow("SELECT attempts, last_error, done_at, dead_at FROM outbox")
    assert row is not None
    assert (row["attempts"], row["last_error"], row["dead_at"]) == (4, None, None)
    assert row["done_at"] is not None


async def test_a_piece_laid_aside_can_be_taken_up_by_hand(committed: asyncpg.Pool, done: list[Any]) -> None:
    await _ask("try.note", {"n": 1})
    await db.execute("UPDATE outbox SET dead_at = now(), attempts = 12")
    assert await drain() == 0
    await db.execute("UPDATE outbox SET dead_at = NULL")
    assert await drain() == 1
    assert done == [{"n": 1}]


async def test_what_failed_is_kept_in_a_line_that_is_not_endless(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wordy(_payload: dict[str, Any]) -> None:
        raise ValueError("đ" * 5000)

    monkeypatch.setitem(outbox._jobs, "try.wordy", wordy)
    await _ask("try.wordy", {})
    await drain()
    text = await db.fetchval("SELECT last_error FROM outbox")
    assert (text[:15], len(text)) == ("ValueError: đđđ", 1000)


@pytest.mark.parametrize(
    ("topic", "attempts", "level"),
    [("try.later", 1, "INFO"), ("try.later", 12, "ERROR"), ("try.fail", 1, "ERROR"), ("try.fail", 12, "ERROR")],
)
async def test_what_somebody_has_to_see_is_an_error(
    committed: asyncpg.Pool, done: list[Any], caplog: pytest.LogCaptureFixture, settings: Any,
    *, topic: str, attempts: int, level: str,
) -> None:  # fmt: skip
    from app.core import logs

    await _ask(topic, {"person": "lan@example.com"})
    await db.execute("UPDATE outbox SET attempts = $1", attempts - 1)
    logs.configure(msgspec.structs.replace(settings, log_level="info"))
    logging.getLogger().addHandler(caplog.handler)
    try:
        await drain()
    finally:
        logging.getLogger().removeHandler(caplog.handler)
        logs.configure(settings)
    (line,) = [
        record for record in caplog.records
        if isinstance(record.msg, dict) and record.msg["event"] == "job postponed"
    ]  # fmt: skip
    assert isinstance(line.msg, dict)
    assert (line.levelname, line.msg["topic"], line.msg["dead"]) == (level, topic, attempts == 12)
    assert "lan@example.com" not in str(line.msg)


async def test_a_worker_that_is_stopped_in_the_middle_leaves_its_piece_to_the_next(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def long(payload: dict[str, Any]) -> None:
        if not begun.is_set():
            begun.set()
            await asyncio.sleep(30)
        done.append(payload)

    monkeypatch.setitem(outbox._jobs, "try.long", long)
    await _ask("try.long", {"n": 1})
    worker = asyncio.create_task(drain())
    await begun.wait()
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    row = await db.fetchrow("SELECT claimed_until > now() AS claimed, done_at, last_error FROM outbox")
    assert row is not None
    assert (row["claimed"], row["done_at"], row["last_error"]) == (True, None, None)
    assert await drain() == 0
    await db.execute("UPDATE outbox SET claimed_until = now() - interval '1 second'")
    assert await drain() == 1
    assert done == [{"n": 1}]


async def test_a_worker_that_is_stopped_leaves_no_claim_behind_that_is_still_being_made(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a claim could take on, for nobody, what the next worker would have done."""
    all_claim = asyncio.Event()
    claims: list[int] = []
    ending: list[int] = []
    left: list[int] = []

    async def slow_to_let_go(_query: str) -> None:
        claims.append(1)
        if len(claims) == outbox.AT_ONCE:
            all_claim.set()
        try:
            await asyncio.sleep(30)
        finally:
            order = len(ending)
            ending.append(1)
            await asyncio.sleep(0.02 * order)  # as a connection does whose server is still busy
            left.append(1)

    monkeypatch.setattr(outbox.db, "fetchrow", slow_to_let_go)
    worker = asyncio.create_task(drain())
    await all_claim.wait()
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert len(left) == outbox.AT_ONCE


async def test_a_database_that_is_away_is_said_once_all_claims_have_ended(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_query: str) -> None:
        raise Busy

    monkeypatch.setattr(outbox.db, "fetchrow", away)
    with pytest.raises(Busy):
        await drain()


async def test_a_claim_that_cannot_be_renewed_does_not_end_the_job(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "CLAIM_SECONDS", 0.03)
    monkeypatch.setattr(outbox, "_RENEW", "UPDATE nowhere SET x = $1")

    async def long(payload: dict[str, Any]) -> None:
        await asyncio.sleep(0.1)
        done.append(payload)

    monkeypatch.setitem(outbox._jobs, "try.long", long)
    await _ask("try.long", {"n": 1})
    await drain()
    assert done == [{"n": 1}]
    assert await db.fetchval("SELECT done_at IS NOT NULL FROM outbox")


async def test_a_job_may_ask_for_more_work(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def first(payload: dict[str, Any]) -> None:
        async with db.tx():
            await enqueue("try.note", {"after": payload["n"]})

    monkeypatch.setitem(outbox._jobs, "try.first", first)
    await _ask("try.first", {"n": 1})
    await drain()
    await drain()
    assert done == [{"after": 1}]


async def test_work_can_hold_what_json_holds(committed: asyncpg.Pool, done: list[Any]) -> None:
    payload = {"text": "Đức \u2028 'x' \"y\"", "list": [1, 2.5, None, True], "deep": {"a": {}}, "": 0}
    await _ask("try.note", payload)
    await drain()
    assert done == [payload]


async def test_work_that_is_delayed_wakes_nobody(committed: asyncpg.Pool, done: list[Any], fresh_queue: None) -> None:
    await _ask("try.note", {}, delay=60)
    await asyncio.gather(*outbox._in_flight)
    assert await (await outbox.queue()).keys("arq:*") == []


async def test_many_pieces_of_one_verb_wake_once(committed: asyncpg.Pool, done: list[Any], fresh_queue: None) -> None:
    await _ask("try.note", *({"n": n} for n in range(20)))
    await asyncio.gather(*outbox._in_flight)
    await asyncio.gather(*(outbox._wake() for _again in range(5)))
    assert await (await outbox.queue()).zcard("arq:queue") == 1


async def test_many_commits_in_a_row_wake_a_few_times_and_once_after_the_last(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[int] = []
    asked = 0

    async def wake() -> None:
        woken.append(asked)
        await asyncio.sleep(0)

    monkeypatch.setattr(outbox, "_wake", wake)
    for number in range(1, 31):
        asked = number
        await outbox.nudge()
        await asyncio.sleep(0)
    await asyncio.gather(*outbox._in_flight)
    assert (len(woken) < 5, woken[-1]) == (True, 30)
    await outbox.nudge()
    await asyncio.gather(*outbox._in_flight)
    assert woken[-1] == 30


async def test_without_an_address_of_valkey_nobody_is_woken(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    await outbox.close()
    monkeypatch.setattr(outbox, "get_settings", lambda: msgspec.structs.replace(settings, redis_url=""))
    await outbox._wake()
    assert outbox._wakers == {}
    await _ask("try.note", {"n": 1})
    assert await drain() == 1


async def test_a_poisoned_wake_up_in_valkey_is_no_code(committed: asyncpg.Pool, fresh_queue: None) -> None:
    """What lies in Valkey is read as JSON: a pickle somebody put there is an error, not a program."""
    import pickle

    queue = await outbox.queue()
    with pytest.raises(msgspec.DecodeError):
        queue.job_deserializer(pickle.dumps({"f": "drain"}))  # type: ignore[misc]
    assert queue.job_serializer is msgspec.json.encode


async def test_closing_twice_is_fine_and_the_next_one_opens_again(settings: Any, fresh_queue: None) -> None:
    await outbox.close()
    await outbox.close()
    assert await (await outbox.queue()).ping()
    assert (await outbox.queue()) is (await outbox.queue())


def test_where_arq_finds_valkey(settings: Any) -> None:
    found = outbox.redis_settings()
    assert found.unix_socket_path is not None
    assert found.unix_socket_path.endswith(".sock")


# --- repeated tasks -------------------------------------------------------------------------------------------


async def test_a_task_that_fails_does_not_stop_the_others_nor_the_sweep(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []

    async def fail() -> None:
        runs.append("fail")
        raise ValueError("x" * 5000)

    async def fine() -> None:
        runs.append("fine")

    monkeypatch.setattr(outbox, "_tasks", {"try.fail": (60, fail), "try.fine": (60, fine)})
    await _ask("try.note", {"n": 1})
    await outbox.tick()
    assert (runs, done) == (["fail", "fine"], [{"n": 1}])
    rows = {row["name"]: row["last_error"] for row in await db.fetch("SELECT name, last_error FROM scheduled_task")}
    assert (len(rows["try.fail"]), rows["try.fine"]) == (1000, None)


async def test_a_task_that_works_again_forgets_its_error(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [True]

    async def sometimes() -> None:
        if broken:
            raise ValueError(broken.pop())

    monkeypatch.setattr(outbox, "_tasks", {"try.sometimes": (60, sometimes)})
    await outbox.tick()
    assert await db.fetchval("SELECT last_error FROM scheduled_task") == "True"
    await db.execute("UPDATE scheduled_task SET next_run_at = now() - interval '1 second'")
    await outbox.tick()
    assert await db.fetchval("SELECT last_error FROM scheduled_task") is None


async def test_a_clock_that_jumps_runs_a_task_once_and_not_for_every_missed_turn(
    committed: asyncpg.Pool, done: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    runs: list[int] = []

    async def note() -> None:
        runs.append(1)

    monkeypatch.setattr(outbox, "_tasks", {"try.note": (60, note)})
    await outbox.tick()
    real = outbox.clock.now
    monkeypatch.setattr(outbox.clock, "now", lambda: real() + timedelta(days=2))
    await outbox.tick()
    await outbox.tick()
    monkeypatch.setattr(outbox.clock, "now", real)
    await outbox.tick()
    assert runs == [1, 1]


async def test_work_that_is_not_finished_is_never_forgotten(committed: asyncpg.Pool, done: list[Any]) -> None:
    await _ask("try.note", {"n": 1}, {"n": 2}, {"n": 3})
    await db.execute(
        "UPDATE outbox SET created_at = now() - interval '1 year', available_at = now() - interval '1 year',"
        " dead_at = CASE WHEN payload @> '{\"n\": 1}' THEN now() - interval '1 year' END,"
        " done_at = CASE WHEN payload @> '{\"n\": 2}' THEN now() - interval '6 days' END"
    )
    await outbox.forget_finished()
    assert await db.fetchval("SELECT count(*) FROM outbox") == 3


def test_every_topic_that_is_asked_for_has_its_job() -> None:
    import re

    import app.worker  # noqa: F401  registers every job
    from app.core.i18n import ROOT

    asked = {
        topic
        for folder in ("app", "events")
        for path in (ROOT / folder).rglob("*.py")
        for topic in re.findall(r'enqueue\(\s*"([a-z_.]+)"', path.read_text(encoding="utf-8"))
    }
    assert asked
    assert asked - set(outbox._jobs) == set()
