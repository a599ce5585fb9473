"""Stored values as cells of a table: words instead of codes, in such a way that the import reads the same values."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from app.core.i18n import gettext
from app.directory import places
from app.directory.fields import FIELDS, Field, fields_for
from app.directory.importing.cells import joined
from app.directory.importing.columns import NEEDS, NOT_IN_FILES, OFFERS, PROFILE
from app.directory.importing.stored import Row
from app.directory.importing.tables_out import Value
from app.directory.seeing import tier_of
from app.directory.vocabulary import NEEDS as NEED_TERMS
from app.directory.vocabulary import Vocabulary, words


def exported_fields(sees: Callable[[int], bool], tiers: Mapping[str, int] | None = None) -> list[str]:
    """The columns for somebody who sees these tiers, in the order of the registry; `tiers` are one owner's choices."""
    fields = [field for field in FIELDS.values() if field.type not in NOT_IN_FILES]
    shown = [field.name for field in fields if sees(tier_of(field, tiers or {}))]
    return [PROFILE, *shown, NEEDS, OFFERS]


def cells_of(row: Row, columns: list[str]) -> list[Value]:
    """One organisation; `row` holds what its reader may see."""
    fitting = {field.name for field in fields_for(row["kinds"])} | {PROFILE, NEEDS, OFFERS}
    return [_cell(name, row) if name in fitting else None for name in columns]


def _cell(name: str, row: Row) -> Value:
    if name == PROFILE:
        return str(row["id"])
    if name in (NEEDS, OFFERS):
        return joined(_term(code, NEED_TERMS) for code in row[name])
    return cell_of(FIELDS[name], row)


def cell_of(field: Field, row: Row) -> Value:
    """The value of one field; a ward is named with its row's province, a year as exactly as it is known."""
    value = row[field.name]
    if value is None or value in ("", []):
        return None
    if field.type == "year":
        return _as_exact(value, row["founded_precision"])
    if field.type == "ward":
        return _ward(value, row["province_code"])
    return _WORDS[field.type](field, value) if field.type in _WORDS else _plain(value)


def _plain(value: Any) -> Value:
    return value if isinstance(value, str | int | Decimal | date) else str(value)


def _as_exact(day: date, precision: str | None) -> Value:
    """A day as a date, a month and a year as text and number: nothing is made up."""
    return day if precision == "day" else f"{day:%Y-%m}" if precision == "month" else day.year


def _term(code: str, vocabulary: Vocabulary | None) -> str:
    """The label of a term where it leads back to it; the code where two terms share a label."""
    if vocabulary is None or code not in vocabulary:
        return code
    label = vocabulary.label(code)
    return label if vocabulary.resolve(label) == code else code


def _country(code: str) -> str:
    label = places.country_label(code)
    return label if places.resolve_country(label) == code else code


def _province(code: str) -> str:
    found = places.provinces().get(code)
    return found.short_name if found and places.resolve_province(found.short_name) == code else code


def _ward(code: str, province: str | None) -> str:
    """A ward's name where it is the only one of its province, else its code."""
    ward = places.ward_of(code, province)
    if ward is None:
        return code
    alike = [one for one in places.find_wards(ward.name, province, 50) if words(one.name) == words(ward.name)]
    return ward.name if len(alike) == 1 else code


def _yes_or_no(_field: Field, value: Any) -> Value:
    return gettext("Yes") if value else gettext("No")


_WORDS: dict[str, Callable[[Field, Any], Value]] = {
    "code": lambda field, value: _term(value, field.vocabulary),
    "level": lambda field, value: _term(str(value), field.vocabulary),
    "codes": lambda field, value: joined(_term(code, field.vocabulary) for code in value),
    "lines": lambda _field, value: joined(value),
    "country": lambda _field, value: _country(value),
    "countries": lambda _field, value: joined(_country(code) for code in value),
    "regions": lambda _field, value: joined(value),
    "province": lambda _field, value: _province(value),
    "flag": _yes_or_no,
    "maybe": _yes_or_no,
}
