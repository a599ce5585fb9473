"""What came of a session: the log of three fields, actions, contradictions between advice. Read by who may, see `logs`.

A log is the startup's and its mentor's. Other mentors read it only for a goal that the startup shares, and only while
they accompany it. Nothing of this goes to search, engine, exports of the directory, or staff.
"""

from datetime import date
from typing import Any
from uuid import UUID

from app.core import clock, db
from app.core.clock import VIETNAM
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, NOT_A_DATE, REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import clean, clean_line
from app.core.web import Actor
from app.mentoring import access, states
from app.mentoring.access import GoalSeen, Session, session_for

Row = dict[str, Any]

WRITTEN_IN = (states.CONFIRMED, "held", "disputed", "lapsed")
MOST_ACTIONS = 20
FIELDS = ("topic", "advice", "next_step")


class LogChanged(Conflict):
    message = N_("The log was changed meanwhile. What you typed is still here: please compare and save again.")


class TooManyActions(Conflict):
    message = N_("Twenty actions are enough for one session.")


class NotBegun(Conflict):
    message = N_("The log is written once the session has begun.")


_LOGS = """
SELECT l.*, b.starts_at, b.mentor, b.goal, b.organisation, coalesce(mp.name, m.name) AS mentor_name,
    g.title AS goal_title
FROM mentoring_log l JOIN mentoring_booking b ON b.id = l.booking
JOIN person m ON m.id = b.mentor LEFT JOIN person_profile mp ON mp.person = b.mentor
LEFT JOIN mentoring_goal g ON g.id = b.goal
"""


async def logs_before(actor: Actor, session: Session, limit: int = 12) -> list[Row]:
    """What earlier sessions of this startup brought, newest first, as far as this reader may know it."""
    return await _logs("b.organisation = $1 AND b.id <> $3", session.row["organisation"], actor, session.id, limit)


async def logs_for_goal(actor: Actor, seen: GoalSeen, limit: int = 60) -> list[Row]:
    """Every session's log for a goal, the newest first."""
    return await _logs("b.organisation = $1 AND b.goal = $3", seen.row["organisation"], actor, seen.id, limit)


async def _logs(where: str, organisation: UUID, actor: Actor, number: UUID, limit: int) -> list[Row]:
    rows = await db.fetch(
        f"{_LOGS} WHERE {where} AND ({access.edits('b.organisation', '$2')} OR b.mentor = $2"
        f" OR (g.shared_at IS NOT NULL AND {access.accompanies('b.organisation', '$2')}))"
        f" ORDER BY b.starts_at DESC, l.id LIMIT {int(limit)}",
        *(organisation, actor.person_id, number),
    )
    return [dict(row) for row in rows]


async def log_of(booking: UUID) -> Row | None:
    row = await db.fetchrow(
        "SELECT l.*, p.name AS written_by_name FROM mentoring_log l JOIN person p ON p.id = l.written_by"
        " WHERE l.booking = $1",
        booking,
    )
    return dict(row) if row else None


async def write_log(actor: Actor, booking: UUID, values: Row, version: int) -> None:
    """Write the three fields, or write them anew. Either side may. Raises LogChanged, NotBegun, Invalid."""
    session = await session_for(actor, booking)
    _may_write(session)
    topic = clean_line(values["topic"])[:300]
    if not topic:
        raise Invalid(fields={"topic": REQUIRED})
    advice, next_step = clean(values["advice"])[:6000], clean(values["next_step"])[:3000]
    async with db.tx():
        await db.execute("SELECT FROM mentoring_booking WHERE id = $1 FOR UPDATE", booking)
        stored = await db.fetchval("SELECT version FROM mentoring_log WHERE booking = $1", booking)
        if (stored or 0) != version:
            raise LogChanged
        await db.execute(
            "INSERT INTO mentoring_log (id, booking, topic, advice, next_step, written_by, written_at, version)"
            " VALUES ($1, $2, $3, $4, $5, $6, now(), 1) ON CONFLICT (booking) DO UPDATE SET topic = excluded.topic,"
            " advice = excluded.advice, next_step = excluded.next_step, written_by = excluded.written_by,"
            " written_at = now(), version = mentoring_log.version + 1",
            *(new_id(), booking, topic, advice, next_step, actor.person_id),
        )


def _may_write(session: Session) -> None:
    if session.row["status"] not in WRITTEN_IN or session.row["starts_at"] > clock.now():
        raise NotBegun


# --- actions ------------------------------------------------------------------------------------------------------


def today() -> date:
    return clock.now().astimezone(VIETNAM).date()


async def actions_of(booking: UUID) -> list[Row]:
    rows = await db.fetch(
        "SELECT a.*, p.name AS owner_name FROM mentoring_action a JOIN person p ON p.id = a.owner"
        " WHERE a.booking = $1 AND a.ended_at IS NULL ORDER BY a.done_at IS NOT NULL, a.due_on, a.id",
        booking,
    )
    return [dict(row) for row in rows]


