"""One row's cells as values of fields, each by the type that the registry gives it, and what is wrong with them."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from app.core.i18n import N_, Phrase
from app.core.text import fold
from app.directory import places
from app.directory.fields import FIELDS, Field
from app.directory.fields.values import CURRENCIES, checked_value
from app.directory.fields.values import Wrong as NotTaken
from app.directory.importing import cells as read
from app.directory.importing.cells import UNKNOWN_TERM, Wrong
from app.directory.importing.columns import Column
from app.directory.importing.experience import experience_of
from app.directory.importing.subjects import (
    CODE,
    EXPERTISE,
    EXTERNAL,
    NEEDS,
    OFFERS,
    ORGANISATION,
    ORGANISATIONS,
    PROFILE,
    ROW,
    Subject,
    subjects,
)
from app.directory.importing.tabular import LETTERS_LOST, Cell, Trouble, shown
from app.directory.vocabulary import NEEDS as NEED_TERMS
from app.directory.vocabulary import words

Values = dict[str, Any]
Memory = dict[tuple[str, str], Any]

_CODED = frozenset({"code", "codes", "level", "country", "countries", "province", "state", "currency"})

EMPTIES = ("(trống)", "(empty)")
"""What a cell says to empty a field: a blank one says nothing, and a dash is often meant as a blank."""
CANNOT_BE_EMPTY = N_("This cannot be emptied.")
_EMPTYING = frozenset(fold(sign) for sign in EMPTIES)

SEVERAL_WARDS = N_("Several wards are called “%(value)s”. Please give the ward's code, or its province too.")


class Fault(msgspec.Struct, frozen=True):
    """What is wrong in one cell: its column's title and field, what stood there, why it cannot be taken."""

    column: str
    field: str
    value: str
    phrase: str
    params: dict[str, str | int] = {}

    def text(self, locale: str | None = None) -> str:
        return Phrase(self.phrase).text(locale, **self.params)


def fault(column: str, field: str, value: str, phrase: Phrase, /, **params: object) -> Fault:
    plain = {name: said if isinstance(said, int) else str(said)[:120] for name, said in params.items()}
    return Fault(column, field, value[:200], str(phrase), plain)


class Said(msgspec.Struct):
    """What a row says: values by field, whom it names, faults."""

    number: int
    values: Values
    faults: list[Fault]
    profile: str = ""
    external: str = ""
    needs: dict[str, list[str]] = {}
    row: str = ""
    organisation: str = ""
    code: str = ""

    @property
    def name(self) -> str:
        """What the row is called. An entry of a list is called by whom it belongs to as well."""
        names = ("name", "legal_name", "name_vi", "name_en", "title_vi", "title_en", "metric_vi", "line", "text_vi",
                 "text_en", "year")  # fmt: skip
        own = next((str(self.values[name]) for name in names if self.values.get(name)), "")
        return f"{self.organisation}: {own}".strip(": ") if self.organisation else own


def said_by(
    number: int, cells: list[Cell], columns: list[Column], memory: Memory, subject: Subject | None = None
) -> Said:
    """What the row says. A blank cell says nothing: it neither fills nor empties a field. A sign of EMPTIES empties it.

    `memory` keeps what cells of closed terms mean, for the few rows that are read together: terms change at times.
    """
    subject = subject or subjects()[ORGANISATIONS]
    said = Said(number, {}, [], needs={})
    later: list[tuple[Column, Cell]] = []
    for column in columns:
        cell = cells[column.index] if column.index < len(cells) else ""
        if not column.field or (isinstance(cell, str) and not cell.strip()):
            continue
        if column.field == "ward_code":
            later.append((column, cell))
        else:
            _take(said, column, cell, memory, subject)
    for column, cell in later:
        _take(said, column, cell, memory, subject)
    _currencies(said)
    for name in subject.called:
        # a row of our own export knows its profile: a name there is as somebody wrote it
        text = said.organisation if name == ORGANISATION else str(said.values.get(name, ""))
        if not said.profile and read.has_lost_letters(text):
            title = next((column.title for column in columns if column.field == name), "")
            said.faults.append(fault(title, name, text, LETTERS_LOST, value=text[:80]))
    return said


