"""A booth that is given to nobody again."""

from typing import Any

from events.floor import booths, passes
from tests.events.floor.making import accepted, make_booths, make_event, open_ground
from tests.events.floor.test_booths import tickets


async def test_case_17_a_booth_given_to_nobody_takes_the_passes_with_it(db: Any) -> None:
    world = await make_event()
    await open_ground(world)
    made = await make_booths(world)
    person, exhibitor = await accepted(world, made["A1"])
    await booths.give(world.owner, world.event, made["A2"], exhibitor)
    await passes.give(person, exhibitor, "Nhân viên", "staff@test.example")
    await booths.give(world.owner, world.event, made["A1"], None)
    assert await tickets(world) == ["confirmed"]
    await booths.give(world.owner, world.event, made["A2"], None)
    assert (await tickets(world), await passes.passes_of(exhibitor)) == (["cancelled"], [])
