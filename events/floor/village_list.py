"""Many villages in one go: a pasted list or a file, with quotas and leads, read row by row. All of it or nothing."""

import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Invalid
from app.core.forms import REQUIRED
from app.core.i18n import N_, Phrase
from app.core.text import clean_line, fold
from app.core.web import Actor
from app.directory.importing import sources
from app.directory.importing.tabular import Cell, is_blank, shown
from events.floor import villages
from events.floor.villages import VillagePlan

MOST = 150
MOST_BYTES = 2_000_000
LARGEST = 100_000
LONGEST = 200
LONGEST_NUMBER = 9
_SIGNS = ("\t", ";", "|")
_NUMBERS = ("booth_quota", "nomination_quota", "places")
_TITLES: dict[str, tuple[str, ...]] = {
    "name_vi": ("lang", "ten", "ten lang", "ten tieng viet", "village", "name", "name in vietnamese"),
    "name_en": ("ten tieng anh", "tieng anh", "english", "name in english", "english name"),
    "booth_quota": ("gian hang", "so gian hang", "booths"),
    "nomination_quota": ("de cu", "so de cu", "nominations"),
    "places": ("cho", "so cho", "suat", "places"),
    "lead": ("truong lang", "email truong lang", "email", "e mail", "lead", "lead e mail"),
}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A village of the list, and the address of the account that runs it."""

    number: int
    plan: VillagePlan
    lead: str = ""


class Made(msgspec.Struct, frozen=True):
    """What came of a list: how many are new, how many were there before, which leads have no account yet."""

    new: int
    there: int
    unknown: list[str]


def pasted(text: str) -> list[Row]:
    """Villages from a text: one a line, parted by tabs, semicolons or bars; by commas, which names have too, only where
    the first line is titles parted by commas. Raises Invalid."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    titled = "," in first and "name_vi" in _columns(first.split(","))
    rows: list[tuple[int, list[Cell]]] = []
    for number, line in enumerate(lines, 1):
        sign = next((one for one in _SIGNS if one in line), "," if titled else ";")
        rows.append((number, list(line.split(sign))))
    return read(rows)


def as_text(path: Path) -> str:
    """A CSV or XLSX file as the lines that somebody could have pasted, so that they can be put right in the form.

    It reads no further than where the list is too long, and takes its time: call it in a thread. Raises CannotRead.
    """
    with sources.opened(path, sources.examine(path)) as rows:
        lines = ([clean_line(shown(cell)).replace(";", ",") for cell in cells] for _number, cells in rows)
        return "\n".join("; ".join(cells) + ";" for cells in islice(filter(any, lines), MOST + 2))


def read(rows: Iterable[tuple[int, list[Cell]]]) -> list[Row]:
    """By titles where the first row has some, else in the order in which the titles are listed above."""
    found: list[Row] = []
    columns: dict[str, int] | None = None
    names: dict[str, int] = {}
    for number, cells in rows:
        if is_blank(cells):
            continue
        texts = [clean_line(shown(cell)) for cell in cells]
        if columns is None:
            columns = _columns(texts)
            if "name_vi" in columns:
                continue
            columns = {field: place for place, field in enumerate(_TITLES)}
        row = _row(number, {field: texts[place] for field, place in columns.items() if place < len(texts)})
        first = names.setdefault(fold(row.plan.name_vi), number)
        if first != number:
            raise _wrong(number, N_("Line %(line)s: this village stands in line %(what)s already."), str(first))
        found.append(row)
    if not found:
        raise Invalid(fields={"villages": REQUIRED})
    if len(found) > MOST:
        raise Invalid(fields={"villages": N_("At most %(most)s villages at once.")}, most=MOST)
    return found


def _columns(texts: list[str]) -> dict[str, int]:
    titles = [" ".join(re.sub(r"[^a-z0-9 ]+", " ", fold(text)).split()) for text in texts]
    return {
        field: next(place for place, title in enumerate(titles) if title in known)
        for field, known in _TITLES.items()
        if any(title in known for title in titles)
    }


def _row(number: int, texts: dict[str, str]) -> Row:
    name = texts.get("name_vi", "")
    if not fold(name):
        raise _wrong(number, N_("Line %(line)s: the name of the village is missing."), "")
    if max(len(name), len(texts.get("name_en", ""))) > LONGEST:
        raise _wrong(number, N_("Line %(line)s: this name is too long."), "")
    lead = texts.get("lead", "")
    if lead and "@" not in lead:
        raise _wrong(number, N_("Line %(line)s: “%(what)s” is no e-mail address."), lead)
    booths, nominations, places = (_number(number, texts.get(field, "")) for field in _NUMBERS)
    plan = VillagePlan(
        name_vi=name,
        name_en=texts.get("name_en", ""),
        booth_quota=booths,
        nomination_quota=nominations,
        places=places,
    )
    return Row(number=number, plan=plan, lead=lead)


def _number(number: int, text: str) -> int | None:
    digits = re.sub(r"[.,\s](?=\d{3}\b)", "", text)
    if not digits:
        return None
    if not digits.isdecimal() or len(digits) > LONGEST_NUMBER or int(digits) > LARGEST:
        raise _wrong(number, N_("Line %(line)s: “%(what)s” is no number."), text)
    return int(digits)


def _wrong(number: int, phrase: Phrase, what: str) -> Invalid:
    return Invalid(fields={"villages": phrase}, line=number, what=what[:60])


async def make(actor: Actor, event: UUID, rows: list[Row]) -> Made:
    """Make the villages that are not there by name, each with its quotas and its lead, all or none."""
    unknown: list[str] = []
    async with db.tx(statement_timeout="60s"):
        await db.execute("SELECT 1 FROM event WHERE id = $1 FOR NO KEY UPDATE", event)
        there = {
            fold(row["name_vi"])
            for row in await db.fetch("SELECT name_vi FROM village WHERE event = $1 AND ended_at IS NULL", event)
        }
        new = [row for row in rows if fold(row.plan.name_vi) not in there]
        for row in new:
            village, _slug = await villages.insert(event, row.plan)
            try:
                if row.lead:
                    await villages.insert_lead(actor, village, row.lead)
            except villages.NoSuchAccount:
                unknown.append(row.lead)
    return Made(len(new), len(rows) - len(new), unknown)
