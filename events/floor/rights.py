"""People's rights over the festival ground: a copy of what they led, named, sent and decided; emptying its words."""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports
from app.people.rights.taking_out import names_of, take_out

Rows = AsyncIterator[dict[str, Any]]
TEXTS = ("exhibitor", "village_nomination", "village", "floor_plan")
"""What organisations and villages say: it stays, without the name of who is erased."""


@exports("floor/villages")
async def villages(subject: Subject) -> Rows:
    query = (
        "SELECT e.title_vi AS event_vi, v.name_vi AS village, l.granted_at, l.ended_at FROM village_lead l"
        " JOIN village v ON v.id = l.village JOIN event e ON e.id = v.event WHERE l.person = $1 ORDER BY l.granted_at"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("floor/nominations")
async def nominations(subject: Subject) -> Rows:
    query = (
        "SELECT v.name_vi AS village, o.name AS team, n.status, n.note, n.nominated_at,"
        " CASE WHEN n.decided_by = $1 THEN n.reason ELSE '' END AS reason FROM village_nomination n"
        " JOIN village v ON v.id = n.village JOIN organisation o ON o.id = n.organisation"
        " WHERE n.nominated_by = $1 OR n.decided_by = $1 ORDER BY n.nominated_at"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("floor/exhibitors")
async def exhibitors(subject: Subject) -> Rows:
    query = (
        "SELECT e.title_vi AS event_vi, o.name AS organisation, x.status, x.shows_vi, x.shows_en, x.wishes, x.sent_at,"
        " CASE WHEN x.decided_by = $1 THEN x.reason ELSE '' END AS reason FROM exhibitor x"
        " JOIN event e ON e.id = x.event JOIN organisation o ON o.id = x.organisation"
        " WHERE x.sent_by = $1 OR x.decided_by = $1 ORDER BY x.sent_at"
    )
    async for row in rows_of(query, subject.person):
        yield row


@erases("floor")
async def empty(subject: Subject) -> int:
    """Notes and reasons that this person wrote go; passes hold no personal data but the registration's."""
    if subject.person is None:
        return 0
    count = await db.execute(
        "UPDATE village_nomination SET note = '' WHERE nominated_by = $1 AND note <> ''", subject.person
    )
    count += await db.execute("UPDATE village_nomination SET reason = '' WHERE decided_by = $1", subject.person)
    count += await db.execute("UPDATE exhibitor SET reason = '' WHERE decided_by = $1", subject.person)
    count += await db.execute("UPDATE exhibitor SET wishes = '' WHERE sent_by = $1", subject.person)
    count += await db.execute(
        "UPDATE village_lead SET ended_at = coalesce(ended_at, now()) WHERE person = $1", subject.person
    )
    return count + await take_out(TEXTS, names_of(subject))
