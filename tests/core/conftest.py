"""A few routes that misbehave on purpose, for the ground's own tests."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar, MediaType, Request, Response, get, post, route
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from app.core import db, logs
from app.core.errors import Busy, Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.core.forms import Line, Text, read_form, read_json
from app.core.i18n import N_
from app.core.shell import Shell
from app.core.web import Actor, done, local_path, page, public, role, signed_in
from app.main import create_litestar

BASE_URL = "http://127.0.0.1:8000"


class Named(msgspec.Struct):
    name: Line


class Told(msgspec.Struct):
    name: Text
    answers: dict[str, Any] = {}


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
        "absent": NotFound(),
        "forbidden": NotAllowed(),
        "teapot": HTTPException(status_code=418, detail="secret detail"),
        "media": HTTPException(status_code=415, detail="secret detail"),
        "late": TimeoutError("secret detail"),
        "text": asyncpg.CharacterNotInRepertoireError("secret detail"),
    }[kind]


@get("/try/private", guards=[signed_in])
async def private() -> str:
    return "hello"


@get("/try/staff", guards=[role("desk")])
async def staff() -> str:
    return "hello"


@get("/try/half", opt=public)
async def half() -> Stream:
    """Breaks when the answer has begun."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        raise ZeroDivisionError

    return Stream(pieces())


@get("/try/page", opt=public)
async def components(request: Request[Any, Any, Any]) -> Response[str]:
    """A page of the ground's own, with a block that can be asked for alone."""
    return page(request, "design.html", fragment="title")


@route("/try/any", http_method=["POST", "PUT", "PATCH", "DELETE"], opt=public, status_code=200)
async def change(request: Request[Any, Any, Any]) -> str:
    return request.method


@post("/try/go", opt=public)
async def go(request: Request[Any, Any, Any]) -> Response[Any]:
    read = await read_form(request, Named)
    return done(request, to=local_path(read.raw.get("next"), "/home"), message="Đã lưu")


@post("/api/v1/try/json", opt=public, status_code=200)
async def take(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return msgspec.to_builtins(read_json(await request.body(), Told))  # type: ignore[no-any-return]


@get("/try/slow", opt=public)
async def slow() -> str:
    async with db.tx():
        await db.execute("SELECT pg_sleep(1)")
    return "done"


@post("/try/form", opt=public)
async def form(request: Request[Any, Any, Any]) -> Response[Any]:
    read = await read_form(request, Named)
    return done(request, to="/try/private", message=read.raw.get("name", ""))


ROUTES = (echo, broken, refuse, private, staff, half, components, change, go, take, slow, form)


@pytest.fixture(scope="session")
def odd_application(settings: Any) -> Litestar:
    """The application with the odd routes, made once: its shell is what differs from visitor to visitor."""
    return create_litestar(*ROUTES)


@pytest.fixture
async def odd(pool: asyncpg.Pool, fresh_queue: None, settings: Any, odd_application: Litestar) -> AsyncIterator[Any]:
    """Make clients of an application with the odd routes: `odd(actor)`."""
    opened: list[httpx.AsyncClient] = []
    logs.configure(settings)

    def make(actor: Actor | None = None, **headers: str) -> httpx.AsyncClient:
        async def authenticate(_request: Any) -> Actor:
            return actor or Actor()

        app = Shell(odd_application, settings, authenticate)
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
