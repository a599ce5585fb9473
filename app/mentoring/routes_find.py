"""Pages on which a startup finds a mentor and books: the list, one mentor's four weeks, the line for a taken slot."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import clock
from app.core.errors import Conflict, Invalid, NotAllowed
from app.core.forms import REQUIRED, Form, filled, read_form
from app.core.i18n import _, current_locale
from app.core.web import Actor, done, page, public, signed_in
from app.directory.access import Seen
from app.directory.persons import access as persons
from app.directory.persons.views import is_uuid
from app.directory.vocabulary import MENTOR_EXPERTISE, NEEDS, STAGES
from app.directory.vocabulary.persons import LANGUAGES
from app.directory.vocabulary.profiles import MODES
from app.mentoring import access, booking, finding, forms, free, goals, listing, slots, times, voices, waiting
from app.mentoring.booking import SlotTaken, Wanted
from app.mentoring.hours import hours_of

AnyRequest = Request[Any, Any, Any]

HERE = "/mentoring/mentors"


def chosen(organisations: list[Seen], slug: str) -> Seen | None:
    """The organisation that was chosen, else the first."""
    return next((one for one in organisations if one.slug == slug), organisations[0] if organisations else None)


@get("/mentoring/find", guards=[signed_in])
async def find(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Mentors who can be booked, in the order in which they suit one of the person's organisations."""
    params = dict(request.query_params)
    organisations = await access.my_organisations(actor)
    organisation = chosen(organisations, params.get("organisation", ""))
    asked, zone = finding.asked_of(params), times.asked_zone(request)
    found = await finding.find(actor, organisation, asked, zone)
    response = page(
        request,
        "mentoring/find.html",
        fragment="results",
        organisations=[(one.slug, one.name) for one in organisations],
        organisation=organisation,
        asked=asked,
        form=filled(params),
        found=found,
        cards=[(one, [times.when(at, zone, one.zone) for at in one.free]) for one in found.cards],
        days=[(day, times.day_label(day, current_locale()), n) for day, n in found.days],
        pages=_pages(params, asked.page, found.total),
        without_day=urlencode({name: value for name, value in params.items() if name not in ("day", "page")}),
        zone=zone,
        zone_label=times.zone_label(zone),
        zones=times.zone_choices(zone),
        needs=_options(NEEDS),
        expertise=_options(MENTOR_EXPERTISE),
        languages=_options(LANGUAGES),
        stages=_options(STAGES),
        modes=MODES,
    )
    return times.remember(request, response)


def _options(vocabulary: Any) -> list[tuple[str, str]]:
    return [(term.code, term.label()) for term in vocabulary]


def _pages(params: dict[str, str], number: int, total: int) -> tuple[str | None, str | None]:
    def at(to: int) -> str:
        return f"/mentoring/find?{urlencode({**params, 'page': to})}"

    more = total > number * finding.PAGE
    return (at(number - 1) if number > 1 else None, at(number + 1) if more else None)


