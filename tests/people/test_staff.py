"""Roles and the staff's pages: who may see what, in effect at once, with a reason, and never without an admin."""

import asyncio
import re

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.web import Actor
from app.people import access, ending, roles, two_step
from app.people.roles import LastAdmin, end_role, grant_role
from app.people.two_step import ConfirmFirst
from tests.conftest import MakeClient
from tests.factories import make_person
from tests.people.steps import ORIGIN, PASSWORD, confirmed_step, kinds, live_sessions, mails, open_for, signed_in

BECAUSE = {"reason": "Phụ trách sự kiện tháng 12"}
ROLES: tuple[tuple[str, ...] | None, ...] = (None, (), ("desk",), ("organizer",), ("admin",))


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/staff", [303, 403, 200, 200, 200]),
        ("GET", "/staff/people", [303, 403, 403, 403, 200]),
        ("GET", "/staff/people/{id}", [303, 403, 403, 403, 200]),
        ("POST", "/staff/people/{id}/roles", [303, 403, 403, 403, 303]),
        ("POST", "/staff/people/{id}/roles/desk/end", [303, 403, 403, 403, 303]),
        ("POST", "/staff/people/{id}/end", [303, 403, 403, 403, 303]),
        ("GET", "/account", [303, 200, 200, 200, 200]),
        ("GET", "/account/tokens", [303, 200, 200, 200, 200]),
        ("GET", "/api/v1/me", [401, 200, 200, 200, 200]),
    ],
)
async def test_who_may_what(
    db: asyncpg.Connection, make_client: MakeClient, method: str, path: str, expected: list[int]
) -> None:
    target = await make_person(roles=("desk",))
    statuses = []
    for held in ROLES:
        client = make_client(await make_person(roles=held)) if held is not None else make_client()
        fields = {**BECAUSE, "role": "organizer"} if method == "POST" else None
        answer = await client.request(method, path.format(id=target.id), data=fields)
        statuses.append(answer.status_code)
    assert statuses == expected


@pytest.mark.parametrize(
    ("held", "links"),
    [
        ("desk", ["/events"]),
        ("organizer", ["/events/manage", "/events"]),
        ("admin", ["/staff/people", "/staff/engine", "/events/manage", "/events"]),
    ],
)
async def test_everybody_sees_the_ways_that_are_theirs(
    db: asyncpg.Connection, make_client: MakeClient, held: str, links: list[str]
) -> None:
    client = make_client(await make_person(roles=(held,)))
    main = (await client.get("/staff")).text.partition('<div class="grid section">')[2].partition("</main>")[0]
    assert re.findall(r'href="(/[^"]*)"', main) == links
    assert [(await client.get(link)).status_code for link in links] == [200] * len(links)


async def test_give_and_take_back(db: asyncpg.Connection, make_client: MakeClient) -> None:
    admin = await make_person("Quản trị", roles=("admin",))
    boss, client = make_client(admin), make_client()
    actor = await signed_in(client, name="Lan")
    here = f"/staff/people/{actor.id}"
    answer = await boss.post(f"{here}/roles", data={**BECAUSE, "role": "organizer"})
    assert (answer.status_code, answer.headers["location"]) == (303, here)
    assert (await client.get("/staff")).headers["location"] == "/sign-in?next=/staff"
    client.cookies.set("sid", (await open_for(actor)).token)
    assert (await client.get("/staff")).status_code == 200
    assert BECAUSE["reason"] in (await client.get("/account")).text
    assert (await boss.post(f"{here}/roles", data={**BECAUSE, "role": "organizer"})).status_code == 303
    page = (await boss.get(here)).text
    assert page.count(f"{here}/roles/organizer/end") == 1
    assert (await boss.post(f"{here}/roles/organizer/end", data=BECAUSE)).status_code == 303
    client.cookies.set("sid", (await open_for(actor)).token)
    assert (await client.get("/staff")).status_code == 403
    assert not (await end_role(admin, actor.person_id, "organizer", "lần hai", ORIGIN)).changed
    row = await database.fetchrow("SELECT * FROM person_role WHERE person = $1", actor.id)
    assert row is not None
    assert (row["granted_by"], row["ended_by"], row["reason"]) == (admin.id, admin.id, BECAUSE["reason"])
    assert [kind for kind in await kinds(actor.id) if kind.startswith("role")] == ["role.granted", "role.ended"]


