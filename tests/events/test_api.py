"""The JSON API of events, from a draft to the door, as other programs use it."""

import json
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import clock, db
from app.core.ids import new_id
from app.core.web import NOBODY, Actor
from events import idempotency, setup
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import make_event, make_registration, ticket_code
from tests.factories import make_person


def event_body(**kw: Any) -> dict[str, Any]:
    starts = clock.now() + timedelta(days=5)
    return {
        "title": {"vi": "Ngày hội đổi mới sáng tạo", "en": "Innovation day"},
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=6)).isoformat(),
        "venue": "Cung Quốc tế",
        "ticket_types": [{"code": "visitor", "title": "Khách", "capacity": 2, "needs_approval": False}],
        **kw,
    }


def guest_body(email: str = "Lan@Test.example", **kw: Any) -> dict[str, Any]:
    return {
        "ticket_type": "visitor",
        "person": {
            "full_name": "Nguyễn Thị Lan",
            "email": email,
            "phone": "0912 345 678",
            "organisation": "Công ty Mẫu",
        },
        "answers": {},
        **kw,
    }


@pytest.fixture
async def organizer(db: asyncpg.Connection) -> Actor:
    return await make_person(name="Ban tổ chức", roles=("organizer",))


async def test_from_a_draft_to_the_door(organizer: Actor, make_client: MakeClient) -> None:
    api = make_client(organizer)
    made = await api.post("/api/v1/events", json=event_body())
    assert made.status_code == 201
    slug = made.json()["slug"]
    assert slug == "ngay-hoi-doi-moi-sang-tao"
    path = f"/api/v1/events/{slug}"
    assert (await api.post(f"{path}/registrations", json=guest_body())).json()["error"]["code"] == "not_open"
    published = await api.post(f"{path}/publish")
    assert (published.status_code, published.json()["status"]) == (200, "published")

    first = await api.post(f"{path}/registrations", json=guest_body())
    assert first.status_code == 201
    found = first.json()
    assert {**found, "id": "", "ticket": "", "self_url": ""} == {
        "id": "",
        "status": "confirmed",
        "position": None,
        "ticket": "",
        "self_url": "",
        "ticket_type": "visitor",
        "new": True,
    }
    picture = await api.get(found["ticket"]["qr_svg_url"])
    assert picture.status_code == 200
    assert picture.headers["content-type"].startswith("image/svg+xml")

    shown = await api.get(f"{path}/registrations/{found['id']}")
    assert shown.json()["ticket"] == found["ticket"]

    points = (await api.get(f"{path}/checkpoints")).json()["items"]
    assert [(p["name"], p["capacity"], p["inside"]) for p in points] == [("Cửa chính", None, 0)]
    scan = {"nonce": "n-1", "device_id": "door-1", "checkpoint_id": points[0]["id"], "code": found["ticket"]["code"]}
    answer = (await api.post("/api/v1/checkin/scan", json=scan)).json()
    assert (answer["status"], answer["message_vi"], answer["message_en"]) == ("ok", "Chào mừng", "Welcome")
    assert answer["person"]["name"] == "Nguyễn Thị Lan"
    assert answer["occupancy"] == {"inside": 1, "capacity": None}

    gone = await api.delete(f"{path}/registrations/{found['id']}")
    assert gone.json() == {"id": found["id"], "status": "cancelled"}
    assert (await api.delete(f"{path}/registrations/{found['id']}")).json()["status"] == "cancelled"


async def test_the_same_key_gets_the_same_answer_word_for_word(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer, capacity=5)
    api = make_client(organizer)
    path = f"/api/v1/events/{world.slug}/registrations"
    headers = {"Idempotency-Key": "key-1"}
    first = await api.post(path, json=guest_body(), headers=headers)
    again = await api.post(path, json=guest_body(), headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert (first.json()["status"], first.json()["position"]) == ("confirmed", None)
    other = await api.post(path, json=guest_body("other@test.example"), headers=headers)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "key_used_before")
    bad = await api.post(path, json=guest_body("other@test.example"), headers={"Idempotency-Key": "x" * 1000})
    assert bad.status_code == 422
    somebody = make_client(await make_person())
    theirs = await somebody.post(path, json=guest_body("other@test.example"), headers=headers)
    assert theirs.status_code == 201
    assert theirs.json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    "email", ["lan@test.example", " LAN@test.EXAMPLE ", "lan@test.example\u200b".strip("\u200b"), "Lan@TEST.example"]
)
async def test_the_same_person_gets_the_first_registration_back(
    email: str, organizer: Actor, make_client: MakeClient
) -> None:
    world = await make_event(owner=organizer)
    api = make_client(organizer)
    path = f"/api/v1/events/{world.slug}/registrations"
    first = (await api.post(path, json=guest_body("Lan@test.example"))).json()
    again = await api.post(path, json=guest_body(email))
    assert again.status_code == 201
    assert again.json() == {**first, "new": False}


