"""What belongs to an event: its ticket types with their places, its doors, the people who run it."""

import hashlib
import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.core import db
from app.core.clock import VIETNAM, now
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_, Phrase, current_locale, in_language, pick
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.web import Actor
from app.people.accounts import email_key
from events.planning import EARLIEST_YEAR, LATEST_YEAR, TypePlan, check_terms, insert_checkpoint, insert_type
from events.seats import book, promoting
from events.words import STAFF_ROLE

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
MOST_PLACES = 1_000_000


class CodeTaken(Conflict):
    message = N_("This event has a ticket type with that code already.")


class BelowSold(Invalid):
    message = N_("%(sold)s places are taken already: the number of places cannot be lower.")

    def __init__(self, sold: int) -> None:
        super().__init__(fields={"capacity": self.message}, sold=sold)


class LastOwner(Conflict):
    message = N_("An event keeps its owner.")


class LastDoor(Conflict):
    message = N_("An event keeps one checkpoint: add another one first.")


def check_type(kind: TypePlan, code_before: str = "") -> None:
    """Raises Invalid where a ticket type cannot be."""
    fields: dict[str, Phrase] = {}
    if not _CODE.fullmatch(kind.code) or len(kind.code) > 40:
        fields["code"] = N_("Small letters, digits and hyphens, at most 40.")
    if not kind.title_vi.strip() and not kind.title_en.strip():
        fields["title_vi"] = N_("Please fill this in.")
    if not 0 <= kind.capacity <= MOST_PLACES:
        fields["capacity"] = N_("This must be a number of places between 0 and 1,000,000.")
    moments = {"opens_at": kind.opens_at, "closes_at": kind.closes_at}
    moments |= {"valid_from": kind.valid_from, "valid_until": kind.valid_until}
    for name, moment in moments.items():
        if moment is not None and not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            fields[name] = N_("Please enter a date and time that exist.")
    if kind.opens_at and kind.closes_at and kind.closes_at <= kind.opens_at:
        fields["closes_at"] = N_("The end must be after the start.")
    if kind.valid_from and kind.valid_until and kind.valid_until <= kind.valid_from:
        fields["valid_until"] = N_("The end must be after the start.")
    if kind.colour and not _COLOUR.fullmatch(kind.colour):
        fields["colour"] = N_("Please choose a colour.")
    fields |= check_terms(kind, code_before)
    if fields:
        raise Invalid(fields=fields)


async def _check_days(event: UUID, kind: TypePlan) -> None:
    """Raises Invalid for days on which the event is not."""
    if kind.days and not set(kind.days) <= set(await days_of(event)):
        raise Invalid(fields={"days": N_("Please choose days of the event.")})


async def days_of(event: UUID) -> list[date]:
    """The days of an event in Vietnam, a month of them at most."""
    row = await db.fetchrow("SELECT starts_at, ends_at FROM event WHERE id = $1", event)
    if row is None:
        return []
    first, last = (row[name].astimezone(VIETNAM).date() for name in ("starts_at", "ends_at"))
    return [first + timedelta(days=n) for n in range(min((last - first).days, 30) + 1)]


async def add_type(actor: Actor, event: UUID, kind: TypePlan) -> UUID:
    """A further kind of ticket. Raises Invalid, CodeTaken."""
    check_type(kind)
    await _check_days(event, kind)
    try:
        async with db.tx():
            place = await db.fetchval("SELECT count(*) FROM ticket_type WHERE event = $1", event)
            return await insert_type(event, kind, place)
    except asyncpg.UniqueViolationError:
        raise CodeTaken from None


