"""How complete a profile is, and what each missing field would bring. Values in, values out."""

from collections.abc import Mapping
from typing import Any

import msgspec

from app.directory.fields import PERSON_FIELDS, Field, Words

EXPERTISE_WEIGHT = 3
EXPERTISE = Words("Chuyên môn", "What you know")
EXPERTISE_GIVES = Words("Người cần đúng chuyên môn này tìm thấy bạn.", "People who need just that find you.")


class Missing(msgspec.Struct, frozen=True):
    """A field that is empty: where it is filled in, and what that would bring."""

    href: str
    label: str
    gives: str
    weight: int


class Completeness(msgspec.Struct, frozen=True):
    """The filled part of what somebody may miss, in percent, and what is missing, the weightiest first."""

    percent: int
    missing: tuple[Missing, ...]


def completeness_of(row: Mapping[str, Any], expertise: int, *, mentor: bool) -> Completeness:
    """Of a person's own profile; the fields of the role count for those who have it. A pair of texts counts once."""
    filled = total = 0
    missing: list[Missing] = []
    pairs: set[str] = set()
    for field in PERSON_FIELDS.values():
        if not field.weight or field.pair in pairs or (field.table == "mentor_role" and not mentor):
            continue
        if field.pair:
            pairs.add(field.pair)
        total += field.weight
        if _filled(field, row):
            filled += field.weight
        else:
            gives = field.gives.text() if field.gives else ""
            href = "#photo" if field.type == "file" else f"#f-{field.name}"
            missing.append(Missing(href, _label(field), gives, field.weight))
    if mentor:
        total += EXPERTISE_WEIGHT
        if expertise:
            filled += EXPERTISE_WEIGHT
        else:
            missing.append(Missing("#expertise", EXPERTISE.text(), EXPERTISE_GIVES.text(), EXPERTISE_WEIGHT))
    missing.sort(key=lambda one: -one.weight)
    return Completeness(100 * filled // total, tuple(missing))


def _filled(field: Field, row: Mapping[str, Any]) -> bool:
    names = (f"{field.pair}_vi", f"{field.pair}_en") if field.pair else (field.name,)
    return any(row[name] not in (None, "", []) for name in names)


def _label(field: Field) -> str:
    """The label without the language of a half."""
    return field.label().partition(" (")[0] if field.pair else field.label()
