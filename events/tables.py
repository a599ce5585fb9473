"""Tables of events: what takes place, who may come, who came. Decisions are in the verbs, guards in the migrations.

Rows that hold counters (`ticket_type.sold`, `zone_count`) are written by guarded statements only.
"""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    Text,
    Time,
    Timestamptz,
)
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person


class Event(Table, tablename="event"):
    """An event. `status`: draft, published, closed, cancelled. `revision` counts what guests hear of."""

    id = UUID(primary_key=True, default=new_id)
    slug = Text(unique=True)
    title_vi = Text()
    title_en = Text(default="")
    description_vi = Text(default="")
    description_en = Text(default="")
    starts_at = Timestamptz(index=True)
    ends_at = Timestamptz()
    venue = Text(default="")
    address = Text(default="")
    province_code = Text(null=True, default=None)
    status = Text(default="draft")
    status_reason = Text(default="")
    status_at = Timestamptz(default=now)
    status_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    revision = Integer(default=0)
    version = Integer(default=1)
    sample = Boolean(default=False)
    created_at = Timestamptz(default=now)
    updated_at = Timestamptz(default=now)


class EventStaff(Table, tablename="event_staff"):
    """Who runs an event, from when to when. `role`: owner, organizer, desk."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    role = Text()
    granted_at = Timestamptz(default=now)
    granted_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)


class TicketType(Table, tablename="ticket_type"):
    """A kind of ticket with its places, also a role at the event. `excess`: how many more were sold than there are
    places now, since places were taken away; CHECK (sold <= capacity + excess) stands behind the guarded statements.

    `visibility`: public, code (with `access_code`), invited. `price` in VND; `hold_hours` is how long a place waits
    for the money. `max_party`: how many may come on one registration. `self_change`: guests may change to it.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    code = Text()
    title_vi = Text()
    title_en = Text(default="")
    capacity = Integer()
    sold = Integer(default=0)
    excess = Integer(default=0)
    role = Text(default="visitor")
    visibility = Text(default="public")
    access_code = Text(default="")
    price = Integer(default=0)
    hold_hours = Integer(default=48)
    max_party = Integer(default=1)
    self_change = Boolean(default=True)
    needs_approval = Boolean(default=False)
    opens_at = Timestamptz(null=True, default=None)
    closes_at = Timestamptz(null=True, default=None)
    place = Integer(default=0)
    days = Array(base_column=Date(), null=True, default=None)
    valid_from = Timestamptz(null=True, default=None)
    valid_until = Timestamptz(null=True, default=None)
    colour = Text(default="")
    created_at = Timestamptz(default=now)


class SigningKey(Table, tablename="event_key"):
    """An Ed25519 key of one event; the newest signs. A revoked one opens no door any more, one that was replaced with
    `valid_until` does until then.
    """

    id = Integer(primary_key=True, default=0)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    private_key = Bytea(secret=True)
    public_key = Bytea()
    created_at = Timestamptz(default=now)
    valid_until = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    revoked_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    revoked_reason = Text(default="")


