"""The log of what happened to accounts: written in the transaction of the verb that did it, shown to the person."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from app.core import db

PAGE = 20


class Origin(msgspec.Struct, frozen=True):
    """Where a request came from, as far as it is kept: the browser in short, and the network, not the address."""

    device: str = ""
    network: str = ""


NOWHERE = Origin()


async def note(
    person: UUID | None,
    kind: str,
    origin: Origin = NOWHERE,
    *,
    actor: UUID | None = None,
    detail: dict[str, str] | None = None,
) -> None:
    """Add a row; rows are never changed. `actor` is who did it when it was not the person."""
    await db.execute(
        "INSERT INTO account_event (person, kind, at, actor, device, network, detail)"
        " VALUES ($1, $2, now(), $3, $4, $5, $6)",
        *(person, kind, actor, origin.device, origin.network, detail or {}),
    )


async def events_of(person: UUID, before: int | None = None) -> Sequence[asyncpg.Record]:
    """The newest events of an account, one more than a page to tell whether there are older ones."""
    return await db.fetch(
        "SELECT id, kind, at, device, network, detail, actor IS NOT NULL AND actor <> person AS by_staff"
        " FROM account_event WHERE person = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        *(person, before, PAGE + 1),
    )
