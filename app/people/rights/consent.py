"""Consent, purpose by purpose: a log that only grows, whose newest row holds, and what happens when one withdraws.

Subjects register with `on_withdrawal` what has to stop. It stops in the transaction of the withdrawal: whoever asks
afterwards no longer finds the person. Sets of people are filtered in SQL with `consented`.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_
from app.people.rights.purposes import PURPOSES, Purpose

Channel = Literal["web", "api", "desk", "paper"]
Change = Callable[[UUID], Awaitable[None]]

_withdrawn: dict[tuple[str, str], Change] = {}
_given: dict[tuple[str, str], Change] = {}


class TextChanged(Conflict):
    message = N_("The text of this consent has changed meanwhile. Please read it again.")


def on_withdrawal(purpose: str, subject: str) -> Callable[[Change], Change]:
    """Register what `subject` stops when a person withdraws from `purpose`, in the same transaction. Idempotent."""
    return _registering(_withdrawn, purpose, subject)


def on_consent(purpose: str, subject: str) -> Callable[[Change], Change]:
    """Register what `subject` begins when a person consents, in the same transaction. Idempotent."""
    return _registering(_given, purpose, subject)


def _registering(hooks: dict[tuple[str, str], Change], purpose: str, subject: str) -> Callable[[Change], Change]:
    key = (PURPOSES[purpose].code, subject)

    def register(function: Change) -> Change:
        if hooks.setdefault(key, function) is not function:
            raise RuntimeError(f"two hooks of {subject} for {purpose}")
        return function

    return register


def consented(person: str, purpose: str) -> str:
    """SQL that says whether the consent of the person in the SQL expression `person` holds. One index look-up each."""
    wanted = PURPOSES[purpose]
    least, default = wanted.least_version, str(wanted.by == "service").lower()
    return f"consent_holds({person}, '{wanted.code}', '{least}', {default})"


async def has_consent(person: UUID, purpose: str) -> bool:
    """Whether a person's consent holds now; for a purpose that is part of a service, whether nobody objected."""
    return bool(await db.fetchval(f"SELECT {consented('$1::uuid', purpose)}", person))


class Standing(msgspec.Struct, frozen=True):
    """Where a person stands on one purpose. `asks_again`: agreed to an older text that meant something else."""

    purpose: Purpose
    holds: bool
    decided: bool
    at: datetime | None
    text_version: str
    channel: str
    asks_again: bool


async def standing_of(person: UUID) -> list[Standing]:
    """Every purpose that is offered or was decided on, in order, with the person's newest decision; one query."""
    rows = await db.fetch(
        "SELECT DISTINCT ON (purpose) purpose, given, text_version, at, channel FROM consent WHERE person = $1"
        " ORDER BY purpose, id DESC",
        person,
    )
    newest = {row["purpose"]: row for row in rows}
    found = []
    for purpose in PURPOSES.values():
        row = newest.get(purpose.code)
        if row is None and not purpose.offered:
            continue
        old = row is not None and row["given"] and row["text_version"] < purpose.least_version
        by_service = purpose.by == "service"
        found.append(
            Standing(
                purpose=purpose,
                holds=bool(row["given"] and (by_service or not old)) if row else by_service,
                decided=row is not None,
                at=row["at"] if row else None,
                text_version=row["text_version"] if row else purpose.text.version,
                channel=row["channel"] if row else "",
                asks_again=old and not by_service,
            )
        )
    return found


async def decide(
    person: UUID,
    purpose: str,
    given: bool,
    *,
    text_version: str = "",
    channel: Channel = "web",
    actor: UUID | None = None,
) -> bool:
    """Give or withdraw consent; whether anything changed. The same decision on the same text again writes nothing.

    Giving names the text that was read: raises TextChanged when that is not the one shown now. Locks the account; what
    subjects have registered happens in the same transaction. Raises NotFound for an unknown purpose or ended account,
    and for giving what is not offered.
    """
    wanted = PURPOSES.get(purpose)
    if wanted is None or (given and not wanted.offered):
        raise NotFound
    if given and text_version != wanted.text.version:
        raise TextChanged
    async with db.tx():
        if not await db.fetchval(
            "SELECT true FROM person WHERE id = $1 AND ended_at IS NULL FOR NO KEY UPDATE", person
        ):
            raise NotFound
        return await write(person, wanted, given, channel=channel, actor=actor)


async def write(
    person: UUID, purpose: Purpose, given: bool, *, channel: Channel = "web", actor: UUID | None = None
) -> bool:
    """`decide` in an open transaction that holds the account's lock."""
    last = await db.fetchrow(
        "SELECT given, text_version FROM consent WHERE person = $1 AND purpose = $2 ORDER BY id DESC LIMIT 1",
        *(person, purpose.code),
    )
    if _says_nothing_new(last, purpose, given):
        return False
    version = purpose.text.version if given or last is None else last["text_version"]
    await db.execute(
        "INSERT INTO consent (person, purpose, text_version, given, at, channel, actor)"
        " VALUES ($1, $2, $3, $4, clock_timestamp(), $5, $6)",
        *(person, purpose.code, version, given, channel, None if actor == person else actor),
    )
    for (code, _subject), change in (_given if given else _withdrawn).items():
        if code == purpose.code:
            await change(person)
    return True


def _says_nothing_new(last: asyncpg.Record | None, purpose: Purpose, given: bool) -> bool:
    """Whether a decision repeats the newest one: the same answer to the same text. A first "no" is a decision too."""
    if last is None:
        return given and purpose.by == "service"
    return last["given"] == given and (not given or last["text_version"] == purpose.text.version)


async def withdraw_all(person: UUID, *, channel: Channel = "web", actor: UUID | None = None) -> None:
    """Withdraw from everything, in an open transaction that holds the account's lock: before an erasure."""
    for purpose in PURPOSES.values():
        await write(person, purpose, given=False, channel=channel, actor=actor)


class Decision(msgspec.Struct, frozen=True):
    """One row of the log, as its owner reads it."""

    purpose: str
    given: bool
    text_version: str
    at: datetime
    channel: str


async def history_of(person: UUID, limit: int = 50) -> list[Decision]:
    """What a person decided, newest first."""
    rows = await db.fetch(
        "SELECT purpose, given, text_version, at, channel FROM consent WHERE person = $1 ORDER BY id DESC LIMIT $2",
        *(person, limit),
    )
    return [Decision(**dict(row)) for row in rows]
