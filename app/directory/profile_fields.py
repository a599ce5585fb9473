"""What a profile's fields may hold, for forms, the API and imports alike: shapes, limits, checks between them."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from app.core.clock import now
from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE, NOT_AN_EMAIL, REQUIRED, TOO_LONG, Email, Line, Text, is_email
from app.core.i18n import N_, Phrase
from app.core.text import clean, clean_line
from app.directory import places
from app.directory.vocabulary import (
    BUSINESS_MODELS,
    CUSTOMERS,
    INVESTOR_TYPES,
    KINDS,
    NEEDS,
    PRODUCT_STAGES,
    RAISING_ROUNDS,
    ROUNDS,
    SECTORS,
    STAGES,
    SUPPORT_TYPES,
    TECHNOLOGIES,
    Vocabulary,
)

Values = dict[str, Any]

CURRENCIES = ("VND", "USD", "EUR", "SGD", "JPY")
MOST_MONEY = Decimal(10) ** 15
_CENT = Decimal("0.01")
FIRST_YEAR = 1800
MOST_GEOGRAPHIES = 20
MOST_THESIS = 800

Summary = Annotated[str, msgspec.Meta(max_length=280, extra={"lines": True})]
Description = Annotated[str, msgspec.Meta(max_length=5_000, extra={"lines": True})]
Name = Annotated[str, msgspec.Meta(min_length=2, max_length=160)]
Year = Annotated[int, msgspec.Meta(ge=FIRST_YEAR, le=2200)]
Money = Annotated[Decimal, msgspec.Meta()]

TOO_MANY_CHOSEN = N_("Please choose at most %(max)s.")
NOT_AN_ADDRESS = N_("Please enter an address such as https://example.com.")
NO_WARD_THERE = N_("This ward does not lie in the chosen province.")
IN_THE_FUTURE = N_("This year lies in the future.")
AMOUNT_TOO_LARGE = N_("This amount is too large.")
AMOUNT_WITHOUT_ROUND = N_("Please say which round the amount is for.")
CURRENCY_MISSING = N_("Please choose the currency.")
NOT_POSITIVE = N_("Please enter an amount above zero.")
MINIMUM_ABOVE_MAXIMUM = N_("The smallest ticket is larger than the largest.")
NO_NAME = N_("A name needs at least one letter or digit.")


class AtMost(Phrase):
    """A phrase with its own %(max)s: of two fields that are too long, each is told its own limit."""

    most: int

    def text(self, locale: str | None = None, **params: object) -> str:
        return super().text(locale, **{**params, "max": self.most})


def at_most(phrase: Phrase, most: int) -> Phrase:
    found = AtMost(phrase)
    found.most = most
    return found


LISTS: dict[str, tuple[Vocabulary, int]] = {
    "kinds": (KINDS, 4),
    "sectors": (SECTORS, 8),
    "technologies": (TECHNOLOGIES, 8),
    "business_models": (BUSINESS_MODELS, 5),
    "customers": (CUSTOMERS, 5),
    "investor_types": (INVESTOR_TYPES, 4),
    "support_types": (SUPPORT_TYPES, 6),
    "needs": (NEEDS, len(NEEDS)),
    "offers": (NEEDS, len(NEEDS)),
}
SINGLE: dict[str, Vocabulary] = {"stage": STAGES, "product_stage": PRODUCT_STAGES, "raising_round": RAISING_ROUNDS}
LENGTHS = {
    "name": 160,
    "name_en": 160,
    "summary_vi": 280,
    "summary_en": 280,
    "description_vi": 5_000,
    "description_en": 5_000,
    "city": 120,
    "website": 300,
    "contact_email": 254,
    "contact_phone": 40,
}
OPTIONAL = ("stage", "product_stage", "trl", "country", "state", "city", "province_code", "ward_code", "founded_on")
MANDATE_LISTS: dict[str, tuple[Vocabulary, int]] = {
    "rounds": (ROUNDS, 12),
    "stages": (STAGES, 8),
    "sectors": (SECTORS, 12),
    "technologies": (TECHNOLOGIES, 10),
}


def checked(values: Values) -> Values:
    """`values` of an organisation made fit to be stored: cleaned, each code known, what belongs together together.

    Raises Invalid with a phrase per field. Fields that are not in `values` are not looked at.
    """
    wrong: dict[str, Phrase] = {}
    found = dict(values)
    for field, most in LENGTHS.items():
        if field in found:
            text = clean(found[field] or "") if field.startswith("description") else clean_line(found[field] or "")
            found[field] = text
            if len(text) > most:
                wrong[field] = at_most(TOO_LONG, most)
    _check_lists(found, LISTS, wrong)
    for field, vocabulary in SINGLE.items():
        if found.get(field) and found[field] not in vocabulary:
            wrong[field] = NOT_A_CHOICE
    for check in (_check_identity, _check_place, _check_raising):
        check(found, wrong)
    for field in (*SINGLE, *OPTIONAL):
        if field in found:
            found[field] = found[field] or None
    if wrong:
        raise Invalid(fields=wrong)
    return found


def checked_mandate(values: Values) -> Values:
    """What an investor looks for, made fit to be stored. Raises Invalid with a phrase per field."""
    wrong: dict[str, Phrase] = {}
    found = dict(values)
    _check_lists(found, MANDATE_LISTS, wrong)
    found["geographies"] = list(dict.fromkeys(found.get("geographies") or []))
    if len(found["geographies"]) > MOST_GEOGRAPHIES:
        wrong["geographies"] = at_most(TOO_MANY_CHOSEN, MOST_GEOGRAPHIES)
    if not all(places.is_country(code) or places.is_region(code) for code in found["geographies"]):
        wrong["geographies"] = NOT_A_CHOICE
    lowest, highest = _money(found, "ticket_min", wrong), _money(found, "ticket_max", wrong)
    if highest is not None and highest == 0:
        wrong["ticket_max"] = NOT_POSITIVE
    if lowest is not None and highest is not None and lowest > highest:
        wrong["ticket_min"] = MINIMUM_ABOVE_MAXIMUM
    _check_currency(found, "ticket", wrong, needed=lowest is not None or highest is not None)
    for field in ("thesis_vi", "thesis_en"):
        found[field] = clean(found.get(field) or "")
        if len(found[field]) > MOST_THESIS:
            wrong[field] = at_most(TOO_LONG, MOST_THESIS)
    if wrong:
        raise Invalid(fields=wrong)
    return found


def _check_lists(found: Values, vocabularies: dict[str, tuple[Vocabulary, int]], wrong: dict[str, Phrase]) -> None:
    for field, (vocabulary, most) in vocabularies.items():
        if field not in found:
            continue
        codes: Iterable[str] = found[field] or ()
        if any(code not in vocabulary for code in codes):
            wrong[field] = NOT_A_CHOICE
        found[field] = list(dict.fromkeys(codes))
        if len(found[field]) > most:
            wrong[field] = at_most(TOO_MANY_CHOSEN, most)


def _check_identity(found: Values, wrong: dict[str, Phrase]) -> None:
    if "name" in found and not any(character.isalnum() for character in found["name"]):
        wrong["name"] = NO_NAME if found["name"] else REQUIRED
    if "kinds" in found and not found["kinds"]:
        wrong["kinds"] = REQUIRED
    if found.get("website"):
        found["website"] = _website(found["website"])
        if not found["website"]:
            wrong["website"] = NOT_AN_ADDRESS
    if found.get("contact_email") and not is_email(found["contact_email"]):
        wrong["contact_email"] = NOT_AN_EMAIL
    founded = found.get("founded_on")
    if isinstance(founded, date) and founded > now().date():
        wrong["founded_on"] = IN_THE_FUTURE
    if "founded_on" in found and founded is None:
        found["founded_precision"] = None
    trl = found.get("trl")
    if trl is not None and trl != "" and not 1 <= int(trl) <= 9:
        wrong["trl"] = NOT_A_CHOICE


def _website(text: str) -> str:
    """A web address with its scheme; "" for anything that a browser should not be sent to."""
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not parts.username
    except ValueError:
        return ""
    return text if fine and not any(character.isspace() or character in '<>"' for character in text) else ""


def _check_place(found: Values, wrong: dict[str, Phrase]) -> None:
    if found.get("province_code") and not found.get("country"):
        found["country"] = places.VIETNAM
    country = found.get("country")
    if country and not places.is_country(country):
        wrong["country"] = NOT_A_CHOICE
    province = found.get("province_code")
    if province and province not in places.provinces():
        wrong["province_code"] = NOT_A_CHOICE
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
    given = found.get("raising_amount") is not None
    if _money(found, "raising_amount", wrong) == 0:
        wrong["raising_amount"] = NOT_POSITIVE
    if given and not found.get("raising_round"):
        wrong["raising_round"] = AMOUNT_WITHOUT_ROUND
    _check_currency(found, "raising", wrong, needed=given)


def _money(found: Values, field: str, wrong: dict[str, Phrase]) -> Decimal | None:
    """The amount as it is stored, to the cent; None where none is given or it is no amount ("NaN" is a Decimal too)."""
    amount: Decimal | None = found.get(field)
    if amount is None:
        return None
    if not amount.is_finite() or amount < 0:
        wrong[field] = NOT_POSITIVE
        return None
    if amount > MOST_MONEY:
        wrong[field] = AMOUNT_TOO_LARGE
        return None
    found[field] = amount.quantize(_CENT)
    return amount.quantize(_CENT)


def _check_currency(found: Values, of: str, wrong: dict[str, Phrase], *, needed: bool) -> None:
    field = f"{of}_currency"
    currency = found.get(field)
    if needed and not currency:
        wrong[field] = CURRENCY_MISSING
    elif currency and currency not in CURRENCIES:
        wrong[field] = CURRENCY_MISSING if needed else NOT_A_CHOICE


__all__ = [
    "CURRENCIES",
    "Description",
    "Email",
    "Line",
    "Name",
    "Summary",
    "Text",
    "Year",
    "checked",
    "checked_mandate",
]
