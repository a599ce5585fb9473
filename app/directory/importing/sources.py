"""A file that somebody sent, opened as a table: what kind it is, which sheet, in which letters, its rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from app.directory.importing import delimited
from app.directory.importing.letters import OF_BYTES, OF_UNICODE, Bytes, Script, is_scrambled, reading_of, rewritten
from app.directory.importing.syllables import share_of
from app.directory.importing.tabular import (
    EMPTY_FILE,
    LETTERS_LOST,
    MOST_BYTES,
    NO_SHEET,
    OLD_OR_LOCKED,
    TOO_LARGE,
    WEB_PAGE,
    CannotRead,
    Cell,
    Rows,
    Trouble,
)
from app.directory.importing.workbook import Sheet, Workbook

_SAMPLE_ROWS = 300


class Source(msgspec.Struct, frozen=True):
    """How a file is read. `sure`: nobody has to look at its letters; `sheet` counts from 0 among `sheets`.

    `mends`: single cells that went through a wrong encoding are mended; not in our own exports, where people wrote so.
    """

    kind: str
    bytes: Bytes = "utf-8"
    script: Script = "as_is"
    sure: bool = True
    delimiter: str = ","
    sheets: tuple[Sheet, ...] = ()
    sheet: int = 0
    macros: bool = False
    mends: bool = True

    @property
    def scripts(self) -> tuple[Script, ...]:
        """The scripts that somebody may choose instead."""
        return OF_BYTES if self.bytes == "latin-1" else OF_UNICODE


def examine(path: Path, script: Script | None = None, sheet: int | None = None) -> Source:
    """What the file is, by its content; `script` and `sheet` are what somebody chose instead. Raises CannotRead."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise CannotRead(TOO_LARGE, max=MOST_BYTES // 1_000_000)
    with path.open("rb") as file:
        head = file.read(1024)
    if not head.removeprefix(b"\xef\xbb\xbf").strip():
        raise CannotRead(EMPTY_FILE)
    if head.startswith(b"PK\x03\x04"):
        return _workbook(path, script, sheet)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise CannotRead(OLD_OR_LOCKED)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise CannotRead(WEB_PAGE)
    if start.startswith((b"%pdf", b"\x89png", b"gif8", b"\x1f\x8b", b"\xff\xd8\xff", b"rar!", b"7z\xbc", b"pk\x05")):
        raise CannotRead
    found = delimited.look_at(path, script)
    reading = found.reading
    return Source("text", reading.bytes, reading.script, reading.sure, found.delimiter)


def _workbook(path: Path, script: Script | None, sheet: int | None) -> Source:
    with Workbook(path) as book:
        sheets = tuple(book.sheets)
        chosen = sheet if sheet is not None and 0 <= sheet < len(sheets) else _first_with_cells(book)
        found = script
        if found is None:
            sample = _accented(book.rows_of(sheets[chosen]))
            found = reading_of(sample, "utf-8").script
        return Source("workbook", script=found, sheets=sheets, sheet=chosen, macros=book.has_macros)


def _first_with_cells(book: Workbook) -> int:
    """The first sheet that people see and that holds something; hidden ones are chosen by hand only."""
    for number, sheet in enumerate(book.sheets):
        if not sheet.hidden and next(book.rows_of(sheet), None) is not None:
            return number
    raise CannotRead(NO_SHEET)


def _accented(rows: Rows) -> str:
    return "\n".join(
        cell for (_number, cells), _n in zip(rows, range(_SAMPLE_ROWS), strict=False)
        for cell in cells if isinstance(cell, str) and not cell.isascii()
    )  # fmt: skip


@contextmanager
def opened(path: Path, source: Source) -> Iterator[Rows]:
    """The rows of the file while the block lasts. Raises CannotRead where it stops making sense."""
    if source.kind == "workbook":
        with Workbook(path) as book:
            yield _in_letters(book.rows_of(source.sheets[source.sheet]), source.script, mends=source.mends)
    else:
        how = delimited.look_at(path, source.script)
        how = msgspec.structs.replace(how, delimiter=source.delimiter)
        yield _in_letters(delimited.rows_of(path, how), "as_is", mends=source.mends)


def _in_letters(rows: Rows, script: Script, *, mends: bool) -> Rows:
    for number, cells in rows:
        yield (
            number,
            [_letters(cell, script, mends=mends) if isinstance(cell, str) and cell else cell for cell in cells],
        )


def _letters(text: str, script: Script, *, mends: bool) -> Cell:
    text = rewritten(text, script)
    if mends and is_scrambled(text):
        # one cell that went through the wrong encoding among others that did not
        mended = rewritten(text, "mojibake")
        if is_scrambled(mended):
            return Trouble(LETTERS_LOST, text[:80])
        if mended != text and share_of(mended).value >= share_of(text).value:
            return mended
    return text
