"""Devices: paired once, known by their own token, allowed what their role says, ended at once; cases 61, 62, 68."""

import asyncpg
import pytest

from app.core import clock, db, limits
from app.core.errors import Invalid, NotFound
from events import setup, throttles
from events.door import devices
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, ticket_code
from tests.events.door.conftest import MakeScanner, Scanner
from tests.factories import make_person


async def test_a_code_pairs_once_and_however_it_is_typed(world: World, make_client: MakeClient) -> None:
    number, code = await devices.add_device(world.owner, world.event, name="Cổng A", role="scan")
    http = make_client()
    typed = f" {code[:4].lower()}-{code[4:8]} {code[8:]}\n"
    first = await http.post("/api/v1/door/pair", json={"code": typed})
    again = await http.post("/api/v1/door/pair", json={"code": code})
    assert (first.status_code, again.status_code) == (201, 400)
    assert again.json()["error"]["code"] == "pairing_code"
    assert first.json()["device"] == {"id": str(number), "name": "Cổng A", "role": "scan"}
    row = await db.fetchrow("SELECT token_hash, code_hash FROM door_device")
    assert row is not None
    assert (len(row["token_hash"]), row["code_hash"]) == (32, None)


async def test_a_code_ends_after_ten_minutes_and_a_new_one_ends_the_old_token(
    world: World, scanner: Scanner, make_client: MakeClient
) -> None:
    code = await devices.new_code(world.owner, world.event, scanner.id)
    assert (await scanner.get("/door/rules")).status_code == 200
    await db.execute("UPDATE door_device SET code_expires_at = now() - interval '1 second'")
    http = make_client()
    assert (await http.post("/api/v1/door/pair", json={"code": code})).status_code == 400
    code = await devices.new_code(world.owner, world.event, scanner.id)
    assert (await http.post("/api/v1/door/pair", json={"code": code})).status_code == 201
    refused = await scanner.get("/door/rules")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "device_unknown")


