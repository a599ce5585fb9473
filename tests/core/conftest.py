"""A few routes that misbehave on purpose, for the ground's own tests."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from litestar import MediaType, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from app.core import db, logs
from app.core.errors import Busy, Conflict, Invalid, TooMany
from app.core.forms import Line, read_form
from app.core.i18n import N_
from app.core.shell import Shell
from app.core.web import Actor, done, public, signed_in
from app.main import create_litestar

BASE_URL = "http://127.0.0.1:8000"


class Named(msgspec.Struct):
    name: Line


@get("/try/echo/{text:str}", opt=public, media_type=MediaType.HTML)
async def echo(text: FromPath[str], page: FromQuery[int]) -> str:
    return f"{len(text)} {page}"


@get("/try/broken", opt=public)
async def broken() -> None:
    raise ZeroDivisionError("secret detail")


@get("/try/{kind:str}", opt=public)
async def refuse(kind: FromPath[str]) -> None:
    raise {
        "conflict": Conflict(),
        "invalid": Invalid(fields={"name": N_("Please fill this in.")}),
        "many": TooMany(retry_after=7),
        "busy": Busy(),
    }[kind]


@get("/try/private", guards=[signed_in])
async def private() -> str:
    return "hello"


@get("/try/slow", opt=public)
async def slow() -> str:
    async with db.tx():
        await db.execute("SELECT pg_sleep(1)")
    return "done"


@post("/try/form", opt=public)
async def form(request: Request[Any, Any, Any]) -> Response[Any]:
    read = await read_form(request, Named)
    return done(request, to="/try/private", message=read.raw.get("name", ""))


@pytest.fixture
async def odd(pool: asyncpg.Pool, fresh_queue: None, settings: Any) -> AsyncIterator[Any]:
    """Make clients of an application with the odd routes: `odd(actor)`."""
    opened: list[httpx.AsyncClient] = []
    logs.configure(settings)

    def make(actor: Actor | None = None, **headers: str) -> httpx.AsyncClient:
        async def authenticate(_request: Any) -> Actor:
            return actor or Actor()

        app = Shell(create_litestar(echo, broken, refuse, private, slow, form), settings, authenticate)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),  # type: ignore[arg-type]
            base_url=BASE_URL,
            headers={"Accept-Language": "vi", **headers},
        )
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()
