"""People's rights over what the door keeps: what it was told of a guest, passes, answers, who ran devices and cases.

Scans and admissions themselves are in events/rights.py.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import asyncpg

from app.core import db
from app.core.i18n import pick
from app.core.web import Actor
from app.people.rights import seen
from app.people.rights.own import rows_of
from app.people.rights.subject import Subject, erases, exports
from events.rights import DESK_SEARCH


async def seen_by_device(device: asyncpg.Record, rows: Iterable[asyncpg.Record]) -> None:
    """Write down that somebody with this device saw these registrations; who made the device answers for it."""
    event = await db.fetchrow("SELECT title_vi, title_en FROM event WHERE id = $1", device["event"])
    assert event is not None  # noqa: S101  a device has its event
    place = f"{pick(event['title_vi'], event['title_en'])} – {device['name']}"
    await seen.note(Actor(id=device["made_by"]), (row["person"] for row in rows), DESK_SEARCH, role="desk", place=place)


@exports("events/door_notes")
async def notes(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, f.vip, f.attention, f.note, f.set_at, f.ended_at"
        " FROM door_flag f JOIN registration r ON r.id = f.registration JOIN event e ON e.id = r.event"
        " WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2)) ORDER BY f.set_at, f.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("events/door_passes")
async def passes(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, p.made_at FROM door_pass p"
        " JOIN registration r ON r.id = p.registration JOIN event e ON e.id = r.event"
        " WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2)) ORDER BY p.made_at, p.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("events/door_answers")
async def answers(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, s.answers, s.at FROM scan s"
        " JOIN registration r ON r.id = s.registration JOIN event e ON e.id = r.event"
        " WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2)) AND s.answers <> '{}' ORDER BY s.at, s.id"
    )
    async for row in rows_of(query, subject.person, subject.key):
        yield row


@exports("events/door_devices")
async def devices(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, d.name, d.role, d.created_at, d.revoked_at"
        " FROM door_device d JOIN event e ON e.id = d.event WHERE d.made_by = $1 OR d.revoked_by = $1"
        " ORDER BY d.created_at, d.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@exports("events/door_cases")
async def cases(subject: Subject) -> AsyncIterator[dict[str, Any]]:
    query = (
        "SELECT e.title_vi AS event_vi, e.title_en AS event_en, c.kind, c.reason, c.decision, c.decided_reason,"
        " c.decided_at FROM door_case c JOIN event e ON e.id = c.event WHERE c.decided_by = $1"
        " ORDER BY c.decided_at, c.id"
    )
    async for row in rows_of(query, subject.person):
        yield row


@erases("events_door")
async def empty_door(subject: Subject) -> int:
    """What was said of a guest goes, with the answers they gave; what a member of staff wrote goes, the acts stay."""
    count = 0
    mine = [
        row["id"]
        for row in await db.fetch(
            "SELECT r.id FROM registration r WHERE (r.person = $1 OR ($2 <> '' AND r.email_key = $2)) ORDER BY r.id",
            *(subject.person, subject.key),
        )
    ]
    for statement in (
        "UPDATE door_flag SET note = '', vip = false, attention = false, ended_at = coalesce(ended_at, now())"
        " WHERE registration = ANY ($1)",
        "DELETE FROM door_pass WHERE registration = ANY ($1)",
        "UPDATE admission SET last_device = '' WHERE registration = ANY ($1)",
        "UPDATE scan SET answers = '{}', override_reason = '', facts = facts - 'note' - 'questions'"
        " WHERE registration = ANY ($1)",
        "UPDATE door_case SET decided_reason = '' WHERE registration = ANY ($1)",
    ):
        count += await db.execute(statement, mine)
    if subject.person is None:
        return count
    for statement in (
        "UPDATE door_case SET decided_reason = '' WHERE decided_by = $1",
        "UPDATE door_flag SET note = '' WHERE set_by = $1",
        "UPDATE scan SET override_reason = '' WHERE by = $1",
        "UPDATE scan SET device_name = '' WHERE door_device IN (SELECT id FROM door_device WHERE made_by = $1)",
        "UPDATE admission SET device_name = '' WHERE device IN (SELECT 'door:' || id FROM door_device"
        " WHERE made_by = $1)",
        "UPDATE admission SET last_device = '' WHERE last_device LIKE ($1::uuid)::text || ':%'",
        "UPDATE door_device SET name = '–', code_hash = NULL, revoked_at = coalesce(revoked_at, now())"
        " WHERE made_by = $1",
    ):
        count += await db.execute(statement, subject.person)
    return count
