"""The door's own JSON calls: one scan, and the scans of a device that was offline. Every outcome is 200."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency

from app.core import db
from app.core.bodies import takes
from app.core.clock import now
from app.core.errors import DomainError, Invalid, NotFound, NotSignedIn
from app.core.forms import NOT_VALID
from app.core.i18n import N_
from app.core.web import Actor, actor_of, signed_in
from app.people import tokens
from app.people.token_shown import TokenShown, settles_by_itself, signed_in_or_token_shown
from events.door import answers, scanning
from events.door.answers import ScanAnswer
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


async def _read(request: Request[Any, Any, Any], decoder: msgspec.json.Decoder[Any]) -> Any:
    try:
        return decoder.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        where = str(error).rpartition("`$.")[2].rstrip("`") if "`$." in str(error) else "body"
        raise Invalid(fields={where: NOT_VALID}) from None


settles_by_itself("/api/v1/checkin/scan")


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
    if isinstance(actor, TokenShown):
        verdict = await _by_token(request, actor)
    else:
        verdict = await scanning.scan(actor, await _read(request, _scan_in))
    return Response(_out.encode(answers.answer(verdict)), media_type="application/json")  # type: ignore[arg-type]


async def _by_token(request: Request[Any, Any, Any], shown: TokenShown) -> Verdict:
    """The scan of who shows a token. What is wrong with the token is said before what is wrong with the scan."""
    try:
        actor, verdict = await scanning.scan_by_token(shown, await _read(request, _scan_in))
    except Invalid:
        if await tokens.whose(shown.token_hash, writes=True) is None:
            raise NotSignedIn from None
        raise
    cast("Any", request.scope)["actor"] = actor  # private answers are told not to be kept
    return verdict


@post("/checkin/sync", guards=[signed_in], status_code=200, tags=["check-in"], operation_class=takes(SyncRequest))
async def sync(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[SyncAnswer]:
    """Up to 500 scans of one device, decided in the order they are sent; an answer for each.

    They are kept a hundred at a time: a batch that was cut off is sent again as it was. A scan that cannot be read
    is answered "refused", reason "unreadable", and not kept.
    """
    batch = await _read(request, _sync_in)
    if len(batch.scans) > MOST_SCANS:
        raise Invalid(fields={"scans": N_("At most 500 scans at once.")})
    results = await _all(scanning.person_scanning(actor, batch.device_id), batch)
    return Response(_out.encode(SyncAnswer(results, now())), media_type="application/json")  # type: ignore[arg-type]


async def _all(scanner: Scanner, batch: _Batch) -> list[ScanAnswer]:
    """An answer for every scan, in their order; one that cannot be taken does not stop the others."""
    found: list[ScanAnswer | ScanRequest] = [_readable(raw, batch) for raw in batch.scans]
    good = [one for one in found if isinstance(one, ScanRequest)]
    verdicts = iter(
        [
            answers.answer(verdict) if verdict else refused(NotFound())
            for part in range(0, len(good), AT_ONCE)
            for verdict in await _part(scanner, good[part : part + AT_ONCE])
        ]
    )
    return [next(verdicts) if isinstance(one, ScanRequest) else one for one in found]


async def _part(scanner: Scanner, scans: list[ScanRequest]) -> list[Verdict | None]:
    return await db.retrying(lambda: scanning.scan_by(scanner, scans))


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
