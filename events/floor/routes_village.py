"""Pages for whoever runs a village: its texts, programme, exhibitors, nominations and report."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.forms import NOT_A_CHOICE, Form, filled, read_form
from app.core.i18n import gettext
from app.core.web import Actor, done, page, signed_in
from events.agenda import planning
from events.agenda.planning import SessionPlan
from events.floor import booths, exhibitors, villages, words
from events.floor.access import VillageSeen, run_village_for
from events.floor.exhibitors import Decision
from events.floor.forms import (
    DecisionForm,
    LeadForm,
    NominationAnswer,
    NominationForm,
    ProgrammeForm,
    VillageForm,
)
from events.floor.villages import VillagePlan

AnyRequest = Request[Any, Any, Any]


@get("/events/{slug:str}/villages/{village:str}/run", guards=[signed_in])
async def run(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], village: FromPath[str]
) -> Response[str]:
    return await _run(request, await run_village_for(actor, slug, village))


async def _run(request: AnyRequest, seen: VillageSeen, **forms: Form[Any]) -> Response[str]:
    number = seen.row["id"]
    (figures,) = await villages.villages_of(seen.event.id, number)
    return page(
        request,
        "events/floor/village_run.html",
        status=422 if any(form.phrases for form in forms.values()) else 200,
        event=seen.event,
        village=seen,
        figures=figures,
        leads=await villages.leads_of(number),
        queue=await exhibitors.queue(seen.event.id, village=number),
        booths=await booths.booths_of(seen.event.id, number),
        nominations=await villages.nominations_of(number),
        zones=await villages.zones_of(number),
        sessions=await villages.sessions_of(number),
        forms=forms,
        blank=filled({}),
        filled=filled,
        words=words,
    )


def _home(slug: str, village: str) -> str:
    return f"/events/{slug}/villages/{village}/run"


@post("/events/{slug:str}/villages/{village:str}/run", guards=[signed_in])
async def edit(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], village: FromPath[str]
) -> Response[Any]:
    """Change name and texts; the quotas only by the event's organizers."""
    seen = await run_village_for(actor, slug, village)
    form = await read_form(request, VillageForm)
    if form.value is None:
        return await _run(request, seen, edit=form)
    plan = VillagePlan(**msgspec.structs.asdict(form.value))
    try:
        await villages.edit(actor, seen.row["id"], plan, limits=seen.event.managed)
    except Invalid as error:
        return await _run(request, seen, edit=form.take(error))
    except Conflict as error:
        form.add_error("places", error.phrase, **error.params)
        return await _run(request, seen, edit=form)
    return done(request, to=_home(slug, village), message=gettext("Saved."))


@post("/events/{slug:str}/villages/{village:str}/leads", guards=[signed_in])
async def add_lead(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], village: FromPath[str]
) -> Response[Any]:
    seen = await run_village_for(actor, slug, village)
    if not seen.event.managed:
        raise NotAllowed
    form = await read_form(request, LeadForm)
    if form.value is None:
        return await _run(request, seen, lead=form)
    try:
        await villages.add_lead(actor, seen.row["id"], form.value.email)
    except Invalid as error:
        return await _run(request, seen, lead=form.take(error))
    return done(request, to=_home(slug, village), message=gettext("They run the village from now on."))


@post("/events/{slug:str}/villages/{village:str}/leads/{lead:uuid}/end", guards=[signed_in])
async def end_lead(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    village: FromPath[str],
    lead: FromPath[UUID],
) -> Response[Any]:
    seen = await run_village_for(actor, slug, village)
    if not seen.event.managed:
        raise NotAllowed
    await villages.end_lead(actor, seen.row["id"], lead)
    return done(request, to=_home(slug, village), message=gettext("Taken off the team."))


@post("/events/{slug:str}/villages/{village:str}/nominations", guards=[signed_in])
async def nominate(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], village: FromPath[str]
) -> Response[Any]:
    seen = await run_village_for(actor, slug, village)
    form = await read_form(request, NominationForm)
    if form.value is None:
        return await _run(request, seen, nominate=form)
    try:
        await villages.nominate(actor, seen.row["id"], form.value.organisation, form.value.note)
    except Invalid as error:
        return await _run(request, seen, nominate=form.take(error))
    except Conflict as error:
        form.add_error("organisation", error.phrase, **error.params)
        return await _run(request, seen, nominate=form)
    return done(request, to=_home(slug, village), message=gettext("Nominated."))


