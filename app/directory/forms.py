"""The forms of the directory's pages, one struct per section of a profile, and how they become values of a profile."""

from datetime import date
from typing import Any

import msgspec

from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE, NOT_A_NUMBER, Email, Form, Line, Text, filled
from app.directory.amounts import amount_from, amount_text
from app.directory.profile_fields import Name, Values, Year


class NewOrganisation(msgspec.Struct, kw_only=True):
    name: Name
    kinds: list[str]
    sectors: list[str] = []
    country: Line = ""
    province_code: Line = ""
    summary_vi: Text = ""
    summary_en: Text = ""


class Identity(msgspec.Struct, kw_only=True):
    name: Name
    name_en: Line = ""
    kinds: list[str]
    founded_on: Year | None = None
    website: Text = ""
    contact_email: Email = ""
    contact_phone: Line = ""


class Texts(msgspec.Struct, kw_only=True):
    summary_vi: Text = ""
    summary_en: Text = ""
    description_vi: Text = ""
    description_en: Text = ""


class Market(msgspec.Struct, kw_only=True):
    sectors: list[str] = []
    technologies: list[str] = []
    business_models: list[str] = []
    customers: list[str] = []
    stage: Line = ""
    product_stage: Line = ""
    trl: Line = ""


class Place(msgspec.Struct, kw_only=True):
    country: Line = ""
    province_code: Line = ""
    ward_code: Line = ""
    state: Line = ""
    city: Line = ""


class Raising(msgspec.Struct, kw_only=True):
    raising_round: Line = ""
    raising_amount: Line = ""
    raising_currency: Line = ""


class Needs(msgspec.Struct, kw_only=True):
    needs: list[str] = []
    offers: list[str] = []


class Investing(msgspec.Struct, kw_only=True):
    investor_types: list[str] = []
    rounds: list[str] = []
    mandate_stages: list[str] = []
    mandate_sectors: list[str] = []
    geographies: list[str] = []
    ticket_min: Line = ""
    ticket_max: Line = ""
    ticket_currency: Line = ""
    thesis_vi: Text = ""
    thesis_en: Text = ""


class Support(msgspec.Struct, kw_only=True):
    support_types: list[str] = []


SECTIONS: dict[str, type[msgspec.Struct]] = {
    "identity": Identity,
    "texts": Texts,
    "market": Market,
    "place": Place,
    "raising": Raising,
    "needs": Needs,
    "investing": Investing,
    "support": Support,
}
"""In the order in which the edit page shows them."""

SHOWN_FOR = {
    "raising": {"startup", "project"},
    "investing": {"investor"},
    "support": {"incubator", "support", "institute"},
}
"""Sections that only these kinds have."""


class Invitation(msgspec.Struct, kw_only=True):
    email: Email
    role: Line


class RoleChoice(msgspec.Struct, kw_only=True):
    role: Line


def sections_for(kinds: list[str]) -> list[str]:
    return [name for name in SECTIONS if name not in SHOWN_FOR or SHOWN_FOR[name] & set(kinds)]


def values_of(form: Form[Any]) -> tuple[Values, Values | None]:
    """The values of an organisation, and of a mandate where the section has one. May raise Invalid."""
    if form.value is None:
        raise Invalid
    values: Values = msgspec.structs.asdict(form.value)
    if "founded_on" in values:
        year = values["founded_on"]
        values["founded_on"] = date(year, 1, 1) if year else None
        values["founded_precision"] = "year" if year else None
    if "trl" in values:
        values["trl"] = _level(values["trl"])
    for name in ("raising_amount", "ticket_min", "ticket_max"):
        if name in values:
            values[name] = _amount(name, values[name])
    for name in ("raising_currency", "ticket_currency"):
        if name in values:
            values[name] = values[name] or None
    if "rounds" not in values:
        return values, None
    mandate = {name: value for name, value in values.items() if name != "investor_types"}
    mandate["stages"] = mandate.pop("mandate_stages")
    mandate["sectors"] = mandate.pop("mandate_sectors")
    return {"investor_types": values["investor_types"]}, mandate


def _level(text: str) -> int | None:
    if text and not (text.isascii() and text.isdigit()):
        raise Invalid(fields={"trl": NOT_A_CHOICE})
    return int(text) if text else None


def _amount(name: str, text: str) -> Any:
    try:
        return amount_from(text)
    except ValueError:
        raise Invalid(fields={name: NOT_A_NUMBER}) from None


def form_of(row: Values, mandate: Values | None) -> Form[Any]:
    """A form that shows what is stored."""
    values = dict(row)
    values["founded_on"] = row["founded_on"].year if row["founded_on"] else None
    values["raising_amount"] = amount_text(row["raising_amount"])
    for name, value in (mandate or {}).items():
        if name in ("stages", "sectors"):
            values[f"mandate_{name}"] = value
        elif name in ("ticket_min", "ticket_max"):
            values[name] = amount_text(value)
        elif name in ("rounds", "geographies", "ticket_currency", "thesis_vi", "thesis_en"):
            values[name] = value
    return filled(values)
