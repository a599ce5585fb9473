"""Tables of paying: where an event's money goes, and what a bank statement said."""

from piccolo.columns import JSONB, UUID, BigSerial, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.people.tables import Person
from events.tables import Event


class PaymentAccount(Table, tablename="payment_account"):
    """The account that an event's guests pay to. `bank` is the six digits that banks know each other by.

    `draft`: the lines of a statement that was read and not yet taken in.
    """

    event = ForeignKey(Event, primary_key=True, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    bank = Text()
    number = Text()
    holder = Text()
    draft = JSONB(null=True, default=None)
    updated_at = Timestamptz(default=now)


class BankLine(Table, tablename="bank_line"):
    """A line of a bank statement that was imported, once: `fingerprint` is made of everything the line says."""

    id = BigSerial(primary_key=True)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    fingerprint = Text()
    booked = Text(default="")
    amount = Integer()
    said = Text(default="")
    registration = UUID(null=True, default=None, index=True)
    fate = Text()
    imported_at = Timestamptz(default=now)
    imported_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
