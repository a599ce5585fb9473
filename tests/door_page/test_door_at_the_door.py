"""The scanner at work, in a real browser in front of the real server: offline, killed, revoked, lost, out of date."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import pytest
from playwright.async_api import Request, Route, TimeoutError, expect

from app.core import clock
from events import throttles
from events.door import pages
from tests.door_page.conftest import Door, Phone, modules
from tests.e2e.conftest import axe
from tests.event_factories import make_registration, ticket_code

pytestmark = pytest.mark.browser
MakeDoor = Callable[..., Awaitable[Door]]
MakePhone = Callable[..., Awaitable[Phone]]

SHOW_ALL = """async (pictures) => {
  const answer = document.querySelector(".door-answer");
  const said = [];
  for (const [n, rows] of pictures.entries()) {
    const before = answer.dataset.count;
    hold(rows, n % 7 * 0.9);
    for (let turn = 0; answer.dataset.count === before; turn++) {
      if (turn > 800) throw new Error(`picture ${n} was not read`);
      await new Promise((done) => setTimeout(done, 5));
    }
    said.push(answer.dataset.status);
  }
  return said;
}"""

DUMP = """async () => {
  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = failed;
  });
  const plain = (value) => {
    const read = (name) => new TextDecoder(name).decode(value);
    if (value instanceof ArrayBuffer) return read("latin1") + read("utf-8");
    if (ArrayBuffer.isView(value)) return plain(value.buffer);
    if (value instanceof CryptoKey) return `key ${value.extractable}`;
    if (Array.isArray(value)) return value.map(plain);
    if (!value || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  };
  const found = {local: {...localStorage}, session: {...sessionStorage}, bases: {}, caches: {}};
  for (const {name} of await indexedDB.databases()) {
    const base = await asked(indexedDB.open(name));
    for (const store of base.objectStoreNames) {
      const rows = base.transaction(store).objectStore(store);
      found.bases[`${name}/${store}`] = plain(await asked(rows.getAll()));
    }
    base.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) found.caches[request.url] = await (await cache.match(request)).text();
  }
  return JSON.stringify(found);
}"""


async def waiting(phone: Phone) -> int:
    """How many scans the device holds, as its disk says."""
    found: int = await phone.page.evaluate(
        """() => new Promise((done) => { const open = indexedDB.open("door"); open.onsuccess = () => {
          const count = open.result.transaction("queue").objectStore("queue").count();
          count.onsuccess = () => { open.result.close(); done(count.result); }; }; })"""
    )
    return found


async def handed_in(phone: Phone, seconds: float = 15) -> float:
    """Until nothing waits; how long that took."""
    begun = asyncio.get_running_loop().time()
    while await waiting(phone):
        assert asyncio.get_running_loop().time() - begun < seconds, "still waiting"
        await asyncio.sleep(0.1)
    return asyncio.get_running_loop().time() - begun


async def test_case_49_three_hundred_offline_scans_survive_a_kill_and_arrive_once(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(300)
    one = await phone(at, decoder=True, kept=True)
    await one.prepare()
    await one.context.set_offline(True)
    await one.page.reload()  # a cold start without a network
    await one.page.wait_for_selector("#door[data-started]")
    assert await one.page.get_attribute('[data-check="tickets"]', "data-state") == "ok"
    await one.start()
    pictures = [modules(code) for code in at.codes]
    assert await one.page.evaluate(SHOW_ALL, pictures[:180]) == ["ok"] * 180
    assert await waiting(one) == 180
    await one.page.close()  # killed: no farewell

    await one.open()
    await one.start()
    assert await one.page.evaluate(SHOW_ALL, pictures[180:]) == ["ok"] * 120
    assert (await one.type(at.codes[0]))["status"] == "already", "known from before the kill"
    assert await waiting(one) == 301
    assert await committed.fetchval("SELECT count(*) FROM scan") == 0

    await one.context.set_offline(False)
    took = await handed_in(one)
    assert took < 15
    rows = await committed.fetch("SELECT registration, count(*) AS n FROM admission WHERE voided_at IS NULL GROUP BY 1")
    assert {row["registration"]: row["n"] for row in rows} == dict.fromkeys(at.ids, 1)
    assert await committed.fetchval("SELECT count(*) FROM scan") == 301
    assert await committed.fetchval("SELECT count(*) FROM scan WHERE outcome = 'ok'") == 300
    assert one.complaints == []


async def test_case_63_a_lost_phone_holds_no_name_no_address_and_no_number(door: MakeDoor, phone: MakePhone) -> None:
    at = await door(5)
    one = await phone(at, kept=True)
    await one.prepare("supervisor")
    await one.start()
    assert "Nguyễn Thị Khánh Vân 0" in (await one.type(at.codes[0]))["text"]
    await one.context.set_offline(True)
    assert "Nguyễn Thị Khánh Vân 1" in (await one.type(at.codes[1]))["text"]
    assert (await one.type("BEGIN:VCARD\nFN:Trần Riêng Tư\nTEL:0987654321"))["reason"] == "unknown_code"
    await one.page.click("[data-tool=walk-in]")
    await one.page.fill("[name=full_name]", "Phạm Khách Mới")
    await one.page.fill("[name=email]", "khach.moi@example.com")
    await one.page.click("dialog form button.btn-primary")
    await one.page.wait_for_selector("dialog canvas")
    assert await waiting(one) == 3
    kept = json.loads(await one.page.evaluate(DUMP))
    text = json.dumps(kept, ensure_ascii=False)
    readable = [
        "Khánh Vân",
        "Trần Riêng",
        "0987654321",
        "Phạm Khách",
        "khach.moi",
        "@test.example",
        "912345678",
        "Sao Mai",
    ]
    assert [one for one in readable if one in text or one in json.dumps(kept)] == []
    assert [code for code in at.codes if code in text] == [], "a code on the disk would open its card"
    assert set(kept["bases"]) == {"door/kept", "door/deltas", "door/queue", "door/mine"}
    assert "key false" in text, "what seals the queue cannot be read out"
    assert not [url for url in kept["caches"] if "/api/" in url]


async def test_case_53_a_bad_code_never_stops_the_loop(door: MakeDoor, phone: MakePhone) -> None:
    at = await door(1)
    one = await phone(at, decoder=True)
    await one.prepare()
    await one.start()
    bad = ["https://example.com/menu", "WIFI:S:quán cà phê;T:WPA;P:1;;", "x" * 1500, "\\000026" + "A" * 162]
    said = await one.page.evaluate(SHOW_ALL, [modules(text) for text in [*bad, at.codes[0]]])
    assert said == ["refused"] * 4 + ["ok"]
    assert one.complaints == []


async def test_case_45_just_scanned_here_and_inside_since_elsewhere(door: MakeDoor, phone: MakePhone) -> None:
    at = await door(1)
    here, there = await phone(at), await phone(at)
    await here.prepare(name="Cổng A")
    await here.start()
    assert (await here.type(at.codes[0]))["status"] == "ok"
    for offline in (False, True):
        await here.context.set_offline(offline)
        again = await here.type(at.codes[0])
        assert (again["status"], "giây trước" in again["text"]) == ("already", True)
    await there.prepare(name="Cổng B")
    await there.start()
    since = await there.type(at.codes[0])
    assert (since["status"], "giây trước" in since["text"]) == ("already", False)
    await there.context.set_offline(True)
    assert (await there.type(at.codes[0]))["status"] == "already", "the snapshot says who is inside"


async def test_case_46_two_offline_doors_admit_one_guest_and_both_are_told(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(1)
    first, second = await phone(at), await phone(at)
    for number, one in enumerate((first, second)):
        await one.prepare(name=f"Cổng {number}")
        await one.start()
        await one.context.set_offline(True)
        assert (await one.type(at.codes[0]))["status"] == "ok"
    await first.context.set_offline(False)
    await handed_in(first)
    await second.context.set_offline(False)
    await handed_in(second)
    await second.page.wait_for_selector("#door-alarm")
    assert await second.page.get_attribute(".door-answer", "data-status") == "conflict", "never silently"
    await second.page.click("#door-alarm")
    assert await second.page.locator("dialog .door-differs").count() == 1
    assert await committed.fetchval("SELECT count(*) FROM admission WHERE voided_at IS NULL") == 1
    assert await committed.fetchval("SELECT count(*) FROM door_case") == 1


async def test_case_62_a_revoked_phone_hands_in_and_forgets(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(2)
    one = await phone(at)
    await one.prepare()
    await one.start()
    await one.context.set_offline(True)
    assert (await one.type(at.codes[0]))["status"] == "ok"
    await committed.execute("UPDATE door_device SET revoked_at = now()")
    await one.context.set_offline(False)
    await one.page.wait_for_selector("[role=alert]:has-text('thu hồi')")
    await handed_in(one)
    assert await committed.fetchval("SELECT count(*) FROM scan WHERE offline") == 1, "what was scanned is kept"
    await one.page.wait_for_selector("text=Mọi lượt quét đã được gửi.")
    kept = json.loads(await one.page.evaluate(DUMP))["bases"]
    assert (kept["door/deltas"], kept["door/mine"], kept["door/queue"]) == ([], [], [])
    assert "KND1" not in json.dumps(kept)
    await one.page.reload()
    await one.page.wait_for_selector("[name=code]")


async def test_case_64_a_stale_or_partial_snapshot_is_red_and_what_it_lacks_is_not_green(
    door: MakeDoor, phone: MakePhone
) -> None:
    at = await door(2)
    one = await phone(at)
    await one.prepare()
    late = await make_registration(at.world, full_name="Lê Đến Sau")
    await one.context.set_offline(True)
    await one.start()
    code = await ticket_code(at.world, late)
    assert await one.type(code) | {"text": ""} == {"status": "unsure", "reason": "not_in_snapshot", "text": ""}
    await one.page.click(".door-point")
    await one.page.clock.set_system_time(clock.now() + timedelta(minutes=16))
    await one.page.click("#update")
    assert await one.page.get_attribute("[data-ready]", "data-ready") == "bad"
    assert "2 trên 2 vé, nhưng từ lúc" in await one.page.inner_text('[data-check="tickets"]')

    cut = await phone(at)

    async def one_more(route: Route) -> None:
        answer = await route.fetch()
        body = bytearray(await answer.body())
        body[13:17] = (int.from_bytes(body[13:17], "big") + 1).to_bytes(4, "big")
        await route.fulfill(response=answer, body=bytes(body))

    await cut.context.route("**/api/v1/door/cards*", one_more)
    await cut.open(f"/door#pair={await at.pairing()}")
    await cut.page.wait_for_selector('[data-check="tickets"][data-state="bad"]')
    assert "Mới có 3 trên 4 vé" in await cut.page.inner_text('[data-check="tickets"]')


async def test_two_tabs_hand_in_together_and_nothing_arrives_twice(
    door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    at = await door(20)
    one = await phone(at, kept=True)
    await one.prepare()
    await one.start()
    first = one.page
    await one.context.set_offline(True)
    for code in at.codes:
        assert (await one.type(code))["status"] == "ok"
    second = await one.open()
    assert "20" in await second.inner_text('[data-check="queue"]')
    sent: list[int] = []

    def count(asked: Request) -> None:
        if "/sync" in asked.url:
            sent.append(len((asked.post_data_json or {})["scans"]))

    for page in (first, second):
        page.on("request", count)
    await one.context.set_offline(False)
    await handed_in(one)
    assert sum(sent) == 20
    assert await committed.fetchval("SELECT count(*) FROM scan") == 20


SMALL = """() => [...document.querySelectorAll("button, a, input, select")].filter((one) => one.getClientRects().length)
  .map((one) => [one.type === "checkbox" ? one.closest("label") : one, one.className || one.name])
  .map(([one, name]) => [name, one.getBoundingClientRect()]).filter(([, box]) => box.width < 48 || box.height < 48)
  .map(([name, box]) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
STRONG = """async () => {
  const only = {runOnly: ["color-contrast-enhanced"], rules: {"color-contrast-enhanced": {enabled: true}}};
  const found = await axe.run(document.querySelector(".door-verdict"), only);
  return found.violations.flatMap((one) => one.nodes.map((node) => node.html));
}"""


@pytest.mark.parametrize(("scheme", "locale"), [("light", "vi-VN"), ("dark", "en-GB")])
async def test_everybody_can_use_it_with_one_hand_in_the_sun(
    scheme: str, locale: str, door: MakeDoor, phone: MakePhone
) -> None:
    at = await door(2)
    one = await phone(at, color_scheme=scheme, locale=locale)
    await one.open()
    wrong = {"pairing": await axe(one.page), "small at pairing": await one.page.evaluate(SMALL)}
    await one.prepare("supervisor")
    wrong |= {"ready": await axe(one.page), "small when ready": await one.page.evaluate(SMALL)}
    await one.start()
    wrong |= {"waiting": await axe(one.page), "small when waiting": await one.page.evaluate(SMALL)}
    verdicts = []
    for text in (at.codes[0], at.codes[0], "https://example.com", "ABCD2345"):
        await one.context.set_offline(text == "ABCD2345")
        verdicts.append((await one.type(text))["status"])
        wrong |= {f"weak {verdicts[-1]}": await one.page.evaluate(STRONG)}
        box = await one.page.locator(".door-answer").bounding_box()
        assert box is not None
        assert round(box["height"]) == round(844 * 0.43), "nothing jumps when a verdict comes"
    assert verdicts == ["ok", "already", "refused", "unsure"]
    wrong |= {"with a verdict": await axe(one.page)}
    for tool in ("type", "search", "walk-in", "list"):
        await one.page.click(f"[data-tool={tool}]")
        wrong |= {tool: await axe(one.page), f"small {tool}": await one.page.evaluate(SMALL)}
        await one.page.keyboard.press("Escape")
        await expect(one.page.locator("dialog")).to_have_count(0)
    assert {where: found for where, found in wrong.items() if found} == {}
    assert one.complaints == []


@pytest.mark.parametrize(
    ("locale", "start", "welcome"), [("vi-VN", "Bắt đầu quét", "CHÀO MỪNG"), ("en-GB", "Start scanning", "WELCOME")]
)
async def test_a_newcomer_who_is_sent_the_link_scans_after_one_tap(
    locale: str, start: str, welcome: str, door: MakeDoor, phone: MakePhone, committed: asyncpg.Pool
) -> None:
    """An empty browser, the link, one button under the thumb, the first guest: nothing to read, to type or to sign."""
    at = await door(1)
    one = await phone(at, decoder=True, kept=True, locale=locale, has_touch=True, is_mobile=True)
    page = await one.open(f"/door#pair={await at.pairing()}")
    button = page.get_by_role("button", name=start)
    await expect(button).to_be_in_viewport(ratio=1)
    await expect(page.locator("dialog")).to_have_count(0)
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= 48
    assert box["y"] > 844 / 2, "a thumb reaches it"
    assert box["width"] > 390 / 2, "with either hand"
    await button.tap()
    await page.wait_for_selector(".door-scan.seeing")
    await page.evaluate("rows => hold(rows)", modules(at.codes[0]))
    await expect(page.locator(".door-answer")).to_have_attribute("data-status", "ok")
    assert welcome in (await one.verdict())["text"].upper()
    await handed_in(one)
    assert await committed.fetchval("SELECT count(*) FROM admission") == 1
    assert one.complaints == []


async def test_a_newer_page_takes_over_at_the_next_start_and_loses_no_scan(
    door: MakeDoor, phone: MakePhone, monkeypatch: pytest.MonkeyPatch, committed: asyncpg.Pool
) -> None:
    at = await door(2)
    one = await phone(at, kept=True)
    await one.prepare()
    await one.start()
    await one.context.set_offline(True)
    assert (await one.type(at.codes[0]))["status"] == "ok"
    old = pages.version()
    monkeypatch.setattr(pages, "version", lambda: "0123456789ab")
    # not by routing: a worker whose request is held back by the test would never make room for the next one
    monkeypatch.setattr(throttles, "SYNCS_A_MINUTE", 0)
    await one.context.set_offline(False)
    running = "document.getElementById('door').dataset.version"
    await one.page.reload()
    assert await one.page.evaluate(running) == old, "what runs stays whole"
    await one.page.evaluate(
        "navigator.serviceWorker.getRegistration('/door').then((kept) => kept.update()).then(() => 0)"
    )
    await one.page.wait_for_function(
        "() => navigator.serviceWorker.getRegistration('/door').then((kept) => Boolean(kept.waiting))"
    )
    for _start in range(6):  # a worker that is still fetching makes room at the start after
        await one.page.reload()
        with contextlib.suppress(TimeoutError):
            await one.page.wait_for_function(f"() => {running} === '0123456789ab'", timeout=3000)
            break
    assert await one.page.evaluate(running) == "0123456789ab"
    assert await one.page.evaluate("caches.keys()") == ["door-0123456789ab"]
    assert await waiting(one) == 1
    monkeypatch.setattr(throttles, "SYNCS_A_MINUTE", 100)
    await one.page.evaluate("dispatchEvent(new Event('online'))")
    await handed_in(one)
    assert await committed.fetchval("SELECT count(*) FROM scan") == 1
