"""Setting up an event: forms that are refused keep what was typed, doors and team keep what an event cannot lack."""

import asyncio
import re
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db, outbox
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from events import planning, setup
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan
from tests.factories import make_person

HX = {"HX-Request": "true"}
KIND = {"code": "vip", "title_vi": "Khách mời", "title_en": "Guests", "capacity": "5"}
EVENT = {"title_vi": "Hội", "starts_at": "2027-01-01T08:00", "ends_at": "2027-01-01T09:00", "version": "2"}


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(capacity=2)


@pytest.fixture
def client(make_client: MakeClient, world: World) -> httpx.AsyncClient:
    return make_client(world.owner)


REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("/edit", {**EVENT, "title_vi": ""}, "title_vi"),
    ("/edit", {**EVENT, "title_vi": "x" * 201}, "title_vi"),
    ("/edit", {**EVENT, "ends_at": "2027-01-01T08:00"}, "ends_at"),
    ("/edit", {**EVENT, "starts_at": "2027-02-29T08:00"}, "starts_at"),
    ("/edit", {**EVENT, "starts_at": "0001-01-01T00:00"}, "starts_at"),
    ("/edit", {**EVENT, "ends_at": "9999-12-31T23:59"}, "ends_at"),
    ("/types", {**KIND, "code": ""}, "code"),
    ("/types", {**KIND, "code": "Có dấu"}, "code"),
    ("/types", {**KIND, "code": "visitor"}, "code"),
    ("/types", {**KIND, "title_vi": " "}, "title_vi"),
    ("/types", {**KIND, "capacity": "-1"}, "capacity"),
    ("/types", {**KIND, "capacity": "1000001"}, "capacity"),
    ("/types", {**KIND, "capacity": "1e3"}, "capacity"),
    ("/types", {**KIND, "opens_at": "2027-01-02T00:00", "closes_at": "2027-01-01T00:00"}, "closes_at"),
    ("/types/{type}", {**KIND, "capacity": "0"}, "capacity"),
    ("/types/{type}", {**KIND, "capacity": "x"}, "capacity"),
    ("/checkpoints", {"name_vi": ""}, "name_vi"),
    ("/checkpoints", {"name_vi": "Cửa", "capacity": "0"}, "capacity"),
    ("/checkpoints", {"name_vi": "Cửa", "capacity": "-3"}, "capacity"),
    ("/team", {"email": "không phải email", "role": "desk"}, "email"),
    ("/team", {"email": "", "role": "desk"}, "email"),
    ("/team", {"email": "a@test.example", "role": "owner"}, "role"),
    ("/status/cancel", {"reason": "x" * 501}, "reason"),
    ("/new-codes", {"reason": "x" * 501}, "reason"),
]


@pytest.mark.parametrize(("path", "form", "field"), REFUSED, ids=range(len(REFUSED)))
async def test_a_refused_form_comes_back_as_it_was_typed_and_nothing_has_changed(
    path: str, form: dict[str, str], field: str, world: World, client: httpx.AsyncClient
) -> None:
    await make_registration(world)
    before = [await db.fetch(f"SELECT t::text FROM {t} t ORDER BY 1") for t in TABLES]
    answer = await client.post(f"/events/{world.slug}" + path.format(type=world.type_id), data=form)
    assert answer.status_code == 422
    marked = re.findall(r'<(?:input|textarea|fieldset|select)[^>]*aria-invalid="true"[^>]*>', answer.text)
    assert any(f'name="{field}"' in tag for tag in marked) or f"{field}" in "".join(marked), marked
    for name, value in form.items():
        if name in ("title_en", "title_vi") and value.strip():
            assert f'value="{value}"' in answer.text
    assert [await db.fetch(f"SELECT t::text FROM {t} t ORDER BY 1") for t in TABLES] == before


TABLES = ("event", "ticket_type", "checkpoint", "event_staff", "event_key", "registration", "outbox", "mail")


