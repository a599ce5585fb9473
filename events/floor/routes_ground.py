"""Pages for organizers of a festival: hosts, series, villages, exhibitors, booths and plans."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.keeping import draft_from
from app.core.files.uploads import PICTURE_BODY, upload_form
from app.core.forms import Form, filled, read_form
from app.core.i18n import gettext, ngettext
from app.core.web import Actor, done, page, signed_in, wants_fragment
from app.directory.importing.tabular import TOO_LARGE, CannotRead
from events.access import EventSeen, managed_event_for
from events.floor import booths, exhibitors, hosting, passes, village_list, villages, words
from events.floor.booths import PLAN_FILE, Place
from events.floor.exhibitors import Decision, Rules
from events.floor.forms import (
    BoothForm,
    CodesForm,
    DecisionForm,
    EditionForm,
    GiveForm,
    GroundForm,
    HostForm,
    PlanForm,
    VillageForm,
    VillageListForm,
)
from events.floor.villages import VillagePlan

AnyRequest = Request[Any, Any, Any]


@get("/events/{slug:str}/ground", guards=[signed_in])
async def ground(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    return await _ground(request, await managed_event_for(actor, slug))


async def _ground(request: AnyRequest, event: EventSeen, **forms: Form[Any]) -> Response[str]:
    return page(
        request,
        "events/floor/ground.html",
        status=422 if any(form.phrases for form in forms.values()) else 200,
        event=event,
        villages=await villages.villages_of(event.id),
        hosts=await hosting.hosts_of(event.id, waiting=True),
        edition=await hosting.edition_of(event.id),
        ground=await exhibitors.ground_of(event.id),
        counts=await exhibitors.counts(event.id),
        types=await passes.choices(event.id),
        forms=forms,
        blank=filled({}),
        filled=filled,
        words=words,
    )


@post("/events/{slug:str}/ground/hosts", guards=[signed_in])
async def add_host(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, HostForm)
    if form.value is None:
        return await _ground(request, event, host=form)
    try:
        await hosting.add_host(actor, event.id, form.value.organisation, form.value.role)
    except Invalid as error:
        return await _ground(request, event, host=form.take(error))
    return done(request, to=f"/events/{slug}/ground", message=gettext("Saved."))


@post("/events/{slug:str}/ground/hosts/{host:uuid}/end", guards=[signed_in])
async def end_host(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], host: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await hosting.end_host(actor, event.id, host)
    return done(request, to=f"/events/{slug}/ground", message=gettext("Saved."))


@post("/events/{slug:str}/ground/edition", guards=[signed_in])
async def set_edition(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, EditionForm)
    if form.value is None:
        return await _ground(request, event, edition=form)
    await hosting.set_edition(actor, event.id, form.value.name_vi, form.value.name_en, form.value.label)
    return done(request, to=f"/events/{slug}/ground", message=gettext("Saved."))


@post("/events/{slug:str}/ground/rules", guards=[signed_in])
async def set_rules(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, GroundForm)
    if form.value is None:
        return await _ground(request, event, rules=form)
    try:
        await exhibitors.set_rules(actor, event.id, Rules(**msgspec.structs.asdict(form.value)))
    except Invalid as error:
        return await _ground(request, event, rules=form.take(error))
    return done(request, to=f"/events/{slug}/ground", message=gettext("Saved."))


@post("/events/{slug:str}/ground/villages", guards=[signed_in])
async def add_village(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, VillageForm)
    if form.value is None:
        return await _ground(request, event, village=form)
    try:
        made = await villages.make(actor, event.id, VillagePlan(**msgspec.structs.asdict(form.value)))
    except Invalid as error:
        return await _ground(request, event, village=form.take(error))
    except Conflict as error:
        form.add_error("places", error.phrase, **error.params)
        return await _ground(request, event, village=form)
    return done(request, to=f"/events/{slug}/villages/{made}/run", message=gettext("The village is made."))


@post("/events/{slug:str}/ground/villages/list", guards=[signed_in], request_max_body_size=2 * village_list.MOST_BYTES)
async def add_villages(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Many villages from a list; a file that cannot be taken as it is comes back as lines to be put right."""
    event = await managed_event_for(actor, slug)
    async with upload_form(request, VillageListForm, {"file": village_list.MOST_BYTES}) as (form, files):
        if form.value is None:
            return await _ground(request, event, list=form)
        text = form.value.villages
        try:
            if (upload := files.get("file")) is not None and (upload.size or upload.too_large):
                if upload.too_large:
                    raise CannotRead(TOO_LARGE, max=village_list.MOST_BYTES // 1_000_000)
                text = await asyncio.to_thread(village_list.as_text, upload.path)
            made = await village_list.make(actor, event.id, village_list.pasted(text))
        except CannotRead as error:
            form.add_error("file", error.phrase, **error.params)
            return await _ground(request, event, list=form)
        except Invalid as error:
            return await _ground(request, event, list=filled({"villages": text}).take(error))
        except Conflict as error:
            again = filled({"villages": text})
            again.add_error("villages", error.phrase, **error.params)
            return await _ground(request, event, list=again)
    said = [ngettext("%(num)s village made.", "%(num)s villages made.", made.new)]
    if made.there:
        said.append(ngettext("%(num)s was there already.", "%(num)s were there already.", made.there))
    if made.unknown:
        said.append(gettext("No account yet, so add them later: %(addresses)s.", addresses=", ".join(made.unknown)))
    return done(request, to=f"/events/{slug}/ground", message=" ".join(said))


# --- exhibitors ---------------------------------------------------------------------------------------------------


@get("/events/{slug:str}/ground/exhibitors", guards=[signed_in])
async def queue(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], status: FromQuery[str] = ""
) -> Response[str]:
    return await _queue(request, await managed_event_for(actor, slug), status)


