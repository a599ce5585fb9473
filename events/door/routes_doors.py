"""Pages for those who plan an event: its doors and places, what is asked there, what the door is told of a guest."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core.errors import Conflict, Invalid
from app.core.forms import Form, Line, Text, filled, read_form
from app.core.i18n import gettext
from app.core.web import Actor, done, page, signed_in
from events import setup
from events.access import EventSeen, managed_event_for
from events.door import flags, places
from events.forms import Capacity


class AddForm(msgspec.Struct, kw_only=True):
    name_vi: Line
    name_en: Line = ""
    zone: UUID | None = None


class DoorForm(msgspec.Struct, kw_only=True):
    name_vi: Line
    name_en: Line = ""
    zone: UUID
    direction: Line = "both"
    types: list[str] = []
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    opens_daily: Line = ""
    closes_daily: Line = ""
    session: UUID | None = None
    walk_in_minutes: Annotated[int, msgspec.Meta(ge=0, le=places.MOST_MINUTES)] = 5


class PlaceForm(msgspec.Struct, kw_only=True):
    name_vi: Line = ""
    name_en: Line = ""
    kind: Line = "hall"
    parent: UUID | None = None
    cap: Capacity | None = None
    re_entry: Line = "after_exit"
    empties_at: Line = ""


class QuestionForm(msgspec.Struct, kw_only=True):
    code: Line = ""
    text_vi: Line
    text_en: Line = ""
    kind: Line = "yes_no"
    options: Text = ""
    required: bool = False


class RemoveForm(msgspec.Struct, kw_only=True):
    code: Line


class FlagForm(msgspec.Struct, kw_only=True):
    vip: bool = False
    attention: bool = False
    note: Annotated[str, msgspec.Meta(max_length=flags.LONGEST_NOTE)] = ""


# --- doors and places ----------------------------------------------------------------------------------------------


@get("/events/{slug:str}/doors", guards=[signed_in])
async def door_list(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[str]:
    """The places of an event as a tree, with their doors and how many are inside now."""
    return await _doors(request, await managed_event_for(actor, slug))


async def _doors(request: Request[Any, Any, Any], event: EventSeen, form: Form[Any] | None = None) -> Response[str]:
    return page(
        request,
        "events/door/doors.html",
        fragment="tree",
        status=422 if form is not None and form.phrases else 200,
        event=event,
        tree=await places.tree_of(event.id),
        form=form or filled({}),
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "directions": places.DIRECTIONS,
        "re_entries": places.RE_ENTRY,
        "kinds": places.KINDS,
        "question_kinds": places.QUESTION_KINDS,
    }


@post("/events/{slug:str}/doors", guards=[signed_in])
async def add_door(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[Any]:
    """A further door; its page is next, because the rest is said there."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, AddForm)
    if form.value is None:
        return await _doors(request, event, form)
    value = form.value
    try:
        number = await places.add_door(actor, event.id, name_vi=value.name_vi, name_en=value.name_en, zone=value.zone)
    except Invalid as error:
        return await _doors(request, event, form.take(error))
    return done(request, to=f"/events/{slug}/doors/{number}", message=gettext("Checkpoint added."))


@get("/events/{slug:str}/doors/{checkpoint:uuid}", guards=[signed_in])
async def door_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], checkpoint: FromPath[UUID]
) -> Response[str]:
    """Everything about one door: its hours, who may pass, what is asked, and the place behind it."""
    event = await managed_event_for(actor, slug)
    return await _door(request, event, await places.door_of(event.id, checkpoint))


async def _door(
    request: Request[Any, Any, Any], event: EventSeen, row: asyncpg.Record, **forms: Form[Any]
) -> Response[str]:
    """The page with the forms that were refused, by name: door, ask, or ask-<code>."""
    tree = await places.tree_of(event.id)
    zone = await places.place_of(event.id, row["zone"])
    return page(
        request,
        "events/door/checkpoint.html",
        status=422 if any(form.phrases for form in forms.values()) else 200,
        event=event,
        door=row,
        zone=zone,
        tree=tree,
        types=await setup.types_of(event.id),
        sessions=await places.sessions_of(event.id),
        form=forms.get("door") or _door_form(row),
        place_form=_place_form(zone),
        forms=forms,
        blank=filled({"required": True}),
        filled=filled,
        options_text=places.options_text,
        ground=places.GROUND,
        **_words(),
    )


def _door_form(door: asyncpg.Record) -> Form[Any]:
    values = {field.name: door[field.name] for field in msgspec.structs.fields(DoorForm) if field.name != "types"}
    hours = {name: f"{door[name]:%H:%M}" if door[name] else None for name in ("opens_daily", "closes_daily")}
    return filled({**values, **hours, "types": door["ticket_types"] or []})


def _place_form(zone: asyncpg.Record) -> Form[Any]:
    values = {field.name: zone[field.name] for field in msgspec.structs.fields(PlaceForm)}
    return filled({**values, "empties_at": f"{zone['empties_at']:%H:%M}" if zone["empties_at"] else None})


