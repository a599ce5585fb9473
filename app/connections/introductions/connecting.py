"""What follows when both sides have said yes: what came of it will be asked, everybody is told, contacts are open."""

from typing import Any
from uuid import UUID

from app.connections.introductions import notices
from app.core import db
from app.core.web import Actor

Row = dict[str, Any]


async def connected(row: Row, actor: Actor) -> None:
    """In the open transaction, after the step to `accepted`."""
    await db.execute("UPDATE introduction SET answered_by = $2 WHERE id = $1", row["id"], actor.person_id)
    await db.execute(
        "INSERT INTO introduction_followup (id, introduction, side, days, due_at)"
        " SELECT gen_random_uuid(), $1, s, d, now() + make_interval(days => d)"
        " FROM unnest(ARRAY['asker', 'receiver']) s, unnest(ARRAY[30, 90, 180]) d ON CONFLICT DO NOTHING",
        row["id"],
    )
    for side in ("asker", "receiver"):
        await notices.tell(row["id"], side, "accepted")


async def contacts_of(introduction: UUID, side: str) -> dict[str, Any]:
    """How to reach the people of a side: who asked or answered, and what the organisation gives as its contact.

    Only for introductions that both have accepted; the caller has come in by the door and looked at the state.
    """
    row = await db.fetchrow(
        "SELECT o.name, o.slug, o.contact_email, o.contact_phone, o.website FROM introduction i JOIN organisation o"
        " ON o.id = CASE WHEN $2 = 'asker' THEN i.asker ELSE i.receiver END WHERE i.id = $1",
        *(introduction, side),
    )
    people = await db.fetch(
        "SELECT DISTINCT p.id, p.name, p.email FROM introduction_transition t JOIN person p ON p.id = t.person"
        " WHERE t.introduction = $1 AND p.ended_at IS NULL AND t.by_side = $2"
        " AND t.act IN ('asked', 'held', 'accepted', 'mutual', 'agreed')"
        " UNION SELECT p.id, p.name, p.email FROM introduction_consent c JOIN person p ON p.id = c.person"
        " WHERE c.introduction = $1 AND c.side = $2 AND c.answer = 'yes' AND p.ended_at IS NULL ORDER BY 2, 1",
        *(introduction, side),
    )
    return {**dict(row or {}), "people": [dict(person) for person in people]}
