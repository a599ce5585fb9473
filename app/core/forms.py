"""Typed forms that keep what was typed: fields are read into a msgspec struct, errors come back by field."""

import re
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar, get_args, get_origin

import msgspec
from email_validator import EmailNotValidError, validate_email
from litestar import Request

from app.core.clock import VIETNAM
from app.core.errors import Invalid
from app.core.i18n import N_, Phrase
from app.core.text import clean, clean_line

T = TypeVar("T", bound=msgspec.Struct)

REQUIRED = N_("Please fill this in.")
TOO_LONG = N_("This is too long: at most %(max)s characters.")
TOO_SHORT = N_("This is too short: at least %(min)s characters.")
TOO_SMALL = N_("This must be at least %(min)s.")
TOO_LARGE = N_("This must be at most %(max)s.")
NOT_A_NUMBER = N_("Please enter a number, in digits.")
NOT_A_DATE = N_("Please enter a date and time that exist.")
NOT_A_CHOICE = N_("Please choose one of the options.")
NOT_VALID = N_("This does not look right. Please check it.")
NOT_AN_EMAIL = N_("This does not look like an e-mail address.")

Text = typing.Annotated[str, msgspec.Meta(max_length=10_000, extra={"lines": True})]
Line = typing.Annotated[str, msgspec.Meta(max_length=200)]
Secret = typing.Annotated[str, msgspec.Meta(max_length=256, extra={"exact": True})]
"""A password: taken exactly as typed."""
Email = typing.Annotated[str, msgspec.Meta(max_length=254, extra={"email": True})]


class Form(Generic[T]):
    """What somebody sent: `value` is the struct, or None when `errors` says what is wrong by field."""

    def __init__(self, raw: Mapping[str, list[str]] | None = None) -> None:
        self._raw = dict(raw or {})
        self.value: T | None = None
        self.phrases: dict[str, tuple[Phrase, dict[str, object]]] = {}

    @property
    def raw(self) -> dict[str, str]:
        """What was typed, by field, to be shown again."""
        return {name: values[0] for name, values in self._raw.items() if values}

    def raw_list(self, name: str) -> list[str]:
        return self._raw.get(name, [])

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong, by field, in the current language."""
        return {name: phrase.text(None, **params) for name, (phrase, params) in self.phrases.items()}

    def add_error(self, field: str, phrase: Phrase, **params: object) -> None:
        self.phrases[field] = (phrase, params)
        self.value = None

    def take(self, error: Invalid) -> "Form[T]":
        """Show a verb's refusal where it belongs: by field, or above the form under the empty name."""
        if error.fields:
            for name, phrase in error.fields.items():
                self.add_error(name, phrase, **error.params)
        else:
            self.add_error("", error.phrase, **error.params)
        return self

    def forget(self, *names: str) -> "Form[T]":
        """Drop what was typed into `names`: passwords are not sent back."""
        for name in names:
            self._raw.pop(name, None)
        return self


def filled(values: Mapping[str, object]) -> Form[Any]:
    """A form showing stored values: None as empty, lists as several choices."""
    raw: dict[str, list[str]] = {}
    for name, value in values.items():
        if value is None:
            continue
        if isinstance(value, list | tuple | set | frozenset):
            raw[name] = [str(item) for item in value]
        elif isinstance(value, bool):
            raw[name] = ["on"] if value else []
        elif isinstance(value, datetime):
            raw[name] = [f"{value.astimezone(VIETNAM):%Y-%m-%dT%H:%M}"]
        else:
            raw[name] = [str(value)]
    return Form(raw)


async def read_form(request: Request[Any, Any, Any], struct: type[T]) -> Form[T]:
    """Read the request's form into `struct`; unknown fields are ignored, uploads are not read here."""
    return parse(await raw_form(request), struct)


