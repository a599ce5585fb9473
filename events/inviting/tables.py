"""Tables of invitations. `uses` is a counter: a guarded statement writes it."""

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person
from events.seats.tables import SeatHold
from events.tables import Event, TicketType


class Voucher(Table, tablename="event_voucher"):
    """A code that lets its bearer register: for one person (`email`) or whoever has it, `uses_most` times.

    `hold` names places kept for it. `skips_approval` and `priority` are what it is worth beyond being let in.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    ticket_type = ForeignKey(TicketType, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    code = Text()
    label = Text(default="")
    full_name = Text(default="")
    email = Text(default="")
    email_key = Text(default="")
    locale = Text(default="vi")
    uses = Integer(default=0)
    uses_most = Integer(default=1)
    hold = ForeignKey(SeatHold, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    skips_approval = Boolean(default=True)
    free = Boolean(default=False)
    priority = Integer(default=0)
    ends_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    made_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    sent_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=now)
