"""The pages as people use them: need, mentor, booking, session, follow-up, goal closed; and how each says no."""

import re
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.core import clock
from app.core import db as database
from app.mentoring import changing, free, hours, voices
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.mentoring import make

FORM = {
    "time_zone": "Asia/Tokyo",
    "session_minutes": "30",
    "buffer_minutes": "0",
    "mode": "online",
    "link": "https://a.example",
}


async def slug_of(actor: Any) -> str:
    return str(await database.fetchval("SELECT slug FROM person_profile WHERE person = $1", actor.person_id))


async def startup_slug(here: make.World) -> str:
    return str(await database.fetchval("SELECT slug FROM organisation WHERE id = $1", here.startup))


async def test_from_a_need_to_a_goal_that_is_closed(make_client: MakeClient, db: asyncpg.Connection) -> None:
    here = await make.world()
    owner, mentor = make_client(here.owner), make_client(here.mentor)
    organisation, slug = await startup_slug(here), await slug_of(here.mentor)

    answer = await owner.post(
        "/mentoring/goals",
        data={
            "organisation": organisation,
            "title": "Mười bệnh viện trả phí",
            "need": "pilot_customer",
            "shared": "on",
        },
    )
    goal = answer.headers["location"]
    assert re.fullmatch(r"/mentoring/goals/[0-9a-f-]{36}", goal)
    assert "Mười bệnh viện trả phí" in (await owner.get(goal)).text

    found = await owner.get(f"/mentoring/find?organisation={organisation}&need=pilot_customer&soon=7")
    assert here.mentor.name in found.text
    page = await owner.get(f"/mentoring/mentors/{slug}?organisation={organisation}")
    assert "Mười bệnh viện trả phí" in page.text
    at = await make.free_at(here.mentor)
    assert f'value="{at.isoformat()}"' in page.text

    answer = await owner.post(
        f"/mentoring/mentors/{slug}/book",
        data={
            "organisation": organisation,
            "goal": goal.rpartition("/")[2],
            "starts_at": at.isoformat(),
            "question": "Giá?",
        },
    )
    session = answer.headers["location"]
    number = await database.fetchval("SELECT id FROM mentoring_booking")
    assert session == f"/mentoring/sessions/{number}"
    for client in (owner, mentor):
        assert "Giá?" in (await client.get(session)).text
        assert (await client.get("/mentoring")).status_code == 200
        entry = await client.get(f"{session}/session.ics")
        assert f"UID:mentoring-{number}@" in entry.text.replace("\r\n ", "")

    ends_at = await database.fetchval("SELECT ends_at FROM mentoring_booking")
    await make.shift(number, seconds=(ends_at - clock.now()).total_seconds() + 60)
    for client in (owner, mentor):
        assert (await client.post(f"{session}/report", data={"said": "held"})).status_code == 303
    assert await make.status_of(number) == "held"
    log = {"topic": "Giá cho bệnh viện công", "advice": "Bán theo giường", "next_step": "Gọi ba nơi", "version": "0"}
    assert (await mentor.post(f"{session}/log", data=log)).status_code == 303
    due = (clock.now() + timedelta(days=9)).date().isoformat()
    answer = await mentor.post(
        f"{session}/actions", data={"text": "Gọi ba bệnh viện", "owner": "mentee", "due_on": due}
    )
    assert answer.status_code == 303
    assert "Gọi ba bệnh viện" in (await owner.get("/mentoring")).text
    action = await database.fetchval("SELECT id FROM mentoring_action")
    assert (await owner.post(f"/mentoring/actions/{action}/done")).status_code == 303
    assert (await owner.post(f"{session}/feedback", data={"rating": "5", "feedback": "Rất tốt"})).status_code == 303
    thanks = {"thanks": "Cảm ơn anh nhiều", "agree": "1"}
    assert (await owner.post(f"{session}/thanks", data=thanks)).status_code == 303

    text = (await owner.get(goal)).text
    assert "Bán theo giường" in text
    answer = await owner.post(f"{goal}/close", data={"state": "met", "result": "Mười một bệnh viện"})
    assert answer.status_code == 303
    assert "Mười một bệnh viện" in (await mentor.get(goal)).text
    row = await database.fetchrow("SELECT state, closed_by FROM mentoring_goal")
    assert (row["state"], row["closed_by"]) == ("met", here.owner.person_id)
    outcome = await database.fetchrow("SELECT * FROM outcome")
    assert (outcome["kind"], outcome["organisation"], outcome["other_person"], outcome["words"], outcome["state"]) == (
        "mentoring_goal",
        here.startup,
        here.mentor_id,
        "",
        "stated",
    )


