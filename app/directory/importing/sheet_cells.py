"""Cells of a workbook's sheet as values: texts kept in a file, numbers, dates by their style, merged cells filled."""

import mmap
import re
import tempfile
from array import array
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from app.directory.importing.tabular import (
    ERROR_CELL,
    FORMULA_WITHOUT_VALUE,
    MOST_COLUMNS,
    TOO_WIDE,
    CannotRead,
    Cell,
    Trouble,
)

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_CODED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Texts:
    """The texts of a workbook in a file of our own, so that a million of them take no memory."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed with the workbook
        self._ends = array("Q", [0])
        try:
            for text in texts:
                self._file.write(text.encode("utf-8", "replace"))
                self._ends.append(self._file.tell())
            self._file.flush()
        except BaseException:
            self._file.close()
            raise
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) if self._ends[-1] else None
        self.get = lru_cache(4096)(self._get)

    def _get(self, number: int) -> str | None:
        if not 0 <= number < len(self._ends) - 1:
            return None
        start, end = self._ends[number], self._ends[number + 1]
        return self._map[start:end].decode() if self._map is not None and end > start else ""

    def close(self) -> None:
        self.get.cache_clear()
        if self._map is not None:
            self._map.close()
        self._file.close()


class Reading:
    """What is gathered of a sheet between two chunks: whole rows."""

    def __init__(self, texts: Texts, date_styles: frozenset[int], *, from_1904: bool) -> None:
        self._get = texts.get
        self._date_styles = date_styles
        self._first_day = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)
        self._rows: list[tuple[int, list[Cell]]] = []
        self._number = self._column = 0
        self._cells: list[Cell] = []
        self._kind = self._style = ""
        self._value: list[str] = []
        self._formula = self._inside = False

    def take(self) -> list[tuple[int, list[Cell]]]:
        rows, self._rows = self._rows, []
        return rows

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "c":
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = column_number(found[1]) if found else self._column + 1
            self._value, self._formula = [], False
        elif tag in ("v", "t"):
            self._inside = True
        elif tag == "f":
            self._formula = True
        elif tag == "row":
            number = attributes.get("r", "")
            self._number = int(number) if number.isdecimal() and len(number) < 8 else self._number + 1
            self._cells, self._column = [], -1

    def text(self, said: str) -> None:
        if self._inside:
            self._value.append(said)

    def closed(self, tag: str) -> None:
        if tag in ("v", "t"):
            self._inside = False
        elif tag == "c":
            cell = self._cell("".join(self._value))
            if cell != "":
                self._put(cell)
        elif tag == "row" and self._cells:
            self._rows.append((self._number, self._cells))

    def _put(self, cell: Cell) -> None:
        if self._column >= MOST_COLUMNS:
            raise CannotRead(TOO_WIDE, row=self._number, max=MOST_COLUMNS)
        self._cells.extend([""] * (self._column + 1 - len(self._cells)))
        self._cells[self._column] = cell

    def _cell(self, value: str) -> Cell:
        kind = self._kind
        if self._formula and not value and kind != "str":
            return Trouble(FORMULA_WITHOUT_VALUE, "=…")
        if kind == "s":
            return _uncoded((self._get(digits(value)) if value else "") or "")
        if kind in ("str", "inlineStr"):
            return _uncoded(value)
        if kind == "e":
            return Trouble(ERROR_CELL, value[:20])
        if kind == "b":
            return value.strip() in ("1", "true")
        return self._numeric(value.strip(), kind)

    def _numeric(self, value: str, kind: str) -> Cell:
        if not value:
            return ""
        if kind == "d":
            return _day_or_moment(datetime.fromisoformat(value)) if _is_iso(value) else value[:40]
        try:
            number = Decimal(value)
            if not number.is_finite() or number.adjusted() > 30:
                return value[:40]
        except InvalidOperation:
            return value[:40]
        if self._style and digits(self._style) in self._date_styles:
            return self._dated(number)
        return int(number) if number == number.to_integral_value() else number

    def _dated(self, number: Decimal) -> Cell:
        days = float(number)
        if not 0 < days < 2_958_466:
            return int(number)
        # the calendar of spreadsheets has a 29 February 1900, so what lies before it is off by one
        shift = 1 if days < 60 and self._first_day.year == 1899 else 0
        return _day_or_moment(self._first_day + timedelta(days=days + shift))


class Filling:
    """Puts the value of cells merged downwards into each of their rows."""

    def __init__(self, merged: dict[int, list[tuple[int, int]]]) -> None:
        self._merged = merged
        self._open: dict[int, tuple[int, Cell]] = {}

    def filled(self, number: int, cells: list[Cell]) -> list[Cell]:
        if not self._merged:
            return cells
        for column, (last, value) in list(self._open.items()):
            if number > last:
                del self._open[column]
            else:
                cells.extend([""] * (column + 1 - len(cells)))
                cells[column] = value
        for column, last in self._merged.get(number, ()):
            if column < len(cells) and cells[column] != "":
                self._open[column] = (last, cells[column])
        return cells


def _uncoded(text: str) -> str:
    """Text as it was before the format wrote letters as their numbers, _x000D_ for example."""
    return _CODED.sub(_letter, text) if "_x" in text else text


def _letter(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return "" if (code < 0x20 and code not in (9, 10, 13)) or 0xD800 <= code < 0xE000 else chr(code)


def digits(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else -1


def column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _day_or_moment(moment: datetime) -> date | datetime:
    moment = moment.replace(microsecond=0)
    return moment if moment.hour or moment.minute or moment.second else moment.date()
