"""The ledger and its pages: a case has both sides, is decided by a name with a reason; nothing is done by itself."""

import re
from datetime import timedelta

import pytest

from app.core import clock, db
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from events import planning, setup, waitlist
from events.door import ledger
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, ticket_code
from tests.events.door.conftest import MakeScanner, Scanner
from tests.factories import make_person

MINUTE = timedelta(minutes=1)


async def twice(world: World, first: Scanner, second: Scanner) -> str:
    """One ticket let in by two devices without a network; the answer to the second."""
    code = await ticket_code(world, await make_registration(world, full_name="Nguyễn Thị Lan"))
    for device, ago in ((first, 30), (second, 20)):
        at = (clock.now() - ago * MINUTE).isoformat()
        (answer,) = await device.sync(device.act(code, offline=True, shown="ok", scanned_at=at))
    return str(answer["status"])


async def test_case_46_and_60_a_double_admission_is_a_case_with_both_sides_until_somebody_decides(
    world: World, make_scanner: MakeScanner
) -> None:
    devices = [await make_scanner(world, name=name) for name in ("Cổng A", "Cổng B")]
    assert await twice(world, *devices) == "conflict"
    (case,) = await ledger.cases_of(world.event, still_open=True)
    assert (case["kind"], case["full_name"]) == ("twice", "Nguyễn Thị Lan")
    assert [(one["device_name"], one["offline"]) for one in case["seen"]] == [("Cổng A", True), ("Cổng B", True)]
    assert await db.fetchval("SELECT sum(inside) FROM zone_count") == 1
    await ledger.decide(world.owner, world.event, case["id"], "undone", "vé bị chụp lại")
    assert await ledger.cases_of(world.event, still_open=True) == []
    (settled,) = await ledger.cases_of(world.event, still_open=False)
    assert (settled["decision"], settled["decided_reason"], settled["decided_name"]) == (
        "undone",
        "vé bị chụp lại",
        "Ban tổ chức",
    )
    assert [one["undone"] for one in settled["seen"]] == [False, True]
    assert await db.fetchval("SELECT sum(inside) FROM zone_count") == 1
    assert await db.fetchval("SELECT count(*) FROM scan") == 3
    with pytest.raises(ledger.Decided):
        await ledger.decide(world.owner, world.event, case["id"], "stands", "x")


async def test_a_case_that_stands_changes_nothing_and_needs_a_reason(world: World, make_scanner: MakeScanner) -> None:
    await twice(world, await make_scanner(world), await make_scanner(world))
    (case,) = await ledger.cases_of(world.event, still_open=True)
    for decision, reason in (("stands", " "), ("forced", "x")):
        with pytest.raises(Invalid):
            await ledger.decide(world.owner, world.event, case["id"], decision, reason)
    other = await make_event()
    with pytest.raises(NotFound):
        await ledger.decide(other.owner, other.event, case["id"], "stands", "x")
    await ledger.decide(world.owner, world.event, case["id"], "stands", "hai anh em")
    assert await db.fetchval("SELECT count(*) FROM scan") == 2


async def test_an_exit_that_comes_in_late_explains_a_case(world: World, make_scanner: MakeScanner) -> None:
    first, second = await make_scanner(world), await make_scanner(world)
    await twice(world, first, second)
    code = await db.fetchval("SELECT code FROM registration")
    at = (clock.now() - 25 * MINUTE).isoformat()
    (answer,) = await first.sync(first.act(code, direction="out", offline=True, shown="ok", scanned_at=at))
    assert answer["status"] == "ok"
    assert await ledger.open_cases(world.event) == 0
    assert await db.fetchval("SELECT sum(inside) FROM zone_count") == 1


@pytest.mark.parametrize("taken", ["cancelled", "revoked", "event_cancelled", "waitlisted"])
async def test_case_50_taken_back_meanwhile_is_a_case_and_counts_whoever_is_inside(
    taken: str, world: World, scanner: Scanner
) -> None:
    guest = await make_registration(world)
    code = await ticket_code(world, guest)
    if taken == "cancelled":
        await waitlist.cancel(world.owner, guest.id)
    elif taken == "revoked":
        await planning.rotate_key(world.owner, world.event, "lộ mã")
    elif taken == "event_cancelled":
        await planning.cancel_event(world.owner, world.event, "Bão")
    else:
        await db.execute("UPDATE registration SET status = 'waitlisted'")
    at = (clock.now() - MINUTE).isoformat()
    (answer,) = await scanner.sync(scanner.act(code, offline=True, shown="ok", scanned_at=at))
    assert (answer["status"], answer["reason"]) == ("conflict", taken)
    (case,) = await ledger.cases_of(world.event, still_open=True)
    assert (case["kind"], case["reason"], len(case["seen"])) == ("refused", taken, 1)
    assert await db.fetchval("SELECT sum(inside) FROM zone_count") == 1
    await ledger.decide(world.owner, world.event, case["id"], "undone", "mời ra")
    assert await db.fetchval("SELECT sum(inside) FROM zone_count") == 0


