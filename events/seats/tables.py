"""Tables of places: pools in a tree, which ticket types take from them, what is held back, the rules of the line.

`used`, `excess` and `taken` are counters: only take_seats(), give_seats() and guarded statements write them.
"""

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Serial, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person
from events.tables import Event, TicketType


class SeatPool(Table, tablename="seat_pool"):
    """Places that several ticket types share. `kind`: total, role, village, other. `depth`: 0 for a root.

    Locks are taken from the deepest to the root, so that the row everybody needs is held for the shortest time.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    parent: ForeignKey = ForeignKey(
        LazyTableReference("SeatPool", module_path="events.seats.tables"),
        null=True,
        default=None,
        on_delete=OnDelete.restrict,
        on_update=OnUpdate.restrict,
    )
    kind = Text(default="other")
    name_vi = Text()
    name_en = Text(default="")
    size = Integer()
    used = Integer(default=0)
    excess = Integer(default=0)
    depth = Integer(default=0)
    subject = UUID(null=True, default=None)
    place = Integer(default=0)
    created_at = Timestamptz(default=now)


class TypePool(Table, tablename="ticket_type_pool"):
    """That a ticket type takes from a pool: chosen (`direct`), or because it is above a chosen one."""

    id = Serial(primary_key=True)
    ticket_type = ForeignKey(TicketType, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    pool = ForeignKey(SeatPool, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    direct = Boolean(default=True)


class SeatHold(Table, tablename="seat_hold"):
    """Places kept back for somebody until a moment; `taken` of them have become registrations."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    ticket_type = ForeignKey(TicketType, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    size = Integer()
    taken = Integer(default=0)
    label = Text(default="")
    ends_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    held_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)


class LineRule(Table, tablename="line_rule"):
    """How an event hands places on; without a row: at once, smaller parties pass larger ones, not paused."""

    event = ForeignKey(Event, primary_key=True, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    promotion = Text(default="confirm")
    party_policy = Text(default="skip")
    after_expiry = Text(default="tail")
    offer_hours = Integer(default=48)
    paused_at = Timestamptz(null=True, default=None)
    paused_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    paused_reason = Text(default="")
