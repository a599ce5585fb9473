"""A form as a value: its questions, which of them somebody sees, and what answers have to be. No database, no web."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE, NOT_A_NUMBER, NOT_AN_EMAIL, NOT_VALID, REQUIRED, email_address, is_email
from app.core.i18n import N_, Phrase, pick
from app.core.text import clean, clean_line
from app.directory.fields.values import web_address
from app.directory.places import country_options, is_country, provinces

LARGEST = 1e15
LONGEST = {"line": 200, "text": 5_000, "phone": 40, "email": 254, "url": 500}
WITH_OPTIONS = ("choice", "many")
WITH_BOUNDS = ("number",)

PREFIX = "q-"
KINDS: dict[str, Phrase] = {
    "line": N_("Short text"),
    "text": N_("Long text"),
    "choice": N_("One of several"),
    "many": N_("Several of several"),
    "yes_no": N_("Yes or no"),
    "number": N_("Number"),
    "date": N_("Date"),
    "email": N_("E-mail address"),
    "phone": N_("Phone number"),
    "url": N_("Web address"),
    "province": N_("Province of Vietnam"),
    "country": N_("Country"),
    "consent": N_("Consent"),
    "file": N_("File (PDF or picture)"),
}

NOT_A_DAY = N_("Please enter a date that exists.")
NOT_AN_ADDRESS = N_("This does not look like a web address.")
NOT_A_PHONE = N_("This does not look like a phone number.")
TOO_LONG = N_("This is too long.")
TOO_LITTLE = N_("This number is smaller than the question allows.")
TOO_MUCH = N_("This number is larger than the question allows.")
NEEDS_YES = N_("Please tick this: without it you cannot register.")


class Option(msgspec.Struct, frozen=True):
    """One possible answer; its code is kept, its words may change."""

    code: str
    vi: str
    en: str = ""

    @property
    def label(self) -> str:
        return pick(self.vi, self.en)


class Condition(msgspec.Struct, frozen=True):
    """A question is asked where an earlier one was answered with one of these: codes, or "yes" and "no"."""

    question: str
    answers: tuple[str, ...]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question. `types`: codes of ticket types that are asked; none: all. `least`, `most`: bounds of a number."""

    code: str
    kind: str
    vi: str
    en: str = ""
    help_vi: str = ""
    help_en: str = ""
    options: tuple[Option, ...] = ()
    required: bool = False
    types: tuple[str, ...] = ()
    shown_if: Condition | None = None
    least: float | None = None
    most: float | None = None

    @property
    def label(self) -> str:
        return pick(self.vi, self.en)

    @property
    def help(self) -> str:
        return pick(self.help_vi, self.help_en)

    @property
    def field(self) -> str:
        """Its name in the registration form."""
        return f"{PREFIX}{self.code}"

    def choices(self) -> list[tuple[str, str]]:
        """What can be chosen, with words in the current language."""
        if self.kind == "province":
            return [(code, one.short_name) for code, one in provinces().items()]
        if self.kind == "country":
            return country_options()
        return [(option.code, option.label) for option in self.options]


class Schema(msgspec.Struct, frozen=True):
    """A published form. Number 0 is an event without questions."""

    number: int = 0
    questions: tuple[Question, ...] = ()

    def of(self, code: str) -> Question | None:
        return next((question for question in self.questions if question.code == code), None)


Raw = Mapping[str, Any]
"""Answers by code: texts and lists of texts from a page, any JSON from the API."""


class Wrong(Exception):
    """An answer that cannot be taken."""

    def __init__(self, phrase: Phrase) -> None:
        self.phrase = phrase


def asked_of(schema: Schema, ticket_type: str, answers: Mapping[str, Any]) -> list[Question]:
    """The questions that somebody with this ticket sees after having answered so, in order.

    What a condition names has to be asked itself: whoever hides a question hides all that hang on it.
    """
    found: list[Question] = []
    for question in schema.questions:
        if question.types and ticket_type not in question.types:
            continue
        if question.shown_if is None or _holds(question.shown_if, found, answers):
            found.append(question)
    return found


def _holds(condition: Condition, asked: list[Question], answers: Mapping[str, Any]) -> bool:
    if not any(question.code == condition.question for question in asked):
        return False
    given = answers.get(condition.question)
    words = _words(given)
    return any(word in condition.answers for word in words)


def _words(given: Any) -> list[str]:
    """An answer as conditions name it."""
    if isinstance(given, bool):
        return ["yes" if given else "no"]
    if isinstance(given, dict):
        return ["yes"]
    if isinstance(given, list | tuple):
        return [str(one) for one in given]
    return [] if given is None else [str(given)]


