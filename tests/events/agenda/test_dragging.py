"""Sessions are dragged on the grid by mouse and by finger; a finger that moves at once scrolls the page."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page

from app.core.i18n import ROOT

_CELLS = "".join(
    f'<tr><th>{hour}:00</th><td data-zone="z" data-starts="2026-12-04T{hour:02d}:00"></td></tr>'
    for hour in range(9, 13)
)
BOARD = f"""<!doctype html><meta name="viewport" content="width=device-width"><style>td {{ height: 60px; width: 300px }}
[data-session] {{ height: 60px; width: 300px; user-select: none }}</style><div id="announcer"></div>
<div id="board" data-board data-move="/plan/" data-day="2026-12-04" data-picked="{{title}}" data-at="{{room}} {{time}}"
data-moved="moved" data-left="left"><div data-session="s1" data-version="3" data-label="Khai mạc">Khai mạc</div>
<table data-agenda-grid><thead><tr><th>Giờ</th><th>Phòng</th></tr></thead><tbody>{_CELLS}</tbody></table></div>
<div style="height: 3000px"></div>
<script>window.sent = [];
window.htmx = {{ ajax: async (way, to, how) => {{ sent.push([to, how.values.starts_at]) }} }}</script>
"""


@pytest.fixture
async def board(browser: Browser) -> Any:
    context = await browser.new_context(viewport={"width": 800, "height": 700}, has_touch=True)
    page = await context.new_page()
    await page.set_content(BOARD)
    await page.add_script_tag(path=str(ROOT / "app" / "static" / "agenda.js"))
    yield page
    await context.close()


async def middle(page: Page, selector: str) -> tuple[float, float]:
    box = await page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + 40, box["y"] + box["height"] / 2


@pytest.mark.browser
@pytest.mark.parametrize(("rests", "sent"), [(500, [["/plan/s1/move", "2026-12-04T11:00"]]), (0, [])])
async def test_a_finger_that_rests_on_a_session_drags_it(board: Page, rests: int, sent: list[list[str]]) -> None:
    fingers = await board.context.new_cdp_session(board)

    async def touch(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        await fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start, end = await middle(board, "[data-session]"), await middle(board, "td[data-starts$='11:00']")
    await touch("touchStart", *start)
    await board.wait_for_timeout(rests)
    for step in (0.5, 1.0):
        await touch("touchMove", start[0] + step * (end[0] - start[0]), start[1] + step * (end[1] - start[1]))
    await touch("touchEnd")
    assert await board.evaluate("sent") == sent


@pytest.mark.browser
async def test_a_mouse_drags_at_once(board: Page) -> None:
    await board.mouse.move(*await middle(board, "[data-session]"))
    await board.mouse.down()
    await board.mouse.move(*await middle(board, "td[data-starts$='10:00']"), steps=4)
    await board.mouse.up()
    assert await board.evaluate("sent") == [["/plan/s1/move", "2026-12-04T10:00"]]
