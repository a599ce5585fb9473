"""Reads organisations' profiles as the engine and the pages need them: one query each. No engine is loaded here."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core import db
from app.directory.fields import COLLECTIONS
from app.directory.seeing import THE_ENGINE, shown, tier_of

COMPANY_KINDS = ("startup", "project", "company")
"""Kinds of organisations that can be invested in and supported."""
INVESTOR_KINDS = ("investor",)
SUPPORT_KINDS = ("incubator", "institute", "support")
"""Kinds that help companies without history the engine could learn from."""

CHANGED_AT_MOST = 1_000
"""Profiles newer than the model that are handed over with a question; more of them wait for the next fit."""
_MANDATE = (
    "rounds", "stages", "sought_sectors", "sought_technologies", "geographies", "ticket_min", "ticket_max",
    "ticket_currency", "thesis_vi", "thesis_en",
)  # fmt: skip
PROFILE = """
SELECT o.id, o.name, o.kinds, o.sectors, o.technologies, o.stage, o.country, o.state, o.region, o.city,
       o.province_code, o.summary_vi, o.summary_en, o.description_vi, o.description_en, o.founded_on,
       o.investor_types, o.needs, o.offers, o.raising_round, o.raising_amount, o.raising_currency, o.source_category,
       o.version, o.updated_at, o.tiers, o.hidden_at,
       m.rounds, m.stages, m.sectors AS sought_sectors, m.technologies AS sought_technologies,
       m.geographies, m.ticket_min, m.ticket_max, m.ticket_currency, m.thesis_vi, m.thesis_en,
       w.signals_off, w.accepts, w.requests_per_month, w.updated_at AS wished_at
FROM organisation o LEFT JOIN matching_preference w ON w.organisation = o.id LEFT JOIN LATERAL (
    SELECT * FROM mandate WHERE mandate.organisation = o.id AND mandate.ended_at IS NULL
    ORDER BY mandate.updated_at DESC LIMIT 1
) m ON true
"""


async def fingerprint() -> str:
    """What the data look like, cheaply: the same again means that there is nothing new to learn from."""
    row = await db.fetchrow(
        "SELECT (SELECT (count(*), sum(version), max(updated_at))::text FROM organisation WHERE ended_at IS NULL),"
        " (SELECT (count(*), max(updated_at))::text FROM mandate),"
        " (SELECT (count(*), max(created_at))::text FROM funding_round),"
        " (SELECT (count(*), max(created_at))::text FROM investment),"
        " (SELECT (count(*), max(updated_at))::text FROM matching_preference),"
        " (SELECT (count(*), max(created_at), max(ended_at))::text FROM suggestion_choice),"
        " (SELECT (count(*), max(asked_at), max(accepted_at), max(ended_at))::text FROM introduction)"
    )
    return hashlib.sha256(repr(tuple(row or ())).encode()).hexdigest()[:16]


async def profile_of(organisation_id: UUID) -> Mapping[str, Any] | None:
    """What an organisation's profile says now; None when there is none, or it has ended."""
    return await db.fetchrow(f"{PROFILE} WHERE o.id = $1 AND o.ended_at IS NULL", organisation_id)


async def changed_since(moment: datetime, kinds: Iterable[str]) -> list[Mapping[str, Any]]:
    """Profiles of organisations of some kinds that are newer than a moment, or whose wishes are; the latest first."""
    return await db.fetch(
        f"{PROFILE} WHERE o.id IN (SELECT id FROM organisation WHERE updated_at > $1 UNION"  # noqa: S608
        " SELECT organisation FROM matching_preference WHERE updated_at > $1)"
        " AND o.kinds && $2::text[] AND o.ended_at IS NULL"
        " ORDER BY greatest(o.updated_at, w.updated_at) DESC LIMIT $3",
        moment,
        list(kinds),
        CHANGED_AT_MOST,
    )


async def supporters(kind: str) -> list[Mapping[str, Any]]:
    """Profiles of the organisations of a kind that supports."""
    return await db.fetch(
        f"{PROFILE} WHERE o.kinds @> ARRAY[$1] AND o.ended_at IS NULL ORDER BY o.number LIMIT $2",
        kind,
        CHANGED_AT_MOST,
    )


def visible(row: Mapping[str, Any]) -> dict[str, Any]:
    """A profile without what its owner keeps from members: the engine never weighs it, so no reason can tell it."""
    found = shown(row, THE_ENGINE)
    if not THE_ENGINE.sees(tier_of(COLLECTIONS["mandate"], row["tiers"])):
        found |= dict.fromkeys(_MANDATE)
    return found


def is_company(kinds: Iterable[str]) -> bool:
    return not set(COMPANY_KINDS).isdisjoint(kinds)


def is_investor(kinds: Iterable[str]) -> bool:
    return not set(INVESTOR_KINDS).isdisjoint(kinds)
