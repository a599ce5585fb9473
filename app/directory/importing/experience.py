"""What a mentor or expert knows, in one cell: "Gọi vốn: Trực tiếp làm: 5; Bán hàng". There and back."""

from collections.abc import Iterable
from typing import Any

from app.core.forms import TOO_LARGE
from app.core.i18n import N_
from app.directory.importing import cells as read
from app.directory.importing.cells import UNKNOWN_TERM, Wrong
from app.directory.importing.tabular import Cell
from app.directory.persons.role import MOST_EXPERTISE, MOST_YEARS
from app.directory.vocabulary import MENTOR_EXPERTISE, Vocabulary
from app.directory.vocabulary.persons import EXPERTISE_LEVELS

TOO_MUCH = N_("At most %(max)s entries fit here.")
FALLBACK = "advised"

Experience = list[list[Any]]
"""Code, level and years (or None) of each thing."""


def experience_of(cell: Cell) -> Experience:
    """What the cell says: entries parted by ;, in each the thing, how it is known, for how many years."""
    found: dict[str, list[Any]] = {}
    for part in read.parts_of(cell):
        # a label may hold a colon itself: the longest beginning that is a term counts
        code, rest = _first(part, MENTOR_EXPERTISE)
        level, rest = _first(rest, EXPERTISE_LEVELS) if rest and not _digits(rest) else (FALLBACK, rest)
        years = int(_digits(rest)) if _digits(rest) else None
        if rest and years is None:
            raise Wrong(UNKNOWN_TERM, value=rest[:60])
        if years is not None and years > MOST_YEARS:
            raise Wrong(TOO_LARGE, max=MOST_YEARS)
        found.setdefault(code, [code, level, years])
    if len(found) > MOST_EXPERTISE:
        raise Wrong(TOO_MUCH, max=MOST_EXPERTISE)
    return list(found.values())


def _first(text: str, vocabulary: Vocabulary) -> tuple[str, str]:
    pieces = text.split(":")
    for n in range(len(pieces), 0, -1):
        code = vocabulary.resolve(":".join(pieces[:n]).strip())
        if code is not None:
            return code, ":".join(pieces[n:]).strip()
    raise Wrong(UNKNOWN_TERM, value=text[:60])


def _digits(text: str) -> str:
    number = text.split(" ", maxsplit=1)[0]
    return number if number.isascii() and number.isdigit() and len(number) < 4 else ""


def as_cell(entries: Iterable[Any]) -> str:
    """The same in words of the current language, as `experience_of` reads them."""
    return read.joined(
        ": ".join(
            [_label(code, MENTOR_EXPERTISE), _label(level, EXPERTISE_LEVELS)]
            + ([str(years)] if years is not None else [])
        )
        for code, level, years in entries
    )


def _label(code: str, vocabulary: Vocabulary) -> str:
    label = vocabulary.label(code) if code in vocabulary else code
    return label if vocabulary.resolve(label) == code else code
