"""What is said in a session stays with who may read it: never in search, engine, exports, mails to others, or logs."""

import csv
import io
from typing import Any

import asyncpg
import pytest

import app.mentoring.jobs  # noqa: F401  registers what mails are made by
from app.connections.pairing import paired
from app.core import db as database
from app.core import logs, outbox
from app.core.settings import get_settings
from app.mentoring import goals, notes, overview, programmes, voices
from app.mentoring.access import goal_for, programme_for, session_for
from tests.conftest import MakeClient
from tests.connections import make as organisations
from tests.factories import make_person
from tests.mentoring import make
from tests.mentoring.test_pages import slug_of, startup_slug

SECRET = "Bimatkhongailo"
LOG = {"topic": f"{SECRET} chủ đề", "advice": f"{SECRET} lời khuyên", "next_step": f"{SECRET} bước sau"}


SAID = ("chủ đề", "lời khuyên", "bước sau", "mục tiêu", "thước đo", "câu hỏi", "việc", "góp ý", "cảm ơn")


async def told(here: make.World, *, shared: bool = False) -> tuple[Any, Any]:
    """A goal and a held session with every kind of text in it."""
    values = {
        "title": f"{SECRET} mục tiêu",
        "need": "ip",
        "shared": shared,
        "due_on": None,
        "measure": f"{SECRET} thước đo",
    }
    goal = await goals.open_goal(here.owner, await here.seen(), values)
    number = await make.held(here, goal=goal, question=f"{SECRET} câu hỏi")
    await notes.write_log(here.mentor, number, LOG, 0)
    await notes.add_action(here.mentor, number, f"{SECRET} việc", "mentee", notes.today())
    await voices.give_feedback(here.owner, number, 2, f"{SECRET} góp ý riêng")
    await voices.thank(here.owner, number, f"{SECRET} cảm ơn", True)
    return goal, number


async def test_pages_exports_and_the_api_of_others_say_nothing_of_it(
    make_client: MakeClient, db: asyncpg.Connection
) -> None:
    here = await make.world()
    goal, number = await told(here)
    await outbox.drain()
    slug, startup = await slug_of(here.mentor), await startup_slug(here)
    paths = (
        "/mentoring", "/mentoring/find", f"/mentoring/mentors/{slug}", f"/mentoring/mentors/{slug}/panel",
        f"/people/{slug}", f"/organisations/{startup}", f"/search?q={SECRET}", f"/directory?q={SECRET}",
        f"/mentors?q={SECRET}", f"/mentoring/goals/{goal}", f"/mentoring/sessions/{number}",
        f"/mentoring/goals?organisation={startup}", "/api/v1/mentoring/bookings",
        f"/api/v1/organisations?q={SECRET}", f"/api/v1/organisations/{here.startup}", "/mentoring/programmes",
    )  # fmt: skip
    others = [
        None,
        await make_person(),
        (await make.startup())[0],
        await make.mentor(),
        await make_person(roles=("admin",)),
    ]
    found = []
    for actor in others:
        client = make_client(actor) if actor else make_client()
        for path in paths:
            text = (await client.get(path)).text
            if any(f"{SECRET} {word}" in text for word in SAID):
                found.append((actor.name if actor else "nobody", path))
    assert found == []


