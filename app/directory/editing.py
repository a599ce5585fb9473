"""What the edit page is made of: the sections and lists of an organisation, completeness, who sees which field."""

from collections.abc import Iterable
from typing import Any

import msgspec

from app.core.forms import Form
from app.directory.fields import Collection, Field, Section, collections_for, fields_for, fields_of, sections_for
from app.directory.fields.forms import form_of, read_fields
from app.directory.notes import Note, older_half
from app.directory.profile_fields import Values
from app.directory.rows import Row
from app.directory.seeing import tier_of
from app.directory.views import told
from app.directory.vocabulary.profiles import TIERS

NOT_TYPED = ("file", "organisation")
"""Fields that are set by acts of their own, not by typing."""

NEXT = 3
"""Missing fields that are named at once; more would be a wall."""


class Missing(msgspec.Struct, frozen=True):
    """A field or list that nobody has filled in, and what it would bring."""

    label: str
    gives: str
    href: str
    weight: int


class Completeness(msgspec.Struct, frozen=True):
    """How much of what counts is there, in percent, and what is missed most."""

    percent: int
    missing: list[Missing]


def typed_fields(section: str) -> list[Field]:
    """The fields of a section that are typed or chosen on the edit page."""
    return [field for field in fields_of(section) if field.type not in NOT_TYPED]


def groups_of(section: str) -> list[list[Field]]:
    """The same, the two halves of a text together."""
    groups: list[list[Field]] = []
    for field in typed_fields(section):
        if field.pair and groups and groups[-1][0].pair == field.pair:
            groups[-1].append(field)
        else:
            groups.append([field])
    return groups


def filled_of(section: str, row: Values) -> tuple[int, int]:
    """How many of a section's fields say something, and how many there are; a text in one language counts."""
    groups = groups_of(section)
    said = [group for group in groups if any(row.get(field.name) not in (None, "", [], False) for field in group)]
    return len(said), len(groups)


def labels_of(section: str) -> dict[str, str]:
    return {field.name: field.label() for field in typed_fields(section)}


def section_form(section: str, row: Values) -> Form[Any]:
    return form_of(typed_fields(section), row)


def read_section(section: str, raw: dict[str, list[str]]) -> tuple[Form[Any], Values]:
    """What was sent of a section, as values of a profile."""
    form, values = read_fields(typed_fields(section), raw)
    if "founded_on" in values:
        values["founded_precision"] = "year" if values["founded_on"] else None
    return form, values


def told_apart(section: str, row: Values, form: Form[Any]) -> list[tuple[str, str]]:
    """Label and stored value of the fields in which what is stored differs from what was typed."""
    stored = section_form(section, row)
    differ = [one for one in typed_fields(section) if stored.raw_list(one.name) != form.raw_list(one.name)]
    return [(field.label(), told(field, row)) for field in differ]


def row_told(collection: Collection, row: Row, names: Iterable[str]) -> list[tuple[str, str]]:
    """Label and stored value of these fields of a row."""
    return [(field.label(), told(field, row)) for field in map(collection.field, names)]


def read_row(collection: Collection, raw: dict[str, list[str]]) -> tuple[Form[Any], Values]:
    return read_fields(collection.fields, raw)


def typed_sections(kinds: list[str]) -> list[Section]:
    return [section for section in sections_for(kinds) if typed_fields(section.name)]


def completeness(row: Values, rows: dict[str, list[Row]], base: str) -> Completeness:
    """Of the fields and lists that an organisation of its kinds has. Of a text pair either half will do at first."""
    there, all_, missing = 0, 0, list[Missing]()
    for field in fields_for(row["kinds"]):
        if not field.weight or field.half == "en":
            continue
        all_ += field.weight
        if row.get(field.name) not in (None, "", []) or (field.pair and row.get(f"{field.pair}_en")):
            there += field.weight
        else:
            href = f"{base}#f-{field.name}" if field.type != "file" else f"{base}#pictures"
            missing.append(_missing(field, href))
    for collection in collections_for(row["kinds"]):
        all_ += collection.weight
        if rows.get(collection.name):
            there += collection.weight
        elif collection.weight:
            missing.append(_missing(collection, f"{base}#list-{collection.name}"))
    missing.sort(key=lambda one: -one.weight)
    return Completeness(round(100 * there / all_) if all_ else 100, missing)


def _missing(what: Field | Collection, href: str) -> Missing:
    label = what.label()
    if isinstance(what, Field) and what.pair:
        label = label.partition(" (")[0]
    return Missing(label, what.gives.text() if what.gives else "", href, what.weight)


def seen_by(row: Values, what: Field | Collection) -> str:
    """Who sees a field or list, in words."""
    return TIERS.label(str(int(tier_of(what, row["tiers"]))))


def behind(section: str, row: Values, notes: dict[str, Note]) -> dict[str, str]:
    """Of the section's text pairs, the half that was not written anew since the other: by its field's name."""
    stems = {field.pair for field in fields_of(section) if field.pair}
    found = {stem: older_half(stem, row, notes) for stem in stems}
    return {f"{stem}_{half}": half for stem, half in found.items() if half}
