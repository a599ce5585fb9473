"""Mentoring as two people on two devices: a need, a mentor, a booking, the session, what follows, a goal closed."""

import re
from typing import Any

import asyncpg
import pytest
from playwright.async_api import Page, expect

from app.launch.folder import read_note
from tests.e2e.conftest import axe, reading

STARTUP = "lua-thong-minh-song-hong"
MENTOR = "co-van-mau"


async def _hours_go_by(data_dir: Any, session: str, days: int) -> None:
    """The session of this address was so many days ago: one a day, nobody is at two of them at once."""
    con = await asyncpg.connect(str(read_note(data_dir)["database_url"]))
    try:
        number = session.rpartition("/")[2]
        async with con.transaction():
            delta = await con.fetchval(
                "SELECT ends_at - now() + interval '1 day' * $2 FROM mentoring_booking WHERE id = $1", number, days
            )
            await con.execute(
                "UPDATE mentoring_time SET starts_at = starts_at - $2::interval, ends_at = ends_at - $2::interval"
                " WHERE booking = $1",
                *(number, delta),
            )
            await con.execute(
                "UPDATE mentoring_booking SET starts_at = starts_at - $2::interval, ends_at = ends_at - $2::interval"
                " WHERE id = $1",
                *(number, delta),
            )
    finally:
        await con.close()


async def _fine(visitor: Any, tab: Page) -> None:
    """No complaint, nothing wider than the screen, nothing that a screen reader stumbles over."""
    assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await axe(tab) == []
    assert visitor.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("vi-VN", {"goal": "Năm hợp tác xã ở Thái Bình", "held": "Buổi đã diễn ra", "done": "Xong", "met": "Đạt được",
                   "book": "Đặt giờ này", "saved": "Đã lưu", "closed": "Đã đóng mục tiêu", "place": 0,
                   "confirm": "Xác nhận", "confirmed": "Hai bên đã xác nhận"}),
        ("en-GB", {"goal": "Five cooperatives in Thái Bình", "held": "It took place", "done": "Done", "met": "Met",
                   "book": "Book this time", "saved": "Saved", "closed": "The goal is closed", "place": 1,
                   "confirm": "Confirm", "confirmed": "Confirmed by both"}),
    ],
    ids=["vi", "en"],
)  # fmt: skip
async def test_from_a_need_to_a_goal_closed_on_two_devices(visit: Any, locale: str, words: dict[str, Any]) -> None:
    phone, desk = await visit(390, locale=locale), await visit(1280, locale=locale)
    startup, mentor = await phone.sign_in("startup"), await desk.sign_in("mentor")
    language = locale.partition("-")[0]
    async with reading(startup, language), reading(mentor, language):
        await _the_whole_way((phone, startup), (desk, mentor), words)


