"""People's rights over invitations: who was invited, and who invited."""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports, knows_addresses


@exports("events/invitations")
async def invitations(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, v.code, v.full_name, v.email, v.uses, v.created_at"
        " FROM event_voucher v JOIN event e ON e.id = v.event WHERE $1 <> '' AND v.email_key = $1"
        " ORDER BY v.created_at, v.id"
    )
    async for row in rows_of(query, subject.key):
        yield row


@exports("events/invitations_made")
async def invitations_made(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    """What was given out and why; who was invited is theirs."""
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, v.label, v.uses, v.uses_most, v.created_at"
        " FROM event_voucher v JOIN event e ON e.id = v.event WHERE v.made_by = $1 ORDER BY v.created_at, v.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@knows_addresses("events_invitations")
async def addresses() -> list[str]:
    return [
        row["email_key"] for row in await db.fetch("SELECT DISTINCT email_key FROM event_voucher WHERE email_key <> ''")
    ]


@erases("events_invitations")
async def empty_invitations(subject: Subject) -> int:
    """Whoever was invited is taken out and the invitation ends; what somebody wrote on those they made is emptied."""
    count = 0
    if subject.key:
        count += await db.execute(
            "UPDATE event_voucher SET full_name = '', email = '', email_key = '', label = '',"
            " code = upper(md5(id::text || code)), ended_at = coalesce(ended_at, now()) WHERE email_key = $1",
            subject.key,
        )
    if subject.person is not None:
        count += await db.execute("UPDATE event_voucher SET label = '' WHERE made_by = $1", subject.person)
    return count
