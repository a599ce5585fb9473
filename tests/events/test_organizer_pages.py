"""Pages for organizers and the desk: planning, guests, scanning, and who may see what."""

import re
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db
from app.core.web import NOBODY, Actor
from events import planning, review, setup, states, waitlist
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, plan, ticket_code
from tests.factories import make_person

HX = {"HX-Request": "true"}
GUEST = {"ticket_type": "visitor", "full_name": "Trần Văn Minh", "email": "minh@test.example", "terms": "1"}


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(capacity=2)


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


# --- the organizer's pages ---------------------------------------------------------------------------------------

EVENT = {
    "title_vi": "Ngày hội mới",
    "starts_at": "2027-03-01T08:00",
    "ends_at": "2027-03-01T17:00",
    "venue": "Nhà văn hóa",
    "province_code": "01",
}


async def test_an_organizer_plans_an_event_from_title_to_door(make_client: MakeClient, db: asyncpg.Connection) -> None:
    owner = await make_person(name="Ban tổ chức", roles=("organizer",))
    client = make_client(owner)
    assert "Bạn chưa có sự kiện nào" in (await client.get("/events/manage")).text
    made = await client.post("/events/new", data=EVENT)
    base = "/events/ngay-hoi-moi"
    assert made.headers["location"] == f"{base}/setup"
    early = await client.post(f"{base}/status/publish")
    assert early.status_code == 409
    kind = {"code": "visitor", "title_vi": "Khách", "capacity": "2"}
    assert (await client.post(f"{base}/types", data=kind)).status_code == 303
    twice = await client.post(f"{base}/types", data=kind)
    assert (twice.status_code, "đã có loại vé" in twice.text) == (422, True)
    assert (await client.post(f"{base}/status/publish")).status_code == 303
    village = {"name_vi": "Làng AI", "types": "visitor"}
    assert (await client.post(f"{base}/checkpoints", data=village)).status_code == 303
    bad = await client.post(f"{base}/checkpoints", data={"name_vi": "", "capacity": "x"})
    assert bad.status_code == 422
    page = await client.get(f"{base}/setup")
    assert "Làng AI" in page.text
    form = await client.get(f"{base}/edit")
    assert 'value="2027-03-01T08:00"' in form.text
    version = field(form.text, "version")
    saved = await client.post(f"{base}/edit", data={**EVENT, "venue": "Nơi khác", "version": version})
    assert saved.status_code == 303
    stale = await client.post(f"{base}/edit", data={**EVENT, "version": version})
    assert (stale.status_code, "Nhà văn hóa" in stale.text) == (422, True)
    assert (await client.post(f"{base}/status/close")).status_code == 303
    assert (await client.post(f"{base}/status/cancel", data={"reason": ""})).status_code == 422
    assert (await client.post(f"{base}/status/cancel", data={"reason": "Bão số 9"})).status_code == 303
    assert "Bão số 9" in (await make_client(NOBODY).get(base)).text


BAD_PLANS: list[dict[str, str]] = [
    {"title_vi": ""},
    {"title_vi": "x" * 201},
    {"starts_at": ""},
    {"starts_at": "2027-02-29T08:00"},
    {"starts_at": "0001-01-01T00:00"},
    {"starts_at": "9999-01-01T00:00"},
    {"starts_at": "tomorrow"},
    {"ends_at": "2027-03-01T07:00"},
]


@pytest.mark.parametrize("change", BAD_PLANS, ids=range(len(BAD_PLANS)))
async def test_plans_that_cannot_be(change: dict[str, str], make_client: MakeClient, db: asyncpg.Connection) -> None:
    client = make_client(await make_person(roles=("organizer",)))
    answer = await client.post("/events/new", data={**EVENT, **change})
    assert answer.status_code == 422
    assert 'value="Nhà văn hóa"' in answer.text


NO_NUMBERS = ["-1", "2147483648", "9223372036854775808", "1e3", "٣", "0x10", "1_000", "+5", "", "1.5"]


@pytest.mark.parametrize("places", NO_NUMBERS)
async def test_places_that_are_no_number(places: str, make_client: MakeClient, world: World) -> None:
    client = make_client(world.owner)
    kind = {"code": "k", "title_vi": "K", "capacity": places}
    assert (await client.post(f"/events/{world.slug}/types", data=kind)).status_code == 422


