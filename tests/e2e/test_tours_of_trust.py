"""Two tours: a profile between its owner, the department and a stranger; a person who erases herself."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import mail_text, reading

PASSWORD = "con meo an ca chep"
LONG = "Công ty TNHH Một thành viên Ứng dụng Khoa học Kỹ thuật Nông nghiệp Nguyễn Thị Ngọc Đường (mẫu)"


async def signed_up(visitor: Any, name: str, email: str) -> Page:
    """Somebody new, signed in, with the address confirmed."""
    page: Page = await visitor.open("/sign-up")
    await page.fill("input[name=name]", name)
    await page.fill("input[name=email]", email)
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button[type=submit]")
    await page.wait_for_url("**/sign-up/sent*")
    link = re.search(r"http://127\.0\.0\.1:\d+/confirm/\S+", await mail_text(page, visitor.house, email))
    assert link is not None
    await page.goto(link[0])
    await page.click("main button[type=submit]")
    await page.wait_for_load_state()
    if "/sign-in" in page.url:
        await sign_in(page, email)
    return page


async def sign_in(page: Page, email: str) -> None:
    await page.fill("input[name=email]", email)
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button[type=submit]")
    await page.wait_for_load_state()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_profile_between_owner_department_and_stranger(visit: Any, language: str) -> None:
    """Both languages: the owner's mail is in hers, the desk in the moderator's."""
    owner = await visit(390, locale={"vi": "vi-VN", "en": "en-GB"}[language])
    email = f"ngoc.duong.{language}@example.com"
    page = await signed_up(owner, "Nguyễn Thị Ngọc Đường", email)
    await page.goto(f"{owner.house.url}/organisations/new")
    name = f"{LONG} {language.upper()}"
    await page.fill("input[name=name]", name)
    await page.locator("details:has(input[name=kinds]) > summary").click()
    await page.check("input[name=kinds][value=startup]")
    await page.locator("main form button[type=submit]").last.click()
    await page.wait_for_url(lambda url: "/organisations/new" not in url)
    address = page.url.split("/edit")[0]
    stranger = await (await visit(390)).open("/")
    assert (await stranger.goto(address)).status == 200  # type: ignore[union-attr]

    staff = await visit(1280)
    desk = await staff.sign_in("admin")
    async with reading(desk, language):
        await desk.goto(f"{owner.house.url}/staff/profiles?q=ngoc duong")
        await desk.get_by_role("link", name=name).click()
        await desk.wait_for_url("**/staff/profiles/*")
        decision = desk.url
        await _decide(desk, "change_asked", "Xin cho biết trang web.")
        assert "Xin cho biết trang web." in await mail_text(page, owner.house, email)

        await desk.goto(decision)
        await _decide(desk, "hidden")
    assert (await stranger.goto(address)).status == 404  # type: ignore[union-attr]
    assert (await page.goto(address)).status == 200  # type: ignore[union-attr]
    assert owner.complaints == []
    assert staff.complaints == []


async def _decide(desk: Page, decision: str, words: str = "") -> None:
    await desk.select_option("select[name=reason]", index=1)
    if words:
        await desk.fill("textarea[name=words]", words)
    await desk.click(f"button[value={decision}]")
    await desk.wait_for_load_state()


ERASING = {
    "vi": ("Dữ liệu của tôi", "Xóa dữ liệu của tôi", "XÓA", "Xóa vĩnh viễn dữ liệu của tôi"),
    "en": ("My data", "Erase me", "ERASE", "Erase me for good"),
}


@pytest.mark.browser
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_person_erases_herself(visit: Any, language: str) -> None:
    title, link, word, button = ERASING[language]
    person = await visit(390, locale={"vi": "vi-VN", "en": "en-US"}[language])
    email = f"canary.somebody.{language}@example.com"
    page = await signed_up(person, "Canary Somebody", email)
    await page.goto(f"{person.house.url}/account/data")
    await expect(page.locator("h1")).to_have_text(title)
    await page.get_by_role("link", name=link).first.click()
    await page.wait_for_load_state()
    if "/identity" in page.url or await page.locator("main input[name=password]").count():
        await page.fill("main input[name=password]", PASSWORD)
        await page.click("main button[type=submit]")
        await page.wait_for_load_state()
    await page.fill("input[name=word]", word)
    await page.get_by_role("button", name=button).click()
    await page.wait_for_load_state()

    await page.goto(f"{person.house.url}/sign-in")
    await sign_in(page, email)
    assert "/sign-in" in page.url
    staff = await visit(1280)
    await staff.sign_in("admin")
    found = await staff.open("/staff/people?q=canary")
    assert "Canary Somebody" not in await found.inner_text("main")
    assert [said for said in person.complaints if "422" not in said] == [], "a wrong password is a 422"
