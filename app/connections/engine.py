"""From the directory's rows to the engine's plain values, for one organisation or for all of them.

Nothing is ranked here. Everything that the engine learns from is declared: profiles, mandates and announced rounds.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.connections.profiles import PROFILE, is_company, is_investor, visible
from app.connections.signals import counted, known_as
from app.core import db
from matching import Company, Dataset, Investor, Link

USD_PER = {
    "USD": 1.0, "VND": 1 / 26_000, "EUR": 1.1, "GBP": 1.3, "JPY": 1 / 150, "SGD": 0.76, "CNY": 0.14, "KRW": 1 / 1_400,
    "CHF": 1.15, "AUD": 0.66, "CAD": 0.72, "INR": 0.0115, "HKD": 0.128, "TWD": 0.031, "THB": 0.029,
}  # fmt: skip
"""Rough rates: sizes of rounds and tickets are compared on a scale of tens, where a few per cent change nothing."""

ROUND_GROUP = {
    **dict.fromkeys(("pre_seed", "seed", "friends_family", "angel", "convertible_note"), "angel"),
    **dict.fromkeys((f"series_{letter}" for letter in "cdefghij"), "series_c_plus"),
    "venture_debt": "debt_financing",
}
"""Kinds of round that the announced rounds of the past do not tell apart: its word "angel" is also for seed."""

_TEXT_AT_MOST = 4_000
_BATCH = 1_000
_ABOUT = ("summary_vi", "summary_en", "description_vi", "description_en")

_LINKS = """
SELECT r.organisation, i.investor, r.round_type, r.announced_on, r.amount, r.currency
FROM funding_round r LEFT JOIN investment i ON i.funding_round = r.id
ORDER BY r.announced_on, r.id, i.investor
"""


async def load() -> Dataset:
    """Everything the engine learns from, read row by row: one query for profiles, one for rounds and investments."""
    companies: list[Company] = []
    investors: list[Investor] = []
    silent: set[str] = set()
    async with db.tx(statement_timeout="120s"):
        async for row in _stream(f"{PROFILE} WHERE o.ended_at IS NULL ORDER BY o.number"):
            # Whoever keeps the past out is known by the plain id, with no links: nothing of it is learned from either.
            if is_company(row["kinds"]):
                companies.append(replace(as_company(row), id=str(row["id"])))
            if is_investor(row["kinds"]):
                investors.append(replace(as_investor(row), id=str(row["id"])))
            if "past" in (row["signals_off"] or ()):
                silent.add(str(row["id"]))
        known = {company.id for company in companies} - silent
        sources = {investor.id for investor in investors} - silent
        links = [
            link
            async for row in _stream(_LINKS)
            if (link := as_link(row)).company_id in known and (not link.investor_id or link.investor_id in sources)
        ]
    return Dataset.of(companies, investors, links)


async def _stream(query: str) -> AsyncIterator[Mapping[str, Any]]:
    async with db.connection() as con:
        async for row in con.cursor(query, prefetch=_BATCH):
            yield row


def as_company(row: Mapping[str, Any]) -> Company:
    """A profile as one who asks for money and help."""
    row = counted(visible(row))
    return Company(
        id=known_as(row),
        name=row["name"],
        description=_text(row, *_ABOUT),
        category=row["source_category"] or "",
        sectors=tuple(row["sectors"] or ()),
        technologies=tuple(row["technologies"] or ()),
        founded_at=row["founded_on"],
        stage=row["stage"] or "",
        needs=tuple(row["needs"] or ()),
        round_type=round_group(row["raising_round"]),
        amount_usd=in_usd(row["raising_amount"], row["raising_currency"]),
        **_place(row),
    )


def as_investor(row: Mapping[str, Any]) -> Investor:
    """A profile as one who looks for companies: an investor, and anybody else who supports them."""
    row = counted(visible(row))
    types = row["investor_types"] or ()
    return Investor(
        id=known_as(row),
        name=row["name"],
        description=_text(row, "thesis_vi", "thesis_en", *_ABOUT),
        type=types[0] if types else "",
        category=row["source_category"] or "",
        sectors=tuple(row["sought_sectors"] or row["sectors"] or ()),
        technologies=tuple(row["sought_technologies"] or row["technologies"] or ()),
        stages=tuple(row["stages"] or ()),
        rounds=tuple(dict.fromkeys(round_group(code) for code in row["rounds"] or ())),
        places=tuple(row["geographies"] or ()),
        ticket_min_usd=in_usd(row["ticket_min"], row["ticket_currency"]),
        ticket_max_usd=in_usd(row["ticket_max"], row["ticket_currency"]),
        offers=tuple(row["offers"] or ()),
        **_place(row),
    )


def as_link(row: Mapping[str, Any]) -> Link:
    """One investor in one announced round."""
    return Link(
        company_id=str(row["organisation"]),
        investor_id=str(row["investor"]) if row["investor"] else "",
        round_type=round_group(row["round_type"]),
        funded_at=row["announced_on"],
        amount_usd=in_usd(row["amount"], row["currency"]),
    )


def round_group(code: str | None) -> str:
    """The kind of round as the engine tells them apart."""
    return ROUND_GROUP.get(code or "", code or "")


def in_usd(amount: Decimal | float | None, currency: str | None) -> float | None:
    """An amount in US dollars, roughly; None when it is not stated or the currency is not known."""
    rate = USD_PER.get(currency or "")
    if not amount or amount <= 0 or rate is None:
        return None
    return float(amount) * rate


def _place(row: Mapping[str, Any]) -> dict[str, Any]:
    # States carry their country, as in mandates: "CA" alone would be both California and Canada.
    country = row["country"] or ""
    state = row["province_code"] or row["state"] or ""
    return {
        "country": country,
        "state": f"{country}-{state}" if state and not state.startswith(f"{country}-") else state,
        "region": row["region"] or "",
        "city": row["city"] or "",
    }


def _text(row: Mapping[str, Any], *fields: str) -> str:
    return " ".join(row[field] for field in fields if row[field])[:_TEXT_AT_MOST]
