"""How rows of the source become organisations, rounds and investments: tables of cases, then the files themselves."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from app.core import db as database
from app.core.text import fold, slugify
from app.demo import directory
from app.directory import places
from app.directory import vocabulary as terms
from app.people.accounts import create_person

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
COMPANY = {
    "company_id": "/company/acme", "name": "Acme", "category": "software", "country": "USA", "state": "CA",
    "region": "SF Bay", "city": "Palo Alto", "founded_at": "2008-05-17",
}  # fmt: skip
INVESTOR = {
    "investor_id": "/financial-organization/fund", "name": "Fund", "type": "financial-organization", "category": "",
    "country": "GBR", "state": "", "region": "London", "city": "London",
}  # fmt: skip
DEAL = {
    "company_id": "/company/acme", "investor_id": "/financial-organization/fund", "round_type": "series-a",
    "funded_at": "2010-03-02", "raised_amount_usd": "5000000",
}  # fmt: skip


def _one(record: dict[str, str], kind: str = "startup") -> dict[str, Any]:
    return directory._organisation(record.get("company_id", "/x"), record, kind, set(), MOMENT)


def _company(**changes: str) -> dict[str, Any]:
    return _one({**COMPANY, **changes})


# --- organisations --------------------------------------------------------------------------------------------


def test_a_company_of_the_source() -> None:
    row = _company()
    said = ("slug", "name", "name_folded", "kinds", "country", "state", "region", "city")
    assert {name: row[name] for name in said} == {
        "slug": "acme", "name": "Acme", "name_folded": "acme", "kinds": ["startup"], "country": "US", "state": "CA",
        "region": "SF Bay", "city": "Palo Alto",
    }  # fmt: skip
    assert (row["founded_on"], row["founded_precision"]) == (date(2008, 5, 17), "day")
    assert (row["source"], row["source_key"], row["source_as_of"]) == ("crunchbase", "/company/acme", directory.AS_OF)
    assert row["source_url"] == "https://www.crunchbase.com/organization/acme"
    assert row["updated_at"] == datetime(2012, 12, 31, tzinfo=UTC)
    assert row["sectors"]
    assert set(row["sectors"]) <= set(terms.SECTORS.codes)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"country": "GBR", "state": "CA"}, "state", None),
        ({"country": "USA", "state": ""}, "state", None),
        ({"country": "ROM"}, "country", "RO"),
        ({"country": "VNM"}, "country", "VN"),
        ({"country": "XYZ"}, "country", None),
        ({"country": ""}, "country", None),
        ({"region": "unknown"}, "region", None),
        ({"region": ""}, "region", None),
        ({"city": ""}, "city", None),
        ({"founded_at": ""}, "founded_on", None),
        ({"founded_at": ""}, "founded_precision", None),
        ({"founded_at": "2008-01-01"}, "founded_precision", "year"),
        ({"founded_at": "2008-02-01"}, "founded_precision", "month"),
        ({"founded_at": "2008-01-02"}, "founded_precision", "day"),
        ({"founded_at": "2008-11-11"}, "founded_precision", "day"),
        ({"country": "VNM", "region": "Hanoi City"}, "province_code", "01"),
        ({"country": "VNM", "region": "HA NOI"}, "province_code", "01"),
        ({"country": "VNM", "region": "Ho Chi Minh City"}, "province_code", "79"),
        ({"country": "VNM", "region": "Hue"}, "province_code", None),
        ({"country": "USA", "region": "Ha Noi"}, "province_code", None),
        ({"category": ""}, "source_category", None),
        ({"category": "software"}, "source_category", "software"),
        ({"name": "東京"}, "slug", "to-chuc"),
        ({"name": "Café & Trà"}, "slug", "cafe-tra"),
        ({"name": "Café & Trà"}, "name_folded", "cafe tra"),
    ],
)
def test_what_a_column_means(changes: dict[str, str], field: str, value: object) -> None:
    assert _company(**changes)[field] == value


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("/company/acme", "https://www.crunchbase.com/organization/acme"),
        ("/financial-organization/fund", "https://www.crunchbase.com/organization/fund"),
        ("/person/lan", "https://www.crunchbase.com/organization/lan"),
    ],
)
def test_the_page_at_the_source(key: str, address: str) -> None:
    assert directory._organisation(key, COMPANY, "startup", set(), MOMENT)["source_url"] == address


def test_names_that_are_the_same_have_addresses_of_their_own() -> None:
    slugs: set[str] = set()
    found = [directory._free_slug(name, slugs) for name in ("Acme", "ACME", "acme!", "Acme 2", "Ácme")]
    assert found == ["acme", "acme-2", "acme-3", "acme-2-2", "acme-4"]
    assert slugs == set(found)


@pytest.mark.parametrize(
    ("investor", "kinds"),
    [
        ({}, ["investor"]),
        ({"type": "company"}, ["investor", "company"]),
        ({"type": "person"}, ["investor"]),
        ({"investor_id": "/company/acme", "type": "company"}, ["startup", "investor"]),
    ],
)
def test_who_invests_is_an_investor_whatever_else_it_is(investor: dict[str, str], kinds: list[str]) -> None:
    record = {**INVESTOR, **investor}
    found = directory._organisations([COMPANY], [record])
    assert found[record["investor_id"]]["kinds"] == kinds
    assert len(found) == (1 if record["investor_id"] == COMPANY["company_id"] else 2)
    assert len({row["slug"] for row in found.values()}) == len(found)


# --- rounds ---------------------------------------------------------------------------------------------------

OTHER = {**INVESTOR, "investor_id": "/company/other", "name": "Other", "type": "company"}


def _deals(*changes: dict[str, str]) -> tuple[dict[str, Any], dict[Any, Any], list[Any]]:
    organisations = directory._organisations([COMPANY], [INVESTOR, OTHER])
    rounds, investments = directory._rounds([{**DEAL, **change} for change in changes], organisations)
    directory._finish(organisations, rounds, investments)
    return organisations, rounds, investments


def test_two_investors_of_one_round_are_one_round() -> None:
    organisations, rounds, investments = _deals({}, {"investor_id": "/company/other"})
    (funding,) = rounds.values()
    assert (funding["round_type"], funding["source_type"], funding["announced_on"]) == (
        "series_a", "series-a", date(2010, 3, 2),
    )  # fmt: skip
    assert (funding["amount"], funding["currency"]) == (Decimal(5_000_000), "USD")
    assert {row["funding_round"] for row in investments} == {funding["id"]}
    assert {row["investor"] for row in investments} == {
        organisations[key]["id"] for key in ("/financial-organization/fund", "/company/other")
    }
    assert [organisations[key]["links"] for key in ("/company/acme", "/financial-organization/fund")] == [1, 1]


@pytest.mark.parametrize(
    "change",
    [{"funded_at": "2010-03-03"}, {"round_type": "series-b"}, {"raised_amount_usd": "1"}, {"raised_amount_usd": ""}],
)
def test_another_day_type_or_amount_is_another_round(change: dict[str, str]) -> None:
    organisations, rounds, investments = _deals({}, change)
    assert (len(rounds), len(investments), organisations["/company/acme"]["links"]) == (2, 2, 2)


def test_an_amount_that_is_not_known_has_no_currency() -> None:
    _organisations, rounds, _investments = _deals({"raised_amount_usd": ""})
    assert [(row["amount"], row["currency"]) for row in rounds.values()] == [(None, None)]


@pytest.mark.parametrize(
    ("types", "stage"),
    [
        ((), None),
        (("other",), None),
        (("angel",), "early"),
        (("series-a", "series-b"), "growth"),
        (("series-b", "angel"), "growth"),
        (("series-c+", "series-a", "other"), "scale"),
        (("post-ipo", "angel"), "exit"),
    ],
)
def test_a_stage_is_that_of_the_furthest_round(types: tuple[str, ...], stage: str | None) -> None:
    organisations, _rounds, _investments = _deals(*({"round_type": kind} for kind in types))
    assert organisations["/company/acme"]["stage"] == stage
    assert organisations["/financial-organization/fund"]["stage"] is None


def test_the_search_reads_what_a_row_says() -> None:
    organisations, _rounds, _investments = _deals({})
    assert "acme" in organisations["/company/acme"]["search_text"]
    assert "palo alto" in organisations["/company/acme"]["search_text"]


# --- the files ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files() -> dict[str, list[dict[str, str]]]:
    return {name: directory.read(name) for name in ("companies", "investors", "investments")}


def test_the_files_are_whole(files: dict[str, list[dict[str, str]]]) -> None:
    assert {name: len(rows) for name, rows in files.items()} == {
        "companies": 17_726,
        "investors": 5_501,
        "investments": 38_226,
    }
    known = {row["company_id"] for row in files["companies"]}, {row["investor_id"] for row in files["investors"]}
    assert {row["company_id"] for row in files["investments"]} <= known[0]
    assert {row["investor_id"] for row in files["investments"]} <= known[1]


def test_every_code_of_the_files_is_known(files: dict[str, list[dict[str, str]]]) -> None:
    countries = {row["country"] for name in ("companies", "investors") for row in files[name]} - {""}
    assert countries - set(directory.COUNTRIES) == set()
    assert {row["round_type"] for row in files["investments"]} <= set(terms.CRUNCHBASE_ROUNDS)
    categories = {row["category"] for name in ("companies", "investors") for row in files[name]} - {""}
    assert len(categories) == 42
    mapped = {category: directory.sectors_of_category(category) for category in categories}
    assert {category for category, sectors in mapped.items() if not sectors} == {"nonprofit", "other"}
    assert {code for sectors in mapped.values() for code in sectors} <= set(terms.SECTORS.codes)


def test_every_country_has_a_code_of_its_own() -> None:
    assert len(set(directory.COUNTRIES.values())) == len(directory.COUNTRIES)
    assert all(len(three) == 3 and len(two) == 2 for three, two in directory.COUNTRIES.items())


def test_the_source_and_its_licence_lie_beside_the_files() -> None:
    licence = (directory.CRUNCHBASE / "LICENSE.txt").read_text(encoding="utf-8")
    assert "CrunchBase" in licence
    assert "CC" in licence or "Creative Commons" in licence
    assert "CrunchBase" in (directory.DATA / "README.md").read_text(encoding="utf-8")


def test_nothing_in_the_files_is_later_than_they_say(files: dict[str, list[dict[str, str]]]) -> None:
    assert max(row["funded_at"] for row in files["investments"]) <= directory.AS_OF.isoformat()


# --- loading a few rows ---------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The source with one company, two investors and two deals."""
    rows = {
        "companies": [COMPANY],
        "investors": [INVESTOR, OTHER],
        "investments": [DEAL, {**DEAL, "investor_id": "/company/other"}],
    }
    monkeypatch.setattr(directory, "read", rows.__getitem__)


