"""What people say of a session: in private to the staff, and thanks in public, with consent of both and let through."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import clean
from app.core.web import Actor
from app.directory.persons.access import JOINS, LISTED
from app.mentoring.access import session_for

Row = dict[str, Any]

RATED = ("held", "no_show", "disputed", "lapsed")
MOST_THANKS = 600
AGREE = N_("Please say that this may be shown in public with your name.")


class NotMet(Conflict):
    message = N_("Feedback and thanks are for sessions that took place.")


class ThankedAlready(Conflict):
    message = N_("You have thanked for this session already.")


async def give_feedback(actor: Actor, booking: UUID, rating: int, text: str) -> None:
    """Tell the staff, and nobody else, how it was; saying it anew replaces it. Raises NotMet, Invalid."""
    session = await session_for(actor, booking)
    if session.row["status"] not in RATED:
        raise NotMet
    if not 1 <= rating <= 5:
        raise Invalid(fields={"rating": NOT_A_CHOICE})
    async with db.tx():
        await db.execute(
            "INSERT INTO mentoring_feedback (id, booking, author, rating, text, created_at)"
            " VALUES ($1, $2, $3, $4, $5, now()) ON CONFLICT (booking, author) DO UPDATE SET rating = excluded.rating,"
            " text = excluded.text, created_at = now()",
            *(new_id(), booking, actor.person_id, rating, clean(text)[:3000]),
        )


async def own_feedback(actor: Actor, booking: UUID) -> Row | None:
    row = await db.fetchrow(
        "SELECT rating, text FROM mentoring_feedback WHERE booking = $1 AND author = $2", booking, actor.person_id
    )
    return dict(row) if row else None


async def thank(actor: Actor, booking: UUID, text: str, agreed: bool) -> None:
    """Thank the mentor in public. Nothing is shown until staff and mentor have agreed. Raises NotMet, Invalid."""
    session = await session_for(actor, booking)
    if session.side != "mentee" or session.row["status"] != "held":
        raise NotMet
    said = clean(text)[:MOST_THANKS]
    if not said:
        raise Invalid(fields={"thanks": REQUIRED})
    if not agreed:
        raise Invalid(fields={"agree": AGREE})
    async with db.tx():
        written = await db.execute(
            "INSERT INTO mentoring_thanks (id, booking, author, mentor, text, state, agreed_at, created_at)"
            " VALUES ($1, $2, $3, $4, $5, 'waiting', now(), now())"
            " ON CONFLICT (booking, author) WHERE state IN ('waiting', 'approved') DO NOTHING",
            *(new_id(), booking, actor.person_id, session.row["mentor"], said),
        )
        if not written:
            raise ThankedAlready


async def own_thanks(actor: Actor, booking: UUID) -> Row | None:
    row = await db.fetchrow(
        "SELECT id, text, state, mentor_agreed_at, decided_reason FROM mentoring_thanks WHERE booking = $1"
        " AND author = $2 ORDER BY created_at DESC LIMIT 1",
        *(booking, actor.person_id),
    )
    return dict(row) if row else None


async def withdraw_thanks(actor: Actor, thanks: UUID) -> UUID:
    """Author or mentor take it off, at once; the session it was for. Idempotent."""
    async with db.tx():
        row = await db.fetchrow(
            "UPDATE mentoring_thanks SET state = 'withdrawn' WHERE id = $1 AND (author = $2 OR mentor = $2)"
            " RETURNING booking",
            *(thanks, actor.person_id),
        )
        if row is None:
            raise NotFound
        found: UUID = row["booking"]
        return found


async def agree_to_thanks(actor: Actor, thanks: UUID) -> None:
    """The mentor lets it be shown on their profile. Idempotent; only what staff have let through is offered."""
    async with db.tx():
        touched = await db.execute(
            "UPDATE mentoring_thanks SET mentor_agreed_at = coalesce(mentor_agreed_at, now())"
            " WHERE id = $1 AND mentor = $2 AND state = 'approved'",
            *(thanks, actor.person_id),
        )
        if not touched:
            raise NotFound


async def decide_thanks(actor: Actor, thanks: UUID, decision: str, reason: str) -> None:
    """The staff let a text through, or not and say why. Nobody decides about their own."""
    actor.require("moderator")
    if decision not in ("approved", "refused"):
        raise Invalid(fields={"decision": NOT_A_CHOICE})
    if decision == "refused" and not clean(reason):
        raise Invalid(fields={"reason": REQUIRED})
    async with db.tx():
        touched = await db.execute(
            "UPDATE mentoring_thanks SET state = $2, decided_by = $3, decided_at = now(), decided_reason = $4"
            " WHERE id = $1 AND state = 'waiting' AND author <> $3 AND mentor <> $3",
            *(thanks, decision, actor.person_id, clean(reason)[:600]),
        )
        if not touched:
            raise NotFound


async def thanks_shown(mentor: UUID, limit: int = 6) -> list[Row]:
    """What everybody reads: let through, agreed to by both, its author still there."""
    rows = await db.fetch(
        f"SELECT t.id, t.text, t.created_at, coalesce(ap.name, a.name) AS author_name, o.name AS organisation_name"  # noqa: S608
        " FROM mentoring_thanks t JOIN mentoring_booking b ON b.id = t.booking"
        " JOIN organisation o ON o.id = b.organisation AND o.ended_at IS NULL AND o.hidden_at IS NULL"
        " JOIN person a ON a.id = t.author AND a.ended_at IS NULL LEFT JOIN person_profile ap ON ap.person = t.author"
        " WHERE t.mentor = $1 AND t.state = 'approved' AND t.mentor_agreed_at IS NOT NULL"
        f" AND EXISTS (SELECT FROM {JOINS} WHERE pp.person = t.mentor AND {LISTED})"
        f" ORDER BY t.created_at DESC LIMIT {int(limit)}",
        mentor,
    )
    return [dict(row) for row in rows]


async def thanks_to_agree(mentor: UUID) -> list[Row]:
    rows = await db.fetch(
        "SELECT t.id, t.text, a.name AS author_name FROM mentoring_thanks t JOIN person a ON a.id = t.author"
        " WHERE t.mentor = $1 AND t.state = 'approved' AND t.mentor_agreed_at IS NULL ORDER BY t.created_at, t.id",
        mentor,
    )
    return [dict(row) for row in rows]


async def for_staff() -> dict[str, list[Row]]:
    """What waits for the staff, and what people told them in private, the worst first."""
    thanks = await db.fetch(
        "SELECT t.id, t.text, t.created_at, a.name AS author_name, m.name AS mentor_name FROM mentoring_thanks t"
        " JOIN person a ON a.id = t.author JOIN person m ON m.id = t.mentor WHERE t.state = 'waiting'"
        " ORDER BY t.created_at, t.id LIMIT 100"
    )
    appeals = await db.fetch(
        "SELECT s.id, s.kind, s.at, s.appeal, s.appealed_at, p.name AS person_name, b.starts_at"
        " FROM mentoring_strike s JOIN person p ON p.id = s.person JOIN mentoring_booking b ON b.id = s.booking"
        " WHERE s.appealed_at IS NOT NULL AND s.decision IS NULL ORDER BY s.appealed_at, s.id LIMIT 100"
    )
    feedback = await db.fetch(
        "SELECT f.rating, f.text, f.created_at, a.name AS author_name, f.author = b.mentor AS by_mentor,"
        " m.name AS mentor_name, o.name AS organisation_name FROM mentoring_feedback f"
        " JOIN mentoring_booking b ON b.id = f.booking JOIN person a ON a.id = f.author"
        " JOIN person m ON m.id = b.mentor"
        " JOIN organisation o ON o.id = b.organisation WHERE f.created_at > now() - interval '90 days'"
        " ORDER BY f.rating, f.created_at DESC LIMIT 100"
    )
    return {
        "thanks": [dict(row) for row in thanks],
        "appeals": [dict(row) for row in appeals],
        "feedback": [dict(row) for row in feedback],
    }
