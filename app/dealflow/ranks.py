"""The order of cards in a stage: whole numbers with room between them, made anew where the room is used up.

Called with the pipeline locked: nobody else orders anything in it meanwhile.
"""

from uuid import UUID

from app.core import db

GAP = 1 << 20
_FAR = 1 << 60


async def last(stage: UUID) -> int:
    """The rank of the last card of a stage; 0 for an empty one."""
    found: int = await db.fetchval(
        "SELECT coalesce(max(rank), 0) FROM deal_card WHERE stage = $1 AND ended_at IS NULL", stage
    )
    return found


async def between(stage: UUID, before: UUID | None, moving: UUID) -> int:
    """A rank for `moving` just before the card `before`, or at the end when that is None or gone from the stage."""
    for _attempt in range(2):
        row = await db.fetchrow(
            "SELECT b.rank, (SELECT max(p.rank) FROM deal_card p WHERE p.stage = $1 AND p.ended_at IS NULL"
            " AND p.rank < b.rank AND p.id <> $3) AS previous"
            " FROM deal_card b WHERE b.id = $2 AND b.stage = $1 AND b.ended_at IS NULL AND b.id <> $3",
            *(stage, before, moving),
        )
        if row is None:
            highest: int | None = await db.fetchval(
                "SELECT max(rank) FROM deal_card WHERE stage = $1 AND ended_at IS NULL AND id <> $2", stage, moving
            )
            return (highest or 0) + GAP
        low = row["previous"] if row["previous"] is not None else row["rank"] - 2 * GAP
        middle: int = (low + row["rank"]) // 2
        if low < middle < row["rank"] and not await _taken(stage, middle, moving):
            return middle
        await _spread(stage)
    raise AssertionError("unreachable")


async def _taken(stage: UUID, rank: int, moving: UUID) -> bool:
    """Whether the place is the moving card's own old one, which it may keep, or another's."""
    return bool(
        await db.fetchval(
            "SELECT true FROM deal_card WHERE stage = $1 AND rank = $2 AND id <> $3 AND ended_at IS NULL",
            *(stage, rank, moving),
        )
    )


async def _spread(stage: UUID) -> None:
    """The same order with full room again. By way of numbers that no card has, for two never have one rank."""
    await db.execute(
        f"UPDATE deal_card c SET rank = -{_FAR} - o.place FROM (SELECT id, row_number() OVER (ORDER BY rank, id)"  # noqa: S608
        " AS place FROM deal_card WHERE stage = $1 AND ended_at IS NULL) o WHERE c.id = o.id",
        stage,
    )
    await db.execute(
        f"UPDATE deal_card SET rank = (-{_FAR} - rank) * {GAP} WHERE stage = $1 AND ended_at IS NULL",  # noqa: S608
        stage,
    )
