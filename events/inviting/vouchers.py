"""Invitations and vouchers: made with places kept for them or without, sent, ended; what nobody used comes back."""

import re
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_AN_EMAIL, email_address, is_email
from app.core.i18n import N_, Phrase, current_locale
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.outbox import enqueue
from app.core.settings import get_settings
from app.core.text import clean_line
from app.core.web import Actor
from app.people.accounts import email_key
from events import tickets
from events.inviting.opening import CODE_LENGTH, plain
from events.seats import book, holds, promoting

MOST_AT_ONCE = 500
MOST_USES = 10_000
_PARTING = re.compile(r"[<>;,\t|]")


class VoucherPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is given out: for one ticket type, to one person (`email`) or to whoever has the code."""

    ticket_type: UUID
    label: str = ""
    code: str = ""
    uses_most: int = 1
    keeps: int = 0
    """So many places are kept for it."""
    ends_at: datetime | None = None
    skips_approval: bool = True
    free: bool = False
    priority: int = 0


class CodeInUse(Conflict):
    message = N_("This code is in use already at this event. Please choose another one.")


def check(plan: VoucherPlan) -> None:
    fields: dict[str, Phrase] = {}
    if not 1 <= plan.uses_most <= MOST_USES:
        fields["uses_most"] = N_("Please enter a number between 1 and 10,000.")
    if not 0 <= plan.keeps <= plan.uses_most:
        fields["keeps"] = N_("No more places can be kept than the code may be used.")
    if plan.ends_at is not None and plan.ends_at <= clock.now():
        fields["ends_at"] = N_("Please choose a moment that is still to come.")
    if plan.keeps and plan.ends_at is None:
        fields["ends_at"] = N_("Places that are kept need a moment at which they come back.")
    if plan.code and not 4 <= len(plain(plan.code)) < CODE_LENGTH:
        fields["code"] = N_("Please give at least four letters or digits.")
    if fields:
        raise Invalid(fields=fields)


async def make(actor: Actor, event: UUID, plan: VoucherPlan) -> UUID:
    """Make a code that may be used so many times; places are kept for it at once. Raises CodeInUse, NotThatMany."""
    check(plan)
    async with db.tx():
        held = await book.locked(event)
        return await insert(actor, held, plan, plain(plan.code) or tickets.new_code())


async def insert(
    actor: Actor, held: book.Book, plan: VoucherPlan, code: str, guest: tuple[str, str] = ("", "")
) -> UUID:
    """A code in the open transaction, under the book's locks. Raises CodeInUse, NotThatMany, Invalid."""
    if plan.ticket_type not in held.types:
        raise Invalid(fields={"ticket_type": N_("Please choose one of the ticket types.")})
    hold = None
    if plan.keeps:
        hold = await holds.keep(held, actor, plan.ticket_type, plan.keeps, plan.label or code, plan.ends_at)
    number, (name, email) = new_id(), guest
    made = await db.execute(
        "INSERT INTO event_voucher (id, event, ticket_type, code, label, full_name, email, email_key, locale, uses,"
        " uses_most, hold, skips_approval, free, priority, ends_at, made_by, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13, $14, $15, $16, now())"
        " ON CONFLICT (event, code) DO NOTHING",
        *(number, held.event["id"], plan.ticket_type, code, clean_line(plan.label)[:200], name, email),
        *(email_key(email) if email else "", current_locale(), plan.uses_most, hold, plan.skips_approval, plan.free),
        *(plan.priority, plan.ends_at, actor.id),
    )
    if not made:
        raise CodeInUse
    return number


class Invitee(msgspec.Struct, frozen=True):
    full_name: str
    email: str


def read_invitees(text: str) -> list[Invitee]:
    """A pasted list, one person a line: name and address in any order, parted by a comma, semicolon, tab or brackets.

    Raises Invalid with the number of the first line that cannot be read.
    """
    found: dict[str, Invitee] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        parts = [part.strip() for part in _PARTING.split(line) if part.strip()]
        email = next((part for part in parts if "@" in part), "")
        if not is_email(email):
            raise Invalid(
                fields={"people": N_("In line %(line)s there is no e-mail address that exists.")}, line=number
            )
        name = next((clean_line(part) for part in parts if part != email), "")
        address = email_address(email)
        found.setdefault(email_key(address), Invitee(name[:200], address))
    if len(found) > MOST_AT_ONCE:
        raise Invalid(fields={"people": N_("At most %(most)s people at once.")}, most=MOST_AT_ONCE)
    if not found:
        raise Invalid(fields={"people": NOT_AN_EMAIL})
    return list(found.values())


