"""Tables of leads: what visitors agree to, whom an exhibitor met, notes, every scan, exhibitors' devices."""

from piccolo.columns import UUID, Array, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.directory.tables.organisations import Organisation
from app.people.tables import Person
from events.door.tables import Device
from events.floor.tables import Exhibitor
from events.tables import Event, Registration


class LeadConsent(Table, tablename="lead_consent"):
    """What exhibitors who scan a visitor's ticket learn at this event: none, name, contact. Every choice stays on
    record, with the version of the text that was read; the one without `ended_at` is in force."""

    id = UUID(primary_key=True, default=new_id)
    registration = ForeignKey(
        Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    level = Text()
    text_version = Text()
    given_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class Lead(Table, tablename="lead"):
    """That a visitor showed their ticket to an exhibitor: one row for each pair. Names are the registration's own and
    are read through the consent of that moment. `withdrawn_at`: the visitor took it back from this one."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    organisation = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    registration = ForeignKey(
        Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    rating = Integer(null=True, default=None)
    tags = Array(base_column=Text(), default=list)
    first_at = Timestamptz(default=now)
    last_at = Timestamptz(default=now)
    withdrawn_at = Timestamptz(null=True, default=None)


class LeadNote(Table, tablename="lead_note"):
    """What a colleague wrote about a lead. `by` is empty where a shared device wrote it, `device` says which."""

    id = UUID(primary_key=True, default=new_id)
    lead = ForeignKey(Lead, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    by = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    device = Text(default="")
    text = Text()
    written_at = Timestamptz(default=now)


class LeadScan(Table, tablename="lead_scan"):
    """Every ticket shown at a booth. Of who agreed to nothing it says that somebody came, not who.

    `mark` tells the same act from another one with the same nonce; it is salted with both. `status`: ok, visited,
    refused; noted is what was written after a scan, no visit of its own.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    organisation = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    device = Text()
    nonce = Text()
    mark = Bytea()
    lead = ForeignKey(
        Lead, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    status = Text()
    reason = Text(default="")
    at = Timestamptz(default=now)
    received_at = Timestamptz(default=now)


class LeadDevice(Table, tablename="lead_device"):
    """Whose booth a device of the role exhibitor stands at."""

    device = ForeignKey(Device, primary_key=True, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    exhibitor = ForeignKey(Exhibitor, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
