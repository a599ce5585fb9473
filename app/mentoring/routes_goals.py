"""Pages of goals: those of an organisation, and one with every session's advice side by side."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, Form, read_form
from app.core.i18n import _
from app.core.templating import format_date
from app.core.web import Actor, done, page, signed_in
from app.directory.persons.views import is_uuid
from app.directory.vocabulary import NEEDS
from app.mentoring import access, forms, goals, notes, times, words
from app.mentoring.routes_find import chosen

AnyRequest = Request[Any, Any, Any]
HERE = "/mentoring/goals"


@get(HERE, guards=[signed_in])
async def index(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form: Form[Any] = Form({"organisation": [request.query_params.get("organisation", "")]})
    return await _draw_all(request, actor, form)


async def _draw_all(request: AnyRequest, actor: Actor, form: Form[Any], status: int = 200) -> Response[Any]:
    organisations = await access.my_organisations(actor)
    organisation = chosen(organisations, form.raw.get("organisation", ""))
    return page(
        request,
        "mentoring/goals.html",
        status=status,
        organisations=organisations,
        organisation=organisation,
        goals=await goals.goals_of(organisation.id) if organisation else [],
        form=form,
        needs=[(term.code, term.label()) for term in NEEDS],
        need_words=NEEDS,
        states=words.GOAL_STATES,
        today=notes.today(),
    )


@post(HERE, guards=[signed_in], status_code=200)
async def begin(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Goal)
    organisation = await access.organisation_for(actor, form.raw.get("organisation", ""))
    if form.value is None:
        return await _draw_all(request, actor, form, 422)
    given = form.value
    values = {name: getattr(given, name) for name in ("title", "need", "measure", "due_on", "shared")}
    try:
        number = await goals.open_goal(actor, organisation, values)
    except Invalid as error:
        return await _draw_all(request, actor, form.take(error), 422)
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _draw_all(request, actor, form, 409)
    return done(request, to=f"{HERE}/{number}", message=_("The goal is there. Now find a mentor for it."))


@get(f"{HERE}/{{number:uuid}}", guards=[signed_in])
async def show(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    return await _draw(request, actor, number)


async def _draw(
    request: AnyRequest, actor: Actor, number: UUID, *, section: str = "", form: Form[Any] | None = None,
    status: int = 200,
) -> Response[Any]:  # fmt: skip
    seen = await access.goal_for(actor, number)
    logs = await notes.logs_for_goal(actor, seen)
    readable = {row["booking"]: row for row in logs}
    contradictions = [
        (one, readable[one["first"]], readable[one["second"]])
        for one in await notes.contradictions_of(number)
        if one["first"] in readable and one["second"] in readable
    ]
    zone = times.asked_zone(request)
    return page(
        request,
        "mentoring/goal.html",
        status=status,
        goal=seen.row,
        owns=seen.owns,
        logs=[(row, times.when(row["starts_at"], zone, zone)) for row in logs],
        choices=[(str(row["booking"]), _named(row)) for row in logs],
        contradictions=contradictions,
        need=NEEDS.label(seen.row["need_code"]),
        states=words.GOAL_STATES,
        ends=[(term.code, term.label()) for term in words.ENDS],
        forms={name: form if form and name == section else Form() for name in ("close", "contradiction", "settle")},
        today=notes.today(),
    )  # fmt: skip


def _named(row: dict[str, Any]) -> str:
    return f"{row['mentor_name']}, {format_date(row['starts_at'])}: {row['topic']}"


@post(f"{HERE}/{{number:uuid}}/close", guards=[signed_in], status_code=200)
async def close(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    await access.own_goal_for(actor, number)
    form = await read_form(request, forms.Closing)
    if form.value is None:
        return await _draw(request, actor, number, section="close", form=form, status=422)
    try:
        await goals.close(actor, number, form.value.state, form.value.result)
    except Invalid as error:
        return await _draw(request, actor, number, section="close", form=form.take(error), status=422)
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _draw(request, actor, number, section="close", form=form, status=409)
    return done(request, to=f"{HERE}/{number}", message=_("The goal is closed. Well done for saying how it went."))


@post(f"{HERE}/{{number:uuid}}/contradictions", guards=[signed_in], status_code=200)
async def contradict(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    """Say that two sessions' advice contradicts."""
    await access.goal_for(actor, number)
    form = await read_form(request, forms.Contradiction)
    first, second = is_uuid(form.raw.get("first", "")), is_uuid(form.raw.get("second", ""))
    if form.value is None or first is None or second is None:
        form.add_error("second", NOT_A_CHOICE)
        return await _draw(request, actor, number, section="contradiction", form=form, status=422)
    try:
        await notes.note_contradiction(actor, number, (first, second), form.value.note)
    except Invalid as error:
        return await _draw(request, actor, number, section="contradiction", form=form.take(error), status=422)
    return done(
        request, to=f"{HERE}/{number}#contradictions", message=_("Noted. Both pieces of advice stand side by side.")
    )


@post(f"{HERE}/{{number:uuid}}/contradictions/{{one:uuid}}", guards=[signed_in], status_code=200)
async def settle(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID], one: FromPath[UUID]
) -> Response[Any]:
    """The startup says what it made of it."""
    await access.own_goal_for(actor, number)
    form = await read_form(request, forms.Decision)
    try:
        await notes.settle_contradiction(actor, number, one, form.raw.get("decision", ""))
    except Invalid as error:
        return await _draw(request, actor, number, section="settle", form=form.take(error), status=422)
    return done(request, to=f"{HERE}/{number}#contradictions", message=_("Saved."))


@post(f"{HERE}/{{number:uuid}}/{{act:str}}", guards=[signed_in], status_code=200)
async def press(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID], act: FromPath[str]
) -> Response[Any]:
    """Share with all of one's mentors, or not any more; open again."""
    if act == "reopen":
        await goals.reopen(actor, number)
        return done(request, to=f"{HERE}/{number}", message=_("The goal is open again."))
    if act not in ("share", "unshare"):
        raise NotFound
    await goals.share(actor, number, act == "share")
    said = _("All your mentors read what was advised for this goal.") if act == "share" else _(
        "Each mentor reads only their own sessions."
    )  # fmt: skip
    return done(request, to=f"{HERE}/{number}", message=said)


handlers = [index, begin, show, close, contradict, settle, press]
