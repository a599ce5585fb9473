"""Lists of a profile, each row with its own life: needs and offers, credentials, programmes, technologies and more.

Every column is described in `app.directory.fields`. Rows end with a time and a reason; `position` is the owner's order.
"""

from piccolo.columns import UUID, Array, Boolean, Date, ForeignKey, Integer, Numeric, SmallInt, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.directory.tables.organisations import Organisation
from app.people.tables import Person


class ProfileRow(Table, tablename="profile_row"):
    """What every list of a profile has. Not a table of its own."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    position = SmallInt(default=0)
    created_at = Timestamptz(default=now)
    updated_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class Mandate(ProfileRow, tablename="mandate"):
    """What an investor looks for; one may have several. `geographies`: country codes and VN- or US- subdivisions; empty
    means anywhere."""

    name_vi = Text(default="")
    name_en = Text(default="")
    rounds = Array(base_column=Text())
    stages = Array(base_column=Text())
    sectors = Array(base_column=Text())
    excluded_sectors = Array(base_column=Text())
    technologies = Array(base_column=Text())
    geographies = Array(base_column=Text())
    instruments = Array(base_column=Text())
    ticket_min = Numeric(digits=(18, 2), null=True, default=None)
    ticket_typical = Numeric(digits=(18, 2), null=True, default=None)
    ticket_max = Numeric(digits=(18, 2), null=True, default=None)
    ticket_currency = Text(null=True, default=None)
    revenue_min = Numeric(digits=(18, 2), null=True, default=None)
    leads = Text(null=True, default=None)
    takes_board_seat = Boolean(null=True, default=None)
    impact_only = Boolean(default=False)
    diaspora = Boolean(default=False)
    thesis_vi = Text(default="")
    thesis_en = Text(default="")


class NeedOffer(ProfileRow, tablename="need_offer"):
    """Something looked for (`direction` need) or given (offer): what the engine brings together."""

    direction = Text()
    code = Text()
    text_vi = Text(default="")
    text_en = Text(default="")
    strength = Text(default="prefer")
    sectors = Array(base_column=Text())
    technologies = Array(base_column=Text())
    quantity = Integer(null=True, default=None)
    valid_until = Date(null=True, default=None)


class Traction(ProfileRow, tablename="traction"):
    """One figure that shows progress, on a date."""

    metric_vi = Text(default="")
    metric_en = Text(default="")
    value = Numeric(digits=(18, 2))
    unit = Text(default="")
    measured_on = Date()


class IpAsset(ProfileRow, tablename="ip_asset"):
    """Something protected: a patent, a mark, a copyright."""

    ip_type = Text()
    title_vi = Text(default="")
    title_en = Text(default="")
    number = Text(default="")
    state = Text(null=True, default=None)
    granted_on = Date(null=True, default=None)
    owner = Text(default="")


class Mention(ProfileRow, tablename="mention"):
    """An award, a press article, a programme that somebody took part in (`mention_type`)."""

    mention_type = Text()
    title_vi = Text(default="")
    title_en = Text(default="")
    giver = Text(default="")
    rank = Text(default="")
    url = Text(default="")
    mentioned_on = Date(null=True, default=None)
    mentioned_precision = Text(null=True, default=None)


class YearlyUpdate(ProfileRow, tablename="yearly_update"):
    """One year in figures; shown to nobody but the department and the organisation, counted for everybody."""

    year = SmallInt()
    revenue = Numeric(digits=(18, 2), null=True, default=None)
    currency = Text(null=True, default=None)
    headcount = Integer(null=True, default=None)
    jobs_created = Integer(null=True, default=None)
    capital_raised = Numeric(digits=(18, 2), null=True, default=None)
    enterprises_supported = Integer(null=True, default=None)
    projects_supported = Integer(null=True, default=None)
    graduates = Integer(null=True, default=None)
    ip_strategy = Boolean(null=True, default=None)


class Programme(ProfileRow, tablename="programme"):
    """What an incubator or support organisation runs for startups."""

    programme_type = Text()
    name_vi = Text(default="")
    name_en = Text(default="")
    text_vi = Text(default="")
    text_en = Text(default="")
    intake = Text(null=True, default=None)
    weeks = SmallInt(null=True, default=None)
    equity_percent = Numeric(digits=(5, 2), null=True, default=None)
    fee = Numeric(digits=(18, 2), null=True, default=None)
    stipend = Numeric(digits=(18, 2), null=True, default=None)
    currency = Text(null=True, default=None)
    stages = Array(base_column=Text())
    sectors = Array(base_column=Text())
    languages = Array(base_column=Text())
    mode = Text(null=True, default=None)
    apply_from = Date(null=True, default=None)
    apply_until = Date(null=True, default=None)
    url = Text(default="")


class Service(ProfileRow, tablename="service"):
    """A service that can be asked for, and how much of it is subsidised."""

    code = Text()
    name_vi = Text(default="")
    name_en = Text(default="")
    text_vi = Text(default="")
    text_en = Text(default="")
    subsidy_percent = SmallInt(null=True, default=None)
    eligibility_vi = Text(default="")
    eligibility_en = Text(default="")
    url = Text(default="")


class Facility(ProfileRow, tablename="facility"):
    """A room, laboratory or piece of equipment that others may use."""

    facility_type = Text()
    name_vi = Text(default="")
    name_en = Text(default="")
    quantity = Integer(null=True, default=None)
    technologies = Array(base_column=Text())
    open_to_others = Boolean(default=True)


class TechnologyOffer(ProfileRow, tablename="technology_offer"):
    """A technology to be licensed, transferred or developed further together."""

    title_vi = Text(default="")
    title_en = Text(default="")
    text_vi = Text(default="")
    text_en = Text(default="")
    task_number = Text(default="")
    trl = SmallInt(null=True, default=None)
    ip_state = Text(null=True, default=None)
    forms = Array(base_column=Text())
    price_band = Text(null=True, default=None)
    sectors = Array(base_column=Text())
    technologies = Array(base_column=Text())
    application_vi = Text(default="")
    application_en = Text(default="")


class TechnologyNeed(ProfileRow, tablename="technology_need"):
    """A problem for which somebody looks for a technology or a solver."""

    title_vi = Text(default="")
    title_en = Text(default="")
    problem_vi = Text(default="")
    problem_en = Text(default="")
    target_vi = Text(default="")
    target_en = Text(default="")
    budget_band = Text(null=True, default=None)
    data_available = Boolean(null=True, default=None)
    open_to = Array(base_column=Text())
    sectors = Array(base_column=Text())
    technologies = Array(base_column=Text())
    deadline = Date(null=True, default=None)
    evaluation_vi = Text(default="")
    evaluation_en = Text(default="")


class Address(ProfileRow, tablename="address"):
    """Where the organisation is or was. `units`: the year of the administrative units that the codes belong to."""

    address_type = Text()
    line = Text(default="")
    country = Text(default="VN")
    province_code = Text(null=True, default=None)
    ward_code = Text(null=True, default=None)
    units = SmallInt(default=2025)
    valid_from = Date(null=True, default=None)
    valid_until = Date(null=True, default=None)


class Credential(Table, tablename="credential"):
    """A legal status, certificate or title of an organisation or a person, under a regime, from when to when.

    `state` is draft, valid, revoked or superseded; whether it has run out follows from `valid_until` and the day.
    Without `verified_at` nobody has checked it and no badge is shown. A draft with `refused_at` was sent back.
    `supersedes`: the one that this one replaces, which ended on its `superseded_on`. `version` counts what was stated.
    """

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    person = ForeignKey(
        Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    credential_type = Text()
    regime = Text(default="")
    number = Text(default="")
    issuer = Text(default="")
    title_vi = Text(default="")
    title_en = Text(default="")
    issued_on = Date(null=True, default=None)
    valid_until = Date(null=True, default=None)
    state = Text(default="draft")
    revoked_on = Date(null=True, default=None)
    revoked_ground = Text(default="")
    size_class = Text(null=True, default=None)
    evidence_file = UUID(null=True, default=None)
    evidence_url = Text(default="")
    verified_at = Timestamptz(null=True, default=None)
    verified_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    verified_how = Text(default="")
    verified_note = Text(default="")
    refused_at = Timestamptz(null=True, default=None)
    refused_reason = Text(default="")
    supersedes: ForeignKey = ForeignKey(
        "self", null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict
    )
    superseded_on = Date(null=True, default=None)
    version = Integer(default=1)
    reminded_at = Timestamptz(null=True, default=None)
    reminded_days = SmallInt(null=True, default=None)
    created_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    updated_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class CredentialAct(Table, tablename="credential_act"):
    """What became of a credential: who did what, when and why. Rows are only ever added."""

    id = UUID(primary_key=True, default=new_id)
    credential = ForeignKey(
        Credential, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    act = Text()
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    at = Timestamptz(default=now)
    words = Text(default="")
