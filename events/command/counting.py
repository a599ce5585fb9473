"""What is counted for the command centre: six statements that read and lock nothing, whatever the size of the event."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.core import clock, db
from events.door.devices import SILENT

MINUTES = 60
"""The chart and the reasons of refusals reach so far back."""
RATE_MINUTES = 5
"""How fast people come is told by the last minutes."""
BUSY = timedelta(seconds=60)
"""Two scans of one device that lie farther apart are a pause, not a guest."""
ENOUGH_PAIRS = 10
"""From so many pairs of scans on, the seconds for one guest are measured; before, they are assumed."""
MOST_SILENT = 20

_ZONES = """
SELECT z.id, z.parent, z.kind, z.name_vi, z.name_en, z.cap, cardinality(z.path) AS depth,
       coalesce(sum(n.inside), 0)::integer AS inside, coalesce(sum(n.admitted), 0)::integer AS came
FROM zone z LEFT JOIN zone_count n ON n.zone = z.id
WHERE z.event = $1 AND z.ended_at IS NULL AND z.kind NOT IN ('gate', 'booth')
GROUP BY z.id ORDER BY z.path, z.place LIMIT 200
"""
_DOORS = """
SELECT c.id, c.name_vi, c.name_en, c.direction,
       (SELECT count(DISTINCT s.device) FROM scan s WHERE s.checkpoint = c.id AND s.received_at > $2) AS stations
FROM checkpoint c WHERE c.event = $1 AND c.ended_at IS NULL ORDER BY c.place, c.created_at, c.id LIMIT 200
"""
_ARRIVALS = """
SELECT c.id AS door, date_trunc('minute', s.at) AS minute, sum(r.party)::integer AS people, count(*) AS scans
FROM checkpoint c JOIN scan s ON s.checkpoint = c.id AND s.received_at >= $2
JOIN registration r ON r.id = s.registration
WHERE c.event = $1 AND s.at >= $2 AND s.at <= $3 AND s.counts AND s.direction = 'in'
  AND NOT EXISTS (SELECT FROM scan v WHERE v.void_of = s.id)
GROUP BY 1, 2
"""
_REFUSED = """
SELECT s.reason, count(*) AS n FROM checkpoint c JOIN scan s ON s.checkpoint = c.id AND s.received_at >= $2
WHERE c.event = $1 AND s.received_at <= $3 AND s.outcome = 'refused' AND s.reason <> 'test_code'
GROUP BY 1 ORDER BY 2 DESC, 1
"""
# Seconds between two scans of one device, one after the other: how long a guest takes where there is a queue.
_PACE = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM g.gap)) AS seconds, count(*) AS pairs
FROM (SELECT s.received_at - lag(s.received_at) OVER (PARTITION BY s.device ORDER BY s.received_at) AS gap
      FROM checkpoint c JOIN scan s ON s.checkpoint = c.id AND s.received_at >= $2
      WHERE c.event = $1 AND NOT s.offline) g WHERE g.gap >= interval '1 second' AND g.gap < $3
"""
_REST = """
SELECT (SELECT count(*) FROM door_case k WHERE k.event = $1 AND k.decided_at IS NULL AND k.cleared_at IS NULL) AS cases,
       (SELECT coalesce(sum(t.sold), 0) FROM ticket_type t WHERE t.event = $1) AS expected,
       count(d.id) AS devices, coalesce(sum(d.waiting), 0) AS waiting,
       count(d.id) FILTER (WHERE d.seen_at > $2) AS heard,
       coalesce(jsonb_agg(jsonb_build_object('name', d.name, 'seen_at', d.seen_at, 'waiting', d.waiting,
           'battery', d.battery) ORDER BY d.seen_at NULLS FIRST, d.id)
           FILTER (WHERE d.seen_at IS NULL OR d.seen_at <= $2), '[]') AS silent
FROM door_device d WHERE d.event = $1 AND d.revoked_at IS NULL AND d.token_hash IS NOT NULL
"""


