"""Cells as values of fields: numbers, amounts, days, yes and no, lists, codes. Refusals are words for people."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from app.core.forms import NOT_A_DATE, NOT_A_NUMBER
from app.core.i18n import N_, Phrase
from app.core.text import clean, clean_line, fold
from app.directory.amounts import amount_from
from app.directory.importing.harmless import bare
from app.directory.importing.tabular import Cell, Trouble
from app.directory.vocabulary import Vocabulary

UNKNOWN_TERM = N_("We do not know “%(value)s”.")
ZERO_LOST = N_(
    "This code has %(digits)s digits: a spreadsheet may have dropped the zero in front. Please write it as text."
)
SHORTENED = N_("A spreadsheet shortened this number to %(value)s. Please write it as text, with all digits.")
NOT_YES_NO = N_("Please write yes or no.")
NOT_AN_AMOUNT = N_("This is not an amount: write, for example, 2 tỷ, 500 triệu or 1.500.000.")
NOT_WHOLE = N_("Please enter a whole number.")
DAY_FIRST = N_("We do not know this date. Please write day/month/year, or year-month-day.")

_SHORTENED = re.compile(r"[0-9][.,][0-9]+[eE]\+?[0-9]{1,3}")
_PART = re.compile(r"(?:\\[\\;|]|[^;|\n])+")
_ESCAPED = re.compile(r"\\([\\;|])")
_YES = frozenset({"co", "yes", "y", "true", "1", "x", "dung", "v", "✓", "✔"})
_NO = frozenset({"khong", "no", "n", "false", "0", "sai", "ko", "k"})
_CURRENCIES = {"vnd": "VND", "dong": "VND", "₫": "VND", "d": "VND", "usd": "USD", "us$": "USD", "$": "USD",
               "eur": "EUR", "€": "EUR", "sgd": "SGD", "s$": "SGD", "jpy": "JPY", "yen": "JPY", "¥": "JPY"}  # fmt: skip
_MONEY_WORD = re.compile(r"(us\$|s\$|[$€¥₫]|vnd|dong|usd|eur|sgd|jpy|yen|(?<=[0-9 ])d)(?![a-z])")
_GROUPED = re.compile(r"-?[0-9]{1,3}([. ,\u00a0\u202f][0-9]{3})+")
_NUMBER = re.compile(r"-?[0-9]{1,18}([.,][0-9]{1,6})?", re.ASCII)
_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", re.ASCII)
_MONTH = re.compile(r"(?:thang )?([0-9]{1,2})[/.-]([0-9]{4})", re.ASCII)
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})(?:-([0-9]{1,2})(?:[t ].*)?)?", re.ASCII)
_YEAR = re.compile(r"(?:nam )?([0-9]{4})", re.ASCII)
_SERIALS = range(10_000, 110_000)
_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")

Day = tuple[date, str]


class Wrong(Exception):
    """A cell that cannot be taken, in words for whoever sent the file."""

    def __init__(self, phrase: Phrase, **params: object) -> None:
        self.phrase = phrase
        self.params = params
        super().__init__(phrase)


def line_of(cell: Cell) -> str:
    return clean_line(_text(cell))


def text_of(cell: Cell) -> str:
    return clean(_text(cell))


def _text(cell: Cell) -> str:
    """A cell as text. What our own export wrote in front of a formula's sign is taken off again."""
    if isinstance(cell, Trouble):
        raise Wrong(cell.phrase, value=cell.shown)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:16].replace("T", " ")
    if isinstance(cell, Decimal):
        return format(cell.normalize(), "f")
    return str(cell) if isinstance(cell, int) else bare(cell)


def has_lost_letters(name: str) -> bool:
    """Question marks inside the words of a name are letters that an old program could not write."""
    return re.search(r"\w\?\w|\?\?", name) is not None


def digits_of(cell: Cell) -> str:
    """A code that is text though it looks like a number."""
    text = line_of(cell).translate(_WIDE)
    if _SHORTENED.fullmatch(text):
        raise Wrong(SHORTENED, value=text)
    return text


def enterprise_code_of(cell: Cell) -> str:
    """10 digits, or 13 for a branch. One digit less is a zero that a spreadsheet dropped; we do not guess."""
    text = re.sub(r"[\s.\-]", "", digits_of(cell)).removeprefix("MST").lstrip(":")
    if text.isascii() and text.isdigit() and len(text) in (9, 12):
        raise Wrong(ZERO_LOST, digits=len(text))
    return text


def phone_of(cell: Cell) -> str:
    """A number: nine digits that a mobile number begins with have lost their zero."""
    text = digits_of(cell)
    lost = isinstance(cell, int) and len(text) == 9 and text[0] in "35789"
    return f"0{text}" if lost else text


