"""The history of a pipeline: each change of a card with who and when, and what is new since somebody last looked."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.i18n import gettext, pick
from app.dealflow.words import ACTS, reason_label

MOST = 200
"""So many changes are shown at once, the newest."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change as it is read."""

    text: str
    at: datetime
    card: UUID
    name: str
    there: bool


async def record(pipeline: UUID, card: UUID, person: UUID | None, act: str, **detail: Any) -> None:
    """Write what happened into the open transaction; `detail` has ids and codes, no words that somebody wrote."""
    await db.execute(
        "INSERT INTO deal_change (pipeline, card, person, act, detail, at) VALUES ($1, $2, $3, $4, $5, now())",
        *(pipeline, card, person, act, {key: str(value) for key, value in detail.items() if value is not None}),
    )


_CHANGES = """
SELECT d.id, d.card, d.act, d.detail, d.at, p.name AS who, o.name, o.ended_at IS NULL AND o.hidden_at IS NULL AS there
FROM deal_change d JOIN deal_card c ON c.id = d.card JOIN organisation o ON o.id = c.organisation
LEFT JOIN person p ON p.id = d.person
"""


async def of_card(card: UUID) -> list[Change]:
    """A card's history, the newest first; two queries."""
    return await _read(await db.fetch(f"{_CHANGES} WHERE d.card = $1 ORDER BY d.id DESC LIMIT {MOST}", card))


async def since(pipeline: UUID, person: UUID, change: int) -> list[Change]:
    """What others did after a change that somebody has seen, the newest first; two queries."""
    rows = await db.fetch(
        f"{_CHANGES} WHERE d.pipeline = $1 AND d.id > $3 AND d.person IS DISTINCT FROM $2"
        f" ORDER BY d.id DESC LIMIT {MOST}",
        *(pipeline, person, change),
    )
    return await _read(rows)


async def last_looked(pipeline: UUID, person: UUID) -> tuple[int, datetime | None, int, int]:
    """The last change that the person has seen, when that was, how many of others' there are since, and the newest."""
    row = await db.fetchrow(
        "SELECT coalesce(w.seen_change, 0) AS seen, w.seen_at,"
        " (SELECT count(*) FROM (SELECT FROM deal_change d WHERE d.pipeline = $1 AND d.id > coalesce(w.seen_change, 0)"
        "  AND d.person IS DISTINCT FROM $2 LIMIT 100) few) AS new,"
        " (SELECT coalesce(max(id), 0) FROM deal_change WHERE pipeline = $1) AS newest"
        " FROM (SELECT 1) one LEFT JOIN pipeline_watch w ON w.pipeline = $1 AND w.person = $2",
        *(pipeline, person),
    )
    assert row is not None  # noqa: S101  a row of one is always there
    return row["seen"], row["seen_at"], row["new"], row["newest"]


async def looked(pipeline: UUID, person: UUID, change: int) -> None:
    """Note that the person has seen everything up to a change; older notes win nothing."""
    async with db.tx():
        await db.execute(
            "INSERT INTO pipeline_watch (id, pipeline, person, seen_change, seen_at)"
            " VALUES (gen_random_uuid(), $1, $2, $3, now()) ON CONFLICT (pipeline, person) DO UPDATE"
            " SET seen_change = greatest(pipeline_watch.seen_change, excluded.seen_change), seen_at = now()",
            *(pipeline, person, change),
        )


async def _read(rows: Sequence[Any]) -> list[Change]:
    names = await _names(row["detail"] for row in rows)
    return [
        Change(text=_said(row, names), at=row["at"], card=row["card"], name=row["name"], there=row["there"])
        for row in rows
    ]


async def _names(details: Iterable[dict[str, str]]) -> dict[str, str]:
    """Names of the stages and people that changes speak of."""
    ids = {UUID(detail[key]) for detail in details for key in ("from", "to", "owner") if key in detail}
    if not ids:
        return {}
    rows = await db.fetch(
        "SELECT id, name_vi, name_en FROM pipeline_stage WHERE id = ANY($1)"
        " UNION ALL SELECT id, name, name FROM person WHERE id = ANY($1)",
        list(ids),
    )
    return {str(row["id"]): pick(row["name_vi"], row["name_en"]) for row in rows}


def _said(row: Any, names: dict[str, str]) -> str:
    detail = row["detail"]
    params = {key: names.get(detail.get(key, ""), "…") for key in ("from", "to", "owner")}
    reason = reason_label(detail["reason"]) if "reason" in detail else ""
    return ACTS[row["act"]].text(None, who=row["who"] or gettext("Somebody"), reason=reason, **params)
