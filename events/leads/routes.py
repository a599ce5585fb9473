"""Pages of leads: an exhibitor's list with notes and files, its scanning devices; a visitor's choice on the ticket."""

import base64
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core import db, limits
from app.core.errors import Invalid, NotFound
from app.core.files.names import disposition
from app.core.forms import Form, Line, Text, filled, read_form
from app.core.i18n import gettext
from app.core.ids import new_id
from app.core.settings import get_settings
from app.core.web import Actor, done, page, public, signed_in
from app.directory.importing.tables_out import MEDIA
from events import tickets
from events.access import ticket_for
from events.door import devices
from events.leads import agreeing, listing, meeting, rights
from events.leads.access import BoothSeen, booth_for, booths_for, edited_booth_for
from events.leads.api import SCANS_A_MINUTE
from events.leads.meeting import LeadScanRequest

AnyRequest = Request[Any, Any, Any]
PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


class ShowForm(msgspec.Struct, kw_only=True):
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    nonce: Annotated[str, msgspec.Meta(max_length=128)]


class LeadForm(msgspec.Struct, kw_only=True):
    note: Text = ""
    rating: int | None = None
    tags: Line = ""


class DeviceForm(msgspec.Struct, kw_only=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class LevelForm(msgspec.Struct, kw_only=True):
    level: Line


@get("/events/{slug:str}/leads", guards=[signed_in])
async def own_booths(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """The exhibitors at this event whose leads this person may see: their own."""
    event, own = await booths_for(actor, slug)
    return page(request, "events/leads/booths.html", event=event, booths=own)


@get("/events/{slug:str}/leads/{exhibitor:uuid}", guards=[signed_in])
async def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    exhibitor: FromPath[UUID],
    q: FromQuery[str] = "",
    before: FromQuery[UUID | None] = None,
) -> Response[str]:
    """An exhibitor's leads, and the field that scanners type into."""
    return await _list(request, await booth_for(actor, slug, exhibitor), q=q[:100], before=before)


async def _list(
    request: AnyRequest, booth: BoothSeen, q: str = "", before: UUID | None = None, **said: Any
) -> Response[str]:
    event, organisation = booth.event.id, booth.organisation
    rows = await listing.leads(event, organisation, words=q, before=before)
    await rights.seen_at_booth(booth.scanner(booth.actor), (row["person"] for row in rows[: listing.PAGE]))
    given = {"met": None, "form": filled({}), "of": None, "code": "", "link": "", "qr": ""} | said
    response = page(
        request,
        "events/leads/leads.html",
        fragment="station",
        status=422 if given["form"].phrases else 200,
        event=booth.event,
        booth=booth,
        leads=rows[: listing.PAGE],
        older=rows[listing.PAGE - 1]["id"] if len(rows) > listing.PAGE else None,
        counts=await listing.counts(event, organisation),
        devices=[(one, devices.state_of(one)) for one in await _devices(booth)] if booth.edits else [],
        q=q,
        nonce=new_id().hex,
        blank=filled({}),
        minutes=devices.CODE_MINUTES,
        **given,
    )
    response.headers.update(PRIVATE)
    return response


async def _devices(booth: BoothSeen) -> list[Any]:
    return await db.fetch(
        "SELECT d.* FROM lead_device l JOIN door_device d ON d.id = l.device WHERE l.exhibitor = $1"
        " AND d.revoked_at IS NULL ORDER BY d.name, d.id LIMIT 100",
        booth.id,
    )


@post("/events/{slug:str}/leads/{exhibitor:uuid}/scan", guards=[signed_in], status_code=200)
async def scan(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], exhibitor: FromPath[UUID]
) -> Response[str]:
    """A ticket shown to a member of the team; the form's nonce makes a reload harmless."""
    booth = await booth_for(actor, slug, exhibitor)
    await limits.hit("leads.scan", actor.id, SCANS_A_MINUTE, 60)
    form = await read_form(request, ShowForm)
    if form.value is None:
        return await _list(request, booth, form=form)
    try:
        met = await meeting.scan(booth.scanner(actor), LeadScanRequest(nonce=form.value.nonce, code=form.value.code))
    except Invalid as error:
        return await _list(request, booth, form=form.take(error))
    return await _list(request, booth, met=met)


@post("/events/{slug:str}/leads/{exhibitor:uuid}/of/{lead:uuid}", guards=[signed_in])
async def write(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    exhibitor: FromPath[UUID],
    lead: FromPath[UUID],
) -> Response[Any]:
    """A note, a rating, tags; other colleagues' notes stay beside it."""
    booth = await booth_for(actor, slug, exhibitor)
    form: Form[LeadForm] = await read_form(request, LeadForm)
    if form.value is None:
        return await _list(request, booth, form=form, of=lead)
    try:
        await listing.write(booth.scanner(actor), lead, form.value.note, form.value.rating, form.value.tags.split(","))
    except Invalid as error:
        return await _list(request, booth, form=form.take(error), of=lead)
    return done(request, to=f"/events/{slug}/leads/{exhibitor}", message=gettext("Saved."))


