"""What a profile's fields may hold together, for forms, the API and imports alike: checks between fields.

What each field may hold by itself follows from the registry, see `app.directory.fields.values`.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from app.core.clock import now
from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE, REQUIRED, Email, Line, Text
from app.core.i18n import N_, Phrase
from app.directory import places
from app.directory.fields import COLLECTIONS, FIELDS, Field
from app.directory.fields.values import CURRENCIES, NOT_POSITIVE, Wrong, checked_value
from app.directory.vocabulary import NEEDS

Values = dict[str, Any]

Name = Annotated[str, msgspec.Meta(min_length=2, max_length=160)]
Year = Annotated[int, msgspec.Meta(ge=1800, le=2200)]

NO_WARD_THERE = N_("This ward does not lie in the chosen province.")
IN_THE_FUTURE = N_("This year lies in the future.")
AMOUNT_WITHOUT_ROUND = N_("Please say which round the amount is for.")
CURRENCY_MISSING = N_("Please choose the currency.")
MINIMUM_ABOVE_MAXIMUM = N_("The smallest ticket is larger than the largest.")
LEAST_ABOVE_TARGET = N_("The smallest amount is larger than the amount.")
NO_NAME = N_("A name needs at least one letter or digit.")
UNTIL_BEFORE_FROM = N_("The end lies before the beginning.")
NO_TITLE = N_("Please fill in at least one of the two languages.")

NEED_CODES = tuple(Field(name, "codes", "", "", most=len(NEEDS), vocabulary=NEEDS) for name in ("needs", "offers"))
"""The codes of needs and offers, as the API and files give them; the rows themselves are in `need_offer`."""

_CODES = {field.name: field for field in NEED_CODES}
_MANDATE = COLLECTIONS["mandate"]


class Bound(Phrase):
    """A phrase with its own numbers: of two fields that are too long, each is told its own limit."""

    bound: dict[str, object]

    def text(self, locale: str | None = None, **params: object) -> str:
        return super().text(locale, **{**params, **self.bound})


def bound(wrong: Wrong) -> Phrase:
    """What is wrong with a value, as a phrase that can stand beside others."""
    if not wrong.params:
        return wrong.phrase
    found = Bound(wrong.phrase)
    found.bound = wrong.params
    return found


def checked(values: Values) -> Values:
    """`values` of an organisation made fit to be stored: cleaned, each code known, what belongs together together.

    Raises Invalid with a phrase per field. Fields that are not in `values` are not looked at; columns without a field
    of their own pass as they are.
    """
    found, wrong = _each(values, {**FIELDS, **_CODES})
    for check in (_check_identity, _check_place, _check_raising):
        check(found, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return found


def checked_mandate(values: Values) -> Values:
    """What an investor looks for, made fit to be stored, all fields of it. Raises Invalid with a phrase per field."""
    return checked_row("mandate", values)


def checked_row(collection: str, values: Values) -> Values:
    """A row of a list made fit to be stored, all fields of it. Raises Invalid with a phrase per field."""
    fields = {field.name: field for field in COLLECTIONS[collection].fields}
    found, wrong = _each({name: values.get(name) for name in fields}, fields)
    for check in (_check_amounts, _check_days, _check_title, _check_mandate):
        check(found, wrong, collection)
    if "country" in fields:
        _check_place(found, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return {name: found[name] for name in fields}


def _each(values: Values, fields: dict[str, Field]) -> tuple[Values, dict[str, Phrase]]:
    found, wrong = dict(values), dict[str, Phrase]()
    for name in values:
        if name not in fields:
            continue
        try:
            found[name] = checked_value(fields[name], values[name])
        except Wrong as error:
            wrong[name] = bound(error)
    return found, wrong


def _check_identity(found: Values, wrong: dict[str, Phrase]) -> None:
    if found.get("name") and not any(character.isalnum() for character in found["name"]):
        wrong.setdefault("name", NO_NAME)
    founded = found.get("founded_on")
    if isinstance(founded, date) and founded > now().date():
        wrong["founded_on"] = IN_THE_FUTURE
    if "founded_on" in found and founded is None:
        found["founded_precision"] = None


def _check_place(found: Values, wrong: dict[str, Phrase]) -> None:
    if found.get("province_code") and not found.get("country"):
        found["country"] = places.VIETNAM
    country, province = found.get("country"), found.get("province_code")
    if found.get("ward_code") and places.ward_of(found["ward_code"], province) is None:
        wrong["ward_code"] = NO_WARD_THERE
    if found.get("state") and country == places.UNITED_STATES and found["state"] not in places.US_STATES:
        wrong["state"] = NOT_A_CHOICE
    if "country" in found and country != places.VIETNAM:
        found |= {"province_code": None, "ward_code": None}
    if ("country" in found or "state" in found) and country != places.UNITED_STATES:
        found["state"] = None


def _check_raising(found: Values, wrong: dict[str, Phrase]) -> None:
    if "raising_round" in found and not found["raising_round"]:
        found |= {"raising_amount": None, "raising_currency": None}
        return
    amount, least = _amount(found, "raising_amount"), _amount(found, "raising_min")
    if amount == 0:
        wrong["raising_amount"] = NOT_POSITIVE
    if amount is not None and not found.get("raising_round"):
        wrong["raising_round"] = AMOUNT_WITHOUT_ROUND
    if amount is not None and least is not None and least > amount:
        wrong["raising_min"] = LEAST_ABOVE_TARGET
    given = [name for name in ("raising_amount", "raising_min", "valuation") if found.get(name) is not None]
    if given and not found.get("raising_currency"):
        wrong.setdefault("raising_currency", CURRENCY_MISSING)


def _amount(found: Values, name: str) -> Decimal | None:
    """The amount, where it is one at all."""
    value = found.get(name)
    return value if isinstance(value, Decimal) and value.is_finite() else None


def _check_amounts(found: Values, wrong: dict[str, Phrase], collection: str) -> None:
    """An amount says in which currency."""
    for field in COLLECTIONS[collection].fields:
        if field.currency and found.get(field.name) is not None and not found.get(field.currency):
            wrong.setdefault(field.currency, CURRENCY_MISSING)


def _check_days(found: Values, wrong: dict[str, Phrase], _collection: str) -> None:
    for first, last in (("valid_from", "valid_until"), ("apply_from", "apply_until")):
        start, end = found.get(first), found.get(last)
        if isinstance(start, date) and isinstance(end, date) and end < start:
            wrong[last] = UNTIL_BEFORE_FROM


def _check_title(found: Values, wrong: dict[str, Phrase], collection: str) -> None:
    """Rows are called by their title in one language at least, where nothing else names them."""
    names = COLLECTIONS[collection].title
    both = collection != "mandate" and all(name.endswith(("_vi", "_en")) for name in names)
    if both and not any(found.get(name) for name in names):
        wrong.setdefault(names[0], NO_TITLE)


def _check_mandate(found: Values, wrong: dict[str, Phrase], collection: str) -> None:
    if collection != "mandate":
        return
    lowest, highest = _amount(found, "ticket_min"), _amount(found, "ticket_max")
    if highest == 0:
        wrong["ticket_max"] = NOT_POSITIVE
    if lowest is not None and highest is not None and lowest > highest:
        wrong["ticket_min"] = MINIMUM_ABOVE_MAXIMUM


__all__ = [
    "CURRENCIES",
    "REQUIRED",
    "Email",
    "Line",
    "Name",
    "Text",
    "Values",
    "Year",
    "checked",
    "checked_mandate",
    "checked_row",
]
