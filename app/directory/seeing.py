"""Who sees which field: the one place that page, API, search, export and engine ask. No SQL, no pages.

A field's tier is the registry's, or the owner's choice in the row's `tiers`. Members of an organisation see all of it,
the department's moderators too; everybody else sees what lies within their own tier.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from app.directory.fields import COLLECTIONS, FIELDS, PERSON_FIELDS, Collection, Field, Tier

Row = dict[str, Any]

FOLLOWS = {"raising_since": "raising_round", "founded_precision": "founded_on", "domain": "website"}
"""Columns without a field of their own: seen with the one that they belong to."""

ENGINE = Tier.MEMBERS
"""The engine weighs what every member may see and nothing else, so that no reason tells what is kept from somebody."""


class Viewer(msgspec.Struct, frozen=True):
    """Somebody before a profile: how far they see, and whether it is their own or the department's business."""

    tier: Tier = Tier.PUBLIC
    member: bool = False
    staff: bool = False

    def sees(self, tier: int) -> bool:
        return self.member or self.staff or tier <= self.tier


EVERYBODY = Viewer()
ANY_MEMBER = Viewer(tier=Tier.MEMBERS)
THE_ENGINE = Viewer(tier=ENGINE)


def tier_of(field: Field | Collection, tiers: Mapping[str, int]) -> Tier:
    """Who may see the field of an organisation or person with these choices."""
    if isinstance(field, Field) and field.fixed:
        return field.tier
    chosen = tiers.get(field.name)
    return field.tier if chosen is None else Tier(chosen)


def shown(row: Mapping[str, Any], viewer: Viewer, fields: Mapping[str, Field] = FIELDS) -> Row:
    """`row` with the empty value in every field that this viewer may not see."""
    tiers = row.get("tiers") or {}
    found = dict(row)
    for name, field in fields.items():
        if name in found and not viewer.sees(tier_of(field, tiers)):
            found[name] = field.empty
    for name, leader in FOLLOWS.items():
        if name in found and leader in fields and not viewer.sees(tier_of(fields[leader], tiers)):
            found[name] = None if name != "domain" else ""
    if "needs" in found and not viewer.sees(tier_of(COLLECTIONS["need_offer"], tiers)):
        found |= {"needs": [], "offers": []}
    return found


def shown_person(row: Mapping[str, Any], viewer: Viewer) -> Row:
    return shown(row, viewer, PERSON_FIELDS)


def shown_rows(
    collection: Collection, rows: Iterable[Mapping[str, Any]], viewer: Viewer, tiers: Mapping[str, int]
) -> list[Row]:
    """The rows of a list: none for who may not see it, else each without the fields of higher tiers."""
    if not viewer.sees(tier_of(collection, tiers)):
        return []
    hidden = [field for field in collection.fields if not viewer.sees(field.tier)]
    return [{**row, **{field.name: field.empty for field in hidden}} for row in rows]
