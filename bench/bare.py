"""The baseline of pages: the bare framework, one route that returns a ready text, served the same way."""

from litestar import Litestar, MediaType, get

TEXT = "<!doctype html><title>bare</title>" + "<p>Kết Nối</p>" * 800


@get("/", media_type=MediaType.HTML)
async def bare() -> str:
    return TEXT


def create_app() -> Litestar:
    return Litestar([bare], openapi_config=None)