def parts_of(cell: Cell) -> list[str]:
    """The entries of a list: parted by ; or | or line breaks, where no backslash stands before them."""
    found = [_ESCAPED.sub(r"\1", clean_line(part)) for part in _PART.findall(text_of(cell))]
    return list(dict.fromkeys(part for part in found if part))


def joined(entries: Iterable[str]) -> str:
    """Entries of a list in one cell, as `parts_of` reads them."""
    return "; ".join(re.sub(r"([\\;|])", r"\\\1", entry) for entry in entries)


def codes_of(cell: Cell, vocabulary: Vocabulary) -> list[str]:
    """Codes of a cell with one or several terms; commas and slashes may part them, and may stand in them."""
    whole = vocabulary.resolve(line_of(cell))
    if whole:
        return [whole]
    found: list[str] = []
    for chunk in parts_of(cell):
        code = vocabulary.resolve(chunk)
        pieces = [chunk] if code else [part.strip() for part in re.split("[,/]", chunk) if part.strip()]
        for piece in pieces:
            known = vocabulary.resolve(piece)
            if known is None:
                raise Wrong(UNKNOWN_TERM, value=piece[:60])
            found.append(known)
    return list(dict.fromkeys(found))


def code_of(cell: Cell, vocabulary: Vocabulary) -> str:
    text = line_of(cell)
    code = vocabulary.resolve(text)
    if code is None:
        raise Wrong(UNKNOWN_TERM, value=text[:60])
    return code


def yes_or_no(cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    word = fold(line_of(cell))
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Wrong(NOT_YES_NO)


def number_of(cell: Cell) -> Decimal:
    """A number: points and commas group thousands where three digits follow each, else they are decimal."""
    if isinstance(cell, bool | date):
        raise Wrong(NOT_A_NUMBER)
    if isinstance(cell, int | Decimal):
        return Decimal(cell)
    text = line_of(cell).translate(_WIDE).removesuffix("%").strip()
    if _GROUPED.fullmatch(text):
        text = re.sub(r"[. ,\u00a0\u202f]", "", text)
    elif "." in text and "," in text:
        at = max(text.rfind("."), text.rfind(","))
        text = re.sub("[.,]", "", text[:at]) + "." + text[at + 1 :]
    if not _NUMBER.fullmatch(text):
        raise Wrong(NOT_A_NUMBER)
    return Decimal(text.replace(",", "."))


def whole_of(cell: Cell) -> int:
    number = number_of(cell)
    if number != number.to_integral_value():
        raise Wrong(NOT_WHOLE)
    return int(number)


def money_of(cell: Cell, scale: int = 1) -> tuple[Decimal, str | None]:
    """An amount to the cent and the currency that stands with it. `scale`: what the column's title multiplies by."""
    if isinstance(cell, int | Decimal) and not isinstance(cell, bool):
        return _cents(Decimal(cell) * scale), None
    folded = fold(line_of(cell).translate(_WIDE))
    words = _MONEY_WORD.findall(folded)
    currency = _CURRENCIES[words[0]] if words else None
    plain = re.sub(r"\s+", " ", _MONEY_WORD.sub(" ", folded)).strip()
    try:
        amount = amount_from(plain)
    except ValueError:
        raise Wrong(NOT_AN_AMOUNT) from None
    if amount is None:
        raise Wrong(NOT_AN_AMOUNT)
    has_unit = any(letter.isalpha() for letter in plain)
    return _cents(amount if has_unit else amount * scale), currency


def _cents(amount: Decimal) -> Decimal:
    try:
        return amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        raise Wrong(NOT_AN_AMOUNT) from None


def day_of(cell: Cell) -> Day:
    """A day and how exact it is: day, month or year. Day and month as people here write them, or ISO."""
    if isinstance(cell, datetime):
        return cell.date(), "day"
    if isinstance(cell, date):
        return cell, "day"
    if isinstance(cell, int) and not isinstance(cell, bool) and cell in _SERIALS:
        return date(1899, 12, 30) + timedelta(days=cell), "day"
    text = fold(line_of(cell)).translate(_WIDE)
    try:
        if found := _ISO.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3] or 1)), "day" if found[3] else "month"
        if found := _DAY.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1])), "day"
        if found := _MONTH.fullmatch(text):
            return date(int(found[2]), int(found[1]), 1), "month"
        if found := _YEAR.fullmatch(text):
            return date(int(found[1]), 1, 1), "year"
    except ValueError:
        raise Wrong(NOT_A_DATE) from None
    raise Wrong(DAY_FIRST)
