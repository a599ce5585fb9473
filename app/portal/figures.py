"""Numbers of the landing page, counted from the database and kept for a minute: many people look, few things change."""

import time
from typing import Any

from app.core import db
from app.core.clock import VIETNAM
from app.core.i18n import pick

KEPT_SECONDS = 60

_kept: tuple[float, dict[str, int]] | None = None


async def headline() -> dict[str, int]:
    """How many organisations, startups, investors, investments, events and registrations there are."""
    global _kept  # noqa: PLW0603  one small cache of the process
    if _kept is not None and time.monotonic() - _kept[0] < KEPT_SECONDS:
        return _kept[1]
    row = await db.fetchrow(
        "SELECT (SELECT count(*) FROM organisation WHERE ended_at IS NULL AND hidden_at IS NULL) AS organisations,"
        " (SELECT count(*) FROM organisation WHERE ended_at IS NULL AND hidden_at IS NULL AND kinds @> '{startup}')"
        " AS startups,"
        " (SELECT count(*) FROM organisation WHERE ended_at IS NULL AND hidden_at IS NULL AND kinds @> '{investor}')"
        " AS investors,"
        " (SELECT count(*) FROM investment) AS investments,"
        " (SELECT count(*) FROM event WHERE status = 'published') AS events,"
        " (SELECT count(*) FROM registration WHERE status IN ('confirmed', 'waitlisted', 'pending_review'))"
        " AS registrations"
    )
    stats = dict(row) if row else {}
    # while the demo loads, numbers grow by the second: keep only what is not zero
    if stats and stats["organisations"]:
        _kept = (time.monotonic(), stats)
    return stats


async def next_events() -> list[dict[str, Any]]:
    """The three published events that end next."""
    rows = await db.fetch(
        "SELECT slug, title_vi, title_en, starts_at, ends_at, venue, sample FROM event"
        " WHERE status = 'published' AND ends_at > now() ORDER BY starts_at, id LIMIT 3"
    )
    return [
        {
            "slug": row["slug"],
            "title": pick(row["title_vi"], row["title_en"]),
            "starts_at": row["starts_at"].astimezone(VIETNAM),
            "venue": row["venue"],
            "sample": row["sample"],
        }
        for row in rows
    ]
