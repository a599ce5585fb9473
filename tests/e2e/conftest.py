"""The whole house as people get it: `python -m app run` with the demo loaded, and a real browser in front of it."""

import contextlib
import json
import time
import urllib.parse
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from app.core.i18n import ROOT
from scripts.running import PASSWORD, House, running_demo


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_demo(tmp_path_factory.mktemp("ngôi nhà")) as running:
        yield running


class Visitor:
    """A browser with its own cookies; remembers what the browser complained about and what was loaded."""

    def __init__(self, house: House, context: BrowserContext) -> None:
        self.house = house
        self.context = context
        self.complaints: list[str] = []
        self._tab: Page | None = None

    async def go_on(self, path: str) -> Page:
        """Another page in the same tab: each new one costs the browser a process."""
        if self._tab is None:
            self._tab = await self.open(path)
        else:
            await self._tab.goto(self.house.url + path)
        return self._tab

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
async def visit(house: House, browser: Browser) -> AsyncIterator[Any]:
    """Make visitors: `await visit(width=390, locale="en")`."""
    contexts: list[BrowserContext] = []

    async def make(width: int = 390, **options: Any) -> Visitor:
        options.setdefault("locale", "vi-VN")
        context = await browser.new_context(viewport={"width": width, "height": 844}, **options)
        contexts.append(context)
        return Visitor(house, context)

    yield make
    for context in contexts:
        await context.close()


async def speak(page: Page, language: str) -> None:
    """Choose the language as people do; an account keeps it."""
    if await page.locator("html").get_attribute("lang") != language:
        async with page.expect_navigation():
            await page.locator("button[name=lang]").first.evaluate("button => button.form.requestSubmit(button)")
    await expect(page.locator("html")).to_have_attribute("lang", language)


@contextlib.asynccontextmanager
async def reading(tab: Page, language: str) -> AsyncIterator[None]:
    """Somebody signed in who chose this language; whatever happens, the account reads Vietnamese again afterwards."""
    await speak(tab, language)
    try:
        yield
    finally:
        if language != "vi":
            await tab.context.set_offline(False)
            page = await tab.context.new_page()
            await page.goto(urllib.parse.urljoin(tab.url, "/about"))
            await speak(page, "vi")
            await page.close()


async def mail_text(page: Page, house: House, to: str) -> str:
    """The text of the newest demo mail to an address; waits for the worker."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        await page.goto(f"{house.url}/demo/mail")
        link = page.locator("main li", has_text=to).locator("a").first
        if await link.count():
            await link.click()
            await page.wait_for_url("**/demo/mail/*")
            return await page.inner_text("main")
        await page.wait_for_timeout(300)
    raise AssertionError(f"no mail to {to}")


AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


async def axe(page: Page, *rules: str) -> list[str]:
    """What axe finds serious or critical on the page, by these of its rules or by all."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    asked = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = await page.evaluate("asked => axe.run(document, asked)", asked)
    return [
        f"{issue['id']}: {json.dumps([node['target'] for node in issue['nodes']][:3])}"
        for issue in found["violations"]
        if issue["impact"] in ("serious", "critical")
    ]
