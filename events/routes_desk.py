"""The desk at a door: scanned or typed codes, names, the verdict in one look, undoing, the live count."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core import db
from app.core.errors import DomainError, NotFound
from app.core.forms import Form, read_form
from app.core.i18n import gettext
from app.core.ids import new_id
from app.core.web import Actor, page, signed_in
from events import checkin, rights, setup, tickets, words
from events.access import EventSeen, desk_event_for
from events.door import answers, reasons, scanning
from events.door.scanning import ScanRequest, Verdict
from events.forms import ScanForm, UndoForm

LONGEST_NAME = 60


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
        title_of=answers.title,
        message_of=answers.message,
        next_of=answers.next_step,
        words=words,
        reasons=reasons.REASONS,
        **{**shown, **found},
    )


@post("/events/{slug:str}/desk/scan", guards=[signed_in], status_code=200)
async def scan(request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """A code gets its verdict, a name its hits. The form's nonce makes a reload or a double press harmless."""
    event = await desk_event_for(actor, slug)
    form = await read_form(request, ScanForm)
    if form.value is None:
        problem = gettext("Scan a code or type a name.") if not form.raw.get("text") else ""
        return await _again(request, event, form, problem)
    value = form.value
    await _check_door(event, value.checkpoint)
    typed, hits, verdict = value.text, None, None
    is_name = tickets.looks_like_a_name(typed)
    if not is_name:
        verdict = await _decided(actor, value)
    if is_name or (verdict and verdict.reason == "unknown_code" and len(typed) < LONGEST_NAME):
        hits = await checkin.search(event.id, value.checkpoint, typed)
        await rights.seen_by(actor, event, rights.DESK_SEARCH, hits)
    # "F88" is no code, but may be how somebody is called; where nobody is, the verdict alone says enough
    found: dict[str, Any] = {"hits": hits if is_name or hits else None, "verdict": verdict, "typed": typed}
    return await _station(request, event, value.checkpoint, direction=value.direction, **found)


async def _decided(actor: Actor, value: ScanForm) -> Verdict:
    """The verdict on a code. A form may come a second time with another code, after the back button: that is another
    act and gets a nonce of its own, made from both, so that pressing twice still counts once."""
    act = ScanRequest(
        nonce=value.nonce,
        device_id=f"desk-{actor.session_id or actor.person_id}",
        checkpoint_id=value.checkpoint,
        direction=value.direction,
        code=value.text,
    )
    verdict = await scanning.scan(actor, act, device_name=actor.name)
    if verdict.reason == "nonce_reused":
        meant = f"{value.nonce} {value.checkpoint} {value.direction} {tickets.normalise(value.text)}"
        act = msgspec.structs.replace(act, nonce=f"desk.{tickets.hashed(meant).hex()}")
        verdict = await scanning.scan(actor, act, device_name=actor.name)
    return verdict


async def _again(request: Request[Any, Any, Any], event: EventSeen, form: Form[Any], problem: str) -> Response[str]:
    """The station after a form that cannot be taken: at the same door, in the same direction."""
    try:
        checkpoint = UUID(form.raw.get("checkpoint", ""))
    except ValueError:
        checkpoint = None
    direction = "out" if form.raw.get("direction") == "out" else "in"
    return await _station(request, event, checkpoint, problem=problem, direction=direction)


async def _check_door(event: EventSeen, checkpoint: UUID) -> None:
    """The door has to be one of this event's that is in use: the address says which event is meant."""
    if not await db.fetchval(
        "SELECT EXISTS (SELECT 1 FROM checkpoint WHERE id = $1 AND event = $2 AND ended_at IS NULL)",
        *(checkpoint, event.id),
    ):
        raise NotFound


@post("/events/{slug:str}/desk/undo", guards=[signed_in], status_code=200)
async def undo(request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Take a check-in back, with a reason."""
    event = await desk_event_for(actor, slug)
    form = await read_form(request, UndoForm)
    if form.value is None:
        return await _again(request, event, form, gettext("Please say why."))
    problem = gettext("The check-in was undone.")
    try:
        await checkin.undo(actor, event.id, form.value.scan, form.value.reason)
    except DomainError as error:
        problem = error.text()
    return await _station(request, event, form.value.checkpoint, problem=problem, direction=form.value.direction)


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
