"""Loads the demo's directory: CrunchBase's companies, investors and investments up to 2012, and made-up samples."""

import csv
import gzip
import io
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import now
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.text import slugify
from app.directory import places
from app.directory.listing import next_version
from app.directory.search_text import name_folded, search_text
from app.directory.vocabulary import CRUNCHBASE_ROUNDS, STAGE_AFTER_ROUND, STAGES, sectors_of_category

Report = Callable[[str, float], Awaitable[None]]
Row = dict[str, Any]

DATA = Path(__file__).resolve().parent / "data"
CRUNCHBASE = DATA / "crunchbase_2013"
AS_OF = date(2012, 12, 31)
LABEL = "directory"

COUNTRIES = dict(
    pair.split(":")
    for pair in [
        "USA:US",
        "GBR:GB",
        "CAN:CA",
        "DEU:DE",
        "JPN:JP",
        "ISR:IL",
        "FRA:FR",
        "CHN:CN",
        "AUS:AU",
        "SGP:SG",
        "CHE:CH",
        "IND:IN",
        "TWN:TW",
        "NLD:NL",
        "SWE:SE",
        "RUS:RU",
        "BEL:BE",
        "ESP:ES",
        "KOR:KR",
        "HKG:HK",
        "DNK:DK",
        "FIN:FI",
        "NOR:NO",
        "IRL:IE",
        "ITA:IT",
        "NZL:NZ",
        "LUX:LU",
        "ARG:AR",
        "ARE:AE",
        "BRA:BR",
        "MYS:MY",
        "MUS:MU",
        "ZAF:ZA",
        "CYM:KY",
        "BMU:BM",
        "EST:EE",
        "MEX:MX",
        "UKR:UA",
        "HUN:HU",
        "PHL:PH",
        "CHL:CL",
        "BHR:BH",
        "VNM:VN",
        "PRT:PT",
        "SVN:SI",
        "TUR:TR",
        "BGR:BG",
        "ROM:RO",
        "GIB:GI",
        "GHA:GH",
        "LTU:LT",
        "LIE:LI",
        "PRI:PR",
        "BHS:BS",
        "GRC:GR",
        "HRV:HR",
        "ISL:IS",
        "CZE:CZ",
        "LBN:LB",
        "POL:PL",
        "EGY:EG",
        "KWT:KW",
        "NGA:NG",
        "KEN:KE",
        "MAR:MA",
        "SAU:SA",
        "WSM:WS",
        "QAT:QA",
        "JOR:JO",
        "CYP:CY",
        "PAK:PK",
    ]
)
"""The alpha-3 codes of the export (it writes ROM for Romania) as alpha-2."""

_VIETNAMESE_CITIES = {"hanoi city": "01", "ha noi": "01", "ho chi minh city": "79"}


async def load(report: Report) -> None:
    """Load what is not there yet; a second run changes nothing. Runs after the people of the demo."""
    await report(LABEL, 0.0)
    if not await db.fetchval("SELECT EXISTS (SELECT FROM organisation WHERE source = 'crunchbase')"):
        await _load_crunchbase(report)
    await report(LABEL, 0.9)
    if not await db.fetchval("SELECT EXISTS (SELECT FROM organisation WHERE sample)"):
        await _load_samples()
    await report(LABEL, 1.0)


# --- CrunchBase -----------------------------------------------------------------------------------------------


def read(name: str) -> list[dict[str, str]]:
    """The rows of one of the shipped files."""
    with gzip.open(CRUNCHBASE / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(io.StringIO(file.read())))


async def _load_crunchbase(report: Report) -> None:
    """All of it in one transaction, so that an interrupted start leaves nothing half loaded."""
    organisations = _organisations(read("companies"), read("investors"))
    await report(LABEL, 0.2)
    rounds, investments = _rounds(read("investments"), organisations)
    _finish(organisations, rounds, investments)
    await report(LABEL, 0.4)
    async with db.tx(statement_timeout="120s") as con:
        version = await next_version()
        for row in organisations.values():
            row["listing_version"] = version
        # numbers rise with how much is recorded, so that the list, newest first, begins with what is known best
        await _let_searches_wait(con, megabytes=256)
        await _copy(con, "organisation", sorted(organisations.values(), key=lambda row: row["links"]))
        await report(LABEL, 0.7)
        await _copy(con, "funding_round", rounds.values())
        await _copy(con, "investment", investments)
    await _settle()


