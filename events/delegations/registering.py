"""Registering a delegation: many people by one, all of them or as many as fit, as its lead chooses.

Everybody is a registration of their own, with a code of their own. Who has no address gets the mails through the lead.
"""

from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_AN_EMAIL, email_address, is_email
from app.core.i18n import N_, Phrase, current_locale
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.text import clean_line, fold
from app.core.web import Actor
from app.people.accounts import email_key
from events import tickets
from events.delegations.reading import MOST_PEOPLE, Member
from events.registration import Decided, Wish, check_open, look_at, write_down
from events.seats import book, promoting


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """Who registers the others, and what they are together."""

    name: str
    lead_name: str
    lead_email: str
    lead_phone: str = ""


class NotAllFit(Conflict):
    """All were wanted or none, and not all fit. `fit` says how many would."""

    message = N_("Only %(fit)s of %(count)s people have a place. Nobody was registered.")

    def __init__(self, fit: int, count: int) -> None:
        super().__init__(fit=fit, count=count)
        self.fit = fit


class Registered(msgspec.Struct, frozen=True):
    """What came of the list: how many have a place, wait for approval or in line, and were registered before."""

    confirmed: int = 0
    pending: int = 0
    waitlisted: int = 0
    known: int = 0


async def begin(actor: Actor, event: UUID, lead: Lead) -> asyncpg.Record:
    """Make an empty delegation; its id and the secret of its page. Puts a mail to the lead into the outbox."""
    fields: dict[str, Phrase] = {}
    if not fold(lead.name):
        fields["name"] = N_("Please fill this in.")
    if not fold(lead.lead_name):
        fields["lead_name"] = N_("Please fill this in.")
    if not is_email(lead.lead_email.strip()):
        fields["lead_email"] = NOT_AN_EMAIL
    if fields:
        raise Invalid(fields=fields)
    email = email_address(lead.lead_email.strip())
    own = actor.id is not None and email_key(actor.email) == email_key(email)
    async with db.tx():
        row = await db.fetchrow(
            "INSERT INTO delegation (id, event, name, lead, lead_name, lead_email, lead_key, lead_phone, locale,"
            " secret, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now()) RETURNING *",
            *(
                new_id(),
                event,
                clean_line(lead.name)[:200],
                actor.id if own else None,
                clean_line(lead.lead_name)[:200],
            ),
            *(email, email_key(email), clean_line(lead.lead_phone)[:40], current_locale(), tickets.new_secret()),
        )
        assert row is not None  # noqa: S101  RETURNING of one INSERT
        await enqueue("events.tell_lead", {"delegation_id": str(row["id"]), "kind": "begun"})
    return row


async def keep_draft(delegation: UUID, kind: str, members: list[Member]) -> None:
    """Keep a list that was read until its lead says what to do with it; nobody is registered."""
    async with db.tx():
        await db.execute(
            "UPDATE delegation SET draft = $2 WHERE id = $1",
            delegation,
            {"ticket_type": kind, "people": [msgspec.to_builtins(member) for member in members]},
        )


def draft_of(row: Any) -> tuple[str, list[Member]]:
    """The ticket type and the people of a list that waits; no people for none."""
    if not row["draft"]:
        return "", []
    return row["draft"]["ticket_type"], msgspec.convert(row["draft"]["people"], list[Member])


async def register(
    actor: Actor, delegation: UUID, kind: str, members: list[Member], way: Literal["all", "fit"]
) -> Registered:
    """Register these for the delegation's event. `all`: everybody gets a place or nobody is registered. `fit`: places
    go out in the list's order, the rest stands in line. An address that is registered already is counted, not doubled.

    Locks the book for the whole act. Raises NotAllFit, Invalid, NotOpen. Twice the same list registers nobody twice.
    """
    if not members or len(members) > MOST_PEOPLE:
        raise Invalid(fields={"people": N_("At most %(most)s people at once.")}, most=MOST_PEOPLE)
    async with db.tx(statement_timeout="60s"):
        row = await db.fetchrow("SELECT * FROM delegation WHERE id = $1 FOR NO KEY UPDATE", delegation)
        if row is None:
            raise NotFound
        held = await book.locked(row["event"])
        look = await look_at(row["event"], kind, "")
        if look["type"] is None or look["visibility"] != "public":
            raise Invalid(fields={"ticket_type": N_("Please choose one of the ticket types.")})
        check_open(look)
        new = await _not_yet(row, members)
        await promoting.promote(held)
        statuses = await _places(held, look, len(new), way)
        for member, status in zip(new, statuses, strict=True):
            await _write(actor, row, look, member, status)
        await db.execute("UPDATE delegation SET draft = NULL WHERE id = $1", delegation)
        if new:
            count = await db.fetchval("SELECT count(*) FROM registration WHERE delegation = $1", delegation)
            payload = {"delegation_id": str(delegation), "kind": "registered", "mark": str(count)}
            await enqueue("events.tell_lead", payload)
    return Registered(
        confirmed=statuses.count("confirmed") + statuses.count("started"),
        pending=statuses.count("pending_review"),
        waitlisted=statuses.count("waitlisted"),
        known=len(members) - len(new),
    )


