"""Tables of figures as values: a page, a file, a PDF and the public page draw the same ones."""

import csv
import io
from collections.abc import Sequence

import msgspec

from app.core.i18n import Phrase
from events.listing import harmless

SMALLEST = 5
"""A public number below it could point at somebody."""

Cell = str | int | None


class Column(msgspec.Struct, frozen=True):
    """One column. `counts`: its cells count people and may be too small to be shown to everybody."""

    title: str
    counts: bool = True


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A table with a title, and what each of its numbers means. `code` is its name in addresses."""

    code: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    chart: str = ""
    """How it is drawn besides: bars, lines, or not at all."""

    @property
    def largest(self) -> int:
        """The longest bar: the largest number of the column that bars are drawn for."""
        return max((row[1] for row in self.rows if isinstance(row[1], int)), default=0)

    @property
    def highest(self) -> int:
        """The top of the lines."""
        return max((cell for row in self.rows for cell in row[2:] if isinstance(cell, int)), default=0)


class Definition(msgspec.Struct, frozen=True):
    """A word of the report and what exactly is counted under it."""

    term: Phrase
    meaning: Phrase


def hidden_if_small(sheet: Sheet) -> Sheet:
    """The sheet as everybody may see it: no number from 1 to 4, and none that a sum would give away.

    Where one cell of a column is hidden its next smallest neighbour is hidden too, or the column's sum would tell it.
    """
    columns = list(zip(*sheet.rows, strict=True)) if sheet.rows else []
    shown = [
        _masked(cells) if column.counts and position else list(cells)
        for position, (column, cells) in enumerate(zip(sheet.columns, columns, strict=False))
    ]
    return msgspec.structs.replace(sheet, rows=tuple(zip(*shown, strict=True)) if shown else ())


def _masked(cells: Sequence[Cell]) -> list[Cell]:
    small = [k for k, cell in enumerate(cells) if isinstance(cell, int) and 0 < cell < SMALLEST]
    if len(small) == 1:
        others = [k for k, cell in enumerate(cells) if isinstance(cell, int) and cell >= SMALLEST]
        small += sorted(others, key=lambda k: (cells[k], k))[:1]
    return [f"< {_above(cell)}" if k in small and isinstance(cell, int) else cell for k, cell in enumerate(cells)]


def _above(count: int) -> int:
    """The bound that is told instead of a number: 5, else the next round one."""
    return SMALLEST if count < SMALLEST else (count // 10 + 1) * 10


def as_csv(sheet: Sheet) -> str:
    """The sheet as a file that spreadsheets read with its accents, with cells that none of them runs."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([harmless(column.title) for column in sheet.columns])
    writer.writerows([[harmless(cell) for cell in row] for row in sheet.rows])
    return "\ufeff" + out.getvalue()
