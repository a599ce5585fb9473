"""Two profiles side by side, field by field, and what the one that stays will say after the choices that were made."""

from collections.abc import Mapping, Set
from typing import Any, Literal
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import NotFound
from app.core.text import clean_line
from app.directory import places, views
from app.directory.access import COLUMNS
from app.directory.details import details_of
from app.directory.fields import COLLECTIONS, FIELDS, SECTIONS, Collection, Field
from app.directory.seeing import FOLLOWS, tier_of

Row = dict[str, Any]
Choice = Literal["kept", "merged", "both"]

TOGETHER: dict[str, tuple[str, ...]] = {
    "country": ("country", "state", "region", "city", "province_code", "ward_code"),
    "founded_on": ("founded_on", "founded_precision"),
    "raising_round": ("raising_round", "raising_amount", "raising_currency", "raising_since", "raising_min",
                      "raising_instrument", "raising_until", "valuation"),
    "revenue_band": ("revenue_band", "revenue_year"),
    "fund_size": ("fund_size", "fund_currency"),
}  # fmt: skip
"""Fields that make no sense taken from two profiles: one choice, under the first one's name, for all of them."""

_LED = {name for lead, names in TOGETHER.items() for name in names if name != lead}
_DERIVED = frozenset({"needs", "offers"})
"""Follow from rows that move."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One field of both, as words; `proposed` is what happens when nobody chooses."""

    name: str
    label: str
    section: str
    kept: str
    merged: str
    same: bool
    several: bool
    proposed: Choice


async def profile_row(organisation: UUID) -> Row:
    """Every field of an organisation, whether it has ended or not. Raises NotFound."""
    found = await db.fetchrow(f"SELECT {COLUMNS} FROM organisation o WHERE o.id = $1", organisation)  # noqa: S608
    if found is None:
        raise NotFound
    return dict(found) | await details_of(organisation)


def lines(kept: Mapping[str, Any], merged: Mapping[str, Any]) -> list[Line]:
    """Every field that one of the two says something about, in the order of the edit page."""
    found = []
    for field in FIELDS.values():
        if field.name in _LED or field.name in _DERIVED:
            continue
        names = TOGETHER.get(field.name, (field.name,))
        one, other = [kept.get(name) for name in names], [merged.get(name) for name in names]
        if not any(one) and not any(other):
            continue
        section = SECTIONS.get(field.section)
        found.append(
            Line(
                name=field.name,
                label=field.label(),
                section=section.label() if section else "",
                kept=_said(field, kept),
                merged=_said(field, merged),
                same=one == other,
                several=field.several,
                proposed="both" if field.several and any(one) and any(other) else "kept" if any(one) else "merged",
            )
        )
    return found


def chosen(kept: Mapping[str, Any], merged: Mapping[str, Any], choices: Mapping[str, str]) -> dict[str, str]:
    """For every field whether it is taken from the one that stays, from the other, or from both."""
    found = {}
    for line in lines(kept, merged):
        choice = choices.get(line.name, line.proposed)
        allowed = ("kept", "merged", "both") if line.several else ("kept", "merged")
        for name in TOGETHER.get(line.name, (line.name,)):
            found[name] = choice if choice in allowed else line.proposed
    return found


def result(kept: Mapping[str, Any], merged: Mapping[str, Any], choices: Mapping[str, str]) -> Row:
    """The fields that change, with what they will say."""
    found: Row = {}
    for name, choice in chosen(kept, merged, choices).items():
        if choice == "merged":
            value = merged.get(name)
        elif choice == "both":
            most = FIELDS[name].most or None
            value = list(dict.fromkeys([*(kept.get(name) or []), *(merged.get(name) or [])]))[:most]
        else:
            continue
        if value != kept.get(name):
            found[name] = value
    found["aliases"] = _aliases(kept, merged, found)
    if found["aliases"] == list(kept.get("aliases") or []):
        del found["aliases"]
    return found


def stricter(kept: Mapping[str, Any], merged: Mapping[str, Any], changed: Set[str]) -> dict[str, int]:
    """The tiers of the one that stays: of every list, and of every field that takes something from the other one, the
    stricter of both, so that merging shows nobody what an owner kept from them."""
    found = dict(kept["tiers"])
    taken = {FOLLOWS.get(name, name) for name in changed}
    taken |= {name for names in TOGETHER.values() if not changed.isdisjoint(names) for name in names}
    whats: list[Field | Collection] = [field for field in FIELDS.values() if field.name in taken and not field.fixed]
    for what in [*whats, *COLLECTIONS.values()]:
        tier = max(tier_of(what, kept["tiers"]), tier_of(what, merged["tiers"]))
        if tier != tier_of(what, kept["tiers"]):
            found[what.name] = int(tier)
    return found


def _aliases(kept: Mapping[str, Any], merged: Mapping[str, Any], found: Row) -> list[str]:
    """Every name that either of them had and that the profile does not say any more."""
    name = found.get("name", kept["name"])
    said = [*(found.get("aliases") or kept.get("aliases") or []), *(merged.get("aliases") or [])]
    said += [kept["name"], merged["name"]]
    most = FIELDS["aliases"].most or 20
    names = dict.fromkeys(clean_line(text) for text in said if text and text != name)
    return list(names)[:most]


def _said(field: Field, row: Mapping[str, Any]) -> str:
    """A value in words; of fields that belong together all of them."""
    if field.name == "country":
        return places.place_label(dict(row)) if row.get("country") or row.get("city") else ""
    names = [name for name in TOGETHER.get(field.name, (field.name,)) if name in FIELDS]
    texts = [views.told(FIELDS[name], dict(row)) for name in names if FIELDS[name].type != "currency"]
    return " · ".join(dict.fromkeys(text for text in texts if text))