def checked(schema: Schema, ticket_type: str, raw: Raw, moment: str, *, lenient: bool = False) -> dict[str, Any]:
    """Answers as they are kept. Raises Invalid with a phrase per question, under its field's name.

    Answers to what is not asked are dropped: hidden, of another ticket, ended. `moment` is kept with consents.
    `lenient` takes what is missing, for desks and delegations, and still refuses what is wrong.
    """
    found: dict[str, Any] = {}
    problems: dict[str, Phrase] = {}
    for question in schema.questions:
        if question not in asked_of(schema, ticket_type, found):
            continue
        try:
            value = value_of(question, raw.get(question.code))
        except Wrong as wrong:
            problems[question.field] = wrong.phrase
            continue
        if value is None:
            if question.required and not lenient and question.kind != "file":
                problems[question.field] = NEEDS_YES if question.kind == "consent" else REQUIRED
        elif question.kind == "consent":
            found[question.code] = {"given": True, "form": schema.number, "at": moment}
        else:
            found[question.code] = value
    if problems:
        raise Invalid(fields=problems)
    return found


def value_of(question: Question, given: Any) -> Any:
    """One answer in the form in which it is kept; None for none."""
    if isinstance(given, list | tuple) and question.kind != "many":
        given = given[0] if len(given) == 1 else (None if not given else _refuse())
    if given is None or given in ("", []):
        return None
    reader = _READERS[question.kind]
    return reader(question, given)


def _refuse() -> Any:
    raise Wrong(NOT_VALID)


def _text(question: Question, given: Any) -> str | None:
    if not isinstance(given, str):
        raise Wrong(NOT_VALID)
    text = clean(given) if question.kind == "text" else clean_line(given)
    if len(text) > LONGEST[question.kind]:
        raise Wrong(TOO_LONG)
    return text or None


def _email(question: Question, given: Any) -> str | None:
    text = _text(question, given)
    if text is None:
        return None
    if not is_email(text):
        raise Wrong(NOT_AN_EMAIL)
    return email_address(text)


def _phone(question: Question, given: Any) -> str | None:
    text = _text(question, given)
    if text is not None and sum(letter.isdecimal() for letter in text) < 6:
        raise Wrong(NOT_A_PHONE)
    return text


def _url(question: Question, given: Any) -> str | None:
    text = _text(question, given)
    if text is None:
        return None
    address = web_address(text)
    if not address:
        raise Wrong(NOT_AN_ADDRESS)
    return address


def _number(question: Question, given: Any) -> float | int:
    if isinstance(given, bool):
        raise Wrong(NOT_A_NUMBER)
    try:
        value = float(given if isinstance(given, int | float) else clean_line(str(given)).replace(",", "."))
    except (ValueError, OverflowError):
        raise Wrong(NOT_A_NUMBER) from None
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise Wrong(NOT_A_NUMBER)
    if question.least is not None and value < question.least:
        raise Wrong(TOO_LITTLE)
    if question.most is not None and value > question.most:
        raise Wrong(TOO_MUCH)
    return _plain(value)


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _date(_question: Question, given: Any) -> str:
    try:
        day = date.fromisoformat(clean_line(given)) if isinstance(given, str) else _refuse()
    except ValueError:
        raise Wrong(NOT_A_DAY) from None
    if not 1900 <= day.year <= 2200:
        raise Wrong(NOT_A_DAY)
    return str(day)


def _choice(question: Question, given: Any) -> str:
    known = {option.code for option in question.options}
    if question.kind == "province":
        known = set(provinces())
    if not isinstance(given, str) or (not is_country(given) if question.kind == "country" else given not in known):
        raise Wrong(NOT_A_CHOICE)
    return given


def _many(question: Question, given: Any) -> list[str] | None:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list | tuple) or any(not isinstance(text, str) for text in texts):
        raise Wrong(NOT_A_CHOICE)
    wanted = {text for text in texts if text}
    if not wanted <= {option.code for option in question.options}:
        raise Wrong(NOT_A_CHOICE)
    return [option.code for option in question.options if option.code in wanted] or None


def _yes_no(_question: Question, given: Any) -> bool:
    if isinstance(given, bool):
        return given
    if given not in ("yes", "no"):
        raise Wrong(NOT_A_CHOICE)
    return bool(given == "yes")


def _no_text(_question: Question, _given: Any) -> None:
    """Files come by a way of their own: see filing.py."""


def _consent(_question: Question, given: Any) -> bool | None:
    if given in (True, "yes", "on", "1") or (isinstance(given, dict) and given.get("given") is True):
        return True
    if given in (False, "no"):
        return None
    raise Wrong(NOT_VALID)


_READERS = {
    "line": _text, "text": _text, "email": _email, "phone": _phone, "url": _url, "number": _number, "date": _date,
    "choice": _choice, "province": _choice, "country": _choice, "many": _many, "yes_no": _yes_no, "consent": _consent,
    "file": _no_text,
}  # fmt: skip


def in_words(question: Question, given: Any) -> str:
    """An answer as people read it, in the current language; "" for none."""
    if given is None:
        return ""
    if question.kind == "file":
        return str(given.get("name", "")) if isinstance(given, dict) else ""
    if question.kind in ("yes_no", "consent"):
        yes = given is True or isinstance(given, dict)
        return _SPOKEN[yes].text()
    if question.kind in ("choice", "many", "province", "country"):
        labels = dict(question.choices())
        codes = given if isinstance(given, list) else [given]
        return ", ".join(labels.get(code, str(code)) for code in codes)
    return str(given)


_SPOKEN = {True: N_("Yes"), False: N_("No")}
