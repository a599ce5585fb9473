"""Reading the register of requests: the staff's list with what is overdue on top, one request, one's own."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.web import Actor
from app.people.desks import Queue, staff_queues
from app.people.rights.requests import OPEN

PAGE = 30

_LIST = """
SELECT id, number, kind, name, email, channel, received_at, respond_by, act_by, state, responded_at, decided_at,
       confirmed_at, state = ANY ($1) AND (act_by < $2 OR (responded_at IS NULL AND respond_by < $2)) AS overdue
FROM rights_request
WHERE CASE $3 WHEN 'closed' THEN NOT state = ANY ($1) ELSE state = ANY ($1) END
ORDER BY CASE WHEN state = ANY ($1) THEN least(act_by, CASE WHEN responded_at IS NULL THEN respond_by END) END,
         number DESC
LIMIT $4 OFFSET $5
"""


async def requests_for(actor: Actor, *, closed: bool = False, page: int = 1) -> list[asyncpg.Record]:
    """The register, for admins: open ones by the date that comes first, so that overdue ones stand on top."""
    if not actor.has("admin"):
        raise NotFound
    which = "closed" if closed else "open"
    return await db.fetch(_LIST, list(OPEN), _today(), which, PAGE + 1, PAGE * (max(1, page) - 1))


def _today() -> date:
    return clock.now().astimezone(clock.VIETNAM).date()


class Waiting(msgspec.Struct, frozen=True):
    """How many requests wait, how many of them too long already, and since when the oldest."""

    open: int
    overdue: int
    oldest_at: datetime | None


async def waiting() -> Waiting:
    row = await db.fetchrow(
        "SELECT count(*) AS open, min(received_at) AS oldest, count(*) FILTER (WHERE act_by < $2"
        " OR (responded_at IS NULL AND respond_by < $2)) AS overdue FROM rights_request WHERE state = ANY ($1)",
        *(list(OPEN), _today()),
    )
    assert row is not None  # noqa: S101  an aggregate has one row
    return Waiting(row["open"], row["overdue"], row["oldest"])


async def request_for(actor: Actor, request: UUID) -> asyncpg.Record:
    """One request, for admins. Raises NotFound."""
    row = None
    if actor.has("admin"):
        row = await db.fetchrow(
            "SELECT r.*, d.name AS decider, g.name AS registrar, p.ended_at IS NOT NULL AS ended, p.erased_at,"
            " r.state = ANY ($2) AS open, r.state = ANY ($2) AND (r.act_by < $3"
            " OR (r.responded_at IS NULL AND r.respond_by < $3)) AS overdue FROM rights_request r"
            " LEFT JOIN person p ON p.id = r.person LEFT JOIN person d ON d.id = r.decided_by"
            " LEFT JOIN person g ON g.id = r.registered_by WHERE r.id = $1",
            *(request, list(OPEN), _today()),
        )
    if row is None:
        raise NotFound
    return row


async def steps_of(request: UUID) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT s.at, s.act, s.note, p.name AS actor FROM rights_step s LEFT JOIN person p ON p.id = s.actor"
        " WHERE s.request = $1 ORDER BY s.id LIMIT 200",
        request,
    )


async def own_requests(actor: Actor) -> list[asyncpg.Record]:
    """The actor's own requests, newest first."""
    return await db.fetch(
        "SELECT id, number, kind, said, received_at, respond_by, act_by, state, responded_at, decided_at, confirmed_at,"
        " answer, state = ANY ($2) AS open FROM rights_request WHERE person = $1 ORDER BY number DESC LIMIT 50",
        *(actor.person_id, list(OPEN)),
    )


@staff_queues
async def queues(actor: Actor) -> list[Queue]:
    """The register on the staff's start page, for admins."""
    if not actor.has("admin"):
        return []
    found = await waiting()
    return [
        Queue(
            title=N_("Requests about personal data"),
            text=N_("Answer within two working days; each request shows by when it has to be done."),
            href="/staff/requests",
            waiting=found.open,
            oldest_at=found.oldest_at,
        )
    ]
