"""The registry of every field of a profile: pages, API, search, import, export, history and engine go by it.

Adding a field means: a column in `app.directory.tables`, its line here, a migration. The tests go through the registry,
so a field that some place forgets, or shows to the wrong people, fails.
"""

from app.directory.fields import collections as _collections
from app.directory.fields.field import Collection, Field, Section, Tier, Words
from app.directory.fields.organisation import CONTACT, IDENTITY, MARKET, PLACE, SHARED, TEAM, TEXTS
from app.directory.fields.others import INSTITUTE, INVESTING, INVESTOR, RESEARCH, SUPPORT, SUPPORTER
from app.directory.fields.persons import PERSON, PERSON_SECTIONS
from app.directory.fields.startup import BUSINESS, PROJECT, RAISING, STARTUP, STORY

FIELDS: dict[str, Field] = {field.name: field for field in (*SHARED, *STARTUP, *INVESTOR, *SUPPORTER, *INSTITUTE)}
"""Of organisations, by name."""

COLLECTIONS: dict[str, Collection] = {collection.name: collection for collection in _collections.ALL}
"""The lists of organisations, by the name of their table."""

PERSON_FIELDS: dict[str, Field] = {field.name: field for field in PERSON}

SECTIONS: dict[str, Section] = {
    section.name: section
    for section in (
        IDENTITY, TEXTS, MARKET, PLACE, CONTACT, TEAM, STORY, BUSINESS, RAISING, PROJECT, INVESTING, SUPPORT, RESEARCH,
    )
}  # fmt: skip
"""In the order of the edit page."""

DETAIL_TABLES = ("startup_details", "investor_details", "support_details", "institute_details")
"""What only some kinds have; `organisation` holds the rest."""


def fields_of(section: str) -> tuple[Field, ...]:
    return tuple(field for field in FIELDS.values() if field.section == section)


def sections_for(kinds: list[str]) -> list[Section]:
    """The sections that an organisation of these kinds has."""
    return [section for section in SECTIONS.values() if section.fits(kinds)]


def fields_for(kinds: list[str]) -> list[Field]:
    """The fields that an organisation of these kinds has, pictures included."""
    names = {section.name for section in sections_for(kinds)} | {"pictures"}
    return [field for field in FIELDS.values() if field.section in names]


def collections_for(kinds: list[str]) -> list[Collection]:
    return [collection for collection in COLLECTIONS.values() if collection.fits(kinds)]


__all__ = [
    "COLLECTIONS",
    "DETAIL_TABLES",
    "FIELDS",
    "PERSON_FIELDS",
    "PERSON_SECTIONS",
    "SECTIONS",
    "Collection",
    "Field",
    "Section",
    "Tier",
    "Words",
    "collections_for",
    "fields_for",
    "fields_of",
    "sections_for",
]
