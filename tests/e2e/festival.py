"""A festival set up in a browser by somebody who reads what stands there: villages, sessions, booths, questions.

The tests walk it with a few of everything, `python -m bench festival` with as many as a Techfest has.
"""

import time
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import msgspec
from playwright.async_api import FilePayload, Page, expect

from app.core.clock import VIETNAM, now
from events.agenda.frab import Head, Talk, write_json

DAYS = 3
TEMPLATE_VILLAGES = 4
FIRST_DAY = (now().astimezone(VIETNAM) + timedelta(days=60)).replace(hour=8, minute=0, second=0, microsecond=0)


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much of everything."""

    villages: int
    sessions: int
    booths: int
    rooms: int


SMALL = Size(villages=7, sessions=10, booths=20, rooms=3)
TECHFEST = Size(villages=30, sessions=120, booths=700, rooms=10)


class Walk(msgspec.Struct):
    """What came of it: the event's address, forms sent, and how long each step took until its page stood there."""

    slug: str = ""
    forms: int = 0
    took: dict[str, float] = {}


def village_lines(size: Size) -> str:
    return "\n".join(
        f"Làng Công nghệ số {n}; Technology village {n}; {size.booths // size.villages}; 10; 20"
        for n in range(1, size.villages - TEMPLATE_VILLAGES + 1)
    )


def schedule(size: Size, first: datetime = FIRST_DAY) -> bytes:
    """A schedule.json as other programs write it."""
    name = uuid5(NAMESPACE_URL, f"https://techfest.example/{size.sessions}")
    a_day = -(-size.sessions // DAYS)
    talks = [
        Talk(
            guid=str(uuid5(name, str(n))),
            number=n + 100,
            title=f"Phiên {n}: đổi mới sáng tạo mở",
            subtitle=f"Session {n}",
            kind="panel" if n % 3 else "lecture",
            language="vi",
            track=f"Chủ đề {n % 12}",
            room=f"Phòng {n % size.rooms + 1}",
            starts_at=first + timedelta(days=n // a_day, minutes=60 * (n % a_day // size.rooms)),
            minutes=45,
            persons=(f"Diễn giả {n}",),
        )
        for n in range(size.sessions)
    ]
    head = Head(
        title="Techfest", acronym="tf", version="1.0", url="https://techfest.example", starts_at=first,
        ends_at=first + timedelta(days=DAYS),
    )  # fmt: skip
    return write_json(head, talks)


QUESTIONS = (
    ("line", "Chức danh", "Job title", ""),
    ("choice", "Cỡ áo", "Shirt size", "Nhỏ | Small\nVừa | Medium\nLớn | Large"),
    ("many", "Quan tâm", "Interests", "AI | AI\nY tế | Health\nGiáo dục | Education"),
    ("consent", "Tôi đồng ý nhận ảnh của sự kiện", "Send me pictures", ""),
)


async def set_up(page: Page, origin: str, size: Size, title: str) -> Walk:
    """From a signed-in organizer's first click to a festival that takes registrations."""
    walk = Walk()

    async def send(step: str, form: str) -> None:
        """Send the form at this selector and wait for the page that answers; what it says must not be a refusal."""
        begun = time.perf_counter()
        async with page.expect_navigation():
            await page.locator(form).first.evaluate("form => form.requestSubmit(form.querySelector('[type=submit]'))")
        await page.wait_for_load_state()
        await expect(page.locator("main .error-summary")).to_have_count(0)
        walk.forms += 1
        walk.took[step] = max(walk.took.get(step, 0.0), time.perf_counter() - begun)

    async def go(path: str) -> None:
        await page.goto(f"{origin}{path}")

    await go("/events/new/from/techfest")
    await page.fill("#f-title_vi", title)
    await page.fill("#f-title_en", f"{title} (English)")
    await page.fill("#f-starts_at", f"{FIRST_DAY:%Y-%m-%dT%H:%M}")
    await send("template with eight roles and three days", "main form[action$='/techfest']")
    walk.slug = page.url.split("/events/")[1].split("/")[0]
    base = f"/events/{walk.slug}"

    await go(f"{base}/ground")
    await page.locator("form[action$='/villages/list'] textarea").evaluate(
        "(field, text) => { field.value = text }", village_lines(size)
    )
    await send(f"{size.villages} villages as a list", "form[action$='/villages/list']")
    await expect(page.locator("main tbody th a")).to_have_count(size.villages)

    for kind, vi, en, options in QUESTIONS:
        await go(f"{base}/form")
        await page.locator("#q0-kind").evaluate("(field, kind) => { field.value = kind }", kind)
        for field, text in (("vi", vi), ("en", en), ("options", options)):
            await page.locator(f"#q0-{field}").evaluate("(field, text) => { field.value = text }", text)
        await send("a question", "form[action$='/form/questions']")
    await send("the form is asked", "form[action$='/form/publish']")

    await go(f"{base}/agenda/import")
    file = FilePayload(name="schedule.json", mimeType="application/json", buffer=schedule(size))
    await page.set_input_files("#f-file", file)
    await send("a schedule file is read", "form[action$='/agenda/import']")
    await send(f"{size.sessions} sessions are taken over", "form[action*='/agenda/import/']")
    if await page.locator("form[action$='/agenda/publish'] [name=reason]").count():
        await page.fill("form[action$='/agenda/publish'] [name=reason]", "Làng dùng chung sân khấu")
    await send("the agenda is published", "form[action$='/agenda/publish']")

    await go(f"{base}/ground/booths")
    each = size.booths // 7
    rows = [f"{letter}1..{letter}{each}" for letter in "ABCDEFG"]
    rest = size.booths - 7 * each
    lines = "\n".join([*(f"{row}; Làng Công nghệ số 1" if n == 0 else row for n, row in enumerate(rows)),
                       *([f"H1..H{rest}"] if rest else [])])  # fmt: skip
    await page.locator("form[action$='/ground/booths'] textarea").evaluate(
        "(field, text) => { field.value = text }", lines
    )
    await send(f"{size.booths} booths by their codes", "form[action$='/ground/booths']:has(textarea)")
    await page.locator("#f-plan-vi").evaluate("field => { field.value = 'Phố đi bộ' }")
    await send("a plan", "form[action$='/ground/plans']")
    await send("booths in rows on the plan", "form[action$='/arrange']")
    await expect(page.locator("svg [data-booth]")).to_have_count(size.booths)

    await go(f"{base}/setup")
    await send("the event is published", "form[action$='/status/publish']")
    return walk
