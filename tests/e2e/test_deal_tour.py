"""An investor at work on a board, and a founder on another device who shows a deck and sees who looked at it; each in
both languages. By mouse, by finger and by keyboard."""

import re
import urllib.parse
from typing import Any

import pytest
from playwright.async_api import Page, expect

from app.core.i18n import ROOT
from tests.dealflow.papers import paper
from tests.e2e.conftest import axe, mail_text, reading

RICE = "/organisations/lua-thong-minh-song-hong"
AI = "phoi-khoe-ai"
LUNG = "Phổi Khoẻ AI"


async def _stage_of(tab: Page, name: str) -> str:
    """The column in which a card stands."""
    column = tab.locator(".board-column", has=tab.locator("[data-card]", has_text=name))
    return (await column.locator(".board-title span").first.inner_text()).strip()


async def _drag(tab: Page, name: str, stage: str) -> None:
    card = tab.locator("[data-card]", has_text=name)
    target = tab.locator(".board-column", has=tab.get_by_role("heading", name=stage)).locator("[data-cards]")
    await card.scroll_into_view_if_needed()
    box, goal = await card.bounding_box(), await target.bounding_box()
    assert box is not None
    assert goal is not None
    await tab.mouse.move(box["x"] + 30, box["y"] + box["height"] - 12)
    await tab.mouse.down()
    await tab.mouse.move(box["x"] + 60, box["y"] + box["height"] + 10, steps=4)
    await tab.mouse.move(goal["x"] + 60, goal["y"] + 20, steps=8)
    await expect(tab.locator(".board-gap")).to_have_count(1)
    await tab.mouse.up()


@pytest.mark.browser
async def test_an_investor_works_on_a_board_and_a_founder_sees_who_read_the_deck(visit: Any) -> None:
    investor, founder = await visit(1280), await visit(1280)
    desk = await investor.sign_in("investor")
    await _from_the_directory_to_the_board(investor, desk)
    await _by_mouse_and_keyboard(desk)
    await _two_at_once(investor, desk)

    home = await founder.sign_in("startup")
    async with reading(home, "en"):
        address = await _a_deck_is_uploaded_and_shown(founder, home)
        reader = await visit(390, has_touch=True)
        await _somebody_reads_it_on_a_phone(reader, founder, address)
        await _the_founder_sees_who_read(home)
    async with reading(desk, "en"):
        await _the_same_board_in_english(desk)
    await _the_same_deck_in_vietnamese(home)
    assert investor.complaints == [line for line in investor.complaints if "422" in line]
    assert founder.complaints == []


async def _from_the_directory_to_the_board(investor: Any, desk: Page) -> None:
    await desk.goto(f"{investor.house.url}/organisations/{AI}")
    await (
        desk.get_by_role("button", name="Thêm vào quy trình")
        .or_(desk.locator("summary", has_text="Thêm vào quy trình"))
        .click()
    )
    await desk.get_by_role("button", name=re.compile("Nông nghiệp và thực phẩm")).click()
    there = desk.get_by_role("link", name="Trong “Nông nghiệp và thực phẩm”")
    await expect(there).to_be_visible()
    await there.click()
    await expect(desk.get_by_role("heading", name="Việc tiếp theo")).to_be_visible()
    await desk.get_by_role("link", name="Nông nghiệp và thực phẩm", exact=True).click()
    await expect(desk.locator("[data-board]")).to_be_visible()
    assert await _stage_of(desk, LUNG) == "Mới"


