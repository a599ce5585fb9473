"""The demo's festival ground: made once, without clashes, with a workshop that is full."""

from typing import Any

from app.core import db as database
from app.demo import events as demo_events
from app.demo import events_asked, ground
from events.agenda import drafts, listing
from events.asking import asked
from events.asking.schema import checked
from events.floor import booths, villages
from tests.factories import make_person


async def silent(_label: str, _share: float) -> None:
    return None


async def test_the_ground_is_made_once_and_stands(db: Any) -> None:
    await make_person(name="Ban tổ chức (mẫu)", email=demo_events.OWNER, roles=("organizer",))
    await demo_events.load(silent)

    async def numbers() -> list[int]:
        tables = ("village", "booth", "agenda_session", "agenda_booking", "zone", "exhibitor")
        return [await database.fetchval(f"SELECT count(*) FROM {table}") for table in tables]

    await ground.load(silent)
    first = await numbers()
    await ground.load(silent)
    assert await numbers() == first
    assert first[:4] == [4, 40, len(ground.SESSIONS), 6]
    event = await database.fetchrow("SELECT * FROM event WHERE title_vi = $1", ground.FESTIVAL)
    assert event is not None
    shown = await listing.shown(event["id"])
    assert (len(shown), len({listing.day_of(one["starts_at"]) for one in shown})) == (len(ground.SESSIONS), 3)
    assert drafts.clashes_in(event, await drafts.sessions(event["id"])) == []
    assert {one["x"] is not None for one in await booths.booths_of(event["id"])} == {True}
    statuses = await database.fetch("SELECT status, count(*) AS n FROM agenda_booking GROUP BY status ORDER BY status")
    assert [(row["status"], row["n"]) for row in statuses] == [("booked", 4), ("waiting", 2)]
    for _twice in range(2):
        await events_asked.load(silent)
    schema = await asked.schema_of(event["id"])
    rows = await database.fetch("SELECT answers FROM registration WHERE event = $1 AND answers <> '{}'", event["id"])
    assert len(rows) > 40
    for row in rows:
        assert checked(schema, "khach", row["answers"], "") == row["answers"]
    messages = await database.fetch("SELECT state, total > 0 AS any FROM event_message ORDER BY state")
    assert [tuple(row) for row in messages] == [("scheduled", False), ("sent", True)]
    places = {one["name_vi"]: one["places"] for one in await villages.villages_of(event["id"])}
    assert {name for name, many in places.items() if many} == {events_asked.VILLAGE}


async def test_without_the_festival_there_is_no_ground(db: Any) -> None:
    await ground.load(silent)
    assert await database.fetchval("SELECT count(*) FROM village") == 0
