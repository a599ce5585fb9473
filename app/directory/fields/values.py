"""Values of fields by their type: read from what was typed, checked, shown again in a form.

Cross-checks between fields (a ward lies in its province, an amount needs its currency) are in `profile_fields`.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from app.core.forms import (
    NOT_A_CHOICE,
    NOT_A_DATE,
    NOT_A_NUMBER,
    NOT_AN_EMAIL,
    REQUIRED,
    TOO_LARGE,
    TOO_LONG,
    TOO_SMALL,
    is_email,
)
from app.core.i18n import N_, Phrase
from app.core.text import clean, clean_line
from app.directory import places
from app.directory.amounts import amount_from, amount_text
from app.directory.fields.field import Field

CURRENCIES = ("VND", "USD", "EUR", "SGD", "JPY")
MOST_MONEY = Decimal(10) ** 15
MOST_LINE = 300
FIRST_YEAR, LAST_YEAR = 1800, 2200
_CENT = Decimal("0.01")

TOO_MANY_CHOSEN = N_("Please choose at most %(max)s.")
TOO_MANY_LINES = N_("Please write at most %(max)s lines.")
NOT_AN_ADDRESS = N_("Please enter an address such as https://example.com.")
NOT_AN_ENTERPRISE_CODE = N_("An enterprise code has 10 or 13 digits.")
NOT_A_VSIC_CODE = N_("A VSIC code has four or five digits.")
NOT_POSITIVE = N_("Please enter an amount above zero.")
AMOUNT_TOO_LARGE = N_("This amount is too large.")

Checked = Callable[[Field, Any], Any]


class Wrong(Exception):
    """What is wrong with one value, fit for its reader."""

    def __init__(self, phrase: Phrase, **params: object) -> None:
        super().__init__(phrase)
        self.phrase = phrase
        self.params = params


def checked_value(field: Field, value: Any) -> Any:
    """`value` cleaned and fit to be stored, the field's empty value for nothing. Raises Wrong."""
    if value in (None, "", []):
        if field.required:
            raise Wrong(REQUIRED)
        return field.empty
    found = _CHECKS[field.type](field, value)
    if found in (None, "", []) and field.required:
        raise Wrong(REQUIRED)
    return found


def read_value(field: Field, texts: list[str]) -> Any:
    """What somebody typed or chose, as a value; not checked yet. Raises Wrong where it is no value of the type."""
    texts = [text for text in texts if text.strip()]
    if field.type in ("codes", "countries", "regions"):
        return texts
    if field.type == "lines":
        return [line for text in texts for line in text.splitlines() if line.strip()]
    if field.type == "flag":
        return bool(texts) and texts[0] not in ("off", "false", "0", "no")
    if not texts:
        return None
    return _READS.get(field.type, lambda text: text)(texts[0])


def form_value(field: Field, value: Any) -> Any:
    """A stored value as a form field shows it."""
    if value is None:
        return None
    if field.type in ("money", "amount", "percent"):
        return amount_text(value)
    if field.type == "year":
        return value.year
    if field.type == "lines":
        return "\n".join(value)
    if field.type == "maybe":
        return "yes" if value else "no"
    return value


def web_address(text: str) -> str:
    """A web address with its scheme; "" for anything that a browser should not be sent to."""
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not parts.username
    except ValueError:
        return ""
    return text if fine and not any(character.isspace() or character in '<>"' for character in text) else ""


def domain_of(website: str) -> str:
    """The host of a web address without "www.", by which duplicates and claims know an organisation; "" for none."""
    try:
        return (urlsplit(website).hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""


# --- typed text to values ---------------------------------------------------------------------------------------


def _whole(text: str) -> int:
    digits = re.sub(r"(?<=\d)[., ](?=\d{3}(\D|$))", "", text.strip())
    if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
        raise Wrong(NOT_A_NUMBER)
    return int(digits)


def _amount(text: str) -> Decimal | None:
    try:
        return amount_from(text)
    except ValueError:
        raise Wrong(NOT_A_NUMBER) from None


def _signed(text: str) -> Decimal | None:
    minus = text.strip().startswith(("-", "−"))
    found = _amount(text.strip().lstrip("-−"))
    return -found if minus and found is not None else found


def _day(text: str) -> date:
    """2026-11-22 as browsers send it, 22/11/2026 as people here write it."""
    text = text.strip()
    if parts := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text, re.ASCII):
        text = f"{parts[3]}-{int(parts[2]):02d}-{int(parts[1]):02d}"
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(NOT_A_DATE) from None


def _year(text: str) -> date:
    number = _whole(text)
    if not FIRST_YEAR <= number <= LAST_YEAR:
        raise Wrong(TOO_SMALL if number < FIRST_YEAR else TOO_LARGE, min=FIRST_YEAR, max=LAST_YEAR)
    return date(number, 1, 1)


def _maybe(text: str) -> bool | None:
    if text not in ("yes", "no"):
        raise Wrong(NOT_A_CHOICE)
    return text == "yes"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Wrong(NOT_A_CHOICE) from None


