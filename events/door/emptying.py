"""At closing everybody is counted out: places that empty at an hour of the day, and events that are over."""

import structlog

from app.core import db
from app.core.outbox import every

log = structlog.get_logger()

AT_ONCE = 200

# Whoever has been in a tree of zones since before it was last emptied, or since before its event ended.
_DUE = """
SELECT a.registration, a.root, max(d.moment) AS moment FROM admission a JOIN zone z ON z.id = a.root
JOIN event e ON e.id = z.event
CROSS JOIN LATERAL (SELECT greatest(
    CASE WHEN z.empties_at IS NOT NULL THEN door_day(now(), z.empties_at) END,
    CASE WHEN e.ends_at + interval '2 hours' < now() THEN e.ends_at + interval '2 hours' END) AS moment) d
WHERE a.inside AND a.voided_at IS NULL AND d.moment IS NOT NULL
GROUP BY a.registration, a.root HAVING max(a.moved_at) < max(d.moment) ORDER BY 1, 2 LIMIT $1
"""
_EMPTY = "SELECT door_checked_out($1, $2, $3)"


@every(60, "events.empty_doors")
async def empty() -> None:
    """Count out who is due, a few hundred at a time, each under a lock: a scan in between goes first or after."""
    while True:
        due = await db.fetch(_DUE, AT_ONCE)
        out = 0
        for row in due:
            try:
                async with db.tx():
                    out += await db.fetchval(_EMPTY, row["registration"], row["root"], row["moment"])
            except Exception as error:  # whatever is wrong with one, the others are counted out
                log.error("could not be counted out", registration=str(row["registration"]), exc_info=error)
        if due:
            log.info("counted out at closing", people=out)
        if len(due) < AT_ONCE or not out:
            return
