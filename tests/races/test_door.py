"""Doors under a crowd: a ticket is welcome once, an answer once given stays. Real commits, each with a control."""

import asyncio
from collections import Counter

import asyncpg

from app.core import db
from app.core.ids import new_id
from app.core.web import NOBODY
from events import checkin, setup, waitlist
from events.door import scanning
from tests.event_factories import World, make_event, make_registration, scan, ticket_code

DEVICES = 10


async def codes(world: World, tickets: int) -> list[str]:
    found = []
    for _n in range(tickets):
        found.append(await ticket_code(world, await make_registration(world)))
    return found


async def test_ten_devices_and_300_tickets_admit_exactly_300(committed: asyncpg.Pool) -> None:
    world = await make_event(capacity=300)
    shown = await codes(world, 300)

    async def device(number: int) -> list[scanning.Verdict]:
        order = shown[number * 30 :] + shown[: number * 30]
        return [await scan(world, code, device_id=f"device-{number}") for code in order]

    found = [v for one in await asyncio.gather(*(device(n) for n in range(DEVICES))) for v in one]
    assert Counter(v.outcome for v in found) == {"ok": 300, "already": 2700}
    assert all(v.facts["first"]["device"].startswith("device-") for v in found if v.outcome == "already")
    assert await db.fetchval("SELECT count(*) FROM admission WHERE voided_at IS NULL") == 300
    assert await db.fetchval("SELECT count(*) FROM scan") == 3000
    assert await db.fetchval("SELECT sum(inside) FROM zone_count WHERE zone = $1", world.checkpoint) == 300


async def test_two_devices_and_one_ticket(committed: asyncpg.Pool) -> None:
    world = await make_event(capacity=300)
    for code in await codes(world, 60):
        pair = await asyncio.gather(*(scan(world, code, device_id=f"device-{n}") for n in range(2)))
        assert sorted(v.outcome for v in pair) == ["already", "ok"]


async def test_control_without_lock_and_index_a_ticket_is_let_in_twice(committed: asyncpg.Pool) -> None:
    original = await db.fetchval("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'door_scans'")
    # a moment between looking and writing, as a busy server has it
    loose = original.replace("WHERE r.id = v_act.ticket FOR NO KEY UPDATE OF r;", "WHERE r.id = v_act.ticket;").replace(
        "        -- what comes of it", "        PERFORM pg_sleep(0.02);"
    )
    assert loose.count("FOR NO KEY UPDATE") == original.count("FOR NO KEY UPDATE") - 1
    assert "pg_sleep" in loose
    index = await db.fetchval("SELECT pg_get_indexdef('admission_once'::regclass)")
    await db.execute("DROP INDEX admission_once")
    await db.execute(loose)
    try:
        world = await make_event(capacity=300)
        twice = 0
        for code in await codes(world, 10):
            pair = await asyncio.gather(*(scan(world, code, device_id=f"device-{n}") for n in range(2)))
            twice += [v.outcome for v in pair] == ["ok", "ok"]
        assert twice > 0
    finally:
        await db.execute("TRUNCATE admission")
        await db.execute(original)
        await db.execute(index)


async def test_the_same_nonce_at_once_is_one_scan_with_one_answer(committed: asyncpg.Pool) -> None:
    world = await make_event(capacity=300)
    for code in await codes(world, 20):
        nonce = new_id().hex
        found = await asyncio.gather(*(scan(world, code, nonce=nonce) for _n in range(8)))
        assert {v.outcome for v in found} == {"ok"}
        assert Counter(v.replayed for v in found) == {False: 1, True: 7}
        assert len({v.id for v in found}) == 1
    assert await db.fetchval("SELECT count(*) FROM scan") == 20


async def test_control_without_nonces_a_retry_is_told_already(committed: asyncpg.Pool) -> None:
    world = await make_event(capacity=300)
    (code,) = await codes(world, 1)
    found = await asyncio.gather(*(scan(world, code) for _n in range(8)))
    assert Counter(v.outcome for v in found) == {"ok": 1, "already": 7}


async def test_twenty_people_for_the_last_place_inside(committed: asyncpg.Pool) -> None:
    world = await make_event(capacity=300)
    hall = await setup.add_checkpoint(world.owner, world.event, name_vi="Hội trường", capacity=5, types=[])
    shown = await codes(world, 25)
    for code in shown[:4]:
        assert (await scan(world, code, checkpoint_id=hall)).outcome == "ok"
    found = await asyncio.gather(*(scan(world, code, checkpoint_id=hall) for code in shown[4:24]))
    assert Counter((v.outcome, v.reason) for v in found) == {("ok", ""): 1, ("refused", "checkpoint_full"): 19}
    assert (await scan(world, shown[0], checkpoint_id=hall, direction="out")).outcome == "ok"
    assert (await scan(world, shown[24], checkpoint_id=hall)).outcome == "ok"


async def test_undoing_and_scanning_at_once(committed: asyncpg.Pool) -> None:
    world = await make_event(capacity=300)
    for code in await codes(world, 10):
        first = await scan(world, code)
        assert first.id is not None
        await asyncio.gather(
            checkin.undo(world.owner, world.event, first.id, "nhầm người"), scan(world, code, device_id="d2")
        )
        inside = await db.fetchval(
            "SELECT count(*) FROM admission a JOIN registration r ON r.id = a.registration"
            " WHERE a.voided_at IS NULL AND r.id = (SELECT registration FROM scan WHERE id = $1)",
            first.id,
        )
        assert inside in (0, 1)
    counted = await db.fetchval("SELECT sum(inside) FROM zone_count")
    assert counted == await db.fetchval("SELECT count(*) FROM admission WHERE voided_at IS NULL AND inside")


async def test_a_guest_is_inside_or_has_cancelled_never_both(committed: asyncpg.Pool) -> None:
    world = await make_event(capacity=100)
    found: Counter[tuple[str, str]] = Counter()
    for _n in range(40):
        guest = await make_registration(world)
        verdict, gone = await asyncio.gather(
            scan(world, guest.code), waitlist.cancel(NOBODY, guest.id, by_guest=True), return_exceptions=True
        )
        assert isinstance(verdict, scanning.Verdict)
        found[verdict.outcome, gone if isinstance(gone, str) else type(gone).__name__] += 1
    assert set(found) <= {("ok", "AlreadyIn"), ("refused", "confirmed")}
    # without the question at the door both would have gone through
    guest = await make_registration(world)
    assert (await scan(world, guest.code)).outcome == "ok"
    assert await waitlist.cancel(NOBODY, guest.id) == "confirmed"
