"""What scanners at booths ask: one ticket, and those that were scanned without a network. Every outcome is 200."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.core import clock, limits
from app.core.bodies import takes
from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.web import actor_of, signed_in
from events import throttles
from events.api_door import read_body
from events.door import scanning
from events.door.devices import DeviceShown, paired
from events.leads import listing, meeting, rights
from events.leads.access import scanner_for
from events.leads.meeting import Booth, LeadScanRequest, Met

MOST_SCANS = 500
SCANS_A_MINUTE = 600
MOST_SHOWN = 200


class Asked(msgspec.Struct, kw_only=True):
    """`shown`: the leads whose names are on the device's screen or in its memory."""

    shown: list[UUID] = []


class LeadSync(msgspec.Struct, kw_only=True):
    """Scans that were made without a network, in their order."""

    sent_at: datetime | None = None
    scans: list[LeadScanRequest]


class _Batch(msgspec.Struct, kw_only=True):
    """A LeadSync whose scans are not looked at yet: one that cannot be read must not lose the others."""

    sent_at: datetime | None = None
    scans: list[msgspec.Raw]


_encode = msgspec.json.Encoder().encode
_scan_in = msgspec.json.Decoder(LeadScanRequest)
_batch_in = msgspec.json.Decoder(_Batch)
_asked_in = msgspec.json.Decoder(Asked)


async def at_a_booth(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: a paired device, or a person; whether they stand at a booth, the route finds out."""
    if not isinstance(actor_of(connection), DeviceShown):
        await signed_in(connection, handler)


async def _counted(request: Request[Any, Any, Any], *, batch: bool = False) -> None:
    """Ten scans a second for a minute are more than any hand does. Raises TooMany."""
    actor = actor_of(request)
    if isinstance(actor, DeviceShown) and batch:
        await throttles.syncing(actor.token_hash)
    elif isinstance(actor, DeviceShown):
        throttles.scanning(actor.token_hash)
    else:
        await limits.hit("leads.scan", actor.id, throttles.SYNCS_A_MINUTE if batch else SCANS_A_MINUTE, 60)


@post("/leads/scan", guards=[at_a_booth], status_code=200, operation_class=takes(LeadScanRequest))
async def scan(request: Request[Any, Any, Any]) -> Response[Any]:
    """One ticket shown at a booth. The same nonce gets the same answer, as far as the visitor still agrees."""
    await _counted(request)
    one = await read_body(request, _scan_in)
    booth = await scanner_for(actor_of(request), one.exhibitor)
    met = await meeting.scan(booth, one)
    await _seen(booth, met)
    return _said(meeting.as_json(met))


@post("/leads/sync", guards=[at_a_booth], status_code=200, operation_class=takes(LeadSync))
async def sync(request: Request[Any, Any, Any]) -> Response[Any]:
    """Up to 500 scans, answered in their order. A device taken out of service may hand in, but is told no names."""
    await _counted(request, batch=True)
    batch = await read_body(request, _batch_in)
    if len(batch.scans) > MOST_SCANS:
        raise Invalid(fields={"scans": N_("At most 500 scans at once.")})
    actor, results = actor_of(request), []
    booths: dict[UUID | None, Booth] = {}
    revoked = False
    if isinstance(actor, DeviceShown):
        booth = booths[None] = await scanner_for(actor, None, revoked_too=True)
        revoked = not booth.shows
    for raw in batch.scans:
        one = _readable(raw, batch)
        if one is None:
            results.append(meeting.as_json(Met("refused", "unreadable", None)))
            continue
        at = None if isinstance(actor, DeviceShown) else one.exhibitor
        if at not in booths:
            booths[at] = await scanner_for(actor, at)
        results.append(await _one(booths[at], one))
    return _said({"results": results, "server_time": clock.now(), "revoked": revoked})


def _readable(raw: msgspec.Raw, batch: _Batch) -> LeadScanRequest | None:
    try:
        one = _scan_in.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if batch.sent_at is not None and not one.clock_ms:
        one = msgspec.structs.replace(one, clock_ms=scanning.clock_ms(batch.sent_at))
    return msgspec.structs.replace(one, offline=True)


async def _seen(booth: Booth, met: Met) -> None:
    if met.lead is not None:
        await rights.seen_at_booth(booth, [met.lead["person"]])


async def _one(booth: Booth, one: LeadScanRequest) -> dict[str, Any]:
    try:
        met = await meeting.scan(booth, one)
        await _seen(booth, met)
        return meeting.as_json(met)
    except Invalid:
        return meeting.as_json(Met("refused", "unreadable", None))


@post("/leads/latest", guards=[paired], status_code=200, operation_class=takes(Asked))
async def latest(request: Request[Any, Any, Any]) -> Response[Any]:
    """The newest leads of the device's booth, and which of those that it shows may be shown no longer."""
    actor = actor_of(request)
    if isinstance(actor, DeviceShown):
        await throttles.asking(actor.token_hash)
    asked = await read_body(request, _asked_in)
    booth = await scanner_for(actor, None)
    rows = await listing.leads(booth.event, booth.organisation)
    await rights.seen_at_booth(booth, (row["person"] for row in rows[: listing.PAGE]))
    shown = list(dict.fromkeys(asked.shown))[:MOST_SHOWN]
    left = set(await listing.still(booth.event, booth.organisation, shown)) if shown else set()
    return _said(
        {
            "exhibitor": await listing.name_of(booth.organisation),
            "items": [_listed(row) for row in rows[: listing.PAGE]],
            "gone": [one for one in shown if one not in left],
            "server_time": clock.now(),
        }
    )


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    notes = [{"text": note["text"], "author": note["author"], "at": note["written_at"]} for note in row["notes"]]
    return {**meeting.lead_json(row), "at": row["last_at"], "notes": notes}


def _said(value: Any) -> Response[Any]:
    return Response(_encode(value), media_type="application/json", headers={"Cache-Control": "no-store"})


router = Router("/api/v1", route_handlers=[scan, sync, latest], tags=["leads"])
