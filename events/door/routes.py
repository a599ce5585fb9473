"""Pages for those who run the doors of an event: its devices, and the cases that wait for a decision."""

import base64
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core.errors import DomainError, Invalid
from app.core.forms import Form, Line, filled, read_form
from app.core.i18n import gettext
from app.core.settings import get_settings
from app.core.web import Actor, done, page, signed_in
from events import setup, tickets
from events.access import EventSeen, managed_event_for
from events.door import devices, ledger, reasons, routes_doors, scanning

WEAK = 20
"""Percent of a battery that will not last for long."""


class DeviceForm(msgspec.Struct, kw_only=True):
    name: Line
    role: Literal["scan", "search", "supervisor", "kiosk"] = "scan"
    checkpoints: list[UUID] = []
    hidden_types: bool = False


class ChangeForm(DeviceForm, kw_only=True):
    """Also of a device that an exhibitor made: it keeps its role."""

    role: Literal["scan", "search", "supervisor", "kiosk", "exhibitor"] = "scan"  # type: ignore[assignment]


class DecisionForm(msgspec.Struct, kw_only=True):
    decision: Literal["stands", "undone"]
    reason: Annotated[str, msgspec.Meta(max_length=500)]


@get("/events/{slug:str}/devices", guards=[signed_in])
async def device_list(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[str]:
    """The devices of an event, and how each of them is doing."""
    return await _devices(request, await managed_event_for(actor, slug))


async def _devices(
    request: Request[Any, Any, Any], event: EventSeen, form: Form[Any] | None = None, paired_by: str = "", to: str = ""
) -> Response[str]:
    """The page; with the code that was just made, which is told this once."""
    link = f"{get_settings().origin}/door#pair={paired_by}"
    return page(
        request,
        "events/door/devices.html",
        fragment="devices",
        status=422 if form is not None and form.phrases else 200,
        event=event,
        devices=[(one, devices.state_of(one)) for one in await devices.devices_of(event.id)],
        points=await setup.checkpoints_of(event.id),
        cases=await ledger.open_cases(event.id),
        roles=devices.ROLES,
        form=form or filled({}),
        code=paired_by,
        code_of=to,
        link=link,
        minutes=devices.CODE_MINUTES,
        qr=f"data:image/svg+xml;base64,{base64.b64encode(tickets.qr_svg(link).encode()).decode()}" if paired_by else "",
        skewed=scanning.SMALL_SKEW_MS,
        weak=WEAK,
    )


@post("/events/{slug:str}/devices", guards=[signed_in], status_code=200)
async def add_device(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str]
) -> Response[str]:
    """A further device; its code is on the page that comes back, and nowhere else."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, DeviceForm)
    if form.value is None:
        return await _devices(request, event, form)
    value = form.value
    try:
        _number, code = await devices.add_device(
            actor,
            event.id,
            name=value.name,
            role=value.role,
            checkpoints=value.checkpoints,
            hidden_types=value.hidden_types,
        )
    except Invalid as error:
        return await _devices(request, event, form.take(error))
    return await _devices(request, event, paired_by=code, to=value.name)


@get("/events/{slug:str}/devices/{device:uuid}", guards=[signed_in])
async def device_page(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], device: FromPath[UUID]
) -> Response[str]:
    """One device: its name, what it may do, where it stands, and how it is doing."""
    event = await managed_event_for(actor, slug)
    row = await devices.device_at(event.id, device)
    names = [field.name for field in msgspec.structs.fields(ChangeForm)]
    return await _device(request, event, row, filled({name: row[name] for name in names}))


async def _device(
    request: Request[Any, Any, Any], event: EventSeen, row: asyncpg.Record, form: Form[Any]
) -> Response[str]:
    return page(
        request,
        "events/door/device.html",
        status=422 if form.phrases else 200,
        event=event,
        device=row,
        state=devices.state_of(row),
        points=await setup.checkpoints_of(event.id),
        roles=devices.ROLES,
        form=form,
        skewed=scanning.SMALL_SKEW_MS,
        weak=WEAK,
    )


@post("/events/{slug:str}/devices/{device:uuid}", guards=[signed_in])
async def change_device(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], device: FromPath[UUID]
) -> Response[Any]:
    """Rename a device, or let it do something else: it hears of it within half a minute."""
    event = await managed_event_for(actor, slug)
    row = await devices.device_at(event.id, device)
    form = await read_form(request, ChangeForm)
    if form.value is None:
        return await _device(request, event, row, form)
    try:
        await devices.change(event.id, device, devices.DevicePlan(**msgspec.structs.asdict(form.value)))
    except Invalid as error:
        return await _device(request, event, row, form.take(error))
    return done(request, to=f"/events/{slug}/devices", message=gettext("Saved."))


@post("/events/{slug:str}/devices/{device:uuid}/code", guards=[signed_in], status_code=200)
async def new_code(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], device: FromPath[UUID]
) -> Response[str]:
    """A code to pair a device once more."""
    event = await managed_event_for(actor, slug)
    code = await devices.new_code(actor, event.id, device)
    name = (await devices.device_at(event.id, device))["name"]
    return await _devices(request, event, paired_by=code, to=name)


@post("/events/{slug:str}/devices/{device:uuid}/revoke", guards=[signed_in])
async def revoke(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], device: FromPath[UUID]
) -> Response[Any]:
    """Take a device out of service, with effect from its next request."""
    event = await managed_event_for(actor, slug)
    await devices.revoke(actor, event.id, device)
    return done(request, to=f"/events/{slug}/devices", message=gettext("The device is out of service."))


@get("/events/{slug:str}/cases", guards=[signed_in])
async def case_list(
    request: Request[Any, Any, Any],
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    show: FromQuery[str] = "",
    before: FromQuery[UUID | None] = None,
) -> Response[str]:
    """What happened at the doors that somebody has to look at."""
    return await _cases(request, await managed_event_for(actor, slug), decided=show == "decided", before=before)


async def _cases(
    request: Request[Any, Any, Any],
    event: EventSeen,
    *,
    decided: bool = False,
    before: UUID | None = None,
    refused: tuple[UUID, Form[Any]] | None = None,
) -> Response[str]:
    rows = await ledger.cases_of(event.id, still_open=not decided, before=before)
    shown = rows[: ledger.PAGE]
    return page(
        request,
        "events/door/cases.html",
        status=422 if refused else 200,
        event=event,
        cases=shown,
        older=shown[-1]["id"] if len(rows) > ledger.PAGE else None,
        decided=decided,
        waiting=await ledger.open_cases(event.id),
        kinds=ledger.KINDS,
        decisions=ledger.DECISIONS,
        reasons=reasons.REASONS,
        refused=refused[0] if refused else None,
        form=refused[1] if refused else filled({}),
        blank=filled({}),
        skewed=scanning.SMALL_SKEW_MS,
    )


@post("/events/{slug:str}/cases/{case:uuid}", guards=[signed_in])
async def decide(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], slug: FromPath[str], case: FromPath[UUID]
) -> Response[Any]:
    """Settle a case: it stands, or the second scan is taken back; with a reason and the name of who decided."""
    event = await managed_event_for(actor, slug)
    form = await read_form(request, DecisionForm)
    if form.value is None:
        return await _cases(request, event, refused=(case, form))
    said = gettext("The case is settled.")
    try:
        await ledger.decide(actor, event.id, case, form.value.decision, form.value.reason)
    except Invalid as error:
        return await _cases(request, event, refused=(case, form.take(error)))
    except ledger.Decided as error:
        said = DomainError.text(error)
    return done(request, to=f"/events/{slug}/cases", message=said)


router = Router(
    "/",
    route_handlers=[
        *(device_list, add_device, device_page, change_device, new_code, revoke, case_list, decide),
        *routes_doors.handlers,
    ],
    include_in_schema=False,
)
