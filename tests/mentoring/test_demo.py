"""The demo's mentoring: there once, marked as made up, and every page of it opens for the demo's people."""

from typing import Any

import asyncpg

from app.core import db as database
from app.core import outbox
from app.core.web import Actor
from app.demo import mentoring, mentors, people
from tests.conftest import MakeClient
from tests.connections import make as organisations

TABLES = ("hours", "weekly", "goal", "booking", "time", "log", "action", "contradiction", "programme", "member")


async def _quiet(_label: str, _share: float) -> None:
    return None


async def loaded() -> dict[str, Actor]:
    await people.load(_quiet)
    await mentors.load(_quiet)
    startup = await organisations.startup(mentoring.STARTUP, sample=True)
    await organisations.startup("Tôm Sạch Cà Mau", sample=True)
    await organisations.organisation(mentoring.INCUBATOR, ["incubator"], sample=True)
    actors = {}
    for who in ("startup", "mentor", "organizer", "admin"):
        row: Any = await database.fetchrow("SELECT id, name, email FROM person WHERE email = $1", f"{who}@demo.example")
        roles = frozenset({who} & {"organizer", "admin"})
        actors[who] = Actor(id=row["id"], name=row["name"], email=row["email"], roles=roles, via="session")
    await organisations.member(actors["startup"], startup)
    await mentoring.load(_quiet)
    return actors


async def _counts() -> dict[str, int]:
    return {name: await database.fetchval(f"SELECT count(*) FROM mentoring_{name}") for name in TABLES}


async def test_the_demo_is_loaded_once_and_its_pages_open(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actors = await loaded()
    first = await _counts()
    assert first["hours"] == 12
    assert {name: count for name, count in first.items() if not count} == {}
    await mentoring.load(_quiet)
    assert await _counts() == first
    await outbox.drain()

    sessions = await database.fetch("SELECT id FROM mentoring_booking ORDER BY starts_at")
    goal = await database.fetchval(
        "SELECT goal FROM mentoring_contradiction c JOIN mentoring_booking b ON b.id = c.first"
    )
    programme = await database.fetchval("SELECT id FROM mentoring_programme")
    pages = {
        "startup": ["/mentoring", "/mentoring/find?need=pilot_customer", "/mentoring/mentors/co-van-mau",
                    f"/mentoring/goals/{goal}", "/mentoring/goals", "/mentoring/programmes",
                    *(f"/mentoring/sessions/{row['id']}" for row in sessions)],
        "mentor": ["/mentoring", "/mentoring/hours", f"/mentoring/sessions/{sessions[0]['id']}",
                   f"/mentoring/goals/{goal}"],
        "organizer": ["/mentoring/programmes", f"/mentoring/programmes/{programme}"],
        "admin": ["/staff/mentoring", "/staff"],
    }  # fmt: skip
    for who, paths in pages.items():
        for path in paths:
            assert (who, path, (await make_client(actors[who]).get(path)).status_code) == (who, path, 200)