@pytest.mark.parametrize(
    "fields", [{"role": "boss", "reason": "vì thế"}, {"role": "admin"}, {"role": "admin", "reason": "x"}, {}]
)
async def test_a_role_needs_to_exist_and_have_a_reason(
    db: asyncpg.Connection, make_client: MakeClient, fields: dict[str, str]
) -> None:
    boss = make_client(await make_person(roles=("admin",)))
    target = await make_person()
    assert (await boss.post(f"/staff/people/{target.id}/roles", data=fields)).status_code == 422
    assert (await boss.post(f"/staff/people/{target.id}/roles/desk/end", data={})).status_code == 422
    assert (await boss.post(f"/staff/people/{target.id}/end", data={})).status_code == 422
    assert await database.fetchval("SELECT count(*) FROM person_role WHERE person = $1", target.id) == 0


async def test_verbs_judge_for_themselves(db: asyncpg.Connection) -> None:
    admin = await make_person(roles=("admin",))
    organizer = await make_person(roles=("organizer",))
    target = (await make_person(roles=("desk",))).person_id
    stale = Actor(id=admin.id, roles=admin.roles)
    for actor, error in ((organizer, NotAllowed), (stale, ConfirmFirst)):
        for act in (
            grant_role(actor, target, "organizer", "x", ORIGIN),
            end_role(actor, target, "desk", "x", ORIGIN),
            ending.end_account(actor, target, "x", ORIGIN),
        ):
            with pytest.raises(error):
                await act
    with pytest.raises(Invalid):
        await grant_role(admin, target, "boss", "x", ORIGIN)
    for door in (access.persons_for(organizer), access.person_for(organizer, target)):
        with pytest.raises(NotFound):
            await door


async def test_people_that_do_not_exist(db: asyncpg.Connection, make_client: MakeClient) -> None:
    boss = make_client(await make_person(roles=("admin",)))
    nobody = "00000000-0000-7000-8000-000000000000"
    assert (await boss.get(f"/staff/people/{nobody}")).status_code == 404
    assert (await boss.get("/staff/people/1")).status_code == 404
    answer = await boss.post(f"/staff/people/{nobody}/roles", data={**BECAUSE, "role": "desk"})
    assert answer.status_code == 404
    assert (await boss.post(f"/staff/people/{nobody}/end", data=BECAUSE)).status_code == 404


async def test_the_last_admin_stays(db: asyncpg.Connection, make_client: MakeClient) -> None:
    actor = await make_person(roles=("admin",))
    boss = make_client(actor)
    here = f"/staff/people/{actor.id}"
    assert (await boss.post(f"{here}/roles/admin/end", data=BECAUSE)).status_code == 409
    assert (await boss.post(f"{here}/end", data=BECAUSE)).status_code == 409
    await make_person(roles=("admin",))
    assert (await boss.post(f"{here}/roles/admin/end", data=BECAUSE)).status_code == 303