@get(f"{HERE}/{{slug:str}}", guards=[signed_in])
async def show(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """One mentor's free times in the next four weeks, and the form to book one."""
    typed = {name: request.query_params.get(name, "") for name in ("organisation", "goal", "starts_at")}
    return times.remember(request, await _draw(request, actor, slug, filled(typed)))


async def _draw(request: AnyRequest, actor: Actor, slug: str, form: Form[Any], *, status: int = 200) -> Response[Any]:
    seen = await access.mentor_for(actor, slug)
    organisations = await access.my_organisations(actor)
    organisation = chosen(organisations, form.raw.get("organisation", ""))
    hours = await hours_of(seen.id)
    facts = (await free.facts_of([seen.id])).get(seen.id)
    zone, there = times.asked_zone(request), hours["time_zone"] if hours else times.VIETNAM
    own = await free.own_times(actor.person_id)
    open_at = facts.free(clock.now()) if facts else []
    fits = [at for at in open_at if facts and not slots.busy(at, facts.terms.minutes, own)]
    taken = await listing.taken_by_others(seen.id, actor.person_id) if facts and facts.open else []
    return page(
        request,
        "mentoring/mentor.html",
        status=status,
        seen=seen,
        row=seen.shown,
        hours=hours,
        takes=bool(facts and facts.open),
        days=times.by_day(fits, zone, there),
        busy_too=len(open_at) - len(fits),
        taken=[(times.when(one["starts_at"], zone, there), one["waiting"]) for one in taken],
        organisations=[(one.slug, one.name) for one in organisations],
        organisation=organisation,
        goals=await goals.open_goals_of(organisation.id) if organisation else [],
        apart=await _apart(seen.id, organisation),
        form=form,
        zone=zone,
        zone_label=times.zone_label(zone),
        there_label=times.zone_label(there),
        zones=times.zone_choices(zone, there),
        modes=MODES,
        self_=seen.own,
    )


async def _apart(mentor: UUID, organisation: Seen | None) -> bool:
    return organisation is not None and await booking.apart(mentor, organisation.id)


async def _wanted(request: AnyRequest) -> tuple[Form[Any], Wanted | None]:
    form = await read_form(request, forms.Booking)
    if form.value is None:
        return form, None
    starts_at = times.read_moment(form.value.starts_at)
    if starts_at is None:
        form.add_error("starts_at", REQUIRED)
        return form, None
    return form, Wanted(starts_at=starts_at, goal=is_uuid(form.value.goal), question=form.value.question)


@post(f"{HERE}/{{slug:str}}/book", guards=[signed_in], status_code=200)
async def book(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Book; who comes too late sees the next free times, and nothing typed is lost."""
    seen = await access.mentor_for(actor, slug)
    form, wanted = await _wanted(request)
    if wanted is None:
        return await _draw(request, actor, slug, form, status=422)
    organisation = await access.organisation_for(actor, form.raw.get("organisation", ""))
    try:
        number = await booking.book(actor, seen.id, organisation, wanted)
    except SlotTaken as error:
        there = (await hours_of(seen.id) or {}).get("time_zone", times.VIETNAM)
        zone = times.asked_zone(request)
        next_ones = [times.when(at, zone, there) for at in await booking.next_free(seen.id, actor.person_id)]
        said = " · ".join(f"{one.clock} {one.day}" for one in next_ones)
        form.add_error("starts_at", booking.TAKEN_WITH if said else booking.TAKEN_NONE, free=said or error.code)
        return await _draw(request, actor, slug, form, status=409)
    except Invalid as error:
        return await _draw(request, actor, slug, form.take(error), status=422)
    except (Conflict, NotAllowed) as error:
        form.add_error("", error.phrase, **error.params)
        return await _draw(request, actor, slug, form, status=error.status)
    return done(request, to=f"/mentoring/sessions/{number}", message=_("Booked. You will both get a mail."))


@post(f"{HERE}/{{slug:str}}/wait", guards=[signed_in], status_code=200)
async def wait(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Stand in line for a slot that somebody has."""
    seen = await access.mentor_for(actor, slug)
    form, wanted = await _wanted(request)
    if wanted is None:
        return await _draw(request, actor, slug, form, status=422)
    organisation = await access.organisation_for(actor, form.raw.get("organisation", ""))
    try:
        await waiting.wait(actor, seen.id, organisation, wanted)
    except (Conflict, NotAllowed) as error:
        form.add_error("", error.phrase, **error.params)
        return await _draw(request, actor, slug, form, status=error.status)
    return done(
        request, to="/mentoring#waiting", message=_("You are in line. If the slot becomes free, you get a mail.")
    )


@post("/mentoring/waiting/{number:uuid}/leave", guards=[signed_in], status_code=200)
async def leave(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    await waiting.leave(actor, number)
    return done(request, to="/mentoring", message=_("You have left the line."))


@get(f"{HERE}/{{slug:str}}/panel", opt=public)
async def panel(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """A part of a mentor's profile: the next free time, how to book, thanks in public. Empty for who takes none."""
    seen = await persons.person_for(actor, slug)
    hours = await hours_of(seen.id) if seen.mentor and seen.listed else None
    takes = hours is not None and hours["closed_at"] is None and seen.row["paused_at"] is None
    at = hours["next_free_at"] if hours and takes else None
    zone = times.asked_zone(request)
    return page(
        request,
        "mentoring/panel.html",
        seen=seen,
        takes=takes,
        soon=times.when(at, zone, hours["time_zone"]) if at and hours else None,
        zone_label=times.zone_label(zone),
        thanks=await voices.thanks_shown(seen.id) if seen.listed else [],
    )


handlers = [find, show, book, wait, leave, panel]
