"""What other subjects may ask about introductions: how two organisations stand, in which words, where it lies.

Reads only. `outcomes.record` is the one verb that others call.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from app.connections.introductions import states
from app.core import clock, db


class Between(msgspec.Struct, frozen=True):
    """The latest introduction of two organisations, as the first of them is told it."""

    id: UUID
    state: str
    """A code of `states.STATES`; a block by the other side looks like silence."""
    side: str
    """What the first organisation is in it: asker or receiver."""
    created_at: datetime
    accepted_at: datetime | None
    label: str

    @property
    def connected(self) -> bool:
        return self.state in states.CONNECTED

    @property
    def waiting(self) -> bool:
        return self.state in states.WAITING

    @property
    def path(self) -> str:
        return path_of(self.id)


def path_of(introduction: UUID) -> str:
    return f"/introductions/{introduction}"


def ask_path(receiver: str, asker: str = "") -> str:
    """Where an organisation (a slug) is asked for an introduction."""
    return f"/organisations/{receiver}/introduce" + (f"?for={asker}" if asker else "")


_LATEST = """
SELECT DISTINCT ON (CASE WHEN i.asker = $1 THEN i.receiver ELSE i.asker END) i.*, c.answer AS own_answer,
    CASE WHEN i.asker = $1 THEN i.receiver ELSE i.asker END AS other
FROM introduction i LEFT JOIN introduction_consent c ON c.introduction = i.id
    AND c.side = CASE WHEN i.asker = $1 THEN 'asker' ELSE 'receiver' END
WHERE ((i.asker = $1 AND i.receiver = ANY ($2::uuid[]) AND (i.origin = 'request' OR c.asked_at IS NOT NULL))
    OR (i.receiver = $1 AND i.asker = ANY ($2::uuid[]) AND i.month IS NOT NULL
        AND (i.origin = 'request' OR c.asked_at IS NOT NULL)))
ORDER BY CASE WHEN i.asker = $1 THEN i.receiver ELSE i.asker END, i.created_at DESC, i.id DESC
"""


async def between(one: UUID, other: UUID) -> Between | None:
    """How organisation `one` stands with `other`; None where neither was ever introduced."""
    return (await with_each(one, [other])).get(other)


async def with_each(one: UUID, others: Iterable[UUID]) -> dict[UUID, Between]:
    """The same with many at once, in one query; those who were never introduced are left out."""
    at = clock.now()
    found = {}
    for row in await db.fetch(_LATEST, one, list(others)):
        side = "asker" if row["asker"] == one else "receiver"
        state = states.shown_state(row, side, at)
        found[row["other"]] = Between(
            row["id"],
            state,
            side,
            row["created_at"],
            row["accepted_at"] if state in states.CONNECTED else None,
            states.tip(state),
        )
    return found
