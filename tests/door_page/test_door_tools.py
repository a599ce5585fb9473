"""What staff do with a scanner besides scanning: groups, questions, names, undoing, overruling, walk-ins, kiosks."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from playwright.async_api import Page, Route, expect

from app.core.ids import new_id
from events import tickets
from events.door import devices
from events.door.devices import DevicePlan
from events.door.scanning import TEST_CODE
from tests.door_page.conftest import Door, Phone, modules
from tests.door_page.test_door_at_the_door import handed_in, waiting

pytestmark = pytest.mark.browser
MakeDoor = Callable[..., Awaitable[Door]]
MakePhone = Callable[..., Awaitable[Phone]]
QUESTION = [
    {
        "code": "meal",
        "text_vi": "Có ăn trưa không?",
        "text_en": "Lunch?",
        "kind": "yes_no",
        "options": [],
        "required": True,
    }
]


TRUSTED = """() => new Promise((done) => { const open = indexedDB.open("door"); open.onsuccess = () => {
  const me = open.result.transaction("kept").objectStore("kept").get("me");
  me.onsuccess = () => { open.result.close(); done(me.result.device.hidden_types); }; }; })"""


async def delegation(at: Door, committed: asyncpg.Pool, name: str = "Đoàn Đại học Bách khoa") -> str:
    """All guests came together; the code that they share."""
    group, event = new_id(), at.world.event
    await committed.execute(
        "INSERT INTO delegation (id, event, name, secret) VALUES ($1, $2, $3, $4)", group, event, name, group.hex
    )
    await committed.execute("UPDATE registration SET delegation = $1 WHERE event = $2", group, event)
    key = await committed.fetchval("SELECT signing_key FROM registration WHERE event = $1 LIMIT 1", event)
    return await tickets.code_of(group, event, key)


async def settled(page: Page, status: str) -> None:
    await expect(page.locator(".door-answer")).to_have_attribute("data-status", status)


async def test_case_66_who_is_here_of_a_group_is_ticked_and_nobody_comes_in_twice(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(5)
    code = await delegation(at, committed)
    one = await phone(at)
    page = await one.prepare()
    await one.start()
    assert (await one.type(code))["status"] == "needs_input"
    await expect(page.locator("dialog h2")).to_have_text("Đoàn Đại học Bách khoa")
    boxes = page.locator("dialog [name=present]")
    await page.click("dialog form .btn-primary")
    await expect(page.locator("dialog [role=alert]")).to_contain_text("chọn ít nhất một người")
    for number in range(3):
        await boxes.nth(number).check()
    await page.click("dialog form .btn-primary")
    await settled(page, "ok")
    assert await committed.fetchval("SELECT count(*) FROM admission WHERE inside") == 3

    await one.type(code)
    assert [await boxes.nth(n).is_disabled() for n in range(5)].count(True) == 3, "who is inside is not ticked again"
    await page.click("dialog button:has-text('Chọn tất cả')")
    await page.click("dialog form .btn-primary")
    await settled(page, "ok")
    rows = await committed.fetch("SELECT registration FROM admission WHERE inside")
    assert sorted(row["registration"] for row in rows) == sorted(at.ids)


async def test_who_of_a_group_has_no_place_is_greyed_and_the_list_says_why(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(3)
    one = await phone(at)
    page = await one.prepare()
    await one.start()
    code = await delegation(at, committed)  # after the phone has prepared: the server tells who is in it
    await committed.execute("UPDATE registration SET status = 'waitlisted' WHERE id = $1", at.ids[0])
    await one.type(code)
    away = page.locator("dialog label", has=page.locator(":disabled"))
    await expect(away).to_contain_text("chưa có chỗ được xác nhận")
    await expect(page.locator("dialog p", has_text="chưa vào")).to_contain_text("2")


async def test_case_66_a_group_is_ticked_without_a_network_and_each_member_is_remembered(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(3)
    code = await delegation(at, committed)
    await committed.execute("UPDATE registration SET party = 2 WHERE id = $1", at.ids[2])
    one = await phone(at)
    page = await one.prepare()
    await one.start()
    await one.context.set_offline(True)
    assert (await one.type(at.codes[0]))["status"] == "ok"
    assert (await one.type(code))["status"] == "needs_input"
    boxes = page.locator("dialog [name=present]")
    assert [await boxes.nth(n).is_disabled() for n in range(3)] == [True, False, False]
    await expect(page.locator("dialog form")).to_contain_text("2 người")
    await boxes.nth(1).check()
    await page.click("dialog form .btn-primary")
    await settled(page, "ok")
    await expect(page.locator(".door-answer")).to_contain_text("2 trên 3")
    assert (await one.type(at.codes[1]))["status"] == "already", "known by its own code too"
    await one.context.set_offline(False)
    await handed_in(one)
    rows = await committed.fetch("SELECT registration FROM admission WHERE inside")
    assert sorted(row["registration"] for row in rows) == sorted(at.ids[:2])
    assert await committed.fetchval("SELECT count(*) FROM door_case") == 0
    assert (await one.type(code))["status"] == "needs_input"
    await boxes.nth(2).check()
    await page.click("dialog form .btn-primary")
    await settled(page, "ok")
    assert await committed.fetchval("SELECT sum(inside) FROM zone_count") == 4


async def test_case_66_of_a_group_as_many_come_in_without_a_network_as_there_are_places(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(3)
    code = await delegation(at, committed)
    await committed.execute("UPDATE registration SET party = 2 WHERE id = $1", at.ids[1])
    await committed.execute("UPDATE zone SET cap = 2")
    one = await phone(at)
    page = await one.prepare()
    await one.start()
    await one.context.set_offline(True)
    assert (await one.type(code))["status"] == "needs_input"
    boxes = page.locator("dialog [name=present]")
    for number in (0, 1, 2):
        await boxes.nth(number).check()
    await page.click("dialog form .btn-primary")
    await settled(page, "ok")
    await expect(page.locator(".door-answer")).to_contain_text("2 trên 3")
    assert (await one.type(at.codes[0]))["status"] == "already"
    said = await one.type(at.codes[1])
    assert (said["status"], said["reason"]) == ("refused", "checkpoint_full")
    await one.context.set_offline(False)
    await handed_in(one)
    rows = await committed.fetch("SELECT registration FROM admission WHERE inside")
    assert sorted(row["registration"] for row in rows) == sorted([at.ids[0], at.ids[2]])
    assert await committed.fetchval("SELECT sum(inside) FROM zone_count") == 2
    assert await committed.fetchval("SELECT count(*) FROM door_case") == 0
    assert (await one.type(code))["status"] == "needs_input"
    assert await boxes.nth(1).is_disabled(), "who has no place cannot be ticked"


async def test_case_67_a_question_is_answered_at_the_door_offline_too_and_guests_of_honour_are_told(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(2)
    await committed.execute("UPDATE checkpoint SET questions = $1", json.dumps(QUESTION))
    await committed.execute(
        "INSERT INTO door_flag (id, registration, vip, note) VALUES ($1, $2, true, 'Đón tại cổng')", new_id(), at.ids[1]
    )
    one = await phone(at)
    page = await one.prepare()
    await one.start()
    for number, offline in enumerate((False, True)):
        await one.context.set_offline(offline)
        asked = await one.type(at.codes[number])
        assert (asked["status"], asked["reason"]) == ("needs_input", "needs_answer")
        await page.click("dialog form .btn-primary")
        await expect(page.locator("dialog [role=alert]")).to_contain_text("Vui lòng trả lời: Có ăn trưa không?")
        await page.select_option("dialog select", "yes")
        await page.click("dialog form .btn-primary")
        await settled(page, "ok")
    assert await page.inner_text(".door-flag") == "Khách mời VIP · Đón tại cổng"
    await one.context.set_offline(False)
    await handed_in(one)
    rows = await committed.fetch("SELECT outcome, answers FROM scan WHERE outcome = 'ok'")
    assert [row["answers"] for row in rows] == [{"meal": "yes"}] * 2


async def test_cases_60_and_61_only_a_supervisor_undoes_overrules_and_looks_for_names(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(1)
    steward = await phone(at)
    page = await steward.prepare("scan", "Cổng A")
    await steward.start()
    assert await page.locator("[data-tool=search]").count() == 0
    assert (await steward.type(at.codes[0]))["status"] == "ok"
    await steward.type(at.codes[0])
    assert await page.locator("[data-act=override]").count() == 0
    await page.click("[data-tool=list]")
    assert await page.locator("dialog li button").count() == 0, "nothing to undo with"

    chief = await phone(at)
    page = await chief.prepare("supervisor", "Quản lý")
    await chief.start()
    await page.click("[data-tool=search]")
    await page.fill("[name=q]", "va")
    await asyncio.sleep(0.4)
    assert await page.locator("dialog li").count() == 0, "fewer than three letters find nobody"
    await page.fill("[name=q]", "khanh van")
    await page.click("dialog li button")
    await settled(page, "already")
    await page.click("[data-act=override]")
    await page.click("dialog form .btn-primary")
    await expect(page.locator("dialog [role=alert]")).to_have_text("Vui lòng cho biết lý do.")
    await page.fill("[name=reason]", "Ra ngoài lấy đồ")
    await page.click("dialog form .btn-primary")
    await settled(page, "ok")
    assert await committed.fetchval("SELECT count(*) FROM scan WHERE override_reason = 'Ra ngoài lấy đồ'") == 1

    await page.click("[data-tool=list]")
    await page.locator("dialog li button").first.click()
    hold = page.locator("dialog .door-hold")
    await hold.click()  # a touch is not enough
    assert await page.locator("dialog .door-hold").count() == 1
    await hold.hover()
    await page.mouse.down()
    await expect(page.locator("dialog")).to_have_count(0)
    await page.mouse.up()
    assert await committed.fetchval("SELECT count(*) FROM scan WHERE outcome = 'undone'") == 1


async def test_case_65_a_walk_in_without_a_network_gets_a_pass_and_becomes_a_guest(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(1)
    one = await phone(at, decoder=True, kept=True)
    page = await one.prepare()
    await one.start()
    await one.context.set_offline(True)
    await page.click("[data-tool=walk-in]")
    await page.fill("[name=full_name]", "Hoàng Thị Vãng Lai")
    await page.click("dialog form .btn-primary")
    await expect(page.locator("dialog [role=alert]")).to_contain_text("email hoặc số điện thoại")
    assert await page.input_value("[name=full_name]") == "Hoàng Thị Vãng Lai", "nothing typed is lost"
    await page.fill("[name=email]", "vang.lai@example.com")
    await page.click("dialog form .btn-primary")
    await page.wait_for_selector("dialog canvas.door-qr")
    shown = await page.evaluate("""async () => {
      const own = document.querySelector("script[type=module]").src;
      const {pickReader} = await import(own.replace("app.js", "camera.js"));
      const reader = await pickReader({...document.getElementById("door").dataset});
      const text = await reader.read(document.querySelector("canvas.door-qr"));
      reader.close();
      return text;
    }""")
    assert len(shown) == 26
    await page.keyboard.press("Escape")
    again = await one.type(shown)
    assert (again["status"], "giây trước" in again["text"]) == ("already", True), "this phone knows its own pass"
    await one.context.set_offline(False)
    await handed_in(one)
    found = await committed.fetchrow("SELECT id, status FROM registration WHERE full_name = 'Hoàng Thị Vãng Lai'")
    assert found is not None
    assert (
        await committed.fetchval("SELECT count(*) FROM admission WHERE registration = $1 AND inside", found["id"]) == 1
    )
    other = await phone(at)
    await other.prepare(name="Cổng B")
    await other.start()
    elsewhere = await other.type(shown)
    assert (elsewhere["status"], "Hoàng Thị Vãng Lai" in elsewhere["text"]) == ("already", True)


async def test_a_server_that_answers_late_and_otherwise_is_shown_and_the_admission_stands_in_the_ledger(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(1)
    first, second = await phone(at), await phone(at)
    for one in (second, first):
        await one.prepare()
        await one.start()
    assert (await first.type(at.codes[0]))["status"] == "ok"

    async def late(route: Route) -> None:
        await asyncio.sleep(0.6)
        await route.continue_()

    await second.context.route("**/api/v1/checkin/scan", late)
    page = second.page
    assert (await second.type(at.codes[0]))["status"] == "ok", "what it knew, at once"
    await page.wait_for_selector("#door-alarm")
    await settled(page, "already")
    await handed_in(second)
    rows = await committed.fetch("SELECT outcome, offline, shown FROM scan ORDER BY received_at")
    assert [(row["outcome"], row["offline"], row["shown"]) for row in rows] == [
        ("ok", False, ""),
        ("already", False, ""),
        ("conflict", True, "ok"),
    ]
    assert await committed.fetchval("SELECT count(*) FROM door_case WHERE kind = 'twice'") == 1
    assert await committed.fetchval("SELECT count(*) FROM admission WHERE inside") == 1


async def test_a_kiosk_greets_by_itself_and_lets_no_guest_behind_it(door: MakeDoor, phone: MakePhone) -> None:
    at = await door(1)
    one = await phone(at, decoder=True, locale="en-GB")
    page = await one.prepare("kiosk")
    await one.start()
    await page.evaluate("rows => hold(rows)", modules(at.codes[0]))
    await settled(page, "ok")
    await page.evaluate("hold(null)")
    refused = await one.type("https://example.com")
    assert "We do not know this code. Please show the QR code of your ticket." in refused["text"]
    assert await page.locator(".door-tools button:visible").count() == 0
    for name in (".door-point", ".door-chip"):
        await page.click(name)
    assert await page.locator("dialog, [data-ready]").count() == 0
    await page.clock.install()
    await one.type("https://example.com/2")
    await page.clock.fast_forward(8100)
    await settled(page, "idle")
    await page.clock.resume()
    await page.locator(".door-point").hover()
    await page.mouse.down()
    await page.wait_for_selector("[data-ready]")


async def test_a_phone_that_is_given_another_role_has_its_tools_with_the_next_contact(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    """And somebody without a ticket is offered hidden types only where the organiser said so."""
    at = await door(1)
    await committed.execute(
        "INSERT INTO ticket_type (id, event, code, title_vi, capacity, visibility) SELECT gen_random_uuid(), event,"
        " 'moi', 'Khách mời', 5, 'invited' FROM ticket_type LIMIT 1"
    )
    one = await phone(at)
    page = await one.prepare("scan")
    device = await committed.fetchval("SELECT id FROM door_device")
    await one.start()
    assert await page.locator("[data-tool=search]").count() == 0
    for allowed, offered in ((False, 0), (True, 1)):
        plan = DevicePlan(name="Cổng A", role="supervisor", hidden_types=allowed)
        await devices.change(at.world.event, device, plan)
        await page.evaluate("dispatchEvent(new Event('online'))")
        if not allowed:
            await page.wait_for_selector("[data-ready]")
            await one.start()
        else:
            while not await page.evaluate(TRUSTED):
                await asyncio.sleep(0.05)
        assert await page.locator("[data-tool=search]").count() == 1
        await page.click("[data-tool=walk-in]")
        await expect(page.locator("dialog select[name=ticket_type]")).to_have_count(offered)
        await page.keyboard.press("Escape")


async def test_the_test_code_makes_ready_and_a_closed_camera_leaves_the_hand_held_scanner(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(1)
    one = await phone(at)
    page = await one.prepare()
    await page.evaluate(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError')); 0"
    )
    await page.click("#start")
    await expect(page.locator(".door-says")).to_contain_text("Trình duyệt chưa được phép dùng máy ảnh.")
    tested = await one.type(TEST_CODE.lower())
    assert (tested["reason"], "Mã thử" in tested["text"]) == ("test_code", True)
    assert (await one.type(at.codes[0]))["status"] == "ok"
    await page.click(".door-point")
    await expect(page.locator('[data-check="test"]')).to_have_attribute("data-state", "ok")
    said: Any = await page.locator(".door-check-ok").count()
    assert said >= 6
    assert await waiting(one) == 0
    assert await committed.fetchval("SELECT count(*) FROM admission WHERE inside") == 1


async def test_case_42_an_answer_that_was_lost_on_its_way_changes_nothing(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(1)
    one = await phone(at)
    await one.prepare()
    await one.start()

    async def lost(route: Route) -> None:
        await route.fetch()  # it arrives, is decided and kept
        await route.abort()

    await one.context.route("**/api/v1/checkin/scan", lost)
    assert (await one.type(at.codes[0]))["status"] == "ok", "decided here"
    await handed_in(one)
    rows = await committed.fetch("SELECT outcome, offline FROM scan")
    assert [(row["outcome"], row["offline"]) for row in rows] == [("ok", False)], "the same act, once"
    assert await committed.fetchval("SELECT count(*) FROM door_case") == 0
    assert await one.page.locator("#door-alarm").count() == 0
    assert (await one.type(at.codes[0]))["status"] == "already"
