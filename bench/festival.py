"""A festival as large as a Techfest: set up in a browser, registered for through form and API, listed, exported.

Served by two processes on a database of its own. Alone: `python -m bench festival`.
"""

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
from playwright.async_api import async_playwright

from app.core import db
from app.core.settings import get_settings
from app.core.web import Actor
from app.people.tokens import create_for_email
from bench import statements
from bench.figures import Figure
from bench.load import Request, Timing, fire
from bench.stage import Stage, stage
from events.guests import exporting
from events.guests.asking import Asked
from scripts.running import CHROMIUM_FLAGS, chromium
from tests.e2e.festival import TECHFEST, Walk, set_up
from tests.factories import make_person

PASSWORD = "bench only, never served elsewhere"  # noqa: S105
REGISTERED, BY_FORM = 5_000, 2_500
HOT, PLACES, HOT_SECONDS = 500, 200, 5.0
MEANWHILE = 40
LISTED = 20_000
FORM_HEADERS = (("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin"))
FILTERS = (
    "", "q=nguyen", "q=nguyen+van+1234", "q=0912", "status=confirmed", "status=waitlisted", "type=startup",
    "type=khach&came=no", "came=yes", "source=api&order=name", "source=page&since=2026-01-01", "order=name",
    "order=old", "ask=shirt-size&answer=small", "q=khong-co-ai", "q=festival.example&type=khach&order=name",
)  # fmt: skip


def answers(number: int) -> dict[str, Any]:
    return {
        "job-title": f"Chuyên viên {number % 40}",
        "shirt-size": ("small", "medium", "large")[number % 3],
        "interests": [("ai", "health", "education")[number % 3], "ai"],
        "send-me-pictures": True,
    }


def _person(number: int) -> dict[str, str]:
    email = f"p{number}@festival.example"
    return {"full_name": f"Nguyễn Văn {number}", "email": email, "phone": f"0912{number:06d}", "organisation": "Viện"}


def by_form(slug: str, kind: str) -> Callable[[int], Request]:
    """The page's own form as a browser sends it."""

    def request(number: int) -> Request:
        fields: list[tuple[str, str]] = [("ticket_type", kind), ("terms", "1"), ("key", f"festival-form-key-{number}")]
        fields += list(_person(number).items())
        for code, given in answers(number).items():
            several = given if isinstance(given, list) else ["yes" if given is True else given]
            fields += [(f"q-{code}", one) for one in several]
        body = urlencode(fields).encode()
        return Request("POST", f"/events/{slug}/register", body, FORM_HEADERS, expect=(303,))

    return request


def by_api(slug: str, kind: str, token: str = "", first: int = 0) -> Callable[[int], Request]:
    def request(number: int) -> Request:
        number += first
        body = json.dumps({"ticket_type": kind, "person": _person(number), "answers": answers(number)}).encode()
        key = (("Content-Type", "application/json"), ("Idempotency-Key", f"festival-key-{number:08d}"))
        mine = (("Authorization", f"Bearer {token}"),) if token else ()
        return Request("POST", f"/api/v1/events/{slug}/registrations", body, (*key, *mine), expect=(201,))

    return request


