"""From rows to the engine's plain values."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.connections import engine, profiles
from app.core import clock
from app.core import db as database
from matching import Link
from tests.connections import make


async def test_a_profile_becomes_a_company(db):
    found = await make.startup(
        "Ruộng Xanh",
        sectors=["agri", "ai"],
        technologies=["t_ai"],
        stage="early",
        country="VN",
        province_code="01",
        city="Hà Nội",
        summary_vi="Cảm biến",
        summary_en="Sensors",
        founded_on=date(2024, 5, 1),
        founded_precision="day",
        needs=["capital"],
        raising_round="seed",
        raising_amount=Decimal(13_000_000_000),
        raising_currency="VND",
        source_category="cleantech",
    )

    company = engine.as_company(await profiles.profile_of(found))

    assert company.id == str(found)
    assert (company.name, company.description) == ("Ruộng Xanh", "Cảm biến Sensors")
    assert (company.sectors, company.technologies, company.category) == (("agri", "ai"), ("t_ai",), "cleantech")
    assert (company.country, company.state, company.city) == ("VN", "VN-01", "Hà Nội")
    assert (company.stage, company.needs, company.founded_at) == ("early", ("capital",), date(2024, 5, 1))
    assert (company.round_type, company.amount_usd) == ("angel", 500_000)


async def test_a_mandate_makes_an_investor(db):
    found = await make.investor("Quỹ", sectors=["fin"], country="US", state="CA", investor_types=["angel", "micro_vc"])
    await make.mandate(
        found,
        rounds=["seed", "angel", "series_a"],
        stages=["early"],
        sectors=["agri"],
        geographies=["VN", "VN-01"],
        ticket_min=Decimal(50_000),
        ticket_max=Decimal(500_000),
        ticket_currency="USD",
        thesis_vi="Nông nghiệp",
    )

    investor = engine.as_investor(await profiles.profile_of(found))

    assert (investor.sectors, investor.rounds, investor.stages) == (("agri",), ("angel", "series_a"), ("early",))
    assert (investor.places, investor.country, investor.state) == (("VN", "VN-01"), "US", "US-CA")
    assert (investor.ticket_min_usd, investor.ticket_max_usd) == (50_000, 500_000)
    assert (investor.type, investor.description) == ("angel", "Nông nghiệp")


async def test_without_a_mandate_the_profile_speaks(db):
    found = await make.investor("Quỹ", sectors=["fin"])

    investor = engine.as_investor(await profiles.profile_of(found))

    assert (investor.sectors, investor.rounds, investor.ticket_min_usd) == (("fin",), (), None)


@pytest.mark.parametrize(
    ("amount", "currency", "dollars"),
    [
        (Decimal(100), "USD", 100),
        (26_000.0, "VND", 1),
        (Decimal(0), "USD", None),
        (Decimal(-5), "USD", None),
        (None, None, None),
        (Decimal(100), "XYZ", None),
        (Decimal(100), None, None),
    ],
)
def test_amounts_in_dollars(amount, currency, dollars):
    assert engine.in_usd(amount, currency) == (pytest.approx(dollars) if dollars else None)


@pytest.mark.parametrize(
    ("code", "group"),
    [("seed", "angel"), ("series_d", "series_c_plus"), ("series_a", "series_a"), ("", ""), (None, "")],
)
def test_rounds_that_history_does_not_tell_apart(code, group):
    assert engine.round_group(code) == group


async def test_everything_is_loaded_in_two_queries(db):
    company, both = await make.startup(country="VN"), await make.organisation("Cả hai", ["investor", "company"])
    gone = await make.startup("Đã dừng", ended_at=clock.now(), ended_reason="closed")
    helper = await make.organisation("Vườn ươm", ["incubator"])
    await make.investment(company, both, date(2012, 3, 1), "series_d", 2_000_000)
    await make.investment(gone, both)

    with database.count_queries() as asked:
        data = await engine.load()

    assert {row.id for row in data.companies} == {str(company), str(both)}
    assert [row.id for row in data.investors] == [str(both)]
    assert data.links == (Link(str(company), str(both), "series_c_plus", date(2012, 3, 1), 2_000_000.0),)
    assert str(helper) not in data.investor_index
    assert asked == []  # both are read through cursors, not at once


async def test_a_round_without_known_investors_is_history_too(db):
    company, by = await make.startup(), await make.investor()
    await make.investment(company, by)
    await database.execute("DELETE FROM investment")

    data = await engine.load()

    assert data.links == (Link(str(company), "", "series_a", date(2013, 1, 15), 1_000_000.0),)


async def test_profiles_newer_than_a_moment(db):
    moment = clock.now() - timedelta(days=1)
    old = await make.startup("Cũ", updated_at=moment - timedelta(days=1))
    new = await make.startup("Mới")
    await make.investor("Quỹ mới")

    found = await profiles.changed_since(moment, profiles.COMPANY_KINDS)

    assert [row["id"] for row in found] == [new]
    assert old not in [row["id"] for row in found]


async def test_supporters_of_a_kind(db):
    incubator = await make.organisation("Vườn ươm", ["incubator", "support"])
    await make.organisation("Viện", ["institute"])
    await make.organisation("Đã đóng", ["incubator"], ended_at=clock.now(), ended_reason="closed")

    assert [row["id"] for row in await profiles.supporters("incubator")] == [incubator]


async def test_who_has_ended_has_no_profile(db):
    gone = await make.startup(ended_at=clock.now(), ended_reason="closed")

    assert await profiles.profile_of(gone) is None
