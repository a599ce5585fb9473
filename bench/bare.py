"""The baselines over HTTP: the bare framework with a ready text, or with one bare SQL statement."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from litestar import Litestar, MediaType, get, post
from litestar.datastructures import State
from litestar.params import FromQuery

from app.core.db import _Connection
from bench.statements import CONNECTIONS, REGISTER, SCAN

TEXT = "<!doctype html><title>bare</title>" + "<p>Kết Nối</p>" * 800


@get("/", media_type=MediaType.HTML)
async def page() -> str:
    return TEXT


@post("/scan", status_code=200)
async def scan(state: State, n: FromQuery[int]) -> dict[str, int | None]:
    return {"id": await state.pool.fetchval(SCAN, n)}


@post("/register", status_code=200)
async def register(state: State, n: FromQuery[int]) -> dict[str, int | None]:
    return {"id": await state.pool.fetchval(REGISTER, n)}


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    app.state.pool = await asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=1, max_size=CONNECTIONS // 2, connection_class=_Connection
    )
    yield
    await app.state.pool.close()


def create_app() -> Litestar:
    return Litestar([page, scan, register], lifespan=[lifespan], openapi_config=None)
