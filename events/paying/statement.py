"""Reading a bank statement: which column is which, and which ticket each line pays for. Nothing is decided here."""

import hashlib
import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import msgspec

from app.core.i18n import N_
from app.core.text import fold
from app.directory.importing import sources
from app.directory.importing.tabular import CannotRead, Cell, shown
from events.paying.vietqr import PREFIX
from events.tickets import CODE_LENGTH, CODE_LETTERS

MOST_LINES = 20_000
MOST_BYTES = 5_000_000
HEAD_ROWS = 40
MOST_AMOUNT = 2_000_000_000

NO_COLUMNS = N_("We found no columns for the amount and the text of a transfer. Is this a bank statement?")

_IN = ("ghi co", "so tien ghi co", "phat sinh co", "co", "credit", "credit amount", "so tien vao", "tien vao")
_AMOUNT = ("so tien", "so tien giao dich", "amount", "gia tri", "so tien gd")
_OUT = ("ghi no", "so tien ghi no", "phat sinh no", "no", "debit", "debit amount", "so tien ra", "tien ra")
_TEXT = (
    *("noi dung", "dien giai", "mo ta", "noi dung giao dich", "noi dung chi tiet", "noi dung chuyen khoan"),
    *("description", "details", "remark", "transaction details", "narrative", "memo"),
)
_DAY = ("ngay", "ngay giao dich", "ngay gd", "date", "transaction date", "ngay hieu luc", "ngay hach toan", "booked")
_NUMBER = ("so but toan", "ma giao dich", "so tham chieu", "so gd", "reference", "transaction id", "so ct", "ref")


class Line(msgspec.Struct, frozen=True):
    """A line of a statement: the row in its file, day, amount that came in, text, and the codes that it names."""

    row: int
    booked: str
    amount: int
    said: str
    codes: tuple[str, ...]
    fingerprint: str


def read(path: Path) -> list[Line]:
    """The money that came in. Raises CannotRead for a file that is no table, or none with amount and text."""
    with sources.opened(path, sources.examine(path)) as rows:
        return lines_of(rows)


def lines_of(rows: Iterable[tuple[int, list[Cell]]]) -> list[Line]:
    found: list[Line] = []
    columns: dict[str, int] = {}
    seen: dict[str, int] = {}
    for number, cells in rows:
        if not columns:
            columns = _columns(cells)
            if not columns and number > HEAD_ROWS:
                break
            continue
        line = _line(number, cells, columns, seen)
        if line is not None:
            found.append(line)
        if len(found) > MOST_LINES:
            break
    if not columns:
        raise CannotRead(NO_COLUMNS)
    return found


def _columns(cells: list[Cell]) -> dict[str, int]:
    titles = [re.sub(r"\s*[(\[/].*$", "", fold(shown(cell))).strip() for cell in cells]
    found: dict[str, int] = {}
    for name, known in (("in", _IN), ("amount", _AMOUNT), ("text", _TEXT), ("day", _DAY), ("number", _NUMBER)):
        place = next((n for title in known for n, t in enumerate(titles) if t == title), None)
        if place is not None:
            found[name] = place
    return found if "text" in found and ("in" in found or "amount" in found) else {}


def _line(number: int, cells: list[Cell], columns: dict[str, int], seen: dict[str, int]) -> Line | None:
    """None for what is no money that came in: debits, sums, blank lines. Two equal lines of one file are two."""
    amount = amount_of(_at(cells, columns.get("in", columns.get("amount", -1))))
    said = " ".join(shown(_at(cells, columns["text"])).split())[:500]
    if amount is None or not 0 < amount <= MOST_AMOUNT or not said:
        return None
    booked = shown(_at(cells, columns.get("day", -1)))[:40]
    bank_number = shown(_at(cells, columns.get("number", -1)))[:80]
    same = "|".join((booked, str(amount), fold(said), bank_number))
    seen[same] = seen.get(same, 0) + 1
    fingerprint = hashlib.sha256(f"{same}|{seen[same]}".encode("utf-8", "replace")).hexdigest()
    return Line(number, booked, amount, said, codes_in(said), fingerprint)


def _at(cells: list[Cell], place: int) -> Cell:
    return cells[place] if 0 <= place < len(cells) else ""


def amount_of(cell: Cell) -> int | None:
    """An amount in dong: "1.500.000", "1,500,000.00 VND", "+500000"; None for what is none."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | Decimal):
        return int(cell)
    text = re.sub(r"[^\d.,+-]", "", shown(cell))
    if not re.fullmatch(r"\+?\d[\d.,]*", text) or len(text) > 30:
        return None
    text = re.sub(r"[.,]\d{1,2}$", "", text)
    digits = re.sub(r"\D", "", text)
    return int(digits) if digits else None


_CODE = re.compile(rf"{PREFIX}([{CODE_LETTERS}]{{{CODE_LENGTH}}})")


def codes_in(said: str) -> tuple[str, ...]:
    """The tickets that a text names: banks change case, put in blanks and hyphens, and write words before and after."""
    bare = re.sub(r"[^A-Z0-9]", "", fold(said).upper())
    return tuple(dict.fromkeys(_CODE.findall(bare)))