async def test_of_two_admins_leaving_at_once_one_stays(committed: asyncpg.Pool) -> None:
    pair = [await make_person(roles=("admin",)) for _n in range(2)]
    outcomes = await asyncio.gather(
        *(end_role(actor, actor.person_id, "admin", "nghỉ", ORIGIN) for actor in pair), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastAdmin", "RoleChange"]
    assert await database.fetchval("SELECT count(*) FROM person_role WHERE ended_at IS NULL") == 1


async def test_without_the_lock_both_would_leave(committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the check alone, with nobody waiting for anybody, lets the last two go."""
    pair = [await make_person(roles=("admin",)) for _n in range(2)]
    both_looked = asyncio.Barrier(2)

    async def look_without_waiting(person: object) -> None:
        admins = await database.fetch("SELECT person FROM person_role WHERE role = 'admin' AND ended_at IS NULL")
        await both_looked.wait()
        if [row["person"] for row in admins] == [person]:
            raise LastAdmin

    monkeypatch.setattr(roles, "refuse_last_admin", look_without_waiting)
    await asyncio.gather(*(end_role(actor, actor.person_id, "admin", "nghỉ", ORIGIN) for actor in pair))
    assert await database.fetchval("SELECT count(*) FROM person_role WHERE ended_at IS NULL") == 0


async def test_weighty_things_ask_for_the_password(
    db: asyncpg.Connection, make_client: MakeClient, client: httpx.AsyncClient
) -> None:
    await signed_in(client, roles=("admin",))
    target = await make_person(roles=("desk",))
    await database.execute("UPDATE session SET confirmed_at = now() - interval '1 hour'")
    here = f"/staff/people/{target.id}"
    for path in (f"{here}/roles", f"{here}/roles/desk/end", f"{here}/two-step/end", f"{here}/end"):
        answer = await client.post(path, data={**BECAUSE, "role": "organizer"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/account/confirm?next={here}")
    assert (await access.person_for(await make_person(roles=("admin",)), target.person_id))["ended_at"] is None


# --- the list -------------------------------------------------------------------------------------------------


async def test_search_filter_and_pages(
    db: asyncpg.Connection, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "PAGE", 2)
    admin = await make_person("Quản trị", "boss@test.example", roles=("admin",))
    for number, name in enumerate(("Nguyễn Đức", "Trần_Lan", "Nguyễn Đức Anh", "Đức Nguyễn"), start=1):
        await make_person(name, f"p{number}@test.example", roles=("desk",) if number == 1 else ())
    names = [row["name"] for row in (await access.persons_for(admin, q="nguyen duc")).rows]
    assert names == ["Nguyễn Đức Anh", "Nguyễn Đức"]
    assert [row["name"] for row in (await access.persons_for(admin, q="n_l")).rows] == ["Trần_Lan"]
    assert (await access.persons_for(admin, q="%")).rows == []
    assert [row["name"] for row in (await access.persons_for(admin, q="P4@TEST")).rows] == ["Đức Nguyễn"]
    assert [row["name"] for row in (await access.persons_for(admin, role="desk")).rows] == ["Nguyễn Đức"]
    seen, before = [], None
    while True:
        found = await access.persons_for(admin, before=before)
        seen += [row["name"] for row in found.rows]
        before = found.older
        if before is None:
            break
    assert seen == ["Đức Nguyễn", "Nguyễn Đức Anh", "Trần_Lan", "Nguyễn Đức", "Quản trị"]
    boss = make_client(admin)
    page = (await boss.get("/staff/people?q=&only=nonsense")).text
    assert "before=" in page
    assert (await boss.get("/staff/people?q=zzz&only=desk")).text.count('class="empty') >= 1
    assert (await boss.get("/staff/people?before=x")).status_code == 400


async def test_the_list_costs_the_same_for_one_and_three(db: asyncpg.Connection, make_client: MakeClient) -> None:
    boss = make_client(await make_person(roles=("admin", "desk")))
    counts = []
    for people in (2, 4):  # the admin, who sees the own row without a note, and one or three others
        while await database.fetchval("SELECT count(*) FROM person") < people:
            await make_person(roles=("desk", "organizer"))
        with database.count_queries() as queries:
            page = await boss.get("/staff/people")
        counts.append((len(queries), page.text.count('href="/staff/people/')))
    assert counts == [(2, 2), (2, 4)]


# --- the end of an account ----------------------------------------------------------------------------------------


async def test_an_admin_ends_an_account(db: asyncpg.Connection, make_client: MakeClient) -> None:
    boss, client = make_client(await make_person(roles=("admin",))), make_client()
    actor = await signed_in(client, roles=("desk",))
    here = f"/staff/people/{actor.id}"
    assert (await boss.post(f"{here}/end", data=BECAUSE)).status_code == 303
    assert (await client.get("/account")).status_code == 303
    page = (await boss.get(here)).text
    assert BECAUSE["reason"] in page
    assert f"{here}/end" not in page
    assert (await boss.post(f"{here}/end", data=BECAUSE)).status_code == 404
    assert (await boss.post(f"{here}/roles", data={**BECAUSE, "role": "desk"})).status_code == 404
    assert await live_sessions(actor.id) == 0
    assert len(await mails()) == 1


async def test_roles_and_password_of_staff_pages(db: asyncpg.Connection, client: httpx.AsyncClient) -> None:
    """The real sign-in, end to end: an admin signs in, gives a role, and is still signed in."""
    actor = await signed_in(client, roles=("admin",), name="Quản trị")
    before = client.cookies["sid"]
    answer = await client.post(f"/staff/people/{actor.id}/roles", data={**BECAUSE, "role": "desk"})
    assert answer.status_code == 303
    assert client.cookies["sid"] != before
    assert (await client.get("/staff")).status_code == 200
    assert PASSWORD not in (await client.get(f"/staff/people/{actor.id}")).text


# --- somebody who lost phone and paper ----------------------------------------------------------------------------


async def test_an_admin_turns_off_a_lost_second_step(db: asyncpg.Connection, make_client: MakeClient) -> None:
    boss = make_client(await make_person("Quản trị", roles=("admin",)))
    actor = await make_person("Lan", roles=("desk",))
    here = f"/staff/people/{actor.id}"
    assert f"{here}/two-step/end" not in (await boss.get(here)).text, "it is not on"
    await confirmed_step(actor)
    await open_for(actor)
    assert (await boss.get(here)).text.count(f'action="{here}/two-step/end"') == 1
    for fields in ({}, {"reason": "x"}):
        assert (await boss.post(f"{here}/two-step/end", data=fields)).status_code == 422
    assert await live_sessions(actor.id) == 1
    for _twice in range(2):
        answer = await boss.post(f"{here}/two-step/end", data={"reason": "Mất điện thoại"})
        assert (answer.status_code, answer.headers["location"]) == (303, here)
    assert await two_step.state_of(actor) == (False, 0)
    assert await live_sessions(actor.id) == 0
    [mail] = await mails()
    assert (mail["to_address"], mail["locale"]) == (actor.email, "vi")
    assert "Đội ngũ của trang này đã tắt giúp bạn: Mất điện thoại" in mail["text"]
    row = await database.fetchrow("SELECT actor, detail FROM account_event WHERE kind = 'two_step.off'")
    assert row is not None
    assert (row["actor"] is not None, row["detail"]) == (True, {"reason": "Mất điện thoại"})
    assert f"{here}/two-step/end" not in (await boss.get(here)).text


async def test_who_may_turn_off_whose_second_step(db: asyncpg.Connection, make_client: MakeClient) -> None:
    """Not one's own: that is done in the account, with the password just typed and a notice of its own."""
    admin, organizer = await make_person(roles=("admin",)), await make_person(roles=("organizer",))
    target = await make_person(roles=("desk",))
    for person in (admin, target):
        await confirmed_step(person)
    waiting = Actor(id=admin.id, roles=admin.roles, confirmed_recently=True, second_step_missing=True)
    for actor, person, error in (
        (organizer, target, NotAllowed),
        (target, target, NotAllowed),
        (admin, admin, NotAllowed),
        (waiting, target, NotAllowed),
        (Actor(id=admin.id, roles=admin.roles), target, ConfirmFirst),
    ):
        with pytest.raises(error):
            await two_step.end_for(actor, person.person_id, "mất điện thoại", ORIGIN)
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", target.id)
    with pytest.raises(NotFound):
        await two_step.end_for(admin, target.person_id, "mất điện thoại", ORIGIN)
    assert await database.fetchval("SELECT count(*) FROM second_step WHERE ended_at IS NULL") == 2
    own = f"/staff/people/{admin.id}"
    boss = make_client(admin)
    assert f"{own}/two-step/end" not in (await boss.get(own)).text
    assert (await boss.post(f"{own}/two-step/end", data={"reason": "mất điện thoại"})).status_code == 403