@get("/events/{slug:str}/leads/{exhibitor:uuid}/files/{name:str}", guards=[signed_in])
async def as_file(
    actor: NamedDependency[Actor], slug: FromPath[str], exhibitor: FromPath[UUID], name: FromPath[str]
) -> Response[bytes]:
    """`leads.csv` or `leads.xlsx`, for owners and editors."""
    booth = await edited_booth_for(actor, slug, exhibitor)
    form = name.removeprefix("leads.")
    if name not in ("leads.csv", "leads.xlsx") or form not in MEDIA:
        raise NotFound
    content = await listing.as_file(booth.event.id, booth.organisation, form)  # type: ignore[arg-type]
    await rights.seen_at_booth(booth.scanner(actor), await listing.people(booth.event.id, booth.organisation))
    headers = {**PRIVATE, "Content-Disposition": disposition(f"{slug}-{name}", inline=False)}
    return Response(content, media_type=MEDIA[form], headers=headers)


@post("/events/{slug:str}/leads/{exhibitor:uuid}/devices", guards=[signed_in], status_code=200)
async def add_device(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], exhibitor: FromPath[UUID]
) -> Response[str]:
    """A phone of the team that scans without an account; its code is on the page that comes back, and nowhere else."""
    booth = await edited_booth_for(actor, slug, exhibitor)
    form = await read_form(request, DeviceForm)
    if form.value is None:
        return await _list(request, booth, form=form)
    await limits.hit("leads.device", exhibitor, 40, 86400)
    try:
        number, code = await devices.add_device(actor, booth.event.id, name=form.value.name, role="exhibitor")
    except Invalid as error:
        return await _list(request, booth, form=form.take(error))
    await db.execute("INSERT INTO lead_device (device, exhibitor) VALUES ($1, $2)", number, exhibitor)
    link = f"{get_settings().origin}/door#pair={code}"
    qr = f"data:image/svg+xml;base64,{base64.b64encode(tickets.qr_svg(link).encode()).decode()}"
    return await _list(request, booth, code=code, link=link, qr=qr)


@post("/events/{slug:str}/leads/{exhibitor:uuid}/devices/{device:uuid}/revoke", guards=[signed_in])
async def end_device(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    exhibitor: FromPath[UUID],
    device: FromPath[UUID],
) -> Response[Any]:
    booth = await edited_booth_for(actor, slug, exhibitor)
    if not await db.fetchval(
        "SELECT EXISTS (SELECT FROM lead_device WHERE device = $1 AND exhibitor = $2)", device, exhibitor
    ):
        raise NotFound
    await devices.revoke(actor, booth.event.id, device)
    return done(request, to=f"/events/{slug}/leads/{exhibitor}", message=gettext("The device is out of service."))


# --- the visitor's own page ----------------------------------------------------------------------------------------


@get("/tickets/{secret:str}/leads", opt=public)
async def choices(request: AnyRequest, secret: FromPath[str]) -> Response[str]:
    """What exhibitors learn when they scan this ticket, and who has scanned it."""
    return await _choices(request, secret, filled({}))


async def _choices(request: AnyRequest, secret: str, form: Form[Any]) -> Response[str]:
    row = await ticket_for(secret)
    response = page(
        request,
        "events/leads/choice.html",
        status=422 if form.phrases else 200,
        ticket=row,
        form=form,
        chosen=await agreeing.chosen(row["id"]),
        levels=agreeing.LEVELS,
        met=await agreeing.met(row["id"]),
    )
    response.headers.update(PRIVATE)
    return response


@post("/tickets/{secret:str}/leads", opt=public)
async def choose(request: AnyRequest, secret: FromPath[str]) -> Response[Any]:
    row = await ticket_for(secret)
    form = await read_form(request, LevelForm)
    if form.value is None:
        return await _choices(request, secret, form)
    try:
        await agreeing.choose(row["id"], form.value.level)
    except Invalid as error:
        return await _choices(request, secret, form.take(error))
    return done(request, to=f"/tickets/{secret}/leads", message=gettext("Your choice is saved."))


@post("/tickets/{secret:str}/leads/{lead:uuid}/withdraw", opt=public)
async def withdraw(request: AnyRequest, secret: FromPath[str], lead: FromPath[UUID]) -> Response[Any]:
    row = await ticket_for(secret)
    await agreeing.withdraw(row["id"], lead)
    return done(request, to=f"/tickets/{secret}/leads", message=gettext("They do not see you any more."))


@post("/tickets/{secret:str}/leads/{lead:uuid}/allow", opt=public)
async def allow(request: AnyRequest, secret: FromPath[str], lead: FromPath[UUID]) -> Response[Any]:
    row = await ticket_for(secret)
    await agreeing.allow_again(row["id"], lead)
    return done(request, to=f"/tickets/{secret}/leads", message=gettext("They see you again."))


router = Router(
    "/",
    route_handlers=[
        *(own_booths, show, scan, write, as_file, add_device, end_device),
        *(choices, choose, withdraw, allow),
    ],
    include_in_schema=False,
)
