"""What people come for, from the first click to the last, in a real browser on the running demo."""

import re
import time
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import axe, mail_text

CANARY = '"><img src=x onerror=window.__x=1>'


async def _open_event(visitor: Any) -> str:
    """The slug of an event that takes registrations."""
    page = await visitor.open("/events")
    links = await page.locator("main a[href^='/events/']").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    for link in dict.fromkeys(links):
        await page.goto(visitor.house.url + link)
        if await page.locator("main a[href*='/register']").count():
            await page.close()
            return str(link).removeprefix("/events/")
    raise AssertionError("no event of the demo takes registrations")


async def _register(page: Page, house: Any, slug: str, name: str, email: str) -> None:
    await page.goto(f"{house.url}/events/{slug}/register")
    await page.locator("input[name=ticket_type]").first.check()
    await page.fill("input[name=full_name]", name)
    await page.fill("input[name=email]", email)
    await page.check("input[name=terms]")
    await page.locator("main form[method=post] button[type=submit]").last.click()
    await page.wait_for_load_state()


@pytest.mark.browser
async def test_a_guest_without_script_comes_to_the_door(visit: Any) -> None:
    guest = await visit(390, java_script_enabled=False)
    slug = await _open_event(guest)
    page = await guest.open("/")
    await _register(page, guest.house, slug, "Nguyễn Thị Khánh Huyền", "khanh.huyen@example.com")
    assert "/register?" not in page.url
    text = await mail_text(page, guest.house, "khanh.huyen@example.com")
    link = re.search(r"http://127\.0\.0\.1:\d+/tickets/\S+", text)
    assert link is not None
    await page.goto(link[0])
    code = (await page.inner_text(".qr-code")).replace(" ", "").strip()
    assert len(code) == 8

    staff = await visit(390)
    await staff.sign_in("checkin")
    desk = await staff.open(f"/events/{slug}/desk")
    await desk.fill("#f-text", code)
    await desk.keyboard.press("Enter")
    await expect(desk.locator(".verdict-ok")).to_contain_text("Nguyễn Thị Khánh Huyền")
    assert await desk.evaluate("document.activeElement.id") == "f-text", "ready for the next code"
    await desk.fill("#f-text", code)
    await desk.keyboard.press("Enter")
    await expect(desk.locator(".verdict-already")).to_be_visible()
    await desk.fill("#f-text", "khong co ma nay!")
    await desk.keyboard.press("Enter")
    await expect(desk.locator("#station .verdict-refused, #station .alert").first).to_be_visible()
    await desk.fill("#f-text", "khanh huyen")
    await desk.keyboard.press("Enter")
    await expect(desk.locator("#station")).to_contain_text("Nguyễn Thị Khánh Huyền")
    assert staff.complaints == []


@pytest.mark.browser
async def test_a_newcomer_gets_suggestions_from_three_answers(visit: Any) -> None:
    newcomer = await visit(390)
    page = await newcomer.open("/sign-up")
    await page.fill("input[name=name]", "Người sáng lập (mẫu)")
    await page.fill("input[name=email]", "founder@example.com")
    await page.fill("input[name=password]", "con meo an ca chep")
    await page.click("main button[type=submit]")
    await page.wait_for_url("**/sign-up/sent*")
    text = await mail_text(page, newcomer.house, "founder@example.com")
    link = re.search(r"http://127\.0\.0\.1:\d+/confirm/\S+", text)
    assert link is not None
    await page.goto(link[0])
    await page.click("main button[type=submit]")
    await page.wait_for_load_state()
    if "/sign-in" in page.url:
        await page.fill("input[name=email]", "founder@example.com")
        await page.fill("input[name=password]", "con meo an ca chep")
        await page.click("main button[type=submit]")
        await page.wait_for_load_state()
    await page.goto(f"{newcomer.house.url}/organisations/new")
    await page.fill("input[name=name]", "Nông nghiệp Số Sông Hồng (mẫu)")
    for name, value in (("kinds", "startup"), ("sectors", "agri")):
        await page.locator(f"details:has(input[name={name}]) > summary").click()
        await page.check(f"input[name={name}][value={value}]")
    await page.locator("main form[method=post] button[type=submit]").last.click()
    await page.wait_for_url(lambda url: "/organisations/new" not in url)
    begun = time.monotonic()
    await page.goto(f"{newcomer.house.url}/suggestions")
    await expect(page.locator("#lists ol > li").first).to_be_visible(timeout=15_000)
    assert time.monotonic() - begun < 15
    assert await page.locator("#lists .reason").count() >= 1
    assert newcomer.complaints == []


