"""What a project's edit page does beside its fields: naming the host, becoming an enterprise."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid
from app.core.forms import NOT_A_CHOICE, NOT_A_DATE, Form, read_form
from app.core.i18n import _
from app.core.web import Actor, done, signed_in
from app.directory import access, becoming, forms, profiles
from app.directory.routes_edit import Typed, edit_drawn

AnyRequest = Request[Any, Any, Any]


@post("/organisations/{slug:str}/host", guards=[signed_in], status_code=200)
async def name_host(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Say who hosts the project, by name; where several are called that, one is chosen. Nothing takes the host away."""
    seen = await access.editable_organisation_for(actor, slug)
    form = await read_form(request, forms.Host)
    said = form.value or forms.Host()
    text = said.chosen or said.host
    found = await becoming.hosts_called(text, seen.id) if text else []
    if text and (len(found) != 1 or not found[0]["exact"]):
        form.add_error("host", NOT_A_CHOICE)
        return await edit_drawn(request, actor, seen, Typed("host", form), status=422, candidates=found)
    await profiles.edit_organisation(actor, seen.id, {"host": found[0]["id"] if found else None})
    return done(request, to=f"/organisations/{seen.slug}/edit#host", message=_("Saved."))


@post("/organisations/{slug:str}/enterprise", guards=[signed_in], status_code=200)
async def become(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """The project became one of my organisations, or a new one made of it."""
    seen = await access.editable_organisation_for(actor, slug)
    form: Form[forms.Becoming] = await read_form(request, forms.Becoming)
    said = form.value or forms.Becoming()
    day = _day(said.became_on)
    if day is None:
        form.add_error("became_on", NOT_A_DATE)
    chosen: UUID | None = None
    if said.enterprise:
        mine = {one.slug: one.id for one in await access.organisations_of(actor) if one.may_edit}
        chosen = mine.get(said.enterprise)
        if chosen is None:
            form.add_error("enterprise", NOT_A_CHOICE)
    if day is not None and not form.phrases:
        try:
            enterprise = await becoming.become(actor, seen.id, enterprise=chosen, name=said.name, on=day)
        except Invalid as error:
            form.take(error)
        except Conflict as error:
            form.add_error("", error.phrase)
        else:
            found = await access.organisation_by_id_for(actor, enterprise)
            return done(request, to=f"/organisations/{found.slug}", message=_("Congratulations on the enterprise!"))
    return await edit_drawn(request, actor, seen, Typed("enterprise", form), status=422)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


handlers = [name_host, become]
"""For the router of `routes`."""
