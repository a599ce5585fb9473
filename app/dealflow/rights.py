"""People's rights over deal flow: what they wrote and decided for an organisation, and decks that were shown to them.

What a team wrote stays the organisation's; who wrote it is forgotten. Who was sent a deck is forgotten whole.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from app.core import db
from app.people.rights.consent import on_withdrawal
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports, knows_addresses
from app.people.rights.taking_out import addresses_of, names_of, take_out

Rows = AsyncIterator[dict[str, Any]]

_OF_TEAMS = {
    "pipeline": ("lead", "created_by"),
    "deal_card": ("owner", "added_by"),
    "deal_note": ("author",),
    "deal_file": ("added_by",),
    "deal_change": ("person",),
    "pass_letter": ("sent_by",),
    "deck": ("created_by",),
    "deck_link": ("created_by",),
}
"""Rows of organisations, and the columns in which they name somebody."""


@exports("dealflow/notes")
async def notes(subject: Subject) -> Rows:
    query = (
        "SELECT p.name AS pipeline, n.text, n.created_at, n.ended_at FROM deal_note n JOIN deal_card c ON c.id = n.card"
        " JOIN pipeline p ON p.id = c.pipeline WHERE n.author = $1 ORDER BY n.created_at, n.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("dealflow/what_they_did")
async def changes(subject: Subject) -> Rows:
    query = (
        "SELECT p.name AS pipeline, d.act, d.at FROM deal_change d JOIN pipeline p ON p.id = d.pipeline"
        " WHERE d.person = $1 ORDER BY d.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("dealflow/filters_and_mails")
async def watches(subject: Subject) -> Rows:
    query = (
        "SELECT 'filter' AS what, name, query, created_at FROM pipeline_view WHERE person = $1"
        " UNION ALL SELECT 'weekly mail', p.name, '', w.digest_agreed_at FROM pipeline_watch w"
        " JOIN pipeline p ON p.id = w.pipeline WHERE w.person = $1 AND w.digest_agreed_at IS NOT NULL ORDER BY 4, 2"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("dealflow/decks_shown_to_them")
async def decks(subject: Subject) -> Rows:
    query = (
        "SELECT d.title, o.name AS shown_by, l.recipient_name, l.email, l.created_at, l.expires_at, l.ended_at,"
        " r.answer, r.answered_at, r.opened_at, r.seen_at,"
        " (SELECT sum(v.seconds) FROM deck_page_view v WHERE v.reader = r.id) AS seconds"
        " FROM deck_link l JOIN deck d ON d.id = l.deck JOIN organisation o ON o.id = d.organisation"
        " LEFT JOIN deck_reader r ON r.link = l.id"
        " WHERE ($2 <> '' AND l.email_key = $2) OR r.person = $1 ORDER BY l.created_at, l.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@erases("dealflow")
async def forget(subject: Subject) -> int:
    """Names and addresses go; a link that was for this person opens nothing any more."""
    count = 0
    if subject.key:
        count += await db.execute(
            "DELETE FROM deck_reader WHERE link IN (SELECT id FROM deck_link WHERE email_key = $1)", subject.key
        )
        count += await db.execute(
            "UPDATE deck_link SET recipient_name = '', email = '', email_key = '',"
            " ended_at = coalesce(ended_at, now()), ended_reason = coalesce(ended_reason, 'erased')"
            " WHERE email_key = $1",
            subject.key,
        )
    if subject.person is None:
        return count
    count += await db.execute("DELETE FROM deck_reader WHERE person = $1", subject.person)
    count += await db.execute("DELETE FROM pipeline_view WHERE person = $1", subject.person)
    count += await db.execute("DELETE FROM pipeline_watch WHERE person = $1", subject.person)
    count += await take_out([*_OF_TEAMS, "pipeline_stage"], addresses_of(subject) + names_of(subject))
    for table, columns in _OF_TEAMS.items():
        for column in columns:
            count += await db.execute(
                f"UPDATE {table} SET {column} = NULL WHERE {column} = $1",  # noqa: S608  constants only
                subject.person,
            )
    return count


@knows_addresses("dealflow")
async def addresses() -> list[str]:
    rows = await db.fetch("SELECT DISTINCT email_key FROM deck_link WHERE email_key <> ''")
    return [row["email_key"] for row in rows]


@on_withdrawal("digests", "dealflow")
async def end_digests(person: UUID) -> None:
    """Who wants no more news by mail gets none about pipelines either."""
    await db.execute(
        "UPDATE pipeline_watch SET digest_agreed_at = NULL, digested_until = NULL WHERE person = $1", person
    )