async def test_nfc_and_nfd_are_one_address(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer)
    api = make_client(organizer)
    path = f"/api/v1/events/{world.slug}/registrations"
    first = (await api.post(path, json=guest_body("lan@h\u1ed3ng.example"))).json()
    again = (await api.post(path, json=guest_body("lan@ho\u0302\u0300ng.example"))).json()
    assert again == {**first, "new": False}


async def test_a_stranger_does_not_get_the_ticket_of_an_address(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer)
    first = await make_registration(world, email="lan@test.example")
    guest = make_client(NOBODY)
    path = f"/api/v1/events/{world.slug}/registrations"
    found = await guest.post(path, json=guest_body("LAN@test.example"))
    assert found.status_code == 201
    assert found.json() == {
        "id": str(first.id),
        "status": "confirmed",
        "position": None,
        "ticket": None,
        "self_url": None,
        "ticket_type": "visitor",
        "new": False,
    }
    assert (await guest.get(f"{path}/{first.id}")).status_code == 404
    assert (await guest.delete(f"{path}/{first.id}")).status_code == 404
    assert (await guest.get(f"{path}/{first.id}?secret={first.secret}")).json()["status"] == "confirmed"
    assert (await make_client(await make_person()).get(f"{path}/{first.id}")).status_code == 404


async def test_a_stranger_sees_the_place_in_line_and_the_first_type_and_a_mail_goes_out(
    organizer: Actor, make_client: MakeClient, db: asyncpg.Connection
) -> None:
    world = await make_event(
        TypePlan(code="visitor", title_vi="Khách", capacity=0),
        TypePlan(code="vip", title_vi="Khách mời", capacity=5),
        owner=organizer,
    )
    path = f"/api/v1/events/{world.slug}/registrations"
    guest = make_client(NOBODY)
    first = (await guest.post(path, json=guest_body())).json()
    again = (await guest.post(path, json=guest_body(ticket_type="vip"))).json()
    assert (first["status"], first["position"], first["ticket_type"]) == ("waitlisted", 1, "visitor")
    assert again == {**first, "ticket": None, "self_url": None, "new": False}
    kinds = await db.fetch("SELECT payload->>'kind' AS kind FROM outbox WHERE topic = 'events.tell_guest' ORDER BY id")
    assert [row["kind"] for row in kinds] == ["registered", "again"]


async def test_a_guest_comes_back_by_the_link_in_the_answer(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer)
    guest = make_client(NOBODY)
    made = (await guest.post(f"/api/v1/events/{world.slug}/registrations", json=guest_body())).json()
    assert made["ticket"]["page_url"].rpartition("/")[2] in made["self_url"]
    shown = await guest.get(made["self_url"])
    assert shown.json() == {**made, "new": False}
    assert (await guest.get(made["self_url"][:-1])).status_code == 404
    assert (await guest.delete(made["self_url"])).json() == {"id": made["id"], "status": "cancelled"}


async def test_guests_without_an_account_may_use_short_keys(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer)
    guest = make_client(NOBODY)
    path = f"/api/v1/events/{world.slug}/registrations"
    headers = {"Idempotency-Key": "1"}
    first = await guest.post(path, json=guest_body(), headers=headers)
    again = await guest.post(path, json=guest_body(" LAN@test.EXAMPLE"), headers=headers)
    assert (first.status_code, again.json()["error"]["code"]) == (201, "key_used_before")
    assert (await guest.post(path, json=guest_body(), headers=headers)).content == first.content
    other = await guest.post(path, json=guest_body("other@test.example"), headers=headers)
    assert (other.status_code, other.json()["new"], other.json()["id"] != first.json()["id"]) == (201, True, True)
    elsewhere = await guest.post(
        f"/api/v1/events/{(await make_event(owner=organizer)).slug}/registrations", json=guest_body(), headers=headers
    )
    assert (elsewhere.status_code, elsewhere.json()["new"]) == (201, True)
    for key in ("3f9c2a7e", "a_B-9", "x" * 64):
        answer = await guest.post(path, json=guest_body(f"{key}@test.example"), headers={"Idempotency-Key": key})
        assert answer.status_code == 201


