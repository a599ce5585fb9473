"""What is known about a field of a profile: its type, its words, who may see it, what filling it in brings."""

from enum import IntEnum
from typing import Any

import msgspec

from app.core.i18n import current_locale
from app.directory.vocabulary import Vocabulary


class Tier(IntEnum):
    """Who may see a field; each tier includes the ones before it."""

    PUBLIC = 0
    MEMBERS = 1
    VERIFIED = 2
    GRANTED = 3
    DEPARTMENT = 4


class Words(msgspec.Struct, frozen=True):
    """A text of the registry in both languages."""

    vi: str
    en: str

    def text(self, locale: str | None = None) -> str:
        return self.en if (locale or current_locale()) == "en" else self.vi


class _Named(msgspec.Struct, frozen=True):
    name: str
    type: str
    vi: str
    en: str


class Field(_Named, frozen=True, kw_only=True):
    """One field. Names are the same in tables, forms, API, history and files.

    `type`: line, text, email, phone, url, code, level, codes, lines, country, countries, regions, province, ward,
    state, integer, money, amount, currency, percent, date, year, flag, maybe, file, organisation (see `values`).
    `most` is a length, a count of choices or the largest number, by type; `low` the smallest number. `fixed`:
    everybody may see it and the owner cannot change that, because lists, filters and addresses are made of it.
    `pair`: the stem that a text's two halves share. `standard`: its name at schema.org. `weight`: its part of
    completeness, 0 for what nobody misses; `gives`: what filling it in brings.
    """

    table: str = "organisation"
    section: str = ""
    tier: Tier = Tier.PUBLIC
    fixed: bool = False
    most: int = 0
    low: int = 0
    required: bool = False
    vocabulary: Vocabulary | None = None
    pair: str = ""
    half: str = ""
    currency: str = ""
    standard: str = ""
    weight: int = 0
    gives: Words | None = None
    hint: Words | None = None

    def label(self, locale: str | None = None) -> str:
        return self.en if (locale or current_locale()) == "en" else self.vi

    @property
    def several(self) -> bool:
        return self.type in ("codes", "lines", "countries", "regions")

    @property
    def empty(self) -> object:
        """What the table holds when nobody has said anything."""
        if self.several:
            return []
        return "" if self.type in ("line", "text", "email", "phone", "url") else False if self.type == "flag" else None


class Section(msgspec.Struct, frozen=True):
    """A part of the edit page that is saved by itself. Without `kinds` every organisation has it."""

    name: str
    vi: str
    en: str
    kinds: frozenset[str] = frozenset()

    def label(self, locale: str | None = None) -> str:
        return self.en if (locale or current_locale()) == "en" else self.vi

    def fits(self, kinds: list[str]) -> bool:
        return not self.kinds or not self.kinds.isdisjoint(kinds)


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A list of a profile: rows of one table, each with the same fields, seen by the same people.

    `most`: how many rows an organisation may have; `title`: the fields by which a row is called, the first that is
    filled.
    """

    name: str
    vi: str
    en: str
    one: Words
    fields: tuple[Field, ...]
    kinds: frozenset[str] = frozenset()
    tier: Tier = Tier.PUBLIC
    most: int = 50
    title: tuple[str, ...] = ()
    weight: int = 0
    gives: Words | None = None

    def label(self, locale: str | None = None) -> str:
        return self.en if (locale or current_locale()) == "en" else self.vi

    def fits(self, kinds: list[str]) -> bool:
        return not self.kinds or not self.kinds.isdisjoint(kinds)

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


def pair(stem: str, vi: str, en: str, **more: Any) -> tuple[Field, Field]:
    """A public text in both languages: two fields that know of each other."""
    kind = str(more.pop("type", "text"))
    standard = more.pop("standard", "")
    half: dict[str, Any] = {**more, "pair": stem}
    return (
        Field(f"{stem}_vi", kind, f"{vi} (tiếng Việt)", f"{en} (Vietnamese)", half="vi", standard=standard, **half),
        Field(f"{stem}_en", kind, f"{vi} (tiếng Anh)", f"{en} (English)", half="en", standard=standard, **half),
    )
