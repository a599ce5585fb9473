"""The shapes that other programs rely on: fields of every answer, limits of every body, keys that are used again."""

import re
from datetime import datetime
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db
from app.core.ids import new_id
from app.core.web import NOBODY
from events import review, setup
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, ticket_code
from tests.factories import make_person

SCAN = "/api/v1/checkin/scan"


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(
        TypePlan(code="visitor", title_vi="Khách", title_en="Visitor", capacity=2),
        TypePlan(code="investor", title_vi="Nhà đầu tư", title_en="Investor", capacity=1, needs_approval=True),
    )


@pytest.fixture
def organizer(make_client: MakeClient, world: World) -> httpx.AsyncClient:
    return make_client(world.owner)


def guest(email: str = "lan@test.example", kind: str = "visitor", **person: Any) -> dict[str, Any]:
    return {"ticket_type": kind, "person": {"full_name": "Nguyễn Thị Lan", "email": email, **person}, "answers": {}}


def shape(value: Any) -> Any:
    """Names of fields and kinds of values."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def error_of(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert set(error) == {"code", "message_vi", "message_en", "fields"}
    assert error["message_vi"] != error["message_en"]
    return answer.status_code, error["code"]


# --- registering ------------------------------------------------------------------------------------------------

TICKET = {"code": "str", "qr_svg_url": "str", "short_code": "str", "page_url": "str"}
REGISTRATION = {
    "id": "str",
    "status": "str",
    "position": "NoneType",
    "ticket": TICKET,
    "self_url": "str",
    "ticket_type": "str",
    "new": "bool",
}


async def test_the_shape_of_a_registration_in_every_state(world: World, organizer: httpx.AsyncClient) -> None:
    path = f"/api/v1/events/{world.slug}/registrations"
    found = [
        (await organizer.post(path, json=guest(f"g{n}@test.example", kind))).json()
        for n, kind in enumerate(("visitor", "visitor", "visitor", "investor"))
    ]
    assert [r["status"] for r in found] == ["confirmed", "confirmed", "waitlisted", "pending_review"]
    assert [shape(r) for r in found] == [
        REGISTRATION,
        REGISTRATION,
        {**REGISTRATION, "position": "int"},
        REGISTRATION,
    ]
    for one in found:
        assert re.fullmatch(r"[A-Z2-7]{162}", one["ticket"]["code"])
        assert re.fullmatch(r"[A-HJKMNP-Z2-9]{8}", one["ticket"]["short_code"])
        assert one["ticket"]["qr_svg_url"] == f"{one['ticket']['page_url']}/qr.svg"
        assert (await organizer.get(f"{path}/{one['id']}")).json() == {**one, "new": False}
    await review.refuse(world.owner, world.event, [found[3]["id"]])
    assert (await organizer.get(f"{path}/{found[3]['id']}")).json()["status"] == "refused"
    assert (await organizer.delete(f"{path}/{found[3]['id']}")).json() == {"id": found[3]["id"], "status": "refused"}


async def test_the_same_key_with_another_body_is_refused_and_changes_nothing(
    world: World, organizer: httpx.AsyncClient
) -> None:
    path = f"/api/v1/events/{world.slug}/registrations"
    headers = {"Idempotency-Key": "mot-hai-ba-bon-nam-sau"}
    first = await organizer.post(path, json=guest(), headers=headers)
    before = [await db.fetchval(f"SELECT count(*) FROM {t}") for t in ("registration", "outbox", "event_request")]
    others = [
        guest("hoa@test.example"),
        guest(kind="investor"),
        guest(phone="0912345678"),
        {**guest(), "answers": {"a": 1}},
        guest(full_name="Nguyễn Thị Lan "),
    ]
    for body in others:
        assert error_of(await organizer.post(path, json=body, headers=headers)) == (409, "key_used_before")
    after = [await db.fetchval(f"SELECT count(*) FROM {t}") for t in ("registration", "outbox", "event_request")]
    assert after == before
    assert (await organizer.post(path, json=guest(), headers=headers)).content == first.content


@pytest.mark.parametrize("key", [" ", "a b", "é", "x" * 129, "\t", "a\x7f"])
async def test_keys_that_are_none(key: str, world: World, organizer: httpx.AsyncClient) -> None:
    path = f"/api/v1/events/{world.slug}/registrations"
    answer = await organizer.post(path, json=guest(), headers=[(b"Idempotency-Key", key.encode())])
    assert answer.status_code in (201, 422)
    if answer.status_code == 201:  # blanks around a header's value are no part of it
        assert not key.strip()
    else:
        assert answer.json()["error"]["code"] == "bad_key"


async def test_a_request_that_was_refused_may_be_repeated_with_its_key(
    world: World, organizer: httpx.AsyncClient
) -> None:
    path = f"/api/v1/events/{world.slug}/registrations"
    headers = {"Idempotency-Key": "k1"}
    await db.execute("UPDATE event SET status = 'closed' WHERE id = $1", world.event)
    assert error_of(await organizer.post(path, json=guest(), headers=headers)) == (409, "not_open")
    await db.execute("UPDATE event SET status = 'published' WHERE id = $1", world.event)
    assert (await organizer.post(path, json=guest(), headers=headers)).status_code == 201


async def test_a_key_counts_for_one_caller_and_one_event(world: World, make_client: MakeClient) -> None:
    other = await make_event()
    headers = {"Idempotency-Key": "k1"}
    callers = [world.owner, await make_person(), NOBODY]
    found = []
    for number, caller in enumerate(callers):
        for event in (world, other):
            body = guest(f"g{number}@test.example")
            client = make_client(caller)
            answer = await client.post(f"/api/v1/events/{event.slug}/registrations", json=body, headers=headers)
            found.append((answer.status_code, answer.json()["new"]))
    assert found == [(201, True)] * 6


LONG: list[tuple[dict[str, Any], str]] = [
    ({"answers": {"a": "x" * 20_001}}, "answers"),
    ({"answers": {str(n): "đ" * 30 for n in range(400)}}, "answers"),
]


@pytest.mark.parametrize(("change", "field"), LONG, ids=range(len(LONG)))
async def test_answers_have_a_limit(
    change: dict[str, Any], field: str, world: World, organizer: httpx.AsyncClient
) -> None:
    answer = await organizer.post(f"/api/v1/events/{world.slug}/registrations", json={**guest(), **change})
    assert (error_of(answer), list(answer.json()["error"]["fields"])) == ((422, "invalid"), [field])


NO_REGISTRATION: list[Any] = [
    {},
    [],
    None,
    "x",
    {"ticket_type": "visitor"},
    {"ticket_type": 1, "person": {"full_name": "A", "email": "a@test.example"}},
    {"ticket_type": "visitor", "person": {"full_name": "A"}},
    {"ticket_type": "visitor", "person": {"full_name": ["A"], "email": "a@test.example"}},
    {"ticket_type": "visitor", "person": [], "answers": {}},
    {**guest(), "answers": []},
    {**guest(), "answers": "x"},
]


@pytest.mark.parametrize("body", NO_REGISTRATION, ids=range(len(NO_REGISTRATION)))
async def test_bodies_that_are_no_registration(body: Any, world: World, organizer: httpx.AsyncClient) -> None:
    answer = await organizer.post(f"/api/v1/events/{world.slug}/registrations", json=body)
    assert error_of(answer) == (422, "invalid")
    assert await db.fetchval("SELECT count(*) FROM registration") == 0


async def test_nobody_assigns_what_is_not_theirs(world: World, organizer: httpx.AsyncClient) -> None:
    body = {
        **guest(status="confirmed", code="AAAAAAA2", sample=True),
        "status": "confirmed",
        "code": "AAAAAAA2",
        "secret": "x",
        "sample": True,
        "source": "desk",
        "person_id": str(new_id()),
    }
    body["ticket_type"] = "investor"
    found = (await organizer.post(f"/api/v1/events/{world.slug}/registrations", json=body)).json()
    row = await db.fetchrow("SELECT status, code, secret, sample, source, person FROM registration")
    assert (found["status"], row["status"], row["sample"], row["source"], row["person"]) == (
        "pending_review",
        "pending_review",
        False,
        "api",
        None,
    )
    assert (row["code"] != "AAAAAAA2", row["secret"] != "x") == (True, True)


# --- events -----------------------------------------------------------------------------------------------------


def plan(**kw: Any) -> dict[str, Any]:
    return {
        "title": {"vi": "Ngày hội", "en": "Open day"},
        "starts_at": "2027-03-01T08:00:00+07:00",
        "ends_at": "2027-03-01T17:00:00+07:00",
        "venue": "Cung Quốc tế",
        "ticket_types": [{"code": "visitor", "title": {"vi": "Khách", "en": "Visitor"}, "capacity": 100}],
        **kw,
    }


async def test_the_shape_of_a_new_event_and_of_its_publishing(organizer: httpx.AsyncClient) -> None:
    made = await organizer.post("/api/v1/events", json=plan())
    assert (made.status_code, shape(made.json())) == (201, {"id": "str", "slug": "str", "status": "str"})
    assert made.json()["status"] == "draft"
    for _n in range(2):
        published = await organizer.post(f"/api/v1/events/{made.json()['slug']}/publish")
        assert (published.status_code, published.json()) == (200, {**made.json(), "status": "published"})
    row = await db.fetchrow("SELECT * FROM event WHERE slug = $1", made.json()["slug"])
    assert (row["title_vi"], row["title_en"], row["venue"]) == ("Ngày hội", "Open day", "Cung Quốc tế")
    assert row["starts_at"] == datetime.fromisoformat("2027-03-01T01:00:00+00:00")


@pytest.mark.parametrize(
    ("change", "stored"),
    [
        ({"title": "Chỉ một tên"}, ("Chỉ một tên", "")),
        ({"title": {"vi": "Tiếng Việt"}}, ("Tiếng Việt", "")),
        ({"title": {"en": "English only"}}, ("English only", "English only")),
        ({"starts_at": "2027-03-01T08:00:00", "ends_at": "2027-03-01T09:00:00"}, ("Ngày hội", "Open day")),
    ],
    ids=range(4),
)
async def test_plans_may_be_said_shortly(
    change: dict[str, Any], stored: tuple[str, str], organizer: httpx.AsyncClient
) -> None:
    made = await organizer.post("/api/v1/events", json=plan(**change))
    row = await db.fetchrow("SELECT * FROM event WHERE slug = $1", made.json()["slug"])
    assert (row["title_vi"], row["title_en"]) == stored
    assert row["starts_at"].isoformat() == "2027-03-01T01:00:00+00:00", "without an offset it is Vietnam's time"


async def test_an_event_without_types_is_published_when_it_has_one(organizer: httpx.AsyncClient) -> None:
    slug = (await organizer.post("/api/v1/events", json=plan(ticket_types=[]))).json()["slug"]
    answer = await organizer.post(f"/api/v1/events/{slug}/publish")
    assert error_of(answer) == (409, "nothing_to_register_for")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"venue": "x" * 201}, "venue"),
        ({"address": "x" * 201}, "venue"),
        ({"description": "x" * 10_001}, "description"),
        ({"title": {"vi": "A", "en": "x" * 201}}, "title"),
        ({"ends_at": "2101-01-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "1999-01-01T00:00:00Z"}, "starts_at"),
        ({"ends_at": "2027-03-01T08:00:00+07:00"}, "ends_at"),
    ],
    ids=range(7),
)
async def test_plans_have_limits(change: dict[str, Any], field: str, organizer: httpx.AsyncClient) -> None:
    answer = await organizer.post("/api/v1/events", json=plan(**change))
    assert (error_of(answer), list(answer.json()["error"]["fields"])) == ((422, "invalid"), [field])


# --- doors ------------------------------------------------------------------------------------------------------

ANSWER = [
    "status", "reason", "message_vi", "message_en", "next_vi", "next_en", "guest_vi", "guest_en", "scan_id", "person",
    "first_scan", "occupancy", "zone", "questions", "group", "overridden", "clock_ms", "skewed", "replayed",
]  # fmt: skip


async def test_the_shape_of_a_door(world: World, organizer: httpx.AsyncClient) -> None:
    hall = await setup.add_checkpoint(
        world.owner, world.event, name_vi="Hội trường", name_en="Hall", capacity=30, types=[]
    )
    found = (await organizer.get(f"/api/v1/events/{world.slug}/checkpoints")).json()
    assert found == {
        "items": [
            {"id": str(world.checkpoint), "name": "Cửa chính", "capacity": None, "inside": 0, "admitted": 0},
            {"id": str(hall), "name": "Hội trường", "capacity": 30, "inside": 0, "admitted": 0},
        ]
    }
    await setup.end_checkpoint(world.owner, world.event, hall)
    await setup.end_checkpoint(world.owner, world.event, hall)
    assert len((await organizer.get(f"/api/v1/events/{world.slug}/checkpoints")).json()["items"]) == 1


async def test_the_shape_of_every_answer_at_the_door(world: World, organizer: httpx.AsyncClient) -> None:
    made = await make_registration(world, full_name="Lan", organisation="Viện Mẫu")
    code = await ticket_code(world, made)

    async def act(nonce: str, **kw: Any) -> dict[str, Any]:
        body = {"nonce": nonce, "device_id": "d", "checkpoint_id": str(world.checkpoint), "code": code, **kw}
        answer = await organizer.post(SCAN, json=body)
        assert (answer.status_code, list(answer.json())) == (200, ANSWER)
        return dict(answer.json())

    welcome = await act("1")
    assert welcome["person"] == {
        "name": "Lan",
        "organisation": "Viện Mẫu",
        "role": "visitor",
        "role_vi": "Khách",
        "role_en": "Visitor",
        "colour": "",
        "vip": False,
        "attention": False,
        "note": "",
        "people": 1,
    }
    assert (welcome["first_scan"], welcome["occupancy"]) == (None, {"inside": 1, "capacity": None})
    already = await act("2")
    assert shape(already["first_scan"]) == {
        "at": "str",
        "device": "str",
        "checkpoint": "str",
        "checkpoint_vi": "str",
        "checkpoint_en": "str",
        "by_this_device": "bool",
    }
    assert datetime.fromisoformat(already["first_scan"]["at"]).tzinfo is not None
    unknown = await act("3", code="ABCD2345")
    assert (unknown["person"], unknown["first_scan"], unknown["occupancy"]) == (
        None,
        None,
        {"inside": 1, "capacity": None},
    )
    misused = await act("3", code="EFGH2345")
    assert (misused["scan_id"], misused["person"], misused["occupancy"]) == (None, None, None)
    out = await act("4", direction="out")
    assert (out["status"], out["message_vi"], out["occupancy"]["inside"]) == ("ok", "Tạm biệt", 0)


OPTIONAL = ["device_id", "direction", "scanned_at", "offline"]


@pytest.mark.parametrize("name", OPTIONAL)
async def test_what_may_be_left_out_of_a_scan(name: str, world: World, organizer: httpx.AsyncClient) -> None:
    made = await make_registration(world)
    body = {
        "nonce": "n",
        "device_id": "d",
        "checkpoint_id": str(world.checkpoint),
        "direction": "in",
        "code": made.code,
        "scanned_at": "2026-11-21T08:00:00+07:00",
        "offline": False,
    }
    body.pop(name)
    assert (await organizer.post(SCAN, json=body)).json()["status"] == "ok"


@pytest.mark.parametrize("name", ["nonce", "checkpoint_id", "code"])
@pytest.mark.parametrize("value", [None, 7, [], {}])
async def test_what_may_not(name: str, value: Any, world: World, organizer: httpx.AsyncClient) -> None:
    body = {"nonce": "n", "checkpoint_id": str(world.checkpoint), "code": "ABCD2345", name: value}
    answer = await organizer.post(SCAN, json=body)
    assert (error_of(answer), list(answer.json()["error"]["fields"])) == ((422, "invalid"), [name])


@pytest.mark.parametrize(
    "moment",
    ["2026-11-21T08:00:00Z", "2026-11-21T08:00:00.123456789+07:00", "2026-11-21T08:00:00", "9999-12-31T23:59:59Z"],
)
async def test_moments_of_many_devices_are_taken(moment: str, world: World, organizer: httpx.AsyncClient) -> None:
    made = await make_registration(world)
    body = {"nonce": "n", "checkpoint_id": str(world.checkpoint), "code": made.code, "scanned_at": moment}
    assert (await organizer.post(SCAN, json=body)).json()["status"] == "ok"


async def test_an_empty_batch_and_one_at_the_limit(world: World, organizer: httpx.AsyncClient) -> None:
    one = {"nonce": "n", "checkpoint_id": str(world.checkpoint), "code": "ABCD2345"}
    empty = await organizer.post("/api/v1/checkin/sync", json={"device_id": "d", "scans": []})
    assert (empty.status_code, list(empty.json())) == (200, ["results", "server_time", "revoked"])
    assert (empty.json()["results"], empty.json()["revoked"]) == ([], False)
    most = await organizer.post("/api/v1/checkin/sync", json={"device_id": "d", "scans": [one] * 500})
    assert [r["replayed"] for r in most.json()["results"]] == [False] + [True] * 499
    over = await organizer.post("/api/v1/checkin/sync", json={"device_id": "d", "scans": [one] * 501})
    assert error_of(over) == (422, "invalid")


async def test_a_batch_names_its_device_once(world: World, organizer: httpx.AsyncClient) -> None:
    one = {"nonce": "n", "device_id": "own", "checkpoint_id": str(world.checkpoint), "code": "ABCD2345"}
    await organizer.post("/api/v1/checkin/sync", json={"device_id": "batch", "scans": [one]})
    await organizer.post("/api/v1/checkin/sync", json={"scans": [one]})
    rows = await db.fetch("SELECT device_name FROM scan ORDER BY received_at")
    assert [row["device_name"] for row in rows] == ["batch", "own"]


async def test_answers_that_name_people_are_not_kept_by_anybody(world: World, organizer: httpx.AsyncClient) -> None:
    made = await make_registration(world)
    paths = [f"/api/v1/events/{world.slug}/registrations/{made.id}", f"/api/v1/events/{world.slug}/checkpoints"]
    for path in paths:
        assert (await organizer.get(path)).headers["cache-control"] == "private, no-store"