class Registration(Table, tablename="registration"):
    """One person's wish to come. `status`: see states.py, which says what may follow what.

    One active row per event and e-mail (partial unique index). `signing_key` is the key of the ticket's only valid
    code; `secret` opens the ticket page and is kept as it is, because each mail carries it again. `party`: how many
    people it stands for. `deadline_at`: until when an offer or an unpaid place is kept. `overbooked_by`: who let this
    one in beyond the places, which then count it nowhere. `replaced_by`: the registration that took its place.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    ticket_type = ForeignKey(TicketType, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    signing_key = ForeignKey(SigningKey, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    status = Text()
    status_at = Timestamptz(default=now)
    full_name = Text()
    email = Text()
    email_key = Text()
    phone = Text(default="")
    organisation = Text(default="")
    answers = JSONB(default="{}")
    search_text = Text(default="")
    locale = Text(default="vi")
    person = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    registered_by = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict
    )
    source = Text(default="page")
    code = Text(unique=True)
    secret = Text(unique=True, secret=True)
    queue_number = BigSerial()
    priority = Integer(default=0)
    party = Integer(default=1)
    also_types = Array(base_column=UUID(), default=list)
    deadline_at = Timestamptz(null=True, default=None)
    missed = Integer(default=0)
    overbooked_by = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict
    )
    overbooked_reason = Text(default="")
    seat_hold = UUID(null=True, default=None)
    voucher = UUID(null=True, default=None)
    delegation = UUID(null=True, default=None, index=True)
    price = Integer(default=0)
    paid_at = Timestamptz(null=True, default=None)
    replaced_by = UUID(null=True, default=None)
    news_consent_at = Timestamptz(null=True, default=None)
    terms_version = Text(default="")
    sample = Boolean(default=False)
    registered_at = Timestamptz(default=now)
    changed_at = Timestamptz(default=now)


class RegistrationChange(Table, tablename="registration_change"):
    """Every change of a registration's status: from, to, by whom (none: the system or the guest), why, when."""

    id = BigSerial(primary_key=True)
    registration = ForeignKey(
        Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    from_status = Text(null=True, default=None)
    to_status = Text()
    by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    reason = Text(default="")
    changed_at = Timestamptz(default=now)


class IdempotencyKey(Table, tablename="event_request"):
    """The answer that was given to a request with a key, for as long as clients may retry it."""

    id = BigSerial(primary_key=True)
    caller = Text()
    route = Text()
    key = Text()
    body_hash = Bytea()
    status = Integer(null=True, default=None)
    answer = Text(null=True, default=None)
    created_at = Timestamptz(default=now, index=True)


class Checkpoint(Table, tablename="checkpoint"):
    """A door where tickets are looked at; it leads into `zone`. `ticket_types`: codes that may enter; none given: all.

    `direction`: in, out, both. `opens_daily` and `closes_daily` are local times. `session`: it is the door of one
    session; who has not booked it may walk in during its last `walk_in_minutes` before it begins. `questions`: what is
    asked here, each `{code, text_vi, text_en, kind, options, required}`.
    """

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    zone = UUID(null=True, default=None, index=True)
    name_vi = Text()
    name_en = Text(default="")
    direction = Text(default="both")
    ticket_types = Array(base_column=Text(), null=True, default=None)
    opens_at = Timestamptz(null=True, default=None)
    closes_at = Timestamptz(null=True, default=None)
    opens_daily = Time(null=True, default=None)
    closes_daily = Time(null=True, default=None)
    session = UUID(null=True, default=None)
    walk_in_minutes = Integer(default=5)
    questions = JSONB(default="[]")
    place = Integer(default=0)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class ZoneCount(Table, tablename="zone_count"):
    """How many are inside a zone and were ever let in, in slots, so that two scans seldom wait for one row."""

    id = BigSerial(primary_key=True)
    zone = UUID()
    slot = Integer()
    inside = Integer(default=0)
    admitted = Integer(default=0)


class Scan(Table, tablename="scan"):
    """Every code shown at a door, whatever came of it; never changed. `facts` is what the answer was made of.

    `counts`: somebody went through. `at`: when, as far as can be known; the order in which presence is told. `shown`:
    what a device said by itself. It has no foreign keys: each would lock one more row at every scan, and evidence
    outlives what it is about.
    """

    id = UUID(primary_key=True, default=new_id)
    device = Text()
    nonce = Text()
    device_name = Text(default="")
    checkpoint = UUID()
    zone = UUID(null=True, default=None)
    registration = UUID(null=True, default=None)
    direction = Text()
    outcome = Text()
    reason = Text(default="")
    counts = Boolean(default=False)
    code_hash = Bytea()
    at = Timestamptz(default=now)
    scanned_at = Timestamptz(null=True, default=None)
    received_at = Timestamptz(default=now)
    clock_ms = Integer(default=0)
    offline = Boolean(default=False)
    shown = Text(default="")
    by = UUID(null=True, default=None)
    door_device = UUID(null=True, default=None)
    answers = JSONB(default="{}")
    override_reason = Text(default="")
    snapshot = Text(default="")
    facts = JSONB(default="{}")
    void_of = UUID(null=True, default=None)
    void_reason = Text(default="")


class Admission(Table, tablename="admission"):
    """That a ticket was let into a zone, first and last, and whether it is in there now; one row not voided per pair.

    `root`: the outermost zone around it. `explicit`: entered at a door of this very zone, not only on the way further
    in. `emptied_at`: everybody was counted out then.
    """

    id = UUID(primary_key=True, default=new_id)
    registration = ForeignKey(Registration, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    zone = UUID(null=True, default=None)
    root = UUID(null=True, default=None)
    checkpoint = UUID()
    scan = UUID()
    slot = Integer()
    inside = Boolean(default=True)
    explicit = Boolean(default=True)
    device = Text()
    device_name = Text(default="")
    admitted_at = Timestamptz(default=now)
    last_scan = UUID(null=True, default=None)
    last_device = Text(default="")
    last_at = Timestamptz(null=True, default=None)
    moved_at = Timestamptz(null=True, default=None)
    changed_at = Timestamptz(default=now)
    emptied_at = Timestamptz(null=True, default=None)
    voided_at = Timestamptz(null=True, default=None)
    voided_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
