"""The demo's events: made once, marked as made up, in order with all counters."""

import asyncpg

from app.core import outbox
from app.demo import events as demo
from events import jobs
from tests.factories import make_person


async def silent(_label: str, _share: float) -> None:
    return None


async def test_the_demo_is_made_once_and_adds_up(db: asyncpg.Connection) -> None:
    await make_person(name="Ban tổ chức (mẫu)", email=demo.OWNER, roles=("organizer",))
    await make_person(name="Bàn check-in (mẫu)", email=demo.DESK)

    async def numbers() -> list[int]:
        tables = ("event", "registration", "admission", "event_staff", "checkpoint", "outbox")
        return [await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables]

    await demo.load(silent)
    first = await numbers()
    await demo.load(silent)
    assert await numbers() == first
    assert first[:5] == [3, 120, 32, 6, 5]
    assert await db.fetchval("SELECT count(*) FROM registration WHERE NOT sample") == 0
    statuses = {row["status"] for row in await db.fetch("SELECT DISTINCT status FROM registration")}
    assert statuses == {"confirmed", "waitlisted", "pending_review"}
    await jobs.recount()
    assert jobs.DRIFT.labels("places")._value.get() == 0
    assert jobs.DRIFT.labels("doors")._value.get() == 0


async def test_without_accounts_there_are_no_sample_events(db: asyncpg.Connection) -> None:
    await demo.load(silent)
    assert await db.fetchval("SELECT count(*) FROM event") == 0
    assert outbox is not None
