"""Pages that everybody may see: directory, portfolios. Members' are in `routes_edit`, `routes_members`."""

from datetime import date
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import NotFound
from app.core.web import Actor, page, public, signed_in, wants_fragment
from app.directory import (
    access,
    history,
    investments,
    members,
    places,
    routes_edit,
    routes_lists,
    routes_members,
    views,
)
from app.directory import vocabulary as terms
from app.directory.asking import asked_from
from app.directory.details import details_of
from app.directory.drawing import draw
from app.directory.fields import COLLECTIONS, collections_for, fields_of, sections_for
from app.directory.rows import rows_of
from app.directory.seeing import ANY_MEMBER, EVERYBODY, shown, shown_rows
from app.directory.vocabulary.profiles import STRENGTHS

AnyRequest = Request[Any, Any, Any]


@get("/directory", opt=public)
async def directory(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[str]:
    """Search and facets; every state has an address, and HTMX gets the results with fresh counts."""
    query = {name: request.query_params.getall(name) for name in request.query_params}
    asked, unknown = asked_from(query)
    viewer = ANY_MEMBER if actor.signed_in else EVERYBODY
    drawn = await draw(asked, viewer=viewer, more=query.get("more", [""])[0][:20], unknown=tuple(unknown[:5]))
    response = page(
        request, "directory/list.html", fragment="results", swapping=wants_fragment(request), asked=asked, drawn=drawn
    )
    if wants_fragment(request):
        response.set_header("HX-Push-Url", asked.url(cursor=asked.cursor))
    return response


FURTHER = ("story", "business", "raising", "project", "investing", "support", "research", "team")
"""Sections of a profile that have a place of their own on the page; the others are its head and facts."""


@get("/organisations/{slug:str}", opt=public)
async def profile(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """A profile; an address from before a rename leads to the present one. At most ten queries."""
    try:
        seen = await access.organisation_for(actor, slug)
        if seen.row["merged_into"] is not None:
            raise NotFound
    except NotFound:
        present = await access.moved_to(slug)
        if present is None:
            raise
        return Response(None, status_code=301, headers={"Location": f"/organisations/{present}"})
    row = shown({**seen.row, **await details_of(seen.id)}, seen.viewer)
    invests = "investor" in row["kinds"]
    rounds = await investments.rounds_of(seen.id) if row["links"] or not invests else []
    portfolio = await investments.portfolio_of(seen.id) if invests else None
    stored = await rows_of(seen.id, [kind.name for kind in collections_for(row["kinds"])])
    lists = {name: shown_rows(COLLECTIONS[name], found, seen.viewer, row["tiers"]) for name, found in stored.items()}
    partners = await investments.co_investors_of(seen.id) if portfolio and portfolio.rows else []
    return page(
        request,
        "directory/profile.html",
        seen=seen,
        row=row,
        card=views.card_of(row, seen.viewer),
        entries=[
            (kind, [views.entry_of(kind, entry) for entry in lists[kind.name]])
            for kind in collections_for(row["kinds"])
            if lists[kind.name] and kind.name not in ("mandate", "need_offer")
        ],
        needs=lists["need_offer"],
        strengths=STRENGTHS,
        mandates=lists.get("mandate", []),
        further=[
            (section, facts)
            for section in sections_for(row["kinds"])
            if section.name in FURTHER and (facts := views.facts_of(fields_of(section.name), row))
        ],
        founded=views.founded(row),
        site=views.site(row["website"]),
        place=places.place_label(row),
        place_label=places.place_label,
        terms=terms,
        rounds=rounds,
        portfolio=portfolio,
        partners=partners,
        where_of=lambda mandate: ", ".join(places.region_label(code) for code in mandate["geographies"]),
        members=await members.members_of(seen.id) if seen.member or seen.admin else None,
        crunchbase=row["source"] == "crunchbase" or bool(rounds) or bool(portfolio and portfolio.rows),
    )


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


@get("/organisations/{slug:str}/history", guards=[signed_in])
async def history_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Who changed what and when, for members; strangers do not find the page."""
    seen = await access.member_organisation_for(actor, slug)
    before = request.query_params.get("before", "")
    changes = await history.changes_of(
        seen.id, before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None, limit=51
    )
    return page(
        request,
        "directory/history.html",
        seen=seen,
        changes=changes[:50],
        next_url=f"/organisations/{seen.slug}/history?before={changes[49]['id']}" if len(changes) > 50 else None,
    )


router = Router(
    "/",
    route_handlers=[
        directory,
        profile,
        portfolio_page,
        history_page,
        *routes_edit.handlers,
        *routes_lists.handlers,
        *routes_members.handlers,
    ],
    include_in_schema=False,
)
