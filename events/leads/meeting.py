"""A ticket shown at a booth: who it is, as far as the visitor agreed. The same act gets the same answer for ever."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.text import clean_line
from events import tickets

_PLAIN = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
LONGEST_NOTE = 2000
MOST_TAGS = 20
LONGEST_TAG = 40
MESSAGES: dict[str, Phrase] = {
    "ok": N_("A lead: it stands in your list."),
    "visited": N_("Counted as a visit. This visitor tells exhibitors no name."),
    "unknown_code": N_("We do not know this code. It may belong to another system."),
    "wrong_event": N_("This ticket is for another event."),
    "not_confirmed": N_("This ticket is not valid."),
    "noted": N_("Kept with the lead."),
    "not_noted": N_("Not kept: this visitor tells exhibitors nothing, or took it back."),
    "unknown_scan": N_("We do not know the scan that this belongs to."),
    "nonce_reused": N_("This scan's number was used for another code."),
    "unreadable": N_("This scan could not be read: it is not in the form that scans have."),
}


class LeadScanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket shown at a booth. `exhibitor` is left out by devices: they stand at one booth.

    With `of`, the nonce of an earlier scan of the same device, it says more of that visitor and needs no code.
    """

    nonce: str
    code: str | None = None
    of: str = ""
    exhibitor: UUID | None = None
    scanned_at: datetime | None = None
    clock_ms: int = 0
    offline: bool = False
    note: str = ""
    rating: int | None = None
    tags: list[str] = []


class Booth(msgspec.Struct, frozen=True, kw_only=True):
    """Who scans, and for which exhibitor. `device` names the scanner for ever; `shows`: answers may name visitors.

    `viewer`: who answers for what is seen there; of a device the one who made it.
    """

    event: UUID
    organisation: UUID
    device: str
    name: str = ""
    person: UUID | None = None
    viewer: UUID | None = None
    shows: bool = True


class Met(msgspec.Struct, frozen=True):
    """What came of a scan. `lead` is None unless the visitor agreed to be known."""

    status: str
    reason: str
    lead: asyncpg.Record | None
    replayed: bool = False

    @property
    def message(self) -> Phrase:
        return MESSAGES[self.reason or self.status]


VISIBLE = (
    "FROM lead l JOIN registration r ON r.id = l.registration"
    " JOIN lead_consent c ON c.registration = r.id AND c.ended_at IS NULL AND c.level <> 'none'"
    " WHERE l.withdrawn_at IS NULL AND l.event = $1 AND l.organisation = $2"
)
"""The one way to a visitor's name: a choice in force that is not none, and not taken back from this exhibitor."""
SHOWN = (
    "l.id, l.rating, l.tags, l.first_at, l.last_at, c.level, r.person, r.full_name, r.organisation AS works_at,"
    " CASE WHEN c.level = 'contact' THEN r.email ELSE '' END AS email,"
    " CASE WHEN c.level = 'contact' THEN r.phone ELSE '' END AS phone"
)


def check(request: LeadScanRequest) -> None:
    """Raises Invalid for what is no scan, whatever it shows."""
    fields: dict[str, Phrase] = {}
    if not _PLAIN.fullmatch(request.nonce):
        fields["nonce"] = N_("1 to 128 visible ASCII characters.")
    if (request.code is None) is not bool(request.of):
        fields["code"] = NOT_A_CHOICE
    if request.of and not _PLAIN.fullmatch(request.of):
        fields["of"] = NOT_A_CHOICE
    if abs(request.clock_ms) >= 2**31:
        fields["clock_ms"] = NOT_A_CHOICE
    fields |= problems(request.note, request.rating, request.tags)
    if fields:
        raise Invalid(fields=fields)


def problems(note: str, rating: int | None, tags: list[str]) -> dict[str, Phrase]:
    """What is wrong with what a colleague wants to remember."""
    fields: dict[str, Phrase] = {}
    if len(note) > LONGEST_NOTE or "\x00" in note:
        fields["note"] = N_("This is too long.")
    if rating is not None and not 1 <= rating <= 5:
        fields["rating"] = NOT_A_CHOICE
    if len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG or "\x00" in tag for tag in tags):
        fields["tags"] = N_("This is too long.")
    return fields


async def scan(booth: Booth, request: LeadScanRequest) -> Met:
    """Meet a visitor; one lead for each exhibitor and visitor, however many colleagues scan at once. Raises Invalid.

    Locks the nonce, then at most one lead.
    """
    check(request)
    shown = None if request.code is None else await tickets.read(request.code)
    about = shown.text if shown else f"of {request.of}"
    mark = hashlib.sha256(f"{booth.device}\n{request.nonce}\n{about}".encode()).digest()
    async with db.tx():
        await db.fetchval("SELECT pg_advisory_xact_lock(hashtextextended($1, 78))", f"{booth.device}\n{request.nonce}")
        old = await db.fetchrow(
            "SELECT s.mark, s.status, s.reason, s.lead FROM lead_scan s WHERE s.device = $1 AND s.nonce = $2",
            *(booth.device, request.nonce),
        )
        if old is not None:
            if bytes(old["mark"]) != mark:
                return Met("refused", "nonce_reused", None)
            return await _answer(booth, old["status"], old["reason"], old["lead"], replayed=True)
        if shown is not None:
            status, reason, lead = await _meet(booth, shown, _moment(request))
        else:
            status, reason, lead = await _more(booth, request.of)
        await db.execute(
            "INSERT INTO lead_scan (id, event, organisation, device, nonce, mark, lead, status, reason, at,"
            " received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp())",
            *(new_id(), booth.event, booth.organisation, booth.device, request.nonce, mark, lead, status, reason),
            _moment(request),
        )
        if lead is not None:
            await remember(booth, lead, request.note, request.rating, request.tags)
        return await _answer(booth, status, reason, lead)


