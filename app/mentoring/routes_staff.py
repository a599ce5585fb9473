"""The desk of the staff: sessions about which both sides differ, appeals, thanks to let through, private feedback."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core import db
from app.core.errors import Conflict, Invalid
from app.core.forms import Form, read_form
from app.core.i18n import N_, _
from app.core.web import Actor, done, page, role
from app.mentoring import forms, settling, strikes, times, voices, words
from app.people.desks import Queue, staff_queues

AnyRequest = Request[Any, Any, Any]
HERE = "/staff/mentoring"


@staff_queues
async def queues(actor: Actor) -> list[Queue]:
    """What waits here, for the staff's start page."""
    if not actor.has("moderator"):
        return []
    row = await db.fetchrow(
        "SELECT count(*) AS n, min(at) AS oldest FROM (SELECT ends_at AS at FROM mentoring_booking"
        " WHERE status = 'disputed' UNION ALL SELECT appealed_at FROM mentoring_strike WHERE appealed_at IS NOT NULL"
        " AND decision IS NULL UNION ALL SELECT created_at FROM mentoring_thanks WHERE state = 'waiting') waiting"
    )
    return [
        Queue(
            title=N_("Mentoring"),
            text=N_("Sessions that both sides remember differently, appeals, thanks for the public"),
            href=HERE,
            waiting=row["n"] if row else 0,
            oldest_at=row["oldest"] if row else None,
        )
    ]


@get(HERE, guards=[role("moderator")])
async def index(request: AnyRequest) -> Response[Any]:
    return await _draw(request)


async def _draw(
    request: AnyRequest, *, number: UUID | None = None, form: Form[Any] | None = None, status: int = 200
) -> Response[Any]:
    zone = times.asked_zone(request)
    found = await voices.for_staff()
    return page(
        request,
        "mentoring/staff.html",
        status=status,
        disputes=[(row, times.when(row["starts_at"], zone, zone)) for row in await settling.disputes()],
        appeals=[(row, times.when(row["starts_at"], zone, zone)) for row in found["appeals"]],
        thanks=found["thanks"],
        feedback=found["feedback"],
        sayings=words.SAYINGS,
        kinds=words.STRIKES,
        resolutions=[(term.code, term.label()) for term in words.RESOLUTIONS],
        wrong=number,
        form=form or Form(),
    )


@post(f"{HERE}/sessions/{{number:uuid}}", guards=[role("moderator")], status_code=200)
async def resolve(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Resolution)
    try:
        await settling.resolve(actor, number, form.raw.get("outcome", ""), form.raw.get("reason", ""))
    except Invalid as error:
        return await _draw(request, number=number, form=form.take(error), status=422)
    except Conflict as error:
        return done(request, to=HERE, message=error.text())
    return done(request, to=HERE, message=_("Decided. Both sides get a mail with your words."))


@post(f"{HERE}/strikes/{{number:uuid}}", guards=[role("moderator")], status_code=200)
async def decide_strike(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Decision)
    try:
        await strikes.decide(actor, number, form.raw.get("decision", ""), form.raw.get("reason", ""))
    except Invalid as error:
        return await _draw(request, number=number, form=form.take(error), status=422)
    except Conflict as error:
        return done(request, to=HERE, message=error.text())
    return done(request, to=HERE, message=_("Decided. They get a mail with your words."))


@post(f"{HERE}/thanks/{{number:uuid}}", guards=[role("moderator")], status_code=200)
async def decide_thanks(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Decision)
    try:
        await voices.decide_thanks(actor, number, form.raw.get("decision", ""), form.raw.get("reason", ""))
    except Invalid as error:
        return await _draw(request, number=number, form=form.take(error), status=422)
    return done(request, to=HERE, message=_("Saved."))


handlers = [index, resolve, decide_strike, decide_thanks]