async def test_fewer_places_than_taken_are_refused_and_more_move_people_up(
    make_client: MakeClient, world: World
) -> None:
    for _n in range(4):
        await make_registration(world)
    client = make_client(world.owner)
    path = f"/events/{world.slug}/types/{world.type_id}"
    kind = {"code": "visitor", "title_vi": "Khách", "capacity": "1"}
    low = await client.post(path, data=kind)
    assert (low.status_code, "2 chỗ đã có người" in low.text) == (422, True)
    assert (await client.post(path, data={**kind, "capacity": ""})).status_code == 422
    high = await client.post(path, data={**kind, "capacity": "3"}, follow_redirects=True)
    assert "1 người trong danh sách chờ đã có chỗ" in high.text
    assert await db.fetchval("SELECT count(*) FROM registration WHERE status = 'waitlisted'") == 1


async def test_the_owner_builds_a_team(make_client: MakeClient, world: World) -> None:
    helper = await make_person(name="Người giúp", email="helper@test.example")
    client = make_client(world.owner)
    path = f"/events/{world.slug}/team"
    said = [
        (await client.post(path, data={"email": email, "role": "desk"}, follow_redirects=True)).text
        for email in ("nobody@test.example", "helper@test.example")
    ]
    found = [re.findall(r"Chúng tôi đã gửi email đến [^<]*", text) for text in said]
    assert [[line.replace("nobody@", "helper@") for line in lines] for lines in found] == [found[1]] * 2
    assert len(found[1]) == 1
    assert {row["email"] for row in await setup.staff_of(world.event)} == {world.owner.email, "helper@test.example"}
    own = await client.post(path, data={"email": world.owner.email, "role": "desk"})
    assert own.status_code == 422
    assert (await client.post(path, data={"email": "x", "role": "owner"})).status_code == 422
    for role in ("desk", "desk", "organizer"):
        assert (await client.post(path, data={"email": "Helper@test.example", "role": role})).status_code == 303
    staff = {row["email"]: row for row in await setup.staff_of(world.event)}
    assert staff["helper@test.example"]["role"] == "organizer"
    theirs = make_client(helper)
    assert (await theirs.get(f"/events/{world.slug}/setup")).status_code == 200
    assert (await theirs.post(path, data={"email": "helper@test.example", "role": "desk"})).status_code == 403
    gone = await client.post(f"{path}/{staff['helper@test.example']['id']}/end")
    assert gone.status_code == 303
    assert (await theirs.get(f"/events/{world.slug}/setup")).status_code == 403
    assert (await client.post(f"{path}/{staff[world.owner.email]['id']}/end")).status_code == 409


async def test_guests_are_searched_decided_on_and_exported(make_client: MakeClient, db: asyncpg.Connection) -> None:
    world = await make_event(TypePlan(code="visitor", title_vi="Nhà đầu tư", capacity=1, needs_approval=True))
    client = make_client(world.owner)
    path = f"/events/{world.slug}/guests"
    assert "Chưa có ai đăng ký" in (await client.get(path)).text
    names = ["Nguyễn Đức Anh", "=HYPERLINK(1)", "Phạm Thị Hà"]
    ids = [str((await make_registration(world, full_name=name, phone="+84 912 345 678")).id) for name in names]
    found = await client.get(path, params={"q": "nguyen duc"})
    assert [name in found.text.replace("&#39;", "'") for name in names] == [True, False, False]
    assert "Không có ai phù hợp" in (await client.get(path, params={"q": "100%_"})).text
    assert "Không có ai phù hợp" in (await client.get(path, params={"status": "cancelled"})).text
    none = await client.post(f"{path}/decide", data={"act": "approve"}, follow_redirects=True)
    assert "ít nhất một người" in none.text
    said = await client.post(f"{path}/decide", data={"act": "approve", "ids": ids}, follow_redirects=True)
    assert "1 đã xác nhận" in said.text
    assert "2 vẫn chờ" in said.text
    await client.post(f"{path}/decide", data={"act": "approve_waitlist", "ids": ids[1]})
    await client.post(f"{path}/decide", data={"act": "refuse", "ids": ids, "reason": "Hết chỗ"})
    rows = await db.fetch("SELECT status FROM registration ORDER BY queue_number")
    assert [row["status"] for row in rows] == ["confirmed", "waitlisted", "refused"]
    cancelled = await client.post(f"{path}/decide", data={"act": "cancel", "ids": ids[0]}, follow_redirects=True)
    assert "1 đăng ký đã hủy" in cancelled.text
    again = await client.post(f"{path}/decide", data={"act": "refuse", "ids": ids[2]}, follow_redirects=True)
    assert "Không ai trong số này" in again.text
    export = await client.get(f"{path}.csv")
    assert export.headers["content-type"] == "text/csv; charset=utf-8"
    text = export.content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert "'+84 912 345 678" in text
    assert "Nguyễn Đức Anh" in text
    assert len(text.splitlines()) == 4


