"""A mentor's own hours: how bookings are taken, the week, changed days; and the private calendar address."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid
from app.core.forms import Form, filled, read_form
from app.core.i18n import _, ngettext
from app.core.web import Actor, done, page, public, signed_in
from app.directory.vocabulary.profiles import MODES
from app.mentoring import access, forms, free, hours, paper, times
from app.mentoring.words import CHANGED_DAYS, DAYS

AnyRequest = Request[Any, Any, Any]
HERE = "/mentoring/hours"


@get(HERE, guards=[signed_in])
async def show(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _draw(request, actor)


async def _draw(
    request: AnyRequest, actor: Actor, *, section: str = "", form: Form[Any] | None = None, status: int = 200
) -> Response[Any]:
    """The page; `section` has the form that was sent, the others show what is stored."""
    seen = await access.own_mentor(actor)
    stored = await hours.hours_of(seen.id)
    zone = stored["time_zone"] if stored else times.VIETNAM
    usual: dict[str, object] = dict(stored) if stored else {
        "time_zone": times.asked_zone(request), "session_minutes": 45, "buffer_minutes": 15, "mode": "online",
        "version": 0,
    }  # fmt: skip
    forms_ = {"hours": filled(usual), "week": Form(), "days": Form()}
    if form is not None:
        forms_[section] = form
    parts = await hours.parts_of(seen.id)
    return page(
        request,
        "mentoring/hours.html",
        status=status,
        seen=seen,
        stored=stored,
        forms=forms_,
        week=[
            (term.label(), [(one["id"], hours.clock_of(one["starts"]), hours.clock_of(one["ends"])) for one in parts
                            if one["weekday"] == int(term.code)])
            for term in DAYS
        ],
        days=[
            (one["id"], one["day"], CHANGED_DAYS.label(one["kind"]), _span(one["starts"], one["ends"]))
            for one in await hours.days_of(seen.id)
        ],
        next_free=[times.when(at, zone, zone) for at in (await free.free_of(seen.id))[:3]] if stored else [],
        zone_label=times.zone_label(zone),
        zones=times.zone_choices(zone),
        modes=[(term.code, term.label()) for term in MODES],
        weekdays=[(term.code, term.label()) for term in DAYS],
        kinds=[(term.code, term.label()) for term in CHANGED_DAYS],
    )  # fmt: skip


def _span(starts: int, ends: int) -> str:
    if (starts, ends) == (0, 1440):
        return _("the whole day")
    return f"{hours.clock_of(starts)}–{hours.clock_of(ends)}"


@post(HERE, guards=[signed_in], status_code=200)
async def put(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await access.own_mentor(actor)
    form = await read_form(request, forms.Hours)
    if form.value is None:
        return await _draw(request, actor, section="hours", form=form, status=422)
    given = form.value
    values = {name: getattr(given, name) for name in given.__struct_fields__ if name != "version"}
    try:
        await hours.put_hours(actor, values, given.version)
    except Invalid as error:
        return await _draw(request, actor, section="hours", form=form.take(error), status=422)
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _draw(request, actor, section="hours", form=form, status=409)
    return done(request, to=HERE, message=_("Saved."))


@post(f"{HERE}/week", guards=[signed_in], status_code=200)
async def add_part(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await access.own_mentor(actor)
    form = await read_form(request, forms.Part)
    if form.value is None:
        return await _draw(request, actor, section="week", form=form, status=422)
    try:
        await hours.add_part(actor, form.value.weekday, form.value.starts, form.value.ends)
    except (Invalid, hours.TooManyParts) as error:
        return await _refused(request, actor, "week", form, error)
    return done(request, to=f"{HERE}#week", message=_("Saved."))


@post(f"{HERE}/days", guards=[signed_in], status_code=200)
async def change_day(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await access.own_mentor(actor)
    form = await read_form(request, forms.Day)
    if form.value is None:
        return await _draw(request, actor, section="days", form=form, status=422)
    given = form.value
    try:
        booked = await hours.change_day(actor, given.day, given.kind, given.starts, given.ends)
    except (Invalid, hours.TooManyParts) as error:
        return await _refused(request, actor, "days", form, error)
    said = _("Saved.")
    if booked:
        said = ngettext(
            "Saved. %(num)s session is booked there: please move or cancel it.",
            "Saved. %(num)s sessions are booked there: please move or cancel them.",
            booked,
        )
    return done(request, to=f"{HERE}#days", message=said)


async def _refused(
    request: AnyRequest, actor: Actor, section: str, form: Form[Any], error: Invalid | Conflict
) -> Response[Any]:
    if isinstance(error, Invalid):
        return await _draw(request, actor, section=section, form=form.take(error), status=422)
    form.add_error("", error.phrase)
    return await _draw(request, actor, section=section, form=form, status=409)


@post(f"{HERE}/week/{{part:uuid}}/end", guards=[signed_in], status_code=200)
async def end_part(request: AnyRequest, actor: NamedDependency[Actor], part: FromPath[UUID]) -> Response[Any]:
    await hours.end_part(actor, part)
    return done(request, to=f"{HERE}#week", message=_("Removed."))


@post(f"{HERE}/days/{{changed:uuid}}/end", guards=[signed_in], status_code=200)
async def end_day(request: AnyRequest, actor: NamedDependency[Actor], changed: FromPath[UUID]) -> Response[Any]:
    await hours.end_day(actor, changed)
    return done(request, to=f"{HERE}#days", message=_("Removed."))


@post(f"{HERE}/{{act:str}}", guards=[signed_in], status_code=200)
async def close(request: AnyRequest, actor: NamedDependency[Actor], act: FromPath[str]) -> Response[Any]:
    """Take no bookings for now ("close"), or again ("open")."""
    await hours.close(actor, act == "close")
    message = (
        _("You take no bookings for now. What is booked stays.") if act == "close" else _("You can be booked again.")
    )
    return done(request, to=HERE, message=message)


# --- the calendar feed ----------------------------------------------------------------------------------------------


@get("/mentoring/calendar", guards=[signed_in])
async def calendar(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return page(request, "mentoring/calendar.html", since=await paper.feed_since(actor.person_id), address="")


@post("/mentoring/calendar", guards=[signed_in], status_code=200)
async def new_feed(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """A new address, shown this once."""
    address = await paper.new_feed(actor)
    return page(request, "mentoring/calendar.html", since=await paper.feed_since(actor.person_id), address=address)


@post("/mentoring/calendar/end", guards=[signed_in], status_code=200)
async def end_feed(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await paper.end_feed(actor)
    return done(request, to="/mentoring/calendar", message=_("The address opens nothing any more."))


@get("/mentoring/calendar/{name:str}", opt=public)
async def feed(name: FromPath[str]) -> Response[bytes]:
    """The sessions of whoever the address belongs to, for calendar programs; it holds no notes."""
    return Response(
        await paper.feed(name.removesuffix(".ics")),
        media_type="text/calendar",
        headers={"Cache-Control": "private, max-age=300", "X-Robots-Tag": "noindex"},
    )


handlers = [
    show, put, add_part, change_day, end_part, end_day, close, calendar, new_feed, end_feed, feed,
]  # fmt: skip