async def edit_type(
    actor: Actor, event: UUID, type_id: UUID, kind: TypePlan, *, below_taken: bool = False
) -> list[UUID]:
    """Change a ticket type; more places go to those in line at once (their ids).

    Fewer than taken are refused, unless `below_taken` says that it is meant: nobody loses a place then, and none is
    given out until so many were given back. The code stays. Locks the book; raises BelowSold, Invalid, NotFound.
    """
    before = await db.fetchval("SELECT access_code FROM ticket_type WHERE id = $1 AND event = $2", type_id, event)
    check_type(kind, before or "")
    await _check_days(event, kind)
    async with db.tx(statement_timeout="30s"):
        held = await book.locked(event)
        row = held.types.get(type_id)
        if row is None:
            raise NotFound
        if row["sold"] > kind.capacity and not below_taken:
            raise BelowSold(row["sold"])
        await db.execute(
            "UPDATE ticket_type SET title_vi = $2, title_en = $3, capacity = $4, needs_approval = $5, opens_at = $6,"
            " closes_at = $7, excess = greatest(0, sold - $4), role = $8, visibility = $9, access_code = $10,"
            " price = $11, hold_hours = $12, max_party = $13, self_change = $14, days = $15, valid_from = $16,"
            " valid_until = $17, colour = $18 WHERE id = $1",
            *(type_id, kind.title_vi, kind.title_en, kind.capacity, kind.needs_approval, kind.opens_at, kind.closes_at),
            *(kind.role, kind.visibility, kind.access_code, kind.price, kind.hold_hours, kind.max_party),
            *(kind.self_change, sorted(set(kind.days)) or None, kind.valid_from, kind.valid_until, kind.colour),
        )
        held.units[type_id].size = kind.capacity
        return await promoting.promote(held)


async def add_checkpoint(
    actor: Actor, event: UUID, *, name_vi: str, name_en: str = "", capacity: int | None = None, types: list[str]
) -> UUID:
    """A further door, village or stage. Raises Invalid."""
    fields: dict[str, Phrase] = {}
    if not name_vi.strip():
        fields["name_vi"] = N_("Please fill this in.")
    if capacity is not None and not 0 < capacity <= MOST_PLACES:
        fields["capacity"] = N_("This must be a number of places between 0 and 1,000,000.")
    if fields:
        raise Invalid(fields=fields)
    async with db.tx():
        return await insert_checkpoint(event, name_vi=name_vi, name_en=name_en, capacity=capacity, types=types)


async def end_checkpoint(actor: Actor, event: UUID, checkpoint: UUID) -> None:
    """Close a door for good; its scans stay on record. Twice changes nothing. Raises LastDoor.

    Locks the event's doors in the order of their ids, so that two at once do not close the last two.
    """
    async with db.tx():
        doors = await db.fetch(
            "SELECT id FROM checkpoint WHERE event = $1 AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE", event
        )
        if [door["id"] for door in doors] == [checkpoint]:
            raise LastDoor
        await db.execute(
            "UPDATE checkpoint SET ended_at = now() WHERE id = $1 AND event = $2 AND ended_at IS NULL",
            checkpoint,
            event,
        )


async def add_staff(actor: Actor, event: UUID, email: str, role: str) -> None:
    """Let somebody with an account help to run the event; a new role replaces the old one. The owner stays owner.

    Puts a mail to the address into the outbox, once a day for a role. Without an account it asks the person to make
    one: the caller is told the same, so that nobody tries out here who has an account.
    """
    if role not in ("organizer", "desk"):
        raise Invalid(fields={"role": N_("Please choose one of the options.")})
    async with db.tx():
        found = await db.fetchrow(
            "SELECT id, locale, sample FROM person WHERE email_key = $1 AND ended_at IS NULL", email_key(email)
        )
        if found is None:
            await _write_to(actor, event, email, role, None)
            return
        person = found["id"]
        current = await db.fetchrow(
            "SELECT id, role FROM event_staff WHERE event = $1 AND person = $2 AND ended_at IS NULL FOR NO KEY UPDATE",
            *(event, person),
        )
        if current is not None and current["role"] == "owner":
            raise LastOwner
        if not found["sample"]:
            await _write_to(actor, event, email, role, found["locale"])
        if current is not None and current["role"] == role:
            return
        if current is not None:
            await _end_staff(actor, current["id"])
        await db.execute(
            "INSERT INTO event_staff (id, event, person, role, granted_at, granted_by) VALUES ($1, $2, $3, $4,"
            " now(), $5)",
            *(new_id(), event, person, role, actor.person_id),
        )


