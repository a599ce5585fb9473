"""Tests of places drain the outbox on the one connection that is rolled back; an event with two kinds of guests."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from events.planning import TypePlan
from events.seats import book, pools
from tests.event_factories import World, make_event
from tests.events.conftest import JOBS  # noqa: F401  its topics are known


class Seats:
    """An event, its ticket types by code, and what a test asks about them."""

    def __init__(self, world: World, kinds: dict[str, UUID]) -> None:
        self.world, self.kinds = world, kinds

    async def rule(self, **kw: Any) -> list[UUID]:
        return await pools.set_rule(self.world.owner, self.world.event, book.Rule(**kw))

    async def pool(self, size: int, *codes: str, parent: UUID | None = None, name: str = "Cả hội") -> UUID:
        types = tuple(self.kinds[code] for code in codes)
        plan = pools.PoolPlan(name_vi=name, size=size, parent=parent, types=types)
        return await pools.add(self.world.owner, self.world.event, plan)

    async def line(self) -> list[str]:
        """The states of everybody, in the order in which they came."""
        rows = await database.fetch(
            "SELECT status FROM registration WHERE event = $1 ORDER BY registered_at, id", self.world.event
        )
        return [row["status"] for row in rows]

    async def used(self, number: UUID) -> tuple[int, int]:
        """What is taken of a pool or type, and how many it has."""
        row = await database.fetchrow(
            "SELECT used, size FROM seat_pool WHERE id = $1 UNION ALL SELECT sold, capacity FROM ticket_type"
            " WHERE id = $1",
            number,
        )
        assert row is not None
        return row["used"], row["size"]

    async def told(self) -> Counter[str]:
        rows = await database.fetch("SELECT payload->>'kind' AS kind FROM outbox WHERE topic = 'events.tell_guest'")
        return Counter(row["kind"] for row in rows)

    async def deadline(self, number: UUID, moment: datetime | None = None) -> datetime:
        if moment is not None:
            await database.execute("UPDATE registration SET deadline_at = $2 WHERE id = $1", number, moment)
        found: datetime = await database.fetchval("SELECT deadline_at FROM registration WHERE id = $1", number)
        return found


KINDS = (
    TypePlan(code="visitor", title_vi="Khách", capacity=2, max_party=5),
    TypePlan(code="startup", title_vi="Khởi nghiệp", capacity=2, max_party=5),
    TypePlan(code="investor", title_vi="Nhà đầu tư", capacity=2, needs_approval=True),
    TypePlan(code="paid", title_vi="Trả phí", capacity=1, price=200_000),
)


@pytest.fixture
async def seats(db: asyncpg.Connection) -> Seats:
    world = await make_event(*KINDS)
    rows = await database.fetch("SELECT id, code FROM ticket_type WHERE event = $1", world.event)
    return Seats(world, {row["code"]: row["id"] for row in rows})
