"""What the pages of the directory show of a row: labels in the reader's language, worked out once, here."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from app.core.i18n import _, current_locale, pick
from app.core.templating import format_date, format_money, format_number
from app.directory import places, undoing
from app.directory.fields import COLLECTIONS, FIELDS, Collection, Field
from app.directory.seeing import Viewer, shown
from app.directory.vocabulary import CREDENTIAL_TYPES, KINDS, MEMBER_ROLES, NEEDS, ROUNDS, SECTORS
from app.directory.vocabulary.acts import ACTS
from app.directory.vocabulary.profiles import TIERS

Row = dict[str, Any]

CRUNCHBASE = ("CrunchBase", "https://www.crunchbase.com")
SECTORS_ON_A_CARD = 3
BADGES_ON_A_CARD = 2


def card_of(row: Row, viewer: Viewer) -> Row:
    """One organisation of a list, as this viewer sees it."""
    row = shown(row, viewer)
    return {
        "slug": row["slug"],
        "name": row["name"],
        "name_en": other_name(row),
        "kinds": KINDS.labels(row["kinds"]),
        "sectors": SECTORS.labels(row["sectors"][:SECTORS_ON_A_CARD]),
        "place": places.place_label(row),
        "summary": pick(row["summary_vi"], row["summary_en"]),
        "raising": ROUNDS.label(row["raising_round"]),
        "investor": "investor" in row["kinds"],
        "links": row["links"],
        "links_text": number(row["links"]),
        "logo_file": row.get("logo_file"),
        "badges": CREDENTIAL_TYPES.labels((row.get("badges") or ())[:BADGES_ON_A_CARD]),
        "sample": row["sample"],
    }


def other_name(row: Row) -> str:
    """The English name beside the own one, for readers of English."""
    return row["name_en"] if current_locale() == "en" and row["name_en"] != row["name"] else ""


def any_from_crunchbase(rows: Iterable[Row]) -> bool:
    return any(row["source"] == "crunchbase" for row in rows)


def founded(row: Row) -> str:
    """The day, month or year of foundation, as precisely as it is known."""
    day: date | None = row["founded_on"]
    if day is None:
        return ""
    if row["founded_precision"] == "year":
        return str(day.year)
    return f"{day:%m/%Y}" if row["founded_precision"] == "month" else format_date(day)


def number(value: int) -> str:
    """A whole number in groups of three, as the language writes it; for lists with a hundred of them."""
    text = f"{value:,}"
    return text.replace(",", ".") if current_locale() == "vi" else text


def site(url: str) -> str:
    """A web address without scheme, to be read."""
    return url.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


# --- any field and list of the registry -------------------------------------------------------------------------


def told(field: Field, row: Row) -> str:
    """The value of a field as people read it; "" for nothing said."""
    value = row.get(field.name)
    if value in (None, "", []):
        return ""
    if field.vocabulary is not None:
        return ", ".join(field.vocabulary.labels(value)) if field.several else field.vocabulary.label(str(value))
    if field.type in ("countries", "regions"):
        name = places.country_label if field.type == "countries" else places.region_label
        return ", ".join(name(code) for code in value)
    return _TOLD.get(field.type, lambda _field, value, _row: str(value))(field, value, row)


_TOLD: dict[str, Callable[[Field, Any, Row], str]] = {
    "money": lambda field, value, row: format_money(value, row.get(field.currency) or ""),
    "amount": lambda _field, value, _row: format_number(value),
    "percent": lambda _field, value, _row: f"{format_number(value)} %",
    "integer": lambda field, value, _row: str(value) if "year" in field.name else format_number(value),
    "date": lambda _field, value, _row: format_date(value),
    "year": lambda _field, _value, row: founded(row),
    "country": lambda _field, value, _row: places.country_label(value),
    "maybe": lambda _field, value, _row: _("Yes") if value else _("No"),
    "flag": lambda _field, value, _row: _("Yes") if value else "",
    "lines": lambda _field, value, _row: ", ".join(value),
}

_TOGETHER = ("currency", "province", "ward", "state", "organisation", "file")
"""Types that are told with another field: an amount's currency, a place's parts."""


def facts_of(fields: Iterable[Field], row: Row) -> list[tuple[str, str]]:
    """Label and value of every field that says something; of a text pair, the half in the reader's language."""
    found = []
    for field in fields:
        if field.type in _TOGETHER or field.half == "en":
            continue
        if field.pair:
            text = pick(row.get(f"{field.pair}_vi") or "", row.get(f"{field.pair}_en") or "")
            found.append((field.label().rpartition(" (")[0], text))
        else:
            found.append((field.label(), told(field, row)))
    return [(label, text) for label, text in found if text]