async def open_actions_between(session: Session) -> list[Row]:
    """What is still open from earlier sessions of the same two."""
    rows = await db.fetch(
        "SELECT a.*, p.name AS owner_name, b.starts_at FROM mentoring_action a JOIN person p ON p.id = a.owner"
        " JOIN mentoring_booking b ON b.id = a.booking WHERE b.organisation = $1 AND b.mentor = $2 AND b.id <> $3"
        " AND a.done_at IS NULL AND a.ended_at IS NULL ORDER BY a.due_on, a.id LIMIT 30",
        *(session.row["organisation"], session.row["mentor"], session.id),
    )
    return [dict(row) for row in rows]


async def my_open_actions(person: UUID) -> list[Row]:
    rows = await db.fetch(
        "SELECT a.*, o.name AS organisation_name, coalesce(mp.name, m.name) AS mentor_name FROM mentoring_action a"
        " JOIN mentoring_booking b ON b.id = a.booking JOIN organisation o ON o.id = b.organisation"
        " JOIN person m ON m.id = b.mentor LEFT JOIN person_profile mp ON mp.person = b.mentor"
        " WHERE a.owner = $1 AND a.done_at IS NULL AND a.ended_at IS NULL ORDER BY a.due_on, a.id LIMIT 50",
        person,
    )
    return [dict(row) for row in rows]


async def add_action(actor: Actor, booking: UUID, text: str, owner: str, due_on: date) -> None:
    """Agree on something that one of the two does. Raises NotBegun, TooManyActions, Invalid."""
    session = await session_for(actor, booking)
    _may_write(session)
    said = clean_line(text)[:300]
    if not said:
        raise Invalid(fields={"text": REQUIRED})
    if owner not in ("mentor", "mentee"):
        raise Invalid(fields={"owner": NOT_A_CHOICE})
    if not -366 <= (due_on - today()).days <= 1100:
        raise Invalid(fields={"due_on": NOT_A_DATE})
    async with db.tx():
        await db.execute("SELECT FROM mentoring_booking WHERE id = $1 FOR UPDATE", booking)
        if len(await actions_of(booking)) >= MOST_ACTIONS:
            raise TooManyActions
        await db.execute(
            "INSERT INTO mentoring_action (id, booking, owner, text, due_on, written_by, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, now())",
            *(new_id(), booking, session.row[owner], said, due_on, actor.person_id),
        )


async def mark_action(actor: Actor, action: UUID, act: str) -> UUID:
    """Done, open again, or taken back; the session it belongs to. Idempotent. Either side may."""
    booking = await db.fetchval("SELECT booking FROM mentoring_action WHERE id = $1 AND ended_at IS NULL", action)
    if booking is None:
        raise NotFound
    session = await session_for(actor, booking)
    sets = {
        "done": "done_at = coalesce(done_at, now())",
        "open": "done_at = NULL",
        "remove": "ended_at = now()",
    }.get(act)
    if sets is None:
        raise NotFound
    async with db.tx():
        await db.execute(f"UPDATE mentoring_action SET {sets} WHERE id = $1", action)  # noqa: S608  constants
    return session.id


# --- contradictions -------------------------------------------------------------------------------------------------


async def contradictions_of(goal: UUID) -> list[Row]:
    """Pairs of sessions whose advice contradicts, the open ones first."""
    rows = await db.fetch(
        "SELECT c.*, p.name AS noted_by_name FROM mentoring_contradiction c JOIN person p ON p.id = c.noted_by"
        " JOIN mentoring_booking b ON b.id = c.first WHERE b.goal = $1"
        " ORDER BY c.settled_at IS NOT NULL, c.noted_at DESC, c.id",
        goal,
    )
    return [dict(row) for row in rows]


async def note_contradiction(actor: Actor, goal: UUID, sessions: tuple[UUID, UUID], note: str) -> None:
    """Say that two sessions' advice contradicts. Whoever reads both may. Idempotent for an open pair."""
    seen = await access.goal_for(actor, goal)
    readable = {row["booking"] for row in await logs_for_goal(actor, seen)}
    first, second = sorted(sessions)
    if first == second or not {first, second} <= readable:
        raise Invalid(fields={"second": NOT_A_CHOICE})
    async with db.tx():
        await db.execute(
            "INSERT INTO mentoring_contradiction (id, first, second, note, noted_by, noted_at)"
            " VALUES ($1, $2, $3, $4, $5, now()) ON CONFLICT (first, second) WHERE settled_at IS NULL DO NOTHING",
            *(new_id(), first, second, clean(note)[:1000], actor.person_id),
        )


async def settle_contradiction(actor: Actor, goal: UUID, contradiction: UUID, decision: str) -> None:
    """The startup says what it made of it: the decision stands beside both pieces of advice."""
    seen = await access.own_goal_for(actor, goal)
    said = clean(decision)[:1000]
    if not said:
        raise Invalid(fields={"decision": REQUIRED})
    async with db.tx():
        touched = await db.execute(
            "UPDATE mentoring_contradiction c SET decision = $3, settled_by = $4, settled_at = now()"
            " FROM mentoring_booking b WHERE c.id = $1 AND b.id = c.first AND b.goal = $2 AND c.settled_at IS NULL",
            *(contradiction, seen.id, said, actor.person_id),
        )
        if not touched:
            raise NotFound