async def _the_whole_way(one: tuple[Any, Page], other: tuple[Any, Page], words: dict[str, Any]) -> None:
    (phone, startup), (desk, mentor) = one, other
    home = phone.house.url
    await startup.goto(f"{home}/mentoring/goals?organisation={STARTUP}")
    await startup.fill("#f-title", words["goal"])
    await startup.select_option("#f-need", "pilot_customer")
    await startup.locator("main form", has=startup.locator("#f-title")).locator("button[type=submit]").click()
    await expect(startup.locator("main h1")).to_have_text(words["goal"])
    goal = startup.url.partition("?")[0]
    await _fine(phone, startup)

    await startup.locator("main .page-head-actions a").click()
    await expect(startup.locator("#results-title")).to_be_visible()
    await _fine(phone, startup)
    await startup.goto(f"{home}/mentoring/mentors/{MENTOR}?organisation={STARTUP}")
    await startup.select_option("#f-goal", label=words["goal"])
    await startup.fill("#f-question", "Hợp tác xã muốn trả theo vụ?")
    await startup.locator("input[name=starts_at]").nth(words["place"]).check(force=True)
    await _fine(phone, startup)
    await startup.get_by_role("button", name=words["book"]).click()
    await startup.wait_for_url(re.compile(r"/mentoring/sessions/[0-9a-f-]{36}"))
    session = startup.url.partition("?")[0]
    await _fine(phone, startup)

    await mentor.goto(f"{home}/mentoring")
    await expect(mentor.locator(f"main a[href='{session.removeprefix(home)}']").first).to_be_visible()
    await mentor.goto(session)
    await expect(mentor.locator("main")).to_contain_text("Hợp tác xã muốn trả theo vụ?")
    await expect(mentor.locator("#pack-title")).to_be_visible()
    await _fine(desk, mentor)

    await _hours_go_by(desk.house.data_dir, session, 1 + words["place"])
    for tab in (mentor, startup):
        await tab.goto(session)
        await tab.get_by_role("button", name=words["held"], exact=True).click()
        await expect(tab.locator("#toasts, .toast").first).to_be_attached()
    await mentor.goto(session)
    await mentor.fill("#f-topic", "Giá theo vụ")
    await mentor.fill("#f-advice", "Bán cho năm nơi trước, rồi mới tăng giá")
    await mentor.locator("#log button[type=submit]").click()
    await expect(mentor.locator("#f-advice")).to_have_value("Bán cho năm nơi trước, rồi mới tăng giá")
    await mentor.fill("#f-text", "Gọi hợp tác xã Đông Hưng")
    await mentor.fill("#f-due_on", "2027-01-15")
    await mentor.locator("#actions form", has=mentor.locator("#f-text")).locator("button[type=submit]").click()
    await expect(mentor.locator("#actions")).to_contain_text("Gọi hợp tác xã Đông Hưng")
    await _fine(desk, mentor)

    await startup.goto(f"{home}/mentoring")
    row = startup.locator("main li", has_text="Gọi hợp tác xã Đông Hưng").first
    await row.get_by_role("button", name=words["done"]).click()
    await startup.wait_for_url(re.compile(r"/mentoring/sessions/"))
    await startup.goto(goal)
    await expect(startup.locator("main")).to_contain_text("Bán cho năm nơi trước")
    await startup.get_by_label(words["met"], exact=True).check()
    await startup.fill("#f-result", "Sáu hợp tác xã đã ký.")
    await startup.locator("main form", has=startup.locator("#f-result")).locator("button[type=submit]").click()
    await expect(startup.locator("main")).to_contain_text("Sáu hợp tác xã đã ký.")
    await _fine(phone, startup)
    await mentor.goto(goal)
    await expect(mentor.locator("main")).to_contain_text("Sáu hợp tác xã đã ký.")
    await _fine(desk, mentor)
    await mentor.goto(f"{home}/introductions")
    await mentor.locator("#to-confirm").get_by_role("button", name=words["confirm"]).first.click()
    await expect(mentor.locator("#toasts, .toast").first).to_contain_text(words["confirmed"])


@pytest.mark.browser
async def test_the_staff_of_an_incubator_see_who_is_silent_and_nothing_of_what_is_said(visit: Any) -> None:
    staff = await visit(1280)
    tab = await staff.sign_in("organizer")
    await tab.goto(f"{staff.house.url}/mentoring/programmes")
    await tab.locator("main li a", has_text="Ươm tạo nông nghiệp số").click()
    await expect(tab.locator("main h1")).to_contain_text("Ươm tạo nông nghiệp số")
    await expect(tab.locator("main tbody").first).to_contain_text("Lúa Thông Minh Sông Hồng")
    assert "Bán theo vụ" not in await tab.inner_text("main")
    await _fine(staff, tab)
    await tab.set_viewport_size({"width": 390, "height": 844})
    sideways = "found => found.map(one => one.scrollWidth - one.clientWidth)"
    assert await tab.locator("main .table-scroll").evaluate_all(sideways) == [0, 0]
