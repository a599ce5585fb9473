"""Tables of delegations. Its people are registrations that name it."""

from piccolo.columns import JSONB, UUID, ForeignKey, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person
from events.tables import Event


class Delegation(Table, tablename="delegation"):
    """Who come together. `secret` opens the page of its lead and is kept as it is, because mails carry it again.

    `draft` is a list that was read and not yet registered; nothing of it is registered before the lead says so.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    name = Text()
    lead = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    lead_name = Text(default="")
    lead_email = Text(default="")
    lead_key = Text(default="", index=True)
    lead_phone = Text(default="")
    locale = Text(default="vi")
    secret = Text(unique=True, secret=True)
    draft = JSONB(null=True, default=None)
    created_at = Timestamptz(default=now)