async def test_search_and_engine_know_nothing_of_it(db: asyncpg.Connection) -> None:
    here = await make.world()
    await told(here)
    await outbox.drain()
    for table in ("findable", "mentor_listing", "suggestion", "organisation", "person_profile", "mentor_role"):
        assert await database.fetchval(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE $1", f"%{SECRET}%") == 0
    assert SECRET not in repr(await paired(here.startup, "mentor", 50))


async def test_mails_hold_the_question_for_the_mentor_and_nothing_of_what_was_said(db: asyncpg.Connection) -> None:
    here = await make.world()
    await told(here)
    await outbox.drain()
    rows = await database.fetch("SELECT to_address, subject, text, html FROM mail")
    said = [row for row in rows if SECRET in f"{row['subject']}{row['text']}{row['html']}"]
    assert {row["to_address"] for row in said} == {here.mentor.email}
    assert not any(word in row["text"] for row in rows for word in (" lời khuyên", "góp ý riêng", " việc", "mục tiêu"))
    payloads = await database.fetch("SELECT payload::text AS text FROM outbox WHERE topic LIKE 'mentoring.%'")
    assert payloads
    assert not any(SECRET in row["text"] for row in payloads)


async def test_logs_of_the_program_hold_nothing_of_it(
    make_client: MakeClient, db: asyncpg.Connection, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.configure(get_settings())
    here = await make.world()
    _goal, number = await told(here)
    client = make_client(here.mentor)
    await client.post(f"/mentoring/sessions/{number}/log", data={**LOG, "version": "7"})
    await client.post(f"/mentoring/sessions/{number}/feedback", data={"rating": "9", "feedback": SECRET})
    await outbox.drain()
    out = capfd.readouterr()
    assert SECRET not in out.out + out.err


async def test_private_feedback_is_the_staffs_alone(make_client: MakeClient, db: asyncpg.Connection) -> None:
    here = await make.world()
    goal, number = await told(here)
    staff = make_client(await make_person(roles=("moderator",)))
    desk = (await staff.get("/staff/mentoring")).text
    assert f"{SECRET} góp ý riêng" in desk
    assert not any(f"{SECRET} {word}" in desk for word in SAID[:7])
    mentor = make_client(here.mentor)
    for path in ("/mentoring", f"/mentoring/sessions/{number}", f"/mentoring/goals/{goal}", "/staff/mentoring"):
        assert "góp ý riêng" not in (await mentor.get(path)).text


async def test_another_mentor_reads_a_log_only_for_a_shared_goal_while_accompanying(db: asyncpg.Connection) -> None:
    here = await make.world()
    goal, _number = await told(here)
    second = await make.mentor()
    there = make.World(second, here.owner, here.startup)
    mine = await make.booked(there, await make.free_at(second, 2), goal=goal)

    async def before() -> list[str]:
        return [row["topic"] for row in await notes.logs_before(second, await session_for(second, mine))]

    assert await before() == []
    await goals.share(here.owner, goal, True)
    assert await before() == [LOG["topic"]]
    assert [row["topic"] for row in await notes.logs_for_goal(second, await goal_for(second, goal))] == [LOG["topic"]]
    await database.execute("UPDATE mentorship SET ended_at = now() WHERE mentor = $1", second.person_id)
    assert await before() == []
    await database.execute("UPDATE mentorship SET ended_at = NULL WHERE mentor = $1", second.person_id)
    await goals.share(here.owner, goal, False)
    assert await before() == []


async def test_who_only_asked_has_read_nothing(db: asyncpg.Connection) -> None:
    here = await make.world()
    goal, _number = await told(here, shared=True)
    second = await make.mentor(settings={"approves": True})
    there = make.World(second, here.owner, here.startup)
    mine = await make.booked(there, await make.free_at(second, 2), goal=goal)
    assert await make.status_of(mine) == "requested"
    assert await notes.logs_before(second, await session_for(second, mine)) == []


async def test_advice_that_contradicts_stands_side_by_side_for_who_reads_both(db: asyncpg.Connection) -> None:
    here = await make.world()
    goal, number = await told(here, shared=True)
    second = await make.mentor()
    there = make.World(second, here.owner, here.startup)
    other = await make.held(there, goal=goal)
    await notes.write_log(second, other, {"topic": "Ngược lại", "advice": "Làm khác", "next_step": ""}, 0)
    await notes.note_contradiction(second, goal, (number, other), "Giá")
    await notes.note_contradiction(here.owner, goal, (other, number), "Giá")  # the same pair, whichever comes first
    (one,) = await notes.contradictions_of(goal)
    await notes.settle_contradiction(here.owner, goal, one["id"], "Theo người đầu")
    assert [(row["decision"], row["settled_by"]) for row in await notes.contradictions_of(goal)] == [
        ("Theo người đầu", here.owner.person_id)
    ]
    third = await make.mentor()
    from app.core.errors import NotFound

    with pytest.raises(NotFound):
        await notes.note_contradiction(third, goal, (number, other), "Tò mò")


async def test_a_programme_sees_who_met_whom_among_its_members_and_nothing_else(
    make_client: MakeClient, db: asyncpg.Connection
) -> None:
    here = await make.world(hours_per_month=1)
    outside = await make.mentor()
    staff = await make_person()
    incubator = await organisations.organisation("=Vườn ươm", ["incubator"])
    await organisations.member(staff, incubator)
    from app.directory.access import organisation_by_id_for

    programme = await programmes.begin(staff, await organisation_by_id_for(staff, incubator), "=Khoá", None, None)
    await programmes.invite(staff, programme, "startup", await organisations.slug_of(here.startup))
    await programmes.invite(staff, programme, "mentor", f"/people/{await slug_of(here.mentor)}")
    await told(here)
    await make.held(make.World(outside, here.owner, here.startup))
    members = await database.fetch("SELECT id, person FROM mentoring_member ORDER BY person NULLS FIRST")

    async def seen() -> overview.Overview:
        return await overview.overview_of(await programme_for(staff, programme))

    assert [(one.state, one.held) for one in (await seen()).startups] == [("invited", 0)]
    await programmes.answer(here.owner, members[0]["id"], True)
    assert [(one.state, one.held) for one in (await seen()).startups] == [("unmatched", 0)]
    await programmes.answer(here.mentor, members[1]["id"], True)
    found = await seen()
    assert [(one.state, one.held, one.mentors) for one in found.startups] == [("met", 1, [here.mentor.name])]
    assert [(one.mentees, one.held, one.minutes) for one in found.mentors] == [(1, 1, 45)]

    await database.execute("UPDATE mentoring_member SET joined_at = now() - interval '60 days'")
    await database.execute("UPDATE mentoring_booking SET starts_at = starts_at - interval '30 days'")
    assert (await seen()).counts == {"startups": 1, "matched": 1, "met": 1, "silent": 1, "overloaded": 0}
    await programmes.nudge(staff, programme, members[0]["id"])
    with pytest.raises(programmes.NudgedAlready):
        await programmes.nudge(staff, programme, members[0]["id"])
    await outbox.drain()
    assert await database.fetchval("SELECT count(*) FROM mail WHERE message_key LIKE 'mentoring:nudge:%'") == 1

    client = make_client(staff)
    answer = await client.get(f"/mentoring/programmes/{programme}/overview.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    assert SECRET not in answer.text + (await client.get(f"/mentoring/programmes/{programme}")).text
    await programmes.answer(here.owner, members[0]["id"], False)
    assert (await seen()).startups == []
