"""What of credentials waits for the department, for the start page of the staff."""

from app.core import db
from app.core.i18n import N_
from app.core.web import Actor
from app.people.desks import Queue, staff_queues


@staff_queues
async def queues_of_credentials(actor: Actor) -> list[Queue]:
    """Certificates to be checked, and how many were sent back. One query."""
    if not actor.has("moderator"):
        return []
    row = await db.fetchrow(
        "SELECT count(*) FILTER (WHERE refused_at IS NULL) AS waiting,"
        " min(updated_at) FILTER (WHERE refused_at IS NULL) AS since,"
        " count(*) FILTER (WHERE refused_at IS NOT NULL) AS elsewhere"
        " FROM credential WHERE state = 'draft' AND ended_at IS NULL"
    )
    if row is None:
        return []
    return [
        Queue(
            title=N_("Certificates and titles"),
            text=N_("Legal statuses and certificates to be checked; figures as of any day."),
            href="/staff/credentials",
            waiting=row["waiting"],
            oldest_at=row["since"],
            elsewhere=row["elsewhere"],
        )
    ]
