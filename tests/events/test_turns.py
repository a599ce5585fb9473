"""A rush of people who register leaves connections to pages and doors. Real commits, four connections, a control."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from app.core import db
from app.core.errors import Busy
from events import turns
from tests.conftest import MakeClient
from tests.event_factories import World, make_event


async def by_api(client: httpx.AsyncClient, world: World, number: int) -> int:
    person = {"full_name": f"Khách {number}", "email": f"k{number}@test.example"}
    path = f"/api/v1/events/{world.slug}/registrations"
    return (await client.post(path, json={"ticket_type": "visitor", "person": person})).status_code


async def by_form(client: httpx.AsyncClient, world: World, number: int) -> int:
    form = {"full_name": f"Khách {number}", "email": f"k{number}@test.example", "ticket_type": "visitor", "terms": "1"}
    return (await client.post(f"/events/{world.slug}/register", data=form)).status_code


@pytest.mark.parametrize(("kept", "free"), [(turns.KEPT, True), (0, False)])
async def test_a_rush_leaves_connections_to_others(
    committed: asyncpg.Pool,
    make_client: MakeClient,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    kept: int,
    free: bool,
) -> None:
    """The control keeps none back: then nobody else is let in."""
    world, client = await make_event(capacity=8), make_client()
    monkeypatch.setattr(turns, "KEPT", kept)
    monkeypatch.setattr(db, "_acquire", _quickly(db._acquire))
    monkeypatch.setattr(db.engine, "pool", None)
    async with db.pool(msgspec.structs.replace(settings, db_pool_max=4), name="small") as small:
        async with committed.acquire() as con, con.transaction():
            await con.execute("SELECT FROM ticket_type FOR UPDATE")
            rush = [asyncio.create_task(by_api(client, world, n)) for n in range(6)]
            rush += [asyncio.create_task(by_form(client, world, n)) for n in range(6, 12)]
            await _until(lambda: small.get_size() - small.get_idle_size() >= 4 - kept)
            try:
                others = await db.fetchval("SELECT 1")
            except Busy:
                others = None
        answers = [await one for one in rush]
    assert (others, answers) == (1 if free else None, [201] * 6 + [303] * 6)
    monkeypatch.undo()
    assert await db.fetchval("SELECT sold FROM ticket_type") == 8


def _quickly(acquire: Any) -> Any:
    """Whoever waits the usual two seconds waits a moment; who registers waits as ever."""

    def quick(wait: float = 0.2) -> Any:
        return acquire(wait)

    return quick


async def _until(true: Any) -> None:
    async with asyncio.timeout(2):
        while not true():
            await asyncio.sleep(0.01)


async def test_whose_turn_does_not_come_is_told_and_loses_nothing(
    db: asyncpg.Connection, pool: asyncpg.Pool, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, client = await make_event(), make_client()
    monkeypatch.setattr(turns, "PATIENCE", turns.LAST + 0.05)
    async with AsyncExitStack() as stack:
        for _turn in range(pool.get_max_size() - turns.KEPT):
            await stack.enter_async_context(turns.turn())
        form = {"full_name": "Trần Thị Bưởi", "email": "buoi@test.example", "ticket_type": "visitor", "terms": "1"}
        page = await client.post(f"/events/{world.slug}/register", data=form)
        refused = await by_api(client, world, 1)
    assert (page.status_code, page.headers["retry-after"], refused) == (503, "2", 503)
    assert 'value="Trần Thị Bưởi"' in page.text
    assert await by_api(client, world, 1) == 201


async def test_what_is_left_for_the_connection_gets_less(db: asyncpg.Connection) -> None:
    async with turns.turn() as left:
        first = left()
        await asyncio.sleep(0.01)
        assert turns.LAST < left() < first <= turns.PATIENCE < 5
