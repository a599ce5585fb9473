"""Rows that point at an organisation, moved to another one and back, whatever table the catalogue names.

A row that cannot move, because its like stands there already, stays where it is. What is computed anew, and each
organisation's own history, is not moved.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.directory.fields import DETAIL_TABLES

STAYS = frozenset(
    {
        "organisation_change", "profile_review", "organisation_merge", "duplicate_key", "duplicate_trait",
        "duplicate_pair", "suggestion", "suggestion_run", "market_list", "market_price", "findable", "import_row",
        "field_note", "field_grant", "ownership_transfer", "organisation_invitation",
        "deck_link",
    }
)  # fmt: skip
"""History, what is computed anew, what `merging` decides row by row, and what one profile's owners gave: that ends."""

_POINTING = """
    SELECT c.conrelid::regclass::text AS table, a.attname AS column, k.attname AS key
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    JOIN pg_index i ON i.indrelid = c.conrelid AND i.indisprimary
    JOIN pg_attribute k ON k.attrelid = c.conrelid AND k.attnum = i.indkey[0]
    WHERE c.contype = 'f' AND c.confrelid = 'organisation'::regclass
    UNION ALL SELECT 'pairing_answer', 'candidate', 'id' ORDER BY 1, 2
"""
"""Who was answered to may be a person or a technology as well, so that the catalogue does not know of that column."""


class Moved(msgspec.Struct):
    """Rows of one table whose `column` pointed at one organisation and now points at another; `key` names them."""

    table: str
    column: str
    key: str
    ids: list[str]


async def move_rows(source: UUID, target: UUID) -> list[Moved]:
    """Let every row that points at `source` point at `target`, in the open transaction; what was moved."""
    found = await db.fetch(_POINTING)
    columns: dict[str, list[str]] = {}
    for row in found:
        columns.setdefault(row["table"], []).append(row["column"])
    moved = []
    for row in found:
        if row["table"] in STAYS or (row["table"] in DETAIL_TABLES and row["column"] == "organisation"):
            continue
        others = [other for other in columns[row["table"]] if other != row["column"]]
        one = Moved(row["table"], row["column"], row["key"], [])
        one.ids = await _repoint(one, source, target, await _keys(one, source, target, others))
        if one.ids:
            moved.append(one)
    return moved


async def move_back(moved: Sequence[Moved], source: UUID, target: UUID) -> None:
    """What was moved and still points at `target` points at `source` again."""
    for one in moved:
        if one.key == one.column:
            await _repoint(one, target, source, [str(target)])
            continue
        still = await db.fetch(
            f"SELECT {one.key}::text AS key FROM {one.table} WHERE {one.column} = $1 AND {one.key}::text = ANY($2)",  # noqa: S608
            *(target, one.ids),
        )
        await _repoint(one, target, source, [row["key"] for row in still])


async def _keys(one: Moved, source: UUID, target: UUID, others: list[str]) -> list[str]:
    """The rows to be moved: not those that would then point at the target twice, or at itself."""
    beside = "".join(f" AND {other} IS DISTINCT FROM $2" for other in others)
    if one.table == "organisation":
        beside = " AND id <> $2"
    if one.table == "need_offer":
        beside = (
            " AND NOT (ended_at IS NULL AND EXISTS (SELECT FROM need_offer b WHERE b.organisation = $2 AND"
            " b.direction = need_offer.direction AND b.code = need_offer.code AND b.ended_at IS NULL))"
        )
    arguments = (source, target) if beside else (source,)
    rows = await db.fetch(
        f"SELECT {one.key}::text AS key FROM {one.table} WHERE {one.column} = $1{beside}",  # noqa: S608
        *arguments,
    )
    return [row["key"] for row in rows]


async def _repoint(one: Moved, source: UUID, target: UUID, keys: list[str]) -> list[str]:
    """All at once, or, where one of them clashes with what stands there, one by one without those that clash."""
    if not keys:
        return []
    if await _try(one, source, target, keys):
        return keys
    if len(keys) == 1:
        return []
    return [key for key in keys if await _try(one, source, target, [key])]


