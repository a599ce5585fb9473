"""The door's own JSON calls: one scan, and the scans of a device that was offline. Every outcome is 200."""

import itertools
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.core import db
from app.core.bodies import takes
from app.core.clock import now
from app.core.errors import DomainError, Invalid, NotFound, NotSignedIn
from app.core.forms import NOT_VALID
from app.core.i18n import N_
from app.core.web import Actor, actor_of
from app.people import tokens
from app.people.token_shown import TokenShown, settles_by_itself, signed_in_or_token_shown
from events import throttles
from events.door import answers, devices, groups, scanning
from events.door.answers import ScanAnswer
from events.door.devices import DeviceShown
from events.door.reasons import GUEST
from events.door.scanning import AT_ONCE, Scanner, ScanRequest, Verdict

MOST_SCANS = 500


class SyncRequest(msgspec.Struct, kw_only=True):
    """`sent_at`: what the device's clock says now; it repairs the times of scans that know no `clock_ms`."""

    device_id: str = ""
    sent_at: datetime | None = None
    waiting: int | None = None
    battery: int | None = None
    scans: list[ScanRequest]


class Unreadable(Invalid):
    message = N_("This scan could not be read: it is not in the form that scans have.")


class SyncAnswer(msgspec.Struct):
    results: list[ScanAnswer]
    server_time: datetime
    revoked: bool = False


_scan_in = msgspec.json.Decoder(ScanRequest)


class _Batch(msgspec.Struct, kw_only=True):
    """A SyncRequest whose scans are not looked at yet: one that cannot be read must not lose the others."""

    device_id: str = ""
    sent_at: datetime | None = None
    waiting: int | None = None
    battery: int | None = None
    scans: list[msgspec.Raw]


_sync_in = msgspec.json.Decoder(_Batch)
_out = msgspec.json.Encoder()


async def read_body(request: Request[Any, Any, Any], decoder: msgspec.json.Decoder[Any]) -> Any:
    try:
        return decoder.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        where = str(error).rpartition("`$.")[2].rstrip("`") if "`$." in str(error) else "body"
        raise Invalid(fields={where: NOT_VALID}) from None


settles_by_itself("/api/v1/checkin/scan")


