"""Tables of mentoring: when mentors are free, who meets whom, what came of it. Decisions are in the verbs.

`mentoring_time` holds who is taken when; a constraint over person and range of time stands behind every booking.
"""

from piccolo.columns import (
    UUID,
    Array,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.directory.tables.organisations import Organisation
from app.people.tables import Person


class Hours(Table, tablename="mentoring_hours"):
    """How a mentor takes bookings. Notice, hours and numbers of people are in `mentor_role`, on the public profile.

    `free_at`: beginnings that were free when `free_computed_at` was; lists are made of them, bookings look anew.
    """

    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, primary_key=True)
    time_zone = Text(default="Asia/Ho_Chi_Minh")
    session_minutes = SmallInt(default=45)
    buffer_minutes = SmallInt(default=15)
    approves = Boolean(default=False)
    mode = Text(default="online")
    place = Text(default="")
    link = Text(default="")
    closed_at = Timestamptz(null=True, default=None)
    free_at = Array(base_column=Timestamptz())
    next_free_at = Timestamptz(null=True, default=None, index=True)
    free_computed_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)
    created_at = Timestamptz(default=now)
    updated_at = Timestamptz(default=now)


class Weekly(Table, tablename="mentoring_weekly"):
    """A part of every week in which a mentor is free: minutes of the local day, Monday is 0."""

    id = UUID(primary_key=True, default=new_id)
    mentor = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    weekday = SmallInt()
    starts = SmallInt()
    ends = SmallInt()
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class DayChanged(Table, tablename="mentoring_day"):
    """A day that differs from the week: closed, wholly or in part, or open besides."""

    id = UUID(primary_key=True, default=new_id)
    mentor = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    day = Date()
    kind = Text(default="closed")
    starts = SmallInt(default=0)
    ends = SmallInt(default=1440)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class Mentorship(Table, tablename="mentorship"):
    """A mentor accompanies an organisation: it takes one of the mentor's places until somebody ends it."""

    id = UUID(primary_key=True, default=new_id)
    mentor = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    started_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    ended_reason = Text(default="")


class Goal(Table, tablename="mentoring_goal"):
    """What an organisation wants to reach with mentors. `shared_at`: all of its mentors read what the others advised.

    `state`: open, met, partly, dropped.
    """

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    need_code = Text(default="mentoring")
    title = Text()
    measure = Text(default="")
    due_on = Date(null=True, default=None)
    state = Text(default="open")
    shared_at = Timestamptz(null=True, default=None)
    result = Text(default="")
    created_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    closed_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    closed_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)


class Booking(Table, tablename="mentoring_booking"):
    """One session. `status` is changed by `states.TRANSITIONS` alone; `sequence` counts what calendars hear of.

    `expires_at`: until when a request or an offer stands. `mentor_said`, `mentee_said`: who was there, by each side.
    """

    id = UUID(primary_key=True, default=new_id)
    mentor = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    mentee = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    goal = ForeignKey(
        Goal, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    starts_at = Timestamptz(index=True)
    ends_at = Timestamptz()
    buffer_minutes = SmallInt(default=0)
    status = Text(default="requested")
    absent = Text(null=True, default=None)
    sequence = Integer(default=0)
    question = Text(default="")
    mode = Text(default="online")
    place = Text(default="")
    link = Text(default="")
    expires_at = Timestamptz(null=True, default=None)
    mentor_said = Text(null=True, default=None)
    mentor_said_at = Timestamptz(null=True, default=None)
    mentor_here_at = Timestamptz(null=True, default=None)
    mentee_said = Text(null=True, default=None)
    mentee_said_at = Timestamptz(null=True, default=None)
    mentee_here_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=now)
    settled_at = Timestamptz(null=True, default=None)


class TimeTaken(Table, tablename="mentoring_time"):
    """When a booking takes a person up, the mentor with the pause behind it. Rows without an end never overlap."""

    id = UUID(primary_key=True, default=new_id)
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    role = Text(default="mentor")
    starts_at = Timestamptz()
    ends_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)


class BookingChange(Table, tablename="mentoring_change"):
    """Each transition of a booking: who, when, why. `role`: mentor, mentee, staff or system."""

    id = BigSerial(primary_key=True)
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    act = Text()
    from_status = Text(null=True, default=None)
    to_status = Text(default="requested")
    by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    role = Text(default="system")
    reason = Text(default="")
    starts_before_at = Timestamptz(null=True, default=None)
    at = Timestamptz(default=now)


