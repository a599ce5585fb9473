"""What the department does with people's profiles: check references, take a profile down, and the queue of both."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.clock import now
from app.core.errors import Invalid, NotFound
from app.core.forms import REQUIRED, TOO_LONG
from app.core.i18n import N_
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.text import clean
from app.core.web import Actor
from app.directory.persons import history, listing, writing
from app.directory.persons.access import LISTED, Row
from app.people.desks import Queue, staff_queues

PAGE = 30
MOST_REASON = 500
SHOWN = {
    "waiting": N_("Not checked yet"),
    "checked": N_("Checked"),
    "hidden": N_("Taken down"),
}
_WHERE = {
    "waiting": f"r.vetted_at IS NULL AND {LISTED}",
    "checked": "r.vetted_at IS NOT NULL AND pp.hidden_at IS NULL AND pp.ended_at IS NULL AND p.ended_at IS NULL",
    "hidden": "pp.hidden_at IS NOT NULL AND pp.ended_at IS NULL AND p.ended_at IS NULL",
}
_FROM = """person_profile pp JOIN person p ON p.id = pp.person LEFT JOIN mentor_role r ON r.person = pp.person
    AND r.ended_at IS NULL AND r.conduct_accepted_at IS NOT NULL AND cardinality(r.roles) > 0"""


async def queue(shown: str, offset: int) -> list[Row]:
    """A page of the queue and one row more, the oldest first."""
    rows = await db.fetch(
        f"SELECT pp.person, pp.slug, pp.name, pp.headline_vi, pp.headline_en, pp.sample, pp.listed_at, pp.hidden_at,"  # noqa: S608
        " pp.hidden_reason, r.vetted_at, r.vetted_reason, r.conduct_accepted_at, v.name AS by_name, r.roles"
        f" FROM {_FROM}"
        " LEFT JOIN person v ON v.id = coalesce(pp.hidden_by, r.vetted_by)"
        f" WHERE {_WHERE[shown]} AND (r.id IS NOT NULL OR $3) ORDER BY coalesce(pp.hidden_at, r.vetted_at,"
        " r.conduct_accepted_at), pp.person LIMIT $1 OFFSET $2",
        *(PAGE + 1, offset, shown == "hidden"),
    )
    return [dict(row) for row in rows]


@staff_queues
async def waiting(actor: Actor) -> list[Queue]:
    """Mentors and experts whose references nobody has checked."""
    if not actor.has("moderator"):
        return []
    row = await db.fetchrow(
        f"SELECT count(*) AS n, min(r.conduct_accepted_at) AS oldest FROM {_FROM}"  # noqa: S608  constants only
        f" WHERE {_WHERE['waiting']} AND r.id IS NOT NULL"
    )
    return [
        Queue(
            title=N_("Mentors and experts"),
            text=N_("References to check, profiles taken down."),
            href="/staff/mentors",
            waiting=row["n"] if row else 0,
            oldest_at=row["oldest"] if row else None,
        )
    ]


async def vet(actor: Actor, person: UUID, reason: str) -> None:
    """References are checked: the profile says so with the day. Again says it anew. The person hears by mail.

    `reason` says what was checked; it stays in the house and in the person's own history. Raises NotFound, Invalid.
    """
    actor.require("moderator")
    said = _said(reason)
    async with db.tx():
        row = await _locked_mentor(person)
        await db.execute(
            "UPDATE mentor_role SET vetted_at = now(), vetted_by = $2, vetted_reason = $3 WHERE person = $1",
            *(person, actor.person_id, said),
        )
        await history.record(person, actor.id, "vetted", {"vetted": (None, said)})
        await listing.relist(person)
        await _tell(row, "checked", said)


async def take_back(actor: Actor, person: UUID, reason: str) -> None:
    """The check no longer holds: the badge goes. Idempotent. The person hears why by mail."""
    actor.require("moderator")
    said = _said(reason)
    async with db.tx():
        row = await _locked_mentor(person)
        if row["vetted_at"] is None:
            return
        await db.execute(
            "UPDATE mentor_role SET vetted_at = NULL, vetted_by = NULL, vetted_reason = '' WHERE person = $1", person
        )
        await history.record(person, actor.id, "check_taken_back", {"vetted": (None, said)})
        await listing.relist(person)
        await _tell(row, "check_taken_back", said)


async def hide(actor: Actor, person: UUID, reason: str) -> None:
    """Take a profile down, with a reason that its owner reads. Idempotent. It is listed again by its owner, after
    `allow`."""
    actor.require("moderator")
    said = _said(reason)
    async with db.tx():
        row = await writing.locked(person)
        if row["hidden_at"] is not None:
            return
        await db.execute(
            "UPDATE person_profile SET hidden_at = now(), hidden_reason = $2, hidden_by = $3, listed_at = NULL"
            " WHERE person = $1",
            *(person, said, actor.person_id),
        )
        await history.record(person, actor.id, "taken_down", {"hidden": (None, said)})
        await listing.relist(person)
        await _tell(row, "taken_down", said)


async def allow(actor: Actor, person: UUID, reason: str) -> None:
    """Let its owner list the profile again; they decide whether. Idempotent."""
    actor.require("moderator")
    said = _said(reason)
    async with db.tx():
        row = await writing.locked(person)
        if row["hidden_at"] is None:
            return
        await db.execute(
            "UPDATE person_profile SET hidden_at = NULL, hidden_reason = NULL, hidden_by = NULL WHERE person = $1",
            person,
        )
        await history.record(person, actor.id, "allowed_again", {"hidden": (None, said)})
        await _tell(row, "allowed_again", said)


ACTS: dict[str, Any] = {"vet": vet, "take_back": take_back, "hide": hide, "allow": allow}


def _said(reason: str) -> str:
    said = clean(reason)
    if not said:
        raise Invalid(fields={"reason": REQUIRED})
    if len(said) > MOST_REASON:
        raise Invalid(fields={"reason": TOO_LONG}, max=MOST_REASON)
    return said


async def _locked_mentor(person: UUID) -> Row:
    row = await writing.locked(person)
    if row["role_id"] is None:
        raise NotFound
    return row


async def _tell(row: Row, what: str, reason: str) -> None:
    to = await db.fetchrow("SELECT email, locale FROM person WHERE id = $1", row["person"])
    if to is None:
        return
    await send_mail(
        to=to["email"],
        template="directory/persons/mail/decided.txt",
        message_key=f"person-{what}:{row['person']}:{now().isoformat()}",
        locale=to["locale"],
        context={
            "name": row["name"],
            "what": what,
            "reason": reason,
            "link": f"{get_settings().origin}/account/profile",
        },
    )
