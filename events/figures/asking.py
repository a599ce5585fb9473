"""The questions behind the figures. Each is a statement or two over whole tables, however many registered.

Rehearsals and made-up guests are counted as they stand in their event; events never mix.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.connections.introductions.vocabulary import OUTCOMES
from app.core import clock, db
from app.core.i18n import gettext, pick
from app.core.web import Actor
from app.directory.places import provinces
from events import words
from events.figures.sheets import Column, Sheet

DAYS = 400
"""A chart of registrations reaches so far back."""

LATE = ("confirmed", "offered", "started")


def _column(*titles: str) -> tuple[Column, ...]:
    return tuple(Column(title) for title in titles)


async def by_status(event: UUID) -> Sheet:
    rows = await db.fetch(
        "SELECT status, count(*) AS n, sum(party) AS people FROM registration WHERE event = $1 GROUP BY status", event
    )
    found = {row["status"]: row for row in rows}
    return Sheet(
        code="status",
        title=gettext("By state"),
        columns=_column(gettext("State"), gettext("Registrations"), gettext("Persons")),
        rows=tuple(
            (phrase.text(), found[code]["n"], int(found[code]["people"]))
            for code, phrase in words.REGISTRATION_STATUS.items()
            if code in found
        ),
        chart="bars",
    )


async def by_type(event: UUID, *, public: bool = False) -> Sheet:
    """Registered, confirmed, waiting and come, for every ticket type; `public`: for those that everybody may see."""
    rows = await db.fetch(
        "SELECT t.title_vi, t.title_en, t.capacity, count(r.id) AS registered,"
        " coalesce(sum(r.party) FILTER (WHERE r.status = 'confirmed'), 0) AS confirmed,"
        " count(r.id) FILTER (WHERE r.status IN ('waitlisted', 'offered', 'started')) AS waiting,"
        " count(r.id) FILTER (WHERE r.status = 'pending_review') AS pending,"
        " coalesce(sum(r.party) FILTER (WHERE EXISTS (SELECT 1 FROM admission a WHERE a.registration = r.id"
        "   AND a.voided_at IS NULL)), 0) AS came"
        " FROM ticket_type t LEFT JOIN registration r ON r.ticket_type = t.id WHERE t.event = $1"
        " AND (t.visibility = 'public' OR NOT $2) GROUP BY t.id ORDER BY t.place, t.id",
        *(event, public),
    )
    return Sheet(
        code="types",
        title=gettext("By ticket type"),
        columns=(
            *_column(gettext("Ticket type"), gettext("Have registered"), gettext("Confirmed"), gettext("In line")),
            *_column(gettext("Waits for approval"), gettext("Have come")),
            Column(gettext("Places"), counts=False),
        ),
        rows=tuple(
            (
                pick(row["title_vi"], row["title_en"]),
                *(int(row[name]) for name in ("registered", "confirmed", "waiting", "pending", "came", "capacity")),
            )
            for row in rows
        ),
        chart="bars",
    )


async def by_source(event: UUID) -> Sheet:
    rows = await db.fetch(
        "SELECT CASE WHEN delegation IS NOT NULL THEN 'delegation' WHEN voucher IS NOT NULL THEN 'invitation'"
        " ELSE source END AS source, count(*) AS n FROM registration WHERE event = $1 GROUP BY 1 ORDER BY 2 DESC, 1",
        event,
    )
    names = {
        "page": gettext("Event page"),
        "api": gettext("Other systems (API)"),
        "desk": gettext("At the desk"),
        "demo": gettext("Sample data"),
        "delegation": gettext("Delegations"),
        "invitation": gettext("Invitations"),
    }
    return Sheet(
        code="sources",
        title=gettext("How they registered"),
        columns=_column(gettext("Channel"), gettext("Registrations")),
        rows=tuple((names.get(row["source"], row["source"]), row["n"]) for row in rows),
        chart="bars",
    )


async def by_province(event: UUID, *, public: bool = False) -> Sheet:
    """Where people come from, as far as the form asked (the answer named "province").

    Other systems may send anything under that name: `public` shows known provinces only, all else as one row.
    """
    rows = await db.fetch(
        "SELECT answers ->> 'province' AS code, count(*) AS n FROM registration WHERE event = $1"
        " AND answers ? 'province' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 60",
        event,
    )
    known, counts = provinces(), dict[str, int]()
    for row in rows:
        code = row["code"] or ""
        name = known[code].short_name if code in known else gettext("Elsewhere") if public else code or "–"
        counts[name] = counts.get(name, 0) + row["n"]
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return Sheet(
        code="provinces",
        title=gettext("By province"),
        columns=_column(gettext("Province"), gettext("Registrations")),
        rows=tuple(ordered),
        chart="bars",
    )


_DAILY = """
SELECT (registered_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day, count(*) AS n FROM registration
WHERE event = $1 GROUP BY 1 ORDER BY 1
"""
_BEFORE = """
SELECT e.id, e.title_vi, e.title_en, e.starts_at FROM event_edition mine
JOIN event_edition other ON other.series = mine.series AND other.event <> mine.event AND NOT other.rehearsal
JOIN event e ON e.id = other.event AND e.status IN ('published', 'closed')
JOIN event this ON this.id = mine.event
WHERE mine.event = $1 AND ($3 OR EXISTS (SELECT 1 FROM event_staff s WHERE s.event = e.id AND s.person = $2
    AND s.ended_at IS NULL AND s.role IN ('owner', 'organizer')))
    AND e.starts_at < this.starts_at ORDER BY e.starts_at DESC LIMIT 1
"""


async def over_time(actor: Actor, event: Any) -> Sheet:
    """How many had registered so many days before the start, beside the edition before, if the actor runs that too."""
    before = await db.fetchrow(_BEFORE, event["id"], actor.id, actor.has("admin"))
    own = _by_days_left(await db.fetch(_DAILY, event["id"]), event)
    theirs = _by_days_left(await db.fetch(_DAILY, before["id"]), before) if before else {}
    today = (event["starts_at"].astimezone(clock.VIETNAM).date() - clock.now().astimezone(clock.VIETNAM).date()).days
    days = range(min(DAYS, max([*own, *theirs], default=0)), min([*own, *theirs], default=0) - 1, -1)
    columns = [gettext("Days before the start"), gettext("New"), gettext("In all")]
    if before:
        columns.append(pick(before["title_vi"], before["title_en"]))
    rows: list[tuple[int | None, ...]] = []
    total = sum(n for left, n in own.items() if left > DAYS)
    past = sum(n for left, n in theirs.items() if left > DAYS)
    for left in days:
        total += own.get(left, 0)
        past += theirs.get(left, 0)
        here = (own.get(left, 0), total) if left >= min(today, left) and left >= today else (None, None)
        rows.append((left, *here, past) if before else (left, *here))
    return Sheet(
        code="time",
        title=gettext("Registrations over time"),
        columns=(Column(columns[0], counts=False), *_column(*columns[1:])),
        rows=tuple(rows),
        chart="lines",
    )


def _by_days_left(rows: list[asyncpg.Record], event: Any) -> dict[int, int]:
    start: date = event["starts_at"].astimezone(clock.VIETNAM).date()
    return {(start - row["day"]).days: row["n"] for row in rows}


async def places(event: UUID) -> Sheet:
    """Every pool and ticket type: places, taken, kept back, left, and how many are in beyond the places."""
    pools = await db.fetch(
        "SELECT p.id, p.parent, p.depth, p.name_vi, p.name_en, p.size, p.used,"
        " coalesce((SELECT sum(h.size - h.taken) FROM seat_hold h"
        "   JOIN ticket_type_pool l ON l.ticket_type = h.ticket_type WHERE l.pool = p.id"
        "   AND h.ended_at IS NULL), 0) AS held,"
        " (SELECT count(*) FROM registration r JOIN ticket_type_pool l ON l.ticket_type = r.ticket_type"
        "   WHERE l.pool = p.id AND r.status = 'confirmed' AND r.overbooked_by IS NOT NULL) AS beyond"
        " FROM seat_pool p WHERE p.event = $1 ORDER BY p.depth, p.place, p.id",
        event,
    )
    types = await db.fetch(
        "SELECT t.title_vi AS name_vi, t.title_en AS name_en, t.capacity AS size, t.sold AS used,"
        " coalesce((SELECT sum(h.size - h.taken) FROM seat_hold h WHERE h.ticket_type = t.id"
        "   AND h.ended_at IS NULL), 0) AS held,"
        " (SELECT count(*) FROM registration r WHERE r.ticket_type = t.id AND r.status = 'confirmed'"
        "   AND r.overbooked_by IS NOT NULL) AS beyond, 9 AS depth FROM ticket_type t WHERE t.event = $1"
        " ORDER BY t.place, t.id",
        event,
    )
    return Sheet(
        code="places",
        title=gettext("Places"),
        columns=(
            *_column(gettext("Pool or ticket type"), gettext("Places"), gettext("Taken")),
            *_column(gettext("Of them kept back"), gettext("Left"), gettext("In beyond the places")),
        ),
        rows=tuple(_place(row) for row in [*_as_tree(pools), *types]),
        note=gettext("A registration takes its places from its ticket type and from every pool above it."),
    )


def _as_tree(pools: list[asyncpg.Record]) -> list[asyncpg.Record]:
    """Pools with what is under each right below it."""
    below: dict[UUID | None, list[asyncpg.Record]] = {}
    for pool in pools:
        below.setdefault(pool["parent"], []).append(pool)

    def down(parent: UUID | None) -> list[asyncpg.Record]:
        return [row for pool in below.get(parent, []) for row in (pool, *down(pool["id"]))]

    return down(None)


def _place(row: asyncpg.Record) -> tuple[str | int, ...]:
    indent = "" if row["depth"] == 9 else "– " * row["depth"]
    used = int(row["used"])
    name = pick(row["name_vi"], row["name_en"])
    return (f"{indent}{name}", row["size"], used, int(row["held"]), max(0, row["size"] - used), int(row["beyond"]))


_ZONES = """
WITH people AS (
    SELECT a.zone, sum(r.party) AS n FROM admission a JOIN registration r ON r.id = a.registration
    WHERE r.event = $1 AND a.voided_at IS NULL GROUP BY 1
), scans AS (
    SELECT s.id, s.zone, s.void_of, s.counts AND s.direction = 'in' AS enters, r.party FROM scan s
    JOIN checkpoint c ON c.id = s.checkpoint LEFT JOIN registration r ON r.id = s.registration WHERE c.event = $1
), visits AS (
    SELECT s.zone, sum(s.party) AS n FROM scans s WHERE s.enters
    AND s.id NOT IN (SELECT v.void_of FROM scans v WHERE v.void_of IS NOT NULL) GROUP BY 1
), insides AS (
    SELECT c.zone, sum(c.inside) AS n FROM zone_count c JOIN zone z ON z.id = c.zone WHERE z.event = $1 GROUP BY 1
)
SELECT z.kind, z.name_vi, z.name_en, z.cap, cardinality(z.path) AS depth, coalesce(p.n, 0) AS people,
       coalesce(v.n, 0) AS visits, coalesce(i.n, 0) AS inside
FROM zone z LEFT JOIN people p ON p.zone = z.id LEFT JOIN visits v ON v.zone = z.id LEFT JOIN insides i ON i.zone = z.id
WHERE z.event = $1 AND z.kind <> 'booth' ORDER BY z.path, z.place, z.id LIMIT 300
"""


async def by_zone(event: UUID) -> Sheet:
    """People and visits of every place: somebody who comes in three times is one person and three visits."""
    rows = await db.fetch(_ZONES, event)
    return Sheet(
        code="zones",
        title=gettext("By place"),
        columns=(
            *_column(gettext("Place"), gettext("Persons"), gettext("Visits"), gettext("Inside now")),
            Column(gettext("At most"), counts=False),
        ),
        rows=tuple(
            (_zone(row), *(int(row[name]) for name in ("people", "visits", "inside")), row["cap"]) for row in rows
        ),
        note=gettext("People are counted once for each place, visits every time somebody comes in."),
        chart="bars",
    )


async def by_open_zone(event: UUID) -> Sheet:
    """The same for everybody: places that a visitor knows, without how full they are now."""
    sheet = await by_zone(event)
    rows = [row for row in await db.fetch(_ZONES, event) if row["kind"] in OPEN_ZONES]
    return msgspec.structs.replace(
        sheet, columns=sheet.columns[:3], rows=tuple((_zone(row), row["people"], row["visits"]) for row in rows)
    )


OPEN_ZONES = ("venue", "village", "stage")
"""Kinds of places that stand in public statistics; what doors, rooms and booths are called is the organisers'."""


def _zone(row: asyncpg.Record) -> str:
    return "– " * (max(row["depth"] or 1, 1) - 1) + pick(row["name_vi"], row["name_en"])


async def arrivals(event: UUID) -> Sheet:
    """First arrivals by the hour, in Vietnam's time."""
    rows = await db.fetch(
        "SELECT date_trunc('hour', first AT TIME ZONE 'Asia/Ho_Chi_Minh') AS hour, sum(party)::integer"
        " AS n FROM (SELECT min(a.admitted_at) AS first, r.party FROM admission a JOIN registration r"
        "  ON r.id = a.registration WHERE r.event = $1 AND a.voided_at IS NULL GROUP BY r.id) x"
        " GROUP BY 1 ORDER BY 1 LIMIT 500",
        event,
    )
    return Sheet(
        code="arrivals",
        title=gettext("First arrivals by the hour"),
        columns=_column(gettext("Hour"), gettext("Persons")),
        rows=tuple((f"{row['hour']:%d/%m %H}–{row['hour'] + timedelta(hours=1):%H}", row["n"]) for row in rows),
        chart="bars",
    )


async def sessions(event: UUID) -> Sheet:
    """Booked and come, for every session with its own door or its own booking."""
    rows = await db.fetch(
        "SELECT s.title_vi, s.title_en, s.starts_at, s.capacity,"
        " (SELECT count(*) FROM agenda_booking b WHERE b.session = s.id AND b.status = 'booked') AS booked,"
        " (SELECT coalesce(sum(r.party), 0) FROM registration r WHERE r.id IN (SELECT a.registration FROM checkpoint c"
        "   JOIN admission a ON a.checkpoint = c.id AND a.voided_at IS NULL WHERE c.session = s.id)) AS came"
        " FROM agenda_session s WHERE s.event = $1 AND s.starts_at IS NOT NULL AND (s.capacity IS NOT NULL OR EXISTS"
        "   (SELECT 1 FROM checkpoint c WHERE c.session = s.id)) ORDER BY s.starts_at, s.number LIMIT 500",
        event,
    )
    return Sheet(
        code="sessions",
        title=gettext("Sessions"),
        columns=(
            *_column(gettext("Session"), gettext("Booked"), gettext("Have come")),
            Column(gettext("Places"), counts=False),
        ),
        rows=tuple(
            (f"{row['starts_at'].astimezone(clock.VIETNAM):%d/%m %H:%M} {pick(row['title_vi'], row['title_en'])}",
             row["booked"], row["came"], row["capacity"])
            for row in rows
        ),
    )  # fmt: skip


async def villages(event: UUID) -> Sheet:
    """Booths, exhibitors, nominations and people of every village."""
    rows = await db.fetch(
        "SELECT v.name_vi, v.name_en,"
        " (SELECT count(*) FROM zone z WHERE z.event = v.event AND z.kind = 'booth' AND z.ended_at IS NULL"
        "   AND z.path @> ARRAY[v.zone]) AS booths,"
        " (SELECT count(*) FROM exhibitor x WHERE x.village = v.id AND x.status = 'accepted') AS exhibitors,"
        " (SELECT count(*) FROM village_nomination n WHERE n.village = v.id AND n.status <> 'withdrawn')"
        " AS nominations, (SELECT coalesce(sum(r.party), 0) FROM registration r WHERE r.id IN (SELECT a.registration"
        "   FROM admission a WHERE a.zone = v.zone AND a.voided_at IS NULL)) AS people"
        " FROM village v WHERE v.event = $1 AND v.ended_at IS NULL ORDER BY v.place, v.id LIMIT 200",
        event,
    )
    return Sheet(
        code="villages",
        title=gettext("Villages"),
        columns=(
            Column(gettext("Village")),
            Column(gettext("Booths"), counts=False),
            Column(gettext("Exhibitors"), counts=False),
            Column(gettext("Nominations"), counts=False),
            Column(gettext("Persons")),
        ),
        rows=tuple(
            (pick(row["name_vi"], row["name_en"]), *(row[n] for n in ("booths", "exhibitors", "nominations", "people")))
            for row in rows
        ),
    )


async def outcomes(event: UUID) -> Sheet:
    """What came of meetings at the event, as far as the people concerned have said so and both sides agree."""
    rows = await db.fetch(
        "SELECT kind, count(*) AS stated, count(*) FILTER (WHERE state = 'confirmed') AS confirmed FROM outcome"
        " WHERE context_kind = 'event' AND context_id = $1 AND state <> 'withdrawn' GROUP BY kind ORDER BY kind",
        event,
    )
    return Sheet(
        code="outcomes",
        title=gettext("Outcomes"),
        columns=_column(gettext("Outcome"), gettext("Stated"), gettext("Confirmed by both")),
        rows=tuple((OUTCOMES.label(row["kind"]), row["stated"], row["confirmed"]) for row in rows),
    )
