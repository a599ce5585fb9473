"""Sessions in lists: what is ahead, what asks for an answer, what is over; each for its own people."""

from typing import Any
from uuid import UUID

import msgspec

from app.core import clock, db
from app.core.web import Actor
from app.mentoring import access
from app.mentoring.access import BOOKING

Row = dict[str, Any]


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    """The reader's sessions, by what they ask for."""

    offers: list[Row]
    requests: list[Row]
    ahead: list[Row]
    unsaid: list[Row]
    past: list[Row]

    @property
    def none(self) -> bool:
        return not (self.offers or self.requests or self.ahead or self.unsaid or self.past)


_MINE = f"""
SELECT s.* FROM ({BOOKING} WHERE b.starts_at > now() - interval '200 days') s
WHERE (s.mentor = $1 AND s.status <> 'offered') OR {access.edits("s.organisation", "$1")}
ORDER BY s.starts_at, s.id LIMIT 400
"""  # noqa: S608  constants only


async def sessions_of(actor: Actor) -> Sessions:
    """Everything of the last half year and ahead; one query."""
    now = clock.now()
    rows = [dict(row) for row in await db.fetch(_MINE, actor.person_id)]
    for row in rows:
        row["side"] = "mentor" if row["mentor"] == actor.person_id else "mentee"
        row["said"] = row[f"{row['side']}_said"]
    past = [row for row in rows if row["ends_at"] <= now]
    alive = [row for row in rows if row["ends_at"] > now]
    unsaid = [row for row in past if row["status"] in ("confirmed", "lapsed") and row["said"] is None]
    return Sessions(
        offers=[row for row in alive if row["status"] == "offered" and row["mentee"] == actor.person_id],
        requests=[row for row in alive if row["status"] == "requested" and row["side"] == "mentor"],
        ahead=[
            row
            for row in alive
            if row["status"] == "confirmed" or (row["status"] == "requested" and row["side"] == "mentee")
        ],
        unsaid=unsaid,
        past=[row for row in reversed(past) if row not in unsaid and row["status"] not in ("offered", "expired")][:20],
    )


async def mentorships_of(actor: Actor) -> list[Row]:
    """Who accompanies whom, of the reader's own."""
    rows = await db.fetch(
        "SELECT s.mentor, s.organisation, s.started_at, o.name AS organisation_name, o.slug AS organisation_slug,"  # noqa: S608
        " coalesce(mp.name, m.name) AS mentor_name, mp.slug AS mentor_slug, s.mentor = $1 AS mine FROM mentorship s"
        " JOIN organisation o ON o.id = s.organisation JOIN person m ON m.id = s.mentor"
        " LEFT JOIN person_profile mp ON mp.person = s.mentor WHERE s.ended_at IS NULL"
        f" AND (s.mentor = $1 OR {access.edits('s.organisation', '$1')}) ORDER BY s.started_at DESC, s.id LIMIT 100",
        actor.person_id,
    )
    return [dict(row) for row in rows]


async def history_of(booking: UUID) -> list[Row]:
    """Each transition: who, when, why."""
    rows = await db.fetch(
        "SELECT c.*, p.name AS by_name FROM mentoring_change c LEFT JOIN person p ON p.id = c.by WHERE c.booking = $1"
        " ORDER BY c.id",
        booking,
    )
    return [dict(row) for row in rows]


async def taken_by_others(mentor: UUID, person: UUID) -> list[Any]:
    """Beginnings that somebody else has: one can stand in line for them."""
    rows = await db.fetch(
        "SELECT b.starts_at, w.id AS waiting FROM mentoring_booking b LEFT JOIN mentoring_wait w ON w.mentor = b.mentor"
        " AND w.starts_at = b.starts_at AND w.mentee = $2 AND w.status = 'waiting'"
        " WHERE b.mentor = $1 AND b.mentee <> $2 AND b.status IN ('offered', 'requested', 'confirmed')"
        " AND b.starts_at > now() AND b.starts_at < now() + interval '28 days' ORDER BY b.starts_at, b.id",
        *(mentor, person),
    )
    return [dict(row) for row in rows]