def _moment(request: LeadScanRequest) -> datetime:
    """When it happened, as far as the device's clock can be believed."""
    at, now = request.scanned_at, clock.now()
    if not request.offline or at is None:
        return now
    at = at if at.tzinfo else at.replace(tzinfo=clock.VIETNAM)
    if not 2000 < at.year < 2200:
        return now
    return min(datetime.fromtimestamp(at.timestamp() + request.clock_ms / 1000, tz=now.tzinfo), now)


_GUEST = """
SELECT r.id, r.event, r.status, r.signing_key, k.revoked_at, coalesce(c.level, 'none') AS level, l.withdrawn_at
FROM registration r JOIN event_key k ON k.id = r.signing_key
LEFT JOIN lead_consent c ON c.registration = r.id AND c.ended_at IS NULL
LEFT JOIN lead l ON l.registration = r.id AND l.event = r.event AND l.organisation = $3
WHERE r.id = coalesce($1::uuid, (SELECT o.id FROM registration o WHERE o.code = $2))
"""
_LEAD = """
INSERT INTO lead (id, event, organisation, registration, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (event, organisation, registration) DO UPDATE
SET last_at = greatest(lead.last_at, excluded.last_at), first_at = least(lead.first_at, excluded.first_at)
RETURNING id
"""


async def _meet(booth: Booth, shown: tickets.Shown, at: datetime) -> tuple[str, str, UUID | None]:
    if shown.problem is not None:
        return "refused", "unknown_code", None
    guest = await db.fetchrow(_GUEST, shown.ticket, shown.code, booth.organisation)
    if guest is None:
        return "refused", "unknown_code", None
    if guest["event"] != booth.event:
        return "refused", "wrong_event", None
    replaced = shown.key is not None and (shown.key != guest["signing_key"] or guest["revoked_at"] is not None)
    if guest["status"] != "confirmed" or replaced:
        return "refused", "not_confirmed", None
    if guest["level"] == "none" or guest["withdrawn_at"] is not None:
        return "visited", "", None
    return "ok", "", await db.fetchval(_LEAD, *(new_id(), booth.event, booth.organisation, guest["id"], at))


async def _more(booth: Booth, of: str) -> tuple[str, str, UUID | None]:
    """Whom an earlier scan met, as far as the visitor still agrees."""
    earlier = await db.fetchrow("SELECT lead FROM lead_scan WHERE device = $1 AND nonce = $2", booth.device, of)
    if earlier is None:
        return "refused", "unknown_scan", None
    lead = await db.fetchval(f"SELECT l.id {VISIBLE} AND l.id = $3", booth.event, booth.organisation, earlier["lead"])
    if lead is None:
        return "noted", "not_noted", None
    await db.fetchval("SELECT 1 FROM lead WHERE id = $1 FOR NO KEY UPDATE", lead)
    return "noted", "", lead


async def _answer(booth: Booth, status: str, reason: str, lead: UUID | None, *, replayed: bool = False) -> Met:
    """The answer as the visitor's choice is now: a repeated act says no more than that."""
    found = None
    if lead is not None and booth.shows:
        found = await db.fetchrow(
            f"SELECT {SHOWN} {VISIBLE} AND l.id = $3",
            *(booth.event, booth.organisation, lead),
        )
    if status == "ok" and found is None and booth.shows:
        status = "visited"
    return Met(status, reason, found, replayed)


async def remember(booth: Booth, lead: UUID, note: str, rating: int | None, tags: list[str]) -> None:
    """A colleague's note beside the others', the rating that the team agrees on, further tags. In a transaction."""
    if note.strip():
        await db.execute(
            "INSERT INTO lead_note (id, lead, by, device, text, written_at) VALUES ($1, $2, $3, $4, $5, now())",
            *(new_id(), lead, booth.person, "" if booth.person else booth.name, note.strip()),
        )
    cleaned = list(dict.fromkeys(tag for tag in map(clean_line, tags) if tag))
    if rating is not None or cleaned:
        await db.execute(
            "UPDATE lead SET rating = coalesce($2, rating), tags = (SELECT coalesce(array_agg(t ORDER BY n), '{}') FROM"
            " (SELECT t, min(n) AS n FROM unnest(tags || $3::text[]) WITH ORDINALITY AS u (t, n) GROUP BY t"
            " ORDER BY min(n) LIMIT $4) x) WHERE id = $1",
            *(lead, rating, cleaned, MOST_TAGS),
        )


def as_json(met: Met) -> dict[str, Any]:
    """What a device is told."""
    return {
        "status": met.status,
        "reason": met.reason,
        "message_vi": met.message.text("vi"),
        "message_en": met.message.text("en"),
        "lead": None if met.lead is None else lead_json(met.lead),
        "replayed": met.replayed,
    }


def lead_json(lead: Mapping[str, Any]) -> dict[str, Any]:
    """A lead as devices are told of it."""
    return {
        "id": lead["id"],
        "level": lead["level"],
        "name": lead["full_name"],
        "organisation": lead["works_at"],
        "email": lead["email"],
        "phone": lead["phone"],
        "rating": lead["rating"],
        "tags": lead["tags"],
    }
