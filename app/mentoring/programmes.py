"""Programmes: a cohort of startups and mentors of an organisation that supports them. Who was asked says yes first.

The staff see only what happens between members, and of it only that and when: no notes, no goals' texts, no feedback.
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
from app.core.limits import hit
from app.core.outbox import enqueue
from app.core.text import clean_line
from app.core.web import Actor
from app.directory.access import Seen
from app.directory.persons.access import JOINS, LISTED
from app.mentoring import access

Row = dict[str, Any]

MOST_MEMBERS = 300
INVITED_PER_DAY = 200
UNKNOWN = N_("We do not know this address. Please copy it from the profile's page.")


class MemberAlready(Conflict):
    message = N_("They are in this programme already, or were asked.")


class NudgedAlready(Conflict):
    message = N_("They have had a reminder this week already: one a week is enough.")


class TooManyMembers(Conflict):
    message = N_("A programme has at most 300 members.")


async def begin(actor: Actor, organisation: Seen, name: str, starts_on: date | None, ends_on: date | None) -> UUID:
    """A new programme; its number."""
    said = clean_line(name)[:160]
    if not said:
        raise Invalid(fields={"name": REQUIRED})
    if starts_on and ends_on and starts_on > ends_on:
        raise Invalid(fields={"ends_on": NOT_A_DATE})
    async with db.tx():
        number = new_id()
        await db.execute(
            "INSERT INTO mentoring_programme (id, organisation, name, starts_on, ends_on, created_by, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, now())",
            *(number, organisation.id, said, starts_on, ends_on, actor.person_id),
        )
        return number


async def programmes_of(actor: Actor) -> list[Row]:
    """Those that the person runs."""
    rows = await db.fetch(
        "SELECT p.id, p.name, p.starts_on, p.ends_on, o.name AS organisation_name,"  # noqa: S608
        " (SELECT count(*) FROM mentoring_member m WHERE m.programme = p.id AND m.ended_at IS NULL"
        "  AND m.joined_at IS NOT NULL AND m.organisation IS NOT NULL) AS startups"
        " FROM mentoring_programme p JOIN organisation o ON o.id = p.organisation AND o.ended_at IS NULL"
        f" WHERE {access.edits('p.organisation', '$1')} AND p.ended_at IS NULL ORDER BY p.created_at DESC, p.id",
        actor.person_id,
    )
    return [dict(row) for row in rows]


async def memberships_of(actor: Actor) -> list[Row]:
    """Programmes that the person, or an organisation they act for, was asked into or belongs to."""
    rows = await db.fetch(
        "SELECT m.id, m.joined_at, m.organisation, p.name, o.name AS organisation_name, mine.name AS mine_name,"  # noqa: S608
        " mp.name AS matched_name, mp.slug AS matched_slug"
        " FROM mentoring_member m JOIN mentoring_programme p ON p.id = m.programme AND p.ended_at IS NULL"
        " JOIN organisation o ON o.id = p.organisation LEFT JOIN organisation mine ON mine.id = m.organisation"
        " LEFT JOIN person_profile mp ON mp.person = m.matched_to"
        f" WHERE m.ended_at IS NULL AND (m.person = $1 OR {access.edits('m.organisation', '$1')})"
        " ORDER BY m.joined_at IS NOT NULL, m.invited_at DESC, m.id",
        actor.person_id,
    )
    return [dict(row) for row in rows]


async def invite(actor: Actor, programme: UUID, side: str, slug: str) -> None:
    """Ask a startup or a mentor, by the address of their page. They hear by mail and decide."""
    seen = await access.programme_for(actor, programme)
    await hit("mentoring.invite", actor.person_id, INVITED_PER_DAY, 86_400)
    name = slug.strip().rstrip("/").rpartition("/")[2].partition("?")[0]
    if side not in ("mentor", "startup"):
        raise Invalid(fields={"side": NOT_A_CHOICE})
    found = await _person(name) if side == "mentor" else await _organisation(name)
    if found is None:
        raise Invalid(fields={"slug": UNKNOWN})
    async with db.tx():
        await db.execute("SELECT FROM mentoring_programme WHERE id = $1 FOR UPDATE", seen.id)
        there = await db.fetchval(
            "SELECT count(*) FROM mentoring_member WHERE programme = $1 AND ended_at IS NULL", seen.id
        )
        if there >= MOST_MEMBERS:
            raise TooManyMembers
        number = new_id()
        column = "person" if side == "mentor" else "organisation"
        written = await db.execute(
            f"INSERT INTO mentoring_member (id, programme, {column}, invited_by, invited_at)"  # noqa: S608
            f" VALUES ($1, $2, $3, $4, now()) ON CONFLICT (programme, {column})"
            f" WHERE ended_at IS NULL AND {column} IS NOT NULL DO NOTHING",
            *(number, seen.id, found, actor.person_id),
        )
        if not written:
            raise MemberAlready
        await enqueue("mentoring.tell_member", {"member": str(number)}, dedupe_key=f"mentoring.member:{number}")


async def _person(slug: str) -> UUID | None:
    found: UUID | None = await db.fetchval(
        f"SELECT pp.person FROM {JOINS} WHERE pp.slug = $1 AND {LISTED} AND r.conduct_accepted_at IS NOT NULL",  # noqa: S608
        slug,
    )
    return found


async def _organisation(slug: str) -> UUID | None:
    found: UUID | None = await db.fetchval(
        "SELECT id FROM organisation WHERE slug = $1 AND ended_at IS NULL AND hidden_at IS NULL AND kinds && $2",
        *(slug, list(access.STARTS)),
    )
    return found


async def answer(actor: Actor, member: UUID, joins: bool) -> None:
    """The startup or the mentor joins, says no, or leaves later. Idempotent. NotFound for anybody else."""
    async with db.tx():
        row = await db.fetchrow(
            f"SELECT m.*, {access.edits('m.organisation', '$2')} AS acts FROM mentoring_member m WHERE m.id = $1"  # noqa: S608
            " AND m.ended_at IS NULL FOR UPDATE OF m",
            *(member, actor.person_id),
        )
        if row is None or not (row["person"] == actor.person_id or row["acts"]):
            raise NotFound
        if joins:
            await db.execute(
                "UPDATE mentoring_member SET joined_at = coalesce(joined_at, now()), joined_by = coalesce(joined_by,"
                " $2) WHERE id = $1",
                *(member, actor.person_id),
            )
        else:
            await db.execute(
                "UPDATE mentoring_member SET ended_at = now(), ended_by = $2 WHERE id = $1", member, actor.person_id
            )


async def remove(actor: Actor, programme: UUID, member: UUID) -> None:
    """The staff take somebody out. Idempotent; NotFound for a member of another programme."""
    seen = await access.programme_for(actor, programme)
    async with db.tx():
        touched = await db.execute(
            "UPDATE mentoring_member SET ended_at = coalesce(ended_at, now()), ended_by = coalesce(ended_by, $3)"
            " WHERE id = $1 AND programme = $2",
            *(member, seen.id, actor.person_id),
        )
        if not touched:
            raise NotFound


async def match(actor: Actor, programme: UUID, member: UUID, mentor: UUID | None) -> None:
    """Propose one of the programme's mentors to a startup of it; the startup books, or not."""
    seen = await access.programme_for(actor, programme)
    async with db.tx():
        row = await db.fetchrow(
            "SELECT organisation FROM mentoring_member WHERE id = $1 AND programme = $2 AND ended_at IS NULL"
            " AND joined_at IS NOT NULL AND organisation IS NOT NULL FOR UPDATE",
            *(member, seen.id),
        )
        if row is None:
            raise NotFound
        if mentor is not None and not await db.fetchval(
            "SELECT true FROM mentoring_member WHERE programme = $1 AND person = $2 AND joined_at IS NOT NULL"
            " AND ended_at IS NULL AND NOT EXISTS (SELECT FROM conflict_of_interest c WHERE c.person = $2"
            " AND c.organisation = $3 AND c.ended_at IS NULL) AND NOT EXISTS (SELECT FROM membership m"
            " WHERE m.person = $2 AND m.organisation = $3 AND m.ended_at IS NULL)",
            *(seen.id, mentor, row["organisation"]),
        ):
            raise Invalid(fields={"mentor": NOT_A_CHOICE})
        await db.execute("UPDATE mentoring_member SET matched_to = $2 WHERE id = $1", member, mentor)


