"""The sample doors: devices once, none that opens anything, a case, notes, a question, and whom a booth met."""

import asyncpg

from app.demo import door
from app.demo.events import OWNER
from events.door import devices
from events.leads import listing
from tests.event_factories import make_event, make_registration, scan
from tests.events.floor.making import accepted, open_ground
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
    for _n in range(3):
        await make_registration(world, sample=True)
    await open_ground(world)
    _person, exhibitor = await accepted(world)
    for _n in range(2):
        await door.load(silent)
    rows = await db.fetch("SELECT * FROM door_device ORDER BY role")
    assert [(row["role"], devices.state_of(row), row["code_hash"]) for row in rows] == [
        ("kiosk", "unpaired", None), ("scan", "silent", None), ("supervisor", "unpaired", None),
    ]  # fmt: skip
    assert [row["kind"] for row in await db.fetch("SELECT kind FROM door_case")] == ["twice"]
    assert await db.fetchval("SELECT count(*) FROM door_flag WHERE note LIKE '%(mẫu)'") == 2
    assert await db.fetchval("SELECT jsonb_array_length(questions) FROM checkpoint") == 1
    organisation = await db.fetchval("SELECT organisation FROM exhibitor WHERE id = $1", exhibitor)
    found = await listing.leads(world.event, organisation)
    assert sorted((one["level"], len(one["notes"])) for one in found) == [("contact", 1), ("contact", 1), ("name", 1)]
    assert (await listing.counts(world.event, organisation)).visits == 1


async def test_without_the_sample_events_there_are_none(db: asyncpg.Connection) -> None:
    await door.load(silent)
    assert await db.fetchval("SELECT count(*) FROM door_device") == 0
