"""Pages about seeing more of an organisation: asking, the requests to it and of it, answering them."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid
from app.core.forms import Form, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in
from app.directory import access, forms, granting

AnyRequest = Request[Any, Any, Any]


@get("/organisations/{slug:str}/ask", guards=[signed_in])
async def ask_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    return await _drawn(request, actor, await access.organisation_for(actor, slug), Form())


@post("/organisations/{slug:str}/ask", guards=[signed_in], status_code=200)
async def ask(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Ask the organisation's owners to show more to one of one's own organisations."""
    seen = await access.organisation_for(actor, slug)
    form = await read_form(request, forms.Asking)
    said = form.value or forms.Asking()
    try:
        await granting.ask(actor, seen, said.viewer, said.purpose)
    except Invalid as error:
        return await _drawn(request, actor, seen, form.take(error), status=422)
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _drawn(request, actor, seen, form, status=409)
    return done(request, to=f"/organisations/{seen.slug}", message=_("Asked. You hear by mail as soon as they answer."))


async def _drawn(
    request: AnyRequest, actor: Actor, seen: access.Seen, form: Form[Any], *, status: int = 200
) -> Response[Any]:
    mine = await granting.may_ask_for(actor, seen.id)
    return page(request, "directory/ask.html", status=status, seen=seen, form=form, mine=mine)


@get("/organisations/{slug:str}/requests", guards=[signed_in])
async def requests(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Who asked and who sees more at present, and whom this organisation asked; for its members."""
    seen = await access.member_organisation_for(actor, slug)
    to_us, ours = await granting.requests_of(seen.id)
    return page(request, "directory/requests.html", seen=seen, to_us=to_us, ours=ours, days=granting.GRANTED_DAYS)


@post("/organisations/{slug:str}/requests/{grant_id:uuid}/{said:str}", guards=[signed_in], status_code=200)
async def answer(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    grant_id: FromPath[UUID],
    said: FromPath[str],
) -> Response[Any]:
    """Say yes or no; no also takes back what was granted."""
    seen = await access.managed_organisation_for(actor, slug)
    await granting.answer(actor, seen.id, grant_id, yes=said == "yes")
    message = _("They see it now.") if said == "yes" else _("They do not see it.")
    return done(request, to=f"/organisations/{seen.slug}/requests", message=message)


handlers = [ask_page, ask, requests, answer]
