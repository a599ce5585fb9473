"""Pages of the public agenda: by day, room and track, one session, one speaker, what changed, calendars and files."""

from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import db
from app.core.clock import now
from app.core.i18n import pick
from app.core.settings import get_settings
from app.core.web import Actor, page, public
from events.access import EventSeen, event_for
from events.agenda import (
    booking,
    calendar,
    drafts,
    frab,
    frab_xml,
    grid,
    importing,
    listing,
    releasing,
    rooms,
    routes_mine,
    routes_plan,
    words,
)
from events.agenda.listing import Wanted

AnyRequest = Request[Any, Any, Any]


@get("/events/{slug:str}/agenda", opt=public)
async def agenda(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
) -> Response[str]:
    """What takes place when and where; a day, room or track that is none is left out."""
    event = await event_for(actor, slug)
    everything = await listing.shown(event.id)
    days = sorted({listing.day_of(one["starts_at"]) for one in everything})
    query = request.query_params
    wanted = Wanted(
        day=listing.read_day(query.get("day", "")),
        room=query.get("room", ""),
        track=query.get("track", ""),
        q=query.get("q", ""),
    )
    found = listing.matching(everything, wanted)
    as_grid = query.get("view") == "grid" and bool(days)
    chosen = wanted.day or (days[0] if as_grid else None)
    return page(
        request,
        "events/agenda/agenda.html",
        fragment="sessions",
        event=event,
        sessions=found,
        by_day=listing.by_day(found),
        days=[(one, sum(1 for session in everything if listing.day_of(session["starts_at"]) == one)) for one in days],
        rooms=listing.rooms(everything),
        tracks=listing.tracks(everything),
        wanted=wanted,
        as_grid=as_grid,
        table=grid.grid(chosen, await rooms.rooms_of(event.id), found) if as_grid and chosen else None,
        chosen=chosen,
        now=now(),
        words=words,
        feed=f"{get_settings().origin}/events/{event.slug}/agenda.ics",
    )


@get("/events/{slug:str}/agenda/changes", opt=public)
async def changes(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    event = await event_for(actor, slug)
    return page(
        request, "events/agenda/changes.html", event=event, releases=await releasing.releases(event.id), words=words
    )


@get("/events/{slug:str}/sessions/{session:str}", opt=public)
async def session_page(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], session: FromPath[str]
) -> Response[str]:
    """One session; whoever is signed in and has a ticket can book a seat here."""
    event = await event_for(actor, slug)
    found = await listing.session_for(event.id, session)
    ticket = await _ticket(actor, event)
    return page(
        request,
        "events/agenda/session.html",
        event=event,
        session=found,
        ticket=ticket,
        booked=await booking.status_in(ticket["id"], found["id"]) if ticket else None,
        over=found["ends_at"] <= now(),
        words=words,
    )


async def _ticket(actor: Actor, event: EventSeen) -> Any:
    """The confirmed ticket of somebody signed in."""
    if actor.id is None:
        return None
    return await db.fetchrow(
        "SELECT id, secret FROM registration WHERE event = $1 AND person = $2 AND status = 'confirmed'"
        " ORDER BY registered_at LIMIT 1",
        *(event.id, actor.id),
    )


@get("/events/{slug:str}/speakers/{speaker:str}", opt=public)
async def speaker_page(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], speaker: FromPath[str]
) -> Response[str]:
    event = await event_for(actor, slug)
    found, sessions = await listing.speaker_for(event.id, speaker)
    return page(
        request, "events/agenda/speaker.html", event=event, speaker=found, sessions=sessions, words=words, now=now()
    )


@get("/events/{slug:str}/agenda.ics", opt=public)
async def feed(actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[bytes]:
    """A calendar to subscribe to: programs ask again every hour."""
    event = await event_for(actor, slug)
    name = pick(event.title_vi, event.title_en)
    content = calendar.calendar(name, event.slug, await listing.shown(event.id))
    return _file(content, "text/calendar; charset=utf-8", f"{event.slug}.ics", inline=True)


@get("/events/{slug:str}/agenda/schedule.json", opt=public)
async def schedule_json(actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[bytes]:
    """The public agenda as conference programs exchange it."""
    head, talks = await _schedule(await event_for(actor, slug))
    return _file(frab.write_json(head, talks), "application/json", "schedule.json", inline=True)


@get("/events/{slug:str}/agenda/schedule.xml", opt=public)
async def schedule_xml(actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[bytes]:
    head, talks = await _schedule(await event_for(actor, slug))
    return _file(frab_xml.write_xml(head, talks), "application/xml", "schedule.xml", inline=True)


async def _schedule(event: EventSeen) -> tuple[frab.Head, list[frab.Talk]]:
    rules = await drafts.agenda_of(event.id)
    head = importing.head(event, pick(event.title_vi, event.title_en), rules["release"], get_settings().origin)
    return head, await importing.published_talks(event.id)


def _file(content: bytes, media_type: str, name: str, *, inline: bool) -> Response[bytes]:
    kind = "inline" if inline else "attachment"
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'{kind}; filename="{name}"'})


router = Router(
    "/",
    route_handlers=[
        agenda,
        changes,
        session_page,
        speaker_page,
        feed,
        schedule_json,
        schedule_xml,
        *routes_plan.handlers,
        *routes_mine.handlers,
    ],
    include_in_schema=False,
)
