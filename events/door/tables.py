"""Tables of the door: places and who is in them, devices, what a door should know about a guest, cases to look at.

Checkpoints, scans and admissions are older and stand in events/tables.py. What decides is `door_scans` in PostgreSQL.
"""

from piccolo.columns import UUID, Array, Boolean, Bytea, ForeignKey, Integer, Text, Time, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person
from events.tables import Event, Registration


class Zone(Table, tablename="zone"):
    """A place of an event, inside another one or not: venue, village, hall, stage, room, booth, gate.

    `path`: ids from the outermost zone to this one (a trigger writes it). `cap`: so many people at most. `re_entry`:
    after_exit, any, once, daily. `empties_at`: local time at which everybody is counted out. A gate has nobody inside.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    parent: ForeignKey["Zone"] = ForeignKey(
        "self", null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict
    )
    path = Array(base_column=UUID(), default=list)
    kind = Text(default="venue")
    code = Text(default="")
    name_vi = Text()
    name_en = Text(default="")
    cap = Integer(null=True, default=None)
    re_entry = Text(default="after_exit")
    empties_at = Time(null=True, default=None)
    place = Integer(default=0)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class Device(Table, tablename="door_device"):
    """A browser that scans at one event. `role`: scan, search, supervisor, kiosk, exhibitor. No checkpoints: all.

    `hidden_types`: a supervisor's that may also give out tickets that are not offered to all. `code_hash` pairs it
    once, until `code_expires_at`; `token_hash` is what it shows from then on. The rest is what it said of itself last.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    name = Text()
    role = Text()
    checkpoints = Array(base_column=UUID(), default=list)
    hidden_types = Boolean(default=False)
    code_hash = Bytea(null=True, default=None, secret=True)
    code_expires_at = Timestamptz(null=True, default=None)
    token_hash = Bytea(null=True, default=None, secret=True)
    paired_at = Timestamptz(null=True, default=None)
    made_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    revoked_at = Timestamptz(null=True, default=None)
    revoked_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    seen_at = Timestamptz(null=True, default=None)
    waiting = Integer(default=0)
    battery = Integer(null=True, default=None)
    clock_ms = Integer(default=0)
    checkpoint = UUID(null=True, default=None)
    cards = Integer(default=0)
    cards_version = Text(default="")
    test_passed_at = Timestamptz(null=True, default=None)


class Case(Table, tablename="door_case"):
    """Something at the doors that somebody has to look at. `kind`: twice, refused, times, device.

    `key` says what it is about, so that it is one case however often it is found. `cleared_at`: later scans explained
    it. `decision`: stands, undone.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    kind = Text()
    key = Text()
    registration = UUID(null=True, default=None)
    zone = UUID(null=True, default=None)
    reason = Text(default="")
    scans = Array(base_column=UUID(), default=list)
    opened_at = Timestamptz(default=now)
    cleared_at = Timestamptz(null=True, default=None)
    decision = Text(default="")
    decided_at = Timestamptz(null=True, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    decided_reason = Text(default="")


class Flag(Table, tablename="door_flag"):
    """What the door should know about a guest: welcome with honours, or please look twice, and why."""

    id = UUID(primary_key=True, default=new_id)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    vip = Boolean(default=False)
    attention = Boolean(default=False)
    note = Text(default="")
    set_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    set_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class Pass(Table, tablename="door_pass"):
    """A temporary pass that a device gave out without a network, and the registration that it became."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    registration = ForeignKey(
        Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    code_hash = Bytea()
    device = Text(default="")
    made_at = Timestamptz(default=now)
