"""Reading of CSV, TSV and the like, line by line: encodings and delimiters found by content, quotes taken seriously."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from app.directory.importing.letters import LOST, SURE, Reading, Script, bytes_of, reading_of, rewritten
from app.directory.importing.syllables import share_of
from app.directory.importing.tabular import (
    BAD_QUOTES,
    CELL_TOO_LONG,
    LETTERS_LOST,
    MOST_COLUMNS,
    MOST_LETTERS,
    TOO_WIDE,
    CannotRead,
    Cell,
    Rows,
    Trouble,
)

DELIMITERS = ",;\t|"
_CHUNK = 1 << 20
_SAMPLE = 120_000
_SEP_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)


class Delimited(msgspec.Struct, frozen=True):
    """How a file of text is read."""

    reading: Reading
    delimiter: str


def look_at(path: Path, script: Script | None = None) -> Delimited:
    """How the file is read, by its content; `script` is what somebody chose instead. Raises CannotRead."""
    with path.open("rb") as file:
        head = file.read(8192)
    way = bytes_of(head, utf8=_is_utf8(path))
    sample = _accented(path, Reading(way, "as_is", sure=True))
    found = reading_of(sample, way)
    if way == "latin-1" and not found.sure and script is None:
        # one broken byte in a file of UTF-8 does not make it a file of another encoding
        damaged = _accented(path, Reading("utf-8", "as_is", sure=True))
        share = share_of(damaged.replace(LOST, ""))
        if share.accented and share.value >= SURE and damaged.count(LOST) * 20 < share.accented:
            found = Reading("utf-8", "as_is", sure=True)
    if script is not None:
        found = Reading(found.bytes, script, sure=True)
    lines = _lines(path, found)
    top = [line for line, _n in zip(lines, range(40), strict=False)]
    if any("\x00" in line for line in top):
        raise CannotRead
    said = _SEP_LINE.fullmatch(top[0]) if top else None
    return Delimited(found, said[1] if said else _delimiter(top))


def rows_of(path: Path, how: Delimited) -> Rows:
    """The rows with their numbers as a spreadsheet counts them. Raises CannotRead where the file stops making sense."""
    number = 0
    lines = _lines(path, how.reading)
    reader = csv.reader(_told_apart(lines), delimiter=how.delimiter, strict=True)
    try:
        for cells in reader:
            number += 1
            if len(cells) > MOST_COLUMNS and any(cell.strip() for cell in cells[MOST_COLUMNS:]):
                raise CannotRead(TOO_WIDE, row=number, max=MOST_COLUMNS)
            if any(len(cell) > MOST_LETTERS for cell in cells):
                raise CannotRead(CELL_TOO_LONG, row=number, max=MOST_LETTERS)
            yield number, [_cell(cell) for cell in cells[:MOST_COLUMNS]]
    except csv.Error as error:
        phrase = CELL_TOO_LONG if "limit" in str(error) else BAD_QUOTES
        raise CannotRead(phrase, row=number + 1, max=MOST_LETTERS) from None


def _cell(text: str) -> Cell:
    return Trouble(LETTERS_LOST, text[:80]) if LOST in text else text


def _told_apart(lines: Iterator[str]) -> Iterator[str]:
    """The lines without Excel's own first one that only names the delimiter; a NUL ends the reading."""
    for number, line in enumerate(lines):
        if "\x00" in line:
            raise CannotRead
        if number or not _SEP_LINE.fullmatch(line):
            yield line


def _lines(path: Path, reading: Reading) -> Iterator[str]:
    """The lines with their ends; \\r, \\n and \\r\\n all end one."""
    with path.open(encoding=reading.bytes, errors="replace", newline="") as file:
        first = True
        for line in file:
            text = line[1:] if first and line.startswith("\ufeff") else line
            first = False
            yield rewritten(text, reading.script)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _accented(path: Path, reading: Reading) -> str:
    """The beginnings of what is not plain ASCII: the part of a file by which its letters are told apart."""
    found: list[str] = []
    size = 0
    for line in _lines(path, reading):
        if not line.isascii() or not line.isprintable():
            found.append(line[:4000])
            size += len(found[-1])
            if size > _SAMPLE:
                break
    return "".join(found)


def _delimiter(lines: list[str]) -> str:
    """The character that parts most lines into equally many cells, more than one."""
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            rows = list(csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
        if not widths:
            continue
        width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1]))
        score = (times / widths.total() if width > 1 else 0.0, width)
        if score > best_score:
            best, best_score = delimiter, score
    return best
