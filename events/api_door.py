"""The door's own JSON calls: one scan, and the scans of a device that was offline. Every outcome is 200."""

from typing import Any, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency

from app.core.bodies import takes
from app.core.errors import DomainError, Invalid, NotFound, NotSignedIn
from app.core.forms import NOT_VALID
from app.core.i18n import N_
from app.core.web import Actor, actor_of, signed_in
from app.people import tokens
from app.people.token_shown import TokenShown, settles_by_itself, signed_in_or_token_shown
from events import checkin
from events.checkin import ScanAnswer, ScanRequest, Verdict

MOST_SCANS = 500


class SyncRequest(msgspec.Struct, kw_only=True):
    device_id: str = ""
    scans: list[ScanRequest]


class Unreadable(Invalid):
    message = N_("This scan could not be read: it is not in the form that scans have.")


class SyncAnswer(msgspec.Struct):
    results: list[ScanAnswer]


_scan_in = msgspec.json.Decoder(ScanRequest)


class _Batch(msgspec.Struct, kw_only=True):
    """A SyncRequest whose scans are not looked at yet: one that cannot be read must not lose the others."""

    device_id: str = ""
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
        verdict = await checkin.scan(actor, await _read(request, _scan_in))
    return Response(_out.encode(checkin.answer(verdict)), media_type="application/json")  # type: ignore[arg-type]


async def _by_token(request: Request[Any, Any, Any], shown: TokenShown) -> Verdict:
    """The scan of who shows a token. What is wrong with the token is said before what is wrong with the scan."""
    try:
        actor, verdict = await checkin.scan_by_token(shown, await _read(request, _scan_in))
    except Invalid:
        if await tokens.whose(shown.token_hash, writes=True) is None:
            raise NotSignedIn from None
        raise
    cast("Any", request.scope)["actor"] = actor  # private answers are told not to be kept
    return verdict


@post("/checkin/sync", guards=[signed_in], status_code=200, tags=["check-in"], operation_class=takes(SyncRequest))
async def sync(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[SyncAnswer]:
    """Up to 500 scans of one device, decided one after the other in the order they are sent; an answer for each.

    Each is kept as soon as it is decided: a batch that was cut off is sent again as it was. A scan that cannot be read
    is answered "refused", reason "unreadable", and not kept.
    """
    batch = await _read(request, _sync_in)
    if len(batch.scans) > MOST_SCANS:
        raise Invalid(fields={"scans": N_("At most 500 scans at once.")})
    results = [await _one(actor, batch.device_id, raw) for raw in batch.scans]
    return Response(_out.encode(SyncAnswer(results)), media_type="application/json")  # type: ignore[arg-type]


async def _one(actor: Actor, device_id: str, raw: msgspec.Raw) -> ScanAnswer:
    """The answer for one scan of a batch; one that cannot be taken does not stop the others."""
    try:
        one = _scan_in.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return refused(Unreadable())
    try:
        verdict = await checkin.scan(actor, msgspec.structs.replace(one, device_id=device_id or one.device_id))
    except (NotFound, Invalid) as error:
        return refused(error)
    return checkin.answer(verdict)


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
        scan_id=nothing,
        person=None,
        first_scan=None,
        occupancy=None,
        replayed=False,
    )
