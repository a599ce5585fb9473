"""Pages of figures: the organizers' dashboard, one table as a file, the report, everybody's statistics."""

import asyncio
from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import clock
from app.core.errors import NotFound
from app.core.files.names import disposition
from app.core.i18n import gettext
from app.core.web import Actor, done, page, public, signed_in
from events.access import event_for, managed_event_for
from events.figures import asking, publishing, recount, report
from events.figures.sheets import Sheet, as_csv, hidden_if_small

AnyRequest = Request[Any, Any, Any]
PRIVATE = {"Cache-Control": "private, no-store"}


async def _sheet(code: str, actor: Actor, event: Any) -> Sheet:
    """One table by its name in addresses. Raises NotFound."""
    if code == "time":
        return await asking.over_time(actor, event.row)
    ask = {
        "status": asking.by_status,
        "types": asking.by_type,
        "sources": asking.by_source,
        "provinces": asking.by_province,
        "places": asking.places,
        "zones": asking.by_zone,
        "arrivals": asking.arrivals,
        "sessions": asking.sessions,
        "villages": asking.villages,
        "outcomes": asking.outcomes,
    }.get(code)
    if ask is None:
        raise NotFound
    return await ask(event.id)


async def _public_sheets(event: UUID) -> list[Sheet]:
    """What everybody may see, small numbers hidden."""
    sheets = [
        await asking.by_type(event, public=True),
        await asking.by_open_zone(event),
        await asking.arrivals(event),
        await asking.by_province(event, public=True),
    ]
    return [hidden_if_small(sheet) for sheet in sheets if sheet.rows]


DASHBOARD = ("time", "types", "places", "zones", "arrivals", "villages", "sessions", "provinces", "sources", "status")


@get("/events/{slug:str}/figures", guards=[signed_in])
async def dashboard(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Everything about the event in numbers; each table can be fetched as a file."""
    event = await managed_event_for(actor, slug)
    sheets = [await _sheet(code, actor, event) for code in DASHBOARD]
    return page(
        request,
        "events/figures/dashboard.html",
        event=event,
        head=report.headline(await publishing.numbers(event.id)),
        sheets=[sheet for sheet in sheets if sheet.rows],
        public_since=await publishing.public_since(event.id),
    )


@get("/events/{slug:str}/figures/{name:str}", guards=[signed_in])
async def as_file(actor: NamedDependency[Actor], slug: FromPath[str], name: FromPath[str]) -> Response[str]:
    """One table as `<code>.csv`."""
    event = await managed_event_for(actor, slug)
    if not name.endswith(".csv"):
        raise NotFound
    sheet = await _sheet(name.removesuffix(".csv"), actor, event)
    headers = {**PRIVATE, "Content-Disposition": disposition(f"{event.slug}-{sheet.code}.csv", inline=False)}
    return Response(as_csv(sheet), media_type="text/csv; charset=utf-8", headers=headers)


@post("/events/{slug:str}/figures/public", guards=[signed_in])
async def publish(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await publishing.show_to_all(actor, event.id)
    return done(request, to=f"/events/{slug}/figures", message=gettext("Everybody can see the statistics now."))


@post("/events/{slug:str}/figures/private", guards=[signed_in])
async def withdraw(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await publishing.keep_to_ourselves(event.id)
    return done(request, to=f"/events/{slug}/figures", message=gettext("Only organizers see the statistics now."))


@get("/events/{slug:str}/statistics", opt=public)
async def statistics(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """What everybody may know; absent until the organizers show it. Small numbers are hidden."""
    event = await event_for(actor, slug)
    since = await publishing.public_since(event.id)
    if since is None or event.status == "draft":
        raise NotFound
    return page(
        request,
        "events/figures/statistics.html",
        event=event,
        head=report.headline(await publishing.numbers(event.id)),
        sheets=await _public_sheets(event.id),
        definitions=report.DEFINITIONS,
    )


@get("/events/{slug:str}/report", guards=[signed_in])
async def show_report(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """The report, ready to be read or sent."""
    event = await managed_event_for(actor, slug)
    return page(
        request,
        "events/figures/report.html",
        fragment="recounted",
        event=event,
        head=report.headline(await publishing.numbers(event.id)),
        sheets=await report.sheets(event.row),
        definitions=report.DEFINITIONS,
        over=event.ends_at <= clock.now(),
        counted=None,
        made_at=clock.now(),
    )


@post("/events/{slug:str}/report/recount", guards=[signed_in], status_code=200)
async def prove(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Count everything anew and say whether every counter agrees."""
    event = await managed_event_for(actor, slug)
    return page(
        request,
        "events/figures/report.html",
        fragment="recounted",
        event=event,
        head=report.headline(await publishing.numbers(event.id)),
        sheets=await report.sheets(event.row),
        definitions=report.DEFINITIONS,
        over=event.ends_at <= clock.now(),
        counted=await recount.recount(event.id),
        made_at=clock.now(),
    )


@get("/events/{slug:str}/report.pdf", guards=[signed_in])
async def report_file(actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[bytes]:
    event = await managed_event_for(actor, slug)
    head, sheets = await publishing.numbers(event.id), await report.sheets(event.row)
    content = await asyncio.to_thread(report.report_pdf, event.row, head, sheets, clock.now())
    headers = {**PRIVATE, "Content-Disposition": disposition(f"{event.slug}-report.pdf", inline=True)}
    return Response(content, media_type="application/pdf", headers=headers)


router = Router(
    "/",
    route_handlers=[dashboard, as_file, publish, withdraw, statistics, show_report, prove, report_file],
    include_in_schema=False,
)
