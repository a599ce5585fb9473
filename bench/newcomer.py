"""Somebody who helps at a door for the first time: from the link that was sent to them to the first guest let in.

On a phone four times slower than this machine and on the network of a full square, with an empty browser. A person adds
the seconds in which they read; how many taps they have to find is counted here.
"""

import time

import msgspec
from playwright.async_api import async_playwright

from scripts.running import CHROMIUM_FLAGS, chromium
from tests.door_page.conftest import CAMERA, modules

SLOWER = 4
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
"""1.6 Mbit/s down, 0.75 up, 150 ms: what Lighthouse calls slow 4G."""


class Way(msgspec.Struct):
    """Seconds until the page can be used, until the first guest is in, and taps until then."""

    ready: float
    admitted: float
    taps: int


async def newcomer(link: str, code: str, locale: str) -> Way:
    """Follow the link in an empty browser, tap what has to be tapped, and hold up one code."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_FLAGS))
        context = await browser.new_context(
            viewport={"width": 390, "height": 844}, locale=locale, has_touch=True, is_mobile=True
        )
        await context.add_init_script(CAMERA)
        page = await context.new_page()
        wire = await context.new_cdp_session(page)
        await wire.send("Network.enable")
        await wire.send("Network.emulateNetworkConditions", NETWORK)
        await wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        begun, taps = time.perf_counter(), 0
        await page.goto(link)
        await page.wait_for_selector('[data-check="tickets"][data-state="ok"]', timeout=120_000)
        ready = time.perf_counter() - begun
        await page.locator("#start").tap()
        taps += 1
        await page.wait_for_selector(".door-scan.seeing", timeout=60_000)
        await page.evaluate("rows => window.hold(rows)", modules(code))
        await page.wait_for_selector('.door-answer[data-status="ok"]', timeout=60_000)
        admitted = time.perf_counter() - begun
        await browser.close()
    return Way(ready, admitted, taps)
