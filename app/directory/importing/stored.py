"""Organisations as imports and exports read them: every field of the registry in one row, and who said what.

Values travel through JSON in the rows of an import; here they go there and back.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.core import db
from app.directory.fields import DETAIL_TABLES, FIELDS, Field

Row = dict[str, Any]

ALONGSIDE = ("founded_precision", "needs", "offers")
"""Columns that no field of the registry names and that files say all the same."""
_PLAIN = ("id", "slug", "number", "version", "source", "tiers", "domain", "raising_since", "ended_at", "merged_into")


def columns_of(table: str) -> list[str]:
    """The columns of a table that are fields, in the order of the registry."""
    found = [field.name for field in FIELDS.values() if field.table == table and field.type != "file"]
    return found + list(ALONGSIDE) if table == "organisation" else found


_SELECTED = ", ".join(
    [f"o.{name}" for name in (*_PLAIN, *columns_of("organisation"))]
    + [f"{table}.{name}" for table in DETAIL_TABLES for name in columns_of(table)]
)
_JOINED = " ".join(f"LEFT JOIN {table} ON {table}.organisation = o.id" for table in DETAIL_TABLES)
_NOTES = """(SELECT jsonb_object_agg(n.field, jsonb_build_object('source', n.source, 'level', n.verified_level))
    FROM field_note n WHERE n.organisation = o.id) AS notes"""
SELECT = f"SELECT {_SELECTED} FROM organisation o {_JOINED}"  # noqa: S608  names of the registry
_WITH_NOTES = f"SELECT {_SELECTED}, {_NOTES} FROM organisation o {_JOINED} WHERE o.id = ANY($1)"  # noqa: S608


async def stored_rows(organisations: Iterable[UUID]) -> dict[UUID, Row]:
    """The organisations with these ids, all their fields and `notes`, by id; in one read."""
    rows = await db.fetch(_WITH_NOTES, list(set(organisations)))
    return {row["id"]: whole(row) for row in rows}


async def locked_rows(organisations: Iterable[UUID]) -> dict[UUID, Row]:
    """The same, those that have not ended, locked until the commit in order of their ids: imports never deadlock."""
    ids = sorted(set(organisations))
    await db.execute("SELECT id FROM organisation WHERE id = ANY($1) AND ended_at IS NULL ORDER BY id FOR UPDATE", ids)
    return {key: row for key, row in (await stored_rows(ids)).items() if row["ended_at"] is None}


def whole(row: Any) -> Row:
    """A row with the empty value where a table of details has none for this organisation."""
    found = dict(row)
    for name, field in FIELDS.items():
        if found.get(name) is None and field.type != "file":
            found[name] = field.empty
    found["notes"] = found.get("notes") or {}
    return found


def to_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def from_json(field: Field | None, value: Any) -> Any:
    """A value of this field (None: of what is no field) as it came out of JSON."""
    if value is None or field is None:
        return value
    if field.type in ("money", "amount", "percent"):
        return Decimal(value)
    return date.fromisoformat(value) if field.type in ("date", "year") else value
