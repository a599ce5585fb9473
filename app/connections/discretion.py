"""Which stored reasons may be told: none made from what the candidate keeps from members by now.

The engine weighs only what members may see, but a list may be older than its candidate's choice. No SQL, no pages.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.directory.fields import COLLECTIONS, FIELDS
from app.directory.seeing import THE_ENGINE, tier_of

Row = dict[str, Any]

_OF_COMPANIES: dict[str, tuple[str, ...]] = {
    "technology": ("technologies",),
    "stated_technology": ("technologies",),
    "stated_round": ("raising_round",),
    "stated_ticket": ("raising_amount", "raising_currency"),
    "round": ("raising_round",),
    "amount": ("raising_amount", "raising_currency"),
    "needs": ("need_offer",),
}
_OF_SEEKERS: dict[str, tuple[str, ...]] = {
    "stated_sector": ("mandate",),
    "stated_technology": ("mandate", "technologies"),
    "stated_stage": ("mandate",),
    "stated_round": ("mandate",),
    "stated_ticket": ("mandate",),
    "stated_place": ("mandate",),
    "needs": ("need_offer",),
}
"""Codes of reasons to the candidate's fields and lists that they are made from, by what the candidate is."""

_FROM_HISTORY = {"round": "round_type", "amount": "amount_usd"}
"""Codes that speak of announced rounds where the candidate has stated nothing: this parameter is empty then."""


def sees(name: str, tiers: Mapping[str, int]) -> bool:
    """Whether every member may see this field or list of an organisation with these choices."""
    found = COLLECTIONS[name] if name in COLLECTIONS else FIELDS[name]
    return THE_ENGINE.sees(tier_of(found, tiers))


def tells_raising(row: Mapping[str, Any]) -> bool:
    """Whether a candidate tells members that it raises money: by a round or an amount that they may see."""
    stated = (("states_round", "raising_round"), ("states_amount", "raising_amount"))
    return any(row[flag] and sees(name, row["tiers"]) for flag, name in stated)


def told(reasons: Iterable[Row], row: Mapping[str, Any], kind: str) -> list[Row]:
    """The reasons of a list of this kind that may be told of the candidate `row`."""
    made_from = _OF_COMPANIES if kind == "startup" else _OF_SEEKERS
    return [
        reason
        for reason in reasons
        if all(sees(name, row["tiers"]) for name in made_from.get(reason["code"], ())) or _known_anyway(reason, row)
    ]


def _known_anyway(reason: Row, row: Mapping[str, Any]) -> bool:
    """Whether a reason says only what stands on open fields: announced rounds, or sectors of the profile itself."""
    code, params = reason["code"], reason["params"]
    if code in _FROM_HISTORY:
        return not params.get(_FROM_HISTORY[code])
    common = params.get("sectors") or ()
    return code == "stated_sector" and bool(common) and set(common) <= set(row["sectors"] or ())
