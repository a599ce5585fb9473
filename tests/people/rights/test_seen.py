"""Who has seen whose data: written where somebody opens it, once an hour, told by role and place, kept for a year."""

import asyncpg

import app.rights  # noqa: F401  every subject's kinds of look
from app.core import db as database
from app.people.rights import seen
from tests.conftest import MakeClient
from tests.directory.make import join, organisation
from tests.event_factories import make_event, make_registration
from tests.factories import make_person


async def looks(person: object) -> list[tuple[str, str, str]]:
    rows = await database.fetch(
        "SELECT viewer_role, kind, place FROM data_access WHERE subject = $1 ORDER BY id", person
    )
    return [tuple(row) for row in rows]


async def test_staff_who_open_an_account_are_written_down_once_an_hour(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    admin, person = await make_person(roles=("admin",)), await make_person("Người được xem")
    client = make_client(admin)
    for _twice in range(2):
        await client.get(f"/staff/people/{person.id}")
    assert await looks(person.id) == [("admin", "account", "")]
    await database.execute("UPDATE data_access SET hour_at = hour_at - interval '1 hour'")
    await client.get(f"/staff/people/{person.id}")
    assert len(await looks(person.id)) == 2
    await client.get("/staff/people?q=duoc+xem")
    assert (await looks(person.id))[-1] == ("admin", "account_list", "")
    assert await looks(admin.id) == []


async def test_organisers_and_the_desk_are_written_down_with_the_event(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    guest, desk = await make_person("Trần Văn Khách"), await make_person(roles=("desk",))
    world = await make_event(title_vi="Ngày hội", title_en="")
    await make_registration(world, guest, full_name=guest.name, email=guest.email)
    await make_registration(world, full_name="Khách không tài khoản")
    await database.execute(
        "INSERT INTO event_staff (id, event, person, role, granted_at)"
        " VALUES (gen_random_uuid(), $1, $2, 'desk', now())",
        *(world.event, desk.id),
    )
    organiser, door = make_client(world.owner), make_client(desk)
    await organiser.get(f"/events/{world.slug}/guests")
    await organiser.get(f"/events/{world.slug}/guests.csv")
    form = {"checkpoint": str(world.checkpoint), "nonce": "n1", "text": "tran van khach"}
    assert "Trần Văn Khách" in (await door.post(f"/events/{world.slug}/desk/scan", data=form)).text
    assert await looks(guest.id) == [
        ("organizer", "events.guest_list", "Ngày hội"),
        ("organizer", "events.guest_file", "Ngày hội"),
        ("desk", "events.desk_search", "Ngày hội"),
    ]
    page = (await make_client(guest).get("/account/data/seen")).text
    assert (page.count("Ngày hội"), "Bàn check-in của sự kiện" in page, desk.name in page) == (3, True, False)


async def test_staff_at_an_organisations_members_are_written_down_and_colleagues_are_not(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    owner, colleague, admin = (
        await make_person("Chủ"),
        await make_person("Đồng nghiệp"),
        await make_person(roles=("admin",)),
    )
    made = await organisation(owner, "Công ty Cam")
    await join(made.id, colleague, "viewer")
    for actor in (colleague, admin):
        assert (await make_client(actor).get(f"/organisations/{made.slug}/members")).status_code == 200
    assert await looks(owner.id) == [("admin", "directory.members", "Công ty Cam")]
    assert await looks(colleague.id) == [("admin", "directory.members", "Công ty Cam")]


async def test_nobody_is_written_down_for_looking_at_nothing_or_at_oneself(db: asyncpg.Connection) -> None:
    actor = await make_person()
    with database.count_queries() as queries:
        await seen.note(actor, [None, actor.id], "account")
    assert queries == []


async def test_each_sees_only_who_saw_their_own_page_by_page(db: asyncpg.Connection, make_client: MakeClient) -> None:
    viewer, person, other = [await make_person(roles=roles) for roles in (("admin",), (), ())]
    for number in range(seen.PAGE + 1):
        await seen.note(viewer, [person.id], "account", place=f"chỗ {number}")
    client = make_client(person)
    page = (await client.get("/account/data/seen")).text
    assert (page.count("chỗ "), "before=" in page) == (seen.PAGE, True)
    before = (await seen.seen_of(person.person_id))[seen.PAGE - 1]["id"]
    assert (await client.get(f"/account/data/seen?before={before}")).text.count("chỗ ") == 1
    assert (await client.get("/account/data/seen?before=x9")).status_code == 200
    assert "chỗ " not in (await make_client(other).get("/account/data/seen")).text


async def test_a_year_later_it_is_forgotten(db: asyncpg.Connection) -> None:
    viewer, person = await make_person(roles=("admin",)), await make_person()
    await seen.note(viewer, [person.id], "account", place="cũ")
    await seen.note(viewer, [person.id], "account", place="mới")
    await database.execute("UPDATE data_access SET at = now() - interval '366 days' WHERE place = 'cũ'")
    await seen.forget()
    assert await looks(person.id) == [("admin", "account", "mới")]


def test_a_kind_of_look_has_one_meaning() -> None:
    import pytest

    what, why = seen.KINDS["account"]
    assert seen.kind("account", what, why) == "account"
    with pytest.raises(RuntimeError, match="two kinds"):
        seen.kind("account", why, what)