def _worked() -> float:
    """Seconds of the processor that this process and everything it has started have used."""
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                parents[int(folder.name)], used[int(folder.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    ours = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(used.get(pid, 0) for pid in ours) / os.sysconf("SC_CLK_TCK")


async def _fired(running: Stage, request: Callable[[int], Request], count: int) -> tuple[Timing, str]:
    """A run of requests, and what each has cost of the processor: others may be at work on this machine."""
    before = _worked()
    took = await fire(running.origin, request, count, 20)
    each = (_worked() - before) / count
    return (
        took,
        f"{each * 1000:.1f} ms of the processor each, so {(os.cpu_count() or 1) / each:,.0f}/s on an idle machine",
    )


async def _walk(running: Stage, organizer: Actor) -> tuple[Walk, float]:
    """The organizer's way through the browser, and its seconds."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_FLAGS))
        page = await browser.new_page(viewport={"width": 1280, "height": 900}, locale="vi-VN")
        await page.goto(f"{running.origin}/sign-in")
        await page.fill("input[name=email]", organizer.email)
        await page.fill("input[name=password]", PASSWORD)
        await page.click("main button[type=submit]")
        await page.wait_for_url(lambda url: "/sign-in" not in url)
        begun = time.perf_counter()
        walk = await set_up(page, running.origin, TECHFEST, "Techfest Hà Nội")
        seconds = time.perf_counter() - begun
        await browser.close()
    return walk, seconds


_TRUTH = """
SELECT count(*) FILTER (WHERE r.status = 'confirmed') AS seated,
       count(*) FILTER (WHERE r.status = 'waitlisted') AS line,
       count(*) FILTER (WHERE r.answers ? 'shirt-size') AS answered, count(*) AS n
FROM registration r JOIN event e ON e.id = r.event WHERE e.slug = $1
"""


async def _hot(running: Stage, slug: str, round_: int) -> tuple[Timing, Timing, Any]:
    """Five hundred people at one moment for two hundred places, half by the form; pages that others ask for then."""
    kind = f"hot{round_}"
    event = await db.fetchval("SELECT id FROM event WHERE slug = $1", slug)
    await db.execute(
        "INSERT INTO ticket_type (id, event, code, title_vi, capacity, role, visibility, max_party, created_at)"
        " VALUES (gen_random_uuid(), $1, $2, 'Nóng', $3, 'visitor', 'public', 1, now())",
        *(event, kind, PLACES),
    )
    first = 100_000 + round_ * HOT
    form, api = by_form(slug, kind), by_api(slug, kind)

    def request(number: int) -> Request:
        return form(first + number) if number % 2 else api(first + number)

    shown = Request("GET", f"/events/{slug}")
    took, pages = await asyncio.gather(
        fire(running.origin, request, HOT, HOT), fire(running.origin, [shown], MEANWHILE, 4)
    )
    row = await db.fetchrow(
        "SELECT count(*) FILTER (WHERE r.status = 'confirmed') AS seated, count(*) AS n, max(t.sold) AS sold"
        " FROM registration r JOIN ticket_type t ON t.id = r.ticket_type WHERE r.event = $1 AND t.code = $2",
        *(event, kind),
    )
    return took, pages, row


async def _listed(running: Stage, slug: str, cookie: str) -> tuple[dict[str, Timing], int]:
    """The list filled up to twenty thousand, then each filter asked for again and again."""
    event = await db.fetchval("SELECT id FROM event WHERE slug = $1", slug)
    there = await db.fetchval("SELECT count(*) FROM registration WHERE event = $1", event)
    await db.execute(
        "INSERT INTO registration (id, event, ticket_type, signing_key, status, full_name, email, email_key, phone,"
        " organisation, search_text, answers, source, code, secret, registered_at) SELECT gen_random_uuid(), $1, t.id,"
        " k.id, CASE WHEN n % 10 = 0 THEN 'waitlisted' ELSE 'cancelled' END, 'Trần Thị ' || n, n || '@list.example',"
        " n || '@list.example', '', 'Viện ' || n % 300, 'tran thi ' || n || ' vien ' || n % 300 || ' ' || n ||"
        " '@list.example', jsonb_build_object('shirt-size', 'large'), CASE WHEN n % 2 = 0 THEN 'api' ELSE 'page' END,"
        " 'L' || n, 'list' || n, now() - n * interval '10 seconds' FROM generate_series(1, $2::integer) AS n,"
        " LATERAL (SELECT id FROM ticket_type WHERE event = $1 AND code = CASE WHEN n % 3 = 0 THEN 'startup' ELSE"
        " 'khach' END) AS t, LATERAL (SELECT id FROM event_key WHERE event = $1 LIMIT 1) AS k",
        *(event, LISTED - there),
    )
    await db.execute("ANALYZE registration")
    took: dict[str, Timing] = {}
    for query in FILTERS:
        path = f"/events/{slug}/guests?{query}"
        request = Request("GET", path, headers=(("Cookie", cookie),))
        await fire(running.origin, [request], 4, 2)
        took[query or "all"] = await fire(running.origin, [request], 40, 2)
    return took, await db.fetchval("SELECT count(*) FROM registration WHERE event = $1", event)


async def _exported(organizer: Actor, event: UUID, form: str) -> float:
    number = await exporting.ask(organizer, event, Asked(order="old", columns=("email", "phone", "type")), form, "vi")
    begun = time.perf_counter()
    await exporting.write({"file": str(number)})
    return time.perf_counter() - begun


async def _measure(running: Stage) -> list[Figure]:
    url = get_settings().database_url
    async with db.pool(get_settings(), name="bench"):
        organizer = await make_person("Ban tổ chức", "organizer@bench.example", ("organizer",), password=PASSWORD)
        token = await create_for_email(organizer.email)
        walk, seconds = await _walk(running, organizer)
        slowest = max(walk.took, key=lambda step: walk.took[step])
        await statements.prepare(url)
        await db.execute("ANALYZE")
        form, form_cost = await _fired(running, by_form(walk.slug, "khach"), BY_FORM)
        api, api_cost = await _fired(running, by_api(walk.slug, "khach", token, BY_FORM), REGISTERED - BY_FORM)
        bare = await fire(running.bare, lambda n: Request("POST", f"/register?n={n}"), 2_000, 20)
        truth = await db.fetchrow(_TRUTH, walk.slug)
        hot, pages, row = await _hot(running, walk.slug, 0)
        cookie = await _cookie(running, organizer)
        lists, listed = await _listed(running, walk.slug, cookie)
        worst = max(lists, key=lambda name: lists[name].p95)
        event = await db.fetchval("SELECT id FROM event WHERE slug = $1", walk.slug)
        files = {form_: await _exported(organizer, event, form_) for form_ in ("csv", "xlsx")}
    assert truth is not None  # noqa: S101  one row of counts
    return [
        Figure(name="festival set up in the browser: forms sent", reached=walk.forms, wanted=20, at_most=True,
               seconds=seconds, note=f"slowest step {walk.took[slowest]:.1f} s: {slowest}"),
        Figure(name="registrations a second, form with answers", reached=form.rate, wanted=250,
               baseline_name="bare statement over HTTP", baseline=bare.rate,
               note=f"{form.errors} errors, {form_cost}"),
        Figure(name="registrations a second, API with answers", reached=api.rate, wanted=250,
               baseline_name="bare statement over HTTP", baseline=bare.rate,
               note=f"{api.errors} errors, {api_cost}"),
        Figure(name="registered of 5,000, all with answers", reached=truth["answered"], wanted=REGISTERED,
               note=f"{truth['seated']} confirmed, {truth['line']} in line"),
        Figure(name="500 people at once for 200 places: slowest answer, seconds", reached=hot.p99, wanted=HOT_SECONDS,
               at_most=True, seconds=hot.seconds,
               note=f"{row['seated']} seated, {row['n']} registered, {hot.errors} errors, {hot.rate:,.0f}/s"),
        Figure(name="the same: slowest of the pages asked for meanwhile, seconds", reached=pages.p99,
               wanted=HOT_SECONDS, at_most=True, note=f"{pages.count} pages, {pages.errors} errors"),
        Figure(name="the same: places given out", reached=row["seated"], wanted=PLACES, at_most=True),
        Figure(name=f"list of {listed:,}: slowest filter's p95, ms", reached=lists[worst].p95 * 1000, wanted=150,
               at_most=True, note=f"{worst}; all: {lists['all'].p95 * 1000:.0f} ms"),
        *(Figure(name=f"list of {listed:,} as {name}, seconds", reached=took, wanted=5, at_most=True)
          for name, took in files.items()),
    ]  # fmt: skip


async def _cookie(running: Stage, organizer: Actor) -> str:
    async with httpx.AsyncClient(base_url=running.origin) as browser:
        answer = await browser.post("/sign-in", data={"email": organizer.email, "password": PASSWORD})
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


def figures() -> list[Figure]:
    """Everything about the festival, on a stage of its own."""
    os.environ["STAFF_TOTP"] = "offered"
    with stage(demo=False) as running:
        return asyncio.run(_measure(running))


if __name__ == "__main__":
    from bench.figures import show

    show("A festival", figures())