def week_of(day: date) -> str:
    year, week, _weekday = day.isocalendar()
    return f"{year}-{week:02d}"


async def nudge(actor: Actor, programme: UUID, member: UUID) -> None:
    """A friendly reminder by mail: to the mentor, or to who joined for the startup. One a week for each person.

    Raises NudgedAlready, NotFound.
    """
    seen = await access.programme_for(actor, programme)
    await hit("mentoring.nudge", actor.person_id, INVITED_PER_DAY, 86_400)
    async with db.tx():
        person = await db.fetchval(
            "SELECT coalesce(person, joined_by) FROM mentoring_member WHERE id = $1 AND programme = $2"
            " AND joined_at IS NOT NULL AND ended_at IS NULL",
            *(member, seen.id),
        )
        if person is None:
            raise NotFound
        number = new_id()
        written = await db.execute(
            "INSERT INTO mentoring_nudge (id, programme, person, week_key, by, at) VALUES ($1, $2, $3, $4, $5, now())"
            " ON CONFLICT (person, week_key) DO NOTHING",
            *(number, seen.id, person, week_of(clock.now().astimezone(VIETNAM).date()), actor.person_id),
        )
        if not written:
            raise NudgedAlready
        await enqueue("mentoring.tell_nudge", {"nudge": str(number)}, dedupe_key=f"mentoring.nudge:{number}")
