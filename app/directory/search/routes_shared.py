"""What other sites ask for: the picture beside a shared link."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from app.core import db
from app.core.errors import NotFound
from app.core.i18n import LOCALES, gettext, pick
from app.core.web import public
from app.directory import places
from app.directory.search.everywhere import ONE
from app.directory.search.pictures import Card, etag, picture
from app.directory.vocabulary import KINDS

AnyRequest = Request[Any, Any, Any]


@get("/pictures/site.png", opt=public)
async def of_the_site(request: AnyRequest) -> Response[bytes]:
    said = gettext("Kết Nối brings startups, investors, mentors and organisers of an innovation ecosystem together.")
    return await _answer(request, Card(said))


@get("/pictures/organisations/{name:str}", opt=public)
async def of_an_organisation(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Name, kinds and place; the same for everybody, so only of organisations that everybody may see."""
    row = await db.fetchrow(
        "SELECT name, kinds, country, state, region, city, province_code, ward_code FROM organisation"
        " WHERE slug = $1 AND ended_at IS NULL AND hidden_at IS NULL",
        _slug(name),
    )
    if row is None:
        raise NotFound
    kinds = " · ".join(KINDS.labels(row["kinds"]))
    return await _answer(request, Card(row["name"], kinds, places.place_label(dict(row))))


@get("/pictures/events/{name:str}", opt=public)
async def of_an_event(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    return await _of_findable(request, "event", f"/events/{_slug(name)}")


@get("/pictures/people/{name:str}", opt=public)
async def of_a_person(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Kept by nobody without asking: who withdraws leaves with the picture too."""
    return await _of_findable(request, "person", f"/people/{_slug(name)}", lasting=False)


async def _of_findable(request: AnyRequest, kind: str, url: str, *, lasting: bool = True) -> Response[bytes]:
    row = await db.fetchrow(
        "SELECT title, title_en, subtitle_vi, subtitle_en FROM findable"
        " WHERE kind = $1 AND url = $2 AND listed AND tier = 0",
        *(kind, url),
    )
    if row is None:
        raise NotFound
    card = Card(pick(row["title"], row["title_en"]), ONE[kind].text(), pick(row["subtitle_vi"], row["subtitle_en"]))
    return await _answer(request, card, lasting=lasting)


def _slug(name: str) -> str:
    if not name.endswith(".png"):
        raise NotFound
    return name.removesuffix(".png")


async def _answer(request: AnyRequest, card: Card, *, lasting: bool = True) -> Response[bytes]:
    """The picture, or word that the one kept is still right. Other sites may show it, whatever page asks.

    Where the address names no language the reader's own decides, so nobody keeps that for others.
    """
    headers = {"ETag": etag(card), "Cross-Origin-Resource-Policy": "cross-origin"}
    if lasting and request.query_params.get("lang") in LOCALES:
        headers["Cache-Control"] = "public, max-age=86400"
    if request.headers.get("if-none-match") == etag(card):
        return Response(b"", status_code=304, headers=headers, media_type="image/png")
    return Response(await picture(card), headers=headers, media_type="image/png")


handlers = [of_the_site, of_an_organisation, of_an_event, of_a_person]
