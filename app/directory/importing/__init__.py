"""Import of organisations from CSV: every row is judged before one is written; the same file twice changes nothing.

Columns are recognised by their name in either language. First version: name, kinds, sectors, country, province,
website and the two summaries.
"""

import csv
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from app.core import db
from app.core.errors import DomainError, Invalid
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.text import clean, clean_line
from app.directory import history, places, profiles
from app.directory.listing import next_version
from app.directory.profile_fields import Values, checked
from app.directory.search_text import name_folded, search_text
from app.directory.vocabulary import KINDS, SECTORS, Vocabulary, words

MOST_ROWS = 50_000
MOST_BYTES = 32_000_000

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("name", "tên", "tên tổ chức", "tên doanh nghiệp", "organisation", "organization", "company"),
    "name_en": ("name_en", "english name", "name in english", "tên tiếng Anh"),
    "kinds": ("kinds", "kind", "loại", "loại hình", "type"),
    "sectors": ("sectors", "sector", "lĩnh vực", "ngành"),
    "country": ("country", "quốc gia", "nước"),
    "province_code": ("province", "province_code", "tỉnh", "tỉnh thành", "thành phố", "city or province"),
    "website": ("website", "web", "trang web", "url"),
    "summary_vi": ("summary_vi", "giới thiệu", "giới thiệu (tiếng Việt)", "mô tả", "vietnamese summary"),
    "summary_en": ("summary_en", "summary", "giới thiệu (tiếng Anh)", "english summary", "description"),
}
_BY_WORDS = {words(text): column for column, texts in COLUMNS.items() for text in texts}

NO_NAME_COLUMN = N_("The file has no column for the name.")
NOT_CSV = N_("This is not a CSV file in UTF-8.")
TOO_MANY_ROWS = N_("The file has more than %(max)s rows.")
UNKNOWN_TERM = N_("We do not know “%(value)s”.")


class CannotImport(Invalid):
    message = NOT_CSV


class Fault(msgspec.Struct, frozen=True):
    """What is wrong in one cell; `row` counts as a spreadsheet does, the header being row 1."""

    row: int
    column: str
    phrase: Phrase
    params: dict[str, object] = {}

    def text(self, locale: str | None = None) -> str:
        return self.phrase.text(locale, **self.params)


class Report(msgspec.Struct, kw_only=True):
    """The fate of every row of a file."""

    rows: int
    new: int
    changed: int
    unchanged: int
    faults: list[Fault]
    ignored_columns: list[str]
    dry_run: bool

    def __str__(self) -> str:
        lines = [
            f"{self.rows} rows: {self.new} new, {self.changed} changed, {self.unchanged} as before,"
            f" {len({fault.row for fault in self.faults})} with faults"
            + (" (dry run, nothing written)" if self.dry_run else "")
        ]
        if self.ignored_columns:
            lines.append(f"columns not used: {', '.join(self.ignored_columns)}")
        lines += [f"row {fault.row}, {fault.column}: {fault.text('en')}" for fault in self.faults[:200]]
        return "\n".join(lines)


class _Plan(msgspec.Struct):
    new: list[tuple[str, Values]]
    changed: list[tuple[Values, Values]]
    unchanged: int


async def import_file(path: Path, *, dry_run: bool = False, source: str = "import") -> Report:
    """Read the file and write what is new or different, all in one transaction. Idempotent.

    A row is known again by its folded name and country. Rows with faults are left out and reported. Locks the list's
    version and the handing out of addresses; enqueues connections.refresh and, once, connections.fit. Raises
    CannotImport.
    """
    header, records, ignored = _read(path)
    good, faults = _judged(header, records)
    async with db.tx(statement_timeout="120s"):
        plan = await _planned(good, source)
        if not dry_run:
            await _write(plan, source)
    return Report(
        rows=len(records),
        new=len(plan.new),
        changed=len(plan.changed),
        unchanged=plan.unchanged,
        faults=faults,
        ignored_columns=ignored,
        dry_run=dry_run,
    )


def _read(path: Path) -> tuple[list[str | None], list[list[str]], list[str]]:
    """The columns by our names (None: not used), the rows, and the names of the columns that are not used."""
    raw = path.read_bytes()[: MOST_BYTES + 1]
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        first = text.partition("\n")[0].partition("\r")[0]
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise CannotImport from None
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows or len(raw) > MOST_BYTES or "\x00" in text:
        raise CannotImport
    if len(rows) > MOST_ROWS + 1:
        raise CannotImport(TOO_MANY_ROWS, max=MOST_ROWS)
    header = [_BY_WORDS.get(words(cell)) for cell in rows[0]]
    if "name" not in header:
        raise CannotImport(NO_NAME_COLUMN)
    ignored = [
        clean_line(cell) for cell, column in zip(rows[0], header, strict=True) if column is None and cell.strip()
    ]
    return header, rows[1:], ignored


