"""The history of people's profiles: what changed, when, by whom. Rows are only ever added; an erasure empties them."""

from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.directory.history import ChangedSince

PAGE = 40


class Place(msgspec.Struct, frozen=True):
    """The profile's version after a change, and the change that it takes back."""

    version: int | None = None
    undoes: int | None = None


async def record(
    person: UUID,
    actor: UUID | None,
    act: str,
    changes: dict[str, tuple[Any, Any]] | None = None,
    place: Place = Place(),  # noqa: B008  frozen
) -> None:
    """Write what happened into the open transaction: a row per changed field, or one for an act without fields."""
    rows = [(field, before, after) for field, (before, after) in (changes or {}).items()] or [("", None, None)]
    async with db.connection() as con:
        await con.executemany(
            "INSERT INTO person_change (person, actor, act, field, before, after, at, version, undoes)"
            " VALUES ($1, $2, $3, $4, $5, $6, now(), $7, $8)",
            [
                (person, actor, act, field, _plain(before), _plain(after), place.version, place.undoes)
                for field, before, after in rows
            ],
        )


def _plain(value: Any) -> str | None:
    """A value as JSON text for its jsonb column."""
    return None if value is None else msgspec.json.encode(value).decode()


async def changes_of(person: UUID, *, before: int | None = None) -> list[dict[str, Any]]:
    """The newest changes, one more than a page; by whom only as oneself or the department."""
    rows = await db.fetch(
        "SELECT id, act, field, before, after, at, undoes, actor IS NOT DISTINCT FROM person AS by_self"
        " FROM person_change WHERE person = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        *(person, before, PAGE + 1),
    )
    return [dict(row) for row in rows]


async def change_of(person: UUID, change: int) -> dict[str, Any] | None:
    row = await db.fetchrow(
        "SELECT id, act, field, before, after FROM person_change WHERE person = $1 AND id = $2", person, change
    )
    return dict(row) if row else None


async def changed_since(person: UUID, version: int, fields: list[str]) -> bool:
    """Whether one of these fields was written after the profile had this version."""
    found: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM person_change WHERE person = $1 AND version > $2 AND field = ANY($3))",
        *(person, version, fields),
    )
    return found


async def require_newest(person: UUID, change: int | None) -> None:
    """Raise ChangedSince where the same field was written, or shown to others, again after this change.

    In the open transaction, after the account was locked: asked before, what lands between would be lost.
    """
    if change is None:
        return
    newer: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM person_change c JOIN person_change n ON n.person = c.person AND n.id > c.id"
        " AND n.field = c.field AND (n.act = 'shown_to') = (c.act = 'shown_to') WHERE c.person = $1 AND c.id = $2)",
        *(person, change),
    )
    if newer:
        raise ChangedSince
