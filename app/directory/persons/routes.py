"""Pages about people that others open: a profile and its preview, the list of mentors, membership, the queue."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.forms import NOT_A_CHOICE, Form, read_form
from app.core.i18n import _, pick
from app.core.web import Actor, done, page, public, role, signed_in, wants_fragment
from app.directory import access as organisations
from app.directory import vocabulary as terms
from app.directory.curation import paging
from app.directory.persons import (
    access,
    asking,
    credentials,
    forms,
    grants,
    mentors,
    routes_own,
    routes_proposal,
    routes_role,
    team,
    vetting,
    views,
)
from app.directory.persons import role as roles
from app.directory.vocabulary.persons import CONTACT_FOR, EXPERTISE_LEVELS, PARTICIPATION
from app.people.rights import seen as looks

AnyRequest = Request[Any, Any, Any]

LOOK = looks.kind("person_profile", views.LOOK_WHAT, views.LOOK_WHY)
"""What the person reads who asks who has seen their data."""


# --- a person -----------------------------------------------------------------------------------------------------


@get("/people/{slug:str}", opt=public)
async def person(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """A public profile; an address from before a change of name leads to the present one."""
    try:
        seen = await access.person_for(actor, slug)
    except NotFound:
        present = await access.moved_to(slug)
        if present is None:
            raise
        return Response(None, status_code=301, headers={"Location": f"/people/{present}"})
    return await _person(request, actor, seen, Form())


@get(f"{routes_own.HERE}/preview", guards=[signed_in])
async def preview(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """One's own profile as others see it, listed or not."""
    own = await access.own_profile(actor)
    if own is None:
        return done(request, to=routes_own.HERE)
    wanted = request.query_params.get("as", "")
    as_whom = wanted if wanted in access.PREVIEWS else "everybody"
    seen = msgspec.structs.replace(own, viewer=access.PREVIEWS[as_whom])
    return await _person(request, actor, seen, Form(), preview=as_whom)


async def _person(
    request: AnyRequest, actor: Actor, seen: access.Seen, form: Form[Any], *, preview: str = "", status: int = 200
) -> Response[Any]:
    """At most seven queries. Whoever sees more than the public is written down for the person."""
    row = seen.shown
    stranger = actor.signed_in and not seen.own
    if stranger:
        await looks.note(actor, [seen.id], LOOK)
    mentor = access.is_mentor(seen.row)
    hidden = [name for name in ("contact_email", "contact_phone") if seen.row[name] and not row[name]]
    return page(
        request,
        "directory/persons/show.html",
        status=status,
        seen=seen,
        row=row,
        preview=preview,
        previews=[(name, f"{routes_own.HERE}/preview?as={name}", name == preview) for name in access.PREVIEWS],
        mentor=mentor,
        headline=pick(row["headline_vi"], row["headline_en"]),
        card=views.card_of({**row, "expertise": []}),
        facts=views.facts_of(row),
        known=await roles.expertise_of(seen.id) if mentor else [],
        expertise=terms.MENTOR_EXPERTISE,
        levels=EXPERTISE_LEVELS,
        organisations=await team.organisations_of(seen.id),
        contact_for=CONTACT_FOR,
        credentials=await credentials.credentials_of(seen.id),
        asked=await grants.asked_by(actor, seen.id) if stranger and hidden and not preview else "",
        may_ask=stranger and bool(hidden),
        form=form,
    )


