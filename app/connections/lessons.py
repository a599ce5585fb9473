"""What answers have taught about lists with a documented prior: which factors are in use, and what became of others.

Nothing is learned here (see `learning`), and no engine is loaded: pages read it.
"""

from typing import Any

from msgspec import convert

from app.core import db
from app.core.ids import new_id
from matching.adjusted import Learned

KEPT = 20
"""Lessons that the staff's page shows."""


async def in_use(kind: str) -> Learned | None:
    """The factors of one kind of list; None where the documented prior stands alone."""
    return (await all_in_use()).get(kind)


async def all_in_use() -> dict[str, Learned]:
    """The factors of every kind that has some."""
    rows = await db.fetch("SELECT kind, factors, base FROM pairing_weights WHERE status = 'active'")
    return {row["kind"]: convert({**row["base"], "factors": row["factors"]}, Learned) for row in rows}


async def put_in_use(kind: str, learned: Learned, card: dict[str, Any]) -> None:
    """Store factors and use them; those before are retired. Both or neither. Locks the row in use."""
    async with db.tx():
        await db.fetch("SELECT id FROM pairing_weights WHERE kind = $1 AND status = 'active' FOR UPDATE", kind)
        await _retire(kind)
        await _write(kind, "active", learned, card)


async def refuse(kind: str, learned: Learned, card: dict[str, Any]) -> None:
    """Keep, for the staff to see, what was learned and did not pass; what was in use stays."""
    async with db.tx():
        await _write(kind, "refused", learned, card)


async def retire(kind: str) -> bool:
    """There are too few answers left to learn from: the documented weights stand alone. Whether others did before."""
    async with db.tx():
        return await _retire(kind)


async def _retire(kind: str) -> bool:
    query = "UPDATE pairing_weights SET status = 'retired', ended_at = now() WHERE kind = $1 AND status = 'active'"
    return bool(await db.execute(query, kind))


async def _write(kind: str, status: str, learned: Learned, card: dict[str, Any]) -> None:
    base = {
        "base_p": learned.base_p,
        "base_q": learned.base_q,
        "slope_q": learned.slope_q,
        "replies": learned.replies,
    }
    await db.execute(
        "INSERT INTO pairing_weights (id, kind, status, factors, base, card, made_at, ended_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, now(), CASE WHEN $3 = 'active' THEN NULL ELSE now() END)",
        new_id(),
        kind,
        status,
        dict(learned.factors),
        base,
        card,
    )


async def latest() -> dict[str, dict[str, Any]]:
    """The newest card of each kind, if what it led to still stands: what was retired may be learned again."""
    rows = await db.fetch(
        "SELECT kind, card FROM (SELECT DISTINCT ON (kind) kind, card, status FROM pairing_weights"
        " ORDER BY kind, made_at DESC, id DESC) newest WHERE status <> 'retired'"
    )
    return {row["kind"]: row["card"] for row in rows}


async def history() -> list[dict[str, Any]]:
    """The latest lessons of all kinds, newest first."""
    rows = await db.fetch(
        "SELECT kind, status, factors, card, made_at FROM pairing_weights ORDER BY made_at DESC, kind LIMIT $1", KEPT
    )
    return [dict(row) for row in rows]
