"""What a table in a file is made of, whatever the format: cells, rows with the number a spreadsheet shows, refusals."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import msgspec

from app.core.errors import Invalid
from app.core.i18n import N_, Phrase

MOST_BYTES = 32_000_000
MOST_ROWS = 50_000
MOST_COLUMNS = 400
MOST_LETTERS = 40_000

NOT_A_TABLE = N_("This is not a table that we can read. Please send a CSV, TSV or XLSX file.")
EMPTY_FILE = N_("There is nothing in this file.")
TOO_LARGE = N_("The file is larger than %(max)s MB. Please divide it.")
TOO_MANY_ROWS = N_("The file has more than %(max)s rows. Please divide it.")
TOO_WIDE = N_("Row %(row)s has more than %(max)s columns.")
BAD_QUOTES = N_("In row %(row)s a quotation mark is opened and not closed, or something follows a closed one.")
CELL_TOO_LONG = N_("In row %(row)s a cell has more than %(max)s characters.")
OLD_OR_LOCKED = N_(
    "This is an old .xls workbook, or one with a password. Please open it, save it as .xlsx without a password, and"
    " send that."
)
OTHER_OFFICE = N_("This is an OpenDocument file. Please save it as .xlsx or .csv and send that.")
WEB_PAGE = N_("This is a web page with the name of a workbook. Please open it, save it as .xlsx, and send that.")
BOMB = N_("This workbook unpacks to far more than it says. We do not open it.")
BROKEN_WORKBOOK = N_("This workbook is damaged: %(part)s cannot be read.")
FOREIGN_ENTITY = N_("This workbook tells its reader to fetch other documents (%(part)s). We do not open it.")
NO_SHEET = N_("This workbook has no sheet with cells.")

FORMULA_WITHOUT_VALUE = N_(
    "This is a formula whose result is not stored. Please open the file, let it calculate, save."
)
ERROR_CELL = N_("This cell shows the error %(value)s.")
LETTERS_LOST = N_("Letters of this text were lost before it came to us: “%(value)s”.")


class CannotRead(Invalid):
    """A file that is refused as a whole, with the reason."""

    message = NOT_A_TABLE


class Trouble(msgspec.Struct, frozen=True):
    """What stands in a cell that has no value to read."""

    phrase: Phrase
    shown: str = ""


Cell = str | int | Decimal | bool | date | datetime | Trouble
"""A cell as its file says it; "" is an empty one. A date is a date, a number a number, only where the file knows."""

Row = tuple[int, list[Cell]]
Rows = Iterator[Row]


def is_blank(cells: list[Cell]) -> bool:
    return all(isinstance(cell, str) and not cell.strip() for cell in cells)


def shown(cell: Cell) -> str:
    """A cell as text for people: in previews and beside faults."""
    if isinstance(cell, Trouble):
        return cell.shown
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return str(cell)
