"""The states of a registration: which may follow which, which hold a place, and the one writer of a change.

Everything that changes a state holds the locks of the event's places (seats/book.py) or has just made the row.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.core import db
from app.core.web import Actor

TRANSITIONS: dict[str | None, frozenset[str]] = {
    None: frozenset({"started", "pending_review", "confirmed", "waitlisted"}),
    "started": frozenset({"confirmed", "expired", "cancelled"}),
    "pending_review": frozenset({"started", "confirmed", "waitlisted", "refused", "cancelled"}),
    "confirmed": frozenset({"cancelled"}),
    "waitlisted": frozenset({"offered", "started", "confirmed", "cancelled"}),
    "offered": frozenset({"started", "confirmed", "waitlisted", "expired", "cancelled"}),
    "expired": frozenset({"started", "confirmed", "waitlisted"}),
    "cancelled": frozenset(),
    "refused": frozenset(),
}
"""What may follow what. `expired` comes back only when money for it arrives late."""

ACTIVE = ("confirmed", "waitlisted", "pending_review", "offered", "started")
"""Somebody still counts on coming; one such row for an address at an event."""

SEATED = ("confirmed", "offered", "started")
"""A place is taken for it, unless it was let in beyond the places."""

ENDED = ("cancelled", "refused", "expired")


class NoWay(Exception):
    """A change that the table above does not know: a mistake in the code, never somebody's input."""


async def move(
    actor: Actor | None,
    registration: UUID,
    before: str,
    after: str,
    reason: str = "",
    *,
    deadline: datetime | None = None,
) -> None:
    """Write a state and the row that says who changed it and why. `actor` None: the system. Raises NoWay."""
    await move_many(actor, [(registration, before)], after, reason, deadline=deadline)


async def move_many(
    actor: Actor | None,
    rows: Sequence[tuple[UUID, str]],
    after: str,
    reason: str = "",
    *,
    deadline: datetime | None = None,
) -> None:
    """`move` for many that come into one state, in two statements."""
    for _number, before in rows:
        if after not in TRANSITIONS[before]:
            raise NoWay(f"{before} -> {after}")
    if not rows:
        return
    await db.execute(
        "UPDATE registration SET status = $2, status_at = now(), deadline_at = $3 WHERE id = ANY ($1)",
        *([number for number, _before in rows], after, deadline),
    )
    await db.execute(
        "INSERT INTO registration_change (registration, from_status, to_status, by, reason, changed_at)"
        " SELECT r.id, r.before, $3, $4, $5, now() FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY"
        " AS r (id, before, n) ORDER BY r.n",
        *([number for number, _before in rows], [before for _number, before in rows], after),
        *(actor.id if actor else None, reason[:500]),
    )


async def note(actor: Actor | None, registration: UUID, status: str, reason: str) -> None:
    """Something happened that left the state as it is: a new name, another type, a merge."""
    await db.execute(
        "INSERT INTO registration_change (registration, from_status, to_status, by, reason, changed_at)"
        " VALUES ($1, $2, $2, $3, $4, now())",
        *(registration, status, actor.id if actor else None, reason[:500]),
    )