async def invite(actor: Actor, event: UUID, plan: VoucherPlan, people: list[Invitee]) -> tuple[int, int]:
    """An invitation for each of these, with a mail (outbox); how many were made, and how many had one or a ticket
    already and get nothing twice. With `keeps` a place is kept for each. All or none. Raises NotThatMany, Invalid."""
    check(plan)
    keys = [email_key(one.email) for one in people]
    async with db.tx(statement_timeout="30s"):
        held = await book.locked(event)
        rows = await db.fetch(
            "SELECT email_key FROM event_voucher WHERE event = $1 AND email_key = ANY ($2) AND ended_at IS NULL"
            " AND uses < uses_most AND (ends_at IS NULL OR ends_at > $3) UNION SELECT email_key FROM registration"
            " WHERE event = $1 AND email_key = ANY ($2)"
            " AND status IN ('confirmed', 'offered', 'started', 'pending_review')",
            *(event, keys, clock.now()),
        )
        known = {row["email_key"] for row in rows}
        wanted = [one for one in people if email_key(one.email) not in known]
        single = msgspec.structs.replace(plan, code="", uses_most=1, keeps=min(plan.keeps, 1))
        for one in wanted:
            number = await insert(actor, held, single, tickets.new_code(), (one.full_name, one.email))
            await enqueue("events.invite", {"voucher_id": str(number)})
    return len(wanted), len(people) - len(wanted)


async def send(voucher: UUID) -> None:
    """Mail an invitation to its person, once."""
    row = await db.fetchrow(
        "SELECT v.*, e.slug, e.title_vi AS event_vi, e.title_en AS event_en, e.starts_at, t.title_vi AS"
        " type_vi, t.title_en AS type_en FROM event_voucher v JOIN event e ON e.id = v.event JOIN ticket_type t"
        " ON t.id = v.ticket_type WHERE v.id = $1 AND v.email <> '' AND v.ended_at IS NULL",
        voucher,
    )
    if row is None:
        return
    async with db.tx():
        await send_mail(
            to=row["email"],
            template="events/invitation.txt",
            locale=row["locale"],
            context={
                "guest": {name: row[name] for name in ("full_name", "starts_at", "ends_at", "label", "code")},
                "titles": (row["event_vi"], row["event_en"]),
                "types": (row["type_vi"], row["type_en"]),
                "link": f"{get_settings().origin}/events/{row['slug']}/register?code={row['code']}",
            },
            message_key=f"events:invite:{row['id']}",
        )
        await db.execute("UPDATE event_voucher SET sent_at = now() WHERE id = $1", voucher)


async def end(actor: Actor, event: UUID, voucher: UUID) -> None:
    """Take a code back: it opens nothing any more, and its unused places go to the line. Twice changes nothing."""
    async with db.tx():
        held = await book.locked(event)
        row = await db.fetchrow("SELECT hold FROM event_voucher WHERE id = $1 AND event = $2", voucher, event)
        if row is None:
            raise NotFound
        await db.execute("UPDATE event_voucher SET ended_at = now() WHERE id = $1 AND ended_at IS NULL", voucher)
        if row["hold"]:
            await holds.release(held, row["hold"])
        await promoting.promote(held)


async def of_event(event: UUID, *, after: UUID | None = None, count: int = 101) -> list[asyncpg.Record]:
    """The codes of an event, newest first, with what is kept for them."""
    return await db.fetch(
        "SELECT v.*, t.title_vi AS type_vi, t.title_en AS type_en, h.size - h.taken AS kept, h.ended_at AS kept_ended,"
        " coalesce(v.ends_at <= $3, false) AS over FROM event_voucher v JOIN ticket_type t ON t.id = v.ticket_type"
        " LEFT JOIN seat_hold h ON h.id = v.hold WHERE v.event = $1 AND ($2::uuid IS NULL OR v.id < $2)"
        " ORDER BY v.id DESC LIMIT $4",
        *(event, after, clock.now(), count),
    )
