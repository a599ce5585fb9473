"""What only some kinds of organisations have, one row each: startups and projects, investors, supporters, institutes.

Every column is described in `app.directory.fields`; a row exists from the first value that somebody gives.
"""

from piccolo.columns import UUID, Array, Boolean, Date, ForeignKey, Integer, Numeric, SmallInt, Text
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.ids import new_id
from app.directory.tables.organisations import Organisation


class StartupDetails(Table, tablename="startup_details"):
    """A startup's or project's story, business and round. A project that became an enterprise says which and when."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, unique=True
    )
    pitch_vi = Text(default="")
    pitch_en = Text(default="")
    problem_vi = Text(default="")
    problem_en = Text(default="")
    solution_vi = Text(default="")
    solution_en = Text(default="")
    value_vi = Text(default="")
    value_en = Text(default="")
    team_vi = Text(default="")
    team_en = Text(default="")
    market_vi = Text(default="")
    market_en = Text(default="")
    sales_vi = Text(default="")
    sales_en = Text(default="")
    competitors_vi = Text(default="")
    competitors_en = Text(default="")
    advantages_vi = Text(default="")
    advantages_en = Text(default="")
    economics_vi = Text(default="")
    economics_en = Text(default="")
    regulation_vi = Text(default="")
    regulation_en = Text(default="")
    ip_summary_vi = Text(default="")
    ip_summary_en = Text(default="")
    revenue_band = Text(null=True, default=None)
    revenue_year = SmallInt(null=True, default=None)
    raising_min = Numeric(digits=(18, 2), null=True, default=None)
    raising_instrument = Text(null=True, default=None)
    raising_until = Date(null=True, default=None)
    use_of_funds_vi = Text(default="")
    use_of_funds_en = Text(default="")
    valuation = Numeric(digits=(18, 2), null=True, default=None)
    team_lead = Text(default="")
    host = ForeignKey(Organisation, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    became = ForeignKey(Organisation, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    became_on = Date(null=True, default=None)


class InvestorDetails(Table, tablename="investor_details"):
    """How an investor is set up and takes introductions; what it looks for stands in its mandates."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, unique=True
    )
    fund_basis = Text(null=True, default=None)
    fund_size = Numeric(digits=(18, 2), null=True, default=None)
    fund_currency = Text(null=True, default=None)
    fund_year = SmallInt(null=True, default=None)
    fund_closes_on = Date(null=True, default=None)
    value_add = Array(base_column=Text())
    fees_vi = Text(default="")
    fees_en = Text(default="")
    intro_policy = Text(null=True, default=None)
    intros_per_month = SmallInt(null=True, default=None)
    reply_days = SmallInt(null=True, default=None)


class SupportDetails(Table, tablename="support_details"):
    """What an incubator, accelerator or support organisation has room for."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, unique=True
    )
    support_basis = Text(null=True, default=None)
    staff_total = Integer(null=True, default=None)
    staff_degree_share = SmallInt(null=True, default=None)
    area_m2 = Integer(null=True, default=None)
    seats = Integer(null=True, default=None)
    network_vi = Text(default="")
    network_en = Text(default="")


class InstituteDetails(Table, tablename="institute_details"):
    """What an institute, university or large company researches, tries out and buys."""

    id = UUID(primary_key=True, default=new_id)
    organisation = ForeignKey(
        Organisation, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict, unique=True
    )
    research_vi = Text(default="")
    research_en = Text(default="")
    key_laboratory = Boolean(null=True, default=None)
    pilots_vi = Text(default="")
    pilots_en = Text(default="")
    procurement_vi = Text(default="")
    procurement_en = Text(default="")
    sandbox_host = Boolean(null=True, default=None)
    science_fund = Boolean(null=True, default=None)
    science_fund_band = Text(null=True, default=None)
    student_programmes_vi = Text(default="")
    student_programmes_en = Text(default="")
