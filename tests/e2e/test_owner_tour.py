"""An owner at work on the profile in a real browser: it saves itself, loses nothing without a line, can be undone.

And a colleague whom the owner invited: writes, and may not decide."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import mail_text, reading

RICE = "/organisations/lua-thong-minh-song-hong"
PITCH = "Tưới đúng lúc, bán được tín chỉ carbon"


SAVED = {"vi": "Đã lưu lúc", "en": "Saved at"}
UNSAVED = {"vi": "Chưa lưu", "en": "Not saved"}


@pytest.mark.browser
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_an_owner_writes_undoes_and_looks_as_others_do(visit: Any, language: str) -> None:
    owner = await visit(1280)
    tab = await owner.sign_in("startup")
    async with reading(tab, language):
        await _writes_undoes_and_looks(owner, tab, language)
    assert owner.complaints == []


async def _writes_undoes_and_looks(owner: Any, tab: Page, language: str) -> None:
    await tab.goto(owner.house.url + f"{RICE}/edit#story")
    said = f"{PITCH} ({language})"
    pitch, line = tab.locator("#f-pitch_vi"), tab.locator("#state-story")
    await expect(pitch).to_be_visible()  # the address opened its fold

    await pitch.fill(said)
    await pitch.press("Tab")
    await expect(line).to_contain_text(SAVED[language])
    await expect(tab.locator("#f-pitch_en")).to_be_focused()

    await owner.context.set_offline(True)
    await pitch.fill(f"{said}!")
    await pitch.press("Tab")
    await expect(line).to_contain_text(UNSAVED[language])
    await expect(pitch).to_have_value(f"{said}!")
    owner.complaints.clear()  # the browser says, rightly, that it was off the line
    await owner.context.set_offline(False)
    await expect(line).to_contain_text(SAVED[language])

    await tab.goto(owner.house.url + f"{RICE}?as=everybody")
    await expect(tab.locator("main")).to_contain_text(f"{said}!")
    await tab.goto(owner.house.url + f"{RICE}/history")
    await tab.locator("main tbody tr").first.get_by_role("button").click()
    await tab.wait_for_load_state()
    await tab.goto(owner.house.url + f"{RICE}/edit#market")
    await expect(pitch).to_have_value(said)

    await tab.locator("#f-technologies summary").click()
    await tab.locator("#f-technologies input:not(:checked)").first.click()
    await expect(tab.locator("#state-market")).to_contain_text(SAVED[language])


COLLEAGUES = {
    "vi": ("investor", "Đồng ý tham gia", "Rời tổ chức", "Đồng ý rời"),
    "en": ("mentor", "Yes, join", "Leave", "Yes, leave"),
}


@pytest.mark.browser
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_colleague_joins_by_invitation_writes_and_may_not_decide(visit: Any, language: str) -> None:
    who, join, leave, yes = COLLEAGUES[language]
    owner = await visit(390)
    owners = await owner.sign_in("startup")
    await owners.goto(owner.house.url + f"{RICE}/members")
    await owners.fill("input[name=email]", f"{who}@demo.example")
    await owners.select_option("#invite-title ~ form select[name=role]", "editor")
    await owners.locator("#invite-title ~ form button[type=submit]").click()
    await expect(owners.locator("main")).to_contain_text(f"{who}@demo.example")

    colleague = await visit(1280)
    tab = await colleague.sign_in(who)
    async with reading(tab, language):
        link = re.search(r"/organisations/invitations/\S+", await mail_text(owners, owner.house, f"{who}@demo.example"))
        assert link is not None
        await tab.goto(colleague.house.url + link[0])
        await tab.get_by_role("button", name=join, exact=True).click()
        await tab.wait_for_url(f"**{RICE}")

        await tab.goto(colleague.house.url + f"{RICE}/edit#story")
        pitch = tab.locator("#f-pitch_vi")
        await pitch.fill(f"{PITCH}, lời của {who}")
        await pitch.press("Tab")
        await expect(tab.locator("#state-story")).to_contain_text(SAVED[language])
        await tab.goto(colleague.house.url + f"{RICE}/history")
        await expect(tab.locator("main tbody tr").first).to_contain_text(f"{PITCH}, lời của {who}")
        await tab.locator("main tbody tr").first.get_by_role("button").click()
        await tab.wait_for_load_state()

        await tab.goto(colleague.house.url + f"{RICE}/members")
        assert await tab.locator("#invite-title, select[name=role], main a[href$='/transfer']").count() == 0
        assert colleague.complaints == []
        assert (await tab.goto(colleague.house.url + f"{RICE}/transfer")).status == 403  # type: ignore[union-attr]
        await tab.goto(colleague.house.url + f"{RICE}/members")
        await tab.locator("details.dialog > summary", has_text=leave).click()
        await tab.get_by_role("button", name=yes, exact=True).click()
        await tab.wait_for_url("**/organisations")
        assert (await tab.goto(colleague.house.url + f"{RICE}/members")).status == 404  # type: ignore[union-attr]
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