async def test_another_organizers_guests_cannot_be_decided_on(make_client: MakeClient, world: World) -> None:
    other = await make_event(capacity=5)
    guest = await make_registration(world)
    client = make_client(other.owner)
    for act in ("refuse", "cancel", "approve"):
        await client.post(f"/events/{other.slug}/guests/decide", data={"act": act, "ids": str(guest.id)})
    assert await db.fetchval("SELECT status FROM registration WHERE id = $1", guest.id) == "confirmed"


async def test_guests_come_page_by_page(make_client: MakeClient, db: asyncpg.Connection) -> None:
    world = await make_event(capacity=100)
    for n in range(52):
        await make_registration(world, full_name=f"Khách {n:02}x")
    client = make_client(world.owner)
    first = (await client.get(f"/events/{world.slug}/guests")).text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = (await client.get(older[1].replace("&amp;", "&"), headers=HX)).text
    assert [f"Khách {n:02}x" in first for n in (51, 2, 1)] == [True, True, False]
    assert [f"Khách {n:02}x" in second for n in (2, 1, 0)] == [False, True, True]


async def test_who_is_asked_to_help_gets_a_mail_with_an_account_and_without(world: World) -> None:
    await make_person(name="Người giúp", email="helper@test.example", locale="en")
    sample = await make_person(name="Mẫu", email="sample@test.example")
    await db.execute("UPDATE person SET sample = true WHERE id = $1", sample.id)
    for email in ("helper@test.example", "HELPER@test.example", "nobody@test.example", "sample@test.example"):
        await setup.add_staff(world.owner, world.event, email, "desk")
    mails = await db.fetch("SELECT to_address, locale, subject, text FROM mail ORDER BY created_at, id")
    assert [(row["to_address"], row["locale"], row["subject"]) for row in mails] == [
        ("helper@test.example", "en", "You are on the team: Startup day"),
        ("nobody@test.example", "vi", "Mời bạn tham gia ban tổ chức: Ngày hội khởi nghiệp"),
    ]
    assert f"/events/{world.slug}\n" in mails[0]["text"]
    assert "Check-in desk" in mails[0]["text"]
    assert "/sign-up\n" in mails[1]["text"]
    await setup.add_staff(world.owner, world.event, "nobody@test.example", "organizer")
    assert await db.fetchval("SELECT count(*) FROM mail") == 3


async def test_bulk_cancelling_counts_what_changed_and_promotes_nobody_it_cancels(
    make_client: MakeClient, world: World
) -> None:
    guests = [await make_registration(world) for _n in range(4)]
    other = await make_registration(await make_event(capacity=5))
    await waitlist.cancel(world.owner, guests[3].id)
    await db.execute("DELETE FROM outbox")
    client = make_client(world.owner)
    ids = [str(guest.id) for guest in (guests[0], *guests[2:], other)]
    path = f"/events/{world.slug}/guests/decide"
    said = await client.post(path, data={"act": "cancel", "ids": ids, "reason": "Trùng"}, follow_redirects=True)
    assert "2 đăng ký đã hủy" in said.text
    rows = await db.fetch("SELECT status FROM registration ORDER BY queue_number")
    assert [row["status"] for row in rows] == ["cancelled", "confirmed", "cancelled", "cancelled", "confirmed"]
    kinds = await db.fetch("SELECT payload->>'kind' AS kind FROM outbox WHERE topic = 'events.tell_guest' ORDER BY id")
    assert sorted(row["kind"] for row in kinds) == ["cancelled", "cancelled"]
    assert await db.fetchval("SELECT sold FROM ticket_type WHERE id = $1", world.type_id) == 1
    again = await client.post(path, data={"act": "cancel", "ids": ids}, follow_redirects=True)
    assert "0 đăng ký đã hủy" in again.text


