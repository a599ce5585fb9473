"""Booking a session: what is scarce is locked, who is taken is held by a constraint. Changes are in `changing`."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.connections import pair_log
from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.limits import hit
from app.core.outbox import enqueue
from app.core.text import clean
from app.core.web import Actor
from app.directory.access import Seen
from app.mentoring import free, slots, states, strikes

BOOKED_PER_DAY = 40
MOST_AHEAD = 6
"""Sessions to come of one organisation with one mentor."""
MOST_QUESTION = 2000
LAST_NAMES = 5
"""Free beginnings named to who came too late."""

Row = dict[str, Any]


class SlotTaken(Conflict):
    """Somebody was faster, or the mentor's hours have changed. `free`: the next beginnings that can be booked."""

    message = N_("This time has just been taken. Please choose another one.")

    def __init__(self, free_at: list[datetime] | None = None) -> None:
        super().__init__()
        self.free = free_at or []


TAKEN_WITH = N_("This time has just been taken. These are free: %(free)s")
TAKEN_NONE = N_("This time has just been taken, and there is nothing free in the next four weeks.")


class OwnTimeTaken(Conflict):
    message = N_("You have another session at that time.")


class NoPlaceLeft(Conflict):
    message = N_("This mentor accompanies as many organisations as they can at the moment.")


class NeverTogether(NotAllowed):
    message = N_("This mentor has a conflict of interest with your organisation, or belongs to it.")


class EnoughAhead(Conflict):
    message = N_("There are six sessions with this mentor ahead already. Please hold some of them first.")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `goal`: one of the organisation's open goals."""

    starts_at: datetime
    goal: UUID | None = None
    question: str = ""


async def book(actor: Actor, mentor: UUID, organisation: Seen, wanted: Wanted) -> UUID:
    """Book, or ask for, a session; its id. The same slot by the same person again gives the first booking.

    Locks the mentor's hours. Mails, reminders and the kept beginnings go to the outbox. Raises SlotTaken with the next
    free ones, OwnTimeTaken, NoPlaceLeft, NeverTogether, EnoughAhead, Suspended, Invalid, TooMany.
    """
    await hit("mentoring.book", actor.person_id, BOOKED_PER_DAY, 86_400)
    try:
        # two people who mentor each other may each hold the time that the other one needs
        return await db.retrying(lambda: _book(actor, mentor, organisation, wanted))
    except asyncpg.ExclusionViolationError as error:
        raise await clash(error, mentor, actor.person_id) from error


async def clash(error: asyncpg.ExclusionViolationError, mentor: UUID, mentee: UUID) -> Conflict:
    """What a refusal by the constraint means to who asked: whose time it was."""
    if str(mentee) in (error.detail or ""):
        return OwnTimeTaken()
    return SlotTaken((await free.free_of(mentor))[:LAST_NAMES])


