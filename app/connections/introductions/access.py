"""The doors of introductions: who may see one, from which side. Unseen and absent are the same."""

from typing import Any
from uuid import UUID

import msgspec

from app.connections.introductions.states import CONNECTED, Side, other_side, shown_state
from app.core import clock, db
from app.core.errors import NotAllowed, NotFound
from app.core.web import Actor
from app.directory.access import EDITORS

Row = dict[str, Any]
COORDINATORS = ("organizer", "moderator")
"""Roles of the site that may propose introductions and decide about what is held."""

OF_ASKER, OF_RECEIVER = ("asker", "receiver")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An introduction as somebody of one side sees it."""

    row: Row
    side: Side
    role: str
    state: str
    """As this side is told it, see `states.shown_state`."""

    @property
    def id(self) -> UUID:
        found: UUID = self.row["id"]
        return found

    @property
    def party(self) -> bool:
        return self.side in ("asker", "receiver")

    @property
    def may_decide(self) -> bool:
        """Editors and owners speak for their organisation; viewers read."""
        return self.role in EDITORS or self.side == "coordinator"

    @property
    def connected(self) -> bool:
        return self.state in CONNECTED

    @property
    def path(self) -> str:
        return f"/introductions/{self.id}"

    @property
    def own(self) -> UUID:
        found: UUID = self.row[self.side]
        return found

    @property
    def other(self) -> str:
        return other_side(self.side)

    @property
    def own_name(self) -> str:
        return str(self.row[f"{self.side}_name"])

    @property
    def other_name(self) -> str:
        return str(self.row[f"{self.other}_name"])

    @property
    def other_slug(self) -> str:
        return str(self.row[f"{self.other}_slug"])


SELECT = """
SELECT i.*, a.name AS asker_name, a.slug AS asker_slug, a.kinds AS asker_kinds, a.verified_at AS asker_verified,
    r.name AS receiver_name, r.slug AS receiver_slug, r.kinds AS receiver_kinds, r.verified_at AS receiver_verified,
    c.name AS connector_name, c.slug AS connector_slug, w.name AS person_name,
    ca.answer AS asker_answer, ca.asked_at AS asker_asked, cr.answer AS receiver_answer, cr.asked_at AS receiver_asked,
    ca.reason AS asker_reason, cr.reason AS receiver_reason
FROM introduction i JOIN organisation a ON a.id = i.asker JOIN organisation r ON r.id = i.receiver
LEFT JOIN organisation c ON c.id = i.connector LEFT JOIN person w ON w.id = i.person AND w.erased_at IS NULL
LEFT JOIN introduction_consent ca ON ca.introduction = i.id AND ca.side = 'asker'
LEFT JOIN introduction_consent cr ON cr.introduction = i.id AND cr.side = 'receiver'
"""

VISIBLE = {
    "asker": "(i.origin = 'request' OR ca.asked_at IS NOT NULL)",
    "receiver": "(CASE WHEN i.origin = 'request' THEN i.month IS NOT NULL OR i.accepted_at IS NOT NULL"
    " ELSE cr.asked_at IS NOT NULL END)",
    "connector": "i.origin = 'connector'",
}
"""SQL: what of a side's introductions it is shown. What never reached a receiver is not there for it."""

_FOUND = (
    SELECT.replace(
        "FROM introduction i", ", ma.role AS role_a, mr.role AS role_r, mc.role AS role_c FROM introduction i"
    )
    + """
LEFT JOIN membership ma ON ma.organisation = i.asker AND ma.person = $2 AND ma.ended_at IS NULL
LEFT JOIN membership mr ON mr.organisation = i.receiver AND mr.person = $2 AND mr.ended_at IS NULL
LEFT JOIN membership mc ON mc.organisation = i.connector AND mc.person = $2 AND mc.ended_at IS NULL
WHERE i.id = $1
"""
)


async def introduction_for(actor: Actor, introduction: UUID) -> Held:
    """An introduction for who belongs to it: members of both sides, of the connector's, and who proposed it as staff.

    Admins see none that is not theirs: what two organisations say to each other is theirs.
    """
    row = await db.fetchrow(_FOUND, introduction, actor.id)
    if row is None:
        raise NotFound
    found = dict(row)
    if found["role_a"] and (found["origin"] == "request" or found["asker_asked"]):
        return held(found, "asker", found["role_a"])
    reached = found["month"] or found["accepted_at"]
    if found["role_r"] and (reached if found["origin"] == "request" else found["receiver_asked"]):
        return held(found, "receiver", found["role_r"])
    if found["role_c"] and found["origin"] == "connector":
        return held(found, "connector", found["role_c"])
    if found["origin"] == "coordinator" and found["person"] == actor.id and actor.has(*COORDINATORS):
        return held(found, "coordinator", "")
    raise NotFound


def held(row: Row, side: Side, role: str) -> Held:
    """A row of `SELECT` as one side sees it."""
    row["own_answer"] = row.get(f"{side}_answer")
    row["own_reason"] = row["reason"] if row["origin"] == "request" else row.get(f"{side}_reason")
    return Held(row=row, side=side, role=role, state=shown_state(row, side, clock.now()))


async def decided_for(actor: Actor, introduction: UUID) -> Held:
    """The same, for who may decide for the side: viewers are told NotAllowed."""
    found = await introduction_for(actor, introduction)
    if not found.may_decide:
        raise NotAllowed
    return found


async def thread_for(actor: Actor, introduction: UUID) -> Held:
    """The thread of an introduction that both sides accepted: the two sides, and nobody else."""
    found = await introduction_for(actor, introduction)
    if not found.party or found.row["accepted_at"] is None:
        raise NotFound
    return found


async def written_for(actor: Actor, introduction: UUID) -> Held:
    """The same, for who may write in it: editors and owners, while it is open."""
    found = await thread_for(actor, introduction)
    if not found.may_decide or not found.connected:
        raise NotAllowed
    return found


async def held_for(actor: Actor, introduction: UUID) -> Row:
    """A request that waits for a coordinator. Raises NotFound for everybody else."""
    if not actor.has(*COORDINATORS):
        raise NotFound
    row = await db.fetchrow(f"{SELECT} WHERE i.id = $1 AND i.state = 'coordinator_hold'", introduction)
    if row is None:
        raise NotFound
    return dict(row)