class Zone(msgspec.Struct, frozen=True):
    id: UUID
    name_vi: str
    name_en: str
    cap: int | None
    depth: int
    inside: int
    came: int


class Door(msgspec.Struct, frozen=True):
    """A checkpoint: how many people came in each of the last minutes, at how many stations."""

    id: UUID
    name_vi: str
    name_en: str
    stations: int
    minutes: tuple[int, ...]

    @property
    def hour(self) -> int:
        return sum(self.minutes)

    @property
    def rate(self) -> float:
        """Arrivals a minute, over the last whole minutes."""
        return sum(self.minutes[-RATE_MINUTES - 1 : -1]) / RATE_MINUTES


class Silent(msgspec.Struct, frozen=True):
    """A device in service that has not been heard of for a while."""

    name: str
    seen_at: datetime | None
    waiting: int
    battery: int | None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An event at one moment; no person is named in it."""

    taken_at: datetime
    since: datetime
    zones: tuple[Zone, ...]
    doors: tuple[Door, ...]
    per_ticket: float
    """People who come in with one scan, on average; families come on one ticket."""
    refused: tuple[tuple[str, int], ...]
    seconds: float | None
    """What one guest takes at a station, as measured; None where there were too few to say."""
    pairs: int
    cases: int
    expected: int
    devices: int
    heard: int
    waiting: int
    silent: tuple[Silent, ...]

    @property
    def inside(self) -> int:
        return sum(zone.inside for zone in self.zones if zone.depth == 1)

    @property
    def came(self) -> int:
        return sum(zone.came for zone in self.zones if zone.depth == 1)

    @property
    def minutes(self) -> tuple[int, ...]:
        """Arrivals a minute at all doors, the oldest first; the last minute is still running."""
        return tuple(map(sum, zip(*(door.minutes for door in self.doors), strict=True))) or (0,) * MINUTES

    def clock_at(self, minute: int) -> str:
        """The local time of a minute of the chart."""
        return f"{(self.since + timedelta(minutes=minute)).astimezone(clock.VIETNAM):%H:%M}"

    @property
    def refusals(self) -> int:
        return sum(n for _reason, n in self.refused)


async def snapshot(event: UUID) -> Snapshot:
    """Count the event as it is now."""
    at = clock.now()
    since = at.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
    recently = at - timedelta(minutes=RATE_MINUTES)
    zones = await db.fetch(_ZONES, event)
    doors = await db.fetch(_DOORS, event, recently)
    arrivals = await db.fetch(_ARRIVALS, event, since, at)
    refused = await db.fetch(_REFUSED, event, since, at)
    pace = await db.fetchrow(_PACE, event, at - timedelta(minutes=3 * RATE_MINUTES), BUSY)
    rest = await db.fetchrow(_REST, event, at - SILENT)
    assert pace is not None  # noqa: S101  an aggregate has its one row
    assert rest is not None  # noqa: S101
    by_door: dict[UUID, list[int]] = {row["id"]: [0] * MINUTES for row in doors}
    for row in arrivals:
        if row["door"] in by_door:
            by_door[row["door"]][int((row["minute"] - since).total_seconds() // 60)] = row["people"]
    people, scans = (sum(row[name] for row in arrivals) for name in ("people", "scans"))
    return Snapshot(
        taken_at=at,
        since=since,
        zones=tuple(Zone(**{name: row[name] for name in Zone.__struct_fields__}) for row in zones),
        doors=tuple(
            Door(row["id"], row["name_vi"], row["name_en"], row["stations"], tuple(by_door[row["id"]])) for row in doors
        ),
        per_ticket=people / scans if scans else 1.0,
        refused=tuple((row["reason"], row["n"]) for row in refused),
        seconds=round(pace["seconds"], 1) if pace["pairs"] >= ENOUGH_PAIRS else None,
        pairs=pace["pairs"],
        silent=tuple(msgspec.convert(_silent(one), Silent) for one in rest["silent"][:MOST_SILENT]),
        **{name: int(rest[name]) for name in ("cases", "expected", "devices", "heard", "waiting")},
    )


def _silent(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "waiting": one["waiting"] or 0}
