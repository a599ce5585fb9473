"""Waiting for a slot that is taken: when it becomes free it is offered to the first in line, in the same transaction.

An offer is a booking in the state `offered`: it holds the time of both until it is accepted, passed on or runs out.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.core import clock, db
from app.core.errors import Conflict, DomainError, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import clean
from app.core.web import Actor
from app.directory.access import Seen
from app.mentoring import booking, free, states
from app.mentoring.booking import New, Wanted

MOST_WAITING = 20
"""Places in line that one person has at once."""


class StillFree(Conflict):
    message = N_("This time is free: you can book it.")


class WaitingEnough(Conflict):
    message = N_("You are in twenty lines already. Please leave one first.")


async def wait(actor: Actor, mentor: UUID, organisation: Seen, wanted: Wanted) -> UUID:
    """Stand in line for a slot that somebody else has. Idempotent. Locks the mentor's hours.

    Raises StillFree, NeverTogether, Suspended, WaitingEnough, NotFound where nobody has booked that time.
    """
    async with db.tx():
        facts = await booking.locked_facts(mentor)
        await booking.check_people(mentor, actor.person_id, organisation.id)
        if wanted.starts_at in facts.free(clock.now()):
            raise StillFree
        if not await db.fetchval(
            "SELECT true FROM mentoring_booking WHERE mentor = $1 AND starts_at = $2 AND mentee <> $3"
            " AND status IN ('offered', 'requested', 'confirmed') AND starts_at > now()",
            *(mentor, wanted.starts_at, actor.person_id),
        ):
            raise NotFound
        lines = await db.fetchval(
            "SELECT count(*) FROM mentoring_wait WHERE mentee = $1 AND status = 'waiting' AND starts_at > now()"
            " AND NOT (mentor = $2 AND starts_at = $3)",
            *(actor.person_id, mentor, wanted.starts_at),
        )
        if lines >= MOST_WAITING:
            raise WaitingEnough
        goal = await booking.own_goal(wanted.goal, organisation.id)
        await db.execute(
            "INSERT INTO mentoring_wait (id, mentor, mentee, organisation, goal, starts_at, question, status,"
            " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', clock_timestamp())"
            " ON CONFLICT (mentor, starts_at, mentee) WHERE status IN ('waiting', 'offered') DO NOTHING",
            *(new_id(), mentor, actor.person_id, organisation.id, goal, wanted.starts_at),
            clean(wanted.question)[: booking.MOST_QUESTION],
        )
        found: UUID = await db.fetchval(
            "SELECT id FROM mentoring_wait WHERE mentor = $1 AND starts_at = $2 AND mentee = $3"
            " AND status IN ('waiting', 'offered')",
            *(mentor, wanted.starts_at, actor.person_id),
        )
        return found


async def leave(actor: Actor, number: UUID) -> None:
    """Leave the line. Idempotent; NotFound for somebody else's place."""
    async with db.tx():
        row = await db.fetchrow(
            "SELECT status FROM mentoring_wait WHERE id = $1 AND mentee = $2 FOR UPDATE", number, actor.person_id
        )
        if row is None:
            raise NotFound
        if row["status"] == "waiting":
            await settle(number, "left")


async def settle(number: UUID, status: str) -> None:
    await db.execute("UPDATE mentoring_wait SET status = $2, settled_at = now() WHERE id = $1", number, status)


async def waits_of(person: UUID) -> list[dict[str, Any]]:
    """The lines in which somebody stands, with their place in each."""
    rows = await db.fetch(
        "SELECT w.*, coalesce(pp.name, p.name) AS mentor_name, pp.slug AS mentor_slug,"
        " (SELECT count(*) FROM mentoring_wait o WHERE o.mentor = w.mentor AND o.starts_at = w.starts_at"
        "  AND o.status = 'waiting' AND (o.created_at, o.id) <= (w.created_at, w.id)) AS place"
        " FROM mentoring_wait w JOIN person p ON p.id = w.mentor LEFT JOIN person_profile pp ON pp.person = w.mentor"
        " WHERE w.mentee = $1 AND w.status = 'waiting' AND w.starts_at > now() ORDER BY w.starts_at, w.id",
        person,
    )
    return [dict(row) for row in rows]


async def promote(mentor: UUID, starts_at: datetime) -> UUID | None:
    """In the open transaction, behind the lock on the mentor's hours: offer a slot that became free; the offer's id.

    Who cannot take it any more (a place gone, another session, a conflict) is passed over, and stays in no line.
    """
    facts = (await free.facts_of([mentor])).get(mentor)
    if facts is None or starts_at not in facts.free(clock.now()):
        return None
    line = await db.fetch(
        "SELECT * FROM mentoring_wait WHERE mentor = $1 AND starts_at = $2 AND status = 'waiting'"
        " ORDER BY created_at, id FOR UPDATE",
        *(mentor, starts_at),
    )
    for row in line:
        offer = await _offer(facts, row)
        if offer is not None:
            await db.execute("UPDATE mentoring_wait SET status = 'offered', offer = $2 WHERE id = $1", row["id"], offer)
            return offer
        await settle(row["id"], "passed")
    return None


async def _offer(facts: free.Facts, row: asyncpg.Record) -> UUID | None:
    try:
        await booking.check_people(row["mentor"], row["mentee"], row["organisation"])
        await booking.check_room(facts, row["mentor"], row["organisation"])
        # a session that the waiting person books elsewhere in this moment must not take the cancelling down with it
        async with db.connection() as con, con.transaction():
            return await booking.write(
                facts,
                New(
                    mentor=row["mentor"], mentee=row["mentee"], organisation=row["organisation"], goal=row["goal"],
                    starts_at=row["starts_at"], question=row["question"],
                    expires_at=min(clock.now() + timedelta(hours=states.OFFER_HOURS), row["starts_at"]),
                ),
                "offer",
                "system",
            )  # fmt: skip
    except (DomainError, asyncpg.ExclusionViolationError):
        return None
