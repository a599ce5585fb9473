"""The sample doors: devices once, none paired, and a case where somebody is inside."""

import asyncpg

from app.demo import door
from app.demo.events import OWNER
from tests.event_factories import make_event, make_registration, scan
from tests.factories import make_person


async def silent(_label: str, _share: float) -> None:
    return None


async def test_devices_and_one_case_are_made_once(db: asyncpg.Connection) -> None:
    owner = await make_person(name="Ban tổ chức (mẫu)", email=OWNER, roles=("organizer",))
    world = await make_event(owner=owner)
    await db.execute("UPDATE event SET sample = true")
    guest = await make_registration(world, sample=True)
    await scan(world, guest.code)
    await db.execute("UPDATE scan SET at = at - interval '5 minutes'")
    await db.execute("UPDATE admission SET last_at = last_at - interval '5 minutes'")
    for _n in range(2):
        await door.load(silent)
    rows = await db.fetch("SELECT role, token_hash, code_hash FROM door_device ORDER BY role")
    assert [tuple(row) for row in rows] == [(role, None, None) for role in ("kiosk", "scan", "supervisor")]
    assert [row["kind"] for row in await db.fetch("SELECT kind FROM door_case")] == ["twice"]


async def test_without_the_sample_events_there_are_none(db: asyncpg.Connection) -> None:
    await door.load(silent)
    assert await db.fetchval("SELECT count(*) FROM door_device") == 0
