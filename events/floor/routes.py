"""Public pages of the festival ground: villages, exhibitors as a list and on the plan. The others have own modules."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.forms import NOT_A_CHOICE, read_form
from app.core.i18n import gettext
from app.core.text import fold
from app.core.web import Actor, done, page, public, signed_in
from events.access import event_for
from events.floor import booths, exhibitors, hosting, routes_exhibit, routes_ground, routes_making, routes_village
from events.floor import villages as all_villages
from events.floor.access import village_for
from events.floor.forms import HostAnswer

AnyRequest = Request[Any, Any, Any]


@get("/events/{slug:str}/exhibitors", opt=public)
async def exhibitor_list(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Who exhibits where: found by name, topic or code, in one village or in all, listed and on the plan."""
    event = await event_for(actor, slug)
    everything = await booths.booths_of(event.id)
    q, village = request.query_params.get("q", ""), request.query_params.get("village", "")
    words = fold(q)[:200].split()[:6]
    found = [
        one
        for one in everything
        if one["organisation"]
        and (not village or one["village_slug"] == village)
        and all(word in _said(one) for word in words)
    ]
    ground = await exhibitors.ground_of(event.id)
    return page(
        request,
        "events/floor/exhibitors.html",
        fragment="found",
        event=event,
        found=found,
        total=sum(1 for one in everything if one["organisation"]),
        marked={one["id"] for one in found} if words or village else set(),
        booths=everything,
        plans=await booths.plans_of(event.id),
        villages=sorted(
            {(one["village_slug"], one["village_vi"], one["village_en"]) for one in everything if one["village_slug"]}
        ),
        q=q,
        village=village,
        applications=ground["applications"],
    )


def _said(one: dict[str, Any]) -> str:
    return fold(
        " ".join(str(one[name] or "") for name in ("organisation", "code", "shows_vi", "shows_en", "village_vi"))
    )


@get("/events/{slug:str}/villages", opt=public)
async def village_list(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    event = await event_for(actor, slug)
    return page(
        request,
        "events/floor/villages.html",
        event=event,
        villages=await all_villages.villages_of(event.id),
        hosts=await hosting.hosts_of(event.id, actor),
        edition=await hosting.edition_of(event.id),
        others=await hosting.other_editions(event.id),
    )


@get("/events/{slug:str}/villages/{village:str}", opt=public)
async def village_page(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], village: FromPath[str]
) -> Response[str]:
    """One village for everybody: what it is, who exhibits, its published programme."""
    seen = await village_for(actor, slug, village)
    return page(
        request,
        "events/floor/village.html",
        event=seen.event,
        village=seen,
        booths=[one for one in await booths.booths_of(seen.event.id, seen.row["id"]) if one["organisation"]],
        sessions=[one for one in await all_villages.sessions_of(seen.row["id"]) if one["public"]],
    )


@post("/events/{slug:str}/hosts/{host:uuid}", guards=[signed_in])
async def answer_host(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], host: FromPath[UUID]
) -> Response[Any]:
    """An editor of an organisation says whether it holds the event, as its organizers say."""
    event = await event_for(actor, slug)
    form = await read_form(request, HostAnswer)
    if form.value is not None:
        await hosting.answer(actor, event.id, host, agrees=form.value.answer == "yes")
    said = gettext("Saved.") if form.value is not None else NOT_A_CHOICE.text()
    return done(request, to=f"/events/{slug}/villages", message=said)


router = Router(
    "/",
    route_handlers=[
        exhibitor_list,
        village_list,
        village_page,
        answer_host,
        *routes_village.handlers,
        *routes_exhibit.handlers,
        *routes_ground.handlers,
        *routes_making.handlers,
    ],
    include_in_schema=False,
)
