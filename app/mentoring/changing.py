"""What becomes of a booking before it begins: confirmed, declined, moved, cancelled, an offer taken or passed on.

Every verb locks the mentor's hours first, then the booking, asks the one table of `states`, and writes who, when, why.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import REQUIRED
from app.core.i18n import N_
from app.core.text import clean
from app.core.web import Actor
from app.mentoring import booking, free, states, strikes, waiting
from app.mentoring.access import Session, session_for
from app.mentoring.booking import Step
from app.people.ending import before_end

log = structlog.get_logger()

MOST_REASON = 1000
Row = dict[str, Any]


class Begun(Conflict):
    message = N_("The session has begun. Please say afterwards whether it took place.")


class TooLateToMove(Conflict):
    message = N_(
        "Less than a day is left: the session cannot be moved any more. Please come, or cancel it and say why."
    )


@asynccontextmanager
async def locked(number: UUID) -> AsyncIterator[Row]:
    """One transaction behind the locks on the mentor's hours and the booking, in this order."""
    mentor = await db.fetchval("SELECT mentor FROM mentoring_booking WHERE id = $1", number)
    async with db.tx():
        await db.execute("SELECT FROM mentoring_hours WHERE person = $1 FOR UPDATE", mentor)
        row = await db.fetchrow("SELECT * FROM mentoring_booking WHERE id = $1 FOR UPDATE", number)
        if row is None:
            raise NotFound
        yield dict(row)


async def confirm(actor: Actor, number: UUID) -> None:
    """The mentor takes a request. Raises NotNow, Begun. Reminders go to the outbox."""
    session = await session_for(actor, number)
    async with locked(number) as row:
        _not_begun(row)
        status = states.lead(row["status"], "confirm", session.role)
        await put(row, status, expires_at=None)
        await booking.note(
            number, Step(act="confirm", before=row["status"], after=status, role="mentor", by=actor.person_id)
        )
        await booking.remind(number, row["sequence"], row["starts_at"], row["ends_at"])


async def decline(actor: Actor, number: UUID, reason: str) -> None:
    """The mentor cannot take it. The time is free again and goes to who waits."""
    session = await session_for(actor, number)
    async with locked(number) as row:
        await _end(row, "decline", session.role, actor.person_id, _said(reason))


async def cancel(actor: Actor, number: UUID, reason: str) -> None:
    """Either side calls it off, with a reason. Late, it gives a strike, unless the mentor had moved it.

    The time is free again and goes to who waits, in the same transaction. Raises NotNow, Begun, Invalid.
    """
    session = await session_for(actor, number)
    said = _said(reason)
    async with locked(number) as row:
        _not_begun(row)
        late = row["starts_at"] - clock.now() < timedelta(hours=states.LATE_HOURS)
        fair = session.side == "mentee" and await _moved_by_mentor(number)
        await _end(row, "cancel", session.side, actor.person_id, said)
        if row["status"] == states.CONFIRMED and late and not fair:
            await strikes.strike(row[session.side], number, "late_cancel")


async def _moved_by_mentor(number: UUID) -> bool:
    last = await db.fetchval(
        "SELECT role FROM mentoring_change WHERE booking = $1 AND act IN ('move', 'move_and_request')"
        " ORDER BY id DESC LIMIT 1",
        number,
    )
    return bool(last == "mentor")


async def accept(actor: Actor, number: UUID) -> None:
    """Take a slot that one waited for. With a mentor who approves it becomes a request. Raises NotNow."""
    session = await session_for(actor, number)
    async with locked(number) as row:
        if session.role != "mentee" or row["status"] != states.OFFERED:
            raise states.NotNow
        if row["expires_at"] <= clock.now():
            raise states.NotNow
        approves = await db.fetchval("SELECT approves FROM mentoring_hours WHERE person = $1", row["mentor"])
        act = "accept_and_request" if approves else "accept"
        status = states.lead(row["status"], act, "mentee")
        # a request that was an offer is answered until it would begin, at the latest
        expires_at = min(clock.now() + timedelta(hours=states.ANSWER_HOURS), row["starts_at"]) if approves else None
        await put(row, status, expires_at=expires_at)
        await booking.begin_mentorship(row["mentor"], row["organisation"])
        await booking.note(number, Step(act=act, before=row["status"], after=status, role="mentee", by=actor.person_id))
        if status == states.CONFIRMED:
            await booking.remind(number, row["sequence"], row["starts_at"], row["ends_at"])
        await db.execute("UPDATE mentoring_wait SET status = 'taken', settled_at = now() WHERE offer = $1", number)


