"""The frame and the components in a real Chromium, under the real content security policy."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from app.assets import NODE_MODULES
from tests.look.conftest import Eyes

pytestmark = pytest.mark.browser
AXE = NODE_MODULES / "axe-core" / "axe.min.js"
RING = "getComputedStyle(document.activeElement).outlineStyle"


async def serious(page: Page) -> list[str]:
    """What axe finds that would keep somebody out."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run()")
    return [
        f"{item['id']}: {node['html'][:120]}"
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
@pytest.mark.parametrize("path", ["/", "/design", "/directory", "/nowhere"])
async def test_axe_finds_nothing_serious(eyes: Eyes, path: str, width: int, theme: str) -> None:
    cookies = {"theme": theme, "who": "1"}
    page = await eyes.open(path, width, bypass_csp=True, reduced_motion="reduce", cookies=cookies)
    assert await serious(page) == []


async def test_axe_would_notice_a_button_without_a_name(eyes: Eyes) -> None:
    page = await eyes.open("/directory", bypass_csp=True)
    await page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [line.split(":")[0] for line in await serious(page)] == ["button-name"]


@pytest.mark.parametrize("path", ["/", "/?en", "/design", "/design?en", "/nowhere"])
async def test_nothing_is_wider_than_the_screen(eyes: Eyes, path: str) -> None:
    page = await eyes.open(path)
    wider = []
    for width in (320, 390, 768, 1280):
        await page.set_viewport_size({"width": width, "height": 844})
        if await page.evaluate("document.documentElement.scrollWidth") > width:
            wider.append(width)
    assert wider == []
    assert [said for said in eyes.complaints if "404 (Not Found)" not in said] == []


async def shifted(page: Page) -> float:
    """How much moved so far without being asked to, as browsers measure it."""
    total: float = await page.evaluate(
        """() => new Promise(done => {
             let sum = 0;
             new PerformanceObserver(list => list.getEntries().forEach(entry => { sum += entry.value; }))
               .observe({type: "layout-shift", buffered: true});
             setTimeout(() => done(sum), 300);
           })"""
    )
    return total


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", ["/", "/?en", "/design"])
async def test_nothing_moves_when_the_typeface_arrives_late(eyes: Eyes, path: str, width: int) -> None:
    page = await eyes.open("/plain", width)

    async def late(route: Route) -> None:
        await asyncio.sleep(1)
        await route.continue_()

    await page.route("**/*.woff2*", late)
    await page.goto(eyes.site.url + path, wait_until="domcontentloaded")
    first_paint = "() => performance.getEntriesByName('first-contentful-paint').length"
    await page.wait_for_function(first_paint)
    assert await page.evaluate("document.fonts.status") == "loading"
    await page.evaluate("document.fonts.ready.then(() => null)")
    assert await shifted(page) < 0.05


async def test_a_page_that_moves_is_noticed(eyes: Eyes) -> None:
    page = await eyes.open("/")
    await page.wait_for_timeout(300)
    await page.evaluate(
        "document.body.prepend(Object.assign(document.createElement('hr'), {className: 'hero page section'}))"
    )
    assert await shifted(page) > 0.05


async def test_targets_on_the_phone_are_large_enough_for_a_thumb(eyes: Eyes) -> None:
    page = await eyes.open("/", 390)
    small = await page.evaluate(
        """() => [...document.querySelectorAll('header a, header button, .tab-bar a, .btn, .input, .hero a')]
             .filter(e => e.offsetParent).map(e => [e.getBoundingClientRect(), e])
             .filter(([box]) => box.height < 44 || box.width < 44).map(([_, e]) => e.outerHTML.slice(0, 80))"""
    )
    assert small == []


async def test_navigation_keeps_the_page_and_puts_the_focus_on_the_heading(eyes: Eyes) -> None:
    page = await eyes.open("/")
    await page.evaluate("window.stayed = true")
    await page.get_by_role("navigation", name="Điều hướng chính").get_by_role("link", name="Danh bạ").click()
    await expect(page).to_have_url(eyes.site.url + "/directory")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await expect(page.locator("#announcer")).to_have_text("Danh bạ · Kết Nối")
    await expect(page.locator(".site-nav [aria-current=page]")).to_have_text("Danh bạ")
    assert await page.evaluate("[window.stayed, document.body.hasAttribute('aria-busy')]") == [True, False]


async def test_back_returns_to_where_the_reader_was(eyes: Eyes) -> None:
    page = await eyes.open("/", 390)
    await page.evaluate("window.stayed = true; window.scrollTo(0, 700)")
    await page.locator(".tab-bar a").first.click()
    await expect(page).to_have_url(eyes.site.url + "/directory")
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Khởi nghiệp gặp đúng người")
    await page.wait_for_function("() => window.scrollY === 700")
    assert await page.evaluate("[window.stayed, sessionStorage.getItem('htmx-history-cache')]") == [True, None]


async def test_an_error_page_behind_a_link_is_shown_as_a_page(eyes: Eyes) -> None:
    page = await eyes.open("/directory")
    await page.locator("#gone").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Không tìm thấy")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()


async def test_a_link_to_something_that_is_no_page_is_left_to_the_browser(eyes: Eyes) -> None:
    page = await eyes.open("/directory")
    await page.locator("#plain").click()
    await expect(page.locator("body")).to_have_text("chỉ là chữ")


async def test_a_fragment_takes_the_focus_and_its_message_is_said(eyes: Eyes) -> None:
    page = await eyes.open("/directory")
    await page.locator("#more").click()
    await expect(page.locator("#new")).to_be_focused()
    await expect(page.locator("#toasts .toast")).to_have_text("Đã lưu.")


async def test_a_failing_fragment_says_why_and_changes_nothing(eyes: Eyes) -> None:
    page = await eyes.open("/directory")
    await page.locator("#fails").click()
    await expect(page.locator("#toasts .toast-error")).to_have_text("Thử lại sau vài giây.")
    await expect(page.locator("#more")).to_be_visible()


async def test_a_form_is_sent_once_however_often_it_is_pressed(eyes: Eyes) -> None:
    page = await eyes.open("/directory")
    await page.get_by_label("Tên").fill("Sao Mai")
    await page.evaluate("b = document.querySelector('main form button'); b.click(); b.click(); b.click()")
    await page.wait_for_timeout(900)
    assert [post["name"] for post in eyes.site.posts] == [["Sao Mai"]]


async def test_a_part_is_sent_once_and_may_be_sent_again_after_the_answer(eyes: Eyes) -> None:
    page = await eyes.open("/directory")
    button = page.get_by_role("button", name="Gửi phần này").first
    await button.focus()
    await page.evaluate("b = document.activeElement; b.click(); b.click(); b.click()")
    await expect(button).to_have_attribute("aria-disabled", "true")
    await expect(button).not_to_have_attribute("aria-disabled", "true")
    assert len(eyes.site.posts) == 1
    await page.evaluate("b.click()")
    await expect(button).to_have_attribute("aria-disabled", "true")
    assert len(eyes.site.posts) == 2


async def test_without_scripts_every_page_is_whole_and_its_forms_work(eyes: Eyes) -> None:
    page = await eyes.open("/directory", java_script_enabled=False)
    await page.get_by_label("Tên").fill("Sao Mai")
    await page.get_by_role("button", name="Gửi", exact=True).click()
    await expect(page).to_have_url(eyes.site.url + "/directory")
    await expect(page.locator("[data-theme-switch]")).to_be_hidden()
    assert [post["name"] for post in eyes.site.posts] == [["Sao Mai"]]


async def test_the_theme_is_kept_from_page_to_page(eyes: Eyes) -> None:
    page = await eyes.open("/", color_scheme="light")
    before = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await page.locator("[data-theme-switch]").click()
    after = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await page.reload()
    assert await page.locator("html").get_attribute("data-theme") == "dark"
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == after != before


async def test_the_keyboard_comes_everywhere_and_sees_where_it_is(eyes: Eyes) -> None:
    page = await eyes.open("/", cookies={"who": "1"})
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip-link")).to_be_focused()
    await expect(page.locator(".skip-link")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
    await page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    await page.reload()
    seen, unseen = 0, []
    for _step in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement === document.body"):
            break
        seen += 1
        ring = await page.evaluate(f"[{RING}, getComputedStyle(document.activeElement, '::after').outlineStyle]")
        if ring == ["none", "none"]:
            unseen.append(await page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
    reachable = await page.evaluate(
        """[...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary')]
             .filter(e => e.checkVisibility()).length"""
    )
    assert (seen, unseen) == (reachable, [])


async def test_menus_and_dialogs_close_with_escape_and_give_the_focus_back(eyes: Eyes) -> None:
    page = await eyes.open("/design", cookies={"who": "1"})
    for opener in (page.locator(".tool-account"), page.locator("#cancel-example > summary")):
        await opener.focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("details[open] > .menu-panel, details[open] > .dialog-panel")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(opener).to_be_focused()
        await expect(page.locator("details[open] > .menu-panel, details[open] > .dialog-panel")).to_have_count(0)


async def test_a_dialog_takes_the_focus_to_its_title_and_closes_by_its_button(eyes: Eyes) -> None:
    page = await eyes.open("/design")
    await page.locator("#cancel-example > summary").click()
    await expect(page.locator("#cancel-example-title")).to_be_focused()
    await page.locator("#cancel-example [data-close]").click()
    await expect(page.locator("#cancel-example .dialog-panel")).to_be_hidden()


async def test_copying_says_that_it_is_done(eyes: Eyes) -> None:
    page = await eyes.open("/design", permissions=["clipboard-read", "clipboard-write"])
    await page.locator("[data-copy=copy-link]").click()
    await expect(page.locator("#toasts .toast")).to_have_text("Đã sao chép.")
    assert await page.evaluate("navigator.clipboard.readText()") == "https://ketnoi.example/t/7Q4K2M"


async def test_who_asks_for_less_motion_gets_none(eyes: Eyes) -> None:
    page = await eyes.open("/", reduced_motion="reduce")
    lasting = await page.evaluate(
        "document.getAnimations().filter(a => a.effect.getComputedTiming().activeDuration > 1).length"
    )
    assert lasting == 0


async def test_filters_are_open_on_a_desk_and_folded_on_a_phone(eyes: Eyes) -> None:
    desk = await eyes.open("/design", 1280)
    phone = await eyes.open("/design", 390)
    await expect(desk.locator(".facet-option").first).to_be_visible()
    await expect(phone.locator(".facet-option").first).to_be_hidden()
    await phone.locator(".facets-panel > summary").click()
    await expect(phone.locator(".facet-option").first).to_be_visible()
