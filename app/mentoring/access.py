"""The doors of mentoring: who sees which mentor, session, goal and programme. No writes, no pages.

For an organisation its owners and editors act; viewers see nothing of its mentoring, because a session's notes say
more than a profile does.
"""

from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import NotAllowed, NotFound
from app.core.i18n import N_
from app.core.web import Actor
from app.directory import access as directory
from app.directory.access import EDITORS, Seen
from app.directory.persons import access as persons

Row = dict[str, Any]

STARTS = ("startup", "project", "company", "institute")
"""Kinds of organisations that may look for a mentor."""
SUPPORTS = ("incubator", "support", "institute", "investor")
"""Kinds of organisations that may run a programme."""

_EDITS = (
    "EXISTS (SELECT FROM membership acting WHERE acting.organisation = {organisation}"
    " AND acting.person = {person} AND acting.ended_at IS NULL AND acting.role IN ('owner', 'editor'))"
)
"""No alias of a caller's own query may be `acting`: it would be compared with itself, and hold for everybody."""

MET = "('confirmed', 'held', 'no_show', 'disputed', 'lapsed')"
"""SQL: a session that was agreed on. Who only asked, or was refused, has seen nothing but the profile."""

_ACCOMPANIES = f"""(EXISTS (SELECT FROM mentorship s WHERE s.organisation = {{organisation}} AND s.mentor = {{person}}
        AND s.ended_at IS NULL)
    AND EXISTS (SELECT FROM mentoring_booking a WHERE a.organisation = {{organisation}} AND a.mentor = {{person}}
        AND a.status IN {MET}))"""  # noqa: S608  constants only


class NoMentoring(NotAllowed):
    message = N_("Mentoring is for organisations that build something. Please enter yours first.")


def edits(organisation: str, person: str) -> str:
    """SQL: the person acts for the organisation."""
    return _EDITS.format(organisation=organisation, person=person)


def accompanies(organisation: str, person: str) -> str:
    """SQL: the person is a mentor of the organisation now, and at least one session between them was agreed on."""
    return _ACCOMPANIES.format(organisation=organisation, person=person)


async def mentor_for(actor: Actor, slug: str) -> persons.Seen:
    """A mentor as the reader may see them. NotFound for who is none, or is not listed."""
    seen = await persons.person_for(actor, slug)
    if not seen.mentor:
        raise NotFound
    return seen


async def own_mentor(actor: Actor) -> persons.Seen:
    """One's own role as mentor. NotFound for who has none."""
    seen = await persons.own_profile(actor)
    if seen is None or not seen.mentor:
        raise NotFound
    return seen


async def my_organisations(actor: Actor) -> list[Seen]:
    """The organisations for which the person may book: owner or editor, on the pages, of a kind that builds."""
    return [
        seen
        for seen in await directory.organisations_of(actor)
        if seen.role in EDITORS and seen.row["hidden_at"] is None and set(seen.row["kinds"]) & set(STARTS)
    ]


async def organisation_for(actor: Actor, slug: str) -> Seen:
    """One of them by its address. NotFound for all others alike."""
    for seen in await my_organisations(actor):
        if seen.slug == slug:
            return seen
    raise NotFound


async def supporting_organisations(actor: Actor) -> list[Seen]:
    """The organisations whose programmes the person runs."""
    return [
        seen
        for seen in await directory.organisations_of(actor)
        if seen.role in EDITORS and seen.row["hidden_at"] is None and set(seen.row["kinds"]) & set(SUPPORTS)
    ]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A booking before one of its people. `role`: mentor, mentee (who booked), or organisation (acts for it)."""

    row: Row
    role: str

    @property
    def id(self) -> UUID:
        found: UUID = self.row["id"]
        return found

    @property
    def side(self) -> str:
        """On whose side the reader acts."""
        return "mentor" if self.role == "mentor" else "mentee"


BOOKING = """
SELECT b.*, g.title AS goal_title, g.shared_at AS goal_shared_at, g.state AS goal_state,
    o.name AS organisation_name, o.slug AS organisation_slug, o.sample,
    coalesce(mp.name, mentor.name) AS mentor_name, mp.slug AS mentor_slug, coalesce(h.time_zone, 'Asia/Ho_Chi_Minh')
        AS mentor_zone, coalesce(nullif(hp.name, ''), mentee.name) AS mentee_name,
    mentor.ended_at IS NULL AS mentor_there, mentee.ended_at IS NULL AS mentee_there
