"""Every page of the running demo, looked at as people would: errors, accessibility, width, weight, speed of layout."""

import gzip
from typing import Any

import pytest

from app.core.i18n import ROOT
from tests.e2e.conftest import axe

OPEN_TO_ALL = (
    "/",
    "/about",
    "/design",
    "/directory",
    "/directory?q=nguyen&kind=startup",
    "/directory?q=zzzzzzzzzz",
    "/organisations/sequoia-capital",
    "/events",
    "/sign-in",
    "/sign-up",
    "/reset",
    "/demo/mail",
    "/nowhere",
)
OF_PEOPLE = {
    "startup": (
        "/suggestions",
        "/organisations",
        "/organisations/new",
        "/account",
        "/account/sessions",
        "/account/tokens",
    ),
    "investor": ("/suggestions", "/directory?kind=startup"),
    "organizer": ("/events/manage", "/events/new"),
    "admin": ("/staff", "/staff/people", "/staff/engine"),
}

_LOOK = """() => ({
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  headings: document.querySelectorAll('h1').length,
  title: document.title,
  language: document.documentElement.lang,
  unnamed: [...document.querySelectorAll('a, button, input:not([type=hidden])')].filter(e => e.tabIndex >= 0 &&
    e.getClientRects().length && !e.labels?.length && !e.textContent.trim() && !e.getAttribute('aria-label') &&
    !e.title && !e.value && !e.querySelector('[alt]')).map(e => e.outerHTML.slice(0, 120)),
})"""


async def _look(visitor: Any, path: str, language: str) -> list[str]:
    """What is wrong with one page, in words."""
    page = await visitor.open(path)
    seen = await page.evaluate(_LOOK)
    wrong = [f"{path}: {complaint}" for complaint in visitor.complaints if "404" not in complaint]
    visitor.complaints.clear()
    if seen["wide"] > 0:
        wrong.append(f"{path}: {seen['wide']} px wider than the screen")
    if seen["headings"] != 1:
        wrong.append(f"{path}: {seen['headings']} main headings")
    if not seen["title"].endswith("Kết Nối") or seen["language"] != language:
        wrong.append(f"{path}: title {seen['title']!r}, language {seen['language']!r}")
    wrong += [f"{path}: no name: {element}" for element in seen["unnamed"]]
    wrong += [f"{path}: {issue}" for issue in await axe(page)]
    await page.close()
    return wrong


@pytest.mark.browser
@pytest.mark.parametrize(("width", "language", "scheme"), [(390, "vi", "light"), (1280, "en", "dark")])
async def test_pages_open_to_all(visit: Any, width: int, language: str, scheme: str) -> None:
    visitor = await visit(width, locale="vi-VN" if language == "vi" else "en-GB", color_scheme=scheme)
    assert [line for path in OPEN_TO_ALL for line in await _look(visitor, path, language)] == []


@pytest.mark.browser
@pytest.mark.parametrize("who", list(OF_PEOPLE))
async def test_pages_of_people(visit: Any, who: str) -> None:
    visitor = await visit(390)
    await visitor.sign_in(who)
    assert [line for path in OF_PEOPLE[who] for line in await _look(visitor, path, "vi")] == []


@pytest.mark.browser
async def test_a_page_weighs_little_and_does_not_jump(visit: Any) -> None:
    visitor = await visit(390)
    page = await visitor.open("/")
    files = await page.evaluate(
        "() => performance.getEntriesByType('resource').map(e => new URL(e.name).pathname.replace('/static/', ''))"
    )
    jumps = await page.evaluate(
        """() => new Promise(done => new PerformanceObserver(list => done(
             list.getEntries().reduce((sum, entry) => sum + (entry.hadRecentInput ? 0 : entry.value), 0)
           )).observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done(0), 500))"""
    )
    weight = {"js": 0, "css": 0}
    for name in files:
        kind = name.rsplit(".", 1)[-1]
        if kind in weight:
            weight[kind] += len(gzip.compress((ROOT / "app" / "static" / name).read_bytes(), 5))
    assert 0 < weight["js"] <= 60_000
    assert 0 < weight["css"] <= 40_000
    assert jumps < 0.02
