"""What a scanner knows of every ticket: a card that only the ticket's own code opens, and a state without any name.

The code of a delegation opens a card too: it names those who may come on it.

The form of both, byte by byte, is in docs/door.md.
"""

import asyncio
import hashlib
import hmac
import struct
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core import db
from events import tickets

MAGIC = b"KND1"
_HEADER = struct.Struct(">4sBQIII")
CARDS_OVERLAP = timedelta(seconds=90)
STATES_OVERLAP = timedelta(seconds=15)
"""So far a delta looks back: what was committed late, under a moment that had passed, is in it all the same."""
STATUS = {
    "confirmed": 0,
    "cancelled": 1,
    "waitlisted": 2,
    "offered": 2,
    "pending_review": 3,
    "refused": 4,
    "expired": 4,
    "blocked": 5,
    "started": 7,
}
GONE = 6
GROUP = 8
VIP, ATTENTION = 1, 2
LONGEST = 60
"""Letters of a name or an organisation on a card."""
NEEDED = 3
"""Name, organisation and type stand on every card, also where they are empty or nought."""
MOST_MEMBERS = 200
"""So many of a delegation stand on its card; `events.door.groups` lets in no more at once."""
AT_A_TIME = 50
"""So many cards are made before other requests have their turn."""
FRESH_SECONDS = 1.0

_REGISTRATIONS = """
SELECT r.id, r.status, r.signing_key, r.full_name, r.organisation, r.party, k.n AS type, f.vip, f.attention, f.note,
       r.changed_at > $2 OR coalesce(greatest(f.set_at, x.ended_at, s.changed_at) > $2, false) AS card_changed,
       s.sessions, d.name AS delegation, d.id AS group
FROM registration r
JOIN (SELECT id, row_number() OVER (ORDER BY created_at, id) - 1 AS n FROM ticket_type WHERE event = $1) k
     ON k.id = r.ticket_type
LEFT JOIN door_flag f ON f.registration = r.id AND f.ended_at IS NULL
LEFT JOIN (SELECT registration, max(ended_at) AS ended_at FROM door_flag GROUP BY registration) x
     ON x.registration = r.id
LEFT JOIN delegation d ON d.id = r.delegation
LEFT JOIN (SELECT b.registration, max(b.status_at) AS changed_at,
           array_agg(left(b.session::text, 8) ORDER BY b.id) FILTER (WHERE b.status = 'booked') AS sessions
           FROM agenda_booking b JOIN agenda_shown w ON w.session = b.session WHERE w.event = $1 GROUP BY 1) s
     ON s.registration = r.id
WHERE r.event = $1
"""
_INSIDE = """
SELECT a.registration, z.n, a.inside, floor(extract(epoch FROM a.last_at))::bigint AS at, a.changed_at > $2 AS changed
FROM admission a
JOIN (SELECT id, row_number() OVER (ORDER BY created_at, id) - 1 AS n FROM zone WHERE event = $1) z ON z.id = a.zone
WHERE a.voided_at IS NULL OR a.changed_at > $2
"""
_VERSION = """
SELECT count(*) + count(DISTINCT r.delegation) AS total, greatest(
    max(r.changed_at), (SELECT max(a.changed_at) FROM admission a JOIN zone z ON z.id = a.zone WHERE z.event = $1),
    (SELECT max(greatest(f.set_at, f.ended_at)) FROM door_flag f JOIN registration g ON g.id = f.registration
     WHERE g.event = $1),
    (SELECT max(b.status_at) FROM agenda_booking b JOIN agenda_shown w ON w.session = b.session WHERE w.event = $1),
    (SELECT max(least(k.revoked_at, k.valid_until)) FROM event_key k
     WHERE k.event = $1 AND least(k.revoked_at, k.valid_until) <= now())
) AS changed_at, (SELECT count(*) FROM event_key k
                  WHERE k.event = $1 AND k.revoked_at IS NULL AND k.valid_until > now()) AS kept
FROM registration r WHERE r.event = $1
"""
_REPLACED = """
SELECT k.id, k.revoked_at IS NULL AND k.valid_until > now() AS kept, least(k.revoked_at, k.valid_until) > $2 AS ended
FROM event_key k WHERE k.event = $1 AND (k.revoked_at IS NOT NULL OR k.valid_until IS NOT NULL)
"""


