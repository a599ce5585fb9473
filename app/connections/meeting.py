"""Whom to meet at an event: those on one's lists of whom somebody has registered and agreed to be suggested.

Only who comes too sees who comes: nothing of an event's guests is told to others.
"""

from typing import Any
from uuid import UUID

from app.connections import lists, reasons
from app.connections.cards import Card, card_of
from app.core import db
from app.core.errors import NotFound
from app.people.rights.consent import consented

SHOWN = 5

_COMES = """EXISTS (SELECT 1 FROM registration g JOIN event e ON e.id = g.event
    WHERE e.slug = $2 AND e.status = 'published' AND g.status = 'confirmed' AND g.person = {person})"""

_HERE = f"""
SELECT s.organisation, s.kind, s.candidate FROM suggestion s JOIN membership mine ON mine.organisation = s.organisation
WHERE mine.person = $1 AND mine.ended_at IS NULL AND {_COMES.format(person="$1")} AND EXISTS (
    SELECT 1 FROM membership m WHERE m.organisation = s.candidate AND m.ended_at IS NULL AND m.person <> $1
        AND {_COMES.format(person="m.person")} AND {consented("m.person", "suggestions")})
    AND NOT EXISTS (SELECT 1 FROM membership b WHERE b.organisation = s.candidate AND b.person = $1
        AND b.ended_at IS NULL)
ORDER BY s.rank, s.organisation LIMIT 50
"""  # noqa: S608  constants


async def comes(person: UUID, event: str) -> bool:
    """Whether somebody has a place at an event that is announced. NotFound where there is no such event."""
    if not await db.fetchval("SELECT EXISTS (SELECT FROM event WHERE slug = $1)", event):
        raise NotFound
    return bool(await db.fetchval(f"SELECT {_COMES.format(person='$1')}", person, event))


async def whom(person: UUID, event: str) -> list[Card]:
    """The best on one's stored lists who come as well, each once; hard limits hold as on the lists themselves."""
    found: dict[UUID, Card] = {}
    wanted: dict[tuple[UUID, str], set[UUID]] = {}
    for row in await db.fetch(_HERE, person, event):
        wanted.setdefault((row["organisation"], row["kind"]), set()).add(row["candidate"])
    for (organisation, kind), candidates in wanted.items():
        rows: list[dict[str, Any]] = await lists.suggested(organisation, kind, 50)
        rows = [row for row in rows if row["id"] in candidates]
        names = await lists.names_of(rows)
        for row in rows:
            found.setdefault(row["id"], card_of(row, reasons.reader_of(kind), names))
    return sorted(found.values(), key=lambda card: -card.share)[:SHOWN]
