"""When mentors are free: what `slots` needs, read for many at once, and the beginnings kept for lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.core import clock, db
from app.core.outbox import enqueue
from app.mentoring import slots
from app.mentoring.slots import Changed, Taken, Terms, Week

KEPT = 60
"""Beginnings kept for each mentor: enough for lists of four weeks."""
STALE_MINUTES = 20

Row = dict[str, Any]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides when one mentor can be booked. `open`: takes bookings at all."""

    hours: Row
    terms: Terms
    week: tuple[Week, ...] = ()
    changed: tuple[Changed, ...] = ()
    taken: tuple[Taken, ...] = ()

    @property
    def open(self) -> bool:
        return bool(self.hours["takes"])

    def free(self, now: datetime) -> list[datetime]:
        if not self.open:
            return []
        return slots.free(self.terms, self.week, self.changed, self.taken, now)


_HOURS = """
SELECT h.*, r.notice_hours, r.hours_per_month, r.sessions_per_week, r.mentees_most, r.mentees_now,
    h.closed_at IS NULL AND r.paused_at IS NULL AND r.conduct_accepted_at IS NOT NULL AND cardinality(r.roles) > 0
        AND p.ended_at IS NULL AS takes
FROM mentoring_hours h JOIN person p ON p.id = h.person
JOIN mentor_role r ON r.person = h.person AND r.ended_at IS NULL
WHERE h.person = ANY($1)
"""
_WEEK = """
SELECT mentor, weekday, starts, ends FROM mentoring_weekly WHERE mentor = ANY($1) AND ended_at IS NULL
ORDER BY mentor, weekday, starts
"""
_DAYS = """
SELECT mentor, day, kind, starts, ends FROM mentoring_day WHERE mentor = ANY($1) AND ended_at IS NULL
    AND day >= $2::date - 2 ORDER BY mentor, day, starts
"""
_TAKEN = """
SELECT t.person, t.starts_at, t.ends_at, t.role,
    CASE WHEN t.role = 'mentor' THEN extract(epoch FROM b.ends_at - b.starts_at)::int / 60 ELSE 0 END AS minutes
FROM mentoring_time t JOIN mentoring_booking b ON b.id = t.booking
WHERE t.person = ANY($1) AND t.ended_at IS NULL AND t.starts_at >= $2 AND NOT t.booking = ANY($3)
"""


async def facts_of(mentors: Sequence[UUID], *, without: Sequence[UUID] = ()) -> dict[UUID, Facts]:
    """What is known of each mentor who has hours, by person; four queries, however many. `without`: bookings that are
    about to leave their place."""
    now, people = clock.now(), list(mentors)
    hours = await db.fetch(_HOURS, people)
    if not hours:
        return {}
    week = _by(await db.fetch(_WEEK, people), "mentor")
    days = _by(await db.fetch(_DAYS, people, now.date()), "mentor")
    taken = _by(await db.fetch(_TAKEN, people, slots.counted_since(now), list(without)), "person")
    return {
        row["person"]: Facts(
            hours=dict(row),
            terms=Terms(
                zone=row["time_zone"],
                minutes=row["session_minutes"],
                pause=row["buffer_minutes"],
                notice_hours=row["notice_hours"] or 0,
                hours_per_month=row["hours_per_month"],
                sessions_per_week=row["sessions_per_week"],
            ),
            week=tuple(Week(one["weekday"], one["starts"], one["ends"]) for one in week.get(row["person"], ())),
            changed=tuple(
                Changed(one["day"], one["kind"] == "extra", one["starts"], one["ends"])
                for one in days.get(row["person"], ())
            ),
            taken=tuple(
                Taken(one["starts_at"], one["ends_at"], one["minutes"]) for one in taken.get(row["person"], ())
            ),
        )
        for row in hours
    }


def _by(rows: Sequence[Any], name: str) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


async def free_of(mentor: UUID) -> list[datetime]:
    """The beginnings of one mentor that can be booked now."""
    facts = (await facts_of([mentor])).get(mentor)
    return facts.free(clock.now()) if facts else []


async def own_times(person: UUID) -> list[slots.Range]:
    """When a person is taken by sessions, as mentor or mentee."""
    rows = await db.fetch(
        "SELECT starts_at, ends_at FROM mentoring_time WHERE person = $1 AND ended_at IS NULL AND ends_at > now()",
        person,
    )
    return [(row["starts_at"], row["ends_at"]) for row in rows]


async def ask_for_refresh(mentor: UUID) -> None:
    """In the open transaction: have the kept beginnings made anew after the commit."""
    await enqueue("mentoring.free", {"mentor": str(mentor)})


async def keep(mentors: Sequence[UUID]) -> None:
    """Make the beginnings kept for lists anew. Idempotent; nothing is decided by them."""
    now = clock.now()
    found = await facts_of(mentors)
    rows = [(person, facts.free(now)[:KEPT]) for person, facts in found.items()]
    async with db.tx():
        for person, free in sorted(rows, key=lambda row: row[0]):
            await db.execute(
                "UPDATE mentoring_hours SET free_at = $2, next_free_at = $3, free_computed_at = $4 WHERE person = $1",
                *(person, free, free[0] if free else None, now),
            )


async def keep_fresh(limit: int = 500) -> int:
    """The stale ones: what was free may be too near by now, a new day of the four weeks has come."""
    rows = await db.fetch(
        "SELECT person FROM mentoring_hours WHERE free_computed_at IS NULL"
        " OR free_computed_at < now() - make_interval(mins => $1) ORDER BY free_computed_at NULLS FIRST LIMIT $2",
        *(STALE_MINUTES, limit),
    )
    if rows:
        await keep([row["person"] for row in rows])
    return len(rows)