@pytest.mark.browser
async def test_the_keyboard_alone_is_enough(visit: Any) -> None:
    visitor = await visit(1280)
    page = await visitor.open("/")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    seen = set()
    for _press in range(60):
        await page.keyboard.press("Tab")
        seen.add(
            await page.evaluate("document.activeElement.getAttribute('href') || document.activeElement.name || ''")
        )
        shown = await page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " const a = getComputedStyle(e, '::after'); return e === document.body || s.outlineStyle !== 'none' ||"
            " s.boxShadow !== 'none' || a.outlineStyle !== 'none' || e.outerHTML })()"
        )
        assert shown is True, "the focus can be seen"
    assert {"/directory", "/events", "/sign-in", "q"} <= seen
    await page.focus("#home-search")
    await page.keyboard.type("sequoia")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/directory?q=sequoia*")
    await expect(page.locator("main")).to_contain_text("Sequoia Capital")


@pytest.mark.browser
async def test_the_search_finds_without_accents_and_with_a_slip(visit: Any) -> None:
    visitor = await visit(390)
    page = await visitor.open("/directory?q=andresen+horowitz")
    await expect(page.locator("main")).to_contain_text("Andreessen Horowitz")
    await page.goto(f"{visitor.house.url}/directory?q=SEQUOIA%20capitl")
    await expect(page.locator("main")).to_contain_text("Sequoia Capital")


@pytest.mark.browser
async def test_a_mentor_is_put_away_on_a_phone_and_comes_back(visit: Any) -> None:
    owner = await visit(390)
    await owner.sign_in("startup")
    page = await owner.open("/suggestions/lua-thong-minh-song-hong/others?kind=mentor")
    cards = page.locator("#lists [id^='p-']")
    first, count = await cards.first.get_attribute("id"), await cards.count()
    await page.locator("details[data-dialog] > summary").first.click()
    await page.locator("details[open] select[name=reason]").select_option("geography")
    await page.locator("details[open] form button.btn-primary").click()
    await expect(page.locator("[data-focus]")).to_be_focused()
    await expect(page.locator(f"#{first}")).to_have_count(0)
    await expect(page.locator(".tabs a[aria-current]")).to_be_in_viewport(ratio=1)
    assert await axe(page) == []
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#{first}")).to_be_visible()
    assert (await cards.count(), owner.complaints) == (count, [])


@pytest.mark.browser
async def test_what_people_type_is_never_run(visit: Any) -> None:
    guest = await visit(390)
    slug = await _open_event(guest)
    page = await guest.open("/")
    await _register(page, guest.house, slug, CANARY + "{{7*7}}", "canary@example.com")
    staff = await visit(1280)
    await staff.sign_in("organizer")
    for path in (f"/events/{slug}/guests?q=img", f"/events/{slug}/desk", f"/directory?q={CANARY}"):
        shown = await staff.open(path)
        assert await shown.evaluate("window.__x === undefined")
    text = await mail_text(page, guest.house, "canary@example.com")
    assert await page.evaluate("window.__x === undefined")
    assert CANARY + "{{7*7}}" in text
    assert [line for line in staff.complaints + guest.complaints if "Content Security" in line] == []


@pytest.mark.browser
async def test_back_brings_the_whole_page_back(visit: Any) -> None:
    visitor = await visit(390)
    page = await visitor.open("/directory?kind=investor")
    await page.locator("main a[href^='/organisations/']").first.click()
    await page.wait_for_url("**/organisations/*")
    await page.go_back()
    await page.wait_for_url("**/directory?kind=investor*")
    await expect(page.locator("header.site-head")).to_be_visible()
    assert await page.locator("h1").count() == 1
