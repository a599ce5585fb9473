"""The desk's camera in browsers without a detector of their own: a film of codes is shown to a real Chromium."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import segno
from playwright.async_api import Page, async_playwright, expect

from scripts.running import CHROMIUM_FLAGS, chromium
from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.browser
WIDTH, HEIGHT, RATE = 640, 480, 10
NO_DETECTOR = "delete window.BarcodeDetector"
NO_MODULE_WORKERS = "window.Worker = function () { throw new TypeError('no workers here'); }"


def picture(text: str = "", *, torn: bool = False) -> np.ndarray:
    """A frame in grey: a code in the middle, somewhat off, or nothing. Torn: a third of it is gone."""
    frame = np.full((HEIGHT, WIDTH), 180, np.uint8)
    if text:
        modules = np.array(list(segno.make(text, error="m", micro=False, boost_error=False).matrix), np.uint8)
        modules = np.pad(1 - np.minimum(modules, 1), 4, constant_values=1)
        code = np.kron(modules, np.full((6, 6), 215, np.uint8)) + 20
        if torn:
            code[code.shape[0] // 3 : 2 * code.shape[0] // 3] = 90
        top, left = (HEIGHT - code.shape[0]) // 2, (WIDTH - code.shape[1]) // 2 + 17
        frame[top : top + code.shape[0], left : left + code.shape[1]] = code
    return frame


def film(path: Path, *scenes: tuple[np.ndarray, int]) -> Path:
    """The scenes one after the other, each for so many tenths of a second, as Y4M; the browser shows it in a loop."""
    colour = np.full(WIDTH * HEIGHT // 2, 128, np.uint8).tobytes()
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for frame, tenths in scenes:
            file.write((b"FRAME\n" + frame.tobytes() + colour) * tenths)
    return path


async def open_event(visitor: Any) -> str:
    async with httpx.AsyncClient(base_url=visitor.house.url) as client:
        for slug in dict.fromkeys(re.findall(r'href="/events/([\w-]+)"', (await client.get("/events")).text)):
            if f"/events/{slug}/register" in (await client.get(f"/events/{slug}")).text:
                return slug
    raise AssertionError("no event of the demo takes registrations")


async def ticket(visitor: Any, slug: str, name: str) -> str:
    """What a new guest's QR holds."""
    async with httpx.AsyncClient(base_url=visitor.house.url, headers={"Origin": visitor.house.url}) as client:
        page = (await client.get(f"/events/{slug}/register")).text
        kind = re.findall(r'name="ticket_type" value="([^"]+)"', page)[0]
        person = {"full_name": name, "email": f"{abs(hash(name))}@camera.example"}
        answer = await client.post(f"/api/v1/events/{slug}/registrations", json={"ticket_type": kind, "person": person})
    assert answer.json()["status"] == "confirmed"
    return str(answer.json()["ticket"]["code"])


@pytest.fixture
async def in_front_of(house: Any, tmp_path: Path) -> AsyncIterator[Any]:
    """The desk of an event in a Chromium whose camera shows a film: `await in_front_of(slug, scenes, script)`."""
    async with async_playwright() as playwright:
        running = []

        async def make(slug: str, scenes: list[tuple[np.ndarray, int]], script: str = NO_DETECTOR) -> Page:
            flags = [
                *CHROMIUM_FLAGS,
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-video-capture={film(tmp_path / 'film.y4m', *scenes)}",
            ]
            browser = await playwright.chromium.launch(executable_path=chromium(), args=flags)
            running.append(browser)
            context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="vi-VN")
            visitor = Visitor(house, context)
            await context.add_init_script(script)
            await visitor.sign_in("checkin")
            page = await visitor.open(f"/events/{slug}/desk")
            page.complaints = visitor.complaints  # type: ignore[attr-defined]
            return page

        yield make
        for browser in running:
            await browser.close()


