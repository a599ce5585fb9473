"""Pages of the command centre: the figures as they are, for phones and walls, and their proof."""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core.i18n import current_locale, gettext, pick
from app.core.web import Actor, page, signed_in
from events.access import EventSeen, desk_event_for, managed_event_for
from events.command import foreseeing, proving, shared
from events.command.counting import MINUTES, RATE_MINUTES, Snapshot
from events.command.foreseeing import AHEAD_MINUTES, Assumption
from events.door.reasons import REASONS
from events.figures.sheets import Column, Sheet

AnyRequest = Request[Any, Any, Any]
SHOWN_DOORS = 12
"""The table by the minute names so many doors; the sum is of all."""


def _number(typed: str, most: float) -> float | None:
    """A number as people type it; None where it is none that can be reckoned with."""
    try:
        value = float(typed.strip().replace(",", "."))
    except ValueError:
        return None
    return value if 0 < value <= most else None


def by_minute(seen: Snapshot) -> Sheet:
    """Arrivals of the last hour, minute by minute and door by door, the newest first."""
    doors = seen.doors[:SHOWN_DOORS]
    stamps = [seen.clock_at(n) for n in range(MINUTES)]
    titles = [gettext("Minute"), gettext("All doors"), *(pick(door.name_vi, door.name_en) for door in doors)]
    rows = [
        (stamp, whole, *parts)
        for stamp, whole, *parts in zip(stamps, seen.minutes, *(door.minutes for door in doors), strict=True)
    ]
    return Sheet(
        code="minutes",
        title=gettext("Arrivals by the minute"),
        columns=tuple(Column(title) for title in titles),
        rows=tuple(reversed(rows)),
    )


def _shown(event: EventSeen, seen: Snapshot, assumed: Assumption) -> dict[str, Any]:
    seconds, known = foreseeing.seconds_of(seen, assumed)
    return {
        "event": event,
        "seen": seen,
        "sheet": by_minute(seen),
        "outlook": foreseeing.outlook(seen, assumed),
        "assumed": assumed,
        "seconds": seconds,
        "known": known,
        "ahead": AHEAD_MINUTES,
        "rate_minutes": RATE_MINUTES,
        "reasons": REASONS,
    }


@get("/events/{slug:str}/command", guards=[signed_in])
async def command(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    a_minute: FromQuery[str] = "",
    seconds: FromQuery[str] = "",
    wall: FromQuery[str] = "",
) -> Response[str]:
    """The command centre for everybody who works at the doors. `live` draws itself again every five seconds."""
    event = await desk_event_for(actor, slug)
    seen = await shared.now_of(event.id)
    assumed = Assumption(_number(a_minute, foreseeing.MOST_A_MINUTE), _number(seconds, foreseeing.MOST_SECONDS))
    tag = shared.tag_of(
        seen, current_locale(), a_minute, seconds, wall, event.managed, request.headers.get("hx-request")
    )
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "HX-Request, Cookie, Accept-Language"}
    if request.headers.get("hx-request") and request.headers.get("if-none-match") == tag:
        return Response("", status_code=304, headers=headers)
    response = page(
        request,
        "events/command/command.html",
        fragment="live",
        typed={"a_minute": a_minute[:12], "seconds": seconds[:12]},
        wrong=[name for name, text in (("a_minute", a_minute), ("seconds", seconds)) if text.strip()
               and getattr(assumed, name) is None],
        wall=wall == "1",
        proof=None,
        **_shown(event, seen, assumed),
    )  # fmt: skip
    if request.headers.get("hx-request"):
        response.headers.update(headers)
    return response


@post("/events/{slug:str}/command/recount", guards=[signed_in], status_code=200)
async def recount(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Prove every figure from the rows of scans, and say what differs."""
    event = await managed_event_for(actor, slug)
    proof = await proving.prove(event.id, event.ends_at)
    return page(
        request,
        "events/command/command.html",
        fragment="proved",
        typed={"a_minute": "", "seconds": ""},
        wrong=[],
        wall=False,
        proof=proof,
        **_shown(event, await shared.now_of(event.id), Assumption()),
    )


router = Router("/", route_handlers=[command, recount], include_in_schema=False)
