"""Pages about who belongs to an organisation, and the page to which an invitation's link leads."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.forms import Form, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in
from app.directory import access, forms, members, rights
from app.directory import vocabulary as terms
from app.directory.vocabulary.persons import CONTACT_FOR
from app.people.rights import seen as looks
from app.people.rights.consent import has_consent
from app.people.rights.purposes import PURPOSES

AnyRequest = Request[Any, Any, Any]


async def _page(
    request: AnyRequest,
    actor: Actor,
    seen: access.Seen,
    *,
    form: Form[Any] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response[Any]:
    found = await members.members_of(seen.id)
    if not seen.member:
        await looks.note(actor, (row["person"] for row in found), rights.MEMBER_LIST, place=seen.row["name"])
    return page(
        request,
        "directory/members.html",
        status=status,
        seen=seen,
        found=found,
        invited=await members.open_invitations_of(seen.id) if seen.may_manage else [],
        roles=terms.MEMBER_ROLES,
        form=form or Form({"role": ["editor"]}),
        problem=problem,
        me=actor.id,
        contact_for=CONTACT_FOR,
        purpose=PURPOSES["profile"],
        agreed=await has_consent(actor.person_id, "profile"),
    )


@get("/organisations/{slug:str}/members", guards=[signed_in])
async def members_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Members see who belongs; owners invite, change roles and end memberships. Strangers do not find the page."""
    return await _page(request, actor, await access.member_organisation_for(actor, slug))


@post("/organisations/{slug:str}/members/invite", guards=[signed_in], status_code=200)
async def invite(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    seen = await access.managed_organisation_for(actor, slug)
    form = await read_form(request, forms.Invitation)
    if form.value is not None:
        try:
            await members.invite(actor, seen.id, form.value.email, form.value.role)
        except Invalid as error:
            form.take(error)
        except members.AlreadyMember as error:
            form.add_error("email", error.phrase)
        else:
            return done(request, to=f"/organisations/{seen.slug}/members", message=_("The invitation is on its way."))
    return await _page(request, actor, seen, form=form, status=422)


@post("/organisations/{slug:str}/members/{membership:uuid}/role", guards=[signed_in], status_code=200)
async def role(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], membership: FromPath[UUID]
) -> Response[Any]:
    seen = await access.managed_organisation_for(actor, slug)
    form = await read_form(request, forms.RoleChoice)
    try:
        await members.change_role(actor, seen.id, membership, form.value.role if form.value else "")
    except (Conflict, Invalid) as error:
        return await _page(request, actor, seen, problem=error.text(), status=error.status)
    return done(request, to=f"/organisations/{seen.slug}/members", message=_("The role is changed."))


@post("/organisations/{slug:str}/members/{membership:uuid}/end", guards=[signed_in], status_code=200)
async def end(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], membership: FromPath[UUID]
) -> Response[Any]:
    """Leave, or remove somebody."""
    seen = await access.member_organisation_for(actor, slug)
    try:
        await members.end_membership(actor, seen.id, membership)
    except members.LastOwner as error:
        return await _page(request, actor, seen, problem=error.text(), status=409)
    try:
        await access.member_organisation_for(actor, slug)
    except (NotAllowed, NotFound):
        return done(request, to="/organisations", message=_("You have left %(name)s.", name=seen.name))
    return done(request, to=f"/organisations/{seen.slug}/members", message=_("The membership has ended."))


@post("/organisations/{slug:str}/invitations/{invitation:uuid}/withdraw", guards=[signed_in], status_code=200)
async def withdraw(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], invitation: FromPath[UUID]
) -> Response[Any]:
    seen = await access.managed_organisation_for(actor, slug)
    await members.withdraw_invitation(actor, seen.id, invitation)
    return done(request, to=f"/organisations/{seen.slug}/members", message=_("The invitation is withdrawn."))


@get("/organisations/invitations/{token:str}", guards=[signed_in])
async def invitation_page(request: AnyRequest, actor: NamedDependency[Actor], token: FromPath[str]) -> Response[Any]:
    """Shows the invitation and asks; only the button accepts it. To another account it says for whom it is."""
    invitation = await members.invitation_for(token)
    await members.require_invited(actor, invitation)
    return page(request, "directory/invitation.html", invitation=invitation, token=token, roles=terms.MEMBER_ROLES)


@post("/organisations/invitations/{token:str}", guards=[signed_in], status_code=200)
async def accept(request: AnyRequest, actor: NamedDependency[Actor], token: FromPath[str]) -> Response[Any]:
    slug = await members.accept_invitation(actor, token)
    return done(request, to=f"/organisations/{slug}", message=_("Welcome: you belong to this organisation now."))


handlers = [members_page, invite, role, end, withdraw, invitation_page, accept]
