"""Pages of delegations: begun by anybody, looked after by its lead through a link, listed for organizers."""

import base64
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.uploads import Upload, upload_form
from app.core.forms import Email, Form, Line, filled, read_form
from app.core.i18n import N_, gettext, ngettext
from app.core.web import Actor, done, page, public, signed_in
from app.people.where import origin_of
from events import changing, setup, throttles, tickets, waitlist, words
from events.access import event_for, managed_event_for
from events.delegations import reading, registering
from events.registration import Wish
from events.routes_tickets import PRIVATE

AnyRequest = Request[Any, Any, Any]
BODY = reading.MOST_BYTES + 1_000_000


class BeginForm(msgspec.Struct, kw_only=True):
    name: Line
    lead_name: Line
    lead_email: Email
    lead_phone: Line = ""
    terms: Literal["1"]


class ListForm(msgspec.Struct, kw_only=True):
    ticket_type: Line
    people: str = ""


class WayForm(msgspec.Struct, kw_only=True):
    way: Literal["all", "fit", "discard"]


class OtherForm(msgspec.Struct, kw_only=True):
    full_name: Line
    email: Line = ""
    phone: Line = ""
    organisation: Line = ""


@get("/events/{slug:str}/delegation", opt=public)
async def begin_form(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """Who registers the others."""
    event = await event_for(actor, slug)
    form = filled({"lead_name": actor.name, "lead_email": actor.email})
    return page(request, "events/delegations/begin.html", event=event, form=form)


@post("/events/{slug:str}/delegation", opt=public)
async def begin(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Make a delegation. Its page opens at once for an account of that address; others get the link by mail."""
    event = await event_for(actor, slug)
    form = await read_form(request, BeginForm)
    if form.value is None:
        if "terms" in form.phrases:
            form.add_error("terms", N_("Please tick this: without it we may not keep your details."))
        return page(request, "events/delegations/begin.html", status=422, event=event, form=form)
    value = form.value
    lead = registering.Lead(
        name=value.name, lead_name=value.lead_name, lead_email=value.lead_email, lead_phone=value.lead_phone
    )
    await throttles.registering(actor, event, origin_of(request).network)
    try:
        row = await registering.begin(actor, event.id, lead)
    except Invalid as error:
        return page(request, "events/delegations/begin.html", status=422, event=event, form=form.take(error))
    said = gettext("We have sent a mail to %(email)s.", email=value.lead_email)
    if row["lead"] is not None:
        return done(request, to=f"/delegations/{row['secret']}", message=said)
    return done(request, to=f"/events/{slug}/delegation/begun", message=said)


@get("/events/{slug:str}/delegation/begun", opt=public)
async def begun(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """What somebody without an account sees: the link to the delegation's page is in the mail."""
    return page(request, "events/delegations/begun.html", event=await event_for(actor, slug))


@get("/delegations/{secret:str}", opt=public)
async def show(request: AnyRequest, secret: FromPath[str]) -> Response[str]:
    """The lead's page: who stands how, a list that waits for a decision, adding and putting in somebody else."""
    return await _page(request, await registering.delegation_for(secret))


async def _page(request: AnyRequest, row: Any, **forms: Form[Any]) -> Response[str]:
    kind, draft = registering.draft_of(row)
    kinds = [k for k in await setup.types_of(row["event"]) if k["visibility"] == "public"]
    chosen = next((k for k in kinds if k["code"] == kind), None)
    code = await registering.code_of(row)
    response = page(
        request,
        "events/delegations/show.html",
        status=422 if any(form.phrases for form in forms.values()) else 200,
        delegation=row,
        people=await registering.people_of(row["id"]),
        draft=draft,
        faults={member.row: words.say(member.wrong, member.params) for member in draft if member.wrong},
        good=sum(not member.wrong for member in draft),
        chosen=chosen,
        types=kinds,
        over=registering.over(row),
        qr=f"data:image/svg+xml;base64,{base64.b64encode(tickets.qr_svg(code).encode()).decode()}" if code else "",
        forms=forms,
        blank=filled({}),
        words=words,
    )
    response.headers.update(PRIVATE)
    return response


@post("/delegations/{secret:str}/list", opt=public, request_max_body_size=BODY)
async def read_list(request: AnyRequest, secret: FromPath[str]) -> Response[Any]:
    """Read a pasted or uploaded list and show what it would mean; nobody is registered by it."""
    row = await registering.delegation_for(secret)
    async with upload_form(request, ListForm, {"file": reading.MOST_BYTES}) as (form, files):
        if form.value is None:
            return await _page(request, row, people=form)
        try:
            members = _members(form.value.people, files.get("file"))
        except Invalid as error:
            return await _page(request, row, people=form.take(error))
        await registering.keep_draft(row["id"], form.value.ticket_type, members)
    return done(request, to=f"/delegations/{secret}")


def _members(text: str, upload: Upload | None) -> list[reading.Member]:
    if upload is not None and upload.too_large:
        raise Invalid(fields={"file": N_("The file is larger than %(max)s MB. Please divide it.")}, max=5)
    if upload is not None and upload.size:
        return reading.uploaded(upload.path)
    return reading.pasted(text)


@post("/delegations/{secret:str}/register", opt=public)
async def register(request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str]) -> Response[Any]:
    """Register the list that was read: everybody or nobody, or as many as fit and the rest in line."""
    row = await registering.delegation_for(secret)
    form = await read_form(request, WayForm)
    kind, draft = registering.draft_of(row)
    if form.value is None or not draft:
        return done(request, to=f"/delegations/{secret}")
    if form.value.way == "discard":
        await registering.keep_draft(row["id"], "", [])
        return done(request, to=f"/delegations/{secret}", message=gettext("The list was thrown away."))
    good = [member for member in draft if not member.wrong]
    try:
        found = await registering.register(actor, row["id"], kind, good, form.value.way)
    except Invalid as error:
        return await _page(request, row, way=form.take(error))
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _page(request, row, way=form)
    return done(request, to=f"/delegations/{secret}", message=_said(found))


def _said(found: registering.Registered) -> str:
    parts = []
    if found.confirmed:
        parts.append(ngettext("%(num)s confirmed.", "%(num)s confirmed.", found.confirmed))
    if found.pending:
        parts.append(ngettext("%(num)s waits for approval.", "%(num)s wait for approval.", found.pending))
    if found.waitlisted:
        text = ("%(num)s put on the waiting list.", "%(num)s put on the waiting list.")
        parts.append(ngettext(*text, found.waitlisted))
    if found.known:
        parts.append(ngettext("%(num)s was registered before.", "%(num)s were registered before.", found.known))
    return " ".join(parts) or gettext("Nobody was registered.")


async def _member(secret: str, registration: UUID) -> tuple[Any, Any]:
    """A delegation with one of its people. Raises NotFound for anybody else's."""
    row = await registering.delegation_for(secret)
    person = next((one for one in await registering.people_of(row["id"]) if one["id"] == registration), None)
    if person is None:
        raise NotFound
    return row, person


@post("/delegations/{secret:str}/people/{registration:uuid}/substitute", opt=public)
async def substitute(
    request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str], registration: FromPath[UUID]
) -> Response[Any]:
    """Put somebody in another's place: the old code opens no door, the new person has a code of their own."""
    row, person = await _member(secret, registration)
    form = await read_form(request, OtherForm)
    name = f"other-{registration}"
    if form.value is None:
        return await _page(request, row, **{name: form})
    value = form.value
    wish = Wish(
        ticket_type="", full_name=value.full_name, email=value.email, phone=value.phone, organisation=value.organisation
    )
    try:
        await changing.transfer(actor, person["id"], msgspec.structs.replace(wish, mail=bool(value.email)))
    except Invalid as error:
        return await _page(request, row, **{name: form.take(error)})
    except Conflict as error:
        form.add_error("", error.phrase, **error.params)
        return await _page(request, row, **{name: form})
    said = gettext("%(new)s comes in the place of %(old)s.", new=value.full_name, old=person["full_name"])
    return done(request, to=f"/delegations/{secret}", message=said)


@post("/delegations/{secret:str}/people/{registration:uuid}/cancel", opt=public)
async def cancel(
    request: AnyRequest, actor: NamedDependency[Actor], secret: FromPath[str], registration: FromPath[UUID]
) -> Response[Any]:
    """Give one person's place back."""
    _row, person = await _member(secret, registration)
    said = gettext("The registration of %(name)s is cancelled.", name=person["full_name"])
    try:
        await waitlist.cancel(actor, person["id"], by_guest=True)
    except waitlist.AlreadyIn as error:
        said = error.text()
    return done(request, to=f"/delegations/{secret}", message=said)


@get("/events/{slug:str}/delegations", guards=[signed_in])
async def index(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """The delegations of an event, for its organizers."""
    event = await managed_event_for(actor, slug)
    return page(request, "events/delegations/index.html", event=event, delegations=await registering.of_event(event.id))


router = Router(
    "/",
    route_handlers=[
        begin_form,
        begin,
        begun,
        show,
        read_list,
        register,
        substitute,
        cancel,
        index,
    ],
    include_in_schema=False,
)