@post("/events/{slug:str}/villages/{village:str}/nominations/{nomination:uuid}", guards=[signed_in])
async def decide_nomination(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    village: FromPath[str],
    nomination: FromPath[UUID],
) -> Response[Any]:
    """A lead withdraws; accepting and declining is the organizers'."""
    seen = await run_village_for(actor, slug, village)
    form = await read_form(request, NominationAnswer)
    if form.value is None:
        return await _run(request, seen, answer=form)
    if form.value.status not in ("accepted", "declined", "withdrawn"):
        raise NotFound
    if form.value.status != "withdrawn" and not seen.event.managed:
        raise NotAllowed
    try:
        await villages.decide(actor, seen.row["id"], nomination, form.value.status, form.value.reason)
    except Invalid as error:
        return await _run(request, seen, answer=form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _run(request, seen, answer=form)
    return done(request, to=_home(slug, village), message=gettext("Saved."))


@post("/events/{slug:str}/villages/{village:str}/exhibitors/{exhibitor:uuid}", guards=[signed_in])
async def decide_exhibitor(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    village: FromPath[str],
    exhibitor: FromPath[UUID],
) -> Response[Any]:
    """A lead decides on the exhibitors of the own village, with the village's own booths."""
    seen = await run_village_for(actor, slug, village)
    form = await read_form(request, DecisionForm)
    if form.value is None:
        return await _run(request, seen, decide=form)
    value = form.value
    own = {one["id"] for one in await booths.booths_of(seen.event.id, seen.row["id"])}
    try:
        if value.status not in ("accepted", "declined", "removed"):
            raise NotFound
        if value.booth is not None and value.booth not in own:
            raise Invalid(fields={"booth": NOT_A_CHOICE})
        decision = Decision(status=value.status, reason=value.reason, booth=value.booth)
        await exhibitors.decide(actor, seen.event.id, exhibitor, decision, village=seen.row["id"])
    except Invalid as error:
        return await _run(request, seen, decide=form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _run(request, seen, decide=form)
    return done(request, to=_home(slug, village), message=gettext("Saved. The organisation is told."))


@post("/events/{slug:str}/villages/{village:str}/sessions", guards=[signed_in])
async def add_session(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], village: FromPath[str]
) -> Response[Any]:
    """The village's own programme: sessions in its own places. The event's organizers publish them."""
    seen = await run_village_for(actor, slug, village)
    form = await read_form(request, ProgrammeForm)
    if form.value is None:
        return await _run(request, seen, session=form)
    value = form.value
    try:
        if value.zone not in {row["id"] for row in await villages.zones_of(seen.row["id"])}:
            raise Invalid(fields={"zone": NOT_A_CHOICE})
        names = tuple(line.strip() for line in value.speakers.splitlines() if line.strip())
        plan = SessionPlan(
            title_vi=value.title_vi,
            title_en=value.title_en,
            zone=value.zone,
            starts_at=value.starts_at,
            minutes=value.minutes,
            speakers=names,
            track=seen.row["name_vi"][:80],
        )
        await planning.add(actor, seen.event.id, plan)
    except Invalid as error:
        return await _run(request, seen, session=form.take(error))
    return done(
        request, to=_home(slug, village), message=gettext("Added to the plan. The organisers publish the agenda.")
    )


@post("/events/{slug:str}/villages/{village:str}/sessions/{session:uuid}/end", guards=[signed_in])
async def end_session(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    village: FromPath[str],
    session: FromPath[UUID],
) -> Response[Any]:
    seen = await run_village_for(actor, slug, village)
    if session not in {row["id"] for row in await villages.sessions_of(seen.row["id"])}:
        raise NotFound
    await planning.take_off(actor, seen.event.id, session)
    return done(request, to=_home(slug, village), message=gettext("Saved."))


handlers = [
    run, edit, add_lead, end_lead, nominate, decide_nomination, decide_exhibitor, add_session, end_session,
]  # fmt: skip