async def test_an_edit_from_an_older_page_is_refused_with_what_was_typed(
    world: World, client: httpx.AsyncClient
) -> None:
    path = f"/events/{world.slug}/edit"
    page = (await client.get(path)).text
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    first = await client.post(path, data={**EVENT, "version": version, "venue": "Một"})
    late = await client.post(path, data={**EVENT, "version": version, "venue": "Hai"})
    assert (first.status_code, late.status_code, 'value="Hai"' in late.text) == (303, 422, True)
    assert planning.ChangedMeanwhile().text("vi") in late.text
    assert await db.fetchval("SELECT venue FROM event WHERE id = $1", world.event) == "Một"


ACTS = [
    ("/edit", EVENT, "Đã lưu."),
    ("/types", KIND, "Đã thêm loại vé."),
    ("/checkpoints", {"name_vi": "Cửa sau"}, "Đã thêm điểm check-in."),
    ("/status/close", {}, "Đã đóng đăng ký."),
    ("/team", {"email": "ai@test.example", "role": "desk"}, "Chúng tôi đã gửi email đến ai@test.example."),
    ("/new-codes", {"reason": "lộ mã"}, "Đã thay toàn bộ mã. Mọi người sẽ nhận vé mới qua email."),
    ("/status/cancel", {"reason": "Bão"}, "Sự kiện đã hủy. Mọi người đã đăng ký sẽ được báo qua email."),
]


@pytest.mark.parametrize(("path", "form", "said"), ACTS, ids=[act[0] for act in ACTS])
async def test_what_was_done_is_said_once_and_leads_back(
    path: str, form: dict[str, str], said: str, world: World, client: httpx.AsyncClient
) -> None:
    done = await client.post(f"/events/{world.slug}{path}", data=form)
    assert (done.status_code, done.headers["location"]) == (303, f"/events/{world.slug}/setup")
    page, again = [(await client.get(done.headers["location"])).text for _n in range(2)]
    assert (said in page, said in again) == (True, False)


async def test_htmx_is_led_on_instead_of_redirected(world: World, client: httpx.AsyncClient) -> None:
    done = await client.post(f"/events/{world.slug}/types", data=KIND, headers=HX)
    assert (done.status_code, done.headers["hx-redirect"]) == (204, f"/events/{world.slug}/setup")


@pytest.mark.parametrize("act", ["delete", "draft", "PUBLISH", "publish "])
async def test_no_other_states_can_be_asked_for(act: str, world: World, client: httpx.AsyncClient) -> None:
    assert (await client.post(f"/events/{world.slug}/status/{act}")).status_code in (403, 404)
    assert await db.fetchval("SELECT status FROM event WHERE id = $1", world.event) == "published"


async def test_a_cancelled_event_can_be_neither_edited_nor_opened_again(
    world: World, client: httpx.AsyncClient
) -> None:
    await planning.cancel_event(world.owner, world.event, "Bão")
    edit = await client.post(f"/events/{world.slug}/edit", data={**EVENT, "version": "3"})
    found = [(await client.post(f"/events/{world.slug}/status/{act}")).status_code for act in ("publish", "close")]
    assert (edit.status_code, planning.NotInThisState().text("vi") in edit.text, found) == (422, True, [409, 409])
    again = await client.post(f"/events/{world.slug}/status/cancel", data={"reason": "Khác"})
    assert (again.status_code, await db.fetchval("SELECT status_reason FROM event WHERE id = $1", world.event)) == (
        303,
        "Bão",
    )


@pytest.mark.parametrize(("more", "said"), [(1, "1 người"), (2, "2 người"), (0, None)])
async def test_more_places_say_how_many_moved_up(
    more: int, said: str | None, world: World, client: httpx.AsyncClient
) -> None:
    for _n in range(2 + more):
        await make_registration(world)
    form = {"code": "visitor", "title_vi": "Khách", "capacity": "9"}
    await client.post(f"/events/{world.slug}/types/{world.type_id}", data=form)
    page = (await client.get(f"/events/{world.slug}/setup")).text
    flash = re.findall(r"data-toast>.*?<span>([^<]*)</span>", page)
    assert len(flash) == 1
    assert (said in flash[0]) if said else flash == ["Đã lưu."]


# --- doors ------------------------------------------------------------------------------------------------------


