"""Tables of the festival ground: hosts and editions, villages, exhibitors with booths and passes, plans, rehearsals.

Places themselves are zones (events/door): a village names its zone, a booth has the id of its zone.
"""

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.directory.tables.organisations import Organisation
from app.people.tables import Person
from events.tables import Event, Registration


class Series(Table, tablename="event_series"):
    """Events that come again: Techfest Hanoi. Each event of it is an edition."""

    id = UUID(primary_key=True, default=new_id)
    slug = Text(unique=True)
    name_vi = Text()
    name_en = Text(default="")
    created_at = Timestamptz(default=now)


class Edition(Table, tablename="event_edition"):
    """That an event belongs to a series, as which edition ("2026"); from which event it was copied."""

    event = ForeignKey(Event, primary_key=True, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    series = ForeignKey(
        Series, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    label = Text(default="")
    copied_from = ForeignKey(Event, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    rehearsal = Boolean(default=False)


class Host(Table, tablename="event_host"):
    """An organisation that holds an event. `role`: host, co_host, partner, sponsor.

    `accepted_at`: since when its own editors agree; before that only organizers and they themselves see the line.
    `asked_at`: they were written to, which happens once the event is public.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    role = Text(default="host")
    place = Integer(default=0)
    accepted_at = Timestamptz(null=True, default=None)
    asked_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class Ground(Table, tablename="floor_ground"):
    """Rules for exhibitors of one event. `pass_type`: the ticket type of their staff."""

    event = ForeignKey(Event, primary_key=True, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    applications = Boolean(default=False)
    closes_at = Timestamptz(null=True, default=None)
    passes_each = Integer(default=4)
    pass_type = UUID(null=True, default=None)
    updated_at = Timestamptz(default=now)


class Village(Table, tablename="village"):
    """A sub-organiser inside an event. Quotas: how many booths and nominations it has; none: no limit.

    `ticket_type`: of the guests whom it invites by itself, see quotas.py.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    zone = UUID()
    slug = Text()
    name_vi = Text()
    name_en = Text(default="")
    about_vi = Text(default="")
    about_en = Text(default="")
    booth_quota = Integer(null=True, default=None)
    nomination_quota = Integer(null=True, default=None)
    heat_minimum = Integer(default=10)
    ticket_type = UUID(null=True, default=None)
    place = Integer(default=0)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class VillageLead(Table, tablename="village_lead"):
    """Who runs a village, from when to when."""

    id = UUID(primary_key=True, default=new_id)
    village = ForeignKey(Village, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    granted_at = Timestamptz(default=now)
    granted_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    ended_at = Timestamptz(null=True, default=None)


class Nomination(Table, tablename="village_nomination"):
    """A village names a team for the competition. `status`: nominated, accepted, declined, withdrawn."""

    id = UUID(primary_key=True, default=new_id)
    village = ForeignKey(Village, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    status = Text(default="nominated")
    note = Text(default="")
    reason = Text(default="")
    nominated_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    nominated_at = Timestamptz(default=now)
    decided_by = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    decided_at = Timestamptz(null=True, default=None)


class Exhibitor(Table, tablename="exhibitor"):
    """An organisation that asks for a booth. `status`: sent, accepted, declined, withdrawn, removed."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    village = ForeignKey(
        Village, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    status = Text(default="sent")
    shows_vi = Text(default="")
    shows_en = Text(default="")
    wishes = Text(default="")
    pass_quota = Integer(default=4)
    reason = Text(default="")
    sent_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    sent_at = Timestamptz(default=now)
    decided_by = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    decided_at = Timestamptz(null=True, default=None)
    sample = Boolean(default=False)


class Plan(Table, tablename="floor_plan"):
    """A drawing of a hall or a street on which booths are placed."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    name_vi = Text()
    name_en = Text(default="")
    file = UUID(null=True, default=None)
    place = Integer(default=0)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class Booth(Table, tablename="booth"):
    """A booth; its id is that of its zone. `x`, `y`: thousandths of the plan's width and height."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    code = Text()
    village = ForeignKey(
        Village, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    exhibitor = ForeignKey(
        Exhibitor, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    plan = ForeignKey(Plan, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    x = Integer(null=True, default=None)
    y = Integer(null=True, default=None)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class StaffPass(Table, tablename="exhibitor_pass"):
    """A registration that an exhibitor gave to somebody of its staff."""

    id = UUID(primary_key=True, default=new_id)
    exhibitor = ForeignKey(Exhibitor, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    given_by = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    given_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
