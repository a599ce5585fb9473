"""People's rights over payments: what a bank statement said about a guest's transfer."""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports


@exports("events/payments")
async def payments(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT r.code, b.booked, b.amount, b.said, b.fate, b.imported_at FROM bank_line b"
        " JOIN registration r ON r.id = b.registration WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2))"
        " ORDER BY b.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("events/statements_imported")
async def statements_imported(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    """Only when and for what: whose transfers they were is theirs."""
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, b.imported_at, count(*) AS lines FROM bank_line b"
        " JOIN event e ON e.id = b.event WHERE b.imported_by = $1 GROUP BY e.id, b.imported_at ORDER BY b.imported_at"
    )
    async for row in rows_of(query, subject.person):
        yield row


@erases("events_payments")
async def empty_payments(subject: Subject) -> int:
    """The amount stays, as the books need them; the words of the transfer go."""
    count = await db.execute(
        "UPDATE bank_line b SET said = '', booked = '' FROM registration r WHERE r.id = b.registration AND b.said <> ''"
        " AND (r.person = $1 OR ($2 <> '' AND r.email_key = $2))",
        *(subject.person, subject.key),
    )
    if subject.person is not None:
        count += await db.execute(
            "UPDATE bank_line SET said = '', booked = '' WHERE imported_by = $1 AND registration IS NULL"
            " AND said <> ''",
            subject.person,
        )
    return count
