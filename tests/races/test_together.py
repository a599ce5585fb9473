"""Scans of many devices in one statement: each gets its own answer, and what holds one up holds up nobody else."""

import asyncio
from collections import Counter
from datetime import timedelta

import asyncpg
import pytest

from app.core import clock, db
from app.core.errors import Busy
from app.core.ids import new_id
from app.people.secret import digest
from events.door import devices, together
from events.door.scanning import ScanRequest, Verdict, scan_by_device
from tests.event_factories import World, make_event, make_registration, ticket_code


@pytest.fixture
async def festival(committed: asyncpg.Pool) -> World:
    starts = clock.now() - timedelta(hours=2)
    return await make_event(capacity=300, starts_at=starts, ends_at=starts + timedelta(hours=9))


async def _paired(world: World, name: str, **kw: object) -> bytes:
    """The hash of the token of a device that is in service."""
    _device, code = await devices.add_device(world.owner, world.event, name=name, role="scan", **kw)  # type: ignore[arg-type]
    token, _row = await devices.pair(code)
    return digest(token)


async def _codes(world: World, count: int) -> list[str]:
    return [await ticket_code(world, await make_registration(world)) for _n in range(count)]


async def _scan(world: World, token: bytes, code: str) -> Verdict | None:
    found = await scan_by_device(token, ScanRequest(nonce=new_id().hex, checkpoint_id=world.checkpoint, code=code))
    return found[1] if found else None


async def test_a_crowd_at_twelve_doors_takes_few_statements_and_each_hears_of_its_own_guest(festival: World) -> None:
    tokens = [await _paired(festival, f"Máy {n}") for n in range(12)]
    codes = await _codes(festival, 60)
    with db.count_queries() as queries:
        found = await asyncio.gather(*(_scan(festival, tokens[n % 12], codes[n % 60]) for n in range(120)))
    assert len(queries) < 12, "all but the first went together"
    assert Counter(verdict.outcome for verdict in found if verdict) == {"ok": 60, "already": 60}
    rows = await db.fetch("SELECT id, device, registration FROM scan")
    kept = {row["id"]: row for row in rows}
    devices_of = {verdict.id: n % 12 for n, verdict in enumerate(found) if verdict}
    assert len({kept[number]["device"] for number in devices_of}) == 12
    by_device: dict[int, set[str]] = {}
    for number, device in devices_of.items():
        by_device.setdefault(device, set()).add(kept[number]["device"])
    assert [len(names) for names in by_device.values()] == [1] * 12
    assert await db.fetchval("SELECT sum(inside) FROM zone_count") == 60


async def test_a_token_that_is_no_devices_takes_nothing_from_the_others(festival: World) -> None:
    good, revoked = await _paired(festival, "Máy 1"), await _paired(festival, "Máy 2")
    await db.execute("UPDATE door_device SET revoked_at = now() WHERE token_hash = $1", revoked)
    codes = await _codes(festival, 4)
    tokens = [good, revoked, digest("made up"), good]
    found = await asyncio.gather(*(_scan(festival, *pair) for pair in zip(tokens, codes, strict=True)))
    assert [verdict and verdict.outcome for verdict in found] == ["ok", None, None, "ok"]


async def test_a_guest_whom_somebody_is_writing_about_holds_up_only_that_scan(
    festival: World, committed: asyncpg.Pool
) -> None:
    token = await _paired(festival, "Máy 1")
    held, free, other = await _codes(festival, 3)
    async with committed.acquire() as con, con.transaction():
        await con.execute("SELECT FROM registration ORDER BY id LIMIT 1 FOR UPDATE")
        blocked = asyncio.create_task(_scan(festival, token, held))
        await asyncio.sleep(0)
        found = await asyncio.gather(_scan(festival, token, free), _scan(festival, token, other))
        assert [verdict and verdict.outcome for verdict in found] == ["ok", "ok"]
        assert not blocked.done()
    verdict = await blocked
    assert verdict is not None
    assert verdict.outcome == "ok"


async def test_what_one_of_several_cannot_have_the_others_have_all_the_same(
    festival: World, committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "LOCKS_MS", 40)
    monkeypatch.setattr(together, "ALONE_MS", 90)
    token = await _paired(festival, "Máy 1")
    held, *free = await _codes(festival, 5)
    async with committed.acquire() as con, con.transaction():
        await con.execute("SELECT FROM registration ORDER BY id LIMIT 1 FOR UPDATE")
        first = asyncio.create_task(_scan(festival, token, free[0]))
        await asyncio.sleep(0)  # the others wait together for this one
        found = await asyncio.gather(
            *(_scan(festival, token, code) for code in (held, *free[1:])), return_exceptions=True
        )
    assert isinstance(found[0], asyncpg.LockNotAvailableError)
    assert [getattr(one, "outcome", one) for one in (await first, *found[1:])] == ["ok"] * 4
    assert await db.fetchval("SELECT count(*) FROM scan") == 4


async def test_who_hangs_up_was_scanned_all_the_same(festival: World) -> None:
    token = await _paired(festival, "Máy 1")
    codes = await _codes(festival, 3)
    tasks = [asyncio.create_task(_scan(festival, token, code)) for code in codes]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await db.fetchval("SELECT count(*) FROM scan WHERE outcome = 'ok'") == 3


async def test_no_more_than_so_many_go_at_once(festival: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "MOST", 5)
    token = await _paired(festival, "Máy 1")
    codes = await _codes(festival, 21)
    with db.count_queries() as queries:
        found = await asyncio.gather(*(_scan(festival, token, code) for code in codes))
    assert [verdict and verdict.outcome for verdict in found] == ["ok"] * 21
    assert len(queries) >= 5


async def test_what_is_left_over_goes_while_others_wait_for_somebodys_lock(
    festival: World, committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "MOST", 2)
    monkeypatch.setattr(together, "LOCKS_MS", 3_000)
    token = await _paired(festival, "Máy 1")
    codes = await _codes(festival, 8)
    async with committed.acquire() as con, con.transaction():
        await con.execute("SELECT FROM registration ORDER BY id LIMIT 3 FOR UPDATE")
        blocked = [asyncio.create_task(_scan(festival, token, code)) for code in codes[:3]]
        found = await asyncio.gather(*(_scan(festival, token, code) for code in codes[4:]))
        assert [verdict and verdict.outcome for verdict in found] == ["ok"] * 4
        assert not any(task.done() for task in blocked)
    assert [verdict and verdict.outcome for verdict in await asyncio.gather(*blocked)] == ["ok"] * 3


async def test_a_queue_without_end_is_not_made(festival: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "FULL", 3)
    token = await _paired(festival, "Máy 1")
    codes = await _codes(festival, 6)
    found = await asyncio.gather(*(_scan(festival, token, code) for code in codes), return_exceptions=True)
    assert Counter(type(one) for one in found) == {Verdict: 4, Busy: 2}
