"""Lists of introductions as their sides see them: to answer, sent, connections; and an organisation's own side."""

from typing import Any
from uuid import UUID

from app.connections.introductions.access import SELECT, VISIBLE, Held, held
from app.core import db
from app.core.i18n import N_, Phrase

PAGE = 25
BOXES: dict[str, Phrase] = {
    "received": N_("To you"),
    "sent": N_("From you"),
    "connections": N_("Connections"),
    "past": N_("Past"),
}

Row = dict[str, Any]

_SIDES = (("asker", "asker"), ("receiver", "receiver"), ("connector", "connector"))
_IN_BOX = {
    "received": "waiting AND (side = 'receiver' OR (side = 'asker' AND origin <> 'request'))",
    "sent": "(waiting AND NOT (side = 'receiver' OR (side = 'asker' AND origin <> 'request'))) OR state = 'draft'",
    "connections": "state IN ('accepted', 'met', 'outcome')",
    "past": "NOT waiting AND state NOT IN ('accepted', 'met', 'outcome', 'draft')",
}
"""What stands in a box. `waiting` is what the side is told waits: a block and a hidden no look like it."""

_MINE = " UNION ALL ".join(
    SELECT.replace(
        "SELECT i.*", f"SELECT i.*, '{side}' AS side, m.role AS own_role, m.organisation AS own_organisation"
    )
    + f" JOIN membership m ON m.organisation = i.{column} AND m.person = $1 AND m.ended_at IS NULL"
    f" WHERE {VISIBLE[side]}"
    " AND ($2::uuid IS NULL OR m.organisation = $2)"
    for side, column in _SIDES
)
_WAITING = """(state IN ('coordinator_hold', 'pending_a', 'pending_b')
    OR (accepted_at IS NULL AND expires_at > now() AND (
        (state = 'blocked' AND blocked_by IS DISTINCT FROM
            CASE side WHEN 'asker' THEN asker WHEN 'receiver' THEN receiver END)
        OR (state = 'declined' AND origin <> 'request'
            AND coalesce(CASE side WHEN 'asker' THEN asker_answer WHEN 'receiver' THEN receiver_answer END, '')
                <> 'no'))))
"""


async def box(person: UUID, name: str, organisation: UUID | None = None, offset: int = 0) -> list[Held]:
    """A page of one box of all a person's organisations, or of one; one more than a page. One query."""
    rows = await db.fetch(
        f"SELECT * FROM (SELECT x.*, {_WAITING} AS waiting FROM ({_MINE}) x) y WHERE {_IN_BOX[name]}"  # noqa: S608
        " ORDER BY coalesce(ended_at, accepted_at, asked_at, created_at) DESC, id DESC, side LIMIT $3 OFFSET $4",
        *(person, organisation, PAGE + 1, offset),
    )
    return [held(dict(row), row["side"], row["own_role"]) for row in rows]


async def counts(person: UUID, organisation: UUID | None = None) -> dict[str, int]:
    """How many stand in each box, in one query."""
    parts = ", ".join(f"count(*) FILTER (WHERE {condition}) AS {name}" for name, condition in _IN_BOX.items())
    row = await db.fetchrow(
        f"SELECT {parts} FROM (SELECT x.*, {_WAITING} AS waiting FROM ({_MINE}) x) y",  # noqa: S608
        *(person, organisation),
    )
    return dict(row or {})


_FUNNEL = """
SELECT count(*) FILTER (WHERE waits) AS waiting, count(*) FILTER (WHERE accepted_at IS NOT NULL) AS accepted,
    count(*) FILTER (WHERE state = 'declined') AS declined,
    count(*) FILTER (WHERE state = 'expired' OR unseen) AS expired, count(*) AS asked
FROM (SELECT i.*, i.state IN ('coordinator_hold', 'pending_b') OR (i.state = 'blocked' AND i.accepted_at IS NULL
    AND i.expires_at > now()) AS waits,
    i.state = 'blocked' AND i.accepted_at IS NULL AND i.expires_at <= now() AS unseen FROM introduction i
    WHERE i.asker = $1 AND i.origin = 'request' AND i.asked_at IS NOT NULL) x
"""


async def funnel(organisation: UUID) -> Row:
    """What became of an organisation's own requests, as it is told."""
    return dict(await db.fetchrow(_FUNNEL, organisation) or {})


async def declined(organisation: UUID, limit: int = 50) -> list[Row]:
    """Who said no to an organisation's requests and why, the latest first."""
    rows = await db.fetch(
        "SELECT i.id, i.reason, i.note, i.ended_at, i.quiet_until, o.name, o.slug FROM introduction i"
        " JOIN organisation o ON o.id = i.receiver WHERE i.asker = $1 AND i.origin = 'request'"
        " AND i.state = 'declined' ORDER BY i.ended_at DESC, i.id LIMIT $2",
        *(organisation, limit),
    )
    return [dict(row) for row in rows]


async def held_requests(offset: int = 0) -> list[Row]:
    """Requests that wait for a coordinator, the oldest first; one more than a page."""
    rows = await db.fetch(
        f"{SELECT} WHERE i.state = 'coordinator_hold' ORDER BY i.asked_at, i.id LIMIT $1 OFFSET $2",
        *(PAGE + 1, offset),
    )
    return [dict(row) for row in rows]
