"""Places: Vietnam's provinces and wards of 2025, states of the United States, countries in both languages."""

import json
from functools import cache
from pathlib import Path

import msgspec
from babel import Locale

from app.core.i18n import current_locale
from app.directory.vocabulary.terms import words

DATA = Path(__file__).resolve().parents[1] / "demo" / "data" / "vietnam"
VIETNAM, UNITED_STATES = "VN", "US"


class Province(msgspec.Struct, frozen=True):
    """One of the 34 provinces and cities since July 2025."""

    code: str
    name: str
    short_name: str
    lat: float
    lon: float

    @property
    def region(self) -> str:
        """Its code beside the states of other countries."""
        return f"{VIETNAM}-{self.code}"


class Ward(msgspec.Struct, frozen=True):
    """One of the 3,321 wards, communes and special zones since July 2025."""

    code: str
    name: str
    type: str
    province_code: str
    lat: float
    lon: float


@cache
def provinces() -> dict[str, Province]:
    """By code, in the order in which people look for them: Hà Nội first, then by name."""
    found = msgspec.json.decode((DATA / "vn_provinces_2025.json").read_bytes(), type=list[Province])
    found.sort(key=lambda province: (province.code != "01", province.code != "79", words(province.short_name)))
    return {province.code: province for province in found}


@cache
def wards() -> dict[str, Ward]:
    found = msgspec.json.decode((DATA / "vn_wards_2025.json").read_bytes(), type=list[Ward])
    return {ward.code: ward for ward in found}


@cache
def _wards_by_words() -> list[tuple[str, str, Ward]]:
    return [(ward.province_code, words(ward.name), ward) for ward in wards().values()]


def find_wards(text: str, province_code: str | None = None, most: int = 20) -> list[Ward]:
    """Wards whose name has every word of `text`, those that begin with it first; accents do not matter."""
    asked = words(text)
    if not asked:
        return []
    hits = []
    for province, name, ward in _wards_by_words():
        if province_code and province != province_code:
            continue
        if all(part in name for part in asked.split()):
            bare = name.partition(" ")[2]
            hits.append((not (name.startswith(asked) or bare.startswith(asked)), name, ward.code, ward))
    hits.sort(key=lambda hit: hit[:3])
    return [hit[3] for hit in hits[:most]]


def ward_of(code: str | None, province_code: str | None) -> Ward | None:
    """The ward of this code if it lies in this province."""
    ward = wards().get(code or "")
    return ward if ward and ward.province_code == province_code else None


US_STATES: dict[str, str] = json.loads(
    """{"AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming"}"""
)


@cache
def _territories(locale: str) -> dict[str, str]:
    names = Locale.parse(locale).territories
    return {
        code: str(name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY
    }


_NO_COUNTRY = {"EU", "EZ", "UN", "XA", "XB", "XK", "ZZ", "QO"}


def is_country(code: str) -> bool:
    return code in _territories("en")


def country_label(code: str | None, locale: str | None = None) -> str:
    if not code:
        return ""
    return _territories("en" if (locale or current_locale()) == "en" else "vi").get(code, code)


def country_options(locale: str | None = None) -> list[tuple[str, str]]:
    """(code, name), Vietnam first."""
    names = _territories("en" if (locale or current_locale()) == "en" else "vi")
    return sorted(names.items(), key=lambda item: (item[0] != VIETNAM, words(item[1])))


@cache
def _country_codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for locale in ("en", "vi"):
        for code, name in _territories(locale).items():
            found.setdefault(words(name), code)
    # names first: "Áo" is Austria and "Bỉ" is Belgium, not the countries with the codes AO and BI
    for code in _territories("en"):
        found.setdefault(code.lower(), code)
    found |= {"usa": "US", "my": "US", "hoa ky": "US", "viet nam": "VN", "vietnam": "VN", "anh": "GB", "uk": "GB"}
    found |= {"y": "IT", "uc": "AU"}
    return found


def resolve_country(text: str) -> str | None:
    """The code of a country written as code or name in either language; in capitals "MY" is a code, not "Mỹ"."""
    return text.strip() if is_country(text.strip()) else _country_codes().get(words(text))


@cache
def _province_codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for province in provinces().values():
        for text in (province.code, words(province.name), words(province.short_name)):
            found.setdefault(text, province.code)
    return found


def resolve_province(text: str) -> str | None:
    """The code of a province written as code or name, with or without "Tỉnh" and "Thành phố"."""
    return _province_codes().get(words(text))


def region_label(code: str, locale: str | None = None) -> str:
    """The name of a subdivision such as VN-01 or US-CA."""
    country, _dash, part = code.partition("-")
    if country == VIETNAM and part in provinces():
        return provinces()[part].short_name
    if country == UNITED_STATES and part in US_STATES:
        return US_STATES[part]
    return f"{part}, {country_label(country, locale)}" if part else country_label(country, locale)


def is_region(code: str) -> bool:
    country, _dash, part = code.partition("-")
    return (country == VIETNAM and part in provinces()) or (country == UNITED_STATES and part in US_STATES)


def place_label(row: dict[str, object], locale: str | None = None) -> str:
    """Where an organisation is, from near to far, e.g. "Phường Ba Đình, Hà Nội" or "Palo Alto, California, Hoa Kỳ"."""
    country, province, ward = (str(row.get(name) or "") for name in ("country", "province_code", "ward_code"))
    parts = []
    if province in provinces():
        found = ward_of(ward, province)
        parts = [found.name if found else "", provinces()[province].short_name]
        return ", ".join(part for part in parts if part)
    state = str(row.get("state") or "")
    parts = [str(row.get("city") or row.get("region") or "")]
    if country == UNITED_STATES and state in US_STATES:
        parts.append(US_STATES[state])
    parts.append(country_label(country, locale))
    return ", ".join(dict.fromkeys(part for part in parts if part))