def scans(page: Page) -> list[str]:
    """Filled with the texts that the page sends from now on."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if "/desk/scan" in request.url else None)
    return sent


@pytest.mark.parametrize("script", [NO_DETECTOR, f"{NO_DETECTOR}; {NO_MODULE_WORKERS}"], ids=["worker", "page"])
async def test_a_ticket_in_front_of_the_camera_is_admitted(
    script: str, visit: Any, in_front_of: Any, request: pytest.FixtureRequest
) -> None:
    guest = await visit()
    slug = await open_event(guest)
    name = f"Nguyễn Thị Ống Kính {request.node.callspec.id}"
    code = await ticket(guest, slug, name)
    # first nothing, then a code that cannot be read, then the ticket, held up for long
    page = await in_front_of(slug, [(picture(), 5), (picture(code, torn=True), 8), (picture(code), 60)], script)
    loaded: list[str] = []
    page.on("request", lambda asked: loaded.append(asked.url))
    sent = scans(page)
    assert (
        await page.evaluate("performance.getEntriesByType('resource').filter(e => e.name.includes('/qr/')).length") == 0
    )
    await page.click("[data-camera-start]")
    await expect(page.locator(".verdict-ok")).to_contain_text(name, timeout=20_000)
    assert any("/vendor/qr/decode.js?v=" in url for url in loaded) or script == NO_DETECTOR
    await asyncio.sleep(4.5)
    assert len(sent) == 1, "held in front of the camera it is one showing"
    assert code in sent[0]
    await expect(page.locator(".verdict-ok")).to_be_visible()
    assert page.complaints == []

    await page.click("[data-camera-stop]")
    assert await page.evaluate("document.querySelector('video').srcObject") is None
    await expect(page.locator("#camera")).to_be_hidden()
    await expect(page.locator("[data-camera-start]")).to_be_visible()


async def test_after_a_foreign_code_the_next_ticket_is_read(visit: Any, in_front_of: Any) -> None:
    guest = await visit()
    slug = await open_event(guest)
    code = await ticket(guest, slug, "Trần Văn Tiếp Theo")
    page = await in_front_of(slug, [(picture("WIFI:S:quán cà phê;T:WPA;P:1;;"), 20), (picture(code), 25)])
    verdicts = await watch_verdicts(page)
    await page.click("[data-camera-start]")
    await expect(page.locator(".verdict-ok")).to_contain_text("Trần Văn Tiếp Theo", timeout=20_000)
    await expect(page.locator(".verdict-refused")).to_be_visible(timeout=10_000)
    assert verdicts() == []
    assert page.complaints == []


async def watch_verdicts(page: Page) -> Any:
    """Answers that were no answers of the desk."""
    bad: list[int] = []
    page.on(
        "response", lambda said: bad.append(said.status) if "/desk/scan" in said.url and said.status != 200 else None
    )
    return lambda: bad


async def test_the_camera_stops_when_nobody_looks(visit: Any, in_front_of: Any) -> None:
    slug = await open_event(await visit())
    page = await in_front_of(slug, [(picture(), 20)])
    await page.evaluate(
        "navigator.mediaDevices.getUserMedia = (ask => async wanted => window.seen = await ask(wanted))"
        "(navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)); 0"
    )
    state = "window.seen && window.seen.getVideoTracks()[0].readyState"
    await page.click("[data-camera-start]")
    await expect(page.locator("#camera")).to_be_visible()
    assert await page.evaluate(state) == "live"
    await page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    assert await page.evaluate(state) == "ended"
    await page.evaluate("delete document.hidden")
    await page.click("[data-camera-start]")
    await expect(page.locator("#camera")).to_be_visible()
    assert await page.evaluate(state) == "live"
    await page.click(".tab-bar a[href='/events']")
    await page.wait_for_url("**/events")
    await page.wait_for_function("() => window.seen.getVideoTracks()[0].readyState === 'ended'")


SAID = {
    "NotAllowedError": "Trình duyệt chưa được phép dùng máy ảnh.",
    "SecurityError": "Trình duyệt chưa được phép dùng máy ảnh.",
    "NotFoundError": "Thiết bị này không có máy ảnh.",
    "OverconstrainedError": "Thiết bị này không có máy ảnh.",
    "NotReadableError": "Một chương trình khác đang dùng máy ảnh.",
    "AbortError": "Một chương trình khác đang dùng máy ảnh.",
    "TypeError": "Không bật được máy ảnh.",
    "constructor": "Không bật được máy ảnh.",
}


async def test_a_camera_that_cannot_be_had_is_said_and_typing_goes_on(visit: Any) -> None:
    staff = await visit()
    slug = await open_event(staff)
    await staff.sign_in("checkin")
    page = await staff.open(f"/events/{slug}/desk")
    for error, sentence in SAID.items():
        await page.evaluate(
            "name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('x', name)); }",
            error,
        )
        await page.click("[data-camera-start]")
        await expect(page.locator("[data-camera-says]")).to_contain_text(sentence)
    await page.fill("#f-text", "ABCD2345")
    await page.keyboard.press("Enter")
    await expect(page.locator(".verdict-refused")).to_be_visible()
    await expect(page.locator("[data-camera-start]")).to_be_visible()
    assert staff.complaints == []


async def test_without_a_reader_it_is_said(visit: Any, in_front_of: Any) -> None:
    slug = await open_event(await visit())
    page = await in_front_of(slug, [(picture(), 20)], f"{NO_DETECTOR}; {NO_MODULE_WORKERS}")
    await page.route("**/vendor/qr/**", lambda route: route.abort())
    await page.click("[data-camera-start]")
    await expect(page.locator("[data-camera-says]")).to_contain_text("Không tải được bộ đọc mã.")
    await expect(page.locator("#camera")).to_be_hidden()


async def test_the_light_is_offered_where_the_camera_has_one(visit: Any, in_front_of: Any) -> None:
    slug = await open_event(await visit())
    page = await in_front_of(slug, [(picture(), 20)])
    await page.click("[data-camera-start]")
    await expect(page.locator("#camera")).to_be_visible()
    await expect(page.locator("[data-camera-light]")).to_be_hidden()
    await page.click("[data-camera-stop]")
    await page.evaluate(
        "MediaStreamTrack.prototype.getCapabilities = () => ({torch: true});"
        "MediaStreamTrack.prototype.applyConstraints = wanted => { window.wanted = wanted; return Promise.resolve(); }"
    )
    await page.click("[data-camera-start]")
    for lit in (True, False):
        await page.click("[data-camera-light]")
        await page.wait_for_function("lit => window.wanted && window.wanted.advanced[0].torch === lit", arg=lit)
        await expect(page.locator("[data-camera-light]")).to_have_attribute("aria-pressed", str(lit).lower())
