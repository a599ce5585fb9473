"""What a visitor agrees to at one event: what exhibitors who scan the ticket learn, and taking it back from one."""

from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_, Phrase
from app.core.ids import new_id

TEXT_VERSION = "2026-11-22"
"""Changes with every change of a sentence of `LEVELS`: each choice keeps the version that was read."""
LEVELS: dict[str, Phrase] = {
    "none": N_("Nothing. They only count a visit, without a name."),
    "name": N_("My name and organisation."),
    "contact": N_("My name, organisation, e-mail and phone."),
}


async def choose(registration: UUID, level: str) -> None:
    """The visitor's choice, from now on also for exhibitors who scanned before. Raises Invalid."""
    if level not in LEVELS:
        raise Invalid(fields={"level": NOT_A_CHOICE})
    async with db.tx():
        await db.fetchval("SELECT 1 FROM registration WHERE id = $1 FOR NO KEY UPDATE", registration)
        same = await db.fetchval(
            "SELECT EXISTS (SELECT FROM lead_consent WHERE registration = $1 AND ended_at IS NULL AND level = $2"
            " AND text_version = $3)",
            *(registration, level, TEXT_VERSION),
        )
        if same:
            return
        await db.execute(
            "UPDATE lead_consent SET ended_at = now() WHERE registration = $1 AND ended_at IS NULL", registration
        )
        await db.execute(
            "INSERT INTO lead_consent (id, registration, level, text_version, given_at) VALUES ($1, $2, $3, $4, now())",
            *(new_id(), registration, level, TEXT_VERSION),
        )


async def chosen(registration: UUID) -> asyncpg.Record | None:
    """The choice in force, None while the visitor has not been asked or has not answered: that is "none"."""
    return await db.fetchrow(
        "SELECT level, text_version, given_at FROM lead_consent WHERE registration = $1 AND ended_at IS NULL",
        registration,
    )


async def met(registration: UUID) -> list[asyncpg.Record]:
    """The exhibitors who scanned this visitor and may know, or knew, who it was; the latest first."""
    return await db.fetch(
        "SELECT l.id, l.first_at, l.last_at, l.withdrawn_at, o.name, o.slug FROM lead l"
        " JOIN organisation o ON o.id = l.organisation WHERE l.registration = $1"
        " ORDER BY l.last_at DESC, l.id LIMIT 500",
        registration,
    )


async def withdraw(registration: UUID, lead: UUID) -> None:
    """From now on this exhibitor sees nothing of the visitor any more, nor has them in a file. Raises NotFound."""
    await _set(registration, lead, "coalesce(withdrawn_at, now())")


async def allow_again(registration: UUID, lead: UUID) -> None:
    """The exhibitor sees the visitor again, as far as the choice for all goes. Raises NotFound."""
    await _set(registration, lead, "NULL")


async def _set(registration: UUID, lead: UUID, value: str) -> None:
    done = await db.execute(
        f"UPDATE lead SET withdrawn_at = {value} WHERE id = $1 AND registration = $2",  # noqa: S608  constants
        *(lead, registration),
    )
    if not done:
        raise NotFound