SEARCH_INDEXES = (
    "organisation_kinds",
    "organisation_sectors",
    "findable_organisation_names",
    "findable_organisation_words",
)


async def _let_searches_wait(con: Any, megabytes: float) -> None:
    """How much the search indexes put off: little in daily life, all of it while everything is loaded at once."""
    for index in SEARCH_INDEXES:
        limit = round(megabytes * 1024)
        await con.execute(f"ALTER INDEX {index} SET (gin_pending_list_limit = {limit})")


async def _settle() -> None:
    """Bring the search indexes and the planner's figures up to date at once, not when autovacuum comes by."""
    async with db.tx(statement_timeout="60s") as con:
        await _let_searches_wait(con, megabytes=0.125)
        for index in SEARCH_INDEXES:
            await con.execute("SELECT gin_clean_pending_list($1::text::regclass)", index)
    await db.execute("ANALYZE organisation, findable, funding_round, investment")


async def _copy(con: Any, table: str, rows: Iterable[Row]) -> None:
    rows = list(rows)
    columns = [name for name in rows[0] if not name.startswith("_")]
    await con.copy_records_to_table(
        table, records=[tuple(row[name] for name in columns) for row in rows], columns=columns, timeout=120
    )


def _organisations(companies: list[dict[str, str]], investors: list[dict[str, str]]) -> dict[str, Row]:
    """One organisation per id of the source; a company that also invests becomes one organisation of both kinds."""
    found: dict[str, Row] = {}
    slugs: set[str] = set()
    moment = now()
    for record in companies:
        found[record["company_id"]] = _organisation(record["company_id"], record, "startup", slugs, moment)
    for record in investors:
        key = record["investor_id"]
        if key in found:
            found[key]["kinds"] = ["startup", "investor"]
            continue
        found[key] = _organisation(key, record, "investor", slugs, moment)
        if record["type"] == "company":
            found[key]["kinds"] = ["investor", "company"]
    return found


def _organisation(key: str, record: dict[str, str], kind: str, slugs: set[str], moment: Any) -> Row:
    country = COUNTRIES.get(record["country"])
    region = "" if record["region"] == "unknown" else record["region"]
    founded = record.get("founded_at") or ""
    return {
        "id": new_id(),
        "slug": _free_slug(record["name"], slugs),
        "name": record["name"],
        "name_folded": name_folded(record["name"]),
        "kinds": [kind],
        "sectors": list(sectors_of_category(record["category"])),
        "stage": None,
        "country": country,
        "state": (record["state"] or None) if country == places.UNITED_STATES else None,
        "region": region or None,
        "city": record["city"] or None,
        "province_code": _VIETNAMESE_CITIES.get(region.lower()) if country == places.VIETNAM else None,
        "founded_on": date.fromisoformat(founded) if founded else None,
        "founded_precision": _precision(founded),
        "investor_types": [],
        "links": 0,
        "source": "crunchbase",
        "source_key": key,
        "source_url": f"https://www.crunchbase.com{key.replace('/company/', '/organization/')}"
        if key.startswith("/company/")
        else f"https://www.crunchbase.com/organization/{key.rpartition('/')[2]}",
        "source_category": record["category"] or None,
        "source_as_of": AS_OF,
        "created_at": moment,
        "updated_at": datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC),
        "search_text": "",
    }


def _precision(founded: str) -> str | None:
    """The export writes the first of January where only the year is known."""
    if not founded:
        return None
    if founded.endswith("-01-01"):
        return "year"
    return "month" if founded.endswith("-01") else "day"


def _free_slug(name: str, slugs: set[str]) -> str:
    wanted = slugify(name, fallback="to-chuc")
    slug, n = wanted, 1
    while slug in slugs:
        n += 1
        slug = f"{wanted}-{n}"
    slugs.add(slug)
    return slug


def _rounds(records: list[dict[str, str]], organisations: dict[str, Row]) -> tuple[dict[Any, Row], list[Row]]:
    """Rounds (a company, a day, a type, an amount) and who took part in them."""
    rounds: dict[Any, Row] = {}
    investments = []
    for record in records:
        amount = record["raised_amount_usd"]
        key = (record["company_id"], record["funded_at"], record["round_type"], amount)
        company = organisations[record["company_id"]]
        funding = rounds.get(key)
        if funding is None:
            funding = rounds[key] = {
                "id": new_id(),
                "organisation": company["id"],
                "round_type": CRUNCHBASE_ROUNDS[record["round_type"]],
                "source_type": record["round_type"],
                "announced_on": date.fromisoformat(record["funded_at"]),
                "amount": Decimal(amount) if amount else None,
                "currency": "USD" if amount else None,
                "source": "crunchbase",
            }
            company["links"] += 1
        investor = organisations[record["investor_id"]]
        investor["links"] += 1
        investments.append(
            {
                "id": new_id(),
                "funding_round": funding["id"],
                "organisation": company["id"],
                "investor": investor["id"],
                "announced_on": funding["announced_on"],
            }
        )
    return rounds, investments


