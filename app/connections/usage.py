"""How an organisation's profile is used: how much each of its facts moves its lists, and what a missing one might."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from app.connections import filters, gaps, reasons
from app.connections.gaps import Gap
from app.connections.signals import SIGNALS
from app.core import db
from app.core.i18n import N_, Phrase

Part = tuple[reasons.Role, str]
"""Who reads the list, and the code of a reason on it."""

_FIELD = ("stated_sector", "stated_technology", "sector", "technology", "focus")
_PLACE = ("stated_place", "home", "place")
_WORDS = ("words", "text", "meaning")

COMPANY: dict[str, tuple[str, ...]] = {
    "sectors": _FIELD,
    "country": _PLACE,
    "summary": _WORDS,
    "stage": ("stated_stage",),
    "raising": ("stated_round", "stated_ticket", "round", "amount"),
    "needs": ("needs",),
}
"""Which reasons need which field of a company's profile (codes of `gaps`): on its lists of investors and supporters."""

SEEKER: dict[str, tuple[str, ...]] = {
    "sought": _FIELD,
    "stages": ("stated_stage", "stated_round", "round"),
    "ticket": ("stated_ticket", "amount"),
    "geographies": _PLACE,
    "thesis": _WORDS,
}
"""The same of whoever looks for companies: on the list of startups. Who does both has both, each on its own lists."""

PAST = ("similar", "network", "activity", "company", "entry")
PAST_LABEL = N_("Announced investments of the past")
THEIR_PAST_LABEL = N_("Announced investments of those who are suggested")
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
    names = filters.lists_of(profile["kinds"])
    own = await _weights("s.organisation = $1", organisation_id, names)
    others = await _weights("s.organisation <> $1", organisation_id, names)
    missing = gaps.gaps_of(profile)
    off = {name for code in profile["signals_off"] or () for name in SIGNALS[code].fields}
    given = [gap for gap in gaps.asked_of(profile["kinds"]) if gap not in missing and not off.issuperset(_fields(gap))]
    counting = [_fact(gap.code, gap.label, own, _parts(gap.code)) for gap in given]
    counting.append(_past(own, known="past" not in (profile["signals_off"] or ())))
    return Usage(
        counting=sorted(counting, key=lambda fact: -fact.share),
        missing=sorted(
            (_fact(gap.code, gap.label, others, _parts(gap.code)) for gap in missing), key=lambda fact: -fact.share
        ),
        measured=bool(own),
    )


def _parts(code: str) -> list[Part]:
    """What a field of the profile moves. No part is moved by two fields of the same side."""
    role: reasons.Role = "company" if code in COMPANY else "seeker"
    return [(role, name) for name in (COMPANY if role == "company" else SEEKER)[code]]


def _past(own: Mapping[Part, float], *, known: bool) -> Fact:
    """The past of both sides; of whoever has taken out their own, the past of those on the lists remains."""
    sides: tuple[reasons.Role, ...] = ("company", "seeker")
    parts = [(role, name) for role in sides for name in PAST if known or name != reasons.OWN[role]]
    return _fact("past", PAST_LABEL, own, parts) if known else _fact("their_past", THEIR_PAST_LABEL, own, parts)


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


def _fact(code: str, label: Phrase, weights: Mapping[Part, float], parts: Iterable[Part]) -> Fact:
    total = sum(weights.values())
    return Fact(code, label, sum(weights.get(part, 0.0) for part in parts) / total if total else 0.0)


async def _weights(condition: str, organisation_id: UUID, kinds: Iterable[str]) -> dict[Part, float]:
    """How much each reason moves suggestions, by the list's reader: its contributions without their sign, added up."""
    rows = await db.fetch(
        "SELECT s.kind, r ->> 'code' AS code, sum(abs((r ->> 'contribution')::float8)) AS weight FROM"  # noqa: S608
        f" (SELECT s.kind, s.reasons FROM suggestion s WHERE {condition} AND s.kind = ANY($2::text[]) AND s.rank <= $3"
        " ORDER BY s.id DESC LIMIT $4) s, jsonb_array_elements(s.reasons) r GROUP BY 1, 2",
        organisation_id,
        list(kinds),
        LOOKED_AT,
        SAMPLE,
    )
    found: dict[Part, float] = defaultdict(float)
    for row in rows:
        found[reasons.reader_of(row["kind"]), row["code"]] += row["weight"]
    return found
