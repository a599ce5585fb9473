"""Proof of the command centre: every figure beside a count of the rows of scans, told again from the first one on.

The doors keep counters by a function in PostgreSQL; here the same rules are followed once more, by other code.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.i18n import N_, Phrase, pick
from events.command.counting import MINUTES, Snapshot, snapshot

# Counters and scans in one statement, so that both are of the same moment.
_ROWS = """
SELECT 'counter' AS kind, z.id AS zone, NULL::uuid AS registration, NULL::uuid AS checkpoint, '' AS direction,
       NULL::timestamptz AS at, sum(n.inside)::integer AS inside, sum(n.admitted)::integer AS came, 1 AS party,
       '' AS sorted
FROM zone z JOIN zone_count n ON n.zone = z.id WHERE z.event = $1 AND z.ended_at IS NULL
  AND z.kind NOT IN ('gate', 'booth') GROUP BY z.id
UNION ALL
SELECT 'scan', s.zone, s.registration, s.checkpoint, s.direction, s.at, 0, 0, r.party,
       s.device || E'\\n' || s.nonce
FROM scan s JOIN checkpoint c ON c.id = s.checkpoint JOIN registration r ON r.id = s.registration
WHERE c.event = $1 AND s.counts
  AND NOT EXISTS (SELECT FROM scan v WHERE v.void_of = s.id)
ORDER BY kind, registration, at, sorted
"""
_ZONES = "SELECT id, path, name_vi, name_en, empties_at FROM zone WHERE event = $1"
_REFUSED = """
SELECT count(*) FROM scan s WHERE s.checkpoint IN (SELECT c.id FROM checkpoint c WHERE c.event = $1)
  AND s.outcome = 'refused' AND s.reason <> 'test_code' AND s.received_at BETWEEN $2 AND $3
"""
CLOSING = timedelta(hours=2)
"""So long after its end an event counts everybody out (see events/door/emptying.py)."""


class Difference(msgspec.Struct, frozen=True):
    """A figure that does not say what its rows say."""

    figure: Phrase
    place: str
    shown: int
    counted: int


class Proof(msgspec.Struct, frozen=True):
    """How many figures were looked at, from how many scans, and those that differ."""

    figures: int
    scans: int
    differences: tuple[Difference, ...]


async def prove(event: UUID, ends_at: datetime) -> Proof:
    """Count everything anew from the rows of scans. Reads only: what differs is for people to look at."""
    seen = await snapshot(event)
    zones = {row["id"]: row for row in await db.fetch(_ZONES, event)}
    rows = await db.fetch(_ROWS, event)
    counters = {row["zone"]: row for row in rows if row["kind"] == "counter"}
    scans = [row for row in rows if row["kind"] == "scan"]
    inside, came = _told_again(scans, zones, ends_at)
    found = []
    for number, row in counters.items():
        place = pick(zones[number]["name_vi"], zones[number]["name_en"])
        found.append(Difference(N_("Inside now"), place, row["inside"], inside[number]))
        found.append(Difference(N_("Came in all"), place, row["came"], came[number]))
    found += _of_the_hour(seen, scans)
    refused = await db.fetchval(_REFUSED, event, seen.since, seen.taken_at)
    found.append(Difference(N_("Refused in the last hour"), "", seen.refusals, refused))
    return Proof(len(found), len(scans), tuple(one for one in found if one.shown != one.counted))


def _of_the_hour(seen: Snapshot, scans: Iterable[asyncpg.Record]) -> list[Difference]:
    """People who arrived at each door in the last hour, as the chart shows them."""
    until = seen.since + timedelta(minutes=MINUTES)
    counted: Counter[UUID] = Counter()
    for row in scans:
        if row["direction"] == "in" and seen.since <= row["at"] <= min(seen.taken_at, until):
            counted[row["checkpoint"]] += row["party"]
    return [
        Difference(N_("Arrivals in the last hour"), pick(door.name_vi, door.name_en), door.hour, counted[door.id])
        for door in seen.doors
    ]


def _told_again(
    scans: list[asyncpg.Record], zones: dict[UUID, asyncpg.Record], ends_at: datetime
) -> tuple[Counter[UUID], Counter[UUID]]:
    """How many are inside each zone and ever were: scans in the order in which they happened, guest by guest."""
    inside: Counter[UUID] = Counter()
    came: Counter[UUID] = Counter()
    for _guest, own in groupby(scans, key=lambda row: row["registration"]):
        trees: dict[UUID, list[Any]] = {}
        party = 1
        for row in own:
            party = row["party"]
            trees.setdefault(zones[row["zone"]]["path"][0], []).append(row)
        for root, steps in trees.items():
            now_in, ever = _walk(steps, zones, zones[root]["empties_at"], ends_at)
            inside.update(dict.fromkeys(now_in, party))
            came.update(dict.fromkeys(ever, party))
    return inside, came


def _walk(
    steps: list[Any], zones: dict[UUID, asyncpg.Record], empties: Any, ends_at: datetime
) -> tuple[set[UUID], set[UUID]]:
    """One guest in one tree of zones: where they are after all of it, and everywhere they have been."""
    now_in: set[UUID] = set()
    by_its_own_door: set[UUID] = set()
    ever: set[UUID] = set()
    moved: datetime | None = None
    for step in steps:
        path = zones[step["zone"]]["path"]
        if now_in and empties is not None and moved is not None and moved < _day(step["at"], empties):
            now_in, by_its_own_door = set(), set()
        if step["direction"] == "in":
            now_in = set(path)
            by_its_own_door = (by_its_own_door & now_in) | {step["zone"]}
            ever |= now_in
            moved = step["at"]
        elif step["zone"] in now_in:
            outer = [n for n, zone in enumerate(path[:-1], 1) if zone in by_its_own_door]
            now_in = set(path[: max(outer, default=0)])
            by_its_own_door &= now_in
            moved = step["at"]
    now = clock.now()
    closed = [_day(now, empties)] if empties is not None else []
    closed += [ends_at + CLOSING] if ends_at + CLOSING < now else []
    if closed and moved is not None and moved < max(closed):
        now_in = set()
    return now_in, ever


def _day(at: datetime, empties: Any) -> datetime:
    """When the place was last emptied before a moment."""
    local = at.astimezone(clock.VIETNAM)
    begun = datetime.combine(local.date(), empties, clock.VIETNAM)
    return begun if begun <= local else begun - timedelta(days=1)