async def at_a_door(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of scans: a paired device, a person, or a token that the scan itself finds out about."""
    if not isinstance(actor_of(connection), DeviceShown):
        await signed_in_or_token_shown(connection, handler)


@post(
    "/checkin/scan",
    guards=[signed_in_or_token_shown],
    status_code=200,
    tags=["check-in"],
    operation_class=takes(ScanRequest),
)
async def scan(request: Request[Any, Any, Any]) -> Response[ScanAnswer]:
    """One code shown at one door. The same nonce from the same device gets the stored answer back."""
    actor = actor_of(request)
    if isinstance(actor, DeviceShown):
        verdict = await _by_device(actor, await read_body(request, _scan_in))
    elif isinstance(actor, TokenShown):
        verdict = await _by_token(request, actor)
    else:
        verdict = await _by_person(actor, await read_body(request, _scan_in))
    verdict = await groups.with_names(verdict) or verdict
    return Response(_out.encode(answers.answer(verdict)), media_type="application/json")  # type: ignore[arg-type]


async def _by_device(actor: DeviceShown, one: ScanRequest) -> Verdict:
    throttles.scanning(actor.token_hash)
    if one.present:
        device = await devices.device_of(actor, *devices.CHECK_IN)
        verdict = await groups.scan_group(devices.device_scanning(device), one)
    else:
        found = await scanning.scan_by_device(actor.token_hash, one)
        if found is None:
            await devices.device_of(actor, *devices.CHECK_IN)
            raise NotFound
        verdict = found[1]
    if verdict is None:
        raise NotFound
    return verdict


async def _by_person(actor: Actor, one: ScanRequest) -> Verdict:
    if not one.present:
        return await scanning.scan(actor, one)
    verdict = await groups.scan_group(scanning.person_scanning(actor, one.device_id), one)
    if verdict is None:
        raise NotFound
    return verdict


async def _by_token(request: Request[Any, Any, Any], shown: TokenShown) -> Verdict:
    """The scan of who shows a token. What is wrong with the token is said before what is wrong with the scan."""
    try:
        one = await read_body(request, _scan_in)
        if one.present:
            actor = await tokens.whose(shown.token_hash, writes=True)
            if actor is None:
                raise NotSignedIn
            verdict = await _by_person(actor, one)
        else:
            actor, verdict = await scanning.scan_by_token(shown, one)
    except Invalid:
        if await tokens.whose(shown.token_hash, writes=True) is None:
            raise NotSignedIn from None
        raise
    cast("Any", request.scope)["actor"] = actor  # private answers are told not to be kept
    return verdict


@post("/checkin/sync", guards=[at_a_door], status_code=200, tags=["check-in"], operation_class=takes(SyncRequest))
async def sync(request: Request[Any, Any, Any]) -> Response[SyncAnswer]:
    """Up to 500 scans of one device, decided in the order they are sent; an answer for each.

    They are kept a hundred at a time: a batch that was cut off is sent again as it was. A scan that cannot be read
    is answered "refused", reason "unreadable", and not kept.
    """
    actor = actor_of(request)
    batch = await read_body(request, _sync_in)
    if len(batch.scans) > MOST_SCANS:
        raise Invalid(fields={"scans": N_("At most 500 scans at once.")})
    revoked = False
    if isinstance(actor, DeviceShown):
        await throttles.syncing(actor.token_hash)
        device = await devices.device_of(actor, *devices.CHECK_IN, revoked_too=True)
        paired, revoked = devices.device_scanning(device), device["revoked_at"] is not None
        batch.device_id = ""
        results = await _all(lambda _one: paired, batch)
    else:
        results = await _all(lambda one: scanning.person_scanning(actor, one.device_id), batch)
    return Response(_out.encode(SyncAnswer(results, now(), revoked)), media_type="application/json")  # type: ignore[arg-type]


Whose = Callable[[ScanRequest], Scanner]
"""Which device a scan is of: the paired one, or for a person's token the one that the scan or its batch names."""


async def _all(whose: Whose, batch: _Batch) -> list[ScanAnswer]:
    """An answer for every scan, in their order; one that cannot be taken does not stop the others."""
    found: list[ScanAnswer | ScanRequest] = [_readable(raw, batch) for raw in batch.scans]
    good = [one for one in found if isinstance(one, ScanRequest)]
    verdicts: list[ScanAnswer] = []
    for begun in range(0, len(good), AT_ONCE):
        verdicts += await _part(whose, good[begun : begun + AT_ONCE])
    given = iter(verdicts)
    return [next(given) if isinstance(one, ScanRequest) else one for one in found]


async def _part(whose: Whose, scans: list[ScanRequest]) -> list[ScanAnswer]:
    """Answers for scans of one transaction; a group's code, where it is in between, is decided by itself."""
    done: list[ScanAnswer] = []
    for (together, _device), batch in itertools.groupby(scans, key=lambda one: (bool(one.present), one.device_id)):
        some = list(batch)
        scanner = whose(some[0])
        if together:
            done += [await _group(scanner, one) for one in some]
            continue
        verdicts = await db.retrying(partial(scanning.scan_by, scanner, some))
        named = [await groups.with_names(verdict) for verdict in verdicts]
        done += [answers.answer(verdict) if verdict else refused(NotFound()) for verdict in named]
    return done


async def _group(scanner: Scanner, one: ScanRequest) -> ScanAnswer:
    try:
        verdict = await groups.with_names(await groups.scan_group(scanner, one))
    except Invalid as error:
        return refused(error)
    return answers.answer(verdict) if verdict else refused(NotFound())


def _readable(raw: msgspec.Raw, batch: _Batch) -> ScanAnswer | ScanRequest:
    """A scan of a batch with what the batch says of the clock, or the answer that it cannot be taken."""
    try:
        one = _scan_in.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return refused(Unreadable())
    changes: dict[str, Any] = {"device_id": batch.device_id or one.device_id}
    if batch.sent_at is not None and not one.clock_ms:
        changes["clock_ms"] = scanning.clock_ms(batch.sent_at)
    one = msgspec.structs.replace(one, **changes)
    try:
        scanning.check(one)
    except Invalid as error:
        return refused(error)
    return one


def refused(error: DomainError) -> ScanAnswer:
    """A scan that could not even be looked at: no such door for this person, or a nonce that is none."""
    nothing: UUID | None = None
    return ScanAnswer(
        status="refused",
        reason=error.code,
        message_vi=error.text("vi"),
        message_en=error.text("en"),
        next_vi="",
        next_en="",
        guest_vi=GUEST["unreadable"].text("vi"),
        guest_en=GUEST["unreadable"].text("en"),
        scan_id=nothing,
        person=None,
        first_scan=None,
        occupancy=None,
        zone=None,
        questions=[],
        group=None,
        overridden=False,
        clock_ms=0,
        skewed=False,
        replayed=False,
    )