class Held(msgspec.Struct, frozen=True):
    """The newest version of an event's cards, in microseconds since 1970, and how many codes there are.

    A ticket has one, as has a delegation with tickets, and one more for each replaced key that is kept valid.
    """

    version: int
    total: int


_versions: dict[UUID, tuple[float, Held]] = {}


async def version_of(event: UUID) -> Held:
    """Asked by every device every few seconds, so a second old is new enough."""
    kept = _versions.get(event)
    if kept and time.monotonic() - kept[0] < FRESH_SECONDS:
        return kept[1]
    row = await db.fetchrow(_VERSION, event)
    assert row is not None  # noqa: S101  an aggregate
    held = Held(_micros(row["changed_at"]), row["total"] * (1 + row["kept"]))
    if len(_versions) > 200:
        _versions.clear()
    _versions[event] = (time.monotonic(), held)
    return held


def _micros(moment: datetime | None) -> int:
    if moment is None:
        return 1
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


# --- keys ----------------------------------------------------------------------------------------------------------

_keys: dict[tuple[UUID, int], tuple[bytes, bytes]] = {}


async def keys_of(ticket: UUID, event: UUID, signing_key: int) -> tuple[bytes, bytes]:
    """Tag and key of a ticket's card; they follow from the text of its code, which only its guest has."""
    known = _keys.get((ticket, signing_key))
    if known is None:
        known = derived(await tickets.code_of(ticket, event, signing_key), event)
        if len(_keys) > 200_000:
            _keys.clear()
        _keys[ticket, signing_key] = known
    return known


def derived(code: str, event: UUID) -> tuple[bytes, bytes]:
    """HKDF-SHA256 of a code: 8 bytes by which it is found, 32 bytes that open its card."""
    pseudorandom = hmac.digest(event.bytes, code.encode(), hashlib.sha256)
    tag = hmac.digest(pseudorandom, b"door tag\x01", hashlib.sha256)[:8]
    return tag, hmac.digest(pseudorandom, b"door card\x01", hashlib.sha256)


def sealed(tag: bytes, key: bytes, plain: bytes) -> bytes:
    """A card as it travels. Its iv follows from what it says: two texts under one key never share one."""
    iv = hmac.digest(key, plain, hashlib.sha256)[:6]
    closed = AESGCM(key).encrypt(iv + bytes(6), plain, tag)
    return tag + struct.pack(">H", len(iv) + len(closed)) + iv + closed


def _plain(row: asyncpg.Record) -> bytes:
    flags = (VIP if row["vip"] else 0) | (ATTENTION if row["attention"] else 0)
    values: list[Any] = [row["full_name"][:LONGEST], row["organisation"][:LONGEST], row["type"], flags]
    values += [row["note"] or "", list(row["sessions"] or []), (row["delegation"] or "")[:LONGEST]]
    values.append(row["party"] if row["party"] > 1 else 0)
    while len(values) > NEEDED and not values[-1]:
        values.pop()
    return msgspec.json.encode(values)


# --- the file ------------------------------------------------------------------------------------------------------