@post("/people/{slug:str}/ask", guards=[signed_in], status_code=200)
async def ask(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Ask somebody to show what is for requests only."""
    seen = await access.person_for(actor, slug)
    form = await read_form(request, forms.Request)
    status = 422
    if form.value is not None:
        try:
            await grants.ask(actor, seen, form.value.purpose)
        except Invalid as error:
            form.take(error)
        except Conflict as error:
            form.add_error("", error.phrase)
            status = 409
        else:
            return done(request, to=f"/people/{seen.slug}", message=_("Your request is on its way."))
    return await _person(request, actor, seen, form, status=status)


# --- the list of mentors ------------------------------------------------------------------------------------------


@get("/mentors", opt=public)
async def mentor_list(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Mentors and experts by words and filters; every state has an address, HTMX gets the results with fresh counts."""
    query = {name: request.query_params.getall(name) for name in request.query_params}
    asked, unknown = asking.asked_from(query)
    found = await mentors.find(asked, await access.viewer_of(actor))
    chips = [
        {"label": asking.label_of(facet, value), "remove_url": asked.without(facet, value)}
        for facet, values in asked.chosen
        for value in values
    ]
    response = page(
        request,
        "directory/persons/mentors.html",
        fragment="results",
        swapping=wants_fragment(request),
        asked=asked,
        unknown=unknown[:5],
        found=found,
        cards=[views.card_of(row) for row in found.rows],
        chips=chips,
        canonical_query=asked.url().partition("?")[2],
        titles=[(facet, asking.TITLES[facet].text()) for facet in asking.FACETS],
        next_url=asked.url(cursor=found.next_cursor) if found.next_cursor else None,
    )
    if wants_fragment(request):
        response.set_header("HX-Push-Url", asked.url(cursor=asked.cursor))
    return response


# --- membership ---------------------------------------------------------------------------------------------------


@post("/organisations/{slug:str}/members/{membership:uuid}/describe", guards=[signed_in], status_code=200)
async def describe(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], membership: FromPath[UUID]
) -> Response[Any]:
    """What a member is there: said by the member, or by an owner."""
    seen = await organisations.member_organisation_for(actor, slug)
    form = await read_form(request, forms.Membership)
    to = f"/organisations/{seen.slug}/members"
    if form.value is None:
        return done(request, to=to, message=_("Please check what you typed: a title has at most 120 characters."))
    said = msgspec.structs.asdict(form.value)
    try:
        await team.describe(
            actor, seen.id, membership, team.Described(**{**said, "contact_for": tuple(said["contact_for"])})
        )
    except Invalid:
        return done(request, to=to, message=_("Please check what you typed: a title has at most 120 characters."))
    return done(request, to=to, message=_("Saved."))


@post("/organisations/{slug:str}/members/{membership:uuid}/show", guards=[signed_in], status_code=200)
async def show_me(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], membership: FromPath[UUID]
) -> Response[Any]:
    """Show oneself on the organisation's page, or no longer; by the person alone."""
    seen = await organisations.member_organisation_for(actor, slug)
    form = await read_form(request, forms.Showing)
    if form.value is None:
        raise NotFound
    to = f"/organisations/{seen.slug}/members"
    try:
        await team.show_me(actor, seen.id, membership, form.value.shown, form.value.agree)
    except (Invalid, NotAllowed) as error:
        if isinstance(error, NotAllowed):
            raise
        return done(request, to=to, message=_("Please tick that you agree to be shown; nothing was changed."))
    except Conflict as error:
        return done(request, to=to, message=error.text())
    said = _("You are shown on the organisation's page.") if form.value.shown else _("You are no longer shown there.")
    return done(request, to=to, message=said)


# --- staff --------------------------------------------------------------------------------------------------------


@get("/staff/mentors", guards=[role("moderator")])
async def staff_queue(request: AnyRequest) -> Response[Any]:
    return await _queue(request)


async def _queue(
    request: AnyRequest, form: Form[Any] | None = None, wrong: UUID | None = None, status: int = 200
) -> Response[Any]:
    asked = paging.asked(request, vetting.SHOWN)
    return page(
        request,
        "directory/persons/queue.html",
        status=status,
        queue=paging.cut(asked, await vetting.queue(asked.shown, asked.offset), vetting.PAGE, vetting.SHOWN),
        roles=PARTICIPATION,
        form=form or Form(),
        wrong=wrong,
    )


@post("/staff/mentors/{person_id:uuid}", guards=[role("moderator")], status_code=200)
async def decide(request: AnyRequest, actor: NamedDependency[Actor], person_id: FromPath[UUID]) -> Response[Any]:
    """Note that references are checked, take that back, take a profile down, allow it again: with a reason."""
    form = await read_form(request, forms.Reason)
    if form.value is not None and form.value.act not in vetting.ACTS:
        form.add_error("act", NOT_A_CHOICE)
    if form.value is None:
        return await _queue(request, form, person_id, 422)
    try:
        await vetting.ACTS[form.value.act](actor, person_id, form.value.reason)
    except Invalid as error:
        return await _queue(request, form.take(error), person_id, 422)
    return done(request, to="/staff/mentors", message=_("Done. The person hears by mail."))


router = Router(
    "/",
    route_handlers=[
        *(person, preview, ask, mentor_list, describe, show_me, staff_queue, decide),
        *routes_own.handlers,
        *routes_role.handlers,
        *routes_proposal.handlers,
    ],
    include_in_schema=False,
)
