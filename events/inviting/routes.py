"""Pages for organizers: codes that are given out, invitations by mail, taking them back."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core.errors import Conflict, Invalid
from app.core.forms import Form, Line, Text, filled, read_form
from app.core.i18n import gettext, ngettext
from app.core.web import Actor, done, page, signed_in
from events import setup
from events.access import EventSeen, managed_event_for
from events.inviting import vouchers

AnyRequest = Request[Any, Any, Any]
PAGE = 100


class CodeForm(msgspec.Struct, kw_only=True):
    ticket_type: UUID
    label: Line = ""
    code: Line = ""
    uses_most: Annotated[int, msgspec.Meta(ge=1, le=vouchers.MOST_USES)] = 1
    keeps: Annotated[int, msgspec.Meta(ge=0, le=vouchers.MOST_USES)] = 0
    ends_at: datetime | None = None
    skips_approval: bool = False
    free: bool = False


class PeopleForm(msgspec.Struct, kw_only=True):
    ticket_type: UUID
    people: Text
    label: Line = ""
    keep_each: bool = False
    ends_at: datetime | None = None
    skips_approval: bool = False
    free: bool = False


@get("/events/{slug:str}/invitations", guards=[signed_in])
async def show(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], before: FromQuery[UUID | None] = None
) -> Response[str]:
    """Every code of the event, newest first."""
    return await _page(request, await managed_event_for(actor, slug), before)


async def _page(request: AnyRequest, event: EventSeen, before: UUID | None = None, **forms: Form[Any]) -> Response[str]:
    rows = await vouchers.of_event(event.id, after=before, count=PAGE + 1)
    return page(
        request,
        "events/inviting/invitations.html",
        status=422 if any(form.phrases for form in forms.values()) else 200,
        event=event,
        codes=rows[:PAGE],
        older=rows[PAGE - 1]["id"] if len(rows) > PAGE else None,
        types=await setup.types_of(event.id),
        forms=forms,
        blank=filled({"skips_approval": True}),
    )


@post("/events/{slug:str}/invitations", guards=[signed_in])
async def make(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Make a code that may be given to anybody."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, CodeForm)
    if form.value is None:
        return await _page(request, event, code=form)
    try:
        await vouchers.make(actor, event.id, vouchers.VoucherPlan(**msgspec.structs.asdict(form.value)))
    except Invalid as error:
        return await _page(request, event, code=form.take(error))
    except Conflict as error:
        form.add_error("code" if isinstance(error, vouchers.CodeInUse) else "keeps", error.phrase, **error.params)
        return await _page(request, event, code=form)
    return done(request, to=f"/events/{slug}/invitations", message=gettext("The code is made."))


@post("/events/{slug:str}/invitations/people", guards=[signed_in])
async def invite(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Invite a pasted list of people by mail, each with a code of their own."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, PeopleForm)
    if form.value is None:
        return await _page(request, event, people=form)
    value = form.value
    plan = vouchers.VoucherPlan(
        ticket_type=value.ticket_type,
        label=value.label,
        keeps=int(value.keep_each),
        ends_at=value.ends_at,
        skips_approval=value.skips_approval,
        free=value.free,
    )
    try:
        made, known = await vouchers.invite(actor, event.id, plan, vouchers.read_invitees(value.people))
    except Invalid as error:
        return await _page(request, event, people=form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _page(request, event, people=form)
    said = ngettext("%(num)s invitation is on its way.", "%(num)s invitations are on their way.", made)
    if known:
        said += " " + ngettext(
            "%(num)s person has one or is registered already.",
            "%(num)s people have one or are registered already.",
            known,
        )
    return done(request, to=f"/events/{slug}/invitations", message=said)


@post("/events/{slug:str}/invitations/{voucher:uuid}/end", guards=[signed_in])
async def end(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], voucher: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await vouchers.end(actor, event.id, voucher)
    return done(request, to=f"/events/{slug}/invitations", message=gettext("The code opens nothing any more."))


router = Router("/", route_handlers=[show, make, invite, end], include_in_schema=False)
