"""What becomes of a registration that stays: other details, another ticket type, another person, two that are one.

A ticket's code belongs to one registration. So another person gets a registration of their own, with the place of the
old one, which is cancelled: its code opens no door, and nothing that was answered goes with it.
"""

from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_
from app.core.outbox import enqueue
from app.core.text import fold
from app.core.web import Actor
from app.people.accounts import email_key
from events import states, waitlist
from events.registration import Decided, Registered, Wish, checked, look_at, write_down
from events.seats import book, promoting
from events.states import ACTIVE, SEATED


class NotNow(Conflict):
    message = N_("That is not possible any more for this registration.")


class HasOne(Conflict):
    message = N_("This person is registered for the event already.")


class KindFull(Conflict):
    message = N_("There is no place left on that ticket. Your present ticket stays as it is.")


class NotThatKind(Conflict):
    message = N_("You cannot change to that ticket by yourself. Please write to the organisers.")


class ByInvitation(Conflict):
    message = N_("This ticket came with an invitation and cannot be passed on. Please write to the organisers.")


class BothCame(Conflict):
    message = N_("Both have come through a door: these are two people, or two tickets that were used.")


async def _opened(registration: UUID) -> tuple[book.Book, asyncpg.Record]:
    """The book of its event and the registration, both locked, while the event is still to be gone to."""
    event = await db.fetchval("SELECT event FROM registration WHERE id = $1", registration)
    if event is None:
        raise NotFound
    held = await book.locked(event)
    row = await waitlist.locked_guest(registration)
    if row["status"] not in ACTIVE or held.event["ends_at"] <= clock.now() or held.event["status"] == "cancelled":
        raise NotNow
    return held, row


async def edit(actor: Actor, registration: UUID, wish: Wish) -> None:
    """Change name, phone, organisation and answers; the address stays, and so does the code. Raises Invalid, NotNow."""
    async with db.tx():
        _held, row = await _opened(registration)
        wish = msgspec.structs.replace(wish, email=row["email"], party=row["party"])
        wish = checked(wish, needs_address=False)
        await db.execute(
            "UPDATE registration SET full_name = $2, phone = $3, organisation = $4, answers = answers || $5,"
            " search_text = $6 WHERE id = $1",
            *(registration, wish.full_name, wish.phone, wish.organisation, wish.answers),
            fold(f"{wish.full_name} {wish.organisation} {row['email']}"),
        )
        await states.note(actor, registration, row["status"], "edited")


async def kinds_for(row: Any) -> list[asyncpg.Record]:
    """The ticket types that a guest may change to: public, without approval, on sale, for the same money."""
    return await db.fetch(
        "SELECT t.id, t.code, t.title_vi, t.title_en, t.capacity - t.sold AS left FROM ticket_type t"
        " WHERE t.event = $1 AND t.id <> $2 AND t.self_change AND t.visibility = 'public' AND NOT t.needs_approval"
        " AND t.price * $3 = $4 AND t.max_party >= $3 AND (t.opens_at IS NULL OR t.opens_at <= $5)"
        " AND (t.closes_at IS NULL OR t.closes_at > $5) ORDER BY t.place, t.created_at",
        *(row["event"], row["ticket_type"], row["party"], row["price"], clock.now()),
    )


async def change_kind(actor: Actor, registration: UUID, code: str) -> str:
    """Move to another ticket type: its pools are taken and the old ones given back in one act; the state afterwards.

    Where the new one is full nothing changes. Somebody in line goes on waiting for the new type at the same number.
    Raises KindFull, NotThatKind, NotNow, AlreadyIn.
    """
    async with db.tx():
        held, row = await _opened(registration)
        if row["status"] not in ("confirmed", "waitlisted") or row["seat_hold"]:
            raise NotThatKind
        if await waitlist.came(registration):
            raise waitlist.AlreadyIn
        kind = next((k["id"] for k in await kinds_for(row) if k["code"] == code), None)
        if kind is None:
            raise NotThatKind
        if row["status"] == "confirmed" and row["overbooked_by"] is None:
            kept = await promoting.kept_for_others(held)
            held.give(row["ticket_type"], row["party"])
            if held.short(kind, row["party"]) or kept.intersection(held.chains[kind]):
                raise KindFull
            held.take(kind, row["party"])
            await book.write(held)
        await db.execute("UPDATE registration SET ticket_type = $2 WHERE id = $1", registration, kind)
        await states.note(actor, registration, row["status"], f"type {code}")
        await promoting.promote(held)
        status: str = await db.fetchval("SELECT status FROM registration WHERE id = $1", registration)
        await enqueue("events.tell_guest", {"registration_id": str(registration), "kind": "kind_changed", "mark": code})
    return status


