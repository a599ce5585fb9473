"""Goals: what an organisation wants to reach with mentors, who may read along, and how it ended."""

from datetime import date
from typing import Any
from uuid import UUID

from app.connections.introductions import outcomes
from app.connections.introductions.outcomes import Came, Parties
from app.core import clock, db
from app.core.clock import VIETNAM
from app.core.errors import Conflict, Invalid
from app.core.forms import NOT_A_CHOICE, NOT_A_DATE, REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import clean, clean_line
from app.core.web import Actor
from app.directory.access import Seen
from app.directory.vocabulary import NEEDS
from app.mentoring import access

Row = dict[str, Any]

MOST_OPEN = 12
ENDS = ("met", "partly", "dropped")


class TooManyGoals(Conflict):
    message = N_("Twelve goals are open already. Please close one first: few goals are reached, many are not.")


class ClosedAlready(Conflict):
    message = N_("This goal is closed already.")


async def goals_of(organisation: UUID) -> list[Row]:
    """Open ones first, the nearest day first; each with its sessions, actions and when somebody met for it last."""
    rows = await db.fetch(
        "SELECT g.*, coalesce(s.held, 0) AS held, s.last_at, coalesce(s.ahead, 0) AS ahead,"
        " coalesce(a.open, 0) AS actions_open, coalesce(a.overdue, 0) AS actions_overdue FROM mentoring_goal g"
        " LEFT JOIN (SELECT goal, count(*) FILTER (WHERE status = 'held') AS held, max(starts_at)"
        "  FILTER (WHERE status = 'held') AS last_at, count(*) FILTER (WHERE status IN ('requested', 'confirmed')"
        "  AND starts_at > now()) AS ahead FROM mentoring_booking WHERE organisation = $1 GROUP BY goal) s"
        " ON s.goal = g.id"
        " LEFT JOIN (SELECT b.goal, count(*) AS open, count(*) FILTER (WHERE a.due_on <"
        " (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) AS overdue"
        "  FROM mentoring_action a JOIN mentoring_booking b ON b.id = a.booking WHERE b.organisation = $1"
        "  AND a.done_at IS NULL AND a.ended_at IS NULL GROUP BY b.goal) a ON a.goal = g.id"
        " WHERE g.organisation = $1 ORDER BY g.state <> 'open', g.due_on NULLS LAST, g.created_at DESC, g.id LIMIT 100",
        organisation,
    )
    return [dict(row) for row in rows]


async def open_goals_of(organisation: UUID) -> list[Row]:
    """To choose one of when booking."""
    rows = await db.fetch(
        "SELECT id, title FROM mentoring_goal WHERE organisation = $1 AND state = 'open' ORDER BY created_at DESC, id",
        organisation,
    )
    return [dict(row) for row in rows]


async def open_goal(actor: Actor, organisation: Seen, values: Row) -> UUID:
    """Begin a goal; its id. Locks the organisation's goals. Raises Invalid, TooManyGoals."""
    said = _checked(values)
    async with db.tx():
        await db.execute("SELECT FROM organisation WHERE id = $1 FOR NO KEY UPDATE", organisation.id)
        if (
            await db.fetchval(
                "SELECT count(*) FROM mentoring_goal WHERE organisation = $1 AND state = 'open'", organisation.id
            )
            >= MOST_OPEN
        ):
            raise TooManyGoals
        number = new_id()
        await db.execute(
            "INSERT INTO mentoring_goal (id, organisation, need_code, title, measure, due_on, shared_at, state,"
            " created_by, created_at, version)"
            " VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN now() END, 'open', $8, now(), 1)",
            *(number, organisation.id, said["need"], said["title"], said["measure"], said["due_on"]),
            *(said["shared"], actor.person_id),
        )
        return number


def _checked(values: Row) -> Row:
    title = clean_line(values["title"])[:200]
    if not title:
        raise Invalid(fields={"title": REQUIRED})
    if values["need"] not in NEEDS:
        raise Invalid(fields={"need": NOT_A_CHOICE})
    due: date | None = values.get("due_on")
    if due is not None and not 2020 <= due.year <= 2100:
        raise Invalid(fields={"due_on": NOT_A_DATE})
    return {**values, "title": title, "measure": clean(values.get("measure", ""))[:1000], "due_on": due}


async def share(actor: Actor, goal: UUID, shared: bool) -> None:
    """Let all of one's mentors read what the others advised for this goal, or not any more. Idempotent."""
    seen = await access.own_goal_for(actor, goal)
    async with db.tx():
        await db.execute(
            "UPDATE mentoring_goal SET shared_at = CASE WHEN $2 THEN coalesce(shared_at, now()) END,"
            " version = version + 1 WHERE id = $1 AND (shared_at IS NOT NULL) <> $2",
            *(seen.id, shared),
        )


async def close(actor: Actor, goal: UUID, state: str, result: str) -> None:
    """Say how it ended, in words that stand. Raises ClosedAlready, Invalid. Only the organisation closes its goal."""
    seen = await access.own_goal_for(actor, goal)
    said = clean(result)[:4000]
    if state not in ENDS:
        raise Invalid(fields={"state": NOT_A_CHOICE})
    if not said:
        raise Invalid(fields={"result": REQUIRED})
    async with db.tx():
        touched = await db.execute(
            "UPDATE mentoring_goal SET state = $2, result = $3, closed_by = $4, closed_at = now(),"
            " version = version + 1 WHERE id = $1 AND state = 'open'",
            *(seen.id, state, said, actor.person_id),
        )
        if not touched:
            raise ClosedAlready
        if state == "met":
            await _state_outcome(actor, seen.row)


async def _state_outcome(actor: Actor, goal: Row) -> None:
    """In the open transaction: a goal that was met is an outcome, which the mentor who helped most is asked to confirm.

    Once for a goal; its words stay here. Without a session that took place there is nobody to confirm it.
    """
    mentor = await db.fetchval(
        "SELECT b.mentor FROM mentoring_booking b JOIN person p ON p.id = b.mentor AND p.ended_at IS NULL"
        " WHERE b.goal = $1 AND b.status = 'held' GROUP BY b.mentor ORDER BY count(*) DESC, max(b.starts_at) DESC, 1"
        " LIMIT 1",
        goal["id"],
    )
    if mentor is None:
        return
    parties = Parties(
        organisation=goal["organisation"], other_person=mentor, context_kind="mentoring", context_id=goal["id"]
    )
    today = clock.now().astimezone(VIETNAM).date()
    await outcomes.written(actor, parties, Came(kind="mentoring_goal", happened_on=today))


async def reopen(actor: Actor, goal: UUID) -> None:
    """A goal that was closed too early; that it was met is taken back, unless it is confirmed. Idempotent."""
    seen = await access.own_goal_for(actor, goal)
    async with db.tx():
        touched = await db.execute(
            "UPDATE mentoring_goal SET state = 'open', closed_by = NULL, closed_at = NULL, version = version + 1"
            " WHERE id = $1 AND state <> 'open'",
            seen.id,
        )
        if touched:
            await outcomes.taken_back(seen.row["organisation"], "mentoring", seen.id)