async def _book(actor: Actor, mentor: UUID, organisation: Seen, wanted: Wanted) -> UUID:
    async with db.tx():
        facts = await locked_facts(mentor)
        again = await _mine_already(actor.person_id, mentor, organisation.id, wanted.starts_at)
        if again is not None:
            return again
        await check_people(mentor, actor.person_id, organisation.id)
        if wanted.starts_at not in (open_at := facts.free(clock.now())):
            raise SlotTaken(open_at[:LAST_NAMES])
        await check_room(facts, mentor, organisation.id)
        goal = await own_goal(wanted.goal, organisation.id)
        await begin_mentorship(mentor, organisation.id)
        act = "request" if facts.hours["approves"] else "book"
        row = New(
            mentor=mentor, mentee=actor.person_id, organisation=organisation.id, goal=goal,
            starts_at=wanted.starts_at, question=clean(wanted.question)[:MOST_QUESTION],
        )  # fmt: skip
        return await write(facts, row, act, "mentee")


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A booking to be written."""

    mentor: UUID
    mentee: UUID
    organisation: UUID
    goal: UUID | None
    starts_at: datetime
    question: str = ""
    expires_at: datetime | None = None


async def write(facts: free.Facts, new: New, act: str, role: str) -> UUID:
    """In the open transaction: the booking, the time of both, its first transition, and who hears of it."""
    number, status = new_id(), states.lead(None, act, role)
    hours, terms = facts.hours, facts.terms
    ends_at = new.starts_at + timedelta(minutes=terms.minutes)
    expires_at = new.expires_at or (_expiry(new.starts_at) if status == states.REQUESTED else None)
    await db.execute(
        "INSERT INTO mentoring_booking (id, mentor, mentee, organisation, goal, starts_at, ends_at, buffer_minutes,"
        " status, question, mode, place, link, expires_at, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, now())",
        *(number, new.mentor, new.mentee, new.organisation, new.goal, new.starts_at, ends_at, terms.pause, status),
        *(new.question, hours["mode"], hours["place"], hours["link"], expires_at),
    )
    await take_time(number, new.mentor, "mentor", new.starts_at, ends_at + timedelta(minutes=terms.pause))
    await take_time(number, new.mentee, "mentee", new.starts_at, ends_at)
    by = new.mentee if role == "mentee" else None
    await note(number, Step(act=act, before=None, after=status, role=role, by=by))
    if status == states.CONFIRMED:
        await remind(number, 0, new.starts_at, ends_at)
    await free.ask_for_refresh(new.mentor)
    return number


def _expiry(starts_at: datetime) -> datetime:
    return min(clock.now() + timedelta(hours=states.ANSWER_HOURS), starts_at)


async def take_time(booking: UUID, person: UUID, role: str, starts_at: datetime, ends_at: datetime) -> None:
    await db.execute(
        "INSERT INTO mentoring_time (id, booking, person, role, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6)",
        *(new_id(), booking, person, role, starts_at, ends_at),
    )


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One transition: what, from where to where, as whom. `was_at`: the beginning before a move."""

    act: str
    before: str | None
    after: str
    role: str
    by: UUID | None = None
    reason: str = ""
    was_at: datetime | None = None


async def note(booking: UUID, step: Step) -> None:
    """In the open transaction: the transition into the history, and mails for who hears of it."""
    number = await db.fetchval(
        "INSERT INTO mentoring_change (booking, act, from_status, to_status, by, role, reason, starts_before_at, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp()) RETURNING id",
        *(booking, step.act, step.before, step.after, step.by, step.role, step.reason, step.was_at),
    )
    await enqueue("mentoring.tell", {"change": number}, dedupe_key=f"mentoring.tell:{number}")
    await _answer(booking, step)


ASKS = ("book", "request", "accept", "accept_and_request")
"""Acts by which a mentee chooses a mentor; an offer is the line's, and theirs once they take it."""


async def _answer(booking: UUID, step: Step) -> None:
    """What the transition says of the two together, for suggestions of mentors to learn from."""
    if step.act in ASKS:
        row = await db.fetchrow("SELECT mentor, organisation FROM mentoring_booking WHERE id = $1", booking)
        assert row is not None  # noqa: S101  written in this transaction
        await pair_log.asked("mentor", row["organisation"], row["mentor"], "booking", booking)
    elif step.act == "confirm":
        await pair_log.answered(booking, "accepted")
    elif step.act == "decline":
        await pair_log.answered(booking, "declined")
    elif step.after == "held":
        await pair_log.answered(booking, "met")


REMIND_HOURS = (24, 1)
ASK_MINUTES = 15
"""So long after the end both are asked whether they met."""


async def remind(booking: UUID, sequence: int, starts_at: datetime, ends_at: datetime) -> None:
    """In the open transaction: reminders a day and an hour before, a question behind it. A move overtakes them."""
    moments = {f"{hours}": starts_at - timedelta(hours=hours) for hours in REMIND_HOURS}
    moments["met"] = ends_at + timedelta(minutes=ASK_MINUTES)
    for what, at in moments.items():
        wait = (at - clock.now()).total_seconds()
        if wait > 0:
            await enqueue(
                "mentoring.remind",
                {"booking": str(booking), "sequence": sequence, "what": what},
                dedupe_key=f"mentoring.remind:{booking}:{sequence}:{what}",
                delay=round(wait),
            )


