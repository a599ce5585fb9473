"""Agendas for tests: rooms, sessions and releases made by real verbs."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import db
from events.agenda import planning, releasing, rooms
from events.agenda.planning import SessionPlan
from tests.event_factories import World, make_event

__all__ = ["World", "begins", "make_event", "make_room", "make_session", "publish"]


async def begins(world: World) -> datetime:
    """The full hour after the event begins."""
    starts: datetime = await db.fetchval("SELECT starts_at FROM event WHERE id = $1", world.event)
    return starts.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


async def make_room(world: World, name: str = "Hội trường A", kind: str = "hall", cap: int | None = None) -> UUID:
    async with db.tx():
        room = await rooms.make(world.event, name, kind)
        await db.execute("UPDATE zone SET cap = $2 WHERE id = $1", room, cap)
    return room


async def make_session(world: World, title: str = "Gọi vốn vòng đầu", *, at: int = 0, **kw: Any) -> UUID:
    """A session `at` minutes after the first full hour, an hour long."""
    values = {"title_vi": title, "starts_at": await begins(world) + timedelta(minutes=at), "minutes": 60}
    return await planning.add(world.owner, world.event, SessionPlan(**{**values, **kw}))


async def publish(world: World, reason: str = "") -> int:
    return await releasing.publish(world.owner, world.event, reason=reason)
