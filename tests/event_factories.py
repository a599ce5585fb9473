"""Events for tests: planned and published by real verbs."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import msgspec

from app.core import clock, db
from app.core.ids import new_id
from app.core.web import NOBODY, Actor
from events import planning, tickets
from events.door import scanning
from events.planning import EventPlan, TypePlan
from events.registration import Registered, Wish, register
from tests.factories import make_person

_numbers = count(1)


class World(msgspec.Struct):
    """An event with its owner, one ticket type and its first door."""

    owner: Actor
    event: UUID
    slug: str
    type_id: UUID
    checkpoint: UUID


def plan(**kw: Any) -> EventPlan:
    starts: datetime = kw.pop("starts_at", clock.now() + timedelta(days=7))
    values: dict[str, Any] = {
        "title_vi": "Ngày hội khởi nghiệp",
        "title_en": "Startup day",
        "starts_at": starts,
        "ends_at": kw.pop("ends_at", starts + timedelta(hours=8)),
        "venue": "Cung Văn hóa",
    }
    return EventPlan(**{**values, **kw})


async def make_event(
    *types: TypePlan, capacity: int = 100, published: bool = True, owner: Actor | None = None, **kw: Any
) -> World:
    owner = owner or await make_person(name="Ban tổ chức", roles=("organizer",))
    kinds = list(types) or [TypePlan(code="visitor", title_vi="Khách tham quan", title_en="Visitor", capacity=capacity)]
    row = await planning.create_event(owner, plan(**kw), kinds)
    if published:
        await planning.publish(owner, row["id"])
    return World(
        owner=owner,
        event=row["id"],
        slug=row["slug"],
        type_id=await db.fetchval("SELECT id FROM ticket_type WHERE event = $1 ORDER BY place LIMIT 1", row["id"]),
        checkpoint=await db.fetchval("SELECT id FROM checkpoint WHERE event = $1 LIMIT 1", row["id"]),
    )


def wish(**kw: Any) -> Wish:
    number = next(_numbers)
    return Wish(
        **{"ticket_type": "visitor", "full_name": f"Khách số {number}", "email": f"guest{number}@test.example", **kw}
    )


async def make_registration(world: World, actor: Actor = NOBODY, **kw: Any) -> Registered:
    return await register(actor, world.event, wish(**kw))


async def ticket_code(world: World, registered: Registered) -> str:
    return await tickets.code_of(registered.id, world.event, registered.signing_key)


async def scan(world: World, code: str, **kw: Any) -> scanning.Verdict:
    actor = kw.pop("actor", world.owner)
    values: dict[str, Any] = {"nonce": new_id().hex, "device_id": "d1", "checkpoint_id": world.checkpoint, "code": code}
    return await scanning.scan(actor, scanning.ScanRequest(**{**values, **kw}))