async def _by_mouse_and_keyboard(desk: Page) -> None:
    await _drag(desk, LUNG, "Đã gặp")
    await expect(desk.locator(".board-column", has_text="Đã gặp").locator("[data-card]", has_text=LUNG)).to_be_visible()
    handle = desk.get_by_role("link", name=f"Chuyển {LUNG}")
    await expect(handle).to_be_focused()
    assert await axe(desk) == []

    for key in ("ArrowRight", "ArrowRight"):  # faster than answers come: the second waits for the first
        await desk.keyboard.press(key)
    await expect(
        desk.locator(".board-column", has_text="Đàm phán").locator("[data-card]", has_text=LUNG)
    ).to_be_visible()
    await expect(desk.locator("#board .alert")).to_have_count(0)
    await expect(handle).to_be_focused()
    await desk.keyboard.press("ArrowLeft")
    await expect(
        desk.locator(".board-column", has_text="Thẩm định").locator("[data-card]", has_text=LUNG)
    ).to_be_visible()
    await expect(handle).to_be_focused()
    async with desk.expect_response(lambda answer: answer.request.method == "POST"):
        await desk.keyboard.press("ArrowDown")
    await expect(handle).to_be_focused()
    await desk.reload()
    assert await _stage_of(desk, LUNG) == "Thẩm định"


async def _two_at_once(investor: Any, desk: Page) -> None:
    """The same board in two windows: the second mover is told, repeats it, and nothing is lost."""
    other = await investor.open(urllib.parse.urlsplit(desk.url).path)
    await desk.get_by_role("link", name=f"Chuyển {LUNG}").focus()
    await desk.keyboard.press("ArrowRight")
    await expect(
        desk.locator(".board-column", has_text="Đàm phán").locator("[data-card]", has_text=LUNG)
    ).to_be_visible()
    await other.get_by_role("link", name=f"Chuyển {LUNG}").focus()
    await other.keyboard.press("ArrowLeft")
    await expect(other.locator("#board .alert")).to_contain_text(f"vừa chuyển {LUNG} sang “Đàm phán điều khoản”")
    repeat = other.get_by_role("button", name="Vẫn chuyển sang “Đã gặp”")
    await expect(repeat).to_be_focused()
    await other.keyboard.press("Enter")
    await expect(
        other.locator(".board-column", has_text="Đã gặp").locator("[data-card]", has_text=LUNG)
    ).to_be_visible()
    await other.close()


async def _a_deck_is_uploaded_and_shown(founder: Any, home: Page) -> str:
    await home.goto(f"{founder.house.url}{RICE}/decks")
    buffer = paper(5)
    await home.set_input_files("#f-file", {"name": "Tour.pdf", "mimeType": "application/pdf", "buffer": buffer})
    await home.fill("#f-title", "Tour deck")
    await home.get_by_role("button", name="Upload").click()
    await expect(home.get_by_role("heading", level=1)).to_have_text("Tour deck")
    await expect(home.locator("#drawing")).to_contain_text("5 pages", timeout=120_000)
    await home.fill("#f-recipient_name", "Lê Thu")
    await home.fill("#f-email", "le.thu@quy.example")
    await home.get_by_role("button", name="Make the link").click()
    return urllib.parse.urlsplit(await home.locator(".copy input").first.input_value()).path


async def _somebody_reads_it_on_a_phone(reader: Any, founder: Any, address: str) -> None:
    tab = await reader.open(address)
    await tab.get_by_role("button", name="Gửi mã cho tôi").click()
    await expect(tab.locator("#f-code")).to_be_visible()
    letters = await founder.open("/demo/mail")
    code = re.search(r"\b\d{4} \d{4}\b", await mail_text(letters, founder.house, "le.thu@quy.example"))
    await letters.close()
    assert code is not None
    await tab.fill("#f-code", code[0])
    await tab.get_by_role("button", name="Mở", exact=True).click()
    await expect(tab.locator("[data-page] img")).to_have_count(5)
    await tab.locator("[data-page='1'] img").scroll_into_view_if_needed()
    await tab.wait_for_function("() => document.querySelector('[data-page] img').naturalWidth > 0")
    assert await axe(tab) == []
    await tab.get_by_role("button", name="Tôi đồng ý").click()
    await expect(tab.locator("[data-deck]")).to_have_attribute("data-counted", "yes")
    await tab.locator("[data-page='2']").scroll_into_view_if_needed()
    await tab.wait_for_timeout(2200)
    async with tab.expect_response(lambda answer: answer.url.endswith("/looked")):
        await tab.locator("[data-page='5']").scroll_into_view_if_needed()
    assert reader.complaints == []
    await tab.close()


