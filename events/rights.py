"""People's rights over what events keep: a copy of it, emptying it, what hinders that, and being found at the desk.

Counts stay: a registration keeps its status, its ticket type and its scans, and loses who it was.
"""

from collections.abc import AsyncIterator, Iterable
from itertools import groupby
from typing import Any
from uuid import UUID

import asyncpg

from app.core import clock, db
from app.core.files.keeping import erase_files_of
from app.core.i18n import N_, pick
from app.core.web import Actor
from app.people.rights import seen
from app.people.rights.consent import on_withdrawal
from app.people.rights.own import rows_of
from app.people.rights.subject import Obstacle, Subject, erases, exports, hinders_erasure, knows_addresses
from events import states, tickets, waitlist
from events.access import EventSeen
from events.asking import filing
from events.seats import book, promoting
from events.states import ACTIVE

Rows = AsyncIterator[dict[str, Any]]

GUEST_LIST = seen.kind(
    "events.guest_list", N_("Your registration: name, address, phone, organisation"), N_("Planning the event")
)
GUEST_FILE = seen.kind(
    "events.guest_file", N_("Your registration, in a file of all guests"), N_("Planning the event outside this site")
)
DESK_SEARCH = seen.kind("events.desk_search", N_("Your name and organisation"), N_("Finding your ticket at the door"))

# --- who has seen it ----------------------------------------------------------------------------------------------


async def seen_by(actor: Actor, event: EventSeen, kind: str, rows: Iterable[asyncpg.Record]) -> None:
    """Write down that the actor saw these registrations, in what role and for which event."""
    await seen.note(
        actor,
        (row["person"] for row in rows),
        kind,
        role="desk" if event.role == "desk" else "organizer",
        place=pick(event.title_vi, event.title_en),
    )


async def all_seen_by(actor: Actor, event: EventSeen) -> None:
    """The same for everybody who registered: the file of all guests was made."""
    rows = await db.fetch("SELECT DISTINCT person FROM registration WHERE event = $1 AND person IS NOT NULL", event.id)
    await seen_by(actor, event, GUEST_FILE, rows)


# --- a copy -------------------------------------------------------------------------------------------------------


@exports("events/registrations")
async def registrations(subject: Subject) -> Rows:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, e.starts_at, t.code AS ticket_type, r.status,"
        " r.status_at, r.full_name, r.email, r.phone, r.organisation, r.answers, r.locale, r.source, r.code,"
        " r.news_consent_at, r.terms_version, r.registered_at FROM registration r JOIN event e ON e.id = r.event"
        " JOIN ticket_type t ON t.id = r.ticket_type WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2))"
        " ORDER BY r.registered_at, r.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("events/registration_changes")
