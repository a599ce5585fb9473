"""Events in the search: what is announced is found in both languages, drafts and cancelled ones are not."""

from datetime import timedelta
from typing import Any

import asyncpg

from app.core import db as database
from app.core.clock import now
from app.directory.search import everywhere
from events import jobs, planning
from events.planning import EventPlan, TypePlan
from tests.factories import make_person


async def found(q: str) -> list[str]:
    return [hit.title for hit in (await everywhere.search(q)).hits.get("event", [])]


def plan(title: str, **values: Any) -> EventPlan:
    begins = now() + timedelta(days=30)
    return EventPlan(title_vi=title, starts_at=begins, ends_at=begins + timedelta(hours=3), **values)


async def test_an_event_is_found_from_its_announcement_until_it_is_called_off(db: asyncpg.Connection) -> None:
    actor = await make_person(roles=("organizer",))
    wanted = plan("Ngày hội Lúa", title_en="Rice Festival", venue="Nhà Thái Học", description_en="Paddies and robots")
    row = await planning.create_event(actor, wanted, [TypePlan(code="a", title_vi="Vé", capacity=5)])
    assert await found("ngay hoi lua") == []

    await planning.publish(actor, row["id"])
    for typed in ("ngày hội lúa", "rice festival", "paddies", "thai hoc", "ngay hoij lua", "rice fesitval"):
        assert await found(typed) == ["Ngày hội Lúa"], typed

    await planning.edit_event(actor, row["id"], plan("Tuần lễ Gạo"))
    assert (await found("tuan le gao"), await found("rice festival")) == (["Tuần lễ Gạo"], [])

    await planning.cancel_event(actor, row["id"], "Bão")
    assert await found("tuan le gao") == []


async def test_events_from_before_the_search_are_put_in_once(db: asyncpg.Connection) -> None:
    actor = await make_person(roles=("organizer",))
    row = await planning.create_event(actor, plan("Ngày hội Lúa"), [TypePlan(code="a", title_vi="Vé", capacity=5)])
    await planning.publish(actor, row["id"])
    await database.execute("DELETE FROM findable WHERE kind = 'event'")

    await jobs.keep_findable()
    before = await database.fetchval("SELECT id FROM findable WHERE kind = 'event'")
    await jobs.keep_findable()

    assert await found("ngay hoi lua") == ["Ngày hội Lúa"]
    assert await database.fetchval("SELECT id FROM findable WHERE kind = 'event'") == before
