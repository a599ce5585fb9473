"""What a person says publicly, and the role of mentor or expert: one person, several roles, never a second account."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    BigSerial,
    Boolean,
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


class PersonProfile(Table, tablename="person_profile"):
    """A person's public side. It is shown only while `listed_at` is set, which takes the person's consent.

    `hidden_at`: the department has taken it down; the person cannot put it back.
    """

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, unique=True)
    slug = Text(unique=True)
    name = Text()
    name_folded = Text()
    headline_vi = Text(default="")
    headline_en = Text(default="")
    bio_vi = Text(default="")
    bio_en = Text(default="")
    photo_file = UUID(null=True, default=None)
    languages = Array(base_column=Text())
    links = Array(base_column=Text())
    country = Text(null=True, default=None)
    province_code = Text(null=True, default=None)
    contact_email = Text(default="")
    contact_phone = Text(default="")
    tiers = JSONB(default="{}")
    sample = Boolean(default=False)
    version = Integer(default=1)
    listed_at = Timestamptz(null=True, default=None)
    hidden_at = Timestamptz(null=True, default=None)
    hidden_reason = Text(null=True, default=None)
    hidden_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    confirmed_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=now)
    updated_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class MentorRole(Table, tablename="mentor_role"):
    """What somebody takes on as mentor, advisor, judge, speaker or trainer, and how much of it.

    `mentees_now`: how many the person says to accompany at present. `conduct_version`: the text that was accepted.
    `vetted_at`: the department has checked references. `paused_at`: takes nobody on for now.
    """

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, unique=True)
    roles = Array(base_column=Text())
    help_kinds = Array(base_column=Text())
    sectors = Array(base_column=Text())
    stages = Array(base_column=Text())
    markets = Array(base_column=Text())
    mentees_most = SmallInt(null=True, default=None)
    mentees_now = SmallInt(null=True, default=None)
    hours_per_month = SmallInt(null=True, default=None)
    sessions_per_week = SmallInt(null=True, default=None)
    notice_hours = SmallInt(null=True, default=None)
    mode = Text(null=True, default=None)
    time_zone = Text(default="Asia/Ho_Chi_Minh")
    fee_policy = Text(null=True, default=None)
    fee_vi = Text(default="")
    fee_en = Text(default="")
    conduct_accepted_at = Timestamptz(null=True, default=None)
    conduct_version = Text(default="")
    vetted_at = Timestamptz(null=True, default=None)
    vetted_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    vetted_reason = Text(default="")
    paused_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=now)
    updated_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class Expertise(Table, tablename="expertise"):
    """One thing that a person knows: hands-on, as who managed it, or from advising; for how many years."""

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    code = Text()
    level = Text(default="advised")
    years = SmallInt(null=True, default=None)
    position = SmallInt(default=0)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class ConflictOfInterest(Table, tablename="conflict_of_interest"):
    """An organisation that a person owns, competes with or invested in: no mentoring or judging between them."""

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    ground = Text()
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class PersonFormerSlug(Table, tablename="person_former_slug"):
    """An address that a person's profile had under another name; it still leads there."""

    slug = Text(primary_key=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    ended_at = Timestamptz(default=now)


class PersonChange(Table, tablename="person_change"):
    """What was changed of a person's profile, when and by whom. `undoes` is the change that it takes back."""

    id = BigSerial(primary_key=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    actor = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    act = Text()
    field = Text(default="")
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)
    version = Integer(null=True, default=None)
    undoes = BigInt(null=True, default=None)
    at = Timestamptz(default=now)


class PersonGrant(Table, tablename="person_grant"):
    """A person lets another one see what is shown on request only, until a day, or until it is taken back."""

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    viewer = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    purpose = Text(default="")
    asked_at = Timestamptz(default=now)
    granted_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class MentorListing(Table, tablename="mentor_listing"):
    """A line of the list of mentors: made of the profile by `app.directory.persons.listing`, gone with the consent.

    `tokens_0` to `tokens_2` and `text_0` to `text_2` hold what the public, members and verified counterparts may filter
    and search by. `place`: who takes people on and was checked comes first.
    """

    person = ForeignKey(
        Person,
        null=False,
        on_delete=OnDelete.cascade,
        on_update=OnUpdate.restrict,
        primary_key=True,
    )
    place = SmallInt(default=0)
    name_folded = Text()
    tokens_0 = Array(base_column=Text())
    tokens_1 = Array(base_column=Text())
    tokens_2 = Array(base_column=Text())
    text_0 = Text(default="")
    text_1 = Text(default="")
    text_2 = Text(default="")
    updated_at = Timestamptz(default=now)
