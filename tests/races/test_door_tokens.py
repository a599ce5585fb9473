"""A device's token is ended while it scans: what was answered is stored, what came later is refused. Real commits."""

import asyncio
from collections import Counter

import asyncpg
import httpx

from app.core import db
from app.people.tokens import create_for_email
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan

SCANS = 60


async def show(api: httpx.AsyncClient, world: World, number: int, code: str) -> int:
    act = {"nonce": f"n{number}", "device_id": f"d{number % 4}", "checkpoint_id": str(world.checkpoint), "code": code}
    return (await api.post("/api/v1/checkin/scan", json=act)).status_code


async def test_a_token_that_is_ended_admits_nobody_from_then_on(
    committed: asyncpg.Pool, make_client: MakeClient
) -> None:
    world = await make_event(capacity=SCANS + 1)
    codes = [(await make_registration(world)).code for _n in range(SCANS + 1)]
    api = make_client(Authorization=f"Bearer {await create_for_email(world.owner.email)}")

    async def end() -> None:
        await asyncio.sleep(0.05)
        await db.execute("UPDATE api_token SET ended_at = now()")

    *found, _ended = await asyncio.gather(*(show(api, world, n, codes[n]) for n in range(SCANS)), end())
    answers = Counter(found)
    assert set(answers) <= {200, 401}
    assert await db.fetchval("SELECT count(*) FROM scan") == answers[200]
    assert await db.fetchval("SELECT count(*) FROM admission") == answers[200]
    assert await show(api, world, SCANS, codes[SCANS]) == 401
    assert await db.fetchval("SELECT count(*) FROM admission") == answers[200]
    # who had been looked up before the end would have gone on: the question has to be part of the act
    assert (await scan(world, codes[SCANS])).outcome == "ok"


async def test_sixty_scans_by_one_token_admit_each_guest_once(committed: asyncpg.Pool, make_client: MakeClient) -> None:
    world = await make_event(capacity=20)
    codes = [(await make_registration(world)).code for _n in range(20)]
    api = make_client(Authorization=f"Bearer {await create_for_email(world.owner.email)}")
    found = await asyncio.gather(*(show(api, world, n, codes[n % 20]) for n in range(SCANS)))
    assert Counter(found) == {200: SCANS}
    outcomes = Counter(row["outcome"] for row in await db.fetch("SELECT outcome FROM scan"))
    assert outcomes == {"ok": 20, "already": 40}
    assert await db.fetchval("SELECT sum(inside) FROM zone_count") == 20