async def test_bulk_cancelling_is_all_or_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    guests = [await make_registration(world) for _n in range(2)]
    first, left = states.move, 1

    async def once(*args: Any, **kw: Any) -> None:
        nonlocal left
        if not left:
            raise ConnectionError
        left -= 1
        await first(*args, **kw)

    monkeypatch.setattr(states, "move", once)
    with pytest.raises(ConnectionError):
        await waitlist.cancel_all(world.owner, world.event, [guest.id for guest in guests])
    assert await db.fetchval("SELECT count(*) FROM registration WHERE status = 'confirmed'") == 2


@pytest.mark.parametrize("gone", ["cancelled", "ended"])
async def test_nobody_is_approved_for_an_event_that_is_gone(
    gone: str, make_client: MakeClient, db: asyncpg.Connection
) -> None:
    world = await make_event(TypePlan(code="visitor", title_vi="Nhà đầu tư", capacity=1, needs_approval=True))
    guest = await make_registration(world)
    if gone == "cancelled":
        await planning.cancel_event(world.owner, world.event, "Bão")
    else:
        past = "UPDATE event SET starts_at = starts_at - interval '9 days', ends_at = ends_at - interval '9 days'"
        await db.execute(f"{past} WHERE id = $1", world.event)
    await db.execute("UPDATE registration SET status = 'pending_review' WHERE id = $1", guest.id)
    with pytest.raises(review.TooLate):
        await review.approve(world.owner, world.event, [guest.id], when_full="waitlist")
    body = {"act": "approve", "ids": str(guest.id)}
    said = await make_client(world.owner).post(f"/events/{world.slug}/guests/decide", data=body, follow_redirects=True)
    assert "không thể duyệt thêm ai" in said.text
    assert await db.fetchval("SELECT status FROM registration WHERE id = $1", guest.id) == "pending_review"


# --- the desk ----------------------------------------------------------------------------------------------------


async def desk_post(client: httpx.AsyncClient, world: World, text: str, **kw: str) -> httpx.Response:
    body = {"checkpoint": str(world.checkpoint), "nonce": kw.pop("nonce", "n1"), "text": text, "direction": "in", **kw}
    return await client.post(f"/events/{world.slug}/desk/scan", data=body, headers=HX)


async def test_the_desk_welcomes_once_and_says_since_when(make_client: MakeClient, world: World) -> None:
    guest = await make_registration(world, full_name="Nguyễn Đức Anh")
    client = make_client(world.owner)
    page = await client.get(f"/events/{world.slug}/desk")
    assert "data-focus" in page.text
    code = await ticket_code(world, guest)
    first = await desk_post(client, world, code.lower())
    assert "verdict-ok" in first.text
    assert "Nguyễn Đức Anh" in first.text
    replay = await desk_post(client, world, code)
    assert "verdict-ok" in replay.text
    mine = await desk_post(client, world, code, nonce="n2")
    assert "verdict-already" in mine.text
    assert "Bạn vừa quét vé này" in mine.text
    other = await make_person(name="Bàn số 2", email="desk2@test.example")
    await setup.add_staff(world.owner, world.event, "desk2@test.example", "desk")
    theirs = await desk_post(make_client(other), world, code, nonce="n3")
    assert "Ban tổ chức" in theirs.text
    assert "Đã vào lúc" in theirs.text
    out = await desk_post(client, world, guest.code, nonce="n4", direction="out")
    assert "Tạm biệt" in out.text
    count = await client.get(f"/events/{world.slug}/desk/count?checkpoint={world.checkpoint}", headers=HX)
    assert 'id="count"' in count.text


