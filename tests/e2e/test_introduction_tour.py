"""From a suggestion by way of a pipeline to a result that both confirm: two people, two devices, both languages."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import reading

WORDS = {
    "vi": "Chúng tôi muốn trao đổi về tưới tiết kiệm nước cho vùng trồng rau của hợp tác xã.",
    "en": "We would like to talk about saving water where your growers need it most.",
}
SAID = {
    "ask": {"vi": "Ngỏ lời kết nối", "en": "Ask for an introduction"},
    "send": {"vi": "Gửi lời ngỏ", "en": "Send the request"},
    "yes": {"vi": "Có, rất sẵn lòng", "en": "Yes, gladly"},
    "write": {"vi": "Gửi", "en": "Send"},
    "agree": {"vi": "Đồng ý", "en": "Agree"},
    "propose": {"vi": "Đề xuất", "en": "Propose"},
    "state": {"vi": "Ghi nhận", "en": "State it"},
    "confirm": {"vi": "Xác nhận", "en": "Confirm"},
    "waits": {"vi": "Chờ trả lời", "en": "Waits for an answer"},
    "connected": {"vi": "Đã kết nối", "en": "Connected"},
    "close": {"vi": "Đóng kết nối này", "en": "Close this connection"},
    "closed": {"vi": "Đã đóng", "en": "Closed"},
    "add": {"vi": "Thêm vào “Đầu tư tiếp”", "en": "Add to “Đầu tư tiếp”"},
    "added": {"vi": "Trong “Đầu tư tiếp”", "en": "In “Đầu tư tiếp”"},
    "origin": {"vi": "Từ lời giới thiệu", "en": "From an introduction"},
    "take out": {"vi": "Bỏ khỏi quy trình", "en": "Take out of the pipeline"},
    "resulted": {"vi": "Đã có kết quả", "en": "It led to something"},
}


async def press(page: Page, said: str, language: str) -> None:
    """The button with these words, and wait for what comes of it."""
    await page.get_by_role("main").get_by_role("button", name=SAID[said][language], exact=True).first.click()
    await page.wait_for_load_state()


TOURS = {
    "vi": ("startup", "lua-thong-minh-song-hong", "investor", "investor", "quy-hat-giong-thang-long"),
    "en": ("investor", "quy-hat-giong-thang-long", "startup", "startup", "lua-thong-minh-song-hong"),
}
"""Who asks, for whom, from which list; who answers, for whom."""


@pytest.mark.browser
@pytest.mark.timeout(240)
@pytest.mark.parametrize("language", ["vi", "en"])
async def test_from_a_suggestion_to_a_result(visit: Any, language: str) -> None:
    who, whom = TOURS[language][0], TOURS[language][3]
    locale = {"vi": "vi-VN", "en": "en-GB"}[language]
    phone, desk = await visit(390, locale=locale), await visit(1280, locale=locale)
    first, second = await phone.sign_in(who), await desk.sign_in(whom)
    async with reading(first, language), reading(second, language):
        await _the_whole_way((phone, first), (desk, second), language)
    assert [said for visitor in (phone, desk) for said in visitor.complaints] == []


async def _the_whole_way(asking: tuple[Any, Page], answering: tuple[Any, Page], language: str) -> None:
    (phone, first), (desk, second) = asking, answering
    who, asker, kind, whom, receiver = TOURS[language]

    # the suggestion, and the request from its card
    await first.goto(f"{phone.house.url}/suggestions?organisation={asker}&kind={kind}&every=true")
    card = first.locator(f"#s-{receiver}")
    await card.scroll_into_view_if_needed()
    await expect(card.locator("[hx-get*=introduce-button]")).to_have_count(0)  # the button is there, not its place
    await card.get_by_role("link", name=SAID["ask"][language]).first.click()
    await first.wait_for_url(re.compile("/introduce"), wait_until="commit")
    await first.select_option("select[name=purpose]", "pilot")
    await first.fill("textarea[name=words]", WORDS[language])
    await press(first, "send", language)
    await first.wait_for_url(re.compile(r"/introductions/[0-9a-f-]{36}$"), wait_until="commit")
    address = first.url
    await expect(first.get_by_role("main")).to_contain_text(SAID["waits"][language])

    # the other one reads it and says yes; both see how to reach each other
    await second.goto(f"{desk.house.url}/introductions?box=received")
    await second.locator(f"main a[href='{address.removeprefix(desk.house.url)}']").first.click()
    await expect(second.get_by_role("main")).to_contain_text(WORDS[language])
    await press(second, "yes", language)
    await expect(second.get_by_role("main")).to_contain_text(SAID["connected"][language])
    await expect(second.get_by_role("main")).to_contain_text(f"{who}@demo.example")
    await first.goto(address)
    await expect(first.get_by_role("main")).to_contain_text(f"{whom}@demo.example")

    # a message, and a meeting that the other agrees to
    await first.fill("#f-body", f"{WORDS[language]}\n2")
    await press(first, "write", language)
    await second.goto(address)
    await expect(second.locator("#thread-title ~ ol")).to_contain_text(WORDS[language])
    await second.locator("#meetings details.card > summary").last.click()
    await second.fill("#plan-starts", (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT09:00"))
    await second.fill("#plan-place", "Hồ Gươm")
    await press(second, "propose", language)
    await first.goto(address)
    await first.locator("#meetings").get_by_role("button", name=SAID["agree"][language], exact=True).click()
    await first.wait_for_load_state()
    file = await first.context.request.get(
        phone.house.url + str(await first.locator("#meetings a[href$='.ics']").first.get_attribute("href"))
    )
    assert "STATUS:CONFIRMED" in await file.text()

    # from the thread into the investor's pipeline; out again, for the other language
    investor = first if who == "investor" else second
    await investor.goto(address)
    await press(investor, "add", language)
    await investor.get_by_role("link", name=SAID["added"][language]).click()
    await expect(investor.get_by_role("main")).to_contain_text(SAID["origin"][language])
    await expect(investor.locator(f"main a[href='{address.removeprefix(phone.house.url)}']")).to_be_visible()
    await press(investor, "take out", language)

    # a result that both confirm
    await first.goto(f"{address}/outcome")
    await first.select_option("select[name=kind]", "pilot")
    await first.fill("input[name=happened_on]", datetime.now(UTC).strftime("%Y-%m-%d"))
    await press(first, "state", language)
    await second.goto(address)
    await press(second, "confirm", language)
    await expect(second.get_by_role("main")).to_contain_text(SAID["resulted"][language])
    # done with each other: so that the same two may begin anew in the other language
    await press(second, "close", language)
    await expect(second.get_by_role("main")).to_contain_text(SAID["closed"][language])