async def transfer(actor: Actor, registration: UUID, wish: Wish) -> Registered:
    """Give a ticket to another person. The place goes over; the old code opens no door, the new person gets a new one
    and sees nothing that the first one answered. Both are told (outbox).

    Where organisers look at each registration they look at the new person too: the place goes back until then, and on
    to the line. Raises HasOne, ByInvitation, NotNow, AlreadyIn, Invalid.
    """
    async with db.tx():
        held, row = await _opened(registration)
        if await waitlist.came(registration):
            raise waitlist.AlreadyIn
        if row["status"] not in ("confirmed", "started", "waitlisted"):
            raise NotNow
        kind = held.types[row["ticket_type"]]
        if kind["visibility"] == "invited":
            raise ByInvitation
        wish = msgspec.structs.replace(
            wish, ticket_type=kind["code"], party=row["party"], source="transfer", delegation=row["delegation"]
        )
        wish = checked(wish, needs_address=row["delegation"] is None)
        look = await look_at(held.event["id"], kind["code"], email_key(wish.email) if wish.email else "")
        if look["first"] is not None:
            raise HasOne
        if kind["needs_approval"]:
            waitlist.give_back(held, row)
        await states.move(actor, registration, row["status"], "cancelled", "transferred")
        status = "pending_review" if kind["needs_approval"] else row["status"]
        found = await write_down(actor, look, wish, Decided(status=status, also=list(row["also_types"])))
        await _as_before(found.id, row, keeps_place=not kind["needs_approval"])
        await promoting.promote(held)
        if row["email"]:
            await enqueue("events.tell_guest", {"registration_id": str(registration), "kind": "transferred"})
    return found


async def _as_before(successor: UUID, row: asyncpg.Record, *, keeps_place: bool) -> None:
    """What belongs to the place, and not to the person, goes over; without the place, what was paid goes alone."""
    await db.execute(
        "UPDATE registration SET price = $2, paid_at = $3, voucher = $4, registered_by = coalesce(registered_by, $5),"
        " sample = $6 WHERE id = $1",
        *(successor, row["price"], row["paid_at"], row["voucher"], row["registered_by"], row["sample"]),
    )
    if keeps_place:
        await db.execute(
            "UPDATE registration SET deadline_at = $2, overbooked_by = $3, overbooked_reason = $4, priority = $5,"
            " queue_number = $6, seat_hold = $7 WHERE id = $1",
            *(successor, row["deadline_at"], row["overbooked_by"], row["overbooked_reason"], row["priority"]),
            *(row["queue_number"], row["seat_hold"]),
        )
    await db.execute("UPDATE registration SET replaced_by = $2 WHERE id = $1", row["id"], successor)


async def merge(actor: Actor, event: UUID, keep: UUID, other: UUID) -> str:
    """Make two registrations of one person one: `keep` stays, and gets the other's place where that is the better one.

    Its own place goes back then, and on to the line; the other one is cancelled without a mail, its answers fill the
    gaps. Raises BothCame, Invalid, NotFound, NotNow. Locks the book, then both in the order of their ids.
    """
    if keep == other:
        raise Invalid(fields={"other": N_("Please choose two different registrations.")})
    async with db.tx():
        held = await book.locked(event)
        rows = {number: await waitlist.locked_guest(number) for number in sorted((keep, other))}
        kept, gone = rows[keep], rows[other]
        if {kept["event"], gone["event"]} != {event}:
            raise NotFound
        if kept["status"] not in ACTIVE or gone["status"] not in ACTIVE:
            raise NotNow
        if await waitlist.came(other):
            if await waitlist.came(keep):
                raise BothCame
            kept, gone = gone, kept  # the ticket that was used is the one that stays
        better = gone["status"] in SEATED and kept["status"] not in SEATED
        if better:
            await _take_over(actor, kept, gone)
        else:
            waitlist.give_back(held, gone)
        await states.move(actor, gone["id"], gone["status"], "cancelled", "merged")
        await db.execute("UPDATE registration SET replaced_by = $2 WHERE id = $1", gone["id"], kept["id"])
        await db.execute(
            "UPDATE registration SET answers = $2 || answers, phone = CASE WHEN phone = '' THEN $3 ELSE phone END,"
            " organisation = CASE WHEN organisation = '' THEN $4 ELSE organisation END WHERE id = $1",
            *(kept["id"], gone["answers"], gone["phone"], gone["organisation"]),
        )
        await db.execute(
            "UPDATE stored_file SET owner_id = $1 WHERE owner_kind = 'registration' AND owner_id = $2",
            *(kept["id"], gone["id"]),
        )
        await promoting.promote(held)
        await enqueue("events.tell_guest", {"registration_id": str(kept["id"]), "kind": "merged", "mark": str(other)})
        return str(await db.fetchval("SELECT status FROM registration WHERE id = $1", kept["id"]))


async def _take_over(actor: Actor, kept: asyncpg.Record, gone: asyncpg.Record) -> None:
    """The place of the one that goes becomes the other's: its type and party with it, so that the books stay right."""
    path = {"waitlisted": (), "pending_review": ()}
    if kept["status"] not in path:
        raise NotNow
    status = gone["status"] if gone["status"] != "offered" or kept["status"] == "waitlisted" else "confirmed"
    await states.move(actor, kept["id"], kept["status"], status, "merged", deadline=gone["deadline_at"])
    await db.execute(
        "UPDATE registration SET ticket_type = $2, party = $3, price = $4, paid_at = $5, overbooked_by = $6,"
        " overbooked_reason = $7, seat_hold = $8 WHERE id = $1",
        *(kept["id"], gone["ticket_type"], gone["party"], gone["price"], gone["paid_at"], gone["overbooked_by"]),
        *(gone["overbooked_reason"], gone["seat_hold"]),
    )