async def _write_to(actor: Actor, event: UUID, email: str, role: str, locale: str | None) -> None:
    """Tell somebody that they are on the team, or without an account (no locale) what to do to be on it."""
    row = await db.fetchrow("SELECT slug, title_vi, title_en FROM event WHERE id = $1", event)
    assert row is not None  # noqa: S101  seen before
    with in_language(locale or current_locale()):
        title, duty = pick(row["title_vi"], row["title_en"]), STAFF_ROLE[role].text()
    link = f"{get_settings().origin}/events/{row['slug']}" if locale else f"{get_settings().origin}/sign-up"
    address = hashlib.sha256(email_key(email).encode("utf-8", "replace")).hexdigest()[:32]
    await send_mail(
        to=email,
        template="events/team.txt",
        locale=locale,
        context={"title": title, "duty": duty, "by": actor.name, "link": link, "has_account": locale is not None},
        message_key=f"events:team:{event}:{address}:{role}:{now():%Y%m%d}",
    )


async def end_staff(actor: Actor, event: UUID, staff: UUID) -> None:
    """Take somebody off the team, with effect from the next request. The owner stays. Twice changes nothing."""
    async with db.tx():
        row = await db.fetchrow("SELECT role FROM event_staff WHERE id = $1 AND event = $2", staff, event)
        if row is None:
            raise NotFound
        if row["role"] == "owner":
            raise LastOwner
        await _end_staff(actor, staff)


async def _end_staff(actor: Actor, staff: UUID) -> None:
    await db.execute(
        "UPDATE event_staff SET ended_at = now(), ended_by = $2 WHERE id = $1 AND ended_at IS NULL",
        staff,
        actor.person_id,
    )


def _room(row: asyncpg.Record) -> int:
    """What the pools of a type have left; one without a pool has only its own places."""
    room: int = row["capacity"] if row["room"] is None else row["room"]
    return room


async def types_of(event: UUID) -> list[dict[str, Any]]:
    """The ticket types in order, with what is left and how many wait in line or for approval."""
    rows = await db.fetch(
        "SELECT t.*, (SELECT min(p.size - p.used) FROM ticket_type_pool l JOIN seat_pool p ON p.id = l.pool"
        " WHERE l.ticket_type = t.id) AS room, count(r.id) FILTER (WHERE r.status = 'waitlisted') AS waiting,"
        " count(r.id) FILTER (WHERE r.status = 'pending_review') AS pending FROM ticket_type t"
        " LEFT JOIN registration r ON r.ticket_type = t.id AND r.status IN ('waitlisted', 'pending_review')"
        " WHERE t.event = $1 GROUP BY t.id ORDER BY t.place, t.created_at",
        event,
    )
    return [{**row, "left": max(min(row["capacity"] - row["sold"], _room(row)), 0)} for row in rows]


async def checkpoints_of(event: UUID) -> list[asyncpg.Record]:
    """The doors in use, in order, with how many are inside and how many ever came."""
    return await db.fetch(
        "SELECT c.id, c.name_vi, c.name_en, z.id AS zone, z.cap AS capacity, c.ticket_types, sum(n.inside) AS inside,"
        " sum(n.admitted) AS admitted FROM checkpoint c JOIN zone o ON o.id = c.zone"
        " JOIN zone z ON z.id = CASE WHEN o.kind = 'gate' THEN coalesce(o.parent, o.id) ELSE o.id END"
        " JOIN zone_count n ON n.zone = z.id"
        " WHERE c.event = $1 AND c.ended_at IS NULL GROUP BY c.id, z.id ORDER BY c.place, c.created_at",
        event,
    )


async def staff_of(event: UUID) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT s.id, s.role, s.granted_at, p.name, p.email FROM event_staff s JOIN person p ON p.id = s.person"
        " WHERE s.event = $1 AND s.ended_at IS NULL ORDER BY s.granted_at",
        event,
    )
