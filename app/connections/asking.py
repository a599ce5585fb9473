"""Asks for lists to be made: for one organisation that somebody waits for, or for a batch whose lists are out of date.

Making them is in `refresh`, which only workers load.
"""

from uuid import UUID

from app.connections import versions
from app.connections.filters import READ
from app.core import db
from app.core.outbox import enqueue

ASKING_AGAIN = 30
"""Seconds after which a request that nobody answered may be made again."""
LASTS_HOURS = 24
BATCH = 20


async def ask(organisation_id: UUID, *, unless_recent: bool = True) -> bool:
    """Ask for new lists; whether that was news.

    Idempotent: within half a minute only the first request counts. Locks the organisation's run; outbox
    `connections.refresh`.
    """
    async with db.tx():
        return await request(organisation_id, unless_recent=unless_recent)


async def request(organisation_id: UUID, *, unless_recent: bool = False) -> bool:
    """Ask for new lists within the transaction that is open; whether that was news.

    Locks the organisation's run; outbox `connections.refresh`.
    """
    rows = await db.execute(
        "INSERT INTO suggestion_run AS r (organisation, requested_at) VALUES ($1, now())"
        " ON CONFLICT (organisation) DO UPDATE SET requested_at = now(), failed_at = NULL"
        " WHERE NOT $2 OR r.requested_at IS NULL OR r.requested_at < now() - make_interval(secs => $3)",
        organisation_id,
        unless_recent,
        float(ASKING_AGAIN),
    )
    if rows:
        await enqueue("connections.refresh", {"organisation_id": str(organisation_id)})
    return rows == 1


async def mark_stale(candidate: UUID) -> None:
    """Within the transaction that is open: the lists that name somebody are out of date, those under way too.

    Marks anew what is marked already, or a list under way would settle the mark that it has not seen. Locks the runs.
    """
    await db.execute(
        "UPDATE suggestion_run SET stale_at = clock_timestamp() WHERE organisation IN"
        " (SELECT organisation FROM suggestion WHERE candidate = $1)",
        candidate,
    )


async def renew(limit: int = BATCH) -> int:
    """Ask for new lists where they are missing, stale, old or of an older engine, for organisations with members.

    A bounded batch, those that wait longest first; sample organisations come after those that have members. Outbox
    `connections.refresh`.
    """
    model = await versions.active()
    if model is None:
        return 0
    async with db.tx():
        rows = await db.fetch(
            "SELECT o.id FROM organisation o LEFT JOIN suggestion_run r ON r.organisation = o.id"  # noqa: S608
            f" WHERE {READ}"
            " AND (r.requested_at IS NULL OR r.requested_at < now() - make_interval(secs => $1))"
            " AND (r.computed_at IS NULL OR r.stale_at IS NOT NULL OR r.model_version <> $2"
            " OR r.profile_version <> o.version OR r.computed_at < now() - make_interval(hours => $3))"
            " ORDER BY EXISTS (SELECT 1 FROM membership m WHERE m.organisation = o.id AND m.ended_at IS NULL) DESC,"
            " r.computed_at NULLS FIRST, o.number LIMIT $4",
            float(ASKING_AGAIN),
            model.version,
            LASTS_HOURS,
            limit,
        )
        for row in rows:
            await request(row["id"])
    return len(rows)
