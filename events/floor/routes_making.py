"""Pages that make an event of something: of a template, of another event, and rehearsals with made-up visitors."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Invalid, NotFound
from app.core.forms import Form, filled, read_form
from app.core.i18n import gettext, ngettext
from app.core.web import Actor, done, page, role, signed_in
from events.access import EventSeen, managed_event_for
from events.floor import copying, hosting, templates
from events.floor.copying import Copy
from events.floor.forms import CopyForm, TemplateForm, VisitorsForm

AnyRequest = Request[Any, Any, Any]


@get("/events/new/from", guards=[role("organizer")])
async def template_list(request: AnyRequest) -> Response[str]:
    return page(request, "events/floor/templates.html", templates=templates.TEMPLATES)


@get("/events/new/from/{template:str}", guards=[role("organizer")])
async def template_form(request: AnyRequest, template: FromPath[str]) -> Response[str]:
    return _template_form(request, template, filled({}))


def _template_form(request: AnyRequest, code: str, form: Form[Any]) -> Response[str]:
    if code not in templates.TEMPLATES:
        raise NotFound
    return page(
        request,
        "events/floor/template.html",
        status=422 if form.phrases else 200,
        kind=templates.TEMPLATES[code],
        code=code,
        form=form,
    )


@post("/events/new/from/{template:str}", guards=[role("organizer")])
async def make(request: AnyRequest, actor: NamedDependency[Actor], template: FromPath[str]) -> Response[Any]:
    form = await read_form(request, TemplateForm)
    if form.value is None:
        return _template_form(request, template, form)
    value = form.value
    try:
        slug = await templates.make(actor, template, value.title_vi, value.title_en, value.starts_at, value.venue)
    except Invalid as error:
        return _template_form(request, template, form.take(error))
    return done(
        request, to=f"/events/{slug}/setup", message=gettext("Saved as a draft. Look through what it begins with.")
    )


@get("/events/{slug:str}/copy", guards=[signed_in])
async def copy_form(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    event = await managed_event_for(actor, slug)
    form = filled({"title_vi": event.title_vi, "title_en": event.title_en, "agenda": True, "villages": True})
    return await _copy_form(request, event, form)


async def _copy_form(request: AnyRequest, event: EventSeen, form: Form[Any]) -> Response[str]:
    return page(
        request,
        "events/floor/copy.html",
        status=422 if form.phrases else 200,
        event=event,
        form=form,
        edition=await hosting.edition_of(event.id),
        blank=filled({"count": 50}),
    )


@post("/events/{slug:str}/copy", guards=[signed_in])
async def copy(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """A new draft like this event, or a rehearsal of it."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, CopyForm)
    if form.value is None:
        return await _copy_form(request, event, form)
    try:
        new = await copying.copy(actor, event.id, Copy(**msgspec.structs.asdict(form.value)))
    except Invalid as error:
        return await _copy_form(request, event, form.take(error))
    if form.value.rehearsal:
        return done(
            request, to=f"/events/{new}/copy", message=gettext("The rehearsal is made. Nobody outside sees it.")
        )
    return done(request, to=f"/events/{new}/setup", message=gettext("Copied as a draft, without any people."))


@post("/events/{slug:str}/rehearse", guards=[signed_in])
async def rehearse(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Made-up visitors for a rehearsal."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, VisitorsForm)
    try:
        if form.value is None:
            raise Invalid
        count = await copying.made_up_visitors(actor, event.id, form.value.count)
    except Invalid as error:
        shown = filled({"title_vi": event.title_vi, "title_en": event.title_en})
        shown.phrases = form.phrases or {"": (error.phrase, {})}
        return await _copy_form(request, event, shown)
    said = ngettext("%(num)s made-up visitor registered.", "%(num)s made-up visitors registered.", count)
    return done(request, to=f"/events/{slug}/guests", message=said)


handlers = [template_list, template_form, make, copy_form, copy, rehearse]
