"""A scan on its way: what is shown, who shows it, and the verdict. `door_scans` in PostgreSQL decides."""

import re
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Invalid, NotFound, NotSignedIn
from app.core.forms import NOT_VALID
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.web import Actor
from app.people import token_shown, tokens
from app.people.token_shown import TokenShown
from events import tickets
from events.door import together
from events.tickets import Shown

_PLAIN = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
MOST_CLOCK_MS = 2**31 - 1
AT_ONCE = 100
"""So many scans of a batch are decided in one transaction: other doors wait for their locks no longer than that."""
MOST_ANSWERS = 20
TEST_CODE = "KETNOITEST"
"""Printed on the organisers' page: a device that reads it, and hears so, works."""
LONGEST_ANSWER = 500


class ScanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One code shown at one door. `nonce` names this act for ever: sent again, it gets the same answer.

    `shown`: what a device told the guest before it asked; left out, the server decides. `clock_ms`: how much the
    server's clock is ahead of the device's, as the device knew it then.
    """

    nonce: str
    device_id: str = ""
    checkpoint_id: UUID
    direction: Literal["in", "out"] = "in"
    code: str
    scanned_at: datetime | None = None
    clock_ms: int = 0
    offline: bool = False
    shown: Literal["ok", "already", "refused", "needs_input", "unsure"] | None = None
    answers: dict[str, str] = {}
    present: list[UUID] = []
    override_reason: str = ""
    seen_snapshot: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan came to. `facts` is all that the answer says; the same facts always make the same answer."""

    id: UUID | None
    outcome: str
    reason: str
    facts: dict[str, Any]
    replayed: bool
    direction: str


class Scanner(msgspec.Struct, frozen=True, kw_only=True):
    """Who scans: a person at one of their devices, or a paired device by itself. `device` scopes the nonces."""

    device: str
    name: str
    person: UUID | None = None
    admin: bool = False
    door: UUID | None = None
    may_override: bool = False


_SCAN = "SELECT * FROM scan_tickets($1, $2, $3, $4, $5, $6)"

# The same for who shows a token: whose it is and the scan are one statement, so that a door waits once.
_SCAN_BY_TOKEN = f"""
WITH who AS MATERIALIZED ({token_shown.WRITER})
SELECT who.token, who.last_used_at, who.person, s.* FROM who, LATERAL scan_tickets(who.person || ':' || $2::text,
    coalesce(nullif($2, ''), who.name), who.person, false, NULL, $3) s
"""  # noqa: S608  constants


def person_scanning(actor: Actor, device_id: str, device_name: str = "") -> Scanner:
    return Scanner(
        device=f"{actor.person_id}:{device_id}",
        name=device_name or device_id or actor.name,
        person=actor.person_id,
        admin=actor.has("admin"),
    )


async def scan(actor: Actor, request: ScanRequest, device_name: str = "") -> Verdict:
    """Decide on one code at one door; stored whatever comes of it, and the same nonce gets the same answer again.

    One statement, its own transaction. Raises NotFound where this person may not scan.
    """
    (verdict,) = await scan_by(person_scanning(actor, request.device_id, device_name), [request])
    if verdict is None:
        raise NotFound
    return verdict


async def scan_by(scanner: Scanner, requests: list[ScanRequest]) -> list[Verdict | None]:
    """Decide on a few scans of one device, in one statement; None for a door that is not this scanner's.

    Locks nonces, registrations, zones with a cap, counters. Raises Invalid.
    """
    for request in requests:
        check(request)
    return await decide(scanner, [(request, await tickets.read(request.code)) for request in requests])


async def decide(scanner: Scanner, shown: list[tuple[ScanRequest, Shown]]) -> list[Verdict | None]:
    """`scan_by` for codes that were read already."""
    acts = [_act(request, what, override=scanner.may_override) for request, what in shown]
    rows = await db.fetch(
        _SCAN, *(scanner.device, scanner.name, scanner.person, scanner.admin, scanner.door, _json(acts))
    )
    return [_verdict(row, request) for row, (request, _what) in zip(rows, shown, strict=True)]


async def scan_by_device(token_hash: bytes, request: ScanRequest) -> tuple[UUID, Verdict | None] | None:
    """`scan` for a paired device, and its event; None where the token is no device's in service."""
    check(request)
    act = _act(request, await tickets.read(request.code), override=True)
    row = await together.scans.decide(token_hash, act)
    return (row["event"], _verdict(row, request)) if row else None