async def test_the_desk_finds_names_and_undoes(make_client: MakeClient, world: World) -> None:
    guest = await make_registration(world, full_name="Nguyễn Đức Anh", organisation="Viện Mẫu")
    client = make_client(world.owner)
    for text, hit in (("nguyen duc", True), ("ANH", True), ("du", False), ("Trần", False), ("vien mau", True)):
        found = await desk_post(client, world, text)
        assert (f'value="{guest.code}"' in found.text) is hit, text
    assert await db.fetchval("SELECT count(*) FROM scan") == 0
    await desk_post(client, world, guest.code, nonce="n5")
    scan = await db.fetchval("SELECT id FROM scan")
    path = f"/events/{world.slug}/desk/undo"
    body = {"checkpoint": str(world.checkpoint), "scan": str(scan), "reason": "Nhầm người"}
    assert "Vui lòng cho biết lý do" in (await client.post(path, data={**body, "reason": ""}, headers=HX)).text
    assert "Đã hoàn tác" in (await client.post(path, data=body, headers=HX)).text
    assert "đã được hoàn tác trước đó" in (await client.post(path, data=body, headers=HX)).text
    again = await desk_post(client, world, guest.code, nonce="n6")
    assert "verdict-ok" in again.text
    assert await db.fetchval("SELECT count(*) FROM scan") == 3


def door_of(html: str) -> tuple[str, str, bool]:
    """The door that the station books to, as it says and as it sends, and whether it is set to exit."""
    form = html[html.index('id="scan-form"') :]
    name = re.search(r'id="door"[^>]*>[^<]*<strong>([^<]*)</strong>', form)
    sent = re.search(r'name="checkpoint" value="([^"]*)"', form)
    assert name
    assert sent
    return name[1], sent[1], 'id="f-out" name="direction" value="out" checked' in form


async def test_the_desk_stays_at_its_door_whatever_is_sent(make_client: MakeClient, world: World) -> None:
    village = await setup.add_checkpoint(world.owner, world.event, name_vi="Làng công nghệ", types=[])
    guest = await make_registration(world)
    client = make_client(world.owner)
    path = f"/events/{world.slug}/desk"
    here = {"checkpoint": str(village), "direction": "out"}
    there = ("Làng công nghệ", str(village), True)
    for number, text in enumerate(("", "   ", "x" * 5000, guest.code, "Khách", "nothing of ours 1", "ABCD2345")):
        assert door_of((await desk_post(client, world, text, nonce=f"n{number}", **here)).text) == there, text
    scan_id = str(await db.fetchval("SELECT id FROM scan LIMIT 1"))
    for reason in ("", "Nhầm"):
        body = {**here, "scan": scan_id, "reason": reason}
        assert door_of((await client.post(f"{path}/undo", data=body, headers=HX)).text) == there
    undo_form = (await desk_post(client, world, guest.code, nonce="in", checkpoint=str(village))).text
    assert 'name="direction" value="in"><div class="field"><label for="f-undo-1"' in undo_form
    bad = await desk_post(client, world, "", checkpoint="x")
    assert door_of(bad.text) == ("Cửa chính", str(world.checkpoint), False)


async def test_a_door_that_was_closed_is_not_swapped_for_another(make_client: MakeClient, world: World) -> None:
    village = await setup.add_checkpoint(world.owner, world.event, name_vi="Làng công nghệ", types=[])
    await setup.end_checkpoint(world.owner, world.event, village)
    client = make_client(world.owner)
    assert (await desk_post(client, world, "Khách", checkpoint=str(village))).status_code == 404


async def test_names_with_digits_are_found_too(make_client: MakeClient, world: World) -> None:
    company = await make_registration(world, full_name="Trần Hà", organisation="F88")
    second = await make_registration(world, full_name="Nguyễn Anh 2")
    client = make_client(world.owner)
    for number, (text, guest) in enumerate((("F88", company), ("anh 2", second))):
        found = await desk_post(client, world, text, nonce=f"n{number}")
        assert f'value="{guest.code}"' in found.text
        assert "verdict-refused" in found.text
    nobody = await desk_post(client, world, "F99", nonce="n9")
    assert "verdict-refused" in nobody.text
    assert 'id="hits-title"' not in nobody.text


