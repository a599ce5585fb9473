"""Tables of the guest list: saved views, tags, acts over many with the fate of each, files, certificates."""

from piccolo.columns import JSONB, UUID, BigSerial, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person
from events.tables import Event, Registration


class GuestView(Table, tablename="guest_view"):
    """A filter of the list with its columns, kept by name for the whole team. `query` is that of the address."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    name = Text()
    query = Text(default="")
    made_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    made_at = Timestamptz(default=now)


class GuestTag(Table, tablename="guest_tag"):
    """A word that the team put on a registration."""

    id = BigSerial(primary_key=True)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    tag = Text()
    by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    at = Timestamptz(default=now)


class GuestAct(Table, tablename="guest_act"):
    """Something done to many at once. `state`: waiting (until `begins_at`), running, done, stopped, undone.

    `asked`: reason, tag, and the filter it was asked with. `done` counts rows whose fate is known.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    act = Text()
    asked = JSONB(default="{}")
    state = Text(default="waiting")
    total = Integer(default=0)
    done = Integer(default=0)
    begins_at = Timestamptz(default=now)
    created_at = Timestamptz(default=now)
    created_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    finished_at = Timestamptz(null=True, default=None)
    undone_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)


class GuestFate(Table, tablename="guest_fate"):
    """What an act did to one registration. `before` is the status it had; `fate` "waiting" until its turn."""

    id = BigSerial(primary_key=True)
    act = ForeignKey(GuestAct, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    registration = ForeignKey(
        Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    place = Integer()
    before = Text()
    fate = Text(default="waiting")


class GuestFile(Table, tablename="guest_file"):
    """A file of guests. `asked`: query and columns; `state`: asked, written, ended (the file is gone)."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    format = Text()
    locale = Text(default="vi")
    asked = JSONB(default="{}")
    state = Text(default="asked")
    total = Integer(default=0)
    done = Integer(default=0)
    created_at = Timestamptz(default=now)
    finished_at = Timestamptz(null=True, default=None)


class Certificate(Table, tablename="event_certificate"):
    """That somebody was there. `name` is what stands on it; `came_at` is when a door let the ticket in first."""

    id = UUID(primary_key=True, default=new_id)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    code = Text(unique=True)
    name = Text()
    came_at = Timestamptz()
    issued_at = Timestamptz(default=now)
    issued_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    revoked_at = Timestamptz(null=True, default=None)
    revoked_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    revoked_reason = Text(default="")
