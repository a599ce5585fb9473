"""Days that pass: reminders ninety, thirty and seven days before a credential runs out; lists look again."""

from app.core import db
from app.directory.credentials import acts
from app.directory.credentials.rules import today
from app.directory.listing import next_version

DAYS = (90, 30, 7)

_STEP = "CASE WHEN valid_until - $1::date <= 7 THEN 7 WHEN valid_until - $1::date <= 30 THEN 30 ELSE 90 END"
_DUE = f"""state = 'valid' AND ended_at IS NULL AND valid_until BETWEEN $1::date AND $1::date + 90
    AND coalesce(reminded_days, 1000) > {_STEP} AND NOT EXISTS (SELECT FROM organisation o
        WHERE o.id = c.organisation AND o.ended_at IS NOT NULL)"""


async def remind() -> int:
    """Write to the owners of everything that runs out soon; how many credentials were told of.

    Idempotent: each step is taken once, whoever else runs it, and a step that was missed is not made up for.
    """
    day, told = today(), 0
    for due in await db.fetch(f"SELECT id FROM credential c WHERE {_DUE} ORDER BY valid_until, id", day):  # noqa: S608
        async with db.tx():
            row = await db.fetchrow(
                f"UPDATE credential c SET reminded_days = {_STEP}, reminded_at = now() WHERE id = $2 AND {_DUE}"  # noqa: S608
                f" RETURNING {acts.COLUMNS}, c.reminded_days",
                *(day, due["id"]),
            )
            if row is None:
                continue
            key = f"{row['valid_until']}:{row['reminded_days']}"
            await acts.tell(dict(row), "soon", key=key, days=(row["valid_until"] - day).days)
            told += 1
    return told


async def look_again() -> int:
    """Let lists and counts look again at whose badge began today or ran out yesterday; how many. Idempotent."""
    day = today()
    async with db.tx():
        # the list's version comes last, as everywhere: who edits one of these holds it and waits for the version
        rows = await db.fetch(
            "SELECT id FROM organisation WHERE id IN (SELECT organisation FROM credential"
            " WHERE state = 'valid' AND verified_at IS NOT NULL AND ended_at IS NULL"
            " AND (issued_on = $1::date OR valid_until = $1::date - 1)) ORDER BY id FOR NO KEY UPDATE",
            day,
        )
        return await db.execute(
            "UPDATE organisation SET listing_version = $2 WHERE id = ANY($1)",
            *([row["id"] for row in rows], await next_version()),
        )
