"""A door in tests: an event that is going on, and devices paired with it that speak to the API as scanners do."""

import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

from app.core import clock
from events.door import devices
from tests.conftest import MakeClient
from tests.event_factories import World, make_event

_numbers = itertools.count(1)


class Scanner(msgspec.Struct):
    """A paired device: its token, and what it asks."""

    id: UUID
    token: str
    http: httpx.AsyncClient
    checkpoint: UUID

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str, **kw: Any) -> httpx.Response:
        headers = {**self.headers, **kw.pop("headers", {})}
        return await self.http.get(f"/api/v1{path}", headers=headers, **kw)

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.http.post(f"/api/v1{path}", headers=self.headers, json=body)

    def act(self, code: str, **kw: Any) -> dict[str, Any]:
        return {"nonce": f"n{next(_numbers)}", "checkpoint_id": str(self.checkpoint), "code": code, **kw}

    async def scan(self, code: str, **kw: Any) -> dict[str, Any]:
        answer = await self.post("/checkin/scan", self.act(code, **kw))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def sync(self, *acts: dict[str, Any], **kw: Any) -> list[dict[str, Any]]:
        answer = await self.post("/checkin/sync", {"scans": list(acts), **kw})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["results"])


MakeScanner = Callable[..., Awaitable[Scanner]]


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    starts = clock.now() - timedelta(hours=2)
    return await make_event(capacity=50, starts_at=starts, ends_at=starts + timedelta(hours=9))


@pytest.fixture
def make_scanner(make_client: MakeClient) -> MakeScanner:
    """`make_scanner(world, role)`: a device that was made by the owner and has paired itself."""
    shared = make_client()

    async def make(world: World, role: str = "scan", name: str = "", **kw: Any) -> Scanner:
        number, code = await devices.add_device(
            world.owner, world.event, name=name or f"Máy {next(_numbers)}", role=role, **kw
        )
        answer = await shared.post("/api/v1/door/pair", json={"code": code})
        assert answer.status_code == 201, answer.text
        return Scanner(number, answer.json()["token"], shared, world.checkpoint)

    return make


@pytest.fixture
async def scanner(world: World, make_scanner: MakeScanner) -> Scanner:
    return await make_scanner(world)
