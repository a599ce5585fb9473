"""People's rights over leads: what they agreed to, who met them, what was written about them, what they wrote."""

from collections.abc import AsyncIterator, Iterable
from typing import Any
from uuid import UUID

from app.core import db
from app.core.i18n import N_, pick
from app.core.web import Actor
from app.people.rights import seen
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports
from events.leads.meeting import Booth

LEAD = seen.kind("events.lead", N_("What you tell exhibitors"), N_("You showed your ticket at their booth"))


async def seen_at_booth(booth: Booth, people: Iterable[UUID | None]) -> None:
    """Write down that somebody of this exhibitor saw these visitors; of a device, who made it answers for it."""
    known = [person for person in people if person is not None]
    if not known or booth.viewer is None:
        return
    row = await db.fetchrow(
        "SELECT e.title_vi, e.title_en, o.name FROM event e, organisation o WHERE e.id = $1 AND o.id = $2",
        *(booth.event, booth.organisation),
    )
    place = f"{row['name']} – {pick(row['title_vi'], row['title_en'])}" if row else ""
    await seen.note(Actor(id=booth.viewer), known, LEAD, role="member", place=place)


@exports("events/lead_consents")
async def consents(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, c.level, c.text_version, c.given_at, c.ended_at"
        " FROM lead_consent c JOIN registration r ON r.id = c.registration JOIN event e ON e.id = r.event"
        " WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2)) ORDER BY c.given_at, c.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("events/leads")
async def leads(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, o.name AS exhibitor, l.rating, l.tags, l.first_at,"
        " l.last_at, l.withdrawn_at FROM lead l JOIN registration r ON r.id = l.registration"
        " JOIN event e ON e.id = l.event JOIN organisation o ON o.id = l.organisation"
        " WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2)) ORDER BY l.first_at, l.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("events/lead_notes")
async def notes(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    """What exhibitors wrote about somebody, and what somebody wrote for theirs."""
    query = (
        "SELECT o.name AS exhibitor, n.text, n.written_at, n.by IS NOT DISTINCT FROM $1 AS own FROM lead_note n"
        " JOIN lead l ON l.id = n.lead JOIN registration r ON r.id = l.registration"
        " JOIN organisation o ON o.id = l.organisation"
        " WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2)) OR n.by = $1"
        " ORDER BY n.written_at, n.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("events/lead_scans")
async def scans(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    """Scans that somebody made at a booth, and those that somebody was known by."""
    query = (
        "SELECT o.name AS exhibitor, s.status, s.at, s.device = 'person:' || ($1::uuid)::text AS own FROM lead_scan s"
        " JOIN organisation o ON o.id = s.organisation LEFT JOIN lead l ON l.id = s.lead"
        " LEFT JOIN registration r ON r.id = l.registration"
        " WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2)) OR s.device = 'person:' || ($1::uuid)::text"
        " ORDER BY s.at, s.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@erases("event_leads")
async def empty_leads(subject: Subject) -> int:
    """Goes before the registrations themselves are emptied (erasers run by name): it finds them by address too.

    Exhibitors lose whom they met, with all that was written; the visit stays counted. Own notes go too."""
    mine = [
        row["id"]
        for row in await db.fetch(
            "SELECT r.id FROM registration r WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2)) ORDER BY r.id",
            *(subject.person, subject.key),
        )
    ]
    count = 0
    for statement in (
        "UPDATE lead_scan SET lead = NULL, status = CASE status WHEN 'ok' THEN 'visited' ELSE status END WHERE lead IN"
        " (SELECT id FROM lead WHERE registration = ANY ($1))",
        "DELETE FROM lead_note WHERE lead IN (SELECT id FROM lead WHERE registration = ANY ($1))",
        "DELETE FROM lead WHERE registration = ANY ($1)",
        "DELETE FROM lead_consent WHERE registration = ANY ($1)",
    ):
        count += await db.execute(statement, mine)
    if subject.person is None:
        return count
    count += await db.execute("DELETE FROM lead_note WHERE by = $1", subject.person)
    count += await db.execute(
        "UPDATE lead_note SET device = '' WHERE device IN (SELECT name FROM door_device WHERE made_by = $1)",
        subject.person,
    )
    return count + await db.execute(
        "UPDATE lead_scan SET device = 'erased:' || id WHERE device = 'person:' || ($1::uuid)::text", subject.person
    )
