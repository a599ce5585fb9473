"""Pages for everybody: events, registering, the guest's own ticket; forms that keep what was typed."""

import re
from datetime import datetime, timedelta

import asyncpg
import httpx
import pytest

from app.core import clock, db, outbox
from app.core.db import count_queries
from app.core.web import NOBODY
from events import checkin, planning, setup, waitlist
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan
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


# --- everybody's pages ------------------------------------------------------------------------------------------


async def test_events_coming_and_past(client: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    empty = await client.get("/events")
    assert "Hiện chưa có sự kiện nào" in empty.text
    await make_event(title_vi="Ngày hội sắp tới")
    await make_event(title_vi="Hội thảo đã qua", starts_at=clock.now() - timedelta(days=9))
    await make_event(title_vi="Bản nháp", published=False)
    html = (await client.get("/events")).text
    assert html.index("Ngày hội sắp tới") < html.index("Hội thảo đã qua")
    assert "Bản nháp" not in html


async def test_lists_ask_as_many_questions_at_one_as_at_three(make_client: MakeClient, world: World) -> None:
    client = make_client(world.owner)
    await make_registration(world)
    paths = ["/events", "/events/manage", f"/events/{world.slug}/guests", f"/events/{world.slug}/desk"]
    paths += [f"/events/{world.slug}", f"/events/{world.slug}/setup"]

    async def questions() -> list[int]:
        found = []
        for path in paths:
            with count_queries() as log:
                assert (await client.get(path)).status_code == 200
            found.append(len(log))
        return found

    one = await questions()
    for _n in range(2):
        await make_event(owner=world.owner)
        await make_registration(world)
        await setup.add_checkpoint(world.owner, world.event, name_vi="Cửa phụ", types=[])
        kind = TypePlan(code=f"t{_n}", title_vi="Khác", capacity=3)
        await setup.add_type(world.owner, world.event, kind)
    assert await questions() == one
    assert max(one) <= 12


async def test_past_events_come_page_by_page(client: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    owner = await make_person(roles=("organizer",))
    for n in range(22):
        await make_event(owner=owner, title_vi=f"Cũ {n:02}", starts_at=clock.now() - timedelta(days=10 + n))
    first = (await client.get("/events")).text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = (await client.get(older[1].replace("&amp;", "&"))).text
    assert [f"Cũ {n:02}" in first for n in (0, 19, 20)] == [True, True, False]
    assert [f"Cũ {n:02}" in second for n in (19, 20, 21)] == [False, True, True]


async def test_past_events_that_began_at_the_same_moment_are_all_listed_once(
    client: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    owner, began = await make_person(roles=("organizer",)), clock.now() - timedelta(days=10)
    for n in range(23):
        await make_event(owner=owner, title_vi=f"Cũ {n:02}", starts_at=began)
    first = (await client.get("/events")).text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = (await client.get(older[1].replace("&amp;", "&"))).text
    assert sorted(re.findall(r"Cũ \d\d", first + second)) == [f"Cũ {n:02}" for n in range(23)]


BAD_PLACES = ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "1899-12-31", "x", "_", "2026-11-21T00:00:00_x", "%00"]


@pytest.mark.parametrize("before", BAD_PLACES)
async def test_a_place_in_the_list_that_is_none_is_ignored(
    before: str, client: httpx.AsyncClient, db: asyncpg.Connection
) -> None:
    await make_event(title_vi="Ngày hội sắp tới")
    answer = await client.get(f"/events?before={before}")
    assert (answer.status_code, "Ngày hội sắp tới" in answer.text) == (200, True)


async def test_a_moment_without_an_offset_is_vietnams(client: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    await make_event(title_vi="Hội thảo đã qua", starts_at=datetime(2026, 1, 5, 8, tzinfo=clock.VIETNAM))
    found = [
        "Hội thảo đã qua" in (await client.get(f"/events?before={moment}")).text
        for moment in ("2026-01-05T08:00:01", "2026-01-05T08:00:00", "2026-01-05T01:00:01Z", "2026-01-05T01:00:00Z")
    ]
    assert found == [True, False, True, False]


async def test_an_event_escapes_what_organizers_write(make_client: MakeClient, db: asyncpg.Connection) -> None:
    bad = "<img src=x onerror=alert(1)>{{7*7}}"
    owner = await make_person(roles=("organizer",))
    world = await make_event(owner=owner, title_vi=bad, description_vi=bad, venue=bad)
    html = (await make_client(NOBODY).get(f"/events/{world.slug}")).text
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in html


@pytest.mark.parametrize("path", ["/events/nowhere", "/events/<img src=x onerror=alert(1)>", "/tickets/nothing"])
async def test_what_is_not_there(path: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert "<img src=x" not in answer.text


# --- registering -------------------------------------------------------------------------------------------------


async def test_a_guest_registers_and_gets_mail_only(client: httpx.AsyncClient, world: World) -> None:
    form = await client.get(f"/events/{world.slug}/register?ticket=visitor")
    assert form.status_code == 200
    assert 'id="f-terms" name="terms" value="1">' in form.text
    body = {**GUEST, "key": field(form.text, "key")}
    sent = await client.post(f"/events/{world.slug}/register", data=body)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/events/{world.slug}/registered")
    assert "Vui lòng xem hộp thư" in (await client.get(sent.headers["location"])).text
    again = await client.post(f"/events/{world.slug}/register", data=body)
    assert again.headers["location"] == sent.headers["location"]
    await outbox.drain()
    assert await db.fetchval("SELECT count(*) FROM registration") == 1
    assert await db.fetchval("SELECT count(*) FROM mail WHERE to_address = 'minh@test.example'") == 1


async def test_a_stranger_with_a_known_address_sees_the_same_as_with_a_new_one(
    client: httpx.AsyncClient, world: World
) -> None:
    path = f"/events/{world.slug}/register"
    new = await client.post(path, data={**GUEST, "key": "a" * 22})
    known = await client.post(path, data={**GUEST, "email": "MINH@test.EXAMPLE", "key": "b" * 22})
    assert (new.status_code, new.headers["location"]) == (known.status_code, known.headers["location"])
    assert await db.fetchval("SELECT count(*) FROM registration") == 1
    await outbox.drain()
    subjects = await db.fetch("SELECT message_key FROM mail ORDER BY created_at, id")
    assert [row["message_key"].split(":")[2] for row in subjects] == ["registered", "again"]
    third = await client.post(path, data={**GUEST, "key": "c" * 22})
    assert third.status_code == 303
    await outbox.drain()
    assert await db.fetchval("SELECT count(*) FROM mail") == 2


async def test_going_back_to_correct_the_address_is_another_request(client: httpx.AsyncClient, world: World) -> None:
    path = f"/events/{world.slug}/register"
    await client.post(path, data={**GUEST, "email": "mihn@test.example", "key": "a" * 22})
    await client.post(path, data={**GUEST, "key": "a" * 22})
    assert await db.fetchval("SELECT count(*) FROM registration") == 2


async def test_somebody_signed_in_goes_to_the_ticket(make_client: MakeClient, world: World) -> None:
    person = await make_person(name="Lê Thị Hoa", email="hoa@test.example")
    client = make_client(person)
    form = await client.get(f"/events/{world.slug}/register")
    assert 'value="hoa@test.example"' in form.text
    body = {**GUEST, "full_name": "Lê Thị Hoa", "email": "Hoa@test.example", "key": "k" * 22}
    sent = await client.post(f"/events/{world.slug}/register", data=body)
    secret = await db.fetchval("SELECT secret FROM registration WHERE person = $1", person.id)
    assert sent.headers["location"] == f"/tickets/{secret}"
    again = await client.post(f"/events/{world.slug}/register", data={**body, "key": "m" * 22})
    assert again.headers["location"] == f"/tickets/{secret}"
    shown = await client.get(again.headers["location"])
    assert "Bạn đã đăng ký từ trước" in shown.text
    assert f"/tickets/{secret}" in (await client.get(f"/events/{world.slug}")).text


async def test_after_check_in_a_guest_cannot_cancel_but_organizers_can(make_client: MakeClient, world: World) -> None:
    guest = await make_registration(world)
    let_in = await scan(world, guest.code)
    client = make_client(NOBODY)
    said = await client.post(f"/tickets/{guest.secret}/cancel", follow_redirects=True)
    assert "đã được check-in" in said.text
    path = f"/api/v1/events/{world.slug}/registrations/{guest.id}"
    refused = await client.delete(f"{path}?secret={guest.secret}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "already_in")
    assert await db.fetchval("SELECT status FROM registration WHERE id = $1", guest.id) == "confirmed"
    assert let_in.id
    await checkin.undo(world.owner, world.event, let_in.id, "Nhầm")
    assert (await client.delete(f"{path}?secret={guest.secret}")).status_code == 200
    other = await make_registration(world)
    await scan(world, other.code)
    gone = await make_client(world.owner).delete(f"/api/v1/events/{world.slug}/registrations/{other.id}")
    assert gone.json()["status"] == "cancelled"


BAD: list[tuple[dict[str, str], str]] = [
    ({"terms": ""}, "không thể lưu"),
    ({"full_name": ""}, "Vui lòng điền"),
    ({"full_name": "x" * 201}, "200"),
    ({"email": "a@b"}, "Địa chỉ email chưa đúng"),
    ({"email": ""}, "Vui lòng điền"),
    ({"phone": "abc"}, "số điện thoại"),
    ({"ticket_type": "vip"}, "loại vé"),
    ({"ticket_type": ""}, "Vui lòng điền"),
]


@pytest.mark.parametrize(("change", "said"), BAD, ids=range(len(BAD)))
async def test_a_form_with_mistakes_is_drawn_again_with_what_was_typed(
    change: dict[str, str], said: str, client: httpx.AsyncClient, world: World
) -> None:
    body = {**GUEST, "organisation": "Công ty <b>Mẫu</b>", "key": "k" * 22, **change}
    answer = await client.post(f"/events/{world.slug}/register", data=body)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Công ty &lt;b&gt;Mẫu&lt;/b&gt;"' in answer.text
    assert 'value="kkkkkkkkkkkkkkkkkkkkkk"' in answer.text
    assert await db.fetchval("SELECT count(*) FROM registration") == 0


@pytest.mark.parametrize(
    "name", ["Nguyễn\x00 Văn", "=1+1", "\u202eabc", "👩‍🚀 Lan", "Ê" * 60, "a\u0301" + "\u0301" * 1000]
)
async def test_odd_names_are_taken(name: str, client: httpx.AsyncClient, world: World) -> None:
    answer = await client.post(f"/events/{world.slug}/register", data={**GUEST, "full_name": name, "key": "k" * 22})
    assert answer.status_code == 303


async def test_mass_assignment_changes_nothing(client: httpx.AsyncClient, world: World) -> None:
    extra = {"status": "confirmed", "sold": "0", "person": str(world.owner.id), "sample": "1", "source": "desk"}
    await client.post(f"/events/{world.slug}/register", data={**GUEST, **extra, "key": "k" * 22})
    row = await db.fetchrow("SELECT person, sample, source, news_consent_at FROM registration")
    assert row is not None
    assert tuple(row.values()) == (None, False, "page", None)


async def test_registration_opens_and_closes(client: httpx.AsyncClient, db: asyncpg.Connection) -> None:
    soon, past = clock.now() + timedelta(hours=1), clock.now() - timedelta(hours=1)
    world = await make_event(
        TypePlan(code="later", title_vi="Sau", capacity=5, opens_at=soon),
        TypePlan(code="over", title_vi="Hết", capacity=5, closes_at=past),
    )
    for code, said in (("later", "Loại vé này mở đăng ký"), ("over", "Đã hết hạn đăng ký")):
        body = {**GUEST, "ticket_type": code, "key": "k" * 22}
        answer = await client.post(f"/events/{world.slug}/register", data=body)
        assert (answer.status_code, said in answer.text) == (422, True)
    closed = await make_event()
    await planning.close(closed.owner, closed.event)
    answer = await client.post(f"/events/{closed.slug}/register", data={**GUEST, "key": "k" * 22})
    assert "không mở đăng ký" in answer.text


# --- the guest's own page ----------------------------------------------------------------------------------------


async def test_a_ticket_shows_its_state_and_is_cancelled_by_post_only(client: httpx.AsyncClient, world: World) -> None:
    first, _second, third = [await make_registration(world) for _n in range(3)]
    shown = await client.get(f"/tickets/{first.secret}")
    assert shown.headers["cache-control"] == "private, no-store"
    assert f"/tickets/{first.secret}/qr.svg" in shown.text
    waiting = await client.get(f"/tickets/{third.secret}")
    assert "Vị trí chờ của bạn: 1" in waiting.text
    assert "qr.svg" not in waiting.text
    assert (await client.get(f"/tickets/{first.secret}/cancel")).status_code in (404, 405)
    gone = await client.post(f"/tickets/{first.secret}/cancel")
    assert gone.headers["location"] == f"/tickets/{first.secret}"
    state = await client.get(f"/tickets/{third.secret}", headers=HX)
    assert state.text.strip().startswith("<section")
    assert "qr.svg" in state.text
    assert "Đăng ký này đã hủy" in (await client.get(f"/tickets/{first.secret}")).text


async def test_what_a_ticket_gives_to_take_along(client: httpx.AsyncClient, world: World) -> None:
    first = await make_registration(world)
    pdf = await client.get(f"/tickets/{first.secret}/ticket.pdf")
    assert pdf.content.startswith(b"%PDF")
    ics = await client.get(f"/tickets/{first.secret}/event.ics")
    assert b"METHOD:PUBLISH" in ics.content
    await waitlist.cancel(NOBODY, first.id)
    assert (await client.get(f"/tickets/{first.secret}/ticket.pdf")).status_code == 404
    assert b"METHOD:CANCEL" in (await client.get(f"/tickets/{first.secret}/event.ics")).content