async def test_case_62_a_revoked_device_is_refused_at_once_and_its_queue_is_taken_and_marked(
    world: World, scanner: Scanner
) -> None:
    code = await ticket_code(world, await make_registration(world))
    await devices.revoke(world.owner, world.event, scanner.id)
    for answer in (
        await scanner.post("/checkin/scan", scanner.act(code)),
        await scanner.get("/door/cards"),
        await scanner.get("/door/rules"),
        await scanner.post("/door/seen", {"sent_at": "2026-12-12T08:00:00+07:00"}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "device_revoked")
    answer = await scanner.post("/checkin/sync", {"scans": [scanner.act(code, offline=True, shown="ok")]})
    result = answer.json()["results"][0]
    assert answer.json()["revoked"] is True
    assert (result["status"], result["reason"]) == ("conflict", "device_revoked")
    case = await db.fetchrow("SELECT kind, reason FROM door_case")
    assert case is not None
    assert tuple(case) == ("device", "device_revoked")
    assert await db.fetchval("SELECT sum(inside) FROM zone_count") == 1


MAY = {
    "scan": {"scan", "latest", "walk-ins", "cards"},
    "search": {"scan", "latest", "walk-ins", "cards", "search"},
    "supervisor": {"scan", "latest", "walk-ins", "cards", "search", "undo"},
    "kiosk": {"scan", "cards"},
    "exhibitor": set(),
}


@pytest.mark.parametrize("role", MAY)
async def test_case_61_a_role_opens_what_it_says(role: str, world: World, make_scanner: MakeScanner) -> None:
    scanner = await make_scanner(world, role)
    guest = await make_registration(world, full_name="Đặng Thị Hương")
    at = f"checkpoint_id={world.checkpoint}"
    walk_in = {"nonce": "w", "checkpoint_id": str(world.checkpoint), "ticket_type": "visitor"}
    asked = {
        "scan": await scanner.post("/checkin/scan", scanner.act(guest.code, nonce="n")),
        "cards": await scanner.get("/door/cards"),
        "search": await scanner.get(f"/door/search?q=huong&{at}"),
        "latest": await scanner.get(f"/door/latest?{at}"),
        "walk-ins": await scanner.post("/door/walk-ins", {**walk_in, "person": {"full_name": "Lê An"}}),
    }
    scan = await db.fetchval("SELECT id FROM scan WHERE nonce = 'n'") or scanner.id
    asked["undo"] = await scanner.post("/door/undo", {"scan_id": str(scan), "reason": "nhầm người"})
    assert {name: answer.status_code for name, answer in asked.items()} == {
        name: 200 if name in MAY[role] else 403 for name in asked
    }
    assert (await scanner.get("/door/rules")).json()["device"]["role"] == role


async def test_another_role_name_and_doors_hold_from_the_next_request_on(
    world: World, make_scanner: MakeScanner, make_client: MakeClient
) -> None:
    scanner, organiser = await make_scanner(world, "scan"), make_client(world.owner)
    before = (await scanner.get("/door/rules")).json()["version"]
    path = f"/events/{world.slug}/devices/{scanner.id}"
    assert (await organiser.get(path)).status_code == 200
    plan = {"name": "Bàn “hỗ trợ”", "role": "supervisor", "hidden_types": "on", "checkpoints": str(world.checkpoint)}
    saved = await organiser.post(path, data=plan)
    assert (saved.status_code, saved.headers["location"]) == (303, f"/events/{world.slug}/devices")
    rules = (await scanner.get("/door/rules")).json()
    assert rules["device"] == {
        "id": str(scanner.id), "name": "Bàn “hỗ trợ”", "role": "supervisor", "checkpoints": [str(world.checkpoint)],
        "hidden_types": True,
    }  # fmt: skip
    assert rules["version"] != before, "the phone hears of it with its next contact"
    assert (await scanner.get(f"/door/search?q=abc&checkpoint_id={world.checkpoint}")).status_code == 200
    await organiser.post(path, data=plan | {"role": "scan"})
    assert (await scanner.get("/door/rules")).json()["device"]["hidden_types"] is False
    wrong = await organiser.post(path, data=plan | {"name": "x" * 90})
    assert (wrong.status_code, "x" * 90 in wrong.text) == (422, True)


@pytest.mark.parametrize(("role", "wanted"), [("exhibitor", "scan"), ("scan", "exhibitor")])
async def test_a_booths_device_stays_one_and_none_becomes_one(
    role: str, wanted: str, world: World, make_scanner: MakeScanner, make_client: MakeClient
) -> None:
    scanner, organiser = await make_scanner(world, role), make_client(world.owner)
    answer = await organiser.post(f"/events/{world.slug}/devices/{scanner.id}", data={"name": "Máy", "role": wanted})
    assert (answer.status_code, await db.fetchval("SELECT role FROM door_device")) == (422, role)
    made = await organiser.post(f"/events/{world.slug}/devices", data={"name": "Máy", "role": "exhibitor"})
    assert (made.status_code, await db.fetchval("SELECT count(*) FROM door_device")) == (422, 1)


async def test_the_list_of_devices_draws_itself_and_asks_the_same_for_one_and_three(
    world: World, make_scanner: MakeScanner, make_client: MakeClient
) -> None:
    organiser, counted = make_client(world.owner), []
    for more in (1, 2):
        for _n in range(more):
            device = await make_scanner(world)
            await device.post("/door/seen", {"sent_at": clock.now().isoformat(), "waiting": 14, "battery": 9})
        with db.count_queries() as queries:
            answer = await organiser.get(f"/events/{world.slug}/devices", headers={"HX-Request": "true"})
        counted.append(len(queries))
    assert counted[0] == counted[1]
    assert answer.text.lstrip().startswith('<div id="devices"')
    assert (answer.text.count("14 lượt quét"), answer.text.count("Pin yếu")) == (3, 3)


async def test_case_61_fewer_than_three_letters_find_nothing(world: World, make_scanner: MakeScanner) -> None:
    scanner = await make_scanner(world, "search")
    await make_registration(world, full_name="Đặng Thị Hương")
    found = {
        q: len((await scanner.get(f"/door/search?q={q}")).json()["items"]) for q in ("", "hu", "huo", "dang huong")
    }
    assert found == {"": 0, "hu": 0, "huo": 1, "dang huong": 1}


async def test_case_61_only_a_supervisor_overrules_and_says_why(world: World, make_scanner: MakeScanner) -> None:
    await db.execute("UPDATE checkpoint SET opens_at = now() + interval '1 hour'")
    steward, supervisor = await make_scanner(world), await make_scanner(world, "supervisor")
    guest = await make_registration(world)
    code = await ticket_code(world, guest)
    found = [await one.scan(code, override_reason="được mời") for one in (steward, supervisor)]
    assert [(a["status"], a["reason"], a["overridden"]) for a in found] == [
        ("refused", "too_early", False),
        ("ok", "", True),
    ]
    forged = await supervisor.scan(code[:-4] + "AAAA", override_reason="được mời")
    assert (forged["status"], forged["reason"]) == ("refused", "bad_signature")


async def test_a_device_is_of_one_event_and_may_stand_at_its_own_doors(world: World, make_scanner: MakeScanner) -> None:
    village = await setup.add_checkpoint(world.owner, world.event, name_vi="Làng AI", types=[])
    scanner = await make_scanner(world, checkpoints=[village])
    code = (await make_registration(world)).code
    assert (await scanner.post("/checkin/scan", scanner.act(code))).status_code == 404
    scanner.checkpoint = village
    assert (await scanner.scan(code))["status"] == "ok"
    scanner.checkpoint = (await make_event()).checkpoint
    assert (await scanner.post("/checkin/scan", scanner.act(code))).status_code == 404
    (refused,) = await scanner.sync(scanner.act(code))
    assert (refused["status"], refused["reason"]) == ("refused", "not_found")


async def test_a_devices_token_opens_the_door_and_nothing_else(world: World, scanner: Scanner) -> None:
    for path in ("/api/v1/organisations", f"/api/v1/events/{world.slug}/checkpoints"):
        assert (await scanner.http.get(path, headers=scanner.headers)).status_code == 401
    nobody = await scanner.http.get("/api/v1/door/rules")
    assert nobody.status_code == 401
    person = await make_person("Ai đó", "ai.do@test.example")
    assert person.id is not None
    broken = await scanner.http.get("/api/v1/door/rules", headers={"Authorization": "Bearer door_nothing"})
    assert (broken.status_code, broken.json()["error"]["code"]) == (401, "device_unknown")


async def test_case_68_limits_count_per_device_never_per_address(
    world: World, make_scanner: MakeScanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles, "SCANS_A_MINUTE", 3)
    first, second = await make_scanner(world), await make_scanner(world)
    found = [(await first.post("/checkin/scan", first.act("ABCD2345"))).status_code for _n in range(4)]
    assert found == [200, 200, 200, 429]
    assert (await second.post("/checkin/scan", second.act("ABCD2345"))).status_code == 200
    assert limits  # both came from one address


async def test_what_a_device_says_of_itself_is_seen(world: World, scanner: Scanner) -> None:
    answer = await scanner.post(
        "/door/seen",
        {"sent_at": "2020-01-01T00:00:00Z", "waiting": 14, "battery": 140, "cards": 3, "test_passed": True},
    )
    assert answer.status_code == 200
    assert answer.json()["clock_ms"] > 120_000
    row = await db.fetchrow("SELECT waiting, battery, cards, test_passed_at IS NOT NULL AS tested FROM door_device")
    assert row is not None
    assert tuple(row) == (14, 100, 3, True)
    (shown,) = await devices.devices_of(world.event)
    assert devices.state_of(shown) == "here"


async def test_the_test_code_says_that_a_device_works(scanner: Scanner) -> None:
    found = await scanner.scan("ketnoi-test")
    assert (found["status"], found["reason"]) == ("refused", "test_code")


async def test_names_and_roles_that_cannot_be(world: World, db: asyncpg.Connection) -> None:
    for name, role in (("", "scan"), ("x" * 81, "scan"), ("Cổng", "admin")):
        with pytest.raises(Invalid):
            await devices.add_device(world.owner, world.event, name=name, role=role)
    other = await make_event()
    with pytest.raises(Invalid):
        await devices.add_device(world.owner, world.event, name="Cổng", role="scan", checkpoints=[other.checkpoint])


async def test_nobody_but_its_exhibitor_pairs_the_device_of_a_booth(world: World, db: asyncpg.Connection) -> None:
    door, _code = await devices.add_device(world.owner, world.event, name="Cổng A", role="scan")
    booth, code = await devices.add_device(world.owner, world.event, name="Gian A1", role="exhibitor")
    await devices.pair(code)
    with pytest.raises(NotFound):
        await devices.new_code(world.owner, world.event, booth)
    await devices.revoke(world.owner, world.event, booth)
    with pytest.raises(NotFound):
        await devices.new_code(world.owner, world.event, booth)
    assert await devices.new_code(world.owner, world.event, door)


async def test_devices_of_booths_and_those_out_of_service_take_no_door_its_device(
    world: World, db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "AT_MOST", 2)
    for name in ("Gian A1", "Gian A2", "Gian A3"):
        await devices.add_device(world.owner, world.event, name=name, role="exhibitor")
    first, _code = await devices.add_device(world.owner, world.event, name="Cổng A", role="scan")
    await devices.add_device(world.owner, world.event, name="Cổng B", role="scan")
    with pytest.raises(Invalid):
        await devices.add_device(world.owner, world.event, name="Cổng C", role="scan")
    await devices.revoke(world.owner, world.event, first)
    await devices.add_device(world.owner, world.event, name="Cổng C", role="scan")
    assert [row["name"] for row in await devices.devices_of(world.event)] == ["Cổng B", "Cổng C"]
