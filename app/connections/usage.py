"""How an organisation's profile is used: how much each of its facts moves its lists, and what a missing one might."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from app.connections import filters, gaps
from app.connections.gaps import Gap
from app.connections.signals import SIGNALS
from app.core import db
from app.core.i18n import N_, Phrase

RESTS_ON: dict[str, tuple[str, ...]] = {
    "sectors": ("stated_sector", "sector", "focus"),
    "country": ("home", "place", "stated_place"),
    "summary": ("words", "text"),
    "stage": ("stated_stage",),
    "raising": ("stated_round", "stated_ticket", "round", "amount"),
    "needs": ("needs",),
    "sought": ("stated_sector", "sector", "focus"),
    "stages": ("stated_stage", "stated_round", "round"),
    "ticket": ("stated_ticket", "amount"),
    "geographies": ("stated_place", "home", "place"),
    "thesis": ("words", "text"),
}
"""Which reasons need which field of a profile (codes of `gaps`)."""

PAST = ("similar", "network", "activity", "company", "entry")
PAST_LABEL = N_("Announced investments of the past")
LOOKED_AT = 10
SAMPLE = 300
"""Suggestions of others that an expectation for a missing field is taken from."""


class Fact(msgspec.Struct, frozen=True):
    """A part of the profile and its share of what sets suggestions apart, from 0 to 1."""

    code: str
    label: Phrase
    share: float


class Usage(msgspec.Struct, frozen=True):
    """What the page shows."""

    counting: list[Fact]
    missing: list[Fact]
    measured: bool
    """Whether there are lists to measure on; without them shares are 0."""


async def usage_of(organisation_id: UUID, profile: Mapping[str, Any]) -> Usage:
    """Measured on the organisation's own lists; for what is missing, on the lists of others. Two queries."""
    own = await _weights("s.organisation = $1", organisation_id, filters.lists_of(profile["kinds"]))
    others = await _weights("s.organisation <> $1", organisation_id, filters.lists_of(profile["kinds"]))
    missing = gaps.gaps_of(profile)
    off = {name for code in profile["signals_off"] or () for name in SIGNALS[code].fields}
    given = [gap for gap in gaps.asked_of(profile["kinds"]) if gap not in missing and not off.issuperset(_fields(gap))]
    counting = [_fact(gap.code, gap.label, RESTS_ON[gap.code], own) for gap in given]
    if "past" not in (profile["signals_off"] or ()):
        counting.append(_fact("past", PAST_LABEL, PAST, own))
    return Usage(
        counting=sorted(counting, key=lambda fact: -fact.share),
        missing=sorted(
            (_fact(gap.code, gap.label, RESTS_ON[gap.code], others) for gap in missing), key=lambda fact: -fact.share
        ),
        measured=bool(own),
    )


def _fields(gap: Gap) -> tuple[str, ...]:
    return {
        "country": ("country",),
        "summary": ("summary_vi", "summary_en"),
        "raising": ("raising_round", "raising_amount"),
        "stages": ("stages", "rounds"),
        "ticket": ("ticket_min", "ticket_max"),
        "geographies": ("geographies",),
        "thesis": ("thesis_vi", "thesis_en"),
    }.get(gap.code, (gap.code,))


def _fact(code: str, label: Phrase, rests_on: Iterable[str], weights: Mapping[str, float]) -> Fact:
    total = sum(weights.values())
    return Fact(code, label, sum(weights.get(name, 0.0) for name in rests_on) / total if total else 0.0)


async def _weights(condition: str, organisation_id: UUID, kinds: Iterable[str]) -> dict[str, float]:
    """How much each reason moves suggestions, by code: its contributions without their sign, added up."""
    rows = await db.fetch(
        "SELECT r ->> 'code' AS code, sum(abs((r ->> 'contribution')::float8)) AS weight FROM"  # noqa: S608
        f" (SELECT s.reasons FROM suggestion s WHERE {condition} AND s.kind = ANY($2::text[]) AND s.rank <= $3"
        " ORDER BY s.id DESC LIMIT $4) s, jsonb_array_elements(s.reasons) r GROUP BY 1",
        organisation_id,
        list(kinds),
        LOOKED_AT,
        SAMPLE,
    )
    return {row["code"]: row["weight"] for row in rows}
