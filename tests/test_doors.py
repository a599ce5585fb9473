"""Every route of the application, tried by everybody: no forgotten door, and nothing breaks on strangers."""

import re
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from app.core.web import Actor
from tests.factories import make_person

VALUES = {"uuid": lambda: str(uuid4()), "int": lambda: "7", "str": lambda: "nobody-knows-this"}
STATIC = ("/static", "/api/v1/openapi", "/metrics")


def _routes() -> list[tuple[str, str, bool]]:
    """(method, path with made-up values, whether it is public) of every route."""
    from app.main import create_litestar

    found = []
    for route in create_litestar().routes:
        if route.path.startswith(STATIC) or route.path in ("/api/v1", "/api/v1/{path:str}"):
            continue
        for handler in route.route_handlers:  # type: ignore[union-attr]
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                path = re.sub(r"\{[^:}]+:([a-z]+)\}", lambda match: VALUES[match[1]](), route.path)
                found.append((method, path, bool(handler.opt.get("public"))))
    return found


async def _status(client: httpx.AsyncClient, method: str, path: str) -> int:
    if path.startswith("/api/"):
        body = {} if method == "GET" else {"json": {}}
    else:
        body = {} if method == "GET" else {"data": {}}
    return (await client.request(method, path, **body)).status_code  # type: ignore[arg-type]


async def test_nobody_comes_in_by_a_guarded_door(client: httpx.AsyncClient) -> None:
    api = {"Accept": "application/json"}
    wrong = []
    for method, path, public in _routes():
        answer = await client.request(method, path, headers=api if path.startswith("/api/") else {})
        refused = answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in?next=")
        if not public and not refused:
            wrong.append(f"{method} {path}: {answer.status_code}")
        if answer.status_code >= 500:
            wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []


@pytest.mark.parametrize("roles", [(), ("desk",), ("organizer",), ("admin",)])
async def test_strangers_values_break_nothing(make_client: Any, db: asyncpg.Connection, roles: tuple[str, ...]) -> None:
    client = make_client(await make_person(roles=roles))
    tried = {f"{method} {path}": await _status(client, method, path) for method, path, _public in _routes()}
    assert {name: status for name, status in tried.items() if status >= 500} == {}


async def test_staff_pages_are_for_staff(make_client: Any, db: asyncpg.Connection) -> None:
    client = make_client(await make_person())
    staff = [(method, path) for method, path, _public in _routes() if path.startswith(("/staff", "/events/new"))]
    assert staff
    statuses = {f"{method} {path}": await _status(client, method, path) for method, path in staff}
    assert {name: status for name, status in statuses.items() if status not in (403, 404)} == {}


async def test_what_strangers_may_not_see_is_not_found_rather_than_forbidden(
    make_client: Any, db: asyncpg.Connection
) -> None:
    client = make_client(await make_person())
    for path in (
        "/organisations/nobody-knows-this/edit",
        "/events/nobody-knows-this/desk",
        f"/api/v1/organisations/{uuid4()}",
    ):
        assert await _status(client, "GET", path) == 404, path


def test_an_actor_without_a_session_has_no_rights() -> None:
    assert not Actor().signed_in
    assert not Actor().has("admin")