async def _the_founder_sees_who_read(home: Page) -> None:
    await home.reload()
    link = home.locator("#links .card", has_text="Lê Thu")
    await expect(link.locator("summary")).to_contain_text("Lê Thu")
    await expect(link.locator(".page-times li").first).to_be_visible()
    await link.get_by_role("button", name="Take back – Lê Thu").click()
    await expect(home.locator("#links .card", has_text="Lê Thu")).to_contain_text("Taken back")


async def _the_same_board_in_english(desk: Page) -> None:
    """Moving, filtering, passing with a reason that is told: what the investor reads is English all the way."""
    handle = desk.get_by_role("link", name=f"Move {LUNG}")
    await handle.focus()
    await desk.keyboard.press("ArrowRight")
    await expect(
        desk.locator(".board-column", has_text="Due diligence").locator("[data-card]", has_text=LUNG)
    ).to_be_visible()
    await desk.get_by_placeholder("Search by name").fill("phoi khoe")
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_role("link", name="Clear all")).to_be_visible()
    await expect(desk.locator("[data-card]")).to_have_count(1)
    await _drag(desk, LUNG, "Passed")
    await expect(desk.get_by_role("heading", name=f"Why do you pass on {LUNG}?")).to_be_visible()
    await (
        desk.get_by_label("Not enough capacity", exact=False)
        .or_(desk.locator("input[name=reason]").first)
        .first.check()
    )
    await desk.get_by_role("main").get_by_role("button", name="Pass", exact=True).click()
    await expect(desk.locator(".toast").first).to_contain_text("Passed. Nobody was told.")
    assert await _stage_of(desk, LUNG) == "Passed"


async def _the_same_deck_in_vietnamese(home: Page) -> None:
    """The founder makes a link that may be taken along and takes it back."""
    await home.reload()
    await expect(home.locator("html")).to_have_attribute("lang", "vi")
    await home.fill("#f-recipient_name", "Đỗ An")
    await home.fill("#f-email", "an.do@quy.example")
    await home.get_by_label("Cho phép tải về").check()
    await home.get_by_role("button", name="Tạo liên kết").click()
    link = home.locator("#links .card", has_text="Đỗ An")
    await expect(link).to_contain_text("Được phép tải về; chưa ai tải.")
    await link.get_by_role("button", name="Thu hồi – Đỗ An").click()
    await expect(home.locator("#links .card", has_text="Đỗ An")).to_contain_text("Đã rút")


@pytest.mark.browser
async def test_a_finger_moves_a_card_by_its_handle_and_scrolls_elsewhere(visit: Any) -> None:
    investor = await visit(390, has_touch=True, is_mobile=True)
    tab = await investor.sign_in("investor")
    await tab.goto(f"{investor.house.url}/deals")
    await tab.locator("main .card-title a", has_text="Nông nghiệp").click()
    await tab.wait_for_selector("[data-board]")
    name = await tab.locator("[data-card]").first.get_attribute("data-name")
    handle = tab.locator("[data-card]").first.locator("[data-handle]")
    await handle.evaluate("handle => handle.scrollIntoView({block: 'center'})")
    box = await handle.bounding_box()
    assert box is not None
    session = await investor.context.new_cdp_session(tab)
    x, y = box["x"] + 20, box["y"] + 20

    async def touch(kind: str, *points: dict[str, float]) -> None:
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    await touch("touchStart", {"x": x, "y": y})
    for step in range(1, 12):
        await touch("touchMove", {"x": x + step * 10, "y": y})
        await tab.wait_for_timeout(20)
    await expect(tab.locator(".board-ghost")).to_have_count(1)
    for _step in range(30):
        if await tab.locator(".board-column").nth(1).locator(".board-gap").count():
            break
        await touch("touchMove", {"x": 340, "y": y})
        await tab.wait_for_timeout(30)
    async with tab.expect_response(lambda answer: answer.url.endswith("/move")):
        await touch("touchEnd")
    await expect(tab.locator(".board-column").nth(1).locator("[data-card]", has_text=name or "")).to_be_visible()
    assert (ROOT / "app" / "static" / "board.js").stat().st_size < 12_000
    assert investor.complaints == []