def test_a_key_that_is_easily_guessed_counts_in_one_network_only() -> None:
    event, lan = new_id(), "lan@test.example"
    for key, alike in (("3f9c2a7e", False), ("k" * 16, True)):
        routes = {idempotency.route_of(NOBODY, event, lan, key, net) for net in ("192.0.2.0/24", "198.51.100.0/24")}
        assert (len(routes) == 1) is alike
    assert idempotency.route_of(NOBODY, event, lan, "k", "") != idempotency.route_of(NOBODY, event, "b@c.d", "k", "")


@pytest.mark.parametrize("gone", ["phone", "organisation", "answers"])
async def test_nothing_said_may_be_null(gone: str, organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer)
    body = guest_body()
    (body if gone == "answers" else body["person"])[gone] = None
    answer = await make_client(NOBODY).post(f"/api/v1/events/{world.slug}/registrations", json=body)
    assert answer.status_code == 201


async def test_full_means_a_place_in_line_and_a_cancel_moves_it_up(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer, capacity=1)
    api = make_client(organizer)
    path = f"/api/v1/events/{world.slug}/registrations"
    found = [
        (await api.post(path, json=guest_body(f"g{n}@test.example"), headers=headers)).json()
        for n, headers in enumerate(({}, {"Idempotency-Key": "second"}, {}))
    ]
    assert [(r["status"], r["position"]) for r in found] == [("confirmed", None), ("waitlisted", 1), ("waitlisted", 2)]
    await api.delete(f"{path}/{found[0]['id']}")
    after = [(await api.get(f"{path}/{r['id']}")).json() for r in found]
    assert [(r["status"], r["position"]) for r in after] == [
        ("cancelled", None),
        ("confirmed", None),
        ("waitlisted", 1),
    ]


BAD_EVENTS: list[dict[str, Any]] = [
    event_body(title={"vi": "", "en": ""}),
    event_body(title="x" * 201),
    event_body(starts_at="2027-02-29T08:00:00"),
    event_body(starts_at="0001-01-01T00:00:00+14:00"),
    event_body(ends_at="2020-01-01T00:00:00Z"),
    event_body(ticket_types=[{"code": "a", "title": "A", "capacity": -1}]),
    event_body(ticket_types=[{"code": "a", "title": "A", "capacity": 2**31}]),
    event_body(ticket_types=[{"code": "a", "title": "A", "capacity": 1.5}]),
    event_body(ticket_types=[{"code": "a", "title": "A", "capacity": "1e3"}]),
    event_body(ticket_types=[{"code": "A b", "title": "A", "capacity": 1}]),
    event_body(ticket_types=[{"code": "a", "title": "A", "capacity": 1}] * 2),
    {},
    {"title": None},
]