async def _quiet(_label: str, _share: float) -> None: ...


async def test_a_small_source_is_loaded_whole_and_once(db: asyncpg.Connection, few: None) -> None:
    told: list[float] = []

    async def report(label: str, share: float) -> None:
        assert label == "directory"
        told.append(share)

    await directory.load(report)
    assert told == [0.0, 0.2, 0.4, 0.7, 0.9, 1.0]
    tables = ("organisation", "funding_round", "investment", "mandate", "membership", "outbox")
    counted = {table: await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
    samples = len(json.loads((directory.DATA / "sample_organisations.json").read_bytes()))
    assert (counted["organisation"], counted["funding_round"], counted["investment"]) == (3 + samples, 1, 2)
    told.clear()
    await directory.load(report)
    assert told == [0.0, 0.9, 1.0]
    assert {table: await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables} == counted


async def test_nothing_is_left_when_the_load_breaks_off(
    db: asyncpg.Connection, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = directory._copy

    async def breaks(con: object, table: str, rows: object) -> None:
        if table == "investment":
            raise RuntimeError("power cut")
        await real(con, table, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(directory, "_copy", breaks)
    with pytest.raises(RuntimeError):
        await directory.load(_quiet)

    assert await database.fetchval("SELECT count(*) FROM organisation") == 0


async def test_the_search_indexes_are_as_before_when_it_is_done(db: asyncpg.Connection, few: None) -> None:
    await directory.load(_quiet)
    rows = await db.fetch(
        "SELECT relname, reloptions FROM pg_class WHERE relname = ANY($1)",
        list(directory.SEARCH_INDEXES),
    )
    assert len(rows) == len(directory.SEARCH_INDEXES)
    assert {option for row in rows for option in row["reloptions"]} == {"gin_pending_list_limit=128"}


async def test_samples_are_not_taken_for_what_came_from_the_source(db: asyncpg.Connection, few: None) -> None:
    await directory.load(_quiet)
    assert await db.fetchval("SELECT count(*) FROM organisation WHERE sample AND source <> 'self'") == 0
    assert await db.fetchval("SELECT count(*) FROM organisation WHERE NOT sample AND source_url IS NULL") == 0
    assert await db.fetchval("SELECT count(*) FROM organisation WHERE sample AND country <> 'VN'") == 0
    queued = "SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'"
    assert await db.fetchval(queued) == await db.fetchval("SELECT count(*) FROM organisation WHERE sample")


async def test_the_accounts_of_the_demo_belong_to_their_organisations(db: asyncpg.Connection, few: None) -> None:
    for name in ("startup", "checkin"):
        await create_person(email=f"{name}@demo.example", name=name, confirmed=True, sample=True)
    await directory.load(_quiet)
    rows = await db.fetch(
        "SELECT p.email, m.role, o.sample FROM membership m JOIN person p ON p.id = m.person"
        " JOIN organisation o ON o.id = m.organisation ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [
        ("checkin@demo.example", "viewer", True),
        ("startup@demo.example", "owner", True),
    ]


async def test_the_own_page_of_a_sample_says_that_it_is_made_up(client: Any, db: asyncpg.Connection, few: None) -> None:
    await directory.load(_quiet)
    slug = await database.fetchval("SELECT slug FROM organisation WHERE sample ORDER BY slug LIMIT 1")
    vi = (await client.get(f"/organisations/{slug}", headers={"Accept-Language": "vi"})).text
    source = (await client.get("/organisations/acme", headers={"Accept-Language": "vi"})).text
    assert "mẫu" in vi.lower()
    assert 'href="https://www.crunchbase.com/organization/acme"' in source
    assert "2012" in source


# --- samples --------------------------------------------------------------------------------------------------

SAMPLES: list[dict[str, Any]] = json.loads((directory.DATA / "sample_organisations.json").read_bytes())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: fold(sample["name_en"]))
def test_a_sample_becomes_a_row(sample: dict[str, Any]) -> None:
    row = directory._sample(sample, set(), 7)
    assert (row["sample"], row["source"], row["country"], row["listing_version"]) == (True, "self", "VN", 7)
    assert row["province_code"] in places.provinces()
    assert row["founded_precision"] == "year"
    assert (row["raising_round"] is None) == (row["raising_amount"] is None) == (row["raising_currency"] is None)
    for name in (sample["name"], sample["name_en"]):
        assert set(slugify(name).split("-")) <= set(row["search_text"].split())
    assert (row["contact_email"], row["website"]) == ("", ""), "nobody is written to for a made-up organisation"


@pytest.mark.parametrize(
    "sample", [sample for sample in SAMPLES if "mandate" in sample], ids=lambda sample: fold(sample["name_en"])
)
def test_a_mandate_of_a_sample_makes_sense(sample: dict[str, Any]) -> None:
    mandate = directory._mandate(sample["mandate"], directory.new_id())
    assert 0 < mandate["ticket_min"] <= mandate["ticket_max"]
    assert mandate["ticket_currency"] in ("VND", "USD")
    assert set(mandate["rounds"]) <= set(terms.ROUNDS.codes)
    assert set(mandate["sectors"]) <= set(terms.SECTORS.codes)
    assert mandate["geographies"]


def test_samples_have_names_of_their_own_in_both_languages() -> None:
    for field in ("name", "name_en", "summary_vi", "summary_en"):
        values = [sample[field] for sample in SAMPLES]
        assert len(set(values)) == len(values) == 45
