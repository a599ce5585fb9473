"""The role of mentor or expert: accepting the code of conduct, pausing, giving the role up, and what somebody knows."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, TOO_LARGE, TOO_SMALL
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.web import Actor
from app.directory.persons import history, listing, writing
from app.directory.persons.conduct import CONDUCT
from app.directory.vocabulary import MENTOR_EXPERTISE
from app.directory.vocabulary.persons import EXPERTISE_LEVELS

MOST_EXPERTISE = 12
MOST_YEARS = 70


class ConductChanged(Conflict):
    message = N_("The code of conduct has changed meanwhile. Please read it again.")


class TooMuchExpertise(Conflict):
    message = N_("At most 12 entries: please remove one first. A few that you know well say more than many.")


async def accept_conduct(actor: Actor, version: str) -> None:
    """Accept the code of conduct that was read. Idempotent. Locks the account; raises ConductChanged."""
    if version != CONDUCT.version:
        raise ConductChanged
    async with db.tx():
        row = await writing.locked_own(actor)
        if row["conduct_version"] == version:
            return
        await writing.begin_role(row["person"])
        await db.execute(
            "UPDATE mentor_role SET conduct_accepted_at = now(), conduct_version = $2, updated_at = now()"
            " WHERE person = $1",
            *(row["person"], version),
        )
        await history.record(
            row["person"], actor.id, "conduct_accepted", {"conduct": (row["conduct_version"], version)}
        )
        await listing.relist(row["person"])


async def pause(actor: Actor, paused: bool) -> None:
    """Take nobody on for now, or again. Idempotent. Nobody is suggested while they pause."""
    async with db.tx():
        row = await writing.locked_own(actor)
        if row["role_id"] is None:
            raise NotFound
        if (row["paused_at"] is not None) == paused:
            return
        await db.execute(
            "UPDATE mentor_role SET paused_at = CASE WHEN $2 THEN now() END, updated_at = now() WHERE person = $1",
            *(row["person"], paused),
        )
        await history.record(row["person"], actor.id, "paused" if paused else "resumed")
        await listing.relist(row["person"])


async def give_up(actor: Actor) -> None:
    """Be no mentor or expert any more: what was said of it is kept with its end, the profile stays. Idempotent.

    Beginning again asks for the code of conduct anew; a check by the department ends with the role.
    """
    async with db.tx():
        row = await writing.locked_own(actor)
        if row["role_id"] is None:
            return
        await db.execute(
            "UPDATE mentor_role SET ended_at = now(), ended_reason = 'given up', paused_at = NULL, vetted_at = NULL,"
            " vetted_by = NULL, vetted_reason = '', conduct_accepted_at = NULL, conduct_version = '' WHERE person = $1",
            row["person"],
        )
        await history.record(row["person"], actor.id, "role_ended")
        await listing.relist(row["person"])


async def expertise_of(person: UUID) -> list[dict[str, Any]]:
    """What somebody knows, in their order."""
    rows = await db.fetch(
        "SELECT id, code, level, years FROM expertise WHERE person = $1 AND ended_at IS NULL ORDER BY position, id",
        person,
    )
    return [dict(row) for row in rows]


async def put_expertise(actor: Actor, code: str, level: str, years: int | None) -> None:
    """Add something that one knows, or say its level and years anew. Idempotent. Locks the account.

    Raises Invalid, TooMuchExpertise.
    """
    wrong = {}
    if code not in MENTOR_EXPERTISE:
        wrong["code"] = NOT_A_CHOICE
    if level not in EXPERTISE_LEVELS:
        wrong["level"] = NOT_A_CHOICE
    if years is not None and not 0 <= years <= MOST_YEARS:
        wrong["years"] = TOO_SMALL if years < 0 else TOO_LARGE
    if wrong:
        raise Invalid(fields=wrong, min=0, max=MOST_YEARS)
    async with db.tx():
        row = await writing.locked_own(actor)
        known = {entry["code"]: entry for entry in await expertise_of(row["person"])}
        before = known.get(code)
        if before is None and len(known) >= MOST_EXPERTISE:
            raise TooMuchExpertise
        if before and (before["level"], before["years"]) == (level, years):
            return
        await writing.begin_role(row["person"])
        await db.execute(
            "INSERT INTO expertise (id, person, code, level, years, position, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, now()) ON CONFLICT (person, code) WHERE ended_at IS NULL"
            " DO UPDATE SET level = excluded.level, years = excluded.years",
            *(new_id(), row["person"], code, level, years, len(known)),
        )
        said = {"code": code, "level": level, "years": years}
        stood = {name: before[name] for name in said} if before else None
        await history.record(row["person"], actor.id, "edited", {"expertise": (stood, said)})
        await listing.relist(row["person"])


async def end_expertise(actor: Actor, expertise: UUID) -> None:
    """Take an entry off. Idempotent; NotFound for somebody else's."""
    async with db.tx():
        row = await writing.locked_own(actor)
        found = await db.fetchrow(
            "SELECT code, level, years, ended_at FROM expertise WHERE id = $1 AND person = $2", expertise, row["person"]
        )
        if found is None:
            raise NotFound
        if found["ended_at"] is not None:
            return
        await db.execute("UPDATE expertise SET ended_at = now(), ended_reason = 'removed' WHERE id = $1", expertise)
        said = {name: found[name] for name in ("code", "level", "years")}
        await history.record(row["person"], actor.id, "edited", {"expertise": (said, None)})
        await listing.relist(row["person"])
