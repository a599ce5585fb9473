"""Pages for organizers: pools with what is left, what is kept back, how the line moves and why it does not."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import clock, db
from app.core.errors import Conflict, Invalid
from app.core.forms import Form, Line, filled, read_form
from app.core.i18n import gettext, ngettext
from app.core.web import Actor, done, page, signed_in
from events import words
from events.access import EventSeen, managed_event_for
from events.seats import book, holds, pools, recounting, showing

AnyRequest = Request[Any, Any, Any]
Places = Annotated[int, msgspec.Meta(ge=0, le=pools.MOST_PLACES)]


class PoolForm(msgspec.Struct, kw_only=True):
    name_vi: Line
    name_en: Line = ""
    size: Places
    kind: Literal["total", "role", "village", "other"] = "other"
    parent: UUID | None = None
    types: list[UUID] = []
    below_taken: bool = False


class RuleForm(msgspec.Struct, kw_only=True):
    promotion: Literal["confirm", "offer"]
    party_policy: Literal["skip", "hold"]
    after_expiry: Literal["tail", "out"]
    offer_hours: Annotated[int, msgspec.Meta(ge=1, le=720)]
    paused: bool = False
    paused_reason: Line = ""


class HoldForm(msgspec.Struct, kw_only=True):
    ticket_type: UUID
    size: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    label: Line
    ends_at: datetime


@get("/events/{slug:str}/places", guards=[signed_in])
async def show(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Everything that counts places, as a tree; what is kept back; the line and why nobody moves up."""
    return await _page(request, await managed_event_for(actor, slug))


async def _page(request: AnyRequest, event: EventSeen, **forms: Form[Any]) -> Response[str]:
    """The page with the forms that were refused, by name: pool, rule, hold, or pool-<id>."""
    seen = await book.seen(event.id)
    return page(
        request,
        "events/seats/places.html",
        status=422 if any(form.phrases for form in forms.values()) else 200,
        event=event,
        tree=await showing.tree(seen),
        types=[(str(kind["id"]), kind) for kind in seen.types.values()],
        rule=seen.rule,
        rule_form=forms.get("rule")
        or filled({**msgspec.structs.asdict(seen.rule), "paused": bool(seen.rule.paused_at)}),
        holds=await holds.of_event(event.id),
        line=await showing.line(seen),
        blocked=showing.BLOCKED.get(seen.blocked()),
        drift=await recounting.drift(event.id),
        units=seen.units,
        overbooked=await showing.overbooked(event.id),
        forms=forms,
        blank=filled({}),
        filled=filled,
        kinds=[(code, phrase.text()) for code, phrase in pools.KINDS.items()],
        words=words,
    )


def _moved(event: EventSeen, request: AnyRequest, promoted: list[UUID]) -> Response[Any]:
    said = gettext("Saved.")
    if promoted:
        text = ("%(num)s person moved up from the waiting list.", "%(num)s people moved up from the waiting list.")
        said = f"{said} {ngettext(*text, len(promoted))}"
    return done(request, to=f"/events/{event.slug}/places", message=said)


@post("/events/{slug:str}/places", guards=[signed_in])
async def add(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, PoolForm)
    if form.value is None:
        return await _page(request, event, pool=form)
    try:
        await pools.add(actor, event.id, _plan(form.value))
    except Invalid as error:
        return await _page(request, event, pool=form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _page(request, event, pool=form)
    return _moved(event, request, [])


def _plan(value: PoolForm) -> pools.PoolPlan:
    fields = msgspec.structs.asdict(value)
    fields.pop("below_taken")
    return pools.PoolPlan(**{**fields, "types": tuple(value.types)})


@post("/events/{slug:str}/places/{pool:uuid}", guards=[signed_in])
async def edit(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], pool: FromPath[UUID]
) -> Response[Any]:
    """Rename or resize a pool, and say which ticket types take from it."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, PoolForm)
    name = f"pool-{pool}"
    if form.value is None:
        return await _page(request, event, **{name: form})
    try:
        promoted = await pools.edit(actor, event.id, pool, _plan(form.value), below_taken=form.value.below_taken)
    except Invalid as error:
        return await _page(request, event, **{name: form.take(error)})
    return _moved(event, request, promoted)


@post("/events/{slug:str}/places/{pool:uuid}/remove", guards=[signed_in])
async def remove(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], pool: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    try:
        promoted = await pools.remove(actor, event.id, pool)
    except pools.NotEmpty as error:
        return done(request, to=f"/events/{slug}/places", message=error.text())
    return _moved(event, request, promoted)


@post("/events/{slug:str}/line", guards=[signed_in])
async def set_rule(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Say how places are handed on, or pause it."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, RuleForm)
    if form.value is None:
        return await _page(request, event, rule=form)
    value = form.value
    paused_at = clock.now() if value.paused else None
    rule = book.Rule(
        value.promotion, value.party_policy, value.after_expiry, value.offer_hours, paused_at, value.paused_reason
    )
    try:
        promoted = await pools.set_rule(actor, event.id, rule)
    except Invalid as error:
        return await _page(request, event, rule=form.take(error))
    return _moved(event, request, promoted)


@post("/events/{slug:str}/holds", guards=[signed_in])
async def keep(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Keep places back until a moment."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, HoldForm)
    if form.value is None:
        return await _page(request, event, hold=form)
    value = form.value
    try:
        async with db.tx():
            held = await book.locked(event.id)
            await holds.keep(held, actor, value.ticket_type, value.size, value.label, value.ends_at)
    except Invalid as error:
        return await _page(request, event, hold=form.take(error))
    except Conflict as error:
        form.add_error("size", error.phrase, **error.params)
        return await _page(request, event, hold=form)
    return _moved(event, request, [])


@post("/events/{slug:str}/holds/{hold:uuid}/end", guards=[signed_in])
async def let_go(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], hold: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    count = await holds.end(actor, event.id, hold)
    said = ngettext("%(num)s place was given back.", "%(num)s places were given back.", count)
    return done(request, to=f"/events/{slug}/places", message=said)


router = Router("/", route_handlers=[show, add, edit, remove, set_rule, keep, let_go], include_in_schema=False)