async def test_case_48_a_time_that_cannot_be_is_a_case(world: World, scanner: Scanner) -> None:
    code = await ticket_code(world, await make_registration(world))
    at = (clock.now() + timedelta(hours=2)).isoformat()
    (answer,) = await scanner.sync(scanner.act(code, offline=True, shown="ok", scanned_at=at))
    assert (answer["status"], answer["reason"]) == ("conflict", "impossible_time")
    other = await ticket_code(world, await make_registration(world))
    (repaired,) = await scanner.sync(scanner.act(other, offline=True, shown="ok", scanned_at=at, clock_ms=-7_260_000))
    assert (repaired["status"], repaired["skewed"]) == ("ok", True)
    assert [case["kind"] for case in await ledger.cases_of(world.event, still_open=True)] == ["times"]


async def test_one_ticket_at_two_places_at_once_is_a_case(world: World, make_scanner: MakeScanner) -> None:
    first, second = await make_scanner(world), await make_scanner(world)
    venue = await db.fetchval("SELECT zone FROM checkpoint")
    for device, name in ((first, "Làng A"), (second, "Làng B")):
        device.checkpoint = await setup.add_checkpoint(world.owner, world.event, name_vi=name, types=[])
        await db.execute("UPDATE zone SET parent = $1 WHERE id = $2", venue, device.checkpoint)
    code = await ticket_code(world, await make_registration(world))
    statuses = []
    for device, second_of in ((first, 0), (second, 5)):
        at = (clock.now() - MINUTE + timedelta(seconds=second_of)).isoformat()
        (answer,) = await device.sync(device.act(code, offline=True, shown="ok", scanned_at=at))
        statuses.append(answer["status"])
    assert statuses == ["ok", "conflict"]
    (case,) = await ledger.cases_of(world.event, still_open=True)
    assert (case["kind"], case["reason"], len(case["seen"])) == ("times", "two_places", 2)


async def test_the_pages_of_devices_and_cases(world: World, make_scanner: MakeScanner, make_client: MakeClient) -> None:
    browser = make_client(world.owner)
    base = f"/events/{world.slug}"
    empty = (await browser.get(f"{base}/devices")).text
    assert "Chưa có thiết bị nào" in empty
    wrong = await browser.post(f"{base}/devices", data={"name": "", "role": "scan"})
    assert wrong.status_code == 422
    made = await browser.post(f"{base}/devices", data={"name": "Cổng <b>", "role": "search"})
    code = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", made.text)
    assert made.status_code == 200
    assert code is not None
    assert "Cổng &lt;b&gt;" in made.text
    assert code[0] not in (await browser.get(f"{base}/devices")).text
    number = await db.fetchval("SELECT id FROM door_device")
    again = await browser.post(f"{base}/devices/{number}/code")
    assert again.status_code == 200
    assert code[0] not in again.text
    gone = await browser.post(f"{base}/devices/{number}/revoke")
    assert (gone.status_code, gone.headers["location"]) == (303, f"{base}/devices")
    await twice(world, await make_scanner(world, name="Cổng A"), await make_scanner(world, name="Cổng B"))
    listed = (await browser.get(f"{base}/cases")).text
    assert "Nguyễn Thị Lan" in listed
    case = await db.fetchval("SELECT id FROM door_case")
    refused = await browser.post(f"{base}/cases/{case}", data={"decision": "stands", "reason": ""})
    assert refused.status_code == 422
    settled = await browser.post(f"{base}/cases/{case}", data={"decision": "stands", "reason": "đã kiểm tra"})
    assert settled.status_code == 303
    assert "đã kiểm tra" in (await browser.get(f"{base}/cases?show=decided")).text


async def test_only_who_plans_the_event_sees_devices_and_cases(world: World, make_client: MakeClient) -> None:
    desk = await make_person(email="desk@test.example")
    await setup.add_staff(world.owner, world.event, "desk@test.example", "desk")
    base, some = f"/events/{world.slug}", new_id()
    routes = [
        ("GET", f"{base}/devices"),
        ("POST", f"{base}/devices"),
        ("GET", f"{base}/devices/{some}"),
        ("POST", f"{base}/devices/{some}"),
        ("POST", f"{base}/devices/{some}/code"),
        ("POST", f"{base}/devices/{some}/revoke"),
        ("GET", f"{base}/cases"),
        ("POST", f"{base}/cases/{some}"),
    ]
    other = (await make_event()).owner
    for actor, expected in ((desk, {403}), (other, {403}), (world.owner, {200, 404, 422})):
        browser = make_client(actor)
        data = {"decision": "stands", "reason": "x"}
        found = {(await browser.request(method, path, data=data)).status_code for method, path in routes}
        assert found <= expected