async def scan_by_token(shown: TokenShown, request: ScanRequest) -> tuple[Actor, Verdict]:
    """`scan` for who shows a token, and who that is, in one statement. Raises NotSignedIn, ReadOnlyToken, NotFound.

    Where that statement finds no writer on this event's team, the long way says what is wrong, or that it is an admin.
    """
    check(request)
    act = _act(request, await tickets.read(request.code))
    row = await db.fetchrow(_SCAN_BY_TOKEN, *(shown.token_hash, request.device_id, _json([act])))
    verdict = _verdict(row, request) if row else None
    if row is None or verdict is None:
        actor = await tokens.whose(shown.token_hash, writes=True)
        if actor is None:
            raise NotSignedIn
        return actor, await scan(actor, request)
    await token_shown.used(row["token"], row["last_used_at"])
    return Actor(id=row["person"], via="token"), verdict


def _json(acts: list[dict[str, Any]]) -> str:
    return msgspec.json.encode(acts).decode()


def _act(request: ScanRequest, shown: Shown, *, override: bool = False) -> dict[str, Any]:
    """What `door_scans` is told of one scan."""
    return {
        "id": new_id(),
        "nonce": request.nonce,
        "checkpoint": request.checkpoint_id,
        "direction": request.direction,
        "event": shown.event,
        "ticket": shown.ticket,
        "key": shown.key,
        "code": shown.code,
        "problem": "test_code" if shown.text == TEST_CODE else shown.problem,
        "hash": tickets.hashed(shown.text).hex(),
        "scanned_at": _sane(request.scanned_at),
        "clock_ms": request.clock_ms,
        "offline": request.offline,
        "shown": request.shown if request.offline else None,
        "answers": request.answers,
        "override": request.override_reason.strip() if override else "",
        "snapshot": request.seen_snapshot,
    }


def check(request: ScanRequest) -> None:
    """Raises Invalid for what is no scan, whatever it shows."""
    problems: dict[str, Phrase] = {}
    if not _PLAIN.fullmatch(request.nonce):
        problems["nonce"] = N_("1 to 128 visible ASCII characters.")
    if len(request.device_id) > 128:
        problems["device_id"] = N_("This is too long.")
    if "\x00" in request.device_id:
        problems["device_id"] = NOT_VALID
    if abs(request.clock_ms) > MOST_CLOCK_MS:
        problems["clock_ms"] = NOT_VALID
    answers = [*request.answers, *request.answers.values()]
    if len(request.answers) > MOST_ANSWERS or any(len(text) > LONGEST_ANSWER or "\x00" in text for text in answers):
        problems["answers"] = NOT_VALID
    for name in ("override_reason", "seen_snapshot"):
        text = getattr(request, name)
        if len(text) > LONGEST_ANSWER or "\x00" in text:
            problems[name] = NOT_VALID
    if problems:
        raise Invalid(fields=problems)


def _verdict(row: asyncpg.Record, request: ScanRequest) -> Verdict | None:
    if row["verdict"] == "absent":
        return None
    return Verdict(
        id=row["scan_id"],
        outcome=row["outcome"],
        reason=row["reason"],
        facts=row["facts"],
        replayed=row["verdict"] == "replayed",
        direction=request.direction,
    )


def _sane(moment: datetime | None) -> datetime | None:
    """A device's clock, as far as it can be kept; one that is wildly wrong is taken as no clock."""
    if moment is None:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=clock.VIETNAM)
    return moment if 1970 < moment.year < 2200 else None


def happened(scanned_at: datetime | None, ahead_ms: int) -> datetime:
    """When a device did something, by our clock and never later than now."""
    now: datetime = clock.now()
    sane = _sane(scanned_at)
    return min(sane + timedelta(milliseconds=ahead_ms), now) if sane else now


SMALL_SKEW_MS = 5_000
"""Less than this may be the network's delay: then the device's clock is believed as it is."""


def clock_ms(sent_at: datetime) -> int:
    """How much our clock is ahead of one that says `sent_at` now."""
    sent = _sane(sent_at)
    if sent is None:
        return 0
    ahead = round((clock.now() - sent).total_seconds() * 1000)
    return max(-MOST_CLOCK_MS, min(ahead, MOST_CLOCK_MS)) if abs(ahead) > SMALL_SKEW_MS else 0
