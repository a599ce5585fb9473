"""What follows from sessions: thanks that are shown or taken off, the end of a mentorship, strikes and appeals."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import Form, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in
from app.mentoring import changing, forms, listing, strikes, times, voices, words

AnyRequest = Request[Any, Any, Any]


@post("/mentoring/thanks/{number:uuid}/{act:str}", guards=[signed_in], status_code=200)
async def about_thanks(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID], act: FromPath[str]
) -> Response[Any]:
    """The mentor lets thanks be shown ("show"); author or mentor take them off ("withdraw")."""
    if act == "show":
        await voices.agree_to_thanks(actor, number)
        return done(request, to="/mentoring", message=_("It stands on your profile now."))
    await voices.withdraw_thanks(actor, number)
    return done(request, to="/mentoring", message=_("It is not shown any more."))


@post("/mentoring/mentorships/{mentor:uuid}/{organisation:uuid}/end", guards=[signed_in], status_code=200)
async def end_mentorship(
    request: AnyRequest, actor: NamedDependency[Actor], mentor: FromPath[UUID], organisation: FromPath[UUID]
) -> Response[Any]:
    """The mentor or the organisation ends it; the place is free."""
    mine = [
        one
        for one in await listing.mentorships_of(actor)
        if (one["mentor"], one["organisation"]) == (mentor, organisation)
    ]
    if not mine:
        raise NotFound
    try:
        await changing.end_mentorship(actor, mentor, organisation, "")
    except Conflict as error:
        return done(request, to="/mentoring", message=error.text())
    return done(request, to="/mentoring", message=_("Ended. The mentor has a place free."))


# --- strikes ----------------------------------------------------------------------------------------------------------


@get("/mentoring/strikes", guards=[signed_in])
async def own_strikes(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _draw_strikes(request, actor)


async def _draw_strikes(
    request: AnyRequest, actor: Actor, *, number: UUID | None = None, form: Form[Any] | None = None, status: int = 200
) -> Response[Any]:
    zone = times.asked_zone(request)
    rows = await strikes.strikes_of(actor.person_id)
    return page(
        request,
        "mentoring/strikes.html",
        status=status,
        strikes=[(row, times.when(row["starts_at"], zone, zone)) for row in rows],
        kinds=words.STRIKES,
        until=await strikes.suspended_until(actor.person_id),
        wrong=number,
        form=form or Form(),
    )


@post("/mentoring/strikes/{number:uuid}/appeal", guards=[signed_in], status_code=200)
async def appeal(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Appeal)
    try:
        await strikes.appeal(actor, number, form.raw.get("appeal", ""))
    except Invalid as error:
        return await _draw_strikes(request, actor, number=number, form=form.take(error), status=422)
    except Conflict as error:
        return done(request, to="/mentoring/strikes", message=error.text())
    return done(request, to="/mentoring/strikes", message=_("The staff look at it. Until then it does not count."))


handlers = [about_thanks, end_mentorship, own_strikes, appeal]
