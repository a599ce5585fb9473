"""Pages for exhibitors: asking for a booth, what became of it, passes for the staff."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import limits
from app.core.errors import Conflict, Invalid, NotAllowed
from app.core.forms import Form, filled, read_form
from app.core.i18n import gettext
from app.core.web import Actor, done, page, signed_in
from events.access import EventSeen, event_for
from events.floor import booths, exhibitors, passes, villages, words
from events.floor.access import ExhibitorSeen, exhibitor_for, own_organisations
from events.floor.exhibitors import Application
from events.floor.forms import ApplyForm, PassForm

AnyRequest = Request[Any, Any, Any]


@get("/events/{slug:str}/exhibit", guards=[signed_in])
async def apply_form(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    return await _apply_form(request, actor, await event_for(actor, slug), filled({}))


async def _apply_form(request: AnyRequest, actor: Actor, event: EventSeen, form: Form[Any]) -> Response[str]:
    return page(
        request,
        "events/floor/exhibit.html",
        status=422 if form.phrases else 200,
        event=event,
        form=form,
        ground=await exhibitors.ground_of(event.id),
        organisations=await own_organisations(actor),
        villages=await villages.villages_of(event.id),
        own=await exhibitors.own(actor, event.id),
        words=words,
    )


@post("/events/{slug:str}/exhibit", guards=[signed_in])
async def apply(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await event_for(actor, slug)
    form = await read_form(request, ApplyForm)
    if form.value is None:
        return await _apply_form(request, actor, event, form)
    await limits.hit("floor.apply", actor.id, 30, 3600)
    try:
        number = await exhibitors.apply(actor, event.id, Application(**msgspec.structs.asdict(form.value)))
    except Invalid as error:
        return await _apply_form(request, actor, event, form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _apply_form(request, actor, event, form)
    return done(
        request, to=f"/events/{slug}/exhibit/{number}", message=gettext("Sent. You hear from the organisers by mail.")
    )


@get("/events/{slug:str}/exhibit/{exhibitor:uuid}", guards=[signed_in])
async def own_page(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], exhibitor: FromPath[UUID]
) -> Response[str]:
    return await _own_page(request, await exhibitor_for(actor, slug, exhibitor), filled({}))


async def _own_page(request: AnyRequest, seen: ExhibitorSeen, form: Form[Any]) -> Response[str]:
    own = [one for one in await booths.booths_of(seen.event.id) if one["exhibitor"] == seen.row["id"]]
    return page(
        request,
        "events/floor/exhibitor.html",
        status=422 if form.phrases else 200,
        event=seen.event,
        exhibitor=seen,
        booths=own,
        passes=await passes.passes_of(seen.row["id"]),
        form=form,
        words=words,
    )


async def _editable(actor: Actor, slug: str, exhibitor: UUID) -> ExhibitorSeen:
    seen = await exhibitor_for(actor, slug, exhibitor)
    if not seen.edits:
        raise NotAllowed
    return seen


@post("/events/{slug:str}/exhibit/{exhibitor:uuid}/passes", guards=[signed_in])
async def give_pass(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], exhibitor: FromPath[UUID]
) -> Response[Any]:
    """A pass for somebody of the staff; the ticket goes to their address."""
    seen = await _editable(actor, slug, exhibitor)
    form = await read_form(request, PassForm)
    if form.value is None:
        return await _own_page(request, seen, form)
    try:
        await passes.give(actor, seen.row["id"], form.value.full_name, form.value.email)
    except Invalid as error:
        return await _own_page(request, seen, form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _own_page(request, seen, form)
    return done(request, to=f"/events/{slug}/exhibit/{exhibitor}", message=gettext("The pass is on its way by mail."))


@post("/events/{slug:str}/exhibit/{exhibitor:uuid}/passes/{number:uuid}/end", guards=[signed_in])
async def end_pass(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    exhibitor: FromPath[UUID],
    number: FromPath[UUID],
) -> Response[Any]:
    seen = await _editable(actor, slug, exhibitor)
    await passes.take_back(actor, seen.row["id"], number)
    return done(request, to=f"/events/{slug}/exhibit/{exhibitor}", message=gettext("The pass is taken back."))


@post("/events/{slug:str}/exhibit/{exhibitor:uuid}/withdraw", guards=[signed_in])
async def withdraw(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], exhibitor: FromPath[UUID]
) -> Response[Any]:
    seen = await _editable(actor, slug, exhibitor)
    await exhibitors.withdraw(actor, seen.row["id"])
    return done(request, to=f"/events/{slug}/exhibit/{exhibitor}", message=gettext("Withdrawn."))


handlers = [apply_form, apply, own_page, give_pass, end_pass, withdraw]
