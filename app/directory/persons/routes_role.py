"""The role of mentor or expert on one's own profile: expertise, code of conduct, pause, conflicts, requests."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid
from app.core.forms import NOT_A_CHOICE, REQUIRED, Form, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, public, signed_in
from app.directory.persons import conflicts, forms, grants, role, views
from app.directory.persons.conduct import CONDUCT
from app.directory.persons.routes_own import HERE, draw

AnyRequest = Request[Any, Any, Any]


@post(f"{HERE}/expertise", guards=[signed_in], status_code=200)
async def put_expertise(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Expertise)
    status = 422
    if form.value is not None:
        try:
            await role.put_expertise(actor, form.value.code, form.value.level, form.value.years)
        except Invalid as error:
            form.take(error)
        except Conflict as error:
            form.add_error("", error.phrase)
            status = 409
        else:
            return done(request, to=f"{HERE}#expertise", message=_("Saved."))
    return await draw(request, actor, section="expertise", form=form, status=status)


@post(f"{HERE}/expertise/{{expertise:uuid}}/end", guards=[signed_in], status_code=200)
async def end_expertise(request: AnyRequest, actor: NamedDependency[Actor], expertise: FromPath[UUID]) -> Response[Any]:
    await role.end_expertise(actor, expertise)
    return done(request, to=f"{HERE}#expertise", message=_("Removed."))


@post(f"{HERE}/conduct", guards=[signed_in], status_code=200)
async def accept(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Accept the code of conduct; the tick names the version that was read."""
    form = await read_form(request, forms.Accepting)
    given = form.value.accept if form.value else ""
    if not given:
        form.add_error("accept", REQUIRED)
        return await draw(request, actor, section="conduct", form=form, status=422)
    try:
        await role.accept_conduct(actor, given)
    except role.ConductChanged as error:
        form.add_error("accept", error.phrase)
        return await draw(request, actor, section="conduct", form=form, status=409)
    return done(request, to=f"{HERE}#conduct", message=_("Thank you. The code of conduct is accepted."))


@post(f"{HERE}/pause", guards=[signed_in], status_code=200)
async def pause(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await role.pause(actor, True)
    return done(request, to=f"{HERE}#capacity", message=_("You take nobody on for now, and are suggested to nobody."))


@post(f"{HERE}/resume", guards=[signed_in], status_code=200)
async def resume(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await role.pause(actor, False)
    return done(request, to=f"{HERE}#capacity", message=_("You take people on again."))


@post(f"{HERE}/role/end", guards=[signed_in], status_code=200)
async def give_up(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await role.give_up(actor)
    return done(request, to=f"{HERE}#mentoring", message=_("You are no longer shown as a mentor or expert."))


@get(f"{HERE}/conflicts", guards=[signed_in])
async def find_conflict(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Look for the organisation to name: the page again with what was found."""
    q = request.query_params.get("q", "")[:120]
    found = await conflicts.organisations_named(q)
    form: Form[Any] = Form({"q": [q]})
    return await draw(request, actor, section="conflicts", form=form, found_organisations=found)


@post(f"{HERE}/conflicts", guards=[signed_in], status_code=200)
async def put_conflict(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Conflict)
    if form.value is not None:
        organisation = views.is_uuid(form.value.organisation)
        try:
            if organisation is None:
                raise Invalid(fields={"organisation": NOT_A_CHOICE})
            await conflicts.put_conflict(actor, organisation, form.value.ground)
        except Invalid as error:
            form.take(error)
        else:
            return done(request, to=f"{HERE}#conflicts", message=_("Saved. Only you see this."))
    found = await conflicts.organisations_named(form.raw.get("q", ""))
    return await draw(request, actor, section="conflicts", form=form, status=422, found_organisations=found)


@post(f"{HERE}/conflicts/{{conflict:uuid}}/end", guards=[signed_in], status_code=200)
async def end_conflict(request: AnyRequest, actor: NamedDependency[Actor], conflict: FromPath[UUID]) -> Response[Any]:
    await conflicts.end_conflict(actor, conflict)
    return done(request, to=f"{HERE}#conflicts", message=_("Removed."))


@post(f"{HERE}/requests/{{grant:uuid}}/{{said:str}}", guards=[signed_in], status_code=200)
async def answer(
    request: AnyRequest, actor: NamedDependency[Actor], grant: FromPath[UUID], said: FromPath[str]
) -> Response[Any]:
    """Let somebody see what is for requests only ("yes"), or not, or not any more."""
    await grants.answer(actor, grant, yes=said == "yes")
    message = _("They see your contact for 30 days.") if said == "yes" else _("They do not see your contact.")
    return done(request, to=f"{HERE}#requests", message=message)


@get("/mentors/conduct", opt=public)
async def conduct_page(request: AnyRequest) -> Response[Any]:
    return page(request, "directory/persons/conduct.html", conduct=CONDUCT)


handlers = [
    put_expertise,
    end_expertise,
    accept,
    pause,
    resume,
    give_up,
    find_conflict,
    put_conflict,
    end_conflict,
    answer,
    conduct_page,
]