async def pack(event: UUID, since: int | None) -> tuple[int, bytes]:
    """The version and the bytes of a snapshot, or of what changed after `since` where that is a version of ours."""
    held = await version_of(event)
    whole = since is None or not 0 < since <= held.version
    begun = datetime(1970, 1, 1, tzinfo=UTC)
    moment = begun if whole or since is None else begun + timedelta(microseconds=since)
    rows = await db.fetch(_REGISTRATIONS, event, begun if whole else max(begun, moment - CARDS_OVERLAP))
    inside: dict[UUID, list[tuple[int, int]]] = {}
    moved: set[UUID] = set()
    for row in await db.fetch(_INSIDE, event, begun if whole else max(begun, moment - STATES_OVERLAP)):
        if row["changed"]:
            moved.add(row["registration"])
        if row["inside"]:
            inside.setdefault(row["registration"], []).append((row["n"], row["at"] or 0))
    keys = await db.fetch(_REPLACED, event, begun if whole else max(begun, moment - STATES_OVERLAP))
    kept = [key["id"] for key in keys if key["kept"]]
    gone = [] if whole else [key["id"] for key in keys if not key["kept"] and key["ended"]]
    cards: list[bytes] = []
    groups = _groups(rows)
    states = await _forgotten(event, [*(row["id"] for row in rows), *groups], gone)
    for tag, card in await _group_cards(event, groups, kept, whole=whole):
        cards.append(card)
        states.append(tag + struct.pack(">BB", GROUP, 0))
    for number, row in enumerate(rows):
        changed = whole or row["card_changed"]
        if not changed and row["id"] not in moved:
            continue
        if number % AT_A_TIME == 0:
            await asyncio.sleep(0)
        for signing_key in {row["signing_key"], *kept}:
            tag, key = await keys_of(row["id"], event, signing_key)
            if changed and row["status"] == "confirmed" and row["full_name"]:
                cards.append(sealed(tag, key, _plain(row)))
            states.append(_state(tag, row["status"], inside.get(row["id"], [])))
    head = _HEADER.pack(MAGIC, 0 if whole else 1, held.version, held.total, len(cards), len(states))
    return held.version, b"".join([head, *cards, *states])


def _groups(rows: list[asyncpg.Record]) -> dict[UUID, list[asyncpg.Record]]:
    groups: dict[UUID, list[asyncpg.Record]] = {}
    for row in rows:
        if row["group"] is not None:
            groups.setdefault(row["group"], []).append(row)
    return groups


async def _group_cards(
    event: UUID, groups: dict[UUID, list[asyncpg.Record]], kept: list[int], *, whole: bool
) -> list[tuple[bytes, bytes]]:
    """Tag and card of each code of the delegations, all or those in which something changed."""
    found = []
    for group, members in groups.items():
        if not whole and not any(row["card_changed"] for row in members):
            continue
        await asyncio.sleep(0)
        plain = await _plain_group(event, members)
        for signing_key in {max(row["signing_key"] for row in members), *kept}:
            tag, key = await keys_of(group, event, signing_key)
            found.append((tag, sealed(tag, key, plain)))
    return found


async def _plain_group(event: UUID, members: list[asyncpg.Record]) -> bytes:
    """A delegation and who of it may come: id, tag, name, type, people, sessions of each."""
    shown = []
    here = [row for row in members if row["status"] == "confirmed" and row["full_name"]]
    for row in sorted(here, key=lambda row: (row["full_name"], row["id"]))[:MOST_MEMBERS]:
        tag, _key = await keys_of(row["id"], event, row["signing_key"])
        one = [row["id"], tag.hex(), row["full_name"][:LONGEST], row["type"], row["party"], list(row["sessions"] or [])]
        shown.append(one)
    return msgspec.json.encode([(members[0]["delegation"] or "")[:LONGEST], shown])


def _state(tag: bytes, status: str, inside: list[tuple[int, int]]) -> bytes:
    parts = [tag, struct.pack(">BB", STATUS.get(status, 4), len(inside))]
    return b"".join([*parts, *(struct.pack(">HI", n, at) for n, at in inside)])


async def _forgotten(event: UUID, registrations: list[UUID], keys: list[int]) -> list[bytes]:
    """The states by which scanners forget the codes of keys that have ended."""
    states = []
    for number, (signing_key, ticket) in enumerate((key, ticket) for key in keys for ticket in registrations):
        if number % AT_A_TIME == 0:
            await asyncio.sleep(0)
        tag, _key = await keys_of(ticket, event, signing_key)
        states.append(tag + struct.pack(">BB", GONE, 0))
    return states


async def sessions_at(sessions: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """The sessions whose doors these are: id, start and end."""
    if not sessions:
        return {}
    rows = await db.fetch(
        "SELECT session AS id, starts_at, ends_at FROM agenda_shown WHERE session = ANY ($1) AND booking"
        " AND ended_at IS NULL",
        sessions,
    )
    return {row["id"]: dict(row) for row in rows}
