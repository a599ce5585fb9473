"""People's rights over what the guest list keeps beside a registration: tags, files of guests, certificates."""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.core.outbox import enqueue
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports

_OWN = "(r.person = $1 OR ($2 <> '' AND r.email_key = $2))"
Rows = AsyncIterator[dict[str, Any]]


@exports("events/guest_tags")
async def tags(subject: Subject) -> Rows:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, g.tag, g.at FROM guest_tag g"  # noqa: S608
        " JOIN registration r ON r.id = g.registration JOIN event e ON e.id = g.event"
        f" WHERE {_OWN} ORDER BY g.at, g.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("events/certificates")
async def certificates(subject: Subject) -> Rows:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, c.code, c.name, c.came_at, c.issued_at, c.revoked_at,"  # noqa: S608
        " c.revoked_reason FROM event_certificate c JOIN registration r ON r.id = c.registration"
        f" JOIN event e ON e.id = r.event WHERE {_OWN} ORDER BY c.issued_at, c.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@erases("events_guests")
async def empty_guests(subject: Subject) -> int:
    """Tags go, certificates name nobody and hold no more, files in which somebody stands are taken away.

    Views and acts over many keep their counts; a search by name that was kept with them goes.
    """
    files = await db.fetch(
        "UPDATE guest_file SET state = 'ended', asked = '{}' WHERE state <> 'ended' AND event IN"  # noqa: S608
        f" (SELECT r.event FROM registration r WHERE {_OWN}) RETURNING id",
        *(subject.person, subject.key),
    )
    for file in files:
        await enqueue("guests.remove", {"file": str(file["id"])})
    count = await db.execute(
        f"DELETE FROM guest_tag g USING registration r WHERE r.id = g.registration AND {_OWN}",  # noqa: S608
        *(subject.person, subject.key),
    )
    count += await db.execute(
        "UPDATE event_certificate c SET name = '', revoked_at = coalesce(revoked_at, now()), revoked_reason = '–'"  # noqa: S608
        f" FROM registration r WHERE r.id = c.registration AND {_OWN}",
        *(subject.person, subject.key),
    )
    await db.execute(
        "UPDATE guest_act a SET asked = jsonb_build_object('reason', '', 'query', '',"  # noqa: S608
        " 'tag', coalesce(asked->>'tag', ''))"
        " WHERE a.created_by = $1 OR a.id IN (SELECT f.act FROM guest_fate f"
        f" JOIN registration r ON r.id = f.registration WHERE {_OWN})",
        *(subject.person, subject.key),
    )
    return count