async def registration_changes(subject: Subject) -> Rows:
    query = (
        "SELECT r.code, c.from_status, c.to_status, c.reason, c.changed_at FROM registration_change c"
        " JOIN registration r ON r.id = c.registration WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2))"
        " ORDER BY c.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("events/scans")
async def scans(subject: Subject) -> Rows:
    query = (
        "SELECT r.code, p.name_vi AS checkpoint, s.direction, s.outcome, s.reason, s.scanned_at, s.received_at"
        " FROM scan s JOIN registration r ON r.id = s.registration LEFT JOIN checkpoint p ON p.id = s.checkpoint"
        " WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2)) ORDER BY s.received_at, s.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("events/registered_for_others")
async def registered_for_others(subject: Subject) -> Rows:
    """Only which events: the guests' details are theirs."""
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, r.registered_at FROM registration r"
        " JOIN event e ON e.id = r.event WHERE r.registered_by = $1 AND r.person IS DISTINCT FROM $1"
        " ORDER BY r.registered_at, r.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("events/teams")
async def teams(subject: Subject) -> Rows:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, s.role, s.granted_at, s.ended_at FROM event_staff s"
        " JOIN event e ON e.id = s.event WHERE s.person = $1 ORDER BY s.granted_at, s.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


# --- erasing ------------------------------------------------------------------------------------------------------


@hinders_erasure("events")
async def own_events_going_on(subject: Subject) -> list[Obstacle]:
    """An event that is still to come or going on needs somebody who answers for it: its one owner stays until then."""
    if subject.person is None:
        return []
    rows = await db.fetch(
        "SELECT e.slug, e.title_vi, e.title_en, e.ends_at FROM event_staff s JOIN event e ON e.id = s.event"
        " WHERE s.person = $1 AND s.role = 'owner' AND s.ended_at IS NULL AND e.ends_at > now()"
        " AND e.status IN ('published', 'closed') AND NOT EXISTS (SELECT FROM event_staff o WHERE o.event = e.id"
        " AND o.role = 'owner' AND o.ended_at IS NULL AND o.person <> $1) ORDER BY e.ends_at, e.id",
        subject.person,
    )
    return [
        Obstacle(
            N_("You are the owner of the event “%(title)s”, which is not over. Call it off, or wait until it is over."),
            {"title": pick(row["title_vi"], row["title_en"])},
            f"/events/{row['slug']}/setup",
            row["ends_at"],
        )
        for row in rows
    ]


@knows_addresses("events")
async def addresses() -> list[str]:
    return [
        row["email_key"] for row in await db.fetch("SELECT DISTINCT email_key FROM registration WHERE email_key <> ''")
    ]


@erases("events")
async def empty_registrations(subject: Subject) -> int:
    """Tickets of events to come are given back and the places handed on; then whoever it was is taken out.

    Locks each event's book in the order of the events' ids, then its registrations, as every other verb does.
    """
    mine = await db.fetch(
        "SELECT r.id, r.event FROM registration r WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2))"
        " ORDER BY r.event, r.id",
        *(subject.person, subject.key),
    )
    for event, rows in groupby(mine, key=lambda row: row["event"]):
        held = await book.locked(event)
        for row in rows:
            await _give_back(held, row["id"])
            await _empty(row["id"])
        await promoting.promote(held)
    count = 3 * len(mine)
    if subject.person is not None:
        count += await _empty_of_staff(subject.person)
    return count


async def _give_back(held: book.Book, registration: UUID) -> None:
    """Cancel what is still to come, without a mail. Who has been inside stays counted."""
    row = await waitlist.locked_guest(registration)
    ahead = held.event["ends_at"] > clock.now()
    if not ahead or row["status"] not in ACTIVE or await waitlist.came(registration):
        return
    waitlist.give_back(held, row)
    await states.move(None, registration, row["status"], "cancelled")


async def _empty(registration: UUID) -> None:
    """Take whoever it was out of a registration, its history, its scans and the answers kept for repeated requests.

    The address of the ticket page changes; the code on paper opens nothing that names anybody.
    """
    await db.execute(
        "DELETE FROM event_request WHERE strpos(answer, $1) > 0 OR strpos(answer, (SELECT secret FROM registration"
        " WHERE id = $2)) > 0",
        *(str(registration), registration),
    )
    await db.execute(
        "UPDATE registration SET full_name = '', email = '', email_key = 'erased:' || id, phone = '',"
        " organisation = '', answers = '{}', search_text = '', news_consent_at = NULL, code = $2, secret = $3,"
        " overbooked_reason = CASE WHEN overbooked_by IS NULL THEN '' ELSE '–' END WHERE id = $1",
        *(registration, tickets.new_code(), tickets.new_secret()),
    )
    await erase_files_of(filing.OWNER, registration)
    await db.execute("UPDATE registration_change SET reason = '' WHERE registration = $1", registration)
    await db.execute(
        "UPDATE scan SET facts = facts - 'name' - 'organisation', void_reason = '' WHERE registration = $1",
        registration,
    )


async def _empty_of_staff(person: UUID) -> int:
    """Who stood at a door is written with each scan by name, and in what a later scan of the same ticket said."""
    device = f"{person}:%"
    count = await db.execute(
        "UPDATE scan SET facts = jsonb_set(facts, '{first,device}', '\"\"') WHERE facts->'first' IS NOT NULL"
        " AND registration IN (SELECT registration FROM admission WHERE device LIKE $1)",
        device,
    )
    count += await db.execute("UPDATE scan SET device_name = '', void_reason = '' WHERE by = $1", person)
    count += await db.execute("UPDATE admission SET device_name = '' WHERE device LIKE $1", device)
    count += await db.execute("UPDATE event SET status_reason = '' WHERE status_by = $1 AND ends_at < now()", person)
    count += await db.execute("UPDATE event_key SET revoked_reason = '' WHERE revoked_by = $1", person)
    count += await db.execute("UPDATE registration_change SET reason = '' WHERE by = $1", person)
    count += await db.execute("UPDATE registration SET overbooked_reason = '–' WHERE overbooked_by = $1", person)
    await db.execute("DELETE FROM event_request WHERE caller = $1", str(person))
    return count + await db.execute(
        "UPDATE event_staff SET ended_at = now() WHERE person = $1 AND ended_at IS NULL", person
    )


# --- consent ------------------------------------------------------------------------------------------------------


@on_withdrawal("digests", "events")
async def no_news(person: UUID) -> None:
    """Organisers see from their lists who wants to hear of later events; from now on this person does not."""
    await db.execute(
        "UPDATE registration SET news_consent_at = NULL WHERE news_consent_at IS NOT NULL AND (person = $1 OR email_key"
        " = (SELECT email_key FROM person WHERE id = $1))",
        person,
    )
