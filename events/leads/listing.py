"""An exhibitor's leads as a list and as a file: always through the visitor's choice of this moment."""

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Invalid, NotFound
from app.core.i18n import gettext
from app.core.text import fold
from app.directory.importing.tables_out import Format, TableOut, Value
from events.leads.meeting import SHOWN, VISIBLE, Booth, problems, remember

PAGE = 50
MOST_IN_A_FILE = 50_000


class Counts(msgspec.Struct, frozen=True):
    """`visits`: scans of visitors who tell no name."""

    leads: int
    visits: int


async def counts(event: UUID, organisation: UUID) -> Counts:
    return Counts(
        await db.fetchval(f"SELECT count(*) {VISIBLE}", event, organisation),
        await db.fetchval(
            "SELECT count(*) FROM lead_scan WHERE event = $1 AND organisation = $2 AND status = 'visited'",
            *(event, organisation),
        ),
    )


async def leads(
    event: UUID, organisation: UUID, *, words: str = "", before: UUID | None = None, most: int = PAGE
) -> list[dict[str, Any]]:
    """Leads, the newest first and one more than a page, each with every colleague's notes; two statements."""
    rows = await db.fetch(
        f"SELECT {SHOWN} {VISIBLE} AND ($3::uuid IS NULL OR l.id < $3)"  # noqa: S608
        " AND (cardinality($4::text[]) = 0 OR r.search_text LIKE ALL ($4) OR EXISTS (SELECT FROM unnest(l.tags) t"
        "   WHERE lower(t) = lower($5))) ORDER BY l.id DESC LIMIT $6",
        *(event, organisation, before, _patterns(words), words.strip(), most + 1),
    )
    notes = await db.fetch(
        "SELECT n.lead, n.text, n.written_at, coalesce(p.name, n.device) AS author FROM lead_note n"
        " LEFT JOIN person p ON p.id = n.by WHERE n.lead = ANY ($1) ORDER BY n.written_at, n.id",
        [row["id"] for row in rows],
    )
    return [{**row, "notes": [note for note in notes if note["lead"] == row["id"]]} for row in rows]


async def people(event: UUID, organisation: UUID) -> list[UUID]:
    """The accounts of everybody who stands in the exhibitor's file."""
    rows = await db.fetch(f"SELECT r.person {VISIBLE} AND r.person IS NOT NULL", event, organisation)
    return [row["person"] for row in rows]


async def name_of(organisation: UUID) -> str:
    name: str = await db.fetchval("SELECT name FROM organisation WHERE id = $1", organisation)
    return name


async def still(event: UUID, organisation: UUID, asked: list[UUID]) -> list[UUID]:
    """Those of these leads whom the exhibitor may still see."""
    rows = await db.fetch(f"SELECT l.id {VISIBLE} AND l.id = ANY ($3)", event, organisation, asked)
    return [row["id"] for row in rows]


_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


def _patterns(words: str) -> list[str]:
    return [f"%{word.translate(_LIKE)}%" for word in fold(words).split()[:6]]


async def lead_of(event: UUID, organisation: UUID, lead: UUID) -> asyncpg.Record:
    """One lead. Raises NotFound also where the visitor took it back."""
    row = await db.fetchrow(f"SELECT {SHOWN} {VISIBLE} AND l.id = $3", event, organisation, lead)
    if row is None:
        raise NotFound
    return row


async def write(booth: Booth, lead: UUID, note: str, rating: int | None, tags: list[str]) -> None:
    """Remember something about a lead. Raises NotFound, Invalid."""
    fields = problems(note, rating, tags)
    if fields:
        raise Invalid(fields=fields)
    async with db.tx():
        await db.fetchval("SELECT 1 FROM lead WHERE id = $1 FOR NO KEY UPDATE", lead)
        await lead_of(booth.event, booth.organisation, lead)
        await remember(booth, lead, note, rating, tags)


async def as_file(event: UUID, organisation: UUID, form: Format) -> bytes:
    """Every lead as a table."""
    titles = [
        gettext("Name"), gettext("Organisation"), gettext("E-mail"), gettext("Phone"), gettext("First met"),
        gettext("Rating"), gettext("Tags"), gettext("Notes"),
    ]  # fmt: skip
    rows = await leads(event, organisation, most=MOST_IN_A_FILE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"leads.{form}")
        with TableOut(path, form, titles, sheet=gettext("Leads")) as out:
            out.write_all(_line(row) for row in rows)
        return path.read_bytes()


def _line(row: dict[str, Any]) -> list[Value]:
    at = row["first_at"]
    when = f"{at.astimezone(clock.VIETNAM):%Y-%m-%d %H:%M}" if hasattr(at, "astimezone") else ""
    tags = row["tags"]
    return [
        str(row["full_name"]),
        str(row["works_at"]),
        str(row["email"]),
        str(row["phone"]),
        when,
        row["rating"] if isinstance(row["rating"], int) else None,
        ", ".join(tags) if isinstance(tags, list) else "",
        "\n".join(f"{note['author']}: {note['text']}" for note in row["notes"]),
    ]
