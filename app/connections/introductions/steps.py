"""Writes a step in the life of an introduction, in the open transaction of the verb that decides it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from app.connections import pair_log
from app.connections.choices import ABOUT_THE_PAIR
from app.connections.introductions.states import Act, NotNow, Side, step_for
from app.core import db
from app.core.errors import Conflict, DomainError
from app.core.i18n import N_


class TooManyWaiting(Conflict):
    message = N_(
        "So many of your requests wait for an answer that no more can go out. One that is answered or withdrawn makes"
        " room; verified organisations may have more."
    )


class MonthFull(Conflict):
    message = N_("They take no more requests this month. You can ask again next month.")


class NoPlaceLeft(Conflict):
    message = N_(
        "All places of this month are taken: your organisation has said how many requests it can answer. Raise the"
        " number on “How your profile is used”, or answer next month."
    )


_CONSTRAINTS: dict[str, type[DomainError]] = {
    "introduction_load_most": TooManyWaiting,
    "introduction_month_asked": MonthFull,
    "introduction_month_accepted": NoPlaceLeft,
    "introduction_step_from": NotNow,
    "introduction_one_pair": NotNow,
}
"""What the database refuses, in words."""


@asynccontextmanager
async def in_words() -> AsyncIterator[None]:
    """What the database's constraints refuse inside, as errors fit for a person."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        found = _CONSTRAINTS.get(str(error.constraint_name))
        if found is None:
            raise
        raise found from error


async def lock(introduction: UUID) -> dict[str, Any]:
    """The introduction's row, held until the transaction ends."""
    row = await db.fetchrow("SELECT * FROM introduction WHERE id = $1 FOR UPDATE", introduction)
    if row is None:
        raise NotNow
    return dict(row)


async def begin(introduction: UUID, act: Act, by: Side, person: UUID | None, why: str) -> str:
    """The first step of an introduction whose row was just written; its state."""
    to = step_for(None, act, by).to
    await _write(introduction, None, to, act, (by, person, why))
    return to


async def step(row: dict[str, Any], act: Act, by: Side, person: UUID | None, why: str) -> str:
    """Do `act` on a locked row; the new state, which is in `row` too. Raises NotNow."""
    to = step_for(row["state"], act, by).to
    await _write(row["id"], row["state"], to, act, (by, person, why))
    row["state"] = to
    return to


async def _write(
    introduction: UUID, before: str | None, to: str, act: Act, said: tuple[Side, UUID | None, str]
) -> None:
    await db.execute(
        "INSERT INTO introduction_transition (introduction, from_state, to_state, act, by_side, person, why, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, now())",
        *(introduction, before, to, act, *said),
    )
    await _answer(introduction, act, to, said)


_ASKS = ("asked", "held", "asked_in_vain")
_ANSWERS: dict[str, pair_log.Later] = {"accepted": "accepted", "met": "met", "outcome": "met"}


async def _answer(introduction: UUID, act: Act, to: str, said: tuple[Side, UUID | None, str]) -> None:
    """What the step says of the two together, for the engine to learn from.

    A coordinator who turns a request down answers for nobody: the receiver never saw it.
    """
    by, _person, why = said
    if act in _ASKS:
        await pair_log.requested(introduction)
    elif to in _ANSWERS:
        await pair_log.answered(introduction, _ANSWERS[to])
    elif to == "declined" and by == "receiver" and why in ABOUT_THE_PAIR:
        await pair_log.answered(introduction, "declined")


async def steps_of(introduction: UUID) -> list[dict[str, Any]]:
    """What happened, in its order."""
    rows = await db.fetch(
        "SELECT t.*, p.name AS person_name FROM introduction_transition t LEFT JOIN person p ON p.id = t.person"
        " WHERE t.introduction = $1 ORDER BY t.id",
        introduction,
    )
    return [dict(row) for row in rows]
