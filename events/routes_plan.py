"""Pages for organizers: the events they run, the form of an event, its ticket types, doors and team."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid, NotAllowed
from app.core.forms import REQUIRED, Form, filled, read_form
from app.core.i18n import N_, gettext, ngettext
from app.core.web import Actor, done, page, role, signed_in
from app.directory.places import provinces
from events import listing, planning, setup, words
from events.access import EventSeen, managed_event_for, owned_event_for
from events.forms import CheckpointForm, CodesForm, EventForm, ReasonForm, StaffForm, TypeForm
from events.planning import EventPlan, TypePlan


@get("/events/manage", guards=[signed_in])
async def manage(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[str]:
    """The events this person works for."""
    return page(request, "events/manage.html", events=await listing.run_by(actor), words=words)


@get("/events/new", guards=[role("organizer")])
async def new_form(request: Request[Any, Any, Any]) -> Response[str]:
    return _event_form(request, None, filled({}))


@post("/events/new", guards=[role("organizer")])
async def new(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[Any]:
    """Make a draft, then go on to its ticket types."""
    form = await read_form(request, EventForm)
    if form.value is None:
        return _event_form(request, None, form)
    try:
        row = await planning.create_event(actor, _plan(form.value))
    except Invalid as error:
        return _event_form(request, None, form.take(error))
    return done(
        request, to=f"/events/{row['slug']}/setup", message=gettext("Saved as a draft. Now add the ticket types.")
    )


@get("/events/{slug:str}/edit", guards=[signed_in])
async def edit_form(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[str]:
    event = await managed_event_for(actor, slug)
    names = [field.name for field in msgspec.structs.fields(EventForm)]
    return _event_form(request, event, filled({name: event.row[name] for name in names}))


@post("/events/{slug:str}/edit", guards=[signed_in])
async def edit(request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, EventForm)
    if form.value is None:
        return _event_form(request, event, form)
    try:
        await planning.edit_event(actor, event.id, _plan(form.value), version=form.value.version)
    except Invalid as error:
        return _event_form(request, event, form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase)
        return _event_form(request, event, form)
    return done(request, to=f"/events/{slug}/setup", message=gettext("Saved."))


def _plan(value: EventForm) -> EventPlan:
    texts = msgspec.structs.asdict(value)
    texts.pop("version")
    known = value.province_code in provinces()
    return EventPlan(**{**texts, "province_code": value.province_code if known else None})


def _event_form(request: Request[Any, Any, Any], event: EventSeen | None, form: Form[Any]) -> Response[str]:
    return page(
        request,
        "events/edit.html",
        status=422 if form.phrases else 200,
        event=event,
        form=form,
        provinces=[(p.code, p.name) for p in provinces().values()],
        words=words,
    )


@get("/events/{slug:str}/setup", guards=[signed_in])
async def setup_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[str]:
    """Everything about an event in one place, with what can be done next."""
    return await _setup(request, await managed_event_for(actor, slug))


async def _setup(request: Request[Any, Any, Any], event: EventSeen, **forms: Form[Any]) -> Response[str]:
    """The page with the forms that were refused (by name: kind, door, staff, cancel, or kind-<id>)."""
    return page(
        request,
        "events/setup.html",
        status=422 if any(form.phrases for form in forms.values()) else 200,
        event=event,
        types=await setup.types_of(event.id),
        checkpoints=await setup.checkpoints_of(event.id),
        staff=await setup.staff_of(event.id),
        forms=forms,
        blank=filled({}),
        filled=filled,
        roles=[(code, phrase.text()) for code, phrase in words.ROLES.items()],
        days=await setup.days_of(event.id),
        colours=[(code, phrase.text()) for code, phrase in words.COLOURS.items()],
        old_codes_until=await planning.old_codes_until(event.id),
        visibilities=[(code, phrase.text()) for code, phrase in words.VISIBILITY.items()],
        words=words,
    )


@post("/events/{slug:str}/status/{act:str}", guards=[signed_in])
async def change_status(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], act: FromPath[str]
) -> Response[Any]:
    """Publish, close or cancel."""
    event = await managed_event_for(actor, slug)
    said = ""
    if act == "publish":
        await planning.publish(actor, event.id)
        said = gettext("Published: people can register now.")
    elif act == "close":
        await planning.close(actor, event.id)
        said = gettext("Registration is closed.")
    elif act == "cancel":
        form = await read_form(request, ReasonForm)
        if form.value is None:
            return await _setup(request, event, cancel=form)
        await planning.cancel_event(actor, event.id, form.value.reason)
        said = gettext("The event is cancelled. Everybody registered is told by mail.")
    else:
        raise NotAllowed
    return done(request, to=f"/events/{slug}/setup", message=said)


@post("/events/{slug:str}/types", guards=[signed_in])
async def add_type(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, TypeForm)
    if form.value is None:
        return await _setup(request, event, kind=form)
    try:
        await setup.add_type(actor, event.id, _kind(form.value))
    except Invalid as error:
        return await _setup(request, event, kind=form.take(error))
    except setup.CodeTaken as error:
        form.add_error("code", error.phrase)
        return await _setup(request, event, kind=form)
    return done(request, to=f"/events/{slug}/setup", message=gettext("Ticket type added."))


def _kind(value: TypeForm) -> TypePlan:
    fields = msgspec.structs.asdict(value)
    fields.pop("below_taken")
    return TypePlan(**fields)


@post("/events/{slug:str}/types/{type_id:uuid}", guards=[signed_in])
async def edit_type(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], type_id: FromPath[UUID]
) -> Response[Any]:
    """Change a ticket type; says how many moved up when there are more places."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, TypeForm)
    name = f"kind-{type_id}"
    if form.value is None:
        return await _setup(request, event, **{name: form})
    try:
        plan, below = _kind(form.value), form.value.below_taken
        promoted = await setup.edit_type(actor, event.id, type_id, plan, below_taken=below)
    except Invalid as error:
        return await _setup(request, event, **{name: form.take(error)})
    said = gettext("Saved.")
    if promoted:
        moved = ngettext(
            "%(num)s person moved up from the waiting list.",
            "%(num)s people moved up from the waiting list.",
            len(promoted),
        )
        said = f"{said} {moved}"
    return done(request, to=f"/events/{slug}/setup", message=said)