async def pass_on(actor: Actor, number: UUID) -> None:
    """Not take a slot that one waited for: the next in line is offered it."""
    session = await session_for(actor, number)
    async with locked(number) as row:
        await _end(row, "pass", session.role, actor.person_id, "")
        await db.execute("UPDATE mentoring_wait SET status = 'passed', settled_at = now() WHERE offer = $1", number)


async def move(actor: Actor, number: UUID, starts_at: datetime, reason: str = "") -> None:
    """Another time for the session, among the free ones of the mentor. Same calendar entry, higher sequence.

    The old time goes to who waits for it. Raises SlotTaken, OwnTimeTaken, TooLateToMove, Begun, NotNow.
    """
    session = await session_for(actor, number)
    try:
        await _move(actor, session, starts_at, clean(reason)[:MOST_REASON])
    except asyncpg.ExclusionViolationError as error:
        raise await booking.clash(error, session.row["mentor"], session.row["mentee"]) from error


async def _move(actor: Actor, session: Session, starts_at: datetime, reason: str) -> None:
    async with locked(session.id) as row:
        _not_begun(row)
        if starts_at == row["starts_at"]:
            return
        soon = row["starts_at"] - clock.now() < timedelta(hours=states.LATE_HOURS)
        if session.side == "mentee" and soon and row["status"] == states.CONFIRMED:
            raise TooLateToMove
        facts = await booking.locked_facts(row["mentor"], without=(row["id"],))
        again = session.side == "mentee" and facts.hours["approves"] and row["status"] == states.CONFIRMED
        act = "move_and_request" if again else "move"
        status = states.lead(row["status"], act, session.side)
        if starts_at not in (open_at := facts.free(clock.now())):
            raise booking.SlotTaken(open_at[: booking.LAST_NAMES])
        ends_at = starts_at + timedelta(minutes=facts.terms.minutes)
        waits = status == states.REQUESTED
        expires_at = min(clock.now() + timedelta(hours=states.ANSWER_HOURS), starts_at) if waits else None
        await put(
            row, status, expires_at=expires_at, starts_at=starts_at, ends_at=ends_at, sequence=row["sequence"] + 1,
            buffer_minutes=facts.terms.pause,
        )  # fmt: skip
        await db.execute(
            "UPDATE mentoring_time SET starts_at = $2, ends_at = CASE role WHEN 'mentor' THEN $4::timestamptz"
            " ELSE $3::timestamptz END WHERE booking = $1 AND ended_at IS NULL",
            *(row["id"], starts_at, ends_at, ends_at + timedelta(minutes=facts.terms.pause)),
        )
        await booking.note(
            row["id"],
            Step(
                act=act,
                before=row["status"],
                after=status,
                role=session.side,
                by=actor.person_id,
                reason=reason,
                was_at=row["starts_at"],
            ),
        )
        if status == states.CONFIRMED:
            await booking.remind(row["id"], row["sequence"] + 1, starts_at, ends_at)
        await waiting.promote(row["mentor"], row["starts_at"])
        await free.ask_for_refresh(row["mentor"])


async def expire_due(limit: int = 200) -> int:
    """Requests and offers whose time is over: ended, one by one, and the slot offered to the next. A sweep's verb.

    How many ended. One that cannot be ended is logged and keeps nobody behind it waiting.
    """
    rows = await db.fetch(
        "SELECT id FROM mentoring_booking WHERE status IN ('requested', 'offered') AND expires_at <= now()"
        " ORDER BY expires_at LIMIT $1",
        limit,
    )
    ended = 0
    for found in rows:
        try:
            await _expire(found["id"])
        except Exception as error:  # whatever is wrong with one is no reason to leave the others
            log.error("a booking could not be ended", booking=str(found["id"]), exc_info=error)
        else:
            ended += 1
    return ended


async def _expire(number: UUID) -> None:
    async with locked(number) as row:
        if row["status"] in ("requested", "offered") and row["expires_at"] <= clock.now():
            await _end(row, "expire", "system", None, "")
            await db.execute(
                "UPDATE mentoring_wait SET status = 'expired', settled_at = now() WHERE offer = $1", row["id"]
            )