async def _try(one: Moved, source: UUID, target: UUID, keys: list[str]) -> bool:
    async with db.connection() as con:
        try:
            async with con.transaction():
                await con.execute(
                    f"UPDATE {one.table} SET {one.column} = $2"  # noqa: S608
                    f" WHERE {one.column} = $1 AND {one.key}::text = ANY($3)",
                    *(source, target, keys),
                )
        except asyncpg.IntegrityConstraintViolationError:
            return False
    return True


_OWN = """(EXISTS (SELECT FROM technology_offer f WHERE f.id = t.candidate AND f.organisation = t.organisation)
    OR EXISTS (SELECT FROM technology_need n WHERE n.id = t.candidate AND n.organisation = t.organisation))"""

# Who was let in by the owners of one profile was not let in by those of the other, so nothing of this is moved. What
# comes back with the profile: only what has not run out meanwhile, and of offers those whose giver still owns it.
_ENDS = {
    "field_grant": (
        "ended_at = now(), ended_reason = 'merged'",
        "(t.organisation = $1 OR t.viewer = $1) AND t.ended_at IS NULL",
        "ended_at = NULL, ended_reason = NULL",
        "t.ended_reason = 'merged' AND (t.expires_at IS NULL OR t.expires_at > now()) AND NOT EXISTS (SELECT FROM"
        " field_grant b WHERE b.organisation = t.organisation AND b.viewer = t.viewer AND b.ended_at IS NULL)",
    ),
    "ownership_transfer": (
        "state = 'withdrawn', decided_at = now()",
        "t.organisation = $1 AND t.state = 'made'",
        "state = 'made', decided_at = NULL",
        "t.state = 'withdrawn' AND t.expires_at > now() AND EXISTS (SELECT FROM membership m WHERE m.person = t.giver"
        " AND m.organisation = t.organisation AND m.role = 'owner' AND m.ended_at IS NULL)",
    ),
    "organisation_invitation": (
        "withdrawn_at = now()",
        "t.organisation = $1 AND t.accepted_at IS NULL AND t.withdrawn_at IS NULL",
        "withdrawn_at = NULL",
        "t.expires_at > now() AND EXISTS (SELECT FROM membership m WHERE m.person = t.invited_by"
        " AND m.organisation = t.organisation AND m.ended_at IS NULL)",
    ),
    "pairing_choice": (
        "ended_at = now()",
        f"t.organisation = $1 AND t.ended_at IS NULL AND {_OWN}",
        "ended_at = NULL",
        f"NOT {_OWN} AND NOT EXISTS (SELECT FROM pairing_choice b WHERE b.organisation = t.organisation"
        " AND b.kind = t.kind AND b.candidate = t.candidate AND b.ended_at IS NULL)",
    ),
}
_GIVEN = ("field_grant", "ownership_transfer", "organisation_invitation")


async def end_given(organisation: UUID) -> dict[str, list[str]]:
    """End what this profile's owners gave or were given: grants, offers to hand it over, invitations. What ended."""
    return await _end(_GIVEN, organisation)


async def end_about_itself(organisation: UUID) -> dict[str, list[str]]:
    """End what a profile, once rows have moved, says about what is its own: technologies put away. What ended."""
    return await _end(("pairing_choice",), organisation)


async def _end(tables: Sequence[str], organisation: UUID) -> dict[str, list[str]]:
    ended = {}
    for table in tables:
        change, which, _back, _still = _ENDS[table]
        rows = await db.fetch(f"UPDATE {table} t SET {change} WHERE {which} RETURNING t.id::text", organisation)  # noqa: S608
        if rows:
            ended[table] = [row["id"] for row in rows]
    return ended


async def give_again(ended: dict[str, list[str]]) -> None:
    """Bring back what was ended, as far as it would hold today."""
    for table, keys in ended.items():
        _change, _which, back, still = _ENDS[table]
        await db.execute(f"UPDATE {table} t SET {back} WHERE t.id::text = ANY($1) AND {still}", keys)  # noqa: S608


async def take_out(table: str, condition: str, *arguments: object) -> list[dict[str, Any]]:
    """Delete rows, as what it takes to put them back."""
    rows = await db.fetch(f"DELETE FROM {table} t WHERE {condition} RETURNING to_jsonb(t) AS row", *arguments)  # noqa: S608
    return [row["row"] for row in rows]


async def put_back(table: str, rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        await db.execute(
            f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1) ON CONFLICT DO NOTHING",  # noqa: S608
            row,
        )
