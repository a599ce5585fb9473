"""Writing of tables, row by row in constant memory: CSV that Excel opens rightly, and XLSX. No formula survives it."""

import csv
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal

import xlsxwriter

from app.directory.importing.harmless import harmless, numeral

Format = Literal["csv", "xlsx"]
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_EXACT = 10**14
"""Beyond it a spreadsheet's numbers lose digits, so what is larger is written as text."""
_CELL = 32_000
"""A little under what a cell of a workbook holds."""

Value = str | int | Decimal | bool | date | None


class TableOut:
    """A file being written; use as a context. Rows have as many cells as there are titles."""

    def __init__(self, path: Path, form: Format, titles: list[str], sheet: str = "") -> None:
        self._csv: Any = None
        self._file: IO[str] | None = None
        self._book: Any = None
        if form == "csv":
            # the mark in front tells Excel that the letters are Unicode
            self._file = path.open("w", encoding="utf-8-sig", newline="")
            self._csv = csv.writer(self._file)
            self._csv.writerow([harmless(title) for title in titles])
            return
        self._book = xlsxwriter.Workbook(
            path,
            {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
        )
        self._text = self._book.add_format({"num_format": "@"})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._sheet = self._book.add_worksheet(_sheet_name(sheet) or None)
        self._sheet.freeze_panes(1, 0)
        bold = self._book.add_format({"bold": True, "num_format": "@"})
        for column, title in enumerate(titles):
            self._sheet.set_column(column, column, min(max(len(title) + 2, 12), 40))
            self._sheet.write_string(0, column, harmless(title), bold)
        self._row = 0

    def __enter__(self) -> "TableOut":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        if self._book is not None:
            self._book.close()

    def write(self, values: list[Value]) -> None:
        if self._csv is not None:
            self._csv.writerow([_plain(value) for value in values])
            return
        self._row += 1
        for column, value in enumerate(values):
            self._write_cell(column, value)

    def write_all(self, rows: Iterable[list[Value]]) -> None:
        for row in rows:
            self.write(row)

    def _write_cell(self, column: int, value: Value) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool | str):
            self._sheet.write_string(self._row, column, _plain(value)[:_CELL], self._text)
        elif isinstance(value, int | Decimal):
            if -_EXACT < value < _EXACT:
                self._sheet.write_number(self._row, column, value)
            else:
                self._sheet.write_string(self._row, column, _plain(value), self._text)
        elif value.year < 1901:
            self._sheet.write_string(self._row, column, value.isoformat(), self._text)
        else:
            self._sheet.write_datetime(self._row, column, datetime(value.year, value.month, value.day), self._day)


def _sheet_name(text: str) -> str:
    """A name that spreadsheets take for a sheet."""
    return re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", text)[:31].strip(" '")


def _plain(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return numeral(format(value.normalize(), "f"))
    return harmless(value) if isinstance(value, str) else str(value)
