"""Tables of messages: what is said to whom and when, and what became of it for each person."""

from piccolo.columns import UUID, BigSerial, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person
from events.tables import Event, Registration


class Message(Table, tablename="event_message"):
    """A message to a segment. `state`: draft, scheduled, sending, sent, stopped. `query` is that of the guest list.

    `before_hours`: a reminder so long before the event begins, wherever it moves; else `send_at`, or at once.
    `promotion`: goes only to who agreed to news, and each can be ended from the mail.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    subject_vi = Text()
    subject_en = Text(default="")
    body_vi = Text()
    body_en = Text(default="")
    query = Text(default="")
    promotion = Boolean(default=False)
    before_hours = Integer(null=True, default=None)
    send_at = Timestamptz(null=True, default=None)
    per_minute = Integer(default=600)
    state = Text(default="draft")
    total = Integer(default=0)
    done = Integer(default=0)
    created_at = Timestamptz(default=now)
    created_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)


class MessageTo(Table, tablename="event_message_to"):
    """One person of a message. `fate`: waiting, sent, no_consent, no_address, sample, stopped."""

    id = BigSerial(primary_key=True)
    message = ForeignKey(Message, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    registration = ForeignKey(
        Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    fate = Text(default="waiting")
    at = Timestamptz(null=True, default=None)
