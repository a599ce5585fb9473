"""Reports about introductions as the department reads them; the thread only where the reporter lets it be read."""

from typing import Any
from uuid import UUID

from app.connections.introductions import thread
from app.core import db
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.web import Actor
from app.people.rights import seen

Row = dict[str, Any]

READ = seen.kind(
    "introductions.reported",
    N_("A report of yours about an introduction, and the thread where you let it be read"),
    N_("Looking into a report"),
)

_READ = """
SELECT p.*, a.name AS asker_name, a.slug AS asker_slug, r.name AS receiver_name, r.slug AS receiver_slug,
    w.name AS person_name FROM introduction_report p JOIN introduction i ON i.id = p.introduction
JOIN organisation a ON a.id = i.asker JOIN organisation r ON r.id = i.receiver LEFT JOIN person w ON w.id = p.person
"""


async def waiting(limit: int = 50) -> list[Row]:
    """Reports that nobody has dealt with, the oldest first."""
    rows = await db.fetch(f"{_READ} WHERE p.state = 'made' ORDER BY p.made_at, p.id LIMIT $1", limit)
    return [dict(row) for row in rows]


async def report_for(actor: Actor, report_id: UUID) -> Row:
    """One report, for moderators; that it was read is written down for who wrote it. NotFound for all others."""
    if not actor.has("moderator"):
        raise NotFound
    row = await db.fetchrow(f"{_READ} WHERE p.id = $1", report_id)
    if row is None:
        raise NotFound
    await seen.note(actor, [row["person"]], READ)
    messages = await thread.messages_of(row["introduction"]) if row["shows_thread"] else []
    return {**dict(row), "messages": messages}
