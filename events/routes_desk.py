"""The desk at a door: scanned or typed codes, names, the verdict in one look, undoing, the live count."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core import db
from app.core.errors import DomainError, NotFound
from app.core.forms import read_form
from app.core.i18n import gettext
from app.core.ids import new_id
from app.core.web import Actor, page, signed_in
from events import checkin, setup, tickets, words
from events.access import EventSeen, desk_event_for
from events.checkin import ScanRequest
from events.forms import ScanForm, UndoForm


@get("/events/{slug:str}/desk", guards=[signed_in])
async def desk(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    checkpoint: FromQuery[UUID | None] = None,
) -> Response[str]:
    """The station: one field that scanners type into and people type into."""
    event = await desk_event_for(actor, slug)
    return await _station(request, event, checkpoint)


async def _station(
    request: Request[Any, Any, Any], event: EventSeen, checkpoint: UUID | None, **found: Any
) -> Response[str]:
    points = await setup.checkpoints_of(event.id)
    if not points:
        raise NotFound
    here = next((point for point in points if point["id"] == checkpoint), points[0])
    shown: dict[str, Any] = {"verdict": None, "hits": None, "typed": "", "direction": "in", "problem": ""}
    return page(
        request,
        "events/desk.html",
        fragment="station",
        event=event,
        points=points,
        door=here,
        latest=await checkin.latest(event.id, here["id"]),
        nonces=[new_id().hex for _n in range(checkin.MOST_HITS + 1)],
        title_of=checkin.title,
        message_of=checkin.message,
        next_of=checkin.next_step,
        words=words,
        **{**shown, **found},
    )


@post("/events/{slug:str}/desk/scan", guards=[signed_in], status_code=200)
async def scan(request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """A code gets its verdict, a name its hits. The form's nonce makes a reload or a double press harmless."""
    event = await desk_event_for(actor, slug)
    form = await read_form(request, ScanForm)
    if form.value is None:
        typed = form.raw.get("text", "")
        return await _station(request, event, None, problem=gettext("Scan a code or type a name.") if not typed else "")
    value = form.value
    await _check_door(event, value.checkpoint)
    if tickets.looks_like_a_name(value.text):
        hits = await checkin.search(event.id, value.checkpoint, value.text)
        return await _station(request, event, value.checkpoint, hits=hits, typed=value.text, direction=value.direction)
    verdict = await checkin.scan(
        actor,
        ScanRequest(
            nonce=value.nonce,
            device_id=f"desk-{actor.session_id or actor.person_id}",
            checkpoint_id=value.checkpoint,
            direction=value.direction,
            code=value.text,
        ),
        device_name=actor.name,
    )
    return await _station(request, event, value.checkpoint, verdict=verdict, direction=value.direction)


async def _check_door(event: EventSeen, checkpoint: UUID) -> None:
    """The door has to be this event's: the address says which event is meant."""
    if not await db.fetchval(
        "SELECT EXISTS (SELECT 1 FROM checkpoint WHERE id = $1 AND event = $2)", checkpoint, event.id
    ):
        raise NotFound


@post("/events/{slug:str}/desk/undo", guards=[signed_in], status_code=200)
async def undo(request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Take a check-in back, with a reason."""
    event = await desk_event_for(actor, slug)
    form = await read_form(request, UndoForm)
    if form.value is None:
        return await _station(request, event, None, problem=gettext("Please say why."))
    problem = gettext("The check-in was undone.")
    try:
        await checkin.undo(actor, event.id, form.value.scan, form.value.reason)
    except DomainError as error:
        problem = error.text()
    return await _station(request, event, form.value.checkpoint, problem=problem)


@get("/events/{slug:str}/desk/count", guards=[signed_in])
async def count(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], checkpoint: FromQuery[UUID]
) -> Response[str]:
    """How many are inside, asked every few seconds; a few rows of counters, never a count of scans."""
    event = await desk_event_for(actor, slug)
    points = await setup.checkpoints_of(event.id)
    here = next((point for point in points if point["id"] == checkpoint), None)
    if here is None:
        raise NotFound
    return page(request, "events/count.html", fragment="count", event=event, door=here)


handlers = [desk, scan, undo, count]