async def _queue(request: AnyRequest, event: EventSeen, status: str, form: Form[Any] | None = None) -> Response[str]:
    status = status if status in words.EXHIBITOR else ""
    return page(
        request,
        "events/floor/queue.html",
        status=422 if form is not None else 200,
        event=event,
        queue=await exhibitors.queue(event.id, status=status),
        counts=await exhibitors.counts(event.id),
        free=[one for one in await booths.booths_of(event.id) if one["exhibitor"] is None],
        shown=status,
        form=form or filled({}),
        words=words,
    )


@post("/events/{slug:str}/ground/exhibitors/{exhibitor:uuid}", guards=[signed_in])
async def decide(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], exhibitor: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, DecisionForm)
    if form.value is None:
        return await _queue(request, event, "", form)
    if form.value.status not in ("accepted", "declined", "removed"):
        raise NotFound
    try:
        await exhibitors.decide(actor, event.id, exhibitor, Decision(**msgspec.structs.asdict(form.value)))
    except Invalid as error:
        return await _queue(request, event, "", form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _queue(request, event, "", form)
    return done(request, to=f"/events/{slug}/ground/exhibitors", message=gettext("Saved. The organisation is told."))


# --- booths -------------------------------------------------------------------------------------------------------


@get("/events/{slug:str}/ground/booths", guards=[signed_in])
async def booth_list(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Booths on their plans, to be dragged, and as a list with the same as fields."""
    return await _booths(request, await managed_event_for(actor, slug))


async def _booths(request: AnyRequest, event: EventSeen, **forms: Form[Any]) -> Response[str]:
    found = await booths.booths_of(event.id)
    q = request.query_params.get("q", "").strip().casefold()
    return page(
        request,
        "events/floor/booths.html",
        fragment="ground",
        status=422 if any(form.phrases for form in forms.values()) else 200,
        event=event,
        booths=found,
        shown=[one for one in found if q in f"{one['code']} {one['organisation'] or ''}".casefold()][:200],
        q=q,
        plans=await booths.plans_of(event.id),
        accepted=await exhibitors.queue(event.id, status="accepted"),
        forms=forms,
        blank=filled({}),
        filled=filled,
        files_most=PLAN_FILE.most_bytes // 1_000_000,
    )


@post("/events/{slug:str}/ground/booths", guards=[signed_in])
async def make_booths(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, CodesForm)
    if form.value is None:
        return await _booths(request, event, codes=form)
    try:
        count = await booths.make(actor, event.id, booths.read_codes(form.value.codes))
    except Invalid as error:
        return await _booths(request, event, codes=form.take(error))
    except Conflict as error:
        form.add_error("codes", error.phrase, **error.params)
        return await _booths(request, event, codes=form)
    said = ngettext("%(num)s booth made.", "%(num)s booths made.", count)
    return done(request, to=f"/events/{slug}/ground/booths", message=said)


@post("/events/{slug:str}/ground/booths/{booth:uuid}/place", guards=[signed_in])
async def place(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], booth: FromPath[UUID]
) -> Response[Any]:
    """Where a booth stands, from the fields or from dragging."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, BoothForm)
    if form.value is None:
        return await _booths(request, event, place=form)
    try:
        await booths.place(actor, event.id, booth, Place(plan=form.value.plan, x=form.value.x, y=form.value.y))
    except Invalid as error:
        return await _booths(request, event, place=form.take(error))
    if wants_fragment(request):
        return Response("", media_type="text/html")
    return done(request, to=f"/events/{slug}/ground/booths", message=gettext("Saved."))


@post("/events/{slug:str}/ground/booths/{booth:uuid}/give", guards=[signed_in])
async def give(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], booth: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, GiveForm)
    if form.value is None:
        return await _booths(request, event, give=form)
    try:
        await booths.give(actor, event.id, booth, form.value.exhibitor)
    except Conflict as error:
        form.add_error("exhibitor", error.phrase)
        return await _booths(request, event, give=form)
    return done(request, to=f"/events/{slug}/ground/booths", message=gettext("Saved."))


@post("/events/{slug:str}/ground/booths/{booth:uuid}/end", guards=[signed_in])
async def end_booth(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], booth: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await booths.close(actor, event.id, booth)
    return done(
        request,
        to=f"/events/{slug}/ground/booths",
        message=gettext("The booth is gone. Passes of an exhibitor without a booth are revoked."),
    )


@post("/events/{slug:str}/ground/plans", guards=[signed_in], request_max_body_size=PICTURE_BODY)
async def add_plan(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """A plan with its drawing; without one the booths stand on empty ground."""
    event = await managed_event_for(actor, slug)
    async with upload_form(request, PlanForm, {"drawing": PLAN_FILE.most_bytes}) as (form, files):
        if form.value is None:
            return await _booths(request, event, plan=form)
        try:
            draft = await draft_from(actor, form, files, "drawing", "floor_plan")
            await booths.add_plan(actor, event.id, form.value.name_vi, form.value.name_en, draft)
        except Invalid as error:
            return await _booths(request, event, plan=form.take(error))
    return done(request, to=f"/events/{slug}/ground/booths", message=gettext("Saved."))


@post("/events/{slug:str}/ground/plans/{plan:uuid}/{act:str}", guards=[signed_in])
async def change_plan(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    plan: FromPath[UUID],
    act: FromPath[str],
) -> Response[Any]:
    """Put the booths without a place on the plan, or take the plan away."""
    event = await managed_event_for(actor, slug)
    said = gettext("Saved.")
    if act == "arrange":
        count = await booths.arrange(actor, event.id, plan)
        said = ngettext("%(num)s booth put on the plan.", "%(num)s booths put on the plan.", count)
    elif act == "end":
        await booths.end_plan(actor, event.id, plan)
    else:
        raise NotFound
    return done(request, to=f"/events/{slug}/ground/booths", message=said)


handlers = [
    ground, add_host, end_host, set_edition, set_rules, add_village, add_villages, queue, decide, booth_list,
    make_booths, place, give, end_booth, add_plan, change_plan,
]  # fmt: skip