async def put(row: Row, status: str, **values: object) -> None:
    """In the open transaction: the booking's new state and what changes with it."""
    names = list(values)
    sets = "".join(f", {name} = ${place}" for place, name in enumerate(names, start=3))
    settled = ", settled_at = now()" if status in states.CLOSED else ""
    await db.execute(
        f"UPDATE mentoring_booking SET status = $2{sets}{settled} WHERE id = $1",  # noqa: S608  names are ours
        *(row["id"], status, *values.values()),
    )


async def _end(row: Row, act: str, role: str, by: UUID | None, reason: str) -> None:
    """In the open transaction: end the booking by `act`, free the time of both, offer it to who waits."""
    status = states.lead(row["status"], act, role)
    await put(row, status, expires_at=None, sequence=row["sequence"] + 1)
    await db.execute("UPDATE mentoring_time SET ended_at = now() WHERE booking = $1 AND ended_at IS NULL", row["id"])
    await booking.note(row["id"], Step(act=act, before=row["status"], after=status, role=role, by=by, reason=reason))
    await _give_place_back(row["mentor"], row["organisation"])
    await waiting.promote(row["mentor"], row["starts_at"])
    await free.ask_for_refresh(row["mentor"])


async def _give_place_back(mentor: UUID, organisation: UUID) -> None:
    """A place that was taken for a session that never came about is the next one's."""
    await db.execute(
        "UPDATE mentorship SET ended_at = now(), ended_reason = 'no session' WHERE mentor = $1 AND organisation = $2"
        " AND ended_at IS NULL AND NOT EXISTS (SELECT FROM mentoring_booking b WHERE b.mentor = $1"
        " AND b.organisation = $2 AND b.status NOT IN ('offered', 'declined', 'cancelled', 'expired'))",
        *(mentor, organisation),
    )


async def end_mentorship(actor: Actor, mentor: UUID, organisation: UUID, reason: str) -> None:
    """The mentor or the organisation ends it: the place is free. Refused while sessions are ahead. Idempotent."""
    async with db.tx():
        await db.execute("SELECT FROM mentoring_hours WHERE person = $1 FOR UPDATE", mentor)
        if await db.fetchval(
            "SELECT true FROM mentoring_booking WHERE mentor = $1 AND organisation = $2 AND ends_at > now()"
            " AND status IN ('requested', 'confirmed') LIMIT 1",
            *(mentor, organisation),
        ):
            raise SessionsAhead
        await db.execute(
            "UPDATE mentorship SET ended_at = now(), ended_by = $3, ended_reason = $4"
            " WHERE mentor = $1 AND organisation = $2 AND ended_at IS NULL",
            *(mentor, organisation, actor.person_id, clean(reason)[:MOST_REASON]),
        )


class SessionsAhead(Conflict):
    message = N_("There are sessions ahead. Please cancel them first.")


def _not_begun(row: Row) -> None:
    if row["starts_at"] <= clock.now() and row["status"] == states.CONFIRMED:
        raise Begun


def _said(reason: str) -> str:
    said = clean(reason)[:MOST_REASON]
    if not said:
        raise Invalid(fields={"reason": REQUIRED})
    return said


@before_end
async def account_ends(person: UUID) -> None:
    """Sessions to come of an account that ends are called off; nobody is booked any more, no line is stood in."""
    await db.execute(
        "SELECT FROM mentoring_hours WHERE person = $1 OR person IN (SELECT mentor FROM mentoring_booking"
        " WHERE mentee = $1 AND status IN ('offered', 'requested', 'confirmed')) ORDER BY person FOR UPDATE",
        person,
    )
    await db.execute("UPDATE mentoring_hours SET closed_at = coalesce(closed_at, now()) WHERE person = $1", person)
    await db.execute(
        "UPDATE mentoring_wait SET status = 'left', settled_at = now() WHERE (mentee = $1 OR mentor = $1)"
        " AND status = 'waiting'",
        person,
    )
    rows = await db.fetch(
        "SELECT b.* FROM mentoring_booking b WHERE (mentor = $1 OR mentee = $1)"
        " AND status IN ('offered', 'requested', 'confirmed') AND ends_at > now() ORDER BY starts_at, id FOR UPDATE",
        person,
    )
    for row in rows:
        await _end(dict(row), "cancel", "system", None, "")
    await db.execute(
        "UPDATE mentorship SET ended_at = now(), ended_reason = 'account ended' WHERE mentor = $1 AND ended_at IS NULL",
        person,
    )
    await db.execute("UPDATE mentoring_feed SET ended_at = now() WHERE person = $1 AND ended_at IS NULL", person)