@post("/events/{slug:str}/checkpoints", guards=[signed_in])
async def add_checkpoint(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, CheckpointForm)
    if form.value is None:
        return await _setup(request, event, door=form)
    value = form.value
    try:
        await setup.add_checkpoint(
            actor, event.id, name_vi=value.name_vi, name_en=value.name_en, capacity=value.capacity, types=value.types
        )
    except Invalid as error:
        return await _setup(request, event, door=form.take(error))
    return done(request, to=f"/events/{slug}/setup", message=gettext("Checkpoint added."))


@post("/events/{slug:str}/checkpoints/{checkpoint:uuid}/end", guards=[signed_in])
async def end_checkpoint(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], checkpoint: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    try:
        await setup.end_checkpoint(actor, event.id, checkpoint)
    except setup.LastDoor as refused:
        form: Form[Any] = filled({})
        form.add_error("", refused.phrase)
        return await _setup(request, event, door=form)
    return done(request, to=f"/events/{slug}/setup", message=gettext("Checkpoint closed."))


@post("/events/{slug:str}/team", guards=[signed_in])
async def add_staff(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    """The owner adds somebody by e-mail address; the answer is the same with an account and without."""
    event = await owned_event_for(actor, slug)
    form = await read_form(request, StaffForm)
    if form.value is None:
        return await _setup(request, event, staff_form=form)
    try:
        await setup.add_staff(actor, event.id, form.value.email, form.value.role)
    except Invalid as error:
        return await _setup(request, event, staff_form=form.take(error))
    except setup.LastOwner:
        form.add_error("email", N_("An event keeps its owner."))
        return await _setup(request, event, staff_form=form)
    return done(
        request,
        to=f"/events/{slug}/setup",
        message=gettext("We have sent a mail to %(email)s.", email=form.value.email),
    )


@post("/events/{slug:str}/team/{staff:uuid}/end", guards=[signed_in])
async def end_staff(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], staff: FromPath[UUID]
) -> Response[Any]:
    event = await owned_event_for(actor, slug)
    await setup.end_staff(actor, event.id, staff)
    return done(request, to=f"/events/{slug}/setup", message=gettext("Taken off the team."))


@post("/events/{slug:str}/new-codes", guards=[signed_in])
async def new_codes(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    """Replace every code, after a key or a list of codes has leaked; the old ones end at once, or on a chosen day."""
    event = await owned_event_for(actor, slug)
    form = await read_form(request, CodesForm)
    if form.value is None:
        return await _setup(request, event, codes=form)
    value = form.value
    if value.old == "until" and value.keep_until is None:
        form.add_error("keep_until", REQUIRED)
        return await _setup(request, event, codes=form)
    try:
        await planning.rotate_key(
            actor, event.id, value.reason, keep_until=value.keep_until if value.old == "until" else None
        )
    except Invalid as error:
        return await _setup(request, event, codes=form.take(error))
    return done(
        request,
        to=f"/events/{slug}/setup",
        message=gettext("All codes are replaced. Everybody gets the new ticket by mail."),
    )


@post("/events/{slug:str}/new-codes/end", guards=[signed_in])
async def end_old_codes(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    """Codes that were replaced and still open doors open none from now on."""
    event = await owned_event_for(actor, slug)
    await planning.end_old_keys(actor, event.id)
    return done(request, to=f"/events/{slug}/setup", message=gettext("The old codes open no door any more."))


handlers = [
    manage, new_form, new, edit_form, edit, setup_page, change_status, add_type, edit_type, add_checkpoint,
    end_checkpoint, add_staff, end_staff, new_codes, end_old_codes,
]  # fmt: skip