def _take(said: Said, column: Column, cell: Cell, memory: Memory, subject: Subject) -> None:
    try:
        if isinstance(cell, Trouble):
            raise Wrong(cell.phrase, value=cell.shown)
        if isinstance(cell, str) and fold(cell).strip() in _EMPTYING:
            said.values |= _emptied(subject.fields.get(column.field))
        elif column.field == PROFILE:
            said.profile = read.line_of(cell).rstrip("/").rpartition("/")[2][:120]
        elif column.field == EXTERNAL:
            said.external = read.digits_of(cell)[:120]
        elif column.field in (NEEDS, OFFERS):
            said.needs["need" if column.field == NEEDS else "offer"] = read.codes_of(cell, NEED_TERMS)
        elif column.field in subject.own:
            _take_own(said, column.field, cell)
        else:
            field = subject.fields[column.field]
            said.values |= _fit(_value(field, column, cell, said.values, memory), subject)
    except (Wrong, NotTaken) as wrong:
        said.faults.append(fault(column.title, column.field, shown(cell), wrong.phrase, **wrong.params))


def _take_own(said: Said, name: str, cell: Cell) -> None:
    """Whose entry of a list it is and which one; what a person knows."""
    if name == ROW:
        said.row = read.line_of(cell)[:120]
    elif name == ORGANISATION:
        said.organisation = read.line_of(cell)[:250]
    elif name == CODE:
        said.code = str(checked_value(FIELDS[CODE], read.enterprise_code_of(cell)))
    elif name == EXPERTISE:
        said.values[EXPERTISE] = experience_of(cell)


def _emptied(field: Field | None) -> Values:
    """The empty value of a field that may be without one; needs and offers are ended on the profile, not by a list."""
    if field is None or field.required:
        raise Wrong(CANNOT_BE_EMPTY)
    return {field.name: field.empty, **({"founded_precision": None} if field.type == "year" else {})}


def _fit(values: Values, subject: Subject) -> Values:
    """The values as they are stored; the registry's own checks have the last word."""
    known = subject.fields
    return {name: checked_value(known[name], value) if name in known else value for name, value in values.items()}


def _value(field: Field, column: Column, cell: Cell, before: Values, memory: Memory) -> Values:
    """What a cell says of a field; of an amount also its currency, of a founding year also how exact it is."""
    if field.type == "money":
        amount, currency = read.money_of(cell, column.scale)
        currency = currency or column.currency or ("VND" if _counts_in_dong(cell) else "")
        found: Values = {field.name: amount}
        return found | ({f"?{field.currency}": currency} if currency and field.currency else {})
    if field.type == "year":
        day, precision = read.day_of(cell)
        return {field.name: day, "founded_precision": precision}
    if field.type == "ward":
        return {field.name: _ward(cell, before.get("province_code"))}
    if field.type in _CODED and isinstance(cell, str) and len(cell) < 200:
        if (field.name, cell) not in memory:
            memory[field.name, cell] = _SIMPLE[field.type](field, cell)
        known = memory[field.name, cell]
        return {field.name: list(known) if isinstance(known, list) else known}
    return {field.name: _SIMPLE[field.type](field, cell)}


def _counts_in_dong(cell: Cell) -> bool:
    """Only amounts of dong are counted in tỷ and triệu."""
    return isinstance(cell, str) and any(word in {"ty", "trieu", "nghin", "tr"} for word in words(cell).split())


def _line(field: Field, cell: Cell) -> str:
    if field.name == "enterprise_code":
        return read.enterprise_code_of(cell)
    return read.line_of(cell)


def _code(field: Field, cell: Cell) -> str:
    if field.vocabulary is None:
        raise TypeError(f"{field.name} has no vocabulary")
    return read.code_of(cell, field.vocabulary)


def _level(field: Field, cell: Cell) -> str:
    """A level by its number alone, with its name before it, or as its whole label."""
    text = read.line_of(cell)
    return _code(field, re.sub(r"^trl\s*(?=[0-9]$)", "", text, flags=re.IGNORECASE))


