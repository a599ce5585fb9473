"""The sample of places: made once, and every book of it adds up."""

import asyncpg

from app.core import db as database
from app.demo import events, people, places
from events.seats import recounting


async def test_the_sample_is_made_once_and_adds_up(db: asyncpg.Connection) -> None:
    async def report(_label: str, _part: float) -> None:
        return None

    await people.load(report)
    await events.load(report)
    for _twice in range(2):
        await places.load(report)
    event = await database.fetchval("SELECT id FROM event WHERE title_vi = $1", places.FESTIVAL)
    assert await recounting.drift(event) == []
    rows = await database.fetch(
        "SELECT r.status, count(*) AS n FROM registration r JOIN ticket_type t ON t.id = r.ticket_type"
        " WHERE t.event = $1 AND t.code = 'lop-goi-von' GROUP BY 1 ORDER BY 1",
        event,
    )
    assert [tuple(row) for row in rows] == [("started", 3), ("waitlisted", 1)]
    counts = [await database.fetchval(f"SELECT count(*) FROM {name}") for name in ("seat_pool", "event_voucher")]
    assert counts == [2, 1]