async def test_thanks_are_public_only_when_staff_and_mentor_agree_and_go_at_once(
    make_client: MakeClient, db: asyncpg.Connection
) -> None:
    here = await make.world()
    number = await make.held(here)
    await voices.thank(here.owner, number, "Cảm ơn chị", True)
    panel = f"/mentoring/mentors/{await slug_of(here.mentor)}/panel"
    staff, anybody = make_client(await make_person(roles=("moderator",))), make_client()
    one = await database.fetchval("SELECT id FROM mentoring_thanks")

    async def shown() -> bool:
        return "Cảm ơn chị" in (await anybody.get(panel)).text

    assert not await shown()
    assert (await staff.post(f"/staff/mentoring/thanks/{one}", data={"decision": "approved"})).status_code == 303
    assert not await shown()
    mentor = make_client(here.mentor)
    assert "Cảm ơn chị" in (await mentor.get("/mentoring")).text
    await mentor.post(f"/mentoring/thanks/{one}/show")
    assert await shown()
    await make_client(here.owner).post(f"/mentoring/thanks/{one}/withdraw")
    assert not await shown()


async def test_who_comes_second_keeps_what_was_typed_and_sees_what_is_free(
    make_client: MakeClient, db: asyncpg.Connection
) -> None:
    here = await make.world()
    at = await make.free_at(here.mentor)
    other, number = await make.startup()
    await make.booked(make.World(here.mentor, other, number), at)
    answer = await make_client(here.owner).post(
        f"/mentoring/mentors/{await slug_of(here.mentor)}/book",
        data={"organisation": await startup_slug(here), "starts_at": at.isoformat(), "question": "Câu hỏi rất dài"},
    )
    assert answer.status_code == 409
    assert "Câu hỏi rất dài" in answer.text
    local = (await make.free_at(here.mentor)).astimezone(clock.VIETNAM)
    assert f"{local:%H:%M}" in answer.text
    assert await database.fetchval("SELECT count(*) FROM mentoring_booking") == 1


async def test_a_page_that_is_opened_takes_nothing(make_client: MakeClient, db: asyncpg.Connection) -> None:
    """Mail programs open links by themselves: an offer is taken by a form and nothing else."""
    from app.mentoring import waiting
    from app.mentoring.booking import Wanted

    here = await make.world()
    at = await make.free_at(here.mentor)
    number = await make.booked(here, at)
    other, startup = await make.startup()
    await waiting.wait(
        other, here.mentor_id, await make.World(here.mentor, other, startup).seen(), Wanted(starts_at=at)
    )
    await changing.cancel(here.owner, number, "Bận")
    offer = await database.fetchval("SELECT id FROM mentoring_booking WHERE status = 'offered'")
    client = make_client(other)
    for path in (f"/mentoring/sessions/{offer}", f"/mentoring/sessions/{offer}/accept"):
        await client.get(path)
    assert await make.status_of(offer) == "offered"
    assert (await client.post(f"/mentoring/sessions/{offer}/accept")).status_code == 303
    assert await make.status_of(offer) == "confirmed"


async def test_times_are_said_in_the_readers_zone_and_the_mentors(
    make_client: MakeClient, db: asyncpg.Connection
) -> None:
    here = await make.world(settings={"time_zone": "Europe/Berlin"})
    client = make_client(here.owner)
    path = f"/mentoring/mentors/{await slug_of(here.mentor)}"
    text = (await client.get(f"{path}?zone=America/New_York")).text
    assert "New York (GMT" in text
    assert "Berlin (GMT" in text
    at = await make.free_at(here.mentor)
    from zoneinfo import ZoneInfo

    assert f"{at.astimezone(ZoneInfo('America/New_York')):%H:%M}" in text
    again = await client.get(path)  # the choice is kept
    assert "New York (GMT" in again.text
    assert "Hồ Chí Minh" not in again.text.partition("<select")[0].rpartition("<summary>")[2]
    assert (await client.get(f"{path}?zone=Nowhere/Else")).status_code == 200


@pytest.mark.parametrize(
    ("path", "data", "kept"),
    [
        ("/mentoring/hours", {**FORM, "time_zone": "Mars/Base"}, "https://a.example"),
        ("/mentoring/hours", {**FORM, "session_minutes": "5"}, "https://a.example"),
        ("/mentoring/hours", {**FORM, "link": "javascript:alert(1)"}, "javascript:alert(1)"),
        ("/mentoring/hours", {**FORM, "link": "", "session_minutes": "31"}, "31"),
        ("/mentoring/hours/week", {"weekday": "0", "starts": "9 giờ", "ends": "10:00"}, "9 giờ"),
        ("/mentoring/hours/week", {"weekday": "0", "starts": "10:00", "ends": "09:00"}, "09:00"),
        ("/mentoring/hours/week", {"starts": "10:00", "ends": "11:00"}, "11:00"),
        ("/mentoring/hours/week", {"weekday": "0", "starts": "16:00", "ends": "18:00"}, "18:00"),
        ("/mentoring/hours/days", {"day": "2020-01-01", "kind": "closed"}, "2020-01-01"),
        ("/mentoring/hours/days", {"day": "31/12", "kind": "closed"}, "31/12"),
        ("/mentoring/hours/days", {"day": "2026-12-31", "kind": "holiday"}, "2026-12-31"),
        ("/mentoring/hours/days", {"day": "2026-12-31", "kind": "extra"}, "2026-12-31"),
    ],
)  # fmt: skip
async def test_hours_that_cannot_be_are_refused_and_kept_in_the_form(
    make_client: MakeClient, db: asyncpg.Connection, path: str, data: dict[str, str], kept: str
) -> None:
    actor = await make.mentor()
    before = await hours.parts_of(actor.person_id)
    answer = await make_client(actor).post(path, data={"version": "1", **data})
    assert answer.status_code == 422
    assert kept in answer.text
    assert "error-summary" in answer.text
    assert await hours.parts_of(actor.person_id) == before
    assert (await hours.hours_of(actor.person_id) or {})["version"] == 1


