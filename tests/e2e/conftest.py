"""The whole house as people get it: `python -m app run` with the demo loaded, and a real browser in front of it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from app.core.i18n import ROOT

PASSWORD = "mot mat khau chi dung de thu"
READY_SECONDS = 120


class House:
    """The running demo and what it said."""

    def __init__(self, url: str, process: "subprocess.Popen[str]", data_dir: Path) -> None:
        self.url = url
        self.process = process
        self.data_dir = data_dir
        self.said: list[str] = []
        self.ready = threading.Event()

    def listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if "demo is ready" in line or "demo was not loaded" in line:
                self.ready.set()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data_dir = tmp_path_factory.mktemp("ngôi nhà")
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL")
    }
    env = {**kept, "PORT": str(port), "DATA_DIR": str(data_dir), "DEMO": "1", "DEMO_PASSWORD": PASSWORD}
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "run"],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    running = House(f"http://127.0.0.1:{port}", process, data_dir)
    thread = threading.Thread(target=running.listen)
    thread.start()
    try:
        assert running.ready.wait(READY_SECONDS), "".join(running.said)
        assert not any("not loaded" in line for line in running.said), "".join(running.said)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        thread.join()


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        )
        yield running
        await running.close()


class Visitor:
    """A browser with its own cookies; remembers what the browser complained about and what was loaded."""

    def __init__(self, house: House, context: BrowserContext) -> None:
        self.house = house
        self.context = context
        self.complaints: list[str] = []

    async def open(self, path: str) -> Page:
        page = await self.context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(self.house.url + path)
        return page

    async def sign_in(self, who: str) -> Page:
        page = await self.open("/sign-in")
        await page.fill("input[name=email]", f"{who}@demo.example")
        await page.fill("input[name=password]", PASSWORD)
        await page.click("main button[type=submit]")
        await page.wait_for_url(lambda url: "/sign-in" not in url)
        return page


@pytest.fixture
async def visit(house: House, chromium: Browser) -> AsyncIterator[Any]:
    """Make visitors: `await visit(width=390, locale="en")`."""
    contexts: list[BrowserContext] = []

    async def make(width: int = 390, **options: Any) -> Visitor:
        options.setdefault("locale", "vi-VN")
        context = await chromium.new_context(viewport={"width": width, "height": 844}, **options)
        contexts.append(context)
        return Visitor(house, context)

    yield make
    for context in contexts:
        await context.close()


async def mail_text(page: Page, house: House, subject: str) -> str:
    """The text of the newest demo mail whose subject contains `subject`; waits for the worker."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        await page.goto(f"{house.url}/demo/mail")
        link = page.locator("main a", has_text=subject).first
        if await link.count():
            await link.click()
            await page.wait_for_url("**/demo/mail/*")
            return await page.inner_text("main")
        await page.wait_for_timeout(300)
    raise AssertionError(f"no mail about {subject!r}")


async def axe(page: Page) -> list[str]:
    """What axe finds serious or critical on the page."""
    await page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found = await page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{issue['id']}: {json.dumps([node['target'] for node in issue['nodes']][:3])}"
        for issue in found["violations"]
        if issue["impact"] in ("serious", "critical")
    ]
