"""Columns of a table as fields of the registry: known by label in either language, name, standard term, or habit."""

import re
from functools import cache

import msgspec

from app.core.text import clean_line, fold
from app.directory.fields import Field
from app.directory.importing.subjects import (
    EXTERNAL,
    NEEDS,
    OFFERS,
    ORGANISATIONS,
    OWN,
    PROFILE,
    Subject,
    subjects,
)
from app.directory.importing.tabular import Cell, Row, is_blank, shown
from app.directory.vocabulary import words

NOT_IN_FILES = frozenset({"file", "organisation"})
"""Types of fields that a cell cannot say."""

_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]|\*")
_UNITS = (("nghin ty", 10**12), ("ty", 10**9), ("trieu", 10**6), ("nghin", 10**3), ("billion", 10**9),
          ("million", 10**6), ("bn", 10**9), ("mn", 10**6))  # fmt: skip
_MONEY = (("vnd", "VND"), ("dong", "VND"), ("usd", "USD"), ("eur", "EUR"), ("sgd", "SGD"), ("jpy", "JPY"))
LONGEST = 200
"""Letters of a title that are looked at: any cell may be taken for one, and looking for brackets costs their square."""
LOOKED_AT = 30
"""Rows from the top among which the titles are looked for."""


class Column(msgspec.Struct, frozen=True):
    """One column: `field` is what it says, "" for nothing of ours; `how` is title, hand, twice or unknown.

    `scale` and `currency` are what the title says of amounts: "Vốn (tỷ đồng)".
    """

    index: int
    title: str
    field: str = ""
    how: str = "unknown"
    scale: int = 1
    currency: str = ""


def targets(subject: Subject | None = None) -> dict[str, str]:
    """Every field that a column may say, with its label in the current language, in the order of the edit page."""
    subject = subject or subjects()[ORGANISATIONS]
    found = {name: phrase.text() for name, (phrase, _titles) in subject.own.items()}
    order = {"": 0, **{section.name: n for n, section in enumerate(subject.sections)}}
    for field in sorted(_said_by_files(subject), key=lambda field: order.get(field.section, 99)):
        found[field.name] = title_of(field.name, subject=subject)
    return found


def _said_by_files(subject: Subject) -> list[Field]:
    return [field for field in subject.fields.values() if field.type not in NOT_IN_FILES]


def title_of(name: str, locale: str | None = None, subject: Subject | None = None) -> str:
    """The title of a field's column: its label, with its section where two fields have the same label."""
    subject = subject or subjects()[ORGANISATIONS]
    if name in subject.own:
        return subject.own[name][0].text(locale)
    field = subject.fields[name]
    label = field.label(locale)
    section = next((one for one in subject.sections if one.name == field.section), None)
    if len(_labelled(subject.name, locale or "")[label]) > 1 and section:
        return f"{label} – {section.label(locale)}"
    return label


def _labelled(subject: str, locale: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for field in subjects()[subject].fields.values():
        found.setdefault(field.label(locale or None), []).append(field.name)
    return found


@cache
def _known(name_of_subject: str) -> dict[str, str]:
    """The field that each title stands for, in folded words; exact labels come before habits."""
    subject = subjects()[name_of_subject]
    found: dict[str, str] = {}
    fields = _said_by_files(subject)
    for name, (phrase, _titles) in subject.own.items():
        for title in (name, phrase.text("vi"), phrase.text("en")):
            found.setdefault(words(title), name)
    for field in fields:
        for title in (field.name, title_of(field.name, "vi", subject), title_of(field.name, "en", subject)):
            found.setdefault(words(title), field.name)
    for name, (_phrase, titles) in subject.own.items():
        for title in titles:
            found.setdefault(words(title), name)
    for field in fields:
        for title in (field.vi, field.en, *subject.habits.get(field.name, ())):
            found.setdefault(words(title), field.name)
    for title, name in _standards(fields):
        found.setdefault(words(title), name)
    return found


def _standards(fields: list[Field]) -> list[tuple[str, str]]:
    """The names at schema.org that mean one field only."""
    standards = [field.standard for field in fields if field.standard]
    alone = [field for field in fields if field.standard and standards.count(field.standard) == 1]
    return [pair for field in alone for pair in ((_spaced(field.standard), field.name), (field.standard, field.name))]


def _spaced(standard: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", standard)


def field_of(title: str, subject: str = ORGANISATIONS) -> str:
    """The field that a title means, "" for none of ours. Brackets and what follows a comma count only if needed."""
    title = title[:LONGEST]
    tried = (title, _BRACKETS.sub(" ", title), title.rpartition(",")[0])
    return next((field for text in tried if (field := _known(subject).get(words(text)))), "")


def columns_from(titles: list[str], chosen: dict[str, str], subject: str = ORGANISATIONS) -> list[Column]:
    """The columns under these titles. `chosen` is what somebody said by hand: the field for an index, "" for none."""
    found: list[Column] = []
    by_hand = set(chosen.values()) - {""}
    taken: set[str] = set()
    for index, title in enumerate(titles):
        said = chosen.get(str(index))
        if said is not None:
            field, how = (said, "hand") if said not in taken else ("", "twice")
        else:
            field = field_of(title, subject) if title else ""
            how = "title" if field else "unknown"
            if field in taken or (field and field in by_hand):
                field, how = "", "twice"
        taken |= {field} - {""}
        scale, currency = _unit_of(title)
        found.append(Column(index, title, field, how, scale, currency))
    return found


def _unit_of(title: str) -> tuple[int, str]:
    """What a title says of its amounts: "(triệu đồng)" is a million VND."""
    inside = " ".join(fold(part) for part in re.findall(r"[(\[]([^)\]]*)[)\]]", title))
    inside += " " + fold(title.rpartition(",")[2] if "," in title else "")
    scale = next((by for word, by in _UNITS if re.search(rf"\b{word}\b", inside)), 1)
    currency = next((code for word, code in _MONEY if re.search(rf"\b{word}\b", inside)), "")
    return scale, currency


def titles_among(rows: list[Row], subject: str = ORGANISATIONS) -> tuple[int, list[str]]:
    """The row of titles and what it says: the one with most known titles, else the first with more than one text."""
    best: Row | None = None
    most = 0
    for row in rows[:LOOKED_AT]:
        known = len({field_of(text, subject) for text in _texts(row[1])} - {""})
        if known > most:
            best, most = row, known
    if best is None:
        filled = [row for row in rows[:LOOKED_AT] if not is_blank(row[1])]
        best = next((row for row in filled if len(_texts(row[1])) > 1), filled[0] if filled else None)
    if best is None:
        return 0, []
    return best[0], titles_of(best[1])


def titles_of(cells: list[Cell]) -> list[str]:
    return [clean_line(shown(cell))[:120] for cell in cells]


def _texts(cells: list[Cell]) -> list[str]:
    return [clean_line(cell) for cell in cells if isinstance(cell, str) and cell.strip()]


__all__ = ["EXTERNAL", "NEEDS", "OFFERS", "OWN", "PROFILE", "Column", "columns_from", "field_of", "targets", "title_of",
           "titles_among", "titles_of"]  # fmt: skip
