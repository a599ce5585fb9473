"""People's rights over the agenda: a copy of their bookings and talks, and emptying what names them."""

from collections.abc import AsyncIterator
from typing import Any

from app.core import db
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports
from app.people.rights.taking_out import names_of, take_out

Rows = AsyncIterator[dict[str, Any]]
TEXTS = ("agenda_session", "agenda_shown", "agenda_release")
"""What an event says of its agenda: it stays, without the name of who is erased."""


@exports("agenda/bookings")
async def bookings(subject: Subject) -> Rows:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, s.title_vi, s.title_en, b.status, b.made_at,"
        " b.status_at FROM agenda_booking b JOIN registration r ON r.id = b.registration"
        " JOIN agenda_session s ON s.id = b.session"
        " JOIN event e ON e.id = s.event WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2)) ORDER BY b.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("agenda/speaking")
async def speaking(subject: Subject) -> Rows:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, k.name, k.role_vi, k.role_en, k.bio_vi, k.bio_en,"
        " k.created_at FROM agenda_speaker k JOIN event e ON e.id = k.event WHERE k.person = $1 ORDER BY k.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("agenda/published")
async def published(subject: Subject) -> Rows:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, r.number, r.published_at, r.reason"
        " FROM agenda_release r JOIN event e ON e.id = r.event WHERE r.published_by = $1 ORDER BY r.published_at"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("agenda/files")
async def files(subject: Subject) -> Rows:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, f.name, f.read_at, f.applied_at FROM agenda_file f"
        " JOIN event e ON e.id = f.event WHERE f.by = $1 ORDER BY f.read_at"
    )
    async for row in rows_of(query, subject.person):
        yield row


@erases("agenda")
async def empty(subject: Subject) -> int:
    """Take a speaker's name out of plan, public agenda and the words of past changes; empty what was written.

    Bookings hold no personal data: they end with the registration that they belong to.
    """
    if subject.person is None:
        return 0
    rows = await db.fetch("SELECT id, name FROM agenda_speaker WHERE person = $1 ORDER BY id", subject.person)
    for row in rows:
        await db.execute(
            "UPDATE agenda_shown w SET search_text = '', facts = jsonb_set(w.facts, '{speakers}', coalesce((SELECT"
            " jsonb_agg(x) FROM jsonb_array_elements(w.facts->'speakers') x WHERE x->>'id' <> $1), '[]'))"
            " WHERE w.facts->'speakers' @> jsonb_build_array(jsonb_build_object('id', $1::text))",
            str(row["id"]),
        )
        await db.execute(
            "UPDATE agenda_release SET changes = replace(changes::text, to_jsonb($1::text)::text, '\"…\"')::jsonb,"
            " clashes = replace(clashes::text, $1, '…')::jsonb WHERE event = (SELECT event FROM agenda_speaker"
            " WHERE id = $2)",
            *(row["name"], row["id"]),
        )
    count = await db.execute(
        "UPDATE agenda_speaker SET name = '…', slug = id::text, role_vi = '', role_en = '', bio_vi = '', bio_en = '',"
        " person = NULL WHERE person = $1",
        subject.person,
    )
    count += await db.execute(
        "UPDATE agenda_release SET reason = '', clashes = '[]', published_by = NULL WHERE published_by = $1",
        subject.person,
    )
    count += await db.execute("DELETE FROM agenda_file WHERE by = $1", subject.person)
    return count + await take_out(TEXTS, names_of(subject))