def _codes(field: Field, cell: Cell) -> list[str]:
    if field.vocabulary is None:
        raise TypeError(f"{field.name} has no vocabulary")
    return read.codes_of(cell, field.vocabulary)


def _known(find: Callable[[str], str | None]) -> Callable[[Field, Cell], str]:
    def known(_field: Field, cell: Cell) -> str:
        text = read.line_of(cell)
        found = find(text)
        if found is None:
            raise Wrong(UNKNOWN_TERM, value=text[:60])
        return found

    return known


def _countries(_field: Field, cell: Cell) -> list[str]:
    found = []
    for part in read.parts_of(cell):
        whole = places.resolve_country(part)
        for piece in [part] if whole else part.split(","):
            code = places.resolve_country(piece.strip())
            if code is None:
                raise Wrong(UNKNOWN_TERM, value=piece.strip()[:60])
            found.append(code)
    return list(dict.fromkeys(found))


def _regions(_field: Field, cell: Cell) -> list[str]:
    """Countries, and provinces of Vietnam as VN-01."""
    found = []
    for part in read.parts_of(cell):
        code = part.upper() if places.is_region(part.upper()) else places.resolve_country(part)
        if code is None:
            province = places.resolve_province(part)
            code = f"{places.VIETNAM}-{province}" if province else None
        if code is None:
            raise Wrong(UNKNOWN_TERM, value=part[:60])
        found.append(code)
    return list(dict.fromkeys(found))


def _state(text: str) -> str | None:
    by_words = {words(name): code for code, name in places.US_STATES.items()}
    return text.upper() if text.upper() in places.US_STATES else by_words.get(words(text))


def _currency(text: str) -> str | None:
    code = text.upper().replace("Đ", "VND") if len(text) == 1 else text.upper()
    return (
        code if code in CURRENCIES else {"DONG": "VND", "ĐỒNG": "VND", "VNĐ": "VND", "$": "USD", "€": "EUR"}.get(code)
    )


def _ward(cell: Cell, province: str | None) -> str:
    """A ward by its code or by its name in the row's province."""
    text = read.digits_of(cell)
    if text.isdigit():
        ward = places.wards().get(text.zfill(5))
        if ward is not None:
            return ward.code
    asked = words(text)
    found = [
        ward
        for ward in places.find_wards(text, province, 50)
        if asked in (words(ward.name), words(ward.name).partition(" ")[2])
    ]
    exact = [ward for ward in found if words(ward.name) == asked] or found
    if not exact:
        raise Wrong(UNKNOWN_TERM, value=text[:60])
    if len(exact) > 1:
        raise Wrong(SEVERAL_WARDS, value=text[:60])
    return exact[0].code


_SIMPLE: dict[str, Callable[[Field, Cell], Any]] = {
    "line": _line,
    "text": lambda _field, cell: read.text_of(cell),
    "email": lambda _field, cell: read.line_of(cell),
    "phone": lambda _field, cell: read.phone_of(cell),
    "url": lambda _field, cell: read.line_of(cell),
    "code": _code,
    "codes": _codes,
    "lines": lambda _field, cell: read.parts_of(cell),
    "country": _known(places.resolve_country),
    "countries": _countries,
    "province": _known(places.resolve_province),
    "state": _known(_state),
    "level": _level,
    "regions": _regions,
    "amount": lambda _field, cell: read.number_of(cell),
    "integer": lambda _field, cell: read.whole_of(cell),
    "percent": lambda _field, cell: read.number_of(cell),
    "currency": _known(_currency),
    "date": lambda _field, cell: read.day_of(cell)[0],
    "flag": lambda _field, cell: read.yes_or_no(cell),
    "maybe": lambda _field, cell: read.yes_or_no(cell),
}


def _currencies(said: Said) -> None:
    """The currency that stood with an amount, where no column says it."""
    for name in [name for name in said.values if name.startswith("?")]:
        said.values.setdefault(name[1:], said.values.pop(name))
