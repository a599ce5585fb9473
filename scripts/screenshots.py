"""Takes the pictures of the README from a freshly started demo: `make screenshots`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import BrowserContext, async_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.running import CHROMIUM_FLAGS, PASSWORD, ROOT, chromium, running_demo

PICTURES = ROOT / "docs" / "screenshots"

SHOTS = (
    # file, who, path, width, language, theme
    ("home", None, "/", 1280, "vi", "light"),
    ("directory", None, "/directory?kind=startup&sector=ai", 1280, "vi", "light"),
    ("suggestions", "startup", "/suggestions", 1280, "vi", "light"),
    ("event-phone", None, "/events", 390, "vi", "light"),
    ("desk-phone", "checkin", "desk", 390, "vi", "light"),
    ("profile-dark", None, "/organisations/sequoia-capital", 1280, "en", "dark"),
)


async def _sign_in(context: BrowserContext, url: str, who: str) -> None:
    page = await context.new_page()
    await page.goto(f"{url}/sign-in")
    await page.fill("input[name=email]", f"{who}@demo.example")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button[type=submit]")
    await page.wait_for_url(lambda now: "/sign-in" not in now)
    await page.close()


async def _desk(context: BrowserContext, url: str) -> str:
    page = await context.new_page()
    await page.goto(f"{url}/events")
    link = await page.locator("main a[href^='/events/']").first.get_attribute("href")
    await page.close()
    return f"{link}/desk"


async def take(url: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_FLAGS))
        for name, who, path, width, language, theme in SHOTS:
            context = await browser.new_context(
                viewport={"width": width, "height": 844 if width < 600 else 800},
                locale="vi-VN" if language == "vi" else "en-GB",
                color_scheme="dark" if theme == "dark" else "light",
                reduced_motion="reduce",
            )
            if who:
                await _sign_in(context, url, who)
            page = await context.new_page()
            await page.goto(url + (await _desk(context, url) if path == "desk" else path), wait_until="networkidle")
            await page.screenshot(path=PICTURES / f"{name}.png")
            print(f"docs/screenshots/{name}.png")
            await context.close()
        await browser.close()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ketnoi-pictures-") as folder, running_demo(Path(folder)) as house:
        asyncio.run(take(house.url))


if __name__ == "__main__":
    main()
