"""At the door: one scan, undoing one, searching by name. The decision itself is `scan_ticket` in PostgreSQL."""

import re
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound, NotSignedIn
from app.core.forms import NOT_VALID
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.text import fold
from app.core.web import Actor
from app.people import token_shown, tokens
from app.people.rights.consent import consented
from app.people.token_shown import TokenShown
from events import tickets, words

SHORTEST_SEARCH = 3
MOST_HITS = 10
_PLAIN = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)


class ScanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One code shown at one door. `nonce` names this act for ever: sent again, it gets the same answer."""

    nonce: str
    device_id: str = ""
    checkpoint_id: UUID
    direction: Literal["in", "out"] = "in"
    code: str
    scanned_at: datetime | None = None
    offline: bool = False


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan came to. `facts` is all that the answer says; the same facts always make the same answer."""

    id: UUID | None
    outcome: str
    reason: str
    facts: dict[str, Any]
    replayed: bool
    direction: str


class Undone(Conflict):
    message = N_("This check-in was undone already.")


_SCAN = "SELECT * FROM scan_ticket($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"

# The same for who shows a token: whose it is and the scan are one statement, so that a door waits once.
_SCAN_BY_TOKEN = f"""
WITH who AS MATERIALIZED ({token_shown.WRITER})
SELECT who.token, who.last_used_at, who.person, s.* FROM who, LATERAL scan_ticket($2, who.person || ':' || $3::text,
    coalesce(nullif($3, ''), who.name), $4, who.person, false, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) s
"""  # noqa: S608  constants


async def scan(actor: Actor, request: ScanRequest, device_name: str = "") -> Verdict:
    """Decide on one code at one door; stored whatever comes of it, and the same nonce gets the same answer again.

    One statement, its own transaction: locks the nonce, then the registration. Raises NotFound where this person may
    not scan.
    """
    act = await _act(request)
    device = f"{actor.person_id}:{request.device_id}"
    name = device_name or request.device_id or actor.name
    who = (new_id(), device, name, request.nonce, actor.person_id, actor.has("admin"))
    return _verdict(await db.fetchrow(_SCAN, *who, *act), request)


async def scan_by_token(shown: TokenShown, request: ScanRequest) -> tuple[Actor, Verdict]:
    """`scan` for who shows a token, and who that is, in one statement. Raises NotSignedIn, ReadOnlyToken, NotFound.

    Where that statement finds no writer on this event's team, the long way says what is wrong, or that it is an admin.
    """
    act = await _act(request)
    row = await db.fetchrow(_SCAN_BY_TOKEN, *(shown.token_hash, new_id(), request.device_id, request.nonce), *act)
    if row is None or row["verdict"] == "absent":
        actor = await tokens.whose(shown.token_hash, writes=True)
        if actor is None:
            raise NotSignedIn
        return actor, await scan(actor, request)
    await token_shown.used(row["token"], row["last_used_at"])
    return Actor(id=row["person"], via="token"), _verdict(row, request)


async def _act(request: ScanRequest) -> tuple[Any, ...]:
    """The arguments of `scan_ticket` that say what was shown, where and when. Raises Invalid."""
    problems: dict[str, Phrase] = {}
    if not _PLAIN.fullmatch(request.nonce):
        problems["nonce"] = N_("1 to 128 visible ASCII characters.")
    if len(request.device_id) > 128:
        problems["device_id"] = N_("This is too long.")
    if "\x00" in request.device_id:
        problems["device_id"] = NOT_VALID
    if problems:
        raise Invalid(fields=problems)
    shown = await tickets.read(request.code)
    return (
        *(request.checkpoint_id, request.direction, shown.event, shown.ticket, shown.key, shown.code, shown.problem),
        *(tickets.hashed(shown.text), _sane(request.scanned_at), request.offline),
    )


def _verdict(row: asyncpg.Record | None, request: ScanRequest) -> Verdict:
    assert row is not None  # noqa: S101  the function returns one row
    if row["verdict"] == "absent":
        raise NotFound
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


# --- the answer ------------------------------------------------------------------------------------------------