class SlotWait(Table, tablename="mentoring_wait"):
    """Somebody waits for a slot that is taken. `status`: waiting, offered, taken, passed, expired, left."""

    id = UUID(primary_key=True, default=new_id)
    mentor = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    mentee = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    organisation = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    goal = ForeignKey(Goal, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    starts_at = Timestamptz()
    question = Text(default="")
    status = Text(default="waiting")
    offer = ForeignKey(Booking, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    settled_at = Timestamptz(null=True, default=None)


class SessionLog(Table, tablename="mentoring_log"):
    """What came of a session, in three fields."""

    id = UUID(primary_key=True, default=new_id)
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, unique=True)
    topic = Text()
    advice = Text(default="")
    next_step = Text(default="")
    written_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    written_at = Timestamptz(default=now)
    version = Integer(default=1)


class AdviceConflict(Table, tablename="mentoring_contradiction"):
    """Two sessions' advice contradicts: somebody said so, until somebody says how it was decided."""

    id = UUID(primary_key=True, default=new_id)
    first = ForeignKey(Booking, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    second = ForeignKey(Booking, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    note = Text(default="")
    noted_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    noted_at = Timestamptz(default=now)
    decision = Text(default="")
    settled_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    settled_at = Timestamptz(null=True, default=None)


class SessionAction(Table, tablename="mentoring_action"):
    """Something that one of the two does until a day."""

    id = UUID(primary_key=True, default=new_id)
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    owner = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    text = Text()
    due_on = Date()
    done_at = Timestamptz(null=True, default=None)
    written_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class SessionFeedback(Table, tablename="mentoring_feedback"):
    """What one side thinks of a session, for the department's eyes only."""

    id = UUID(primary_key=True, default=new_id)
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    author = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    rating = SmallInt()
    text = Text(default="")
    created_at = Timestamptz(default=now)


class SessionThanks(Table, tablename="mentoring_thanks"):
    """Public thanks. Shown while its author agrees, the mentor agrees and staff have let it through."""

    id = UUID(primary_key=True, default=new_id)
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    author = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    mentor = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    text = Text()
    state = Text(default="waiting")
    agreed_at = Timestamptz(default=now)
    mentor_agreed_at = Timestamptz(null=True, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    decided_at = Timestamptz(null=True, default=None)
    decided_reason = Text(default="")
    created_at = Timestamptz(default=now)


class Strike(Table, tablename="mentoring_strike"):
    """Somebody did not come, or cancelled late. One appeal to the staff; while it waits the strike does not count."""

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    kind = Text(default="no_show")
    at = Timestamptz(default=now)
    appeal = Text(default="")
    appealed_at = Timestamptz(null=True, default=None)
    decision = Text(null=True, default=None)
    decided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    decided_at = Timestamptz(null=True, default=None)
    decided_reason = Text(default="")


class Feed(Table, tablename="mentoring_feed"):
    """A private calendar address; whoever has the link reads it, until it is taken back."""

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    token_hash = Bytea(unique=True)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class Programme(Table, tablename="mentoring_programme"):
    """A cohort of an organisation that supports startups: its staff see who has met whom."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    name = Text()
    starts_on = Date(null=True, default=None)
    ends_on = Date(null=True, default=None)
    silent_days = SmallInt(default=21)
    created_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class ProgrammeMember(Table, tablename="mentoring_member"):
    """A startup or a mentor of a programme. Who was asked says yes first: until `joined_at` the staff see nothing."""

    id = UUID(primary_key=True, default=new_id)
    programme = ForeignKey(Programme, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    person = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    organisation = ForeignKey(
        Organisation, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    matched_to = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    invited_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    invited_at = Timestamptz(default=now)
    joined_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    joined_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    ended_at = Timestamptz(null=True, default=None)


class Nudge(Table, tablename="mentoring_nudge"):
    """A reminder from a programme's staff: one for each person in a week, whoever sends it."""

    id = UUID(primary_key=True, default=new_id)
    programme = ForeignKey(Programme, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    week_key = Text()
    by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    at = Timestamptz(default=now)
