"""The book of an event's places: everything that counts, locked in one order, changed in memory, written once.

Registering one person does not come here: take_seats() in the database locks the same rows in the same order. Whoever
frees places, hands them on, resizes, approves or moves somebody between ticket types opens the book.
"""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import NotFound

GOING_ON = ("published", "closed")


class Unit(msgspec.Struct):
    """Something with places: a ticket type or a pool."""

    id: UUID
    kind: str
    name_vi: str
    name_en: str
    size: int
    used: int

    @property
    def left(self) -> int:
        """What may still be taken; below zero where places were taken away after they were given out."""
        return self.size - self.used


class Rule(msgspec.Struct, frozen=True):
    """How places are handed on, see LineRule."""

    promotion: str = "confirm"
    party_policy: str = "skip"
    after_expiry: str = "tail"
    offer_hours: int = 48
    paused_at: datetime | None = None
    paused_reason: str = ""


class Book(msgspec.Struct):
    """An event's places as they are under the lock, with what this transaction takes and gives."""

    event: asyncpg.Record
    rule: Rule
    types: dict[UUID, asyncpg.Record]
    units: dict[UUID, Unit]
    chains: dict[UUID, tuple[UUID, ...]]
    moved: dict[UUID, int] = {}

    def short(self, kind: UUID, party: int) -> list[UUID]:
        """The units in which this many do not fit any more; none: they fit."""
        return [unit for unit in self.chains[kind] if self.units[unit].left < party]

    def left(self, kind: UUID) -> int:
        """How many still fit on this ticket type."""
        return min(self.units[unit].left for unit in self.chains[kind])

    def take(self, kind: UUID, party: int) -> None:
        self._move(kind, party)

    def give(self, kind: UUID, party: int) -> None:
        self._move(kind, -party)

    def _move(self, kind: UUID, by: int) -> None:
        for unit in self.chains[kind]:
            self.units[unit].used += by
        self.moved[kind] = self.moved.get(kind, 0) + by

    def blocked(self) -> str:
        """Why nobody can be handed a place in this event now, whatever is free; "" when somebody can."""
        if self.event["status"] not in GOING_ON:
            return self.event["status"]
        if self.event["ends_at"] <= clock.now():
            return "over"
        return "paused" if self.rule.paused_at else ""


_EVENT = """
SELECT e.id, e.status, e.starts_at, e.ends_at, e.slug, l.promotion, l.party_policy, l.after_expiry, l.offer_hours,
       l.paused_at, l.paused_reason
FROM event e LEFT JOIN line_rule l ON l.event = e.id WHERE e.id = $1
"""
_TYPES = "SELECT * FROM ticket_type WHERE event = $1 ORDER BY id"
_POOLS = "SELECT * FROM seat_pool WHERE event = $1 ORDER BY depth DESC, id"
_CHAINS = (
    "SELECT l.ticket_type, l.pool FROM ticket_type_pool l JOIN seat_pool p ON p.id = l.pool WHERE p.event = $1"
    " ORDER BY l.ticket_type, p.depth DESC, p.id"
)


async def locked(event: UUID) -> Book:
    """Lock the event's ticket types by their ids, then its pools from the deepest to the root. Raises NotFound."""
    return await _open(event, " FOR NO KEY UPDATE")


async def seen(event: UUID) -> Book:
    """The book as it is now, without a lock: to be shown, not to be acted on. Raises NotFound."""
    return await _open(event, "")


async def locked_for_type(kind: UUID) -> Book:
    """The book of the event that this ticket type belongs to. Raises NotFound."""
    event = await db.fetchval("SELECT event FROM ticket_type WHERE id = $1", kind)
    if event is None:
        raise NotFound
    return await locked(event)


async def _open(event: UUID, lock: str) -> Book:
    types = await db.fetch(_TYPES + lock, event)
    pools = await db.fetch(_POOLS + lock, event)
    row = await db.fetchrow(_EVENT, event)
    if row is None:
        raise NotFound
    units = {
        kind["id"]: Unit(kind["id"], "type", kind["title_vi"], kind["title_en"], kind["capacity"], kind["sold"])
        for kind in types
    }
    units |= {
        pool["id"]: Unit(pool["id"], pool["kind"], pool["name_vi"], pool["name_en"], pool["size"], pool["used"])
        for pool in pools
    }
    chains: dict[UUID, list[UUID]] = {kind["id"]: [kind["id"]] for kind in types}
    for link in await db.fetch(_CHAINS, event) if pools else []:
        chains[link["ticket_type"]].append(link["pool"])
    names = ("promotion", "party_policy", "after_expiry", "offer_hours", "paused_at", "paused_reason")
    return Book(
        event=row,
        rule=Rule(*(row[name] for name in names)) if row["promotion"] else Rule(),
        types={kind["id"]: kind for kind in types},
        units=units,
        chains={kind: tuple(chain) for kind, chain in chains.items()},
    )


async def write(book: Book) -> None:
    """Write down what was taken and given since the book was opened: first what was given, then what was taken."""
    for kind, by in book.moved.items():
        if by < 0:
            await db.execute("SELECT give_seats($1, $2)", kind, -by)
    for kind, by in book.moved.items():
        if by > 0 and not await db.fetchval("SELECT take_seats($1, $2)", kind, by):
            raise RuntimeError("a place was given out that is not there")
    book.moved = {}