def entry_of(collection: Collection, row: Row) -> Row:
    """A row of a list: what it is called, and what else it says."""
    title = pick(row.get(f"{_stem(collection)}_vi") or "", row.get(f"{_stem(collection)}_en") or "")
    shown_as_title = {f"{_stem(collection)}_vi", f"{_stem(collection)}_en"} if title else set()
    if not title:
        named = next((collection.field(name) for name in collection.title if row.get(name)), None)
        title = told(named, row) if named else ""
        shown_as_title = {named.name} if named else set()
    facts = facts_of((field for field in collection.fields if field.name not in shown_as_title), row)
    if place := places.place_label(row) if row.get("province_code") else "":
        facts.append((_("Place"), place))
    return {"id": row["id"], "title": title, "facts": facts}


def _stem(collection: Collection) -> str:
    return collection.title[0].removesuffix("_vi")


# --- history ----------------------------------------------------------------------------------------------------


_LISTED_BESIDE = {
    "needs": Field("needs", "codes", "Cần", "Looks for", vocabulary=NEEDS),
    "credential": Field("credential", "code", "giấy chứng nhận", "a certificate", vocabulary=CREDENTIAL_TYPES),
    "offers": Field("offers", "codes", "Có thể giúp", "Offers", vocabulary=NEEDS),
}
"""Codes that the API writes by themselves; on pages they are rows of needs and offers."""


def field_label(name: str) -> str:
    """What the history calls a field: of a list, the list and the field."""
    kind, _dot, inner = name.partition(".")
    if name in _LISTED_BESIDE:
        return _LISTED_BESIDE[name].label()
    if kind in COLLECTIONS:
        collection = COLLECTIONS[kind]
        fields = {field.name: field for field in collection.fields}
        return f"{collection.label()}: {fields[inner].label()}" if inner in fields else collection.label()
    return FIELDS[name].label() if name in FIELDS else ""


def change_of(change: Row) -> Row:
    """A change of the history, in words."""
    kind, _dot, inner = change["field"].partition(".")
    field = FIELDS.get(change["field"]) or _LISTED_BESIDE.get(change["field"])
    if field is None and kind in COLLECTIONS and inner:
        field = next((one for one in COLLECTIONS[kind].fields if one.name == inner), None)
    tier = change["act"] == "shown_to"
    return {
        "id": change["id"],
        "at": change["at"],
        "person": change["person"],
        "act": ACTS.label(change["act"]),
        "field": change["field"],
        "label": field_label(change["field"]),
        "before": _in_words(field, change["before"], tier=tier),
        "after": _in_words(field, change["after"], tier=tier),
        "undoes": change["undoes"] is not None,
        "can_undo": undoing.may_be_undone(change),
    }


def _in_words(field: Field | None, value: Any, *, tier: bool) -> str:
    if value in (None, "", []):
        return ""
    if tier:
        return TIERS.label(str(value))
    if field is not None and field.type == "file":
        return _("a picture")
    if field is not None and field.type == "organisation":
        return _("another organisation")
    if field is None or field.type in _TOGETHER:
        return MEMBER_ROLES.label(value) if isinstance(value, str) else str(value)
    return told(field, {field.name: undoing.typed(field, value), "founded_precision": "year"})