class Occupancy(msgspec.Struct, frozen=True):
    inside: int
    capacity: int | None


class FirstScan(msgspec.Struct, frozen=True):
    """When and where a ticket came in first. `checkpoint` is the door's first name, in Vietnamese."""

    at: str
    device: str
    checkpoint: str
    checkpoint_vi: str
    checkpoint_en: str
    by_this_device: bool


class PersonShown(msgspec.Struct, frozen=True):
    name: str
    organisation: str
    role: str
    role_vi: str
    role_en: str


class ScanAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON of a scan. `replayed` stands last: an answer given again differs in nothing else."""

    status: str
    reason: str
    message_vi: str
    message_en: str
    next_vi: str
    next_en: str
    scan_id: UUID | None
    person: PersonShown | None
    first_scan: FirstScan | None
    occupancy: Occupancy | None
    replayed: bool


def answer(verdict: Verdict) -> ScanAnswer:
    """What the API says about a verdict, made from its facts alone."""
    facts = verdict.facts
    first = facts.get("first")
    person = None
    if "name" in facts:
        person = PersonShown(facts["name"], facts["organisation"], facts["type"], facts["type_vi"], facts["type_en"])
    vi, en = message(verdict, "vi"), message(verdict, "en")
    action = next_step(verdict)
    return ScanAnswer(
        status=verdict.outcome,
        reason=verdict.reason,
        message_vi=vi,
        message_en=en,
        next_vi=action.text("vi") if action else "",
        next_en=action.text("en") if action else "",
        scan_id=verdict.id,
        person=person,
        first_scan=_first(facts) if first else None,
        occupancy=Occupancy(facts["inside"], facts["capacity"]) if "inside" in facts else None,
        replayed=verdict.replayed,
    )


def _first(facts: dict[str, Any]) -> FirstScan:
    first, vi = facts["first"], facts["checkpoint_vi"]
    return FirstScan(first["at"], first["device"], vi, vi, facts["checkpoint_en"] or vi, first["own"])


def _just_now(verdict: Verdict) -> bool:
    """Whether this device let the ticket in a moment ago: a second reading, nothing to worry about."""
    first = verdict.facts.get("first")
    return bool(first and verdict.reason == "already_inside" and first["own"] and 0 <= first["seconds"] < 60)


def next_step(verdict: Verdict) -> Phrase | None:
    """What the person at the desk does about it."""
    return None if _just_now(verdict) else words.NEXT.get(verdict.reason)


def title(verdict: Verdict) -> Phrase:
    """The few words of a verdict."""
    if verdict.outcome == "ok" and verdict.direction == "out":
        return words.TITLES["out"]
    if verdict.outcome == "ok" and verdict.facts.get("again"):
        return words.TITLES["again"]
    if verdict.reason == "already_outside":
        return words.TITLES["outside"]
    return words.TITLES[verdict.outcome]


def message(verdict: Verdict, locale: str | None = None) -> str:
    """One sentence for the person at the desk: welcome, in since when and where, or why not."""
    facts = verdict.facts
    if verdict.outcome == "ok":
        return title(verdict).text(locale)
    first = facts.get("first")
    if first and verdict.reason == "already_inside":
        seconds = int(first["seconds"])
        if _just_now(verdict):
            return words.ALREADY_BY_YOU.text(locale, seconds=seconds)
        checkpoint = facts["checkpoint_en"] if locale == "en" and facts["checkpoint_en"] else facts["checkpoint_vi"]
        at = datetime.fromisoformat(first["at"]).astimezone(clock.VIETNAM)
        same_day = at.date() == (at + timedelta(seconds=seconds)).date()
        moment = f"{at:%H:%M}" if same_day else f"{at:%H:%M %d/%m}"
        return words.ALREADY_SINCE.text(locale, time=moment, checkpoint=checkpoint, device=first["device"] or "–")
    return words.REASONS[verdict.reason].text(locale)


# --- undo, search, counts ----------------------------------------------------------------------------------------


async def undo(actor: Actor, event: UUID, scan_id: UUID, reason: str) -> None:
    """Take a check-in back: the ticket may come in again, and both acts stay on record with the reason.

    Locks the registration, then the admission. Undoing twice raises Undone.
    """
    if not reason.strip():
        raise Invalid(fields={"reason": N_("Please say why.")})
    async with db.tx():
        row = await db.fetchrow(
            "SELECT a.*, s.device_name AS scanned_by FROM admission a JOIN scan s ON s.id = a.scan"
            " JOIN checkpoint c ON c.id = a.checkpoint WHERE a.scan = $1 AND c.event = $2",
            *(scan_id, event),
        )
        if row is None:
            raise NotFound
        await db.fetchval("SELECT 1 FROM registration WHERE id = $1 FOR NO KEY UPDATE", row["registration"])
        voided = await db.fetchrow(
            "UPDATE admission SET voided_at = now(), voided_by = $2 WHERE id = $1 AND voided_at IS NULL"
            " RETURNING inside",
            *(row["id"], actor.person_id),
        )
        if voided is None:
            raise Undone
        number = new_id()
        await db.execute(
            "INSERT INTO scan (id, device, nonce, device_name, checkpoint, registration, direction, outcome, reason,"
            " code_hash, received_at, offline, by, facts, void_of, void_reason)"
            " VALUES ($1, $2, $3, $4, $5, $6, 'in', 'undone', '', '', now(), false, $7, '{}', $8, $9)",
            *(number, f"{actor.person_id}:undo", str(number), actor.name, row["checkpoint"], row["registration"]),
            *(actor.person_id, scan_id, reason.strip()[:500]),
        )
        await db.execute(
            "UPDATE checkpoint_count SET inside = inside - $3, admitted = admitted - 1 WHERE checkpoint = $1 AND"
            " slot = $2",
            *(row["checkpoint"], row["slot"], int(voided["inside"])),
        )


_FOUND_BY_NAME = consented(
    "coalesce(r.person, (SELECT p.id FROM person p WHERE p.email_key = r.email_key AND p.ended_at IS NULL))",
    "desk_search",
)
"""Who objected to being found by name is let in by code only, also with a registration made without the account."""
_SEARCH = f"""
SELECT r.id, r.person, r.full_name, r.organisation, r.status, r.code, t.title_vi AS type_vi, t.title_en AS type_en,
       a.admitted_at