@pytest.mark.parametrize("body", BAD_EVENTS, ids=range(len(BAD_EVENTS)))
async def test_events_that_cannot_be_are_refused(body: Any, organizer: Actor, make_client: MakeClient) -> None:
    answer = await make_client(organizer).post("/api/v1/events", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"]


BAD_GUESTS: list[tuple[dict[str, Any], str]] = [
    ({"full_name": "", "email": "a@b.example"}, "full_name"),
    ({"full_name": "\u200b\u202e", "email": "a@b.example"}, "full_name"),
    ({"full_name": "x" * 201, "email": "a@b.example"}, "full_name"),
    ({"full_name": "A", "email": "a@b"}, "email"),
    ({"full_name": "A", "email": "a" * 255 + "@test.example"}, "email"),
    ({"full_name": "A", "email": "а b@test.example"}, "email"),
    ({"full_name": "A", "email": "a@b.example", "phone": "++"}, "phone"),
    ({"full_name": "A", "email": "a@b.example", "organisation": "o" * 300}, "organisation"),
]


@pytest.mark.parametrize(("person", "field"), BAD_GUESTS, ids=range(len(BAD_GUESTS)))
async def test_guests_that_cannot_be_are_refused_by_field(
    person: dict[str, Any], field: str, organizer: Actor, make_client: MakeClient
) -> None:
    world = await make_event(owner=organizer)
    answer = await make_client(organizer).post(
        f"/api/v1/events/{world.slug}/registrations", json={"ticket_type": "visitor", "person": person}
    )
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 20_000, b'{"nonce": 1}', b'{"nonce":"a","checkpoint_id":"x","code":"y"}', b"\xff\xfe"]
)
async def test_bodies_that_are_no_scan(content: bytes, organizer: Actor, make_client: MakeClient) -> None:
    api = make_client(organizer)
    for path in ("/api/v1/checkin/scan", "/api/v1/checkin/sync", "/api/v1/events"):
        answer = await api.post(path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422


async def test_registering_for_what_is_not_there(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer)
    api = make_client(organizer)
    path = f"/api/v1/events/{world.slug}/registrations"
    unknown = await api.post(path, json=guest_body(ticket_type="vip"))
    assert list(unknown.json()["error"]["fields"]) == ["ticket_type"]
    assert (await api.post("/api/v1/events/nowhere/registrations", json=guest_body())).status_code == 404
    assert (await api.get(f"{path}/{new_id()}")).status_code == 404


async def statuses(client: httpx.AsyncClient, slug: str, checkpoint: Any) -> list[int]:
    scan = {"nonce": new_id().hex, "device_id": "d", "checkpoint_id": str(checkpoint), "code": "ABCDEFGH"}
    return [
        (await client.post("/api/v1/events", json=event_body())).status_code,
        (await client.post(f"/api/v1/events/{slug}/publish")).status_code,
        (await client.get(f"/api/v1/events/{slug}/checkpoints")).status_code,
        (await client.post("/api/v1/checkin/scan", json=scan)).status_code,
    ]


async def test_who_may_do_what(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer)
    desk = await make_person(email="desk@test.example")
    await setup.add_staff(organizer, world.event, "desk@test.example", "desk")
    cast = {
        "guest": (NOBODY, [401, 401, 401, 401]),
        "person": (await make_person(), [403, 403, 403, 404]),
        "other organizer": (await make_person(roles=("organizer",)), [201, 403, 403, 404]),
        "desk": (desk, [403, 403, 200, 200]),
        "owner": (organizer, [201, 200, 200, 200]),
        "admin": (await make_person(roles=("admin",)), [201, 200, 200, 200]),
    }
    found = {who: await statuses(make_client(actor), world.slug, world.checkpoint) for who, (actor, _n) in cast.items()}
    assert found == {who: wanted for who, (_actor, wanted) in cast.items()}


async def test_a_draft_is_not_there_for_others(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer, published=False)
    for actor in (NOBODY, await make_person(roles=("organizer",))):
        answer = await make_client(actor).post(f"/api/v1/events/{world.slug}/registrations", json=guest_body())
        assert answer.status_code == 404


async def test_a_scan_again_differs_in_replayed_only(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer)
    api = make_client(organizer)
    guest = await make_registration(world)
    body = {
        "nonce": "n-1",
        "device_id": "d-1",
        "checkpoint_id": str(world.checkpoint),
        "direction": "in",
        "code": await ticket_code(world, guest),
        "scanned_at": "2026-11-21T08:00:00+07:00",
        "offline": False,
    }
    first = await api.post("/api/v1/checkin/scan", json=body)
    await api.delete(f"/api/v1/events/{world.slug}/registrations/{guest.id}")
    again = await api.post("/api/v1/checkin/scan", json=body)
    assert first.content.endswith(b'"replayed":false}')
    assert again.content == first.content.replace(b'"replayed":false}', b'"replayed":true}')
    misused = (await api.post("/api/v1/checkin/scan", json={**body, "code": "ABCDEFGH"})).json()
    assert (misused["status"], misused["reason"]) == ("refused", "nonce_reused")


async def test_sync_answers_in_order_and_twice_the_same(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer)
    api = make_client(organizer)
    code = await ticket_code(world, await make_registration(world))
    scans = [
        {"nonce": f"n{n}", "checkpoint_id": str(world.checkpoint), "code": text, "offline": True}
        for n, text in enumerate([code, "nonsense", code])
    ]
    scans.append({"nonce": "n9", "checkpoint_id": str(new_id()), "code": code})
    first = (await api.post("/api/v1/checkin/sync", json={"device_id": "d", "scans": scans})).json()["results"]
    assert [(r["status"], r["reason"]) for r in first] == [
        ("ok", ""),
        ("refused", "unknown_code"),
        ("already", "already_inside"),
        ("refused", "not_found"),
    ]
    again = (await api.post("/api/v1/checkin/sync", json={"device_id": "d", "scans": scans})).json()["results"]
    assert again[:3] == [{**r, "replayed": True} for r in first[:3]]
    many = await api.post("/api/v1/checkin/sync", json={"device_id": "d", "scans": scans[:1] * 501})
    assert many.status_code == 422


async def test_a_scan_that_cannot_be_read_does_not_stop_the_others(organizer: Actor, make_client: MakeClient) -> None:
    world = await make_event(owner=organizer)
    api = make_client(organizer)
    codes = [await ticket_code(world, await make_registration(world)) for _n in range(2)]
    good = [{"nonce": f"n{n}", "checkpoint_id": str(world.checkpoint), "code": code} for n, code in enumerate(codes)]
    bad: list[Any] = [
        None,
        7,
        [],
        {},
        {**good[0], "nonce": 1},
        {**good[0], "checkpoint_id": "x"},
        {**good[0], "scanned_at": "yesterday"},
        {**good[0], "direction": "up"},
    ]
    scans = [good[0], *bad, good[1]]
    answer = await api.post("/api/v1/checkin/sync", json={"device_id": "d", "scans": scans})
    found = answer.json()["results"]
    assert (answer.status_code, [(r["status"], r["reason"]) for r in found]) == (
        200,
        [("ok", ""), *[("refused", "unreadable")] * len(bad), ("ok", "")],
    )
    assert found[1]["message_vi"].startswith("Không đọc được")
    assert found[1]["message_en"].startswith("This scan could not be read")
    device = await api.post("/api/v1/checkin/sync", json={"device_id": "d\x00", "scans": good})
    assert [r["reason"] for r in device.json()["results"]] == ["invalid", "invalid"]
    raw = json.dumps({"device_id": "d", "scans": [{**good[0], "nonce": "@"}, good[0]]}).encode()
    torn = await api.post("/api/v1/checkin/sync", content=raw.replace(b"@", b"\xff"))
    assert torn.status_code == 422 or [r["reason"] for r in torn.json()["results"]] == ["unreadable", ""]


async def test_who_came_first_is_told_with_the_doors_name_in_both_languages(
    organizer: Actor, make_client: MakeClient
) -> None:
    world = await make_event(owner=organizer)
    api = make_client(organizer)
    guest = await make_registration(world)
    village = await setup.add_checkpoint(
        organizer, world.event, name_vi="Làng công nghệ", name_en="Tech village", types=[]
    )
    found = []
    for door in (village, world.checkpoint):
        await db.execute("UPDATE checkpoint SET name_en = '' WHERE id = $1", world.checkpoint)
        for nonce in ("1", "2"):
            scan = {"nonce": f"{door}{nonce}", "checkpoint_id": str(door), "code": guest.code}
            answer = (await api.post("/api/v1/checkin/scan", json=scan)).json()
        found.append([answer["first_scan"][name] for name in ("checkpoint", "checkpoint_vi", "checkpoint_en")])
    assert found == [["Làng công nghệ", "Làng công nghệ", "Tech village"], ["Cửa chính"] * 3]


async def test_the_schema_describes_the_bodies(organizer: Actor, make_client: MakeClient) -> None:
    schema = (await make_client(organizer).get("/api/v1/openapi.json")).json()
    body = schema["paths"]["/api/v1/checkin/scan"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert sorted(body["required"]) == ["checkpoint_id", "code", "nonce"]


async def test_the_schema_describes_the_answer_to_a_registration(make_client: MakeClient) -> None:
    schema = (await make_client(NOBODY).get("/api/v1/openapi.json")).json()
    where = schema["paths"]["/api/v1/events/{slug}/registrations"]["post"]
    named = where["responses"]["201"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    answer = schema["components"]["schemas"][named]
    assert {"id", "status", "position", "ticket", "self_url"} <= set(answer["properties"])
    assert {"type": "null"} in answer["properties"]["self_url"]["oneOf"]
    body = where["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert {"type": "null"} in body["person"]["properties"]["phone"]["anyOf"]