def _judged(header: list[str | None], records: list[list[str]]) -> tuple[list[Values], list[Fault]]:
    """The rows that can be taken, as values of a profile, and what is wrong with the others."""
    good: dict[tuple[str, str], Values] = {}
    faults: list[Fault] = []
    for number, record in enumerate(records, start=2):
        cells = {column: clean(cell) for column, cell in zip(header, record, strict=False) if column}
        values, wrong = _values(cells, number)
        if not wrong:
            try:
                taken = checked(values)
            except DomainError as error:
                fields: dict[str, Phrase] = getattr(error, "fields", {})
                wrong = [Fault(number, column, phrase, dict(error.params)) for column, phrase in fields.items()]
            else:
                good[_key(taken)] = taken
        faults += wrong
    return list(good.values()), faults


def _values(cells: dict[str, str], number: int) -> tuple[Values, list[Fault]]:
    wrong: list[Fault] = []
    values: Values = {name: text for name, text in cells.items() if name not in ("kinds", "sectors", "country")}
    values.setdefault("name", "")
    values["kinds"] = _codes(cells.get("kinds", ""), KINDS, "kinds", number, wrong)
    if "sectors" in cells:
        values["sectors"] = _codes(cells["sectors"], SECTORS, "sectors", number, wrong)
    if cells.get("country"):
        values["country"] = places.resolve_country(cells["country"])
        if values["country"] is None:
            wrong.append(Fault(number, "country", UNKNOWN_TERM, {"value": cells["country"][:60]}))
    province = values.pop("province_code", "")
    if province:
        values["province_code"] = places.resolve_province(province)
        values.setdefault("country", places.VIETNAM)
        if values["province_code"] is None:
            wrong.append(Fault(number, "province_code", UNKNOWN_TERM, {"value": province[:60]}))
    return values, wrong


def _codes(text: str, vocabulary: Vocabulary, column: str, number: int, wrong: list[Fault]) -> list[str]:
    """Codes of a cell with one or several terms, parted by ; or | or line breaks, else by commas."""
    whole = vocabulary.resolve(text)
    if whole:
        return [whole]
    found = []
    for part in _parts(text, vocabulary):
        code = vocabulary.resolve(part)
        if code is None:
            wrong.append(Fault(number, column, UNKNOWN_TERM, {"value": part.strip()[:60]}))
        else:
            found.append(code)
    return found


def _parts(text: str, vocabulary: Vocabulary) -> Iterable[str]:
    for chunk in text.replace("|", ";").replace("\n", ";").split(";"):
        if vocabulary.resolve(chunk):
            yield chunk
        else:
            yield from (part for part in chunk.split(",") if part.strip())


def _key(values: Values) -> tuple[str, str]:
    return name_folded(values["name"]), values.get("country") or ""


async def _planned(good: list[Values], source: str) -> _Plan:
    """What each row comes to beside what is stored."""
    keys = [_source_key(values) for values in good]
    rows = await db.fetch(
        "SELECT id, slug, version, source_key, name, name_en, kinds, sectors, country, province_code, website,"
        " summary_vi, summary_en, state, region, city, ward_code, technologies, description_vi, description_en"
        " FROM organisation WHERE source = $1 AND source_key = ANY($2) ORDER BY id FOR UPDATE",
        *(source, keys),
    )
    stored: dict[str, Any] = {row["source_key"]: dict(row) for row in rows}
    plan = _Plan([], [], 0)
    for key, values in zip(keys, good, strict=True):
        row = stored.get(key)
        if row is None:
            plan.new.append((key, values))
            continue
        changes = {name: value for name, value in values.items() if name in row and row[name] != value}
        if changes:
            plan.changed.append((row, changes))
        else:
            plan.unchanged += 1
    return plan


def _source_key(values: Values) -> str:
    """What an imported row is known by: a digest, for names may be long."""
    return hashlib.sha256("\x00".join(_key(values)).encode()).hexdigest()[:32]


async def _write(plan: _Plan, source: str) -> None:
    written = []
    for key, values in plan.new:
        organisation = new_id()
        slug = await profiles.free_slug(values["name"])
        await profiles.insert(organisation, slug, values, source=source, source_key=key)
        await history.record(organisation, None, "imported")
        written.append(organisation)
    for row, changes in plan.changed:
        full = {**row, **changes}
        texts = {"name_folded": name_folded(full["name"]), "search_text": search_text(full)}
        sets = {**changes, **texts, "version": row["version"] + 1}
        columns = ", ".join(f"{name} = ${n}" for n, name in enumerate(sets, start=2))
        await db.execute(
            f"UPDATE organisation SET {columns}, updated_at = now() WHERE id = $1",  # noqa: S608
            *(row["id"], *sets.values()),
        )
        await history.record(row["id"], None, "imported", {name: (row[name], value) for name, value in changes.items()})
        written.append(row["id"])
    if written:
        for organisation in written:
            await enqueue("connections.refresh", {"organisation_id": str(organisation)})
        await enqueue("connections.fit", {})
        await db.execute(
            "UPDATE organisation SET listing_version = $2 WHERE id = ANY($1)", *(written, await next_version())
        )