_READS: dict[str, Callable[[str], Any]] = {
    "integer": _whole,
    "level": _whole,
    "money": _amount,
    "percent": _amount,
    "amount": _signed,
    "date": _day,
    "year": _year,
    "maybe": _maybe,
    "organisation": _uuid,
    "file": _uuid,
}


# --- values fit to be stored ------------------------------------------------------------------------------------


def _text(field: Field, value: Any) -> str:
    text = clean(value) if field.type == "text" else clean_line(value)
    if field.most and len(text) > field.most:
        raise Wrong(TOO_LONG, max=field.most)
    if field.name == "enterprise_code":
        text = re.sub(r"[\s.-]", "", text)
        if not re.fullmatch(r"(\d{10}|\d{13})?", text, re.ASCII):
            raise Wrong(NOT_AN_ENTERPRISE_CODE)
    return text


def _email(field: Field, value: Any) -> str:
    text = _text(field, value)
    if text and not is_email(text):
        raise Wrong(NOT_AN_EMAIL)
    return text


def _url(field: Field, value: Any) -> str:
    text = _text(field, value)
    if text and not (text := web_address(text)):
        raise Wrong(NOT_AN_ADDRESS)
    return text


def _code(field: Field, value: Any) -> str:
    if field.vocabulary is None or value not in field.vocabulary:
        raise Wrong(NOT_A_CHOICE)
    return str(value)


def _level(field: Field, value: Any) -> int:
    if field.vocabulary is None or str(value) not in field.vocabulary:
        raise Wrong(NOT_A_CHOICE)
    return int(value)


def _several(known: Callable[[Field, str], bool]) -> Checked:
    def check(field: Field, value: Any) -> list[str]:
        found = list(dict.fromkeys(value))
        if not all(isinstance(code, str) and known(field, code) for code in found):
            raise Wrong(NOT_A_CHOICE)
        if len(found) > field.most:
            raise Wrong(TOO_MANY_CHOSEN, max=field.most)
        return found

    return check


def _lines(field: Field, value: Any) -> list[str]:
    found = list(dict.fromkeys(text for line in value if (text := clean_line(line))))
    if len(found) > field.most:
        raise Wrong(TOO_MANY_LINES, max=field.most)
    if any(len(line) > MOST_LINE for line in found):
        raise Wrong(TOO_LONG, max=MOST_LINE)
    if field.name in ("socials", "links"):
        found = [web_address(line) for line in found]
        if "" in found:
            raise Wrong(NOT_AN_ADDRESS)
    if field.name == "vsic_codes" and not all(re.fullmatch(r"\d{4,5}", line, re.ASCII) for line in found):
        raise Wrong(NOT_A_VSIC_CODE)
    return found


def _one_of(known: Callable[[str], bool]) -> Checked:
    def check(_field: Field, value: Any) -> str:
        if not isinstance(value, str) or not known(value):
            raise Wrong(NOT_A_CHOICE)
        return value

    return check


def _integer(field: Field, value: Any) -> int:
    number = int(value)
    if number < field.low:
        raise Wrong(TOO_SMALL, min=field.low)
    if field.most and number > field.most:
        raise Wrong(TOO_LARGE, max=field.most)
    return number


def _decimal(field: Field, value: Any) -> Decimal:
    """To the cent. "NaN" is a Decimal too."""
    try:
        amount = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise Wrong(NOT_A_NUMBER) from None
    if not amount.is_finite() or (amount < 0 and field.type != "amount"):
        raise Wrong(NOT_POSITIVE)
    if abs(amount) > (field.most if field.type == "percent" else MOST_MONEY):
        raise Wrong(AMOUNT_TOO_LARGE)
    return amount.quantize(_CENT)


def _date(_field: Field, value: Any) -> date:
    if not isinstance(value, date) or not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise Wrong(NOT_A_DATE)
    return value


def _as_it_is(_field: Field, value: Any) -> Any:
    return value


_CHECKS: dict[str, Checked] = {
    "line": _text,
    "text": _text,
    "phone": _text,
    "email": _email,
    "url": _url,
    "code": _code,
    "level": _level,
    "codes": _several(lambda field, code: field.vocabulary is not None and code in field.vocabulary),
    "countries": _several(lambda _field, code: places.is_country(code)),
    "regions": _several(lambda _field, code: places.is_country(code) or places.is_region(code)),
    "lines": _lines,
    "country": _one_of(places.is_country),
    "province": _one_of(lambda code: code in places.provinces()),
    "ward": _one_of(lambda code: code in places.wards()),
    "state": _one_of(lambda code: len(code) < 20),
    "currency": _one_of(lambda code: code in CURRENCIES),
    "integer": _integer,
    "money": _decimal,
    "amount": _decimal,
    "percent": _decimal,
    "date": _date,
    "year": _date,
    "flag": _as_it_is,
    "maybe": _as_it_is,
    "file": _as_it_is,
    "organisation": _as_it_is,
}
