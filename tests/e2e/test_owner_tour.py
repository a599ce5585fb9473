"""An owner at work on the profile in a real browser: it saves itself, loses nothing without a line, can be undone."""

from typing import Any

import pytest
from playwright.async_api import expect

RICE = "/organisations/lua-thong-minh-song-hong"
PITCH = "Tưới đúng lúc, bán được tín chỉ carbon"


@pytest.mark.browser
async def test_an_owner_writes_undoes_and_looks_as_others_do(visit: Any) -> None:
    owner = await visit(1280)
    tab = await owner.sign_in("startup")
    await tab.goto(owner.house.url + f"{RICE}/edit#story")
    pitch, line = tab.locator("#f-pitch_vi"), tab.locator("#state-story")
    await expect(pitch).to_be_visible()  # the address opened its fold

    await pitch.fill(PITCH)
    await pitch.press("Tab")
    await expect(line).to_contain_text("Đã lưu lúc")
    await expect(tab.locator("#f-pitch_en")).to_be_focused()

    await owner.context.set_offline(True)
    await pitch.fill(f"{PITCH}!")
    await pitch.press("Tab")
    await expect(line).to_contain_text("Chưa lưu")
    await expect(pitch).to_have_value(f"{PITCH}!")
    owner.complaints.clear()  # the browser says, rightly, that it was off the line
    await owner.context.set_offline(False)
    await expect(line).to_contain_text("Đã lưu lúc")

    await tab.goto(owner.house.url + f"{RICE}?as=everybody")
    await expect(tab.locator("main")).to_contain_text(f"{PITCH}!")
    await tab.goto(owner.house.url + f"{RICE}/history")
    await tab.locator("main tbody tr").first.get_by_role("button").click()
    await tab.wait_for_load_state()
    await tab.goto(owner.house.url + f"{RICE}/edit#market")
    await expect(pitch).to_have_value(PITCH)

    await tab.locator("#f-technologies summary").click()
    await tab.locator("#f-technologies input:not(:checked)").first.click()
    await expect(tab.locator("#state-market")).to_contain_text("Đã lưu lúc")
    assert owner.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "about"), [("vi-VN", "Giới thiệu"), ("en-GB", "About")])
async def test_a_stranger_sees_what_is_public_and_no_way_to_edit(visit: Any, locale: str, about: str) -> None:
    stranger = await visit(390, locale=locale)
    tab = await stranger.open(RICE)

    await expect(tab.locator("main h1")).to_contain_text("Lúa Thông Minh")
    await expect(tab.locator("#about-title")).to_have_text(about)
    assert await tab.locator("main a[href$='/edit']").count() == 0
    assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await tab.goto(stranger.house.url + f"{RICE}/edit")
    assert "/sign-in" in tab.url
    assert stranger.complaints == []
