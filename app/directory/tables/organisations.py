"""Organisations, who belongs to them and what changed. What only some kinds have is in `details`, lists in `rows`."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Numeric,
    SmallInt,
    Text,
    Timestamptz,
)
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person


class Organisation(Table, tablename="organisation"):
    """A startup, investor, incubator, institute, company or support organisation; often several of them at once.

    `number` is a small integer for sets in memory, `version` counts edits, `listing_version` is the state of the
    directory that the row belongs to (see `app.directory.listing`). `country` is ISO 3166 alpha-2, `state` the
    subdivision within it, `region` the area as the source calls it; `links` counts recorded rounds and investments, by
    which equally good hits of a search are ordered. `needs` and `offers` repeat the codes of the rows in `need_offer`
    for lists and facets. `tiers` has the fields that the owner shows to more or fewer people than the registry says;
    `verified_at`: the department or a claim confirmed who stands behind the profile; `hidden_at`: taken off the pages
    by the department; `reviewed_version`: the last version that somebody of the department has looked at. A migration
    adds what Piccolo cannot say: `search_vector`, partial and trigram indexes, checks.
    """

    id = UUID(primary_key=True, default=new_id)
    number = BigSerial(unique=True)
    slug = Text(unique=True)
    name = Text()
    name_en = Text(default="")
    name_folded = Text()
    kinds = Array(base_column=Text())
    sectors = Array(base_column=Text())
    technologies = Array(base_column=Text())
    business_models = Array(base_column=Text())
    customers = Array(base_column=Text())
    stage = Text(null=True, default=None)
    product_stage = Text(null=True, default=None)
    trl = SmallInt(null=True, default=None)
    country = Text(null=True, default=None)
    state = Text(null=True, default=None)
    region = Text(null=True, default=None)
    city = Text(null=True, default=None)
    province_code = Text(null=True, default=None)
    ward_code = Text(null=True, default=None)
    summary_vi = Text(default="")
    summary_en = Text(default="")
    description_vi = Text(default="")
    description_en = Text(default="")
    website = Text(default="")
    contact_email = Text(default="")
    contact_phone = Text(default="")
    founded_on = Date(null=True, default=None)
    founded_precision = Text(null=True, default=None)
    investor_types = Array(base_column=Text())
    support_types = Array(base_column=Text())
    needs = Array(base_column=Text())
    offers = Array(base_column=Text())
    raising_round = Text(null=True, default=None)
    raising_amount = Numeric(digits=(18, 2), null=True, default=None)
    raising_currency = Text(null=True, default=None)
    raising_since = Date(null=True, default=None)
    source = Text(default="self")
    source_key = Text(null=True, default=None)
    source_url = Text(default="")
    source_category = Text(null=True, default=None)
    source_as_of = Date(null=True, default=None)
    links = Integer(default=0)
    legal_name = Text(default="")
    aliases = Array(base_column=Text())
    enterprise_code = Text(default="")
    legal_form = Text(null=True, default=None)
    status = Text(default="active")
    domain = Text(default="")
    size_class = Text(null=True, default=None)
    headcount = Integer(null=True, default=None)
    headcount_rd = Integer(null=True, default=None)
    video_url = Text(default="")
    socials = Array(base_column=Text())
    vsic_codes = Array(base_column=Text())
    lenses = Array(base_column=Text())
    sdgs = Array(base_column=Text())
    export_markets = Array(base_column=Text())
    logo_file = UUID(null=True, default=None)
    cover_file = UUID(null=True, default=None)
    predecessor: ForeignKey = ForeignKey(
        LazyTableReference("Organisation", module_path=__name__),
        null=True,
        default=None,
        on_delete=OnDelete.restrict,
        on_update=OnUpdate.restrict,
    )
    merged_into: ForeignKey = ForeignKey(
        LazyTableReference("Organisation", module_path=__name__),
        null=True,
        default=None,
        on_delete=OnDelete.restrict,
        on_update=OnUpdate.restrict,
    )
    tiers = JSONB(default="{}")
    verified_at = Timestamptz(null=True, default=None)
    verified_how = Text(default="")
    hidden_at = Timestamptz(null=True, default=None)
    hidden_reason = Text(null=True, default=None)
    hidden_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    reviewed_version = Integer(null=True, default=None)
    reviewed_at = Timestamptz(null=True, default=None)
    reviewed_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    sample = Boolean(default=False)
    version = Integer(default=1)
    listing_version = BigInt(default=0)
    search_text = Text(default="")
    confirmed_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=now)
    updated_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class FormerSlug(Table, tablename="organisation_former_slug"):
    """An address that an organisation had before it was renamed; it still leads there."""

    slug = Text(primary_key=True)
    organisation = ForeignKey(Organisation, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    ended_at = Timestamptz(default=now)


class Membership(Table, tablename="membership"):
    """A person belongs to an organisation as owner, editor or viewer, from when to when.

    `title` is what the person does there; `listed`: shown on the profile, by that person's choice; `contact_for` says
    which questions the person answers.
    """

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True)
    role = Text()
    title = Text(default="")
    is_founder = Boolean(default=False)
    is_legal_representative = Boolean(default=False)
    contact_for = Array(base_column=Text())
    listed = Boolean(default=False)
    started_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)


class Invitation(Table, tablename="organisation_invitation"):
    """Somebody was asked by mail to join; the link works once, until it expires or is withdrawn."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    email = Text()
    email_key = Text()
    role = Text()
    token_hash = Text(unique=True, secret=True)
    invited_by = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    created_at = Timestamptz(default=now)
    expires_at = Timestamptz()
    accepted_at = Timestamptz(null=True, default=None)
    accepted_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    withdrawn_at = Timestamptz(null=True, default=None)


class OrganisationChange(Table, tablename="organisation_change"):
    """What was changed, when and by whom; `person` is empty for imports and the source's own data.

    `version` is the organisation's after the change, `row` the row of a list that it was made in, `undoes` the change
    that it takes back.
    """

    id = BigSerial(primary_key=True)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, index=True
    )
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    act = Text()
    field = Text(default="")
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)
    version = Integer(null=True, default=None)
    row = UUID(null=True, default=None)
    undoes = BigInt(null=True, default=None)
    at = Timestamptz(default=now)