async def test_hours_changed_in_two_windows_are_not_overwritten(
    make_client: MakeClient, db: asyncpg.Connection
) -> None:
    actor = await make.mentor()
    client = make_client(actor)
    data = {"time_zone": "Asia/Tokyo", "session_minutes": "30", "buffer_minutes": "0", "mode": "online",
            "link": "https://a.example", "version": "1"}  # fmt: skip
    assert (await client.post("/mentoring/hours", data=data)).status_code == 303
    answer = await client.post("/mentoring/hours", data={**data, "session_minutes": "60"})
    assert (answer.status_code, "session_minutes" in answer.text) == (409, True)
    assert (await hours.hours_of(actor.person_id) or {})["session_minutes"] == 30


async def test_a_day_off_frees_nothing_that_is_booked_and_says_so(
    make_client: MakeClient, db: asyncpg.Connection
) -> None:
    here = await make.world()
    at = await make.free_at(here.mentor)
    number = await make.booked(here, at)
    day = at.astimezone(clock.VIETNAM).date()
    client = make_client(here.mentor)
    answer = await client.post("/mentoring/hours/days", data={"day": day.isoformat(), "kind": "closed"})
    assert answer.status_code == 303
    assert not any(one.astimezone(clock.VIETNAM).date() == day for one in await free.free_of(here.mentor_id))
    assert await make.status_of(number) == "confirmed"
    text = (await client.get("/mentoring/hours")).text
    assert "1 buổi" in text or "1 session" in text


async def test_a_log_that_two_people_write_at_once_loses_nothing(
    make_client: MakeClient, db: asyncpg.Connection
) -> None:
    here = await make.world()
    session = f"/mentoring/sessions/{await make.held(here)}"
    owner, mentor = make_client(here.owner), make_client(here.mentor)
    assert (await mentor.post(f"{session}/log", data={"topic": "Của cố vấn", "version": "0"})).status_code == 303
    answer = await owner.post(f"{session}/log", data={"topic": "Của công ty", "advice": "Dài lắm", "version": "0"})
    assert answer.status_code == 409
    assert {"Của cố vấn", "Của công ty", "Dài lắm"} <= set(re.findall(r"Của cố vấn|Của công ty|Dài lắm", answer.text))
    assert await database.fetchval("SELECT topic FROM mentoring_log") == "Của cố vấn"
    assert (await owner.post(f"{session}/log", data={"topic": "Của cả hai", "version": "1"})).status_code == 303


async def test_lists_cost_the_same_for_one_and_for_three(make_client: MakeClient, db: asyncpg.Connection) -> None:
    here = await make.world()
    client = make_client(here.owner)
    paths = ("/mentoring", "/mentoring/find", f"/mentoring/goals?organisation={await startup_slug(here)}")

    async def asked() -> list[int]:
        counts = []
        for path in paths:
            with database.count_queries() as queries:
                assert (await client.get(path)).status_code == 200
            counts.append(len(queries))
        return counts

    async def more() -> None:
        number = await make.held(here)
        await client.post(
            "/mentoring/goals", data={"organisation": await startup_slug(here), "title": "Một", "need": "ip"}
        )
        await client.post(f"/mentoring/sessions/{number}/log", data={"topic": "Gì", "version": "0"})

    await more()
    one = await asked()
    for _n in range(2):
        await more()
        await make.mentor()
    assert await asked() == one


async def test_an_account_without_anything_sees_where_to_begin(make_client: MakeClient, db: asyncpg.Connection) -> None:
    client = make_client(await make_person("Nguyễn Thị Hoàng Kim Ngân Phương Trâm Anh " * 3))
    for path in ("/mentoring", "/mentoring/find", "/mentoring/goals", "/mentoring/programmes", "/mentoring/strikes",
                 "/mentoring/calendar"):  # fmt: skip
        assert (await client.get(path)).status_code == 200, path
    assert (await client.get("/mentoring/hours")).status_code == 404
