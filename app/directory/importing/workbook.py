"""Reading of XLSX workbooks, cell by cell in constant memory, by our own small reader on zip and expat.

It trusts nothing: parts are counted and measured while they unpack, a document type ends the reading (there are then
no entities to expand or fetch), macros and links are not looked at. Formulas are never computed: the result that the
spreadsheet stored is read, and a formula without one is a fault of its cell.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from posixpath import normpath
from typing import Any
from xml.parsers import expat

import msgspec

from app.directory.importing.sheet_cells import Filling, Reading, Texts, column_number, digits
from app.directory.importing.tabular import (
    BOMB,
    BROKEN_WORKBOOK,
    FOREIGN_ENTITY,
    NO_SHEET,
    NOT_A_TABLE,
    OLD_OR_LOCKED,
    OTHER_OFFICE,
    CannotRead,
    Rows,
)

MOST_PARTS = 2_000
MOST_UNPACKED = 300_000_000
MOST_RATIO = 300
MOST_MERGED = 20_000
_CHUNK = 1 << 16
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')


class Sheet(msgspec.Struct, frozen=True):
    """One sheet: its name, the part that holds its cells, whether people see it."""

    name: str
    part: str
    hidden: bool = False


class Workbook:
    """An open workbook; a context that closes it. Raises CannotRead for what is none, or none of ours."""

    def __init__(self, path: Path) -> None:
        self._left = MOST_UNPACKED
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError):
            raise CannotRead(BROKEN_WORKBOOK, part="zip") from None
        try:
            self._examine()
            self._read_outline()
        except BaseException:
            self._zip.close()
            raise
        self._texts: Texts | None = None

    def __enter__(self) -> "Workbook":
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()
        if self._texts is not None:
            self._texts.close()

    @property
    def has_macros(self) -> bool:
        return any(name.endswith("vbaProject.bin") for name in self._zip.namelist())

    def _examine(self) -> None:
        parts = self._zip.infolist()
        names = {part.filename for part in parts}
        if "mimetype" in names and "content.xml" in names:
            raise CannotRead(OTHER_OFFICE)
        if "[Content_Types].xml" not in names:
            raise CannotRead(NOT_A_TABLE)
        if len(parts) > MOST_PARTS or len(names) < len(parts):
            raise CannotRead(BOMB)
        if any(part.flag_bits & 1 for part in parts):
            raise CannotRead(OLD_OR_LOCKED)
        unpacked, packed = (sum(getattr(part, size) for part in parts) for size in ("file_size", "compress_size"))
        if unpacked > MOST_UNPACKED or unpacked > max(packed, 10_000) * MOST_RATIO:
            raise CannotRead(BOMB)

    def _read_outline(self) -> None:
        self.sheets: list[Sheet] = []
        self.counts_from_1904 = False
        related = self._related("_rels/.rels", "")
        main = next((part for kind, part in related.values() if kind == "officeDocument"), "xl/workbook.xml")
        folder, _slash, name = main.rpartition("/")
        parts = self._related(f"{folder}/_rels/{name}.rels", folder)
        self._strings = next((part for kind, part in parts.values() if kind == "sharedStrings"), None)
        styles = next((part for kind, part in parts.values() if kind == "styles"), None)

        def opened(tag: str, attributes: dict[str, str]) -> None:
            if tag == "workbookPr":
                self.counts_from_1904 = attributes.get("date1904") in ("1", "true")
            elif tag == "sheet":
                kind, part = parts.get(attributes.get("id", ""), ("", ""))
                hidden = attributes.get("state", "visible") != "visible"
                if kind == "worksheet":
                    self.sheets.append(Sheet(attributes.get("name", "")[:60], part, hidden))

        self._parse(main, opened)
        if not self.sheets:
            raise CannotRead(NO_SHEET)
        self._date_styles = self._dates_among(styles)

    def _related(self, part: str, folder: str) -> dict[str, tuple[str, str]]:
        """What a part points to, by id: the last word of the kind, and the path."""
        found: dict[str, tuple[str, str]] = {}

        def opened(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else normpath(f"{folder}/{target}").lstrip("/")
                found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], path)

        if part in self._zip.namelist():
            self._parse(part, opened)
        return found

    def _dates_among(self, part: str | None) -> frozenset[int]:
        """The numbers of the cell styles that show a number as a date."""
        own: set[int] = set()
        found: list[int] = []
        inside = False
        count = 0

        def opened(tag: str, attributes: dict[str, str]) -> None:
            nonlocal inside, count
            if tag == "numFmt":
                code = _QUOTED.sub("", attributes.get("formatCode", "")).lower()
                if any(letter in code for letter in "ymdh") and "general" not in code:
                    own.add(digits(attributes.get("numFmtId")))
            elif tag == "cellXfs":
                inside = True
            elif tag == "xf" and inside:
                number = digits(attributes.get("numFmtId"))
                if number in _DATE_FORMATS or number in own:
                    found.append(count)
                count += 1

        def closed(tag: str) -> None:
            nonlocal inside
            inside = inside and tag != "cellXfs"

        if part is not None and part in self._zip.namelist():
            self._parse(part, opened, closed)
        return frozenset(found)

    # --- unpacking ------------------------------------------------------------------------------------------------

    def _unpacked(self, part: str) -> Iterator[bytes]:
        """The bytes of a part; what unpacks to more than the whole workbook may ends the reading."""
        try:
            with self._zip.open(part) as file:
                while chunk := file.read(_CHUNK):
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise CannotRead(BOMB)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, RuntimeError, EOFError, OSError):
            # zipfile says NotImplementedError for a compression it does not know and RuntimeError for a password
            raise CannotRead(BROKEN_WORKBOOK, part=part[-80:]) from None

    def _parse(self, part: str, *events: Any) -> None:
        for _chunk in self._parsing(part, *events):
            pass

    def _parsing(
        self,
        part: str,
        opened: Callable[[str, dict[str, str]], None],
        closed: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> Iterator[None]:
        """Parse a part, giving the turn back after every chunk. Names come without their namespaces."""
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def doctype(*_declared: object) -> None:
            raise CannotRead(FOREIGN_ENTITY, part=part[-80:])

        def start(tag: str, attributes: dict[str, str]) -> None:
            if ":" in tag:
                tag = tag.rpartition(":")[2]
            opened(tag, {name.rpartition(":")[2]: value for name, value in attributes.items()})

        parser.StartDoctypeDeclHandler = doctype
        parser.StartElementHandler = start
        if closed is not None:
            parser.EndElementHandler = lambda tag: closed(tag.rpartition(":")[2])
        if text is not None:
            parser.CharacterDataHandler = text
        try:
            for chunk in self._unpacked(part):
                parser.Parse(chunk, False)
                yield
            parser.Parse(b"", True)
        except (expat.ExpatError, UnicodeError):
            raise CannotRead(BROKEN_WORKBOOK, part=part[-80:]) from None
        yield

    # --- cells ----------------------------------------------------------------------------------------------------

    def rows_of(self, sheet: Sheet) -> Rows:
        """The rows of a sheet with their numbers, blank ones among them left out; cells merged downwards are filled."""
        if self._texts is None:
            self._texts = Texts(self.texts())
        reading = Reading(self._texts, self._date_styles, from_1904=self.counts_from_1904)
        filling = Filling(self._merged(sheet))
        for _chunk in self._parsing(sheet.part, reading.opened, reading.closed, reading.text):
            for number, cells in reading.take():
                yield number, filling.filled(number, cells)

    def _merged(self, sheet: Sheet) -> dict[int, list[tuple[int, int]]]:
        """Cells merged over several rows: by first row, their column and last row. They stand at a part's end."""
        found: dict[int, list[tuple[int, int]]] = {}
        before, count, left = b"", 0, self._left
        for chunk in self._unpacked(sheet.part):
            text = before + chunk
            end = 0
            for match in _MERGED.finditer(text):
                end = match.end()
                first, last = int(match[2]), int(match[4])
                count += 1
                if last > first and count <= MOST_MERGED:
                    found.setdefault(first, []).append((column_number(match[1].decode()), last))
            before = text[max(end, len(text) - 200) :]
        self._left = left
        return found

    def texts(self) -> Iterator[str]:
        """The workbook's own list of texts, to which cells point."""
        if self._strings is None or self._strings not in self._zip.namelist():
            return
        ready: list[str] = []
        parts: list[str] = []
        inside = spoken = False

        def opened(tag: str, _attributes: dict[str, str]) -> None:
            nonlocal inside, spoken
            if tag == "si":
                parts.clear()
            inside = tag == "t"
            spoken = spoken or tag == "rPh"

        def closed(tag: str) -> None:
            nonlocal inside, spoken
            inside = False
            if tag == "rPh":
                spoken = False
            elif tag == "si":
                ready.append("".join(parts))

        def text(said: str) -> None:
            if inside and not spoken:
                parts.append(said)

        for _chunk in self._parsing(self._strings, opened, closed, text):
            yield from ready
            ready.clear()