@post("/events/{slug:str}/doors/{checkpoint:uuid}", guards=[signed_in])
async def edit_door(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], checkpoint: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    door = await places.door_of(event.id, checkpoint)
    form = await read_form(request, DoorForm)
    if form.value is None:
        return await _door(request, event, door, door=form)
    try:
        values = msgspec.structs.asdict(form.value)
        for name in ("opens_daily", "closes_daily"):
            values[name] = places.hour(values[name], name)
        await places.edit_door(actor, event.id, checkpoint, places.DoorPlan(**values))
    except Invalid as error:
        return await _door(request, event, door, door=form.take(error))
    return done(request, to=f"/events/{slug}/doors", message=gettext("Saved."))


@get("/events/{slug:str}/doors/place/{zone:uuid}", guards=[signed_in])
async def place_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], zone: FromPath[UUID]
) -> Response[str]:
    """What holds in one place: its limit, what it lies in, coming back, when it is emptied."""
    event = await managed_event_for(actor, slug)
    place = await places.place_of(event.id, zone)
    return await _place(request, event, place, _place_form(place))


async def _place(
    request: Request[Any, Any, Any], event: EventSeen, zone: asyncpg.Record, form: Form[Any]
) -> Response[str]:
    return page(
        request,
        "events/door/place.html",
        status=422 if form.phrases else 200,
        event=event,
        zone=zone,
        tree=await places.tree_of(event.id),
        place_form=form,
        ground=places.GROUND,
        **_words(),
    )


@post("/events/{slug:str}/doors/place/{zone:uuid}", guards=[signed_in])
async def edit_place(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], zone: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    place = await places.place_of(event.id, zone)
    form = await read_form(request, PlaceForm)
    if form.value is None:
        return await _place(request, event, place, form)
    try:
        values = msgspec.structs.asdict(form.value)
        values["empties_at"] = places.hour(values["empties_at"], "empties_at")
        await places.edit_place(actor, event.id, zone, places.PlacePlan(**values))
    except Invalid as error:
        return await _place(request, event, place, form.take(error))
    return done(request, to=f"/events/{slug}/doors", message=gettext("Saved."))


@post("/events/{slug:str}/doors/{checkpoint:uuid}/questions", guards=[signed_in])
async def save_question(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], checkpoint: FromPath[UUID]
) -> Response[Any]:
    """Ask one thing more at a door, or change what is asked."""
    event = await managed_event_for(actor, slug)
    door = await places.door_of(event.id, checkpoint)
    form = await read_form(request, QuestionForm)
    name = f"ask-{form.raw.get('code', '')}" if form.raw.get("code") else "ask"
    if form.value is None:
        return await _door(request, event, door, **{name: form})
    values = msgspec.structs.asdict(form.value)
    code = values.pop("code")
    try:
        await places.save_question(actor, event.id, checkpoint, code, places.Question(**values))
    except Invalid as error:
        return await _door(request, event, door, **{name: form.take(error)})
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _door(request, event, door, **{name: form})
    return done(request, to=f"/events/{slug}/doors/{checkpoint}", message=gettext("Saved."))


@post("/events/{slug:str}/doors/{checkpoint:uuid}/questions/remove", guards=[signed_in])
async def remove_question(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], checkpoint: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    door = await places.door_of(event.id, checkpoint)
    form = await read_form(request, RemoveForm)
    if form.value is None:
        return await _door(request, event, door, ask=form)
    await places.remove_question(actor, event.id, checkpoint, form.value.code)
    return done(request, to=f"/events/{slug}/doors/{checkpoint}", message=gettext("This is asked no more."))


# --- what the door is told of guests -------------------------------------------------------------------------------


@get("/events/{slug:str}/flags", guards=[signed_in])
async def flag_list(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], q: FromQuery[str] = ""
) -> Response[str]:
    """Of whom the door is told something; with `q`, whom it could be told something of."""
    event = await managed_event_for(actor, slug)
    return page(
        request, "events/door/flags.html", event=event, guests=await flags.flagged(event.id, q[:200]), q=q[:200]
    )


@get("/events/{slug:str}/flags/{registration:uuid}", guards=[signed_in])
async def flag_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], registration: FromPath[UUID]
) -> Response[str]:
    event = await managed_event_for(actor, slug)
    guest = await flags.guest_of(event.id, registration)
    return await _flag(request, event, guest, filled({name: guest[name] for name in ("vip", "attention", "note")}))


async def _flag(
    request: Request[Any, Any, Any], event: EventSeen, guest: asyncpg.Record, form: Form[Any]
) -> Response[str]:
    return page(
        request,
        "events/door/flag.html",
        status=422 if form.phrases else 200,
        event=event,
        guest=guest,
        earlier=await flags.earlier(guest["id"]),
        form=form,
    )


@post("/events/{slug:str}/flags/{registration:uuid}", guards=[signed_in])
async def set_flag(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], registration: FromPath[UUID]
) -> Response[Any]:
    """Tell the door something of a guest; the scanners have it with their next cards."""
    event = await managed_event_for(actor, slug)
    guest = await flags.guest_of(event.id, registration)
    form = await read_form(request, FlagForm)
    if form.value is None:
        return await _flag(request, event, guest, form)
    value = form.value
    try:
        await flags.set_flag(actor, event.id, registration, vip=value.vip, attention=value.attention, note=value.note)
    except Invalid as error:
        return await _flag(request, event, guest, form.take(error))
    return done(request, to=f"/events/{slug}/flags", message=gettext("The door knows it now."))


handlers = [
    door_list, add_door, door_page, edit_door, place_page, edit_place, save_question, remove_question,
    flag_list, flag_page, set_flag,
]  # fmt: skip
