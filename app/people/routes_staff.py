"""Pages of the staff: what there is to administer, and the people with their roles."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core.errors import Conflict
from app.core.forms import Form, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, role
from app.people import access, desks, ending, forms, record, roles, sessions, two_step, vocabulary
from app.people.rights import seen
from app.people.routes_parts import confirm_first
from app.people.where import origin_of

AnyRequest = Request[Any, Any, Any]


@get("/staff", guards=[role("moderator", "organizer", "desk")])
async def staff(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    is_on, _left = await two_step.state_of(actor)
    return page(
        request,
        "people/staff.html",
        ask_two_step=not is_on,
        role_words=roles.LABELS,
        queues=await desks.queues_for(actor),
    )


@get("/staff/people", guards=[role("admin")])
async def people(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    q: FromQuery[str] = "",
    only: FromQuery[str] = "",
    before: FromQuery[UUID | None] = None,
) -> Response[Any]:
    only = only if only in roles.LABELS else ""
    found = await access.persons_for(actor, q=q, role=only, before=before)
    await seen.note(actor, (row["id"] for row in found.rows), "account_list")
    kept = {"q": q, "only": only}
    older = f"/staff/people?{urlencode({**kept, 'before': str(found.older)})}" if found.older else None
    return page(
        request,
        "people/staff_people.html",
        people=found.rows,
        older=older,
        q=q,
        only=only,
        first_page=before is None,
        role_words=roles.LABELS,
    )


@get("/staff/people/{person_id:uuid}", guards=[role("admin")])
async def person(request: AnyRequest, actor: NamedDependency[Actor], person_id: FromPath[UUID]) -> Response[Any]:
    return await _person(request, actor, person_id, Form())


async def _person(
    request: AnyRequest, actor: Actor, person_id: UUID, form: Form[Any], status: int = 200
) -> Response[Any]:
    found = await access.person_for(actor, person_id)
    await seen.note(actor, [person_id], "account")
    return page(
        request,
        "people/staff_person.html",
        person=found,
        roles=await access.roles_of(person_id),
        events=(await record.events_of(person_id))[: record.PAGE],
        words=vocabulary.EVENTS,
        role_words=roles.LABELS,
        form=form,
        status=status,
    )


@post("/staff/people/{person_id:uuid}/roles", guards=[role("admin")], status_code=200)
async def grant_role(request: AnyRequest, actor: NamedDependency[Actor], person_id: FromPath[UUID]) -> Response[Any]:
    here = f"/staff/people/{person_id}"
    ask = confirm_first(request, actor, here)
    if ask is not None:
        return ask
    form = await read_form(request, forms.Grant)
    if form.value is None:
        return await _person(request, actor, person_id, form, 422)
    change = await roles.grant_role(actor, person_id, form.value.role, form.value.reason, origin_of(request))
    message = _("The role is given.") if change.changed else _("This person has that role already.")
    return _with_token(done(request, to=here, message=message), change)


def _with_token(response: Response[Any], change: roles.RoleChange) -> Response[Any]:
    return sessions.give_cookie(response, change.opened) if change.opened else response


@post("/staff/people/{person_id:uuid}/roles/{role_name:str}/end", guards=[role("admin")], status_code=200)
async def end_role(
    request: AnyRequest, actor: NamedDependency[Actor], person_id: FromPath[UUID], role_name: FromPath[str]
) -> Response[Any]:
    here = f"/staff/people/{person_id}"
    ask = confirm_first(request, actor, here)
    if ask is not None:
        return ask
    form = await read_form(request, forms.Because)
    if form.value is None:
        return await _person(request, actor, person_id, form, 422)
    try:
        change = await roles.end_role(actor, person_id, role_name, form.value.reason, origin_of(request))
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _person(request, actor, person_id, form, 409)
    return _with_token(done(request, to=here, message=_("The role is taken back.")), change)


@post("/staff/people/{person_id:uuid}/two-step/end", guards=[role("admin")], status_code=200)
async def end_two_step(request: AnyRequest, actor: NamedDependency[Actor], person_id: FromPath[UUID]) -> Response[Any]:
    here = f"/staff/people/{person_id}"
    ask = confirm_first(request, actor, here)
    if ask is not None:
        return ask
    form = await read_form(request, forms.Because)
    if form.value is None:
        return await _person(request, actor, person_id, form, 422)
    await two_step.end_for(actor, person_id, form.value.reason, origin_of(request))
    return done(request, to=here, message=_("Two-step sign-in is off."))


@post("/staff/people/{person_id:uuid}/end", guards=[role("admin")], status_code=200)
async def end_account(request: AnyRequest, actor: NamedDependency[Actor], person_id: FromPath[UUID]) -> Response[Any]:
    here = f"/staff/people/{person_id}"
    ask = confirm_first(request, actor, here)
    if ask is not None:
        return ask
    form = await read_form(request, forms.Because)
    if form.value is None:
        return await _person(request, actor, person_id, form, 422)
    try:
        await ending.end_account(actor, person_id, form.value.reason, origin_of(request))
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _person(request, actor, person_id, form, 409)
    return done(request, to=here, message=_("The account is ended."))


HANDLERS = (staff, people, person, grant_role, end_role, end_two_step, end_account)
