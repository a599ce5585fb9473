"""Pages that everybody may see: directory, portfolios. Members' are in `routes_edit`, `routes_members`."""

from datetime import date
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import NotFound
from app.core.web import Actor, page, public, wants_fragment
from app.directory import (
    access,
    investments,
    places,
    routes_edit,
    routes_grants,
    routes_history,
    routes_lists,
    routes_members,
    routes_project,
    showing,
)
from app.directory import vocabulary as terms
from app.directory.asking import asked_from
from app.directory.drawing import draw
from app.directory.search import mapping
from app.directory.seeing import ANY_MEMBER, EVERYBODY

AnyRequest = Request[Any, Any, Any]


@get("/directory", opt=public)
async def directory(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[str]:
    """Search and facets; every state has an address, and HTMX gets the results with fresh counts."""
    query = {name: request.query_params.getall(name) for name in request.query_params}
    asked, unknown = asked_from(query)
    if query.get("view", [""])[0] == "map" and not wants_fragment(request):
        return page(
            request,
            "directory/search/map.html",
            asked=asked,
            map=await mapping.map_of(asked),
            canonical_query=mapping.map_url(asked).partition("?")[2],
        )
    viewer = ANY_MEMBER if actor.signed_in else EVERYBODY
    drawn = await draw(asked, viewer=viewer, more=query.get("more", [""])[0][:20], unknown=tuple(unknown[:5]))
    response = page(
        request,
        "directory/list.html",
        fragment="results",
        swapping=wants_fragment(request),
        asked=asked,
        drawn=drawn,
        canonical_query=asked.url().partition("?")[2],
    )
    if wants_fragment(request):
        response.set_header("HX-Push-Url", asked.url(cursor=asked.cursor))
    return response


@get("/organisations/{slug:str}", opt=public)
async def profile(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """A profile; an address from before a rename leads to the present one."""
    try:
        seen = await access.organisation_for(actor, slug)
        if seen.row["merged_into"] is not None:
            raise NotFound
    except NotFound:
        present = await access.moved_to(slug)
        if present is None:
            raise
        return Response(None, status_code=301, headers={"Location": f"/organisations/{present}"})
    asked = request.query_params.get("as", "")
    preview = asked if asked in showing.PREVIEWS and (seen.member or seen.viewer.staff) else ""
    context = await showing.profile_of(seen, showing.PREVIEWS[preview] if preview else seen.viewer)
    return page(request, "directory/profile.html", preview=preview, **context)


@get("/organisations/{slug:str}/portfolio", opt=public)
async def portfolio_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Everything that an investor invested in, page by page."""
    seen = await access.organisation_for(actor, slug)
    portfolio = await investments.portfolio_of(
        seen.id, after=_after(request.query_params.get("after", "")), limit=investments.PORTFOLIO_PAGE
    )
    cursor = portfolio.next_cursor
    return page(
        request,
        "directory/portfolio.html",
        seen=seen,
        portfolio=portfolio,
        terms=terms,
        place_label=places.place_label,
        next_url=f"/organisations/{seen.slug}/portfolio?after={cursor[0].isoformat()}.{cursor[1]}" if cursor else None,
    )


def _after(text: str) -> tuple[date, int] | None:
    """The place where a page begins, from its address; the beginning for anything that is not ours."""
    day, _dot, number = text.partition(".")
    try:
        return date.fromisoformat(day), msgspec.convert(number, type=int, strict=False) % 2**62
    except (ValueError, msgspec.ValidationError):
        return None


router = Router(
    "/",
    route_handlers=[
        directory,
        profile,
        portfolio_page,
        *routes_history.handlers,
        *routes_edit.handlers,
        *routes_grants.handlers,
        *routes_lists.handlers,
        *routes_members.handlers,
        *routes_project.handlers,
    ],
    include_in_schema=False,
)
