"""What a scanner decides by: zones, checkpoints, kinds of tickets, public keys, the sentences for every reason."""

import base64
import hashlib
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from events.door import cards
from events.door.reasons import GUEST, LEFT, NEXT, OVERRIDABLE, REASONS, TITLES

_ZONES = """
SELECT z.id, z.parent, z.kind, z.code, z.name_vi, z.name_en, z.cap, z.re_entry, z.empties_at, z.ended_at,
       (SELECT sum(n.inside) FROM zone_count n WHERE n.zone = z.id) AS inside
FROM zone z WHERE z.event = $1 ORDER BY z.created_at, z.id
"""
"""In an order that only grows: the numbers that cards name zones by stay what they are."""
_CHECKPOINTS = """
SELECT c.* FROM checkpoint c WHERE c.event = $1 AND c.ended_at IS NULL ORDER BY c.place, c.created_at
"""
_TYPES = "SELECT * FROM ticket_type WHERE event = $1 ORDER BY created_at, id"
_KEYS = """
SELECT id, public_key, revoked_at IS NOT NULL OR coalesce(valid_until <= now(), false) AS revoked FROM event_key
WHERE event = $1 ORDER BY created_at, id
"""


async def rules(device: asyncpg.Record) -> dict[str, Any]:
    """All of docs/door.md's rules, `version` over what does not change by itself."""
    event = await db.fetchrow(
        "SELECT id, slug, title_vi, title_en, starts_at, ends_at, status, venue FROM event WHERE id = $1",
        device["event"],
    )
    assert event is not None  # noqa: S101  a device has its event
    zones = await db.fetch(_ZONES, event["id"])
    held = await cards.version_of(event["id"])
    found: dict[str, Any] = {
        "time_zone": "Asia/Ho_Chi_Minh",
        "device": {name: device[name] for name in ("id", "name", "role", "checkpoints", "hidden_types")},
        "event": dict(event),
        "zones": [_zone(n, zone) for n, zone in enumerate(zones) if zone["ended_at"] is None],
        "checkpoints": await _checkpoints(event["id"]),
        "types": [_type(n, row) for n, row in enumerate(await db.fetch(_TYPES, event["id"]))],
        "keys": [_key(row) for row in await db.fetch(_KEYS, event["id"])],
        **_sentences(),
    }
    version = hashlib.sha256(msgspec.json.encode(found)).hexdigest()[:16]
    for zone, row in zip(found["zones"], [z for z in zones if z["ended_at"] is None], strict=True):
        zone["inside"] = int(row["inside"])
    return {
        "version": version,
        "server_time": clock.now(),
        **found,
        "cards": {"version": str(held.version), "total": held.total},
    }


async def _checkpoints(event: UUID) -> list[dict[str, Any]]:
    rows = await db.fetch(_CHECKPOINTS, event)
    sessions = await cards.sessions_at([row["session"] for row in rows if row["session"]])
    return [_checkpoint(row, sessions) for row in rows]


async def occupancy(event: UUID) -> list[dict[str, Any]]:
    """How many are inside each zone in use."""
    rows = await db.fetch(_ZONES, event)
    return [
        {"zone": row["id"], "inside": int(row["inside"]), "cap": row["cap"]} for row in rows if row["ended_at"] is None
    ]


def _zone(number: int, row: asyncpg.Record) -> dict[str, Any]:
    names = ("id", "parent", "kind", "code", "name_vi", "name_en", "cap", "re_entry")
    empties = row["empties_at"]
    return {"n": number, **{name: row[name] for name in names}, "empties_at": f"{empties:%H:%M}" if empties else None}


def _checkpoint(row: asyncpg.Record, sessions: dict[UUID, dict[str, Any]]) -> dict[str, Any]:
    names = ("id", "zone", "name_vi", "name_en", "direction", "opens_at", "closes_at", "questions")
    session = sessions.get(row["session"])
    return {
        **{name: row[name] for name in names},
        "types": row["ticket_types"],
        "opens_daily": f"{row['opens_daily']:%H:%M}" if row["opens_daily"] else None,
        "closes_daily": f"{row['closes_daily']:%H:%M}" if row["closes_daily"] else None,
        "session": {**session, "walk_in_minutes": row["walk_in_minutes"]} if session else None,
    }


def _type(number: int, row: asyncpg.Record) -> dict[str, Any]:
    names = ("code", "title_vi", "title_en", "colour", "days", "valid_from", "valid_until")
    return {"n": number, "public": row["visibility"] == "public", **{name: row[name] for name in names}}


def _key(row: asyncpg.Record) -> dict[str, Any]:
    public = base64.urlsafe_b64encode(bytes(row["public_key"])).decode().rstrip("=")
    return {"kid": row["id"], "public_key": public, "revoked": row["revoked"]}


@cache
def _sentences() -> dict[str, Any]:
    """Both languages, whatever the page's is: staff and guest may read different ones."""
    reasons = {}
    for reason, staff in REASONS.items():
        guest, after = GUEST[reason], NEXT[reason]
        reasons[reason] = {
            **{f"staff_{locale}": staff.text(locale) for locale in ("vi", "en")},
            **{f"guest_{locale}": guest.text(locale) for locale in ("vi", "en")},
            **{f"next_{locale}": after.text(locale) for locale in ("vi", "en")},
            "overridable": reason in OVERRIDABLE,
        }
    titles = {name: {locale: title.text(locale) for locale in ("vi", "en")} for name, title in TITLES.items()}
    welcome = {"ok": GUEST[""], "out": LEFT}
    greetings = {name: {locale: text.text(locale) for locale in ("vi", "en")} for name, text in welcome.items()}
    return {"reasons": reasons, "titles": titles, "guest_titles": greetings}
