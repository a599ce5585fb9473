"""Money that arrived: what each line of a statement means for which ticket, and marking tickets as paid.

A line counts once, however often its file is imported. Money that comes late looks for a place anew: it confirms, or it
stands in line with nothing left to pay.
"""

import hashlib
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_, Phrase
from app.core.outbox import enqueue
from app.core.text import clean_line
from app.core.web import Actor
from events import states, waitlist
from events.paying.statement import Line
from events.paying.vietqr import Account, is_bank, is_number
from events.seats import book, promoting

FATES: dict[str, Phrase] = {
    "paid": N_("Pays the ticket"),
    "over": N_("Pays the ticket, and more than it costs"),
    "short": N_("Less than the ticket costs: nothing changes"),
    "again": N_("The ticket was paid before"),
    "ended": N_("The registration was cancelled: to be paid back"),
    "several": N_("Names several tickets"),
    "unknown": N_("Names no ticket of this event"),
    "before": N_("Imported before"),
}
SETTLES = ("paid", "over")


class Fated(msgspec.Struct, frozen=True):
    """A line with what comes of it, and whose ticket it is about."""

    line: Line
    fate: str
    registration: UUID | None = None
    code: str = ""
    full_name: str = ""
    price: int = 0


async def account_of(event: UUID) -> Account | None:
    row = await db.fetchrow("SELECT bank, number, holder FROM payment_account WHERE event = $1", event)
    return Account(**row) if row else None


async def set_account(actor: Actor, event: UUID, account: Account) -> None:
    """Say where the money of this event's tickets goes. Raises Invalid."""
    fields: dict[str, Phrase] = {}
    if not is_bank(account.bank):
        fields["bank"] = N_("Please choose the bank, or enter its six digits.")
    if not is_number(account.number):
        fields["number"] = N_("Please enter the account number: 4 to 19 digits or letters.")
    if not account.holder.strip():
        fields["holder"] = N_("Please fill this in.")
    if fields:
        raise Invalid(fields=fields)
    async with db.tx():
        await db.execute(
            "INSERT INTO payment_account (event, bank, number, holder, updated_at) VALUES ($1, $2, $3, $4, now())"
            " ON CONFLICT (event) DO UPDATE SET bank = $2, number = $3, holder = $4, updated_at = now()",
            *(event, account.bank, account.number, clean_line(account.holder)[:100]),
        )


_TICKETS = """
SELECT id, code, status, full_name, price, paid_at FROM registration
WHERE event = $1 AND code = ANY ($2)
"""


async def fates(event: UUID, lines: list[Line]) -> list[Fated]:
    """What comes of each line, in the file's order; nothing is written. Of two lines for one ticket the first pays."""
    codes = list({code for line in lines for code in line.codes})
    guests = {row["code"]: row for row in await db.fetch(_TICKETS, event, codes)}
    before = {
        row["fingerprint"]
        for row in await db.fetch(
            "SELECT fingerprint FROM bank_line WHERE event = $1 AND fingerprint = ANY ($2)",
            *(event, [line.fingerprint for line in lines]),
        )
    }
    paid: set[UUID] = set()
    found = []
    for line in lines:
        named = [guests[code] for code in line.codes if code in guests]
        guest = named[0] if len(named) == 1 else None
        fate = "before" if line.fingerprint in before else _fate(line, named, paid)
        if guest is not None and fate in SETTLES:
            paid.add(guest["id"])
        found.append(
            Fated(line, fate, guest["id"], guest["code"], guest["full_name"], guest["price"])
            if guest is not None
            else Fated(line, fate)
        )
    return found


def _fate(line: Line, named: list[asyncpg.Record], paid: set[UUID]) -> str:
    if not named:
        return "unknown"
    if len(named) > 1:
        return "several"
    guest = named[0]
    if guest["paid_at"] is not None or guest["id"] in paid:
        return "again"
    if guest["status"] in ("cancelled", "refused"):
        return "ended"
    if line.amount < guest["price"] or not guest["price"]:
        return "short" if guest["price"] else "again"
    return "over" if line.amount > guest["price"] else "paid"


async def take(actor: Actor, event: UUID, lines: list[Line]) -> list[Fated]:
    """Write down a statement: every line once, and what it pays. The same again changes nothing. Locks the book."""
    async with db.tx(statement_timeout="60s"):
        return await _take(actor, event, lines)


