"""Pages of programmes: joining one, and the overview for the staff of who runs it."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import Form, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in
from app.directory.persons.views import is_uuid
from app.mentoring import access, forms, overview, programmes, words

AnyRequest = Request[Any, Any, Any]
HERE = "/mentoring/programmes"


@get(HERE, guards=[signed_in])
async def index(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _draw_all(request, actor, Form())


async def _draw_all(request: AnyRequest, actor: Actor, form: Form[Any], status: int = 200) -> Response[Any]:
    return page(
        request,
        "mentoring/programmes.html",
        status=status,
        programmes=await programmes.programmes_of(actor),
        memberships=await programmes.memberships_of(actor),
        organisations=[(one.slug, one.name) for one in await access.supporting_organisations(actor)],
        form=form,
    )


@post(HERE, guards=[signed_in], status_code=200)
async def begin(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Programme)
    mine = await access.supporting_organisations(actor)
    organisation = next((one for one in mine if one.slug == form.raw.get("organisation")), None)
    if organisation is None:
        raise NotFound
    if form.value is None:
        return await _draw_all(request, actor, form, 422)
    given = form.value
    try:
        number = await programmes.begin(actor, organisation, given.name, given.starts_on, given.ends_on)
    except Invalid as error:
        return await _draw_all(request, actor, form.take(error), 422)
    return done(request, to=f"{HERE}/{number}", message=_("The programme is there. Now ask startups and mentors."))


@get(f"{HERE}/{{number:uuid}}", guards=[signed_in])
async def show(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    return await _draw(request, actor, number, Form())


async def _draw(request: AnyRequest, actor: Actor, number: UUID, form: Form[Any], status: int = 200) -> Response[Any]:
    seen = await access.programme_for(actor, number)
    found = await overview.overview_of(seen)
    return page(
        request,
        "mentoring/programme.html",
        status=status,
        programme=seen.row,
        found=found,
        counts=found.counts,
        states=words.MEMBER_STATES,
        badges=words.MEMBER_BADGES,
        mentors=[(str(one.person), one.name) for one in found.mentors if one.joined_at],
        form=form,
    )


@get(f"{HERE}/{{number:uuid}}/overview.csv", guards=[signed_in])
async def export(actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[bytes]:
    """The same as a table, with cells that no spreadsheet runs."""
    seen = await access.programme_for(actor, number)
    labels = {term.code: term.label() for term in words.MEMBER_STATES}
    return Response(
        overview.as_csv(await overview.overview_of(seen), labels),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="programme.csv"'},
    )


@post(f"{HERE}/{{number:uuid}}/members", guards=[signed_in], status_code=200)
async def invite(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    await access.programme_for(actor, number)
    form = await read_form(request, forms.Invitation)
    if form.value is None:
        return await _draw(request, actor, number, form, 422)
    try:
        await programmes.invite(actor, number, form.value.side, form.value.slug)
    except Invalid as error:
        return await _draw(request, actor, number, form.take(error), 422)
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _draw(request, actor, number, form, 409)
    return done(request, to=f"{HERE}/{number}", message=_("Asked by mail. They decide."))


@post(f"{HERE}/{{number:uuid}}/members/{{member:uuid}}/match", guards=[signed_in], status_code=200)
async def match(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID], member: FromPath[UUID]
) -> Response[Any]:
    form = await read_form(request, forms.Match)
    try:
        await programmes.match(actor, number, member, is_uuid(form.raw.get("mentor", "")))
    except Invalid as error:
        return await _draw(request, actor, number, form.take(error), 422)
    return done(request, to=f"{HERE}/{number}", message=_("Proposed. The startup sees it and books, or not."))


@post(f"{HERE}/{{number:uuid}}/members/{{member:uuid}}/{{act:str}}", guards=[signed_in], status_code=200)
async def press(
    request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID], member: FromPath[UUID],
    act: FromPath[str],
) -> Response[Any]:  # fmt: skip
    """Remind a member by mail ("nudge"), or take one out ("remove")."""
    await access.programme_for(actor, number)
    if act not in ("nudge", "remove"):
        raise NotFound
    try:
        await (programmes.nudge if act == "nudge" else programmes.remove)(actor, number, member)
    except Conflict as error:
        return done(request, to=f"{HERE}/{number}", message=error.text())
    said = _("Reminded by mail.") if act == "nudge" else _("Removed.")
    return done(request, to=f"{HERE}/{number}", message=said)


@post("/mentoring/joining/{member:uuid}/{said:str}", guards=[signed_in], status_code=200)
async def answer(
    request: AnyRequest, actor: NamedDependency[Actor], member: FromPath[UUID], said: FromPath[str]
) -> Response[Any]:
    """The startup or the mentor joins a programme ("yes"), or says no, or leaves ("no")."""
    await programmes.answer(actor, member, said == "yes")
    message = _("You are not in this programme.")
    if said == "yes":
        message = _("You are in. Its staff see with whom you meet and when, and nothing of what is said.")
    return done(request, to=HERE, message=message)


handlers = [index, begin, show, export, invite, match, press, answer]
