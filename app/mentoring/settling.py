"""Whether a session took place: "I am here", both reports, the sweep, what staff decide when they contradict."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED
from app.core.i18n import N_
from app.core.text import clean
from app.core.web import Actor
from app.mentoring import booking, states, strikes
from app.mentoring.access import session_for
from app.mentoring.booking import Step
from app.mentoring.changing import locked, put

Row = dict[str, Any]

RESOLUTIONS = ("held", "mentor", "mentee", "both")


class NotYet(Conflict):
    message = N_("The session has not begun yet.")


class NotHere(Conflict):
    message = N_("You can say that you are here from ten minutes before the beginning until the end.")


async def here(actor: Actor, number: UUID) -> None:
    """Say that one is there. Idempotent. Raises NotHere outside the session's time."""
    session = await session_for(actor, number)
    async with locked(number) as row:
        now = clock.now()
        opens = row["starts_at"] - timedelta(minutes=states.EARLY_MINUTES)
        if row["status"] != states.CONFIRMED or not opens <= now <= row["ends_at"]:
            raise NotHere
        name = f"{session.side}_here_at"
        await db.execute(
            f"UPDATE mentoring_booking SET {name} = coalesce({name}, now()) WHERE id = $1",  # noqa: S608
            number,
        )


async def report(actor: Actor, number: UUID, said: str) -> str:
    """Say whether it took place; the state that follows. May be said anew until it is settled.

    Raises Invalid, NotYet, NotNow.
    """
    session = await session_for(actor, number)
    if said not in states.SAYINGS:
        raise Invalid(fields={"said": NOT_A_CHOICE})
    async with locked(number) as row:
        if row["status"] not in (states.CONFIRMED, "lapsed"):
            raise states.NotNow
        if row["starts_at"] > clock.now():
            raise NotYet
        side = session.side
        await db.execute(
            f"UPDATE mentoring_booking SET {side}_said = $2, {side}_said_at = now() WHERE id = $1",  # noqa: S608
            *(number, said),
        )
        row |= {f"{side}_said": said, f"{side}_said_at": clock.now()}
        return await _settle(row, side, actor.person_id)


def reports_of(row: Row) -> states.Reports:
    return states.Reports(
        mentor_said=row["mentor_said"],
        mentor_said_at=row["mentor_said_at"],
        mentor_here=row["mentor_here_at"] is not None,
        mentee_said=row["mentee_said"],
        mentee_said_at=row["mentee_said_at"],
        mentee_here=row["mentee_here_at"] is not None,
    )


async def _settle(row: Row, role: str, by: UUID | None) -> str:
    """In the open transaction: what the reports say together becomes the state, if they say anything yet."""
    verdict = states.weigh(reports_of(row), row["ends_at"], clock.now())
    if verdict is None or (verdict.act == "lapse" and row["status"] == "lapsed"):
        return str(row["status"])
    status = states.lead(row["status"], verdict.act, role)
    await _become(row, status, verdict.absent)
    await booking.note(row["id"], Step(act=verdict.act, before=row["status"], after=status, role=role, by=by))
    return status


async def _become(row: Row, status: str, absent: str | None) -> None:
    await put(row, status, absent=absent)
    for side in ("mentor", "mentee"):
        if absent in (side, "both"):
            await strikes.strike(row[side], row["id"], "no_show")


async def settle_due(limit: int = 200) -> int:
    """The sweep: sessions that are over, by what was said until now. How many were settled."""
    rows = await db.fetch(
        "SELECT * FROM mentoring_booking WHERE status = 'confirmed' AND ends_at <= now() ORDER BY ends_at LIMIT $1",
        limit,
    )
    settled = 0
    for found in rows:
        if states.weigh(reports_of(dict(found)), found["ends_at"], clock.now()) is None:
            continue
        async with locked(found["id"]) as row:
            if row["status"] == states.CONFIRMED:
                settled += await _settle(row, "system", None) != states.CONFIRMED
    return settled


async def resolve(actor: Actor, number: UUID, outcome: str, reason: str) -> None:
    """The staff decide what two contradicting reports leave open. Nobody decides about their own session."""
    actor.require("moderator")
    if outcome not in RESOLUTIONS:
        raise Invalid(fields={"outcome": NOT_A_CHOICE})
    said = clean(reason)[:1000]
    if not said:
        raise Invalid(fields={"reason": REQUIRED})
    async with locked(number) as row:
        if actor.person_id in (row["mentor"], row["mentee"]):
            raise NotFound
        act = "resolve_held" if outcome == "held" else "resolve_no_show"
        status = states.lead(row["status"], act, "staff")
        await _become(row, status, None if outcome == "held" else outcome)
        await booking.note(
            number, Step(act=act, before=row["status"], after=status, role="staff", by=actor.person_id, reason=said)
        )


async def disputes() -> list[Row]:
    """What waits for the staff: who said what, when; no notes, no goals."""
    rows = await db.fetch(
        "SELECT b.id, b.starts_at, b.ends_at, b.mentor_said, b.mentor_said_at, b.mentee_said, b.mentee_said_at,"
        " b.mentor_here_at, b.mentee_here_at, o.name AS organisation_name, mentor.name AS mentor_name,"
        " mentee.name AS mentee_name FROM mentoring_booking b JOIN organisation o ON o.id = b.organisation"
        " JOIN person mentor ON mentor.id = b.mentor JOIN person mentee ON mentee.id = b.mentee"
        " WHERE b.status = 'disputed' ORDER BY b.starts_at, b.id LIMIT 100"
    )
    return [dict(row) for row in rows]