FROM registration r JOIN ticket_type t ON t.id = r.ticket_type
LEFT JOIN admission a ON a.registration = r.id AND a.checkpoint = $3 AND a.voided_at IS NULL
WHERE r.event = $1 AND r.search_text LIKE ALL ($2) AND r.status NOT IN ('cancelled', 'refused') AND {_FOUND_BY_NAME}
ORDER BY r.search_text, r.id LIMIT $4
"""  # noqa: S608  constants


async def search(event: UUID, checkpoint: UUID, text: str) -> list[asyncpg.Record]:
    """At most ten registrations with every word of `text` in name, organisation or address; three letters at least."""
    folded = fold(text)
    if len(folded.replace(" ", "")) < SHORTEST_SEARCH:
        return []
    patterns = [f"%{word.translate(_LIKE)}%" for word in folded.split()[:6]]
    return await db.fetch(
        _SEARCH,
        *(event, patterns, checkpoint, MOST_HITS),
    )


_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


async def latest(event: UUID, checkpoint: UUID, count: int = 8) -> list[asyncpg.Record]:
    """The last scans at a door, newest first, with what can still be undone."""
    return await db.fetch(
        "SELECT s.id, s.outcome, s.reason, s.direction, s.received_at, s.device_name, s.facts->>'name' AS name,"
        " a.id IS NOT NULL AND a.voided_at IS NULL AS can_undo FROM scan s"
        " JOIN checkpoint c ON c.id = s.checkpoint AND c.event = $1"
        " LEFT JOIN admission a ON a.scan = s.id WHERE s.checkpoint = $2 ORDER BY s.received_at DESC, s.id DESC"
        " LIMIT $3",
        *(event, checkpoint, count),
    )
