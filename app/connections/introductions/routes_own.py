"""An organisation's own side: who asked, what waits, what was declined and why, information asked for once, blocks."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.connections.access import listed_organisation_for
from app.connections.introductions import blocking, drawing, forms, inbox, information, outcomes
from app.core.errors import Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, Form, filled, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in
from app.directory.access import Seen, editable_organisation_for, organisation_for

AnyRequest = Request[Any, Any, Any]
SHOWN = 10


@get("/organisations/{slug:str}/introductions", guards=[signed_in])
async def own_side(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Everything about an organisation's introductions on one page, for its members."""
    seen = await listed_organisation_for(actor, slug)
    if not seen.member:
        raise NotFound  # what organisations say to each other is not the administrators' to read
    return await _drawn(request, actor, seen)


@post("/organisations/{slug:str}/introductions/questions/{question_id:uuid}", guards=[signed_in], status_code=200)
async def answer(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], question_id: FromPath[UUID]
) -> Response[Any]:
    """Answer a question once, or with what was answered before."""
    seen = await _own(actor, slug)
    form = await read_form(request, forms.Answer)
    if form.value is None:
        return await _drawn(request, actor, seen, (question_id, form), status=422)
    try:
        kept = _id(form.value.kept)
        await information.answer(actor, seen, question_id, form.value.words, kept)
    except Invalid as error:
        return await _drawn(request, actor, seen, (question_id, form.take(error)), status=422)
    return done(request, to=f"/organisations/{seen.slug}/introductions#information", message=_("Sent."))


@post("/organisations/{slug:str}/introductions/questions/{question_id:uuid}/refuse", guards=[signed_in])
async def refuse(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], question_id: FromPath[UUID]
) -> Response[Any]:
    """Say that there will be no answer."""
    seen = await _own(actor, slug)
    await information.refuse(actor, seen, question_id)
    message = _("They see that there will be no answer.")
    return done(request, to=f"/organisations/{seen.slug}/introductions#information", message=message)


@post("/organisations/{slug:str}/introductions/unblock/{other:str}", guards=[signed_in])
async def unblock(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], other: FromPath[str]
) -> Response[Any]:
    """Take a block back."""
    seen = await _own(actor, slug)
    whom = await organisation_for(actor, other)
    await blocking.lift(actor, seen, whom.id)
    return done(request, to=f"/organisations/{seen.slug}/introductions#blocked", message=_("No longer blocked."))


async def _own(actor: Actor, slug: str) -> Seen:
    seen = await editable_organisation_for(actor, slug)
    if not seen.member:
        raise NotFound
    return seen


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid(fields={"kept": NOT_A_CHOICE}) from None


async def _drawn(
    request: AnyRequest, actor: Actor, seen: Seen, wrong: tuple[UUID, Form[Any]] | None = None, *, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "introductions/own_side.html",
        status=status,
        seen=seen,
        funnel=await inbox.funnel(seen.id),
        received=(await inbox.box(actor.person_id, "received", seen.id))[:SHOWN],
        sent=(await inbox.box(actor.person_id, "sent", seen.id))[:SHOWN],
        declined=await inbox.declined(seen.id),
        questions=await information.asked_of(seen.id),
        results=await outcomes.of_organisation(seen.id),
        blocked=await blocking.blocked_by(seen.id),
        wrong=wrong,
        empty=filled({}),
        **drawing.words(),
    )


handlers = [own_side, answer, refuse, unblock]
