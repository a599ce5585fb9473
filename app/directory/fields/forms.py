"""Forms made from the registry: what a field can be chosen from, a form of stored values, values of what was sent."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.core.forms import Form, filled
from app.directory import places
from app.directory.fields.field import Field
from app.directory.fields.values import CURRENCIES, Wrong, form_value, read_value

Option = tuple[str, str]

TICKED = ("codes", "countries", "regions", "flag")
"""Fields of which a browser sends nothing when nothing is chosen."""

NEAR = ("VN", "SG", "TH", "ID", "MY", "PH", "KH", "LA", "JP", "KR", "CN", "TW", "AU", "US", "DE", "FR", "GB")
"""Countries that people of the region name; provinces of Vietnam follow them where an area is asked for."""


def options_of(field: Field) -> list[Option]:
    """What the field can be chosen from, in the current language; nothing for what is typed. Wards come by province."""
    if field.vocabulary is not None:
        return field.vocabulary.options()
    if field.type in ("country", "countries"):
        return places.country_options()
    if field.type == "province":
        return [(province.code, province.short_name) for province in places.provinces().values()]
    if field.type == "state":
        return list(places.US_STATES.items())
    if field.type == "currency":
        return [(code, code) for code in CURRENCIES]
    if field.type == "regions":
        near = [(code, places.country_label(code)) for code in NEAR]
        return near + [(province.region, province.short_name) for province in places.provinces().values()]
    return []


def form_of(fields: Iterable[Field], values: Mapping[str, Any]) -> Form[Any]:
    """A form that shows what is stored."""
    return filled({field.name: form_value(field, values.get(field.name)) for field in fields})


def read_fields(fields: Iterable[Field], raw: Mapping[str, list[str]]) -> tuple[Form[Any], dict[str, Any]]:
    """What was sent, and the values it stands for; the form has an error for each field that is no value of its type.

    A browser sends nothing for unticked boxes, so lists of which nothing came are empty; other fields of which nothing
    came were not on the page and are left out.
    """
    form: Form[Any] = Form(raw)
    values: dict[str, Any] = {}
    for field in fields:
        if field.name not in raw and field.type not in TICKED:
            continue
        try:
            values[field.name] = read_value(field, raw.get(field.name, []))
        except Wrong as wrong:
            form.add_error(field.name, wrong.phrase, **wrong.params)
    return form, values
