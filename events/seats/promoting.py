"""Who gets a place next: by priority, then by the number in line, as far as the places go; and why nobody does.

The plan is made of plain values; writing it down happens under the book's locks, in the transaction that frees places.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.outbox import enqueue
from events import states
from events.seats.book import Book, write

NEAR = timedelta(hours=24)
SHORTEST = timedelta(minutes=15)
PIECE = 200


class Waiting(msgspec.Struct, frozen=True):
    """Somebody in line: how many they are and which ticket types they take, the wished one first."""

    id: UUID
    party: int
    kinds: tuple[UUID, ...]
    price: int = 0


class Plan(msgspec.Struct):
    """Who gets which type, where the others found no room, and which units are kept for a party in front."""

    seated: list[tuple[Waiting, UUID]] = []
    short: dict[UUID, list[UUID]] = {}
    kept: set[UUID] = set()


def offer_until(moment: datetime, starts_at: datetime, hours: int) -> datetime:
    """Until when an offer stands: so many hours, a quarter of what is left within a day of the start, never past it."""
    left = starts_at - moment
    if left <= timedelta(0):
        return moment
    window = timedelta(hours=hours)
    if left <= NEAR:
        window = min(window, max(left / 4, SHORTEST))
    return min(moment + window, starts_at)


def plan(book: Book, line: Iterable[Waiting], found: Plan | None = None) -> Plan:
    """Give places in `book` to the line, in its order, and take them there.

    Where a party does not fit, `skip` lets smaller ones pass; `hold` keeps the rooms that are too small for it from
    everybody behind. A party larger than a room will ever be keeps nobody waiting.
    """
    found = found or Plan()
    hold = book.rule.party_policy == "hold"
    for one in line:
        further = (kind for kind in one.kinds[1:] if kind in book.chains and takes(book.types[kind], one.party))
        kinds = [*(kind for kind in one.kinds[:1] if kind in book.chains), *further]
        fitting = next(
            (k for k in kinds if not book.short(k, one.party) and not found.kept.intersection(book.chains[k])), None
        )
        if fitting is not None:
            book.take(fitting, one.party)
            found.seated.append((one, fitting))
            continue
        short = {unit for kind in kinds for unit in book.short(kind, one.party)}
        found.short[one.id] = sorted(short or {u for k in kinds for u in found.kept.intersection(book.chains[k])})
        if hold:
            found.kept |= {unit for unit in short if book.units[unit].size >= one.party}
    return found


def takes(kind: asyncpg.Record, party: int) -> bool:
    """Whether a further type is given to so many by now. One that has closed still is: who waits came before."""
    return kind["max_party"] >= party and (kind["opens_at"] is None or kind["opens_at"] <= clock.now())


_LINE = """
SELECT id, party, ticket_type, also_types, price, paid_at, priority, queue_number FROM registration
WHERE event = $1 AND status = 'waitlisted' AND (priority, -queue_number) < ($2, $3)
  AND ($4::uuid[] IS NULL OR ticket_type = ANY ($4) OR also_types && $4) AND ($5::int IS NULL OR party <= $5)
ORDER BY priority DESC, queue_number LIMIT $6
"""


async def planned(book: Book) -> Plan:
    """The plan for the whole line as it stands. Under `skip` only those who could fit are looked at."""
    found = Plan()
    after = (2**31 - 1, 0)
    while True:
        open_kinds, widest = _room(book, found)
        if not open_kinds:
            return found
        skip = book.rule.party_policy == "skip"
        rows = await db.fetch(
            _LINE, book.event["id"], *after, open_kinds if skip else None, widest if skip else None, PIECE
        )
        line = [waiting(row) for row in rows]
        plan(book, line, found)
        if len(rows) < PIECE:
            return found
        after = (rows[-1]["priority"], -rows[-1]["queue_number"])


async def kept_for_others(book: Book) -> set[UUID]:
    """The units that nobody new may take from, because somebody in line comes first. Call it after `promote`."""
    if not book.rule.paused_at:
        return (await planned(book)).kept if book.rule.party_policy == "hold" else set()
    rows = await db.fetch(
        "SELECT DISTINCT k.kind FROM registration r, unnest(array_prepend(r.ticket_type, r.also_types)) AS k (kind)"
        " WHERE r.event = $1 AND r.status = 'waitlisted'",
        book.event["id"],
    )
    return {unit for row in rows for unit in book.chains.get(row["kind"], ())}


def waiting(row: asyncpg.Record) -> Waiting:
    return Waiting(row["id"], row["party"], (row["ticket_type"], *row["also_types"]), owed(row))


def owed(row: asyncpg.Record) -> int:
    """What somebody still has to pay for a place."""
    return 0 if row["paid_at"] else int(row["price"])


def _room(book: Book, found: Plan) -> tuple[list[UUID], int]:
    """The ticket types in which somebody still fits, and how large a party may be."""
    open_kinds = [
        kind for kind, chain in book.chains.items() if book.left(kind) > 0 and not found.kept.intersection(chain)
    ]
    return open_kinds, max((book.left(kind) for kind in open_kinds), default=0)


async def promote(book: Book) -> list[UUID]:
    """Hand free places to the line, write down everything the book has moved, tell who moved up (outbox).

    Who gets a place has it confirmed at once, as an offer with a deadline, or to be paid for, as event and type say.
    Once the event has begun nobody has time for offers. Nothing moves while the event is paused, over or not public.
    """
    if book.blocked():
        await write(book)
        return []
    found = await planned(book)
    await write(book)
    moment = clock.now()
    offers = book.rule.promotion == "offer" and moment < book.event["starts_at"]
    groups: dict[tuple[str, datetime | None], list[UUID]] = {}
    for one, kind in found.seated:
        price = one.price
        if kind != one.kinds[0]:
            price = await _change_kind(book, one, kind)
        groups.setdefault(_state(book, kind, price, moment, offers=offers), []).append(one.id)
    for (status, deadline), guests in groups.items():
        await states.move_many(None, [(guest, "waitlisted") for guest in guests], status, "promoted", deadline=deadline)
    for one, _kind in found.seated:
        await enqueue("events.tell_guest", {"registration_id": str(one.id), "kind": "promoted"})
    return [one.id for one, _kind in found.seated]


def _state(book: Book, kind: UUID, price: int, moment: datetime, *, offers: bool) -> tuple[str, datetime | None]:
    if offers:
        return "offered", offer_until(moment, book.event["starts_at"], book.rule.offer_hours)
    return seated_state(book, kind, price, moment)


def seated_state(book: Book, kind: UUID, price: int, moment: datetime) -> tuple[str, datetime | None]:
    """The state of somebody who has a place and owes this much: confirmed, or started until the money is there."""
    if not price:
        return "confirmed", None
    return "started", pay_until(moment, book.event["ends_at"], book.types[kind]["hold_hours"])


def pay_until(moment: datetime, ends_at: datetime, hours: int) -> datetime:
    """Until when a place waits for its money: so many hours, never past the event."""
    return min(moment + timedelta(hours=hours), max(ends_at, moment))


async def _change_kind(book: Book, one: Waiting, kind: UUID) -> int:
    """Somebody who takes several types got another than the wished one; what is owed now. A gift stays a gift."""
    full = book.types[one.kinds[0]]["price"] * one.party
    price = book.types[kind]["price"] * one.party if one.price == full else one.price
    await db.execute("UPDATE registration SET ticket_type = $2, price = $3 WHERE id = $1", one.id, kind, price)
    return price