FROM mentoring_booking b
JOIN organisation o ON o.id = b.organisation
JOIN person mentor ON mentor.id = b.mentor JOIN person mentee ON mentee.id = b.mentee
LEFT JOIN person_profile mp ON mp.person = b.mentor LEFT JOIN person_profile hp ON hp.person = b.mentee
LEFT JOIN mentoring_hours h ON h.person = b.mentor
LEFT JOIN mentoring_goal g ON g.id = b.goal
"""


async def session_for(actor: Actor, booking: UUID) -> Session:
    """A session for its two people and whoever acts for the startup; NotFound for everybody else, staff too."""
    row = await db.fetchrow(
        f"SELECT s.*, {edits('s.organisation', '$2')} AS acts FROM ({BOOKING} WHERE b.id = $1) s",  # noqa: S608
        *(booking, actor.person_id),
    )
    if row is None:
        raise NotFound
    found = dict(row)
    acts = found.pop("acts")
    if found["mentor"] == actor.person_id:
        # an offer is between the one who waited and the house, until it is taken
        if found["status"] == "offered":
            raise NotFound
        return Session(row=found, role="mentor")
    if not acts:
        raise NotFound
    return Session(row=found, role="mentee" if found["mentee"] == actor.person_id else "organisation")


class GoalSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A goal before somebody: `owns` for who acts for the organisation, otherwise one of its mentors."""

    row: Row
    owns: bool

    @property
    def id(self) -> UUID:
        found: UUID = self.row["id"]
        return found


async def goal_for(actor: Actor, goal: UUID) -> GoalSeen:
    """A goal for its organisation, and for mentors who accompany it and were booked for this goal or let in."""
    row = await db.fetchrow(
        f"SELECT g.*, o.name AS organisation_name, o.slug AS organisation_slug, o.sample,"  # noqa: S608
        f" {edits('g.organisation', '$2')} AS owns,"
        f" {accompanies('g.organisation', '$2')} AND (g.shared_at IS NOT NULL"
        " OR EXISTS (SELECT FROM mentoring_booking b WHERE b.goal = g.id AND b.mentor = $2"
        f" AND b.status IN {MET})) AS accompanies"
        " FROM mentoring_goal g JOIN organisation o ON o.id = g.organisation WHERE g.id = $1",
        *(goal, actor.person_id),
    )
    if row is None or not (row["owns"] or row["accompanies"]):
        raise NotFound
    return GoalSeen(row=dict(row), owns=row["owns"])


async def own_goal_for(actor: Actor, goal: UUID) -> GoalSeen:
    """A goal of one's own organisation. NotAllowed for a mentor who may read it, NotFound for strangers."""
    seen = await goal_for(actor, goal)
    if not seen.owns:
        raise NotAllowed
    return seen


class ProgrammeSeen(msgspec.Struct, frozen=True, kw_only=True):
    row: Row

    @property
    def id(self) -> UUID:
        found: UUID = self.row["id"]
        return found


async def programme_for(actor: Actor, programme: UUID) -> ProgrammeSeen:
    """A programme for who acts for the organisation that runs it. NotFound for everybody else."""
    row = await db.fetchrow(
        "SELECT p.*, o.name AS organisation_name, o.slug AS organisation_slug, o.sample FROM mentoring_programme p"  # noqa: S608
        f" JOIN organisation o ON o.id = p.organisation WHERE p.id = $1 AND {edits('p.organisation', '$2')}"
        " AND o.ended_at IS NULL AND o.hidden_at IS NULL",
        *(programme, actor.person_id),
    )
    if row is None:
        raise NotFound
    return ProgrammeSeen(row=dict(row))
