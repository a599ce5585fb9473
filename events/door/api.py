"""What devices ask of the door, as docs/door.md says: pairing, rules, cards, names, undoing, walk-ins."""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromQuery

from app.core import clock
from app.core.bodies import takes
from app.core.web import actor_of, public
from app.people.where import origin_of
from events import checkin, throttles
from events.api_door import read_body
from events.door import answers, cards, devices, rights, rules, scanning, walkins
from events.door.devices import CHECK_IN, DeviceShown, Seen, device_of, paired
from events.door.reasons import REASONS
from events.door.walkins import WalkIn

_encode = msgspec.json.Encoder().encode


class Code(msgspec.Struct):
    code: str


class UndoRequest(msgspec.Struct):
    scan_id: UUID
    reason: str


def _answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response[Any]:
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(_encode(value), status_code=status, media_type="application/json", headers=headers)


async def _mine(request: Request[Any, Any, Any], *roles: str) -> asyncpg.Record:
    """The device that asks, counted. Raises TooMany and what `device_of` raises."""
    actor = actor_of(request)
    if isinstance(actor, DeviceShown):
        await throttles.asking(actor.token_hash)
    return await device_of(actor, *roles)


@post("/door/pair", opt=public, status_code=201, operation_class=takes(Code))
async def pair(request: Request[Any, Any, Any]) -> Response[Any]:
    """A code becomes the token of a device, once."""
    await throttles.pairing(origin_of(request).network)
    body = await read_body(request, _code_in)
    token, row = await devices.pair(body.code)
    return _answer(
        {
            "token": token,
            "server_time": clock.now(),
            "device": {name: row[name] for name in ("id", "name", "role")},
            "event": {"id": row["event"], **{name: row[name] for name in ("slug", "title_vi", "title_en")}},
        },
        201,
    )


@get("/door/rules", guards=[paired])
async def get_rules(request: Request[Any, Any, Any]) -> Response[Any]:
    """What a scanner decides by."""
    found = await rules.rules(await _mine(request))
    tag = f'"{found["version"]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(None, status_code=304, headers={"ETag": tag, "Cache-Control": "no-store"})
    return _answer(found, headers={"ETag": tag})


@get("/door/cards", guards=[paired])
async def get_cards(request: Request[Any, Any, Any], since: FromQuery[int | None] = None) -> Response[bytes]:
    """What a scanner knows of every ticket: whole, or what changed after a version."""
    device = await _mine(request, *CHECK_IN)
    version, content = await cards.pack(device["event"], since)
    headers = {"ETag": f'"{version}"', "Cache-Control": "no-store", "Content-Encoding": "identity"}
    return Response(content, media_type="application/octet-stream", headers=headers)


@post("/door/seen", guards=[paired], status_code=200, operation_class=takes(Seen))
async def seen(request: Request[Any, Any, Any]) -> Response[Any]:
    """A heartbeat: how the device is, and whether what it has is still the newest."""
    device = await _mine(request)
    said = await read_body(request, _seen_in)
    clock_ms = scanning.clock_ms(said.sent_at)
    await devices.seen(device, said, clock_ms)
    held = await cards.version_of(device["event"])
    return _answer(
        {
            "server_time": clock.now(),
            "clock_ms": clock_ms,
            "rules_version": (await rules.rules(device))["version"],
            "cards_version": str(held.version),
            "occupancy": await rules.occupancy(device["event"]),
        }
    )


@get("/door/search", guards=[paired])
async def search(
    request: Request[Any, Any, Any], q: FromQuery[str] = "", checkpoint_id: FromQuery[UUID | None] = None
) -> Response[Any]:
    """At most ten guests by name, for devices that may look for them."""
    device = await _mine(request, "search", "supervisor")
    rows = await checkin.search(device["event"], checkpoint_id or device["event"], q)
    await rights.seen_by_device(device, rows)
    names = ("id", "organisation", "type_vi", "type_en", "status", "code")
    items = [{**{n: row[n] for n in names}, "name": row["full_name"], "inside": bool(row["inside"])} for row in rows]
    return _answer({"items": items})


@get("/door/latest", guards=[paired])
async def latest(request: Request[Any, Any, Any], checkpoint_id: FromQuery[UUID]) -> Response[Any]:
    """The last scans at a checkpoint."""
    device = await _mine(request, "scan", "search", "supervisor")
    rows = await checkin.latest(device["event"], checkpoint_id)
    items = [
        {
            **{name: row[name] for name in ("id", "outcome", "reason", "direction")},
            "at": row["received_at"],
            "name": row["name"] or "",
            "device": row["device_name"],
            "can_undo": row["can_undo"] and device["role"] == "supervisor",
        }
        for row in rows
        if row["reason"] in REASONS or not row["reason"]
    ]
    return _answer({"items": items})


@post("/door/undo", guards=[paired], status_code=200, operation_class=takes(UndoRequest))
async def undo(request: Request[Any, Any, Any]) -> Response[Any]:
    """A supervisor takes a check-in back, at any time and from any device."""
    device = await _mine(request, "supervisor")
    body = await read_body(request, _undo_in)
    await checkin.undo_by(devices.device_scanning(device), device["event"], body.scan_id, body.reason)
    return _answer({"undone": body.scan_id})


@post("/door/walk-ins", guards=[paired], status_code=200, operation_class=takes(WalkIn))
async def walk_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Somebody without a ticket is registered at the door and let in."""
    device = await _mine(request, "scan", "search", "supervisor")
    welcomed = await walkins.walk_in(device, await read_body(request, _walk_in))
    return _answer(
        {
            "status": welcomed.status,
            "registration": welcomed.registered.id,
            "code": welcomed.registered.code,
            "scan": answers.answer(welcomed.verdict),
        }
    )


_code_in = msgspec.json.Decoder(Code)
_seen_in = msgspec.json.Decoder(Seen)
_undo_in = msgspec.json.Decoder(UndoRequest)
_walk_in = msgspec.json.Decoder(WalkIn)

router = Router(
    "/api/v1", route_handlers=[pair, get_rules, get_cards, seen, search, latest, undo, walk_in], tags=["door"]
)
