"""An organizer sets up a small festival in a browser; a guest registers for it on a phone."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.festival import SMALL, set_up


@pytest.mark.browser
async def test_a_festival_is_set_up_and_somebody_registers(visit: Any) -> None:
    organizer = await visit(1280)
    tab = await organizer.sign_in("organizer")
    walk = await set_up(tab, organizer.house.url, SMALL, "Ngày hội thử")
    assert walk.forms <= 20
    assert organizer.complaints == []

    guest = await visit(390)
    page = await guest.open(f"/events/{walk.slug}/register")
    await page.locator("input[name=ticket_type]").first.check()
    for field, text in (("full_name", "Nguyễn Thị Ánh"), ("email", "anh@festival.example"), ("q-job-title", "Kỹ sư")):
        await page.fill(f"[name={field}]", text)
    await page.locator("[name=q-shirt-size]").first.check()
    await page.check("#f-terms")
    async with page.expect_navigation():
        await page.click("main form[action$='/register'] button[type=submit]")
    await expect(page).to_have_url(re.compile(r"/registered$"))
    assert guest.complaints == []