def _finish(organisations: dict[str, Row], rounds: dict[Any, Row], investments: list[Row]) -> None:
    """What follows from the rounds: a stage, sectors of investors that name none, the text that the search reads."""
    reached: dict[UUID, int] = {}
    for funding in rounds.values():
        stage = STAGE_AFTER_ROUND.get(funding["round_type"])
        if stage:
            company = funding["organisation"]
            reached[company] = max(reached.get(company, 0), STAGES.codes.index(stage))
    for row in organisations.values():
        if "startup" in row["kinds"]:
            row["stage"] = STAGES.codes[reached[row["id"]]] if row["id"] in reached else None
        row["search_text"] = search_text(row)


# --- samples --------------------------------------------------------------------------------------------------


async def _load_samples() -> None:
    """Made-up organisations of Vietnam, so marked, and what the demo accounts belong to."""
    samples: list[Row] = msgspec.json.decode((DATA / "sample_organisations.json").read_bytes())
    async with db.tx(statement_timeout="60s") as con:
        version = await next_version()
        taken = {row["slug"] for row in await con.fetch("SELECT slug FROM organisation")}
        rows, mandates, members = [], [], []
        for sample in reversed(samples):
            row = _sample(sample, taken, version)
            rows.append(row)
            if "mandate" in sample:
                mandates.append(_mandate(sample["mandate"], row["id"]))
            members += [(row["id"], email, role) for email, role in sample.get("members", {}).items()]
        await _copy(con, "organisation", rows)
        await _copy(con, "mandate", mandates)
        for organisation, email, role in members:
            await con.execute(
                "INSERT INTO membership (id, organisation, person, role)"
                " SELECT $1, $2, id, $3 FROM person WHERE email_key = $4 AND ended_at IS NULL",
                new_id(), organisation, role, email,
            )  # fmt: skip
        for row in rows:
            await enqueue("connections.refresh", {"organisation_id": str(row["id"])})
    await _settle()


def _sample(sample: Row, taken: set[str], version: int) -> Row:
    raising = sample.get("raising") or {}
    row: Row = {
        "id": new_id(),
        "slug": _free_slug(sample["name"], taken),
        "name": sample["name"],
        "name_en": sample["name_en"],
        "name_folded": name_folded(sample["name"]),
        "country": places.VIETNAM,
        "province_code": sample["province"],
        "ward_code": sample.get("ward"),
        "website": "",
        "contact_email": "",
        "founded_on": date(sample["founded"], 1, 1),
        "founded_precision": "year",
        "raising_round": raising.get("round"),
        "raising_amount": Decimal(raising["amount"]) if raising else None,
        "raising_currency": raising.get("currency"),
        "raising_since": date.fromisoformat(raising["since"]) if raising else None,
        "source": "self",
        "sample": True,
        "listing_version": version,
        "confirmed_at": now(),
    }
    for name in ("kinds", "sectors", "technologies", "business_models", "customers", "investor_types", "support_types"):
        row[name] = sample.get(name, [])
    for name in ("needs", "offers"):
        row[name] = sample.get(name, [])
    for name in ("stage", "product_stage", "trl"):
        row[name] = sample.get(name)
    for name in ("summary_vi", "summary_en", "description_vi", "description_en"):
        row[name] = sample.get(name, "")
    row["search_text"] = search_text(row)
    return row


def _mandate(mandate: Row, organisation: UUID) -> Row:
    return {
        "id": new_id(),
        "organisation": organisation,
        "rounds": mandate["rounds"],
        "stages": mandate.get("stages", []),
        "sectors": mandate["sectors"],
        "geographies": mandate.get("geographies", ["VN"]),
        "ticket_min": Decimal(mandate["ticket_min"]),
        "ticket_max": Decimal(mandate["ticket_max"]),
        "ticket_currency": mandate["currency"],
        "thesis_vi": mandate.get("thesis_vi", ""),
        "thesis_en": mandate.get("thesis_en", ""),
    }
