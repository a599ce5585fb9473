"""The door while its server dies: kill -9 of the web process and of PostgreSQL in the middle of scans loses nothing."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from tests.launch.conftest import PATIENCE, House, until

pytestmark = pytest.mark.slow

GUESTS = 45
DOORS = 3
MAKE_AN_EVENT = f"""
import asyncio, json
from datetime import timedelta
from app.core import clock, db
from app.core.settings import get_settings
from events.door import devices
from tests.event_factories import make_event, make_registration, ticket_code

async def main():
    async with db.pool(get_settings(), name="tests"):
        starts = clock.now() - timedelta(hours=1)
        world = await make_event(capacity={GUESTS}, starts_at=starts, ends_at=starts + timedelta(hours=8))
        made = [
            await devices.add_device(world.owner, world.event, name=f"Cửa {{n}}", role="scan") for n in range({DOORS})
        ]
        codes = [await ticket_code(world, await make_registration(world)) for _n in range({GUESTS})]
        pairing = [code for _id, code in made]
        print(json.dumps({{"codes": codes, "checkpoint": str(world.checkpoint), "pairing": pairing}}))

asyncio.run(main())
"""


class Seen(msgspec.Struct):
    """What the doors were told, and how often they had to ask again."""

    answers: dict[str, dict[str, Any]] = {}
    repeated: int = 0


def an_event(house: House) -> dict[str, Any]:
    """Guests with tickets and unpaired devices, made by the verbs in a process of its own."""
    note = house.note()
    env = house.environment(DATABASE_URL=note["database_url"], REDIS_URL=note["redis_url"])
    done = subprocess.run(
        [sys.executable, "-c", MAKE_AN_EVENT], cwd=house.source, env=env, text=True, capture_output=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


async def at_a_door(http: httpx.AsyncClient, pairing: str, checkpoint: str, codes: list[str], seen: Seen) -> None:
    """One device: each ticket under one nonce, sent until it is answered, as the scanner's queue does."""
    answer = await http.post("/api/v1/door/pair", json={"code": pairing})
    token = answer.json()["token"]
    for code in codes:
        act = {"nonce": f"n-{code[-24:]}", "checkpoint_id": checkpoint, "code": code}
        while (answered := await ask(http, token, act)) is None:
            seen.repeated += 1
            await asyncio.sleep(0.1)
        seen.answers[code] = answered


async def ask(http: httpx.AsyncClient, token: str, act: dict[str, Any]) -> dict[str, Any] | None:
    """The acknowledgement of a scan; None where none came."""
    try:
        answer = await http.post("/api/v1/checkin/scan", json=act, headers={"Authorization": f"Bearer {token}"})
    except httpx.HTTPError:
        return None
    return dict(answer.json()) if answer.status_code == 200 else None


async def kill_after(house: House, name: str, answered: int, seen: Seen) -> None:
    while len(seen.answers) < answered:
        await asyncio.sleep(0.005)
    before = seen.repeated
    os.kill(house.pid(name), signal.SIGKILL)
    while seen.repeated == before and len(seen.answers) < GUESTS:
        await asyncio.sleep(0.005)
    assert seen.repeated > before, f"the death of {name} was not in the middle of anything"


async def test_no_acknowledged_scan_is_lost_and_none_counts_twice(house: House) -> None:
    made = await asyncio.to_thread(an_event, house)
    seen = Seen()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.port}", timeout=10) as http:
        doors = [
            at_a_door(http, pairing, made["checkpoint"], made["codes"][n::DOORS], seen)
            for n, pairing in enumerate(made["pairing"])
        ]
        await asyncio.gather(
            *doors, kill_after(house, "web", GUESTS // 3, seen), kill_after(house, "postgres", 2 * GUESTS // 3, seen)
        )
    until(lambda: house.status("/readyz") == 200)
    assert {answer["status"] for answer in seen.answers.values()} == {"ok"}
    con = await asyncpg.connect(house.note()["database_url"])
    try:
        scans = await con.fetch("SELECT id::text, counts FROM scan")
        inside = await con.fetchrow(
            "SELECT (SELECT sum(inside) FROM zone_count), (SELECT sum(admitted) FROM zone_count),"
            " (SELECT count(*) FROM admission WHERE inside AND voided_at IS NULL)"
        )
    finally:
        await con.close()
    assert {row["id"] for row in scans} == {answer["scan_id"] for answer in seen.answers.values()}
    assert len(scans) == GUESTS == sum(row["counts"] for row in scans)
    assert tuple(inside) == (GUESTS, GUESTS, GUESTS)