async def locked_facts(mentor: UUID, *, without: tuple[UUID, ...] = ()) -> free.Facts:
    """What is known of a mentor, behind the lock on their hours. NotFound for who has none."""
    await _lock(mentor)
    facts = (await free.facts_of([mentor], without=without)).get(mentor)
    if facts is None:
        raise NotFound
    return facts


async def _lock(mentor: UUID) -> None:
    await db.execute("SELECT FROM mentoring_hours WHERE person = $1 FOR UPDATE", mentor)


async def _mine_already(mentee: UUID, mentor: UUID, organisation: UUID, starts_at: datetime) -> UUID | None:
    found: UUID | None = await db.fetchval(
        "SELECT id FROM mentoring_booking WHERE mentor = $1 AND mentee = $2 AND organisation = $3 AND starts_at = $4"
        " AND status IN ('requested', 'confirmed')",
        *(mentor, mentee, organisation, starts_at),
    )
    return found


_APART = """
SELECT EXISTS (SELECT FROM conflict_of_interest c WHERE c.person = $1 AND c.organisation = $2 AND c.ended_at IS NULL)
    OR EXISTS (SELECT FROM membership m WHERE m.person = $1 AND m.organisation = $2 AND m.ended_at IS NULL)
"""


async def check_people(mentor: UUID, mentee: UUID, organisation: UUID) -> None:
    """Whether these may meet at all. Raises NeverTogether, Suspended."""
    if mentor == mentee or await apart(mentor, organisation):
        raise NeverTogether
    for person in (mentee, mentor):
        until = await strikes.suspended_until(person)
        if until is not None:
            if person == mentor:
                raise SlotTaken
            raise strikes.Suspended(day=f"{until:%d/%m/%Y}")


async def apart(mentor: UUID, organisation: UUID) -> bool:
    """Whether a conflict of interest, or belonging to it, keeps a mentor from an organisation."""
    return bool(await db.fetchval(_APART, mentor, organisation))


async def check_room(facts: free.Facts, mentor: UUID, organisation: UUID) -> None:
    """Whether the mentor takes one more on. Who is accompanied already needs no place. Behind the lock."""
    row = await db.fetchrow(
        "SELECT count(*) FILTER (WHERE organisation = $2) AS mine, count(*) AS everybody FROM mentorship"
        " WHERE mentor = $1 AND ended_at IS NULL",
        *(mentor, organisation),
    )
    most = facts.hours["mentees_most"]
    taken = max(row["everybody"], facts.hours["mentees_now"] or 0) if row else 0
    if row and not row["mine"] and most is not None and taken >= most:
        raise NoPlaceLeft
    ahead = await db.fetchval(
        "SELECT count(*) FROM mentoring_booking WHERE mentor = $1 AND organisation = $2 AND starts_at > now()"
        " AND status IN ('offered', 'requested', 'confirmed')",
        *(mentor, organisation),
    )
    if ahead >= MOST_AHEAD:
        raise EnoughAhead


async def begin_mentorship(mentor: UUID, organisation: UUID) -> None:
    await db.execute(
        "INSERT INTO mentorship (id, mentor, organisation, started_at) VALUES ($1, $2, $3, now())"
        " ON CONFLICT (mentor, organisation) WHERE ended_at IS NULL DO NOTHING",
        *(new_id(), mentor, organisation),
    )


async def own_goal(goal: UUID | None, organisation: UUID) -> UUID | None:
    if goal is None:
        return None
    found: UUID | None = await db.fetchval(
        "SELECT id FROM mentoring_goal WHERE id = $1 AND organisation = $2 AND state = 'open'", goal, organisation
    )
    if found is None:
        raise Invalid(fields={"goal": NOT_A_CHOICE})
    return found


async def next_free(mentor: UUID, person: UUID) -> list[datetime]:
    """A few beginnings that suit both."""
    facts = (await free.facts_of([mentor])).get(mentor)
    if facts is None:
        return []
    own = await free.own_times(person)
    return [at for at in facts.free(clock.now()) if not slots.busy(at, facts.terms.minutes, own)][:LAST_NAMES]
