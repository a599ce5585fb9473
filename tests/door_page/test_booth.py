"""The scanner at a booth: what visitors chose is shown and no more, notes, no network, taken back, nothing kept."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from playwright.async_api import expect

from app.core import db
from events.door import devices
from events.leads import agreeing
from tests.door_page.conftest import Door, Phone, modules
from tests.door_page.test_door_at_the_door import DUMP, SMALL, STRONG, MakeDoor, MakePhone, handed_in, waiting
from tests.e2e.conftest import axe
from tests.events.floor.making import accepted, open_ground

pytestmark = pytest.mark.browser


async def at_booth(at: Door, one: Phone) -> Callable[[], Awaitable[str]]:
    """A phone that an exhibitor of this event added. What is returned gives the code of a further one."""
    await open_ground(at.world)
    owner, exhibitor = await accepted(at.world)

    async def another() -> str:
        number, code = await devices.add_device(owner, at.world.event, name="Máy gian hàng", role="exhibitor")
        await db.execute("INSERT INTO lead_device (device, exhibitor) VALUES ($1, $2)", number, exhibitor)
        return code

    await one.open(f"/door#pair={await another()}")
    await one.page.wait_for_selector(".door-booth")
    return another


async def test_a_booth_meets_visitors_as_they_chose_with_and_without_a_network(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(4)
    for guest, level in zip(at.ids, ("contact", "name", "none", "contact"), strict=True):
        await agreeing.choose(guest, level)
    one = await phone(at, decoder=True, kept=True)
    await at_booth(at, one)
    page, answer = one.page, one.page.locator(".door-answer")
    await page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    await page.click(".door-start")
    await page.wait_for_selector(".door-scan.seeing")
    await page.evaluate("rows => hold(rows)", modules(at.codes[0]))
    await expect(answer).to_have_attribute("data-status", "ok")
    await expect(answer).to_contain_text("+84912345678")
    await expect(answer).to_contain_text(at.names[0])
    await page.evaluate("hold(null)")
    assert (await axe(page), await page.evaluate(STRONG), await page.evaluate(SMALL)) == ([], [], [])

    await page.click("[data-act=note]")
    await page.click("dialog form .btn-primary")
    await expect(page.locator("dialog [role=alert]")).to_contain_text("viết gì đó")
    await page.fill("dialog [name=note]", "Hẹn thứ Hai")
    await page.select_option("dialog [name=rating]", "4")
    assert (await axe(page), await page.evaluate(SMALL)) == ([], [])
    await page.click("dialog form .btn-primary")
    await expect(answer).to_have_attribute("data-written", "noted")

    assert "+84" not in (await one.type(at.codes[1]))["text"], "the name, and no telephone"
    said = await one.type(at.codes[2])
    assert (said["status"], at.names[2] in said["text"]) == ("visited", False)
    assert await page.evaluate(STRONG) == []
    assert (await one.type("A" * 162))["status"] == "refused"

    await one.context.set_offline(True)
    await page.reload()  # a cold start without a network
    await page.wait_for_selector(".door-booth")
    assert (await one.type(at.codes[3]))["status"] == "kept"
    await expect(page.locator(".door-chip")).to_have_attribute("data-state", "off")
    await page.click("[data-act=note]")
    await page.fill("dialog [name=note]", "Ghi khi mất mạng")
    await page.click("dialog form .btn-primary")
    await expect(answer).to_have_attribute("data-written", "kept")
    assert await waiting(one) == 2
    kept = json.dumps(json.loads(await page.evaluate(DUMP)), ensure_ascii=False)
    readable = ["Khánh Vân", "912345678", "@test.example", "Sao Mai", "Hẹn thứ Hai", "Ghi khi mất mạng", *at.codes]
    assert [word for word in readable if word in kept] == []

    await one.context.set_offline(False)
    await handed_in(one)
    await expect(answer).to_have_attribute("data-status", "ok")
    notes = await committed.fetch("SELECT n.text FROM lead_note n JOIN lead l ON l.id = n.lead ORDER BY n.written_at")
    assert [row["text"] for row in notes] == ["Hẹn thứ Hai", "Ghi khi mất mạng"]
    await page.click("[data-tool=list]")
    await expect(page.locator("dialog [data-lead]")).to_have_count(3)
    assert await axe(page) == []

    for row in await committed.fetch("SELECT id, registration FROM lead"):
        await agreeing.withdraw(row["registration"], row["id"])
    await page.evaluate("dispatchEvent(new Event('online'))")  # the next contact
    await expect(page.locator("dialog [data-lead]")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(answer).to_have_attribute("data-status", "gone")
    assert [name for name in at.names if name in await page.content()] == []
    assert one.complaints == []


async def test_a_phone_without_a_booth_says_so(door: MakeDoor, phone: MakePhone) -> None:
    at = await door(1)
    one = await phone(at)
    _number, code = await devices.add_device(at.world.owner, at.world.event, name="Máy lạc", role="exhibitor")
    await one.open(f"/door#pair={code}")
    await expect(one.page.locator(".door-chip")).to_contain_text("Chưa có gian hàng")


async def test_what_was_scanned_in_another_role_waits_for_it_and_holds_up_nothing(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    """The server forgot the phone while a visit waited on it; it is paired at a door, and later at the booth again."""
    at = await door(2)
    await agreeing.choose(at.ids[0], "contact")
    one = await phone(at)
    another = await at_booth(at, one)
    page = one.page
    await page.click(".door-start")
    await one.context.set_offline(True)
    await one.type(at.codes[0])
    await committed.execute("UPDATE door_device SET token_hash = NULL")
    await one.context.set_offline(False)
    await page.wait_for_selector("[name=code]")

    await page.fill("[name=code]", await at.pairing())
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-check=barred]")).to_contain_text("1 lượt được giữ mã hoá")
    assert await page.get_attribute("[data-check=queue]", "data-state") == "ok"
    assert (await axe(page), await page.evaluate(SMALL)) == ([], [])
    await one.start()
    assert (await one.type(at.codes[1]))["status"] == "ok"
    while not await committed.fetchval("SELECT count(*) FROM scan"):
        await asyncio.sleep(0.05)
    assert await committed.fetchval("SELECT count(*) FROM lead") == 0
    while (left := await waiting(one)) > 1:
        await asyncio.sleep(0.05)
    assert left == 1

    await page.goto(f"{at.url}/door#pair={await another()}")
    await handed_in(one)
    assert await committed.fetchval("SELECT count(*) FROM lead") == 1
    assert one.complaints == []
