"""The history of organisations: every change with who, when, before and after. Rows are only ever added."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import now
from app.core.errors import Conflict
from app.core.i18n import N_


class ChangedSince(Conflict):
    message = N_("This was changed again since. Please take back the newer change first.")


class Place(msgspec.Struct, frozen=True):
    """Where something happened: the organisation's version afterwards, the row of a list, the change taken back."""

    version: int | None = None
    row: UUID | None = None
    undoes: int | None = None


async def record(
    organisation: UUID,
    person: UUID | None,
    act: str,
    changes: dict[str, tuple[Any, Any]] | None = None,
    place: Place = Place(),  # noqa: B008  frozen
) -> None:
    """Write what happened into the open transaction: a row per changed field, or one for an act without fields."""
    rows = [(field, before, after) for field, (before, after) in (changes or {}).items()] or [("", None, None)]
    moment = now()
    async with db.connection() as con:
        await con.executemany(
            "INSERT INTO organisation_change"
            " (organisation, person, act, field, before, after, at, version, row, undoes)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            [
                (
                    organisation,
                    person,
                    act,
                    field,
                    _plain(before),
                    _plain(after),
                    moment,
                    *msgspec.structs.astuple(place),
                )
                for field, before, after in rows
            ],
        )


def _plain(value: Any) -> str | None:
    """A value as JSON text for its jsonb column."""
    if value is None:
        return None
    if isinstance(value, Decimal):
        value = str(value)
    elif isinstance(value, date | datetime):
        value = value.isoformat()
    elif isinstance(value, UUID):
        value = str(value)
    return json.dumps(value, ensure_ascii=False)


async def changes_of(
    organisation: UUID, *, before: int | None = None, field: str = "", limit: int = 30
) -> list[dict[str, Any]]:
    """The newest changes, of one field or of all, with the names of those who made them."""
    rows = await db.fetch(
        "SELECT c.id, c.act, c.field, c.before, c.after, c.at, c.version, c.row,"
        " c.undoes, p.name AS person FROM organisation_change c"
        " LEFT JOIN person p ON p.id = c.person"
        " WHERE c.organisation = $1 AND ($2::bigint IS NULL OR c.id < $2) AND ($4 = '' OR c.field = $4)"
        " ORDER BY c.id DESC LIMIT $3",
        *(organisation, before, limit, field),
    )
    return [dict(row) for row in rows]


async def changed_since(organisation: UUID, version: int, fields: list[str]) -> bool:
    """Whether somebody changed one of these fields after the organisation had this version."""
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM organisation_change WHERE organisation = $1 AND version > $2 AND field = ANY($3))",
        *(organisation, version, fields),
    )
    return found


async def require_newest(organisation: UUID, change: int | None) -> None:
    """Raise ChangedSince where the same field was changed after this change, or the row at all that it added or ended.

    In the open transaction, after the organisation was locked: asked before, what lands between would be lost.
    """
    if change is None:
        return
    newer: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM organisation_change c JOIN organisation_change n ON n.organisation = c.organisation"
        " AND n.id > c.id AND n.row IS NOT DISTINCT FROM c.row"
        " AND (n.field = c.field OR c.row IS NOT NULL AND c.act NOT IN ('row_edited', 'row_import_edited'))"
        " AND n.act <> 'confirmed'"
        " AND (n.act = 'shown_to') = (c.act = 'shown_to')"
        " AND NOT (n.act IN ('row_added', 'row_imported') AND n.at = c.at)"
        " WHERE c.organisation = $1 AND c.id = $2)",
        *(organisation, change),
    )
    if newer:
        raise ChangedSince
