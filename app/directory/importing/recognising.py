"""Whom a row is about: known again by its number, its enterprise code, its site and name, or its name and place.

Two reads for any number of rows. What fits only in part (the same site under another name, the same name elsewhere) is
a possible duplicate, about which a person decides.
"""

from collections import defaultdict
from uuid import UUID

import msgspec

from app.core import db
from app.core.i18n import N_
from app.core.text import fold
from app.directory.fields.values import domain_of
from app.directory.importing.values import Said
from app.directory.search_text import name_folded

BY_NUMBER = N_("by its number")
BY_CODE = N_("by its enterprise code")
BY_SITE = N_("by its site and name")
BY_NAME = N_("by its name and place")
SAME_SITE = N_("the same site under another name")
SAME_NAME = N_("the same name in another place")
SEVERAL_NAMES = N_("several profiles have this name")
NO_SUCH_NUMBER = N_("We know no profile with this number.")

WELL_KNOWN_SITES = frozenset({
    "facebook.com", "linkedin.com", "youtube.com", "zalo.me", "google.com", "sites.google.com", "github.com",
    "instagram.com", "tiktok.com", "shopee.vn", "lazada.vn", "wordpress.com", "blogspot.com",
})  # fmt: skip
"""Sites that many organisations are found on say nothing of who they are."""


class Known(msgspec.Struct, frozen=True):
    """The organisation that a row is about, or may be about (`certain` says which), and why."""

    organisation: UUID | None = None
    certain: bool = True
    why: str = ""


class Keys(msgspec.Struct, frozen=True):
    """By what a row names its organisation."""

    profile: str
    external: str
    code: str
    site: str
    name: str
    country: str
    province: str

    @property
    def place(self) -> str:
        return f"{self.country} {self.province}".strip()


def keys_of(said: Said) -> Keys:
    values = said.values
    site = domain_of(values.get("website") or "")
    country = values.get("country") or ("VN" if values.get("province_code") else "")
    name = values.get("name") or ""
    return Keys(
        said.profile,
        said.external,
        values.get("enterprise_code") or "",
        "" if site in WELL_KNOWN_SITES else site,
        name_folded(name) if name else "",
        country,
        values.get("province_code") or "",
    )


class _Candidate(msgspec.Struct, frozen=True):
    id: UUID
    slug: str
    code: str
    site: str
    name: str
    country: str
    province: str


_CANDIDATES = """
    SELECT o.id, o.slug, o.enterprise_code, o.domain, o.name_folded, o.country, o.province_code FROM organisation o
    WHERE o.ended_at IS NULL AND (
        o.name_folded = ANY($1) OR (o.enterprise_code = ANY($2) AND o.enterprise_code <> '')
        OR (o.domain = ANY($3) AND o.domain <> '') OR o.slug = ANY($4) OR o.id = ANY($5))
"""
_REFERENCES = """
    SELECT r.value, coalesce(o.merged_into, o.id) AS id FROM external_reference r
    JOIN organisation o ON o.id = r.organisation
    WHERE r.list_name = $1 AND r.value = ANY($2) AND (o.ended_at IS NULL OR o.merged_into IS NOT NULL)
"""


async def recognised(rows: list[Keys], list_name: str) -> list[Known]:
    """Whom each row is about, in their order."""
    external = [row.external for row in rows if row.external]
    references = {
        found["value"]: found["id"] for found in await db.fetch(_REFERENCES, list_folded(list_name), external)
    }
    found = await db.fetch(
        _CANDIDATES,
        [row.name for row in rows if row.name],
        [row.code for row in rows if row.code],
        [row.site for row in rows if row.site],
        [row.profile for row in rows if row.profile],
        [*references.values(), *(_uuid(row.profile) for row in rows if _uuid(row.profile))],
    )
    shelf = _Shelf([_candidate(row) for row in found])
    return [_decided(row, shelf, references.get(row.external) if row.external else None) for row in rows]


def list_folded(list_name: str) -> str:
    return fold(list_name)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _candidate(row: dict[str, object]) -> _Candidate:
    columns = ("slug", "enterprise_code", "domain", "name_folded", "country", "province_code")
    return _Candidate(UUID(str(row["id"])), *(str(row[name] or "") for name in columns))


class _Shelf:
    """Candidates by what they can be known by."""

    def __init__(self, candidates: list[_Candidate]) -> None:
        self.by_id = {one.id: one for one in candidates}
        self.by_slug = {one.slug: one for one in candidates}
        self.by_code: dict[str, list[_Candidate]] = defaultdict(list)
        self.by_site: dict[str, list[_Candidate]] = defaultdict(list)
        self.by_name: dict[str, list[_Candidate]] = defaultdict(list)
        for one in candidates:
            self.by_code[one.code].append(one)
            self.by_site[one.site].append(one)
            self.by_name[one.name].append(one)


def _decided(row: Keys, shelf: _Shelf, referred: UUID | None) -> Known:
    named = _by_profile(row, shelf) or (shelf.by_id.get(referred) if referred else None)
    if named is not None:
        return Known(named.id, why=BY_NUMBER)
    if row.profile:
        return Known(certain=False, why=NO_SUCH_NUMBER)
    coded = shelf.by_code[row.code] if row.code else []
    if len(coded) == 1:
        return Known(coded[0].id, why=BY_CODE)
    # another enterprise code is another organisation, whatever its name
    named_alike = [one for one in shelf.by_name[row.name] if not (row.code and one.code and row.code != one.code)]
    if row.name and row.site:
        both = [one for one in named_alike if one.site == row.site]
        if len(both) == 1:
            return Known(both[0].id, why=BY_SITE)
    here = [one for one in named_alike if _same_place(row, one)] if row.name else []
    if len(here) == 1:
        return Known(here[0].id, why=BY_NAME)
    if len(here) > 1:
        return Known(here[0].id, certain=False, why=SEVERAL_NAMES)
    if row.name and named_alike:
        return Known(named_alike[0].id, certain=False, why=SAME_NAME)
    on_site = [
        one
        for one in (shelf.by_site[row.site] if row.site else ())
        if not (row.code and one.code and row.code != one.code)
    ]
    if on_site:
        return Known(on_site[0].id, certain=False, why=SAME_SITE)
    return Known()


def _by_profile(row: Keys, shelf: _Shelf) -> _Candidate | None:
    if not row.profile:
        return None
    number = _uuid(row.profile)
    return shelf.by_id.get(number) if number else shelf.by_slug.get(row.profile)


def _same_place(row: Keys, one: _Candidate) -> bool:
    """The same country and, where both say one, the same province; a row that names no place fits any."""
    return compatible(row.place, f"{one.country} {one.province}".strip())


def compatible(place: str, other: str) -> bool:
    """Whether two places, "VN 01" or "VN" or nothing, may be the same."""
    country, _space, province = place.partition(" ")
    other_country, _space, other_province = other.partition(" ")
    if country and other_country and country != other_country:
        return False
    return not (province and other_province and province != other_province)