async def _take(actor: Actor, event: UUID, lines: list[Line]) -> list[Fated]:
    held = await book.locked(event)
    found = await fates(event, lines)
    for one in found:
        if one.fate == "before":
            continue
        await db.execute(
            "INSERT INTO bank_line (event, fingerprint, booked, amount, said, registration, fate, imported_at,"
            " imported_by) VALUES ($1, $2, $3, $4, $5, $6, $7, now(), $8)",
            *(event, one.line.fingerprint, one.line.booked, one.line.amount, one.line.said, one.registration),
            *(one.fate, actor.id),
        )
        if one.fate in SETTLES and one.registration is not None:
            await _settle(actor, held, one.registration)
    await promoting.promote(held)
    return found


class AnotherDraft(Conflict):
    message = N_("Another statement was read in the meantime. Please look through it; nothing was changed.")


class NoDraft(Conflict):
    message = N_("This statement was taken in or thrown away already.")


def mark_of(lines: list[Line]) -> str:
    """What a form carries, so that only what was looked through is taken in."""
    return hashlib.sha256(msgspec.json.encode(lines)).hexdigest()[:32]


async def settle_draft(actor: Actor, event: UUID, mark: str, *, take_in: bool) -> list[Fated]:
    """Take in the statement that waits, or throw it away. Locks the account; raises AnotherDraft, NoDraft."""
    async with db.tx(statement_timeout="60s"):
        kept = await db.fetchval("SELECT draft FROM payment_account WHERE event = $1 FOR NO KEY UPDATE", event)
        if not kept:
            raise NoDraft
        lines = msgspec.convert(kept, list[Line])
        if mark_of(lines) != mark:
            raise AnotherDraft
        found = await _take(actor, event, lines) if take_in else []
        await db.execute("UPDATE payment_account SET draft = NULL WHERE event = $1", event)
    return found


class NothingToPay(Conflict):
    message = N_("This registration has nothing to pay.")


async def mark_paid(actor: Actor, event: UUID, registration: UUID, reason: str) -> str:
    """An organizer says that the money is there, however it came; the state afterwards. Twice changes nothing."""
    if not reason.strip():
        raise Invalid(fields={"reason": N_("Please say how it was paid: it stays with the registration.")})
    async with db.tx():
        held = await book.locked(event)
        row = await waitlist.locked_guest(registration)
        if row["event"] != event:
            raise NotFound
        if row["status"] in ("cancelled", "refused") or not row["price"]:
            raise NothingToPay
        if row["paid_at"] is None:
            await _settle(actor, held, registration, reason.strip())
            await promoting.promote(held)
        return str(await db.fetchval("SELECT status FROM registration WHERE id = $1", registration))


async def _settle(actor: Actor, held: book.Book, registration: UUID, reason: str = "paid") -> None:
    """The money is there. A place that waited for it is confirmed; one that was lost is looked for anew."""
    row = await waitlist.locked_guest(registration)
    before: str = row["status"]
    await db.execute("UPDATE registration SET paid_at = $2 WHERE id = $1", registration, clock.now())
    if before in ("started", "offered"):
        await states.move(actor, registration, before, "confirmed", reason)
    elif before == "expired":
        kept = await promoting.kept_for_others(held)
        kind = row["ticket_type"]
        taken = await db.fetchval(
            "SELECT EXISTS (SELECT 1 FROM registration WHERE event = $1 AND email_key = $2 AND status = ANY ($3))",
            *(row["event"], row["email_key"], list(states.ACTIVE)),
        )
        if taken:
            await states.note(actor, registration, before, "paid")
            return
        fits = not held.short(kind, row["party"]) and not kept.intersection(held.chains[kind])
        if fits:
            held.take(kind, row["party"])
            await book.write(held)
        await states.move(actor, registration, before, "confirmed" if fits else "waitlisted", reason)
    else:
        await states.note(actor, registration, before, reason)
    await enqueue("events.tell_guest", {"registration_id": str(registration), "kind": "paid"})


async def lines_of(event: UUID, count: int = 200) -> list[asyncpg.Record]:
    """The newest lines that were imported, with the ticket that each is about."""
    return await db.fetch(
        "SELECT b.id, b.booked, b.amount, b.said, b.fate, b.imported_at, r.code, r.full_name FROM bank_line b"
        " LEFT JOIN registration r ON r.id = b.registration WHERE b.event = $1 ORDER BY b.id DESC LIMIT $2",
        *(event, count),
    )


async def unpaid(event: UUID) -> list[asyncpg.Record]:
    """Whose place waits for money, soonest to expire first."""
    return await db.fetch(
        "SELECT id, code, full_name, email, organisation, price, deadline_at FROM registration"
        " WHERE event = $1 AND status = 'started' AND paid_at IS NULL ORDER BY deadline_at, id LIMIT 500",
        event,
    )