async def raw_form(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    """What was typed and chosen, by field, as it was sent."""
    data = await request.form()
    raw: dict[str, list[str]] = {}
    for name, value in data.multi_items():
        if isinstance(value, str):
            raw.setdefault(name, []).append(value)
    return raw


def parse(raw: Mapping[str, list[str]], struct: type[T]) -> Form[T]:
    """Fields as text to a struct; every field is checked, so that all errors are shown at once."""
    form: Form[T] = Form(raw)
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        kind, extra, constraints = _unwrap(field.type)
        texts = [_clean(text, extra) for text in raw.get(field.encode_name, [])]
        texts = [text for text in texts if text]
        try:
            if kind is bool:
                values[field.name] = bool(texts) and texts[0] not in ("off", "false", "0")
            elif get_origin(kind) is list:
                values[field.name] = [_convert(text, get_args(kind)[0]) for text in texts]
            elif texts:
                values[field.name] = _one(texts[0], field.type, kind, extra)
            elif field.required:
                form.phrases[field.name] = (REQUIRED, {})
        except _Wrong as wrong:
            form.phrases[field.name] = (wrong.phrase, {**constraints, **wrong.params})
    if not form.phrases:
        form.value = struct(**values)
    return form


class _Wrong(Exception):
    def __init__(self, phrase: Phrase, **params: object) -> None:
        self.phrase = phrase
        self.params = params


def _unwrap(kind: Any) -> tuple[Any, dict[str, Any], dict[str, object]]:
    """The plain type inside Annotated and `| None`, the Meta's extra, and its limits for messages."""
    extra: dict[str, Any] = {}
    limits: dict[str, object] = {}
    while True:
        if get_origin(kind) is typing.Annotated:
            for meta in get_args(kind)[1:]:
                extra.update(meta.extra or {})
                limits["max"] = next(
                    (v for v in (meta.max_length, meta.le, meta.lt) if v is not None), limits.get("max")
                )
                limits["min"] = next(
                    (v for v in (meta.min_length, meta.ge, meta.gt) if v is not None), limits.get("min")
                )
            kind = get_args(kind)[0]
        elif get_origin(kind) in (typing.Union, types.UnionType):
            kind = next(part for part in get_args(kind) if part is not type(None))
        else:
            return kind, extra, limits


def _clean(text: str, extra: dict[str, Any]) -> str:
    if extra.get("exact"):
        return text
    return clean(text) if extra.get("lines") else clean_line(text)


_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?", re.ASCII)


def _one(text: str, annotated: Any, kind: Any, extra: dict[str, Any]) -> Any:
    if extra.get("email"):
        return email_address(text)
    if kind in (int, float) and not _PLAIN_NUMBER.fullmatch(text):
        raise _Wrong(NOT_A_NUMBER)
    if kind is datetime:
        return _moment(text)
    return _convert(text, annotated)


def _moment(text: str) -> datetime:
    """What <input type=datetime-local> sends; without an offset it is Vietnam's time."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise _Wrong(NOT_A_DATE) from None
    if not 1900 <= value.year <= 2200:
        raise _Wrong(NOT_A_DATE)
    return value if value.tzinfo else value.replace(tzinfo=VIETNAM)


def email_address(text: str) -> str:
    """An address as it is stored: checked, domain in lower case, the part before the @ in plain letters.

    Mail servers that take other letters there are few, and an account nobody can write to helps nobody.
    """
    try:
        return _normalized(text)
    except EmailNotValidError:
        raise _Wrong(NOT_AN_EMAIL) from None


@lru_cache(64)
def _normalized(text: str) -> str:
    """Remembered for a moment: a form's field, the verb behind it and the row ask for the same address."""
    return validate_email(text, check_deliverability=False, test_environment=True, allow_smtputf8=False).normalized


def is_email(text: str) -> bool:
    try:
        email_address(text)
    except _Wrong:
        return False
    return True


def _convert(text: str, kind: Any) -> Any:
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        reason = str(error)
    plain = _unwrap(kind)[0]
    if plain in (date, datetime):
        raise _Wrong(NOT_A_DATE)
    if "length <=" in reason:
        raise _Wrong(TOO_LONG)
    if "length >=" in reason:
        raise _Wrong(TOO_SHORT)
    if "<=" in reason or "< " in reason:
        raise _Wrong(TOO_LARGE)
    if ">=" in reason or "> " in reason:
        raise _Wrong(TOO_SMALL)
    if "enum value" in reason:
        raise _Wrong(NOT_A_CHOICE)
    raise _Wrong(NOT_A_NUMBER if plain in (int, float) else NOT_VALID)


def read_json(body: bytes, struct: type[T]) -> T:
    """A JSON body as a struct; raises Invalid with the field that is wrong. Texts are cleaned like form fields."""
    try:
        data = _clean_deep(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Invalid(N_("The body is not valid JSON.")) from None
    try:
        value = msgspec.convert(data, struct)
    except msgspec.ValidationError as error:
        path = re.search(r"`\$\.?([^`]*)`", str(error))
        missing = re.search(r"required field `([^`]+)`", str(error))
        unknown = re.search(r"unknown field `([^`]+)`", str(error))
        where = ".".join(p for p in (path and path[1], missing and missing[1], unknown and unknown[1]) if p)
        raise Invalid(fields={where or "body": REQUIRED if missing else NOT_VALID}) from None
    return value


def _clean_deep(data: Any) -> Any:
    if isinstance(data, str):
        return clean(data)
    if isinstance(data, list):
        return [_clean_deep(item) for item in data]
    if isinstance(data, dict):
        return {str(key): _clean_deep(value) for key, value in data.items()}
    return data