async def _not_yet(row: asyncpg.Record, members: list[Member]) -> list[Member]:
    """Those who are not registered for the event: by address, or by name within the delegation."""
    there = await db.fetch(
        "SELECT email_key, full_name, delegation FROM registration WHERE event = $1"
        " AND status IN ('confirmed', 'waitlisted', 'pending_review', 'offered', 'started')"
        " AND (delegation = $2 OR email_key = ANY ($3))",
        *(row["event"], row["id"], [email_key(member.email) for member in members if member.email]),
    )
    keys = {one["email_key"] for one in there}
    names = {fold(one["full_name"]) for one in there if one["delegation"] == row["id"]}
    found = []
    for member in members:
        known = email_key(member.email) in keys if member.email else fold(member.full_name) in names
        if not known:
            found.append(member)
            keys.add(email_key(member.email) if member.email else "")
    return found


async def _places(held: book.Book, look: asyncpg.Record, count: int, way: str) -> list[str]:
    """The state of each in the list's order; the places are taken in the book."""
    if look["needs_approval"]:
        return ["pending_review"] * count
    kept = await promoting.kept_for_others(held)
    blocked = bool(kept.intersection(held.chains[look["type"]]))
    fit = 0 if blocked else min(count, max(held.left(look["type"]), 0))
    if way == "all" and fit < count:
        raise NotAllFit(fit, count)
    if fit:
        held.take(look["type"], fit)
    await book.write(held)
    return ["started" if look["price"] else "confirmed"] * fit + ["waitlisted"] * (count - fit)


async def _write(actor: Actor, row: asyncpg.Record, look: asyncpg.Record, member: Member, status: str) -> None:
    wish = Wish(
        ticket_type="",
        full_name=member.full_name,
        email=member.email,
        phone=member.phone,
        organisation=member.organisation or row["name"],
        source="delegation",
        delegation=row["id"],
        mail=bool(member.email),
    )
    await write_down(actor, look, wish, Decided(status=status))


async def delegation_for(secret: str) -> asyncpg.Record:
    """The delegation that its lead's link opens, with its event. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT d.*, e.slug, e.title_vi, e.title_en, e.starts_at, e.ends_at, e.venue, e.address, e.province_code,"
        " e.status AS event_status, e.sample AS event_sample FROM delegation d JOIN event e ON e.id = d.event"
        " WHERE d.secret = $1",
        secret[:100],
    )
    if row is None:
        raise NotFound
    return row


async def people_of(delegation: UUID) -> list[asyncpg.Record]:
    """Everybody of a delegation, in the order of the list; who gave a place up last."""
    return await db.fetch(
        "SELECT r.id, r.full_name, r.email, r.phone, r.organisation, r.status, r.code, r.secret, r.deadline_at,"
        " r.replaced_by, t.title_vi AS type_vi, t.title_en AS type_en, EXISTS (SELECT 1 FROM admission a"
        " WHERE a.registration = r.id AND a.voided_at IS NULL) AS came FROM registration r"
        " JOIN ticket_type t ON t.id = r.ticket_type WHERE r.delegation = $1 AND r.replaced_by IS NULL"
        " ORDER BY r.status IN ('cancelled', 'refused', 'expired'), r.queue_number",
        delegation,
    )


async def code_of(delegation: asyncpg.Record) -> str:
    """The text of the QR code that all of a delegation share; "" while nobody of it has a place."""
    key = await db.fetchval(
        "SELECT max(signing_key) FROM registration WHERE delegation = $1 HAVING bool_or(status = 'confirmed')",
        delegation["id"],
    )
    return await tickets.code_of(delegation["id"], delegation["event"], key) if key is not None else ""


async def of_event(event: UUID) -> list[asyncpg.Record]:
    """The delegations of an event with their numbers, for its organizers."""
    return await db.fetch(
        "SELECT d.id, d.name, d.lead_name, d.lead_email, d.lead_phone, d.secret, d.lead, d.created_at,"
        " count(r.id) FILTER (WHERE r.status = 'confirmed') AS confirmed,"
        " count(r.id) FILTER (WHERE r.status IN ('waitlisted', 'pending_review', 'offered', 'started')) AS waiting"
        " FROM delegation d LEFT JOIN registration r ON r.delegation = d.id WHERE d.event = $1"
        " GROUP BY d.id ORDER BY d.created_at LIMIT 500",
        event,
    )


def over(row: Any) -> bool:
    return bool(row["ends_at"] <= clock.now())
