"""Tables of the agenda: what is being planned, what was published, who speaks, who has a seat.

`session` is the draft that planners change; `shown` is what everybody sees since the last release, with the counter of
seats, which guarded statements alone write. Checks, partial indexes and the functions stand in the migrations.
"""

from piccolo.columns import JSONB, UUID, Array, BigSerial, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person
from events.tables import Event, Registration


class Agenda(Table, tablename="agenda"):
    """The rules of one event's agenda. `overlap`: refused or allowed; `release`: the number that is public, 0: none."""

    event = ForeignKey(Event, primary_key=True, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    overlap = Text(default="refused")
    walk_in_minutes = Integer(default=10)
    release = Integer(default=0)
    numbers = Integer(default=0)
    updated_at = Timestamptz(default=now)


class Session(Table, tablename="agenda_session"):
    """A session as it is planned now. `number` and `guid` name it in schedule files; `version` counts its changes."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    number = Integer()
    guid = Text()
    slug = Text()
    kind = Text(default="talk")
    kind_text = Text(default="")
    title_vi = Text(default="")
    title_en = Text(default="")
    abstract_vi = Text(default="")
    abstract_en = Text(default="")
    description_vi = Text(default="")
    description_en = Text(default="")
    language = Text(default="vi")
    track = Text(default="")
    tags = Array(base_column=Text(), default=list)
    zone = UUID(null=True, default=None, index=True)
    starts_at = Timestamptz(null=True, default=None)
    ends_at = Timestamptz(null=True, default=None)
    capacity = Integer(null=True, default=None)
    booking = Boolean(default=False)
    version = Integer(default=1)
    created_at = Timestamptz(default=now)
    updated_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class Speaker(Table, tablename="agenda_speaker"):
    """Who speaks at an event: somebody with a public profile (`person`), or a guest by name."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    slug = Text()
    name = Text()
    person = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    role_vi = Text(default="")
    role_en = Text(default="")
    bio_vi = Text(default="")
    bio_en = Text(default="")
    created_at = Timestamptz(default=now)


class Part(Table, tablename="agenda_part"):
    """That somebody speaks in a session, in which order."""

    id = UUID(primary_key=True, default=new_id)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    speaker = ForeignKey(Speaker, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    place = Integer(default=0)


class Release(Table, tablename="agenda_release"):
    """A published version: by whom, what changed, and which clashes were let pass and why."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    number = Integer()
    published_at = Timestamptz(default=now)
    published_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    reason = Text(default="")
    clashes = JSONB(default="[]")
    changes = JSONB(default="[]")


class Shown(Table, tablename="agenda_shown"):
    """A session as it was published last. CHECK (booked BETWEEN 0 AND capacity) stands behind the guarded statements.

    `facts` is what pages and files say of it; `sequence` counts what calendars have to hear of.
    """

    session = ForeignKey(
        Session, primary_key=True, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict
    )
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    slug = Text()
    zone = UUID(null=True, default=None)
    starts_at = Timestamptz()
    ends_at = Timestamptz()
    booking = Boolean(default=False)
    capacity = Integer(null=True, default=None)
    booked = Integer(default=0)
    sequence = Integer(default=0)
    facts = JSONB(default="{}")
    search_text = Text(default="")
    ended_at = Timestamptz(null=True, default=None)


class Booking(Table, tablename="agenda_booking"):
    """A session in somebody's own agenda. `status`: booked, waiting, noted (no seat needed), given_up, ended.

    `clash` names the booked session that this one has come to overlap, since `clashed_at`. The id is the place in line.
    """

    id = BigSerial(primary_key=True)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    status = Text()
    clash = UUID(null=True, default=None)
    clashed_at = Timestamptz(null=True, default=None)
    made_at = Timestamptz(default=now)
    status_at = Timestamptz(default=now)


class ScheduleFile(Table, tablename="agenda_file"):
    """A schedule file that was read and waits to be taken over. Its talks go when it is, or after a day."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    name = Text(default="")
    talks = JSONB(null=True, default=None)
    read_at = Timestamptz(default=now, index=True)
    applied_at = Timestamptz(null=True, default=None)