async def test_a_form_that_comes_back_with_another_code_is_another_act(make_client: MakeClient, world: World) -> None:
    first, second = await make_registration(world), await make_registration(world)
    client = make_client(world.owner)
    shown = [(await desk_post(client, world, guest.code)).text for guest in (first, second, second, first)]
    assert ["verdict-ok" in html for html in shown] == [True] * 4
    assert await db.fetchval("SELECT count(*) FROM scan") == 2
    out = await desk_post(client, world, second.code, direction="out")
    assert "Tạm biệt" in out.text
    assert await db.fetchval("SELECT count(*) FROM scan") == 3


async def test_what_the_desk_cannot_read(make_client: MakeClient, world: World) -> None:
    client = make_client(world.owner)
    shown = ["https://evil.example/" + "x" * 4000, "'; DROP TABLE scan; --", "12345678", "BEGIN:VCARD"]
    for number, text in enumerate(shown):
        answer = await desk_post(client, world, text, nonce=f"n{number}")
        assert answer.status_code == 200
        assert "verdict-refused" in answer.text
    empty = await desk_post(client, world, "")
    assert "Quét mã hoặc gõ tên" in empty.text
    other = await make_event()
    foreign = await desk_post(client, world, "ABCD2345", checkpoint=str(other.checkpoint))
    assert foreign.status_code == 404


# --- who may see what --------------------------------------------------------------------------------------------


async def seen(client: httpx.AsyncClient, world: World) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in ("", "/register", "/setup", "/edit", "/guests", "/guests.csv", "/desk"):
        found[name] = (await client.get(f"/events/{world.slug}{name}")).status_code
    found["new"] = (await client.get("/events/new")).status_code
    found["manage"] = (await client.get("/events/manage")).status_code
    data: dict[str, Any] = {"reason": "x", "code": "c", "title_vi": "t", "capacity": "1", "act": "approve"}
    for path in ("/status/close", "/types", "/checkpoints", "/guests/decide", "/desk/scan", "/team", "/new-codes"):
        found[f"POST {path}"] = (await client.post(f"/events/{world.slug}{path}", data=data)).status_code
    return found


async def test_the_matrix_of_pages(make_client: MakeClient, world: World) -> None:
    desk = await make_person(email="desk@test.example")
    await setup.add_staff(world.owner, world.event, "desk@test.example", "desk")
    gets = ("", "/register", "/setup", "/edit", "/guests", "/guests.csv", "/desk", "new", "manage")
    posts = ("/status/close", "/types", "/checkpoints", "/guests/decide", "/desk/scan", "/team", "/new-codes")
    cast: dict[str, tuple[Actor, list[int], list[int]]] = {
        "guest": (NOBODY, [200, 200, 303, 303, 303, 303, 303, 303, 303], [303] * 7),
        "person": (await make_person(), [200, 200, 403, 403, 403, 403, 403, 403, 200], [403] * 7),
        "other": (await make_person(roles=("organizer",)), [200, 200, 403, 403, 403, 403, 403, 200, 200], [403] * 7),
        "desk": (desk, [200, 200, 403, 403, 403, 403, 200, 403, 200], [403, 403, 403, 403, 200, 403, 403]),
        "owner": (world.owner, [200] * 9, [303, 303, 422, 303, 200, 422, 303]),
        "admin": (await make_person(roles=("admin",)), [200] * 9, [303, 422, 422, 303, 200, 422, 303]),
    }
    for who, (actor, wanted_gets, wanted_posts) in cast.items():
        found = await seen(make_client(actor), world)
        wanted = dict(zip(gets, wanted_gets, strict=True))
        wanted |= {f"POST {path}": status for path, status in zip(posts, wanted_posts, strict=True)}
        assert found == wanted, who


async def test_plans_are_checked_by_the_verb_too(db: asyncpg.Connection) -> None:
    owner = await make_person(roles=("organizer",))
    made = [await planning.create_event(owner, plan()) for _n in range(3)]
    assert [row["slug"] for row in made] == ["ngay-hoi-khoi-nghiep", "ngay-hoi-khoi-nghiep-2", "ngay-hoi-khoi-nghiep-3"]
    reserved = await planning.create_event(owner, plan(title_vi="New"))
    assert reserved["slug"] == "new-2"