async def test_an_event_keeps_a_door(world: World, client: httpx.AsyncClient) -> None:
    path = f"/events/{world.slug}/checkpoints"
    last = await client.post(f"{path}/{world.checkpoint}/end")
    assert (last.status_code, last.text.count(f'action="{path}"')) == (422, 1)
    assert setup.LastDoor().text("vi") in last.text
    village = await setup.add_checkpoint(world.owner, world.event, name_vi="Làng", types=[])
    for _n in range(2):
        assert (await client.post(f"{path}/{world.checkpoint}/end")).status_code == 303
    assert (await client.post(f"{path}/{village}/end")).status_code == 422
    assert [row["id"] for row in await setup.checkpoints_of(world.event)] == [village]
    assert (await client.get(f"/events/{world.slug}/desk")).status_code == 200


async def test_two_who_close_the_last_two_doors_at_once_leave_one(committed: asyncpg.Pool) -> None:
    world = await make_event()
    village = await setup.add_checkpoint(world.owner, world.event, name_vi="Làng", types=[])
    ends = [setup.end_checkpoint(world.owner, world.event, door) for door in (world.checkpoint, village)]
    found = await asyncio.gather(*ends, return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["LastDoor", "NoneType"]
    assert len(await setup.checkpoints_of(world.event)) == 1


async def test_another_events_door_is_left_alone(world: World) -> None:
    other = await make_event()
    await setup.add_checkpoint(world.owner, world.event, name_vi="Làng", types=[])
    await setup.end_checkpoint(other.owner, other.event, world.checkpoint)
    assert len(await setup.checkpoints_of(world.event)) == 2


async def test_doors_stand_in_the_order_in_which_they_were_made(world: World) -> None:
    for n in range(3):
        await setup.add_checkpoint(world.owner, world.event, name_vi=f"Làng {n}", capacity=n or None, types=["visitor"])
    rows = await setup.checkpoints_of(world.event)
    assert [(row["name_vi"], row["capacity"], row["ticket_types"]) for row in rows] == [
        ("Cửa chính", None, None),
        ("Làng 0", None, ["visitor"]),
        ("Làng 1", 1, ["visitor"]),
        ("Làng 2", 2, ["visitor"]),
    ]


# --- team -------------------------------------------------------------------------------------------------------


async def roles(world: World) -> dict[str, str]:
    return {row["email"]: row["role"] for row in await setup.staff_of(world.event)}


async def test_a_new_role_replaces_the_old_one_and_both_stay_on_record(world: World) -> None:
    helper = await make_person(email="helper@test.example")
    for role in ("desk", "organizer", "organizer", "desk"):
        await setup.add_staff(world.owner, world.event, " Helper@TEST.example", role)
    assert await roles(world) == {world.owner.email: "owner", "helper@test.example": "desk"}
    rows = await db.fetch(
        "SELECT role, ended_at IS NULL AS now, granted_by, ended_by FROM event_staff WHERE person = $1 ORDER BY id",
        helper.id,
    )
    by = world.owner.id
    assert [tuple(row) for row in rows] == [
        ("desk", False, by, by),
        ("organizer", False, by, by),
        ("desk", True, by, None),
    ]


async def test_the_owner_stays_owner(world: World) -> None:
    with pytest.raises(setup.LastOwner):
        await setup.add_staff(world.owner, world.event, world.owner.email, "desk")
    staff = (await setup.staff_of(world.event))[0]["id"]
    with pytest.raises(setup.LastOwner):
        await setup.end_staff(world.owner, world.event, staff)
    with pytest.raises(Invalid):
        await setup.add_staff(world.owner, world.event, "a@test.example", "owner")
    with pytest.raises(NotFound):
        await setup.end_staff(world.owner, world.event, new_id())
    assert await roles(world) == {world.owner.email: "owner"}


async def test_who_was_taken_off_the_team_twice_left_once(world: World) -> None:
    helper = await make_person(email="helper@test.example")
    await setup.add_staff(world.owner, world.event, helper.email, "desk")
    staff = next(row["id"] for row in await setup.staff_of(world.event) if row["role"] == "desk")
    await setup.end_staff(world.owner, world.event, staff)
    ended = await db.fetchval("SELECT ended_at FROM event_staff WHERE id = $1", staff)
    await setup.end_staff(world.owner, world.event, staff)
    assert await db.fetchval("SELECT ended_at FROM event_staff WHERE id = $1", staff) == ended


@pytest.mark.parametrize("known", [True, False])
async def test_who_is_asked_to_help_gets_one_mail_a_day_for_a_role(known: bool, world: World) -> None:
    if known:
        await make_person("Lan", email="lan@test.example", locale="en")
    for role in ("desk", "desk", "organizer", "desk"):
        await setup.add_staff(world.owner, world.event, "lan@test.example", role)
    await outbox.drain()
    mails = await db.fetch("SELECT * FROM mail ORDER BY created_at, id")
    assert [mail["to_address"] for mail in mails] == ["lan@test.example"] * 2
    assert {mail["locale"] for mail in mails} == ({"en"} if known else {"vi"})
    links = {re.findall(r"http://\S+", mail["text"])[0] for mail in mails}
    assert links == {f"http://127.0.0.1:8000/events/{world.slug}" if known else "http://127.0.0.1:8000/sign-up"}
    assert await db.fetchval("SELECT count(*) FROM event_staff WHERE role <> 'owner'") == (3 if known else 0)


async def test_people_who_are_made_up_help_without_a_mail(world: World) -> None:
    await make_person("Mẫu", email="mau@test.example", sample=True)
    await setup.add_staff(world.owner, world.event, "mau@test.example", "desk")
    await outbox.drain()
    assert (await db.fetchval("SELECT count(*) FROM mail"), len(await roles(world))) == (0, 2)


# --- keys and addresses -----------------------------------------------------------------------------------------


async def test_new_codes_reach_who_registers_in_the_same_moment(world: World) -> None:
    early, late = await make_registration(world), await make_registration(world)
    old = early.signing_key
    number = await planning.rotate_key(world.owner, world.event, "x" * 900)
    await db.execute("UPDATE registration SET signing_key = $2 WHERE id = $1", late.id, old)
    for _n in range(2):
        await planning.renew_codes(world.event)
    assert {row["signing_key"] for row in await db.fetch("SELECT signing_key FROM registration")} == {number}
    row = await db.fetchrow("SELECT revoked_by, length(revoked_reason) AS n FROM event_key WHERE id = $1", old)
    assert tuple(row) == (world.owner.id, 500)
    assert (await scan(world, late.code)).outcome == "ok"


@pytest.mark.parametrize(
    ("title", "slugs"),
    [
        ("Ngày hội Đổi mới", ["ngay-hoi-doi-moi", "ngay-hoi-doi-moi-2", "ngay-hoi-doi-moi-3"]),
        ("NEW", ["new-2", "new-3", "new-4"]),
        ("manage", ["manage-2", "manage-3", "manage-4"]),
        ("🎉🎉", ["su-kien", "su-kien-2", "su-kien-3"]),
        ("../../etc", ["etc", "etc-2", "etc-3"]),
    ],
)
async def test_every_event_gets_an_address_of_its_own(title: str, slugs: list[str], db: asyncpg.Connection) -> None:
    owner = await make_person(roles=("organizer",))
    assert [(await make_event(owner=owner, title_vi=title)).slug for _n in range(3)] == slugs


async def test_types_are_refused_by_the_verb_as_well(world: World) -> None:
    with pytest.raises(setup.CodeTaken):
        await setup.add_type(world.owner, world.event, TypePlan(code="visitor", title_vi="Khách", capacity=1))
    for change in ({"opens_at": "1999"}, {"closes_at": "2101"}):
        moments: dict[str, Any] = {
            name: await db.fetchval("SELECT make_timestamptz($1, 6, 1, 0, 0, 0)", int(year))
            for name, year in change.items()
        }
        with pytest.raises(Invalid) as refused:
            setup.check_type(TypePlan(code="a", title_vi="A", capacity=1, **moments))
        assert list(refused.value.fields) == list(change)
