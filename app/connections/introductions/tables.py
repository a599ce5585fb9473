"""Tables of introductions: requests and their steps, capacity, threads, meetings, follow-ups, information, outcomes.

States, pairs, capacity and cooling-off are held by the database itself: see the second migration.
"""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Numeric,
    Real,
    Text,
    Timestamptz,
)
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.constraints import Unique
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.directory.tables import Organisation
from app.people.tables import Person


class Introduction(Table, tablename="introduction"):
    """One introduction of two organisations. `asker` asked `receiver`, or a third party proposed it to both.

    `state` changes by a row of `introduction_transition` and in no other way.
    """

    id = UUID(primary_key=True, default=new_id)
    asker = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    receiver = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    state = Text(default="draft")
    origin = Text(default="request")
    """request: one asks the other; connector: somebody who knows both; coordinator: the department's staff."""
    connector = ForeignKey(Organisation, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    """Who wrote it."""
    purpose = Text(default="capital")
    words = Text(default="")
    """Why, in the words of who asks."""
    need_key = Text(default="")
    """What the asker was looking for then: a changed need may be asked for again at once."""
    list_kind = Text(null=True, default=None)
    rank = Integer(null=True, default=None)
    """Where the receiver stood on the asker's list; empty when it was no suggestion."""
    model_version = Text(null=True, default=None)
    explored = Boolean(null=True, default=None)
    propensity = Real(null=True, default=None)
    reasons = JSONB(default="{}")
    """The engine's reasons as they were, `asker` and `receiver`: each as the other side may be told them."""
    counts_for = UUID(null=True, default=None)
    """Whose requests in flight it is one of; in no other table's keys, so that merging profiles leaves it alone."""
    in_flight = Boolean(default=False)
    month = Date(null=True, default=None)
    """The month in which it was brought to the receiver."""
    created_at = Timestamptz(default=now)
    asked_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    answered_by = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    accepted_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    reason = Text(null=True, default=None)
    """Why it was declined, a code."""
    note = Text(default="")
    """What the receiver added for the asker."""
    quiet_until = Timestamptz(null=True, default=None)
    """Until when the same need is not asked for again."""
    blocked_by = UUID(null=True, default=None)
    shown_as = Text(null=True, default=None)
    """What a request that a block stops at once looks like to its asker: held, where others would be held."""
    sample = Boolean(default=False)


class IntroductionTransition(Table, tablename="introduction_transition"):
    """One step in the life of an introduction: who, when, why. Writing it is what changes the state."""

    id = BigSerial(primary_key=True)
    introduction = ForeignKey(Introduction, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    from_state = Text(null=True, default=None)
    to_state = Text()
    act = Text()
    by_side = Text()
    """asker, receiver, connector, coordinator, or policy: nobody in particular."""
    person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    why = Text()
    at = Timestamptz(default=now)


class IntroductionConsent(Table, tablename="introduction_consent"):
    """What one side said to a proposal of somebody else. Neither side sees the other's before its own."""

    id = UUID(primary_key=True, default=new_id)
    introduction = ForeignKey(Introduction, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    side = Text()
    asked_at = Timestamptz(null=True, default=None)
    """Empty until this side's turn has come: who wants to be asked first is."""
    answer = Text(null=True, default=None)
    reason = Text(null=True, default=None)
    person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    answered_at = Timestamptz(null=True, default=None)

    introduction_consent_one = Unique([introduction, side], name="introduction_consent_one")


class IntroductionLoad(Table, tablename="introduction_load"):
    """How many requests of an organisation wait for an answer; a trigger counts, a check holds."""

    organisation = UUID(primary_key=True)
    in_flight = Integer(default=0)
    most = Integer(default=6)


class IntroductionMonth(Table, tablename="introduction_month"):
    """How many requests reached an organisation in a month and how many it accepted; the most of each is stated."""

    id = BigSerial(primary_key=True)
    organisation = UUID()
    month = Date()
    asked = Integer(default=0)
    accepted = Integer(default=0)
    most_asked = Integer(null=True, default=None)
    most_accepted = Integer(null=True, default=None)

    introduction_month_one = Unique([organisation, month], name="introduction_month_one")


class IntroductionMeeting(Table, tablename="introduction_meeting"):
    """A meeting that one side proposes; `sequence` grows with every change, for calendars."""

    id = UUID(primary_key=True, default=new_id)
    introduction = ForeignKey(Introduction, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    side = Text()
    """Which side waits for the other's yes."""
    state = Text(default="proposed")
    starts_at = Timestamptz()
    ends_at = Timestamptz()
    place = Text(default="")
    link = Text(default="")
    sequence = Integer(default=0)
    person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    updated_at = Timestamptz(default=now)


class IntroductionMessage(Table, tablename="introduction_message"):
    """One message of a thread. Read by the two sides and by nobody else."""

    id = BigSerial(primary_key=True)
    introduction = ForeignKey(Introduction, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    side = Text()
    person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    nonce = Text()
    """Made with the form: the same message sent twice is one."""
    body = Text(default="")
    file = UUID(null=True, default=None)
    meeting = ForeignKey(IntroductionMeeting, null=True, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    erased_at = Timestamptz(null=True, default=None)

    introduction_message_once = Unique([introduction, nonce], name="introduction_message_once")


class IntroductionReading(Table, tablename="introduction_reading"):
    """Up to which message somebody has read a thread, and up to which they were told of it by mail."""

    id = UUID(primary_key=True, default=new_id)
    introduction = ForeignKey(Introduction, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    read_to = BigInt(default=0)
    mailed_to = BigInt(default=0)

    introduction_reading_one = Unique([introduction, person], name="introduction_reading_one")


class IntroductionHabit(Table, tablename="introduction_habit"):
    """How somebody wants to hear of messages; without a row soon, and not at night."""

    person = ForeignKey(Person, primary_key=True, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    mails = Text(default="soon")
    quiet_from = Integer(default=21)
    quiet_until = Integer(default=7)
    updated_at = Timestamptz(default=now)


class IntroductionFollowup(Table, tablename="introduction_followup"):
    """What came of it, asked one side 30, 90 and 180 days after both said yes."""

    id = UUID(primary_key=True, default=new_id)
    introduction = ForeignKey(Introduction, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    side = Text()
    days = Integer()
    due_at = Timestamptz()
    asked_at = Timestamptz(null=True, default=None)
    answer = Text(null=True, default=None)
    person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    answered_at = Timestamptz(null=True, default=None)

    introduction_followup_one = Unique([introduction, side, days], name="introduction_followup_one")


class IntroductionReport(Table, tablename="introduction_report"):
    """One side tells the department that something is wrong with the other. Only then does staff read a thread."""

    id = UUID(primary_key=True, default=new_id)
    introduction = ForeignKey(Introduction, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    side = Text()
    kind = Text()
    words = Text(default="")
    shows_thread = Boolean(default=False)
    state = Text(default="made")
    person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    made_at = Timestamptz(default=now)
    answer = Text(default="")
    decided_by = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    decided_at = Timestamptz(null=True, default=None)


class InformationAnswer(Table, tablename="information_answer"):
    """What an organisation answered once, kept so that it can send the same again."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    topic = Text()
    words = Text(default="")
    file = UUID(null=True, default=None)
    person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class InformationQuestion(Table, tablename="information_question"):
    """Something that one side of an introduction asked the other for; answered once, by an answer that is kept."""

    id = UUID(primary_key=True, default=new_id)
    introduction = ForeignKey(Introduction, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    side = Text()
    """Who asks."""
    topic = Text()
    words = Text(default="")
    person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    asked_at = Timestamptz(default=now)
    answer = ForeignKey(InformationAnswer, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    answered_by = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    answered_at = Timestamptz(null=True, default=None)
    refused_at = Timestamptz(null=True, default=None)


class Outcome(Table, tablename="outcome"):
    """What came of a connection: stated by one side, confirmed or not by the other, perhaps by the department too."""

    id = UUID(primary_key=True, default=new_id)
    introduction = ForeignKey(Introduction, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    organisation = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    other = ForeignKey(Organisation, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    other_person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    """Who the other side is where it is no organisation: a mentor."""
    kind = Text()
    value = Numeric(digits=(20, 2), null=True, default=None)
    currency = Text(null=True, default=None)
    happened_on = Date()
    words = Text(default="")
    evidence_url = Text(default="")
    evidence_file = UUID(null=True, default=None)
    context_kind = Text(default="")
    """Where it came from: event, deal, mentoring; nothing for an introduction alone."""
    context_id = UUID(null=True, default=None)
    state = Text(default="stated")
    person = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    stated_at = Timestamptz(default=now)
    answered_by = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    answered_at = Timestamptz(null=True, default=None)
    answer = Text(default="")
    checked_by = ForeignKey(Person, null=True, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    checked_at = Timestamptz(null=True, default=None)
    sample = Boolean(default=False)
