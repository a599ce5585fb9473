"""The demo's events: guests that are no persons, tickets that add up, an event that is over with all that happened."""

from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.clock import VIETNAM, now
from app.demo import events as demo
from events import jobs
from tests.factories import make_person


async def _silent(_label: str, _share: float) -> None: ...


@pytest.fixture
async def made(db: asyncpg.Connection) -> None:
    await make_person(name="Ban tổ chức (mẫu)", email=demo.OWNER, roles=("organizer",))
    await make_person(name="Bàn check-in (mẫu)", email=demo.DESK)
    await demo.load(_silent)


def test_a_day_of_the_demo_is_counted_in_vietnam() -> None:
    moment = demo._at(16, 8)
    assert moment.tzinfo is VIETNAM
    assert (moment.hour, moment.minute, moment.second) == (8, 0, 0)
    assert moment.date() - now().astimezone(VIETNAM).date() == timedelta(days=16)
    assert demo._at(-20, 9) < now() < demo._at(1, 23)


@pytest.mark.parametrize("number", range(3))
def test_a_sample_event_is_told_in_both_languages_and_says_what_it_is(number: int) -> None:
    sample = demo._samples()[number]
    plan = sample.plan
    assert plan.title_vi.endswith("(mẫu)")
    assert plan.title_en.endswith("(sample)")
    assert plan.description_vi
    assert plan.description_en
    assert plan.starts_at < plan.ends_at
    assert (plan.ends_at < now()) is sample.over
    codes = {kind.code for kind in sample.types}
    assert len(codes) == len(sample.types)
    assert all(kind.title_vi and kind.title_en and kind.capacity for kind in sample.types)
    assert all(set(door["types"]) <= codes for door in sample.doors)
    assert sample.came <= sample.guests


@pytest.mark.parametrize("place", range(24))
async def test_a_guest_is_a_role_and_a_place_and_no_name(monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    wishes: list[Any] = []

    async def note(_owner: Any, _event: Any, wish: Any) -> None:
        wishes.append(wish)

    monkeypatch.setattr(demo.registration, "register", note)
    await demo._guest(None, None, demo._samples()[0], 0, place)  # type: ignore[arg-type]
    (wish,) = wishes
    assert wish.full_name.startswith(demo.ROLES[place % 8])
    assert wish.full_name.endswith(f" {place + 1} (mẫu)")
    assert (wish.email, wish.sample, wish.source) == (f"khach1.{place + 1}@sample.example", True, "demo")
    assert (wish.ticket_type == "nha-dau-tu") == (demo.ROLES[place % 8] == "Nhà đầu tư")


async def test_each_event_has_its_guests_and_its_waiting_list(made: None) -> None:
    rows = await database.fetch(
        "SELECT e.title_vi, r.status, count(*) AS n FROM registration r JOIN event e ON e.id = r.event GROUP BY 1, 2"
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["title_vi"], {})[row["status"]] = row["n"]
    assert {title: sum(counts.values()) for title, counts in found.items()} == {
        sample.plan.title_vi: sample.guests for sample in demo._samples()
    }
    festival, demo_day, seminar = (found[sample.plan.title_vi] for sample in demo._samples())
    assert set(festival) == {"confirmed", "waitlisted", "pending_review"}
    assert demo_day["confirmed"] > demo_day["pending_review"] > 0
    assert seminar == {"confirmed": 24}


async def test_no_type_is_sold_beyond_its_places(made: None) -> None:
    rows = await database.fetch(
        "SELECT t.capacity, t.sold, (SELECT count(*) FROM registration r WHERE r.ticket_type = t.id"
        " AND r.status = 'confirmed') AS confirmed FROM ticket_type t"
    )
    assert rows
    assert all(row["sold"] == row["confirmed"] <= row["capacity"] for row in rows)


async def test_what_happened_at_an_event_that_is_over_happened_then(made: None) -> None:
    seminar = demo._samples()[2]
    event = await database.fetchrow("SELECT * FROM event WHERE title_vi = $1", seminar.plan.title_vi)
    assert event is not None
    of_it = "FROM {0} x JOIN checkpoint c ON c.id = x.checkpoint WHERE c.event = $1"
    scans = await database.fetch("SELECT received_at " + of_it.format("scan"), event["id"])
    inside = await database.fetch("SELECT admitted_at, inside " + of_it.format("admission"), event["id"])
    counts = await database.fetch(
        "SELECT n.inside FROM zone_count n JOIN zone z ON z.id = n.zone WHERE z.event = $1", event["id"]
    )
    registered = await database.fetch("SELECT registered_at FROM registration WHERE event = $1", event["id"])
    assert (len(scans), len(inside), len(registered)) == (seminar.came, seminar.came, seminar.guests)
    assert {row["received_at"] for row in scans} == {event["starts_at"]}
    assert {(row["admitted_at"], row["inside"]) for row in inside} == {(event["starts_at"], False)}
    assert {row["inside"] for row in counts} == {0}
    assert {row["registered_at"] for row in registered} == {event["starts_at"] - timedelta(days=7)}


async def test_the_counters_of_the_doors_agree_with_who_is_inside(made: None) -> None:
    counted = "SELECT sum(inside) FROM zone_count"
    assert (
        await database.fetchval(counted) == await database.fetchval("SELECT count(*) FROM admission WHERE inside") == 14
    )
    await jobs.recount()
    assert jobs.DRIFT.labels("doors")._value.get() == 0


async def test_an_event_that_somebody_took_away_is_not_made_again_beside_the_others(made: None) -> None:
    await database.execute("UPDATE event SET title_vi = title_vi || ' 2' WHERE title_vi LIKE 'Demo Day%'")
    await demo.load(_silent)
    assert await database.fetchval("SELECT count(*) FROM event") == 4
    await demo.load(_silent)
    assert await database.fetchval("SELECT count(*) FROM event") == 4


async def test_an_organizer_whose_account_ended_gets_no_events(db: asyncpg.Connection) -> None:
    await make_person(email=demo.OWNER, roles=("organizer",))
    await db.execute("UPDATE person SET ended_at = now(), ended_reason = 'gone'")
    await demo.load(_silent)
    assert await db.fetchval("SELECT count(*) FROM event") == 0


async def test_without_desk_staff_the_events_are_made_all_the_same(db: asyncpg.Connection) -> None:
    await make_person(email=demo.OWNER, roles=("organizer",))
    await demo.load(_silent)
    assert await db.fetchval("SELECT count(*) FROM event WHERE status = 'published'") == 3
    assert await db.fetchval("SELECT count(*) FROM event_staff WHERE role = 'desk'") == 0


async def test_progress_is_told_event_by_event(db: asyncpg.Connection) -> None:
    told: list[tuple[str, float]] = []

    async def report(label: str, share: float) -> None:
        told.append((label, round(share, 2)))

    await demo.load(report)
    assert told == [("events", 0.0), ("events", 0.33), ("events", 0.67), ("events", 1.0)]


async def test_no_mail_of_the_demo_goes_to_a_real_address(made: None) -> None:
    rows = await database.fetch("SELECT to_address FROM mail")
    domains = {row["to_address"].rpartition("@")[2] for row in rows}
    assert domains <= {"sample.example", "demo.example", "test.example"}


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_people_see_the_sample_events_and_that_they_are_samples(
    client: httpx.AsyncClient, made: None, language: str
) -> None:
    page = (await client.get("/events", headers={"Accept-Language": language})).text
    for sample in demo._samples():
        title = sample.plan.title_vi if language == "vi" else sample.plan.title_en
        assert title in page
