"""Festival grounds for tests, made by real verbs."""

from itertools import count
from typing import Any
from uuid import UUID

from app.core import db
from app.core.web import Actor
from app.directory.profiles import create_organisation
from events.floor import booths, exhibitors, villages
from events.floor.exhibitors import Application, Decision, Rules
from events.floor.villages import VillagePlan
from tests.event_factories import World, make_event
from tests.factories import make_person

__all__ = ["World", "accepted", "make_booths", "make_event", "make_organisation", "make_village", "open_ground"]

_numbers = count(1)


async def make_organisation(owner: Actor, name: str = "", role: str = "owner") -> UUID:
    """An organisation with a member; only what the ground reads of it."""
    saved = await create_organisation(owner, {"name": name or f"Đơn vị {next(_numbers)}", "kinds": ["startup"]})
    number: UUID = saved.id
    if role != "owner":
        await db.execute("UPDATE membership SET role = $2 WHERE organisation = $1", number, role)
    return number


async def make_village(world: World, name: str = "Làng Trí tuệ nhân tạo", **kw: Any) -> Any:
    slug = await villages.make(world.owner, world.event, VillagePlan(name_vi=name, **kw))
    return await db.fetchrow("SELECT * FROM village WHERE event = $1 AND slug = $2", world.event, slug)


async def make_booths(world: World, codes: str = "A1..A3") -> dict[str, UUID]:
    await booths.make(world.owner, world.event, booths.read_codes(codes))
    rows = await db.fetch("SELECT id, code FROM booth WHERE event = $1 AND ended_at IS NULL", world.event)
    return {row["code"]: row["id"] for row in rows}


async def open_ground(world: World, passes_each: int = 2) -> None:
    await exhibitors.set_rules(world.owner, world.event, Rules(applications=True, passes_each=passes_each))


async def accepted(world: World, booth: UUID | None = None, village: UUID | None = None) -> tuple[Actor, UUID]:
    """Somebody whose organisation exhibits, and the exhibitor's id."""
    person = await make_person(name="Người trưng bày")
    organisation = await make_organisation(person)
    wish = Application(organisation=organisation, village=village, shows_vi="Rô-bốt thu hoạch")
    exhibitor = await exhibitors.apply(person, world.event, wish)
    await exhibitors.decide(world.owner, world.event, exhibitor, Decision(status="accepted", booth=booth))
    return person, exhibitor
