"""Two tours: a profile between its owner, the department and a stranger; a person who erases herself."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import mail_text

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
async def test_a_profile_between_owner_department_and_stranger(visit: Any) -> None:
    owner = await visit(390)
    page = await signed_up(owner, "Nguyễn Thị Ngọc Đường", "ngoc.duong@example.com")
    await page.goto(f"{owner.house.url}/organisations/new")
    await page.fill("input[name=name]", LONG)
    await page.locator("details:has(input[name=kinds]) > summary").click()
    await page.check("input[name=kinds][value=startup]")
    await page.locator("main form button[type=submit]").last.click()
    await page.wait_for_url(lambda url: "/organisations/new" not in url)
    address = page.url.split("/edit")[0]
    stranger = await (await visit(390)).open("/")
    assert (await stranger.goto(address)).status == 200  # type: ignore[union-attr]

    staff = await visit(1280)
    await staff.sign_in("admin")
    desk = await staff.open("/staff/profiles?q=ngoc duong")
    await desk.get_by_role("link", name=LONG).click()
    await desk.wait_for_url("**/staff/profiles/*")
    decision = desk.url
    await desk.select_option("select[name=reason]", index=1)
    await desk.fill("textarea[name=words]", "Xin cho biết trang web.")
    await desk.click("button[value=change_asked]")
    await desk.wait_for_load_state()
    assert "Xin cho biết trang web." in await mail_text(page, owner.house, "ngoc.duong@example.com")

    await desk.goto(decision)
    await desk.select_option("select[name=reason]", index=1)
    await desk.click("button[value=hidden]")
    await desk.wait_for_load_state()
    assert (await stranger.goto(address)).status == 404  # type: ignore[union-attr]
    assert (await page.goto(address)).status == 200  # type: ignore[union-attr]
    assert owner.complaints == []
    assert staff.complaints == []


@pytest.mark.browser
async def test_a_person_erases_herself_in_english(visit: Any) -> None:
    person = await visit(390, locale="en-US")
    page = await signed_up(person, "Canary Somebody", "canary.somebody@example.com")
    await page.goto(f"{person.house.url}/account/data")
    await expect(page.locator("h1")).to_have_text("My data")
    await page.get_by_role("link", name="Erase me").first.click()
    await page.wait_for_load_state()
    if "/identity" in page.url or await page.locator("main input[name=password]").count():
        await page.fill("main input[name=password]", PASSWORD)
        await page.click("main button[type=submit]")
        await page.wait_for_load_state()
    await page.fill("input[name=word]", "ERASE")
    await page.get_by_role("button", name="Erase me for good").click()
    await page.wait_for_load_state()

    await page.goto(f"{person.house.url}/sign-in")
    await sign_in(page, "canary.somebody@example.com")
    assert "/sign-in" in page.url
    staff = await visit(1280)
    await staff.sign_in("admin")
    found = await staff.open("/staff/people?q=canary")
    assert "Canary Somebody" not in await found.inner_text("main")
    assert [said for said in person.complaints if "422" not in said] == [], "a wrong password is a 422"
