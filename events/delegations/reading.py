"""A delegation's list as somebody pastes or uploads it: names, addresses, phones, and what is wrong in which row."""

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from app.core.errors import Invalid
from app.core.forms import NOT_AN_EMAIL, REQUIRED, TOO_LONG, email_address, is_email
from app.core.i18n import N_, Phrase
from app.core.text import clean_line, fold
from app.directory.importing import sources
from app.directory.importing.cells import phone_of
from app.directory.importing.tabular import CannotRead, Cell, Trouble, is_blank, shown
from app.people.accounts import email_key

MOST_PEOPLE = 500
MOST_BYTES = 5_000_000
LONGEST = 200

NO_NAMES = N_("We found no column with names. Please begin the list with a row of titles, or with a name in each row.")
TWICE = N_("The same address as in row %(row)s.")

_TITLES: dict[str, tuple[str, ...]] = {
    "full_name": ("ho va ten", "ho ten", "ten", "ten dai bieu", "dai bieu", "full name", "name", "ho ten dai bieu"),
    "email": ("email", "e mail", "thu dien tu", "dia chi email", "mail"),
    "phone": ("dien thoai", "so dien thoai", "sdt", "phone", "mobile", "di dong", "dt"),
    "organisation": ("don vi", "to chuc", "co quan", "noi cong tac", "organisation", "organization", "company"),
}


class Member(msgspec.Struct, kw_only=True):
    """Somebody of the list: what was read from which row, and what is wrong with it (a msgid and its parameters)."""

    row: int
    full_name: str = ""
    email: str = ""
    phone: str = ""
    organisation: str = ""
    wrong: str = ""
    params: dict[str, int] = {}

    def fault(self, phrase: Phrase, **params: int) -> None:
        if not self.wrong:
            self.wrong, self.params = str(phrase), params


def pasted(text: str) -> list[Member]:
    """People from a text: one a line, parted by tabs, semicolons or commas. Raises Invalid for none or too many."""
    rows: list[tuple[int, list[Cell]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        sign = next((s for s in ("\t", ";", "|") if s in line), ",")
        rows.append((number, list(line.split(sign))))
    return members_of(rows)


def uploaded(path: Path) -> list[Member]:
    """People from a CSV, TSV or XLSX file. Raises CannotRead, Invalid."""
    with sources.opened(path, sources.examine(path)) as rows:
        return members_of(rows)


def members_of(rows: Iterable[tuple[int, list[Cell]]]) -> list[Member]:
    """Rows as people: by titles where the first row has some, else by what each cell looks like."""
    found: list[Member] = []
    columns: dict[str, int] | None = None
    for number, cells in rows:
        if is_blank(cells):
            continue
        if columns is None:
            columns = _columns(cells)
            if columns:
                continue
        found.append(_member(number, cells, columns))
        if len(found) > MOST_PEOPLE:
            raise Invalid(fields={"people": N_("At most %(most)s people at once.")}, most=MOST_PEOPLE)
    if not found:
        raise Invalid(fields={"people": N_("There is nobody in this list.")})
    if columns and "full_name" not in columns:
        raise CannotRead(NO_NAMES)
    _check(found)
    return found


def _columns(cells: list[Cell]) -> dict[str, int]:
    """Which column holds what; empty for a row that is no row of titles."""
    titles = [re.sub(r"[^a-z0-9 ]+", " ", fold(shown(cell))).strip() for cell in cells]
    places = {
        field: next((n for title in known for n, text in enumerate(titles) if " ".join(text.split()) == title), None)
        for field, known in _TITLES.items()
    }
    return {field: place for field, place in places.items() if place is not None}


def _member(number: int, cells: list[Cell], columns: dict[str, int] | None) -> Member:
    if columns:
        taken = {field: cells[place] for field, place in columns.items() if place < len(cells)}
        trouble = any(isinstance(cell, Trouble) for cell in taken.values())
        phone = phone_of(taken["phone"]) if "phone" in taken and not isinstance(taken["phone"], Trouble) else ""
        texts = {field: clean_line(shown(cell)) for field, cell in taken.items()}
        member = Member(
            row=number,
            full_name=texts.get("full_name", ""),
            email=texts.get("email", ""),
            phone=phone,
            organisation=texts.get("organisation", ""),
        )
        if trouble:
            member.fault(N_("A cell of this row cannot be read."))
        return member
    return _guessed(number, [clean_line(shown(cell)) for cell in cells])


def _guessed(number: int, texts: list[str]) -> Member:
    """Without titles: an address has an @, a phone mostly digits, the first text left is the name, the next a place."""
    member = Member(row=number)
    for text in texts:
        digits = sum(c.isdecimal() for c in text)
        if "@" in text and not member.email:
            member.email = text
        elif digits >= 8 and digits >= len(text) * 0.7 and not member.phone:
            member.phone = text
        elif text and not text.rstrip(".").isdecimal():
            if not member.full_name:
                member.full_name = text
            elif not member.organisation:
                member.organisation = text
    return member


def _check(found: list[Member]) -> None:
    """What is wrong with each; an address may stand in the list once."""
    seen: dict[str, int] = {}
    for member in found:
        if not fold(member.full_name):
            member.fault(REQUIRED)
        if max(len(member.full_name), len(member.organisation)) > LONGEST:
            member.fault(TOO_LONG, max=LONGEST)
        if member.email and not is_email(member.email):
            member.fault(NOT_AN_EMAIL)
        elif member.email:
            member.email = email_address(member.email)
            first = seen.setdefault(email_key(member.email), member.row)
            if first != member.row:
                member.fault(TWICE, row=first)
        if member.phone and (len(member.phone) > 40 or sum(c.isdecimal() for c in member.phone) < 6):
            member.fault(N_("This does not look like a phone number."))
