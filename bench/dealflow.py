"""Deal flow: a board of 1,000 cards beside a page without any, and the first page of a deck of 60 beside a small one.

The application is served as in production, with a worker that draws.
"""

import asyncio
import contextlib
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

import httpx
from fpdf import FPDF

from app.core import db
from app.core.files.keeping import prepare
from app.core.files.uploads import Upload
from app.core.ids import new_id
from app.core.settings import get_settings
from app.core.text import fold
from app.core.web import Actor
from app.dealflow import cards, decks, links, pipelines, ranks
from app.launch.postgres import start_postgres
from app.launch.valkey import start_valkey
from app.people.accounts import create_person
from app.worker import JOBS
from bench import population
from bench.figures import Figure
from bench.load import Request, fire
from bench.stage import _app, _running, free_port

CARDS, PAGES = 1_000, 60
BOARD_MS, FIRST_PAGE_SECONDS = 150.0, 1.5
ASKED, AT_ONCE = 200, 4
PASSWORD = "bench only, never served elsewhere"  # noqa: S105
EMAIL = "bench@bench.example"

assert JOBS  # noqa: S101  the worker's own jobs are what draws


def figures() -> Iterator[Figure]:
    with _served() as origin:
        yield from asyncio.run(_measured(origin))


@contextlib.contextmanager
def _served() -> Iterator[str]:
    """A database, the application in two processes, and a worker."""
    with tempfile.TemporaryDirectory(prefix="ketnoi-deals-") as folder, contextlib.ExitStack() as stack:
        database = start_postgres(Path(folder))
        stack.callback(database.stop)
        queue = start_valkey(Path(folder))
        stack.callback(queue.stop)
        port = free_port()
        os.environ.update(
            DATABASE_URL=database.url,
            REDIS_URL=queue.url,
            DATA_DIR=folder,
            PORT=str(port),
            PUBLIC_URL=f"http://127.0.0.1:{port}",
            WEB_WORKERS="2",
            DEMO="0",
            LOG_LEVEL="warning",
        )
        get_settings.cache_clear()
        _app("migrate")
        stack.enter_context(_running([sys.executable, "-m", "app", "worker"], None))
        stack.enter_context(_running([sys.executable, "-m", "app", "serve"], f"http://127.0.0.1:{port}/readyz"))
        yield f"http://127.0.0.1:{port}"


async def _measured(origin: str) -> list[Figure]:
    async with db.pool(get_settings(), name="bench"):
        person = await create_person(email=EMAIL, name="Bench", password=PASSWORD, confirmed=True)
        actor = Actor(id=person, name="Bench", email=EMAIL, locale="vi", via="session")
        fund = await _filled_fund(actor)
        pipeline = await _filled_pipeline(actor, fund)
        cookie = (("Cookie", await _signed_in(origin)),)
        found = [*await _boards(origin, pipeline, cookie)]
        found += [await _first_page(origin, actor, fund, cookie, pages) for pages in (2, PAGES)]
    small, large = found[-2], found[-1]
    found[-1] = Figure(
        name=large.name,
        reached=large.reached,
        wanted=FIRST_PAGE_SECONDS,
        at_most=True,
        baseline_name=small.name,
        baseline=small.reached,
        note=large.note,
    )
    return found


async def _filled_fund(actor: Actor) -> UUID:
    """A fund of the person's own, and CARDS startups."""
    async with db.connection() as con:
        await population.copy(con, "organisation", population.organisations(CARDS + 1))
    rows = await db.fetch("SELECT id FROM organisation ORDER BY number")
    fund: UUID = rows[0]["id"]
    await db.execute("UPDATE organisation SET name = 'Quỹ', name_folded = $2 WHERE id = $1", fund, fold("Quỹ"))
    await db.execute(
        "INSERT INTO membership (id, organisation, person, role) VALUES ($1, $2, $3, 'owner')", new_id(), fund, actor.id
    )
    return fund


async def _filled_pipeline(actor: Actor, fund: UUID) -> UUID:
    pipeline = await pipelines.create(actor, fund, "Nghìn thẻ")
    stages = [row["id"] for row in await pipelines.stages_of(pipeline)][:6]
    rows = await db.fetch("SELECT id FROM organisation WHERE id <> $1", fund)
    assert (await cards.add(actor, pipeline, rows[0]["id"], "directory")).new  # noqa: S101  the way of a click works
    await db.execute(
        "INSERT INTO deal_card (id, pipeline, stage, organisation, rank, owner, next_step, next_on, fit_value, state)"
        " SELECT gen_random_uuid(), $1, ($2::uuid[])[1 + n % 6], id, n * $4::bigint, $5, 'Hẹn gặp', current_date + 3,"
        " 2.5, CASE n % 6 WHEN 5 THEN 'won' ELSE 'open' END"
        " FROM unnest($3::uuid[]) WITH ORDINALITY AS o (id, n)",
        *(pipeline, stages, [row["id"] for row in rows[1:]], ranks.GAP * 2, actor.id),
    )
    await db.execute("ANALYZE deal_card")
    return pipeline


async def _boards(origin: str, pipeline: UUID, cookie: tuple[tuple[str, str], ...]) -> list[Figure]:
    part = (*cookie, ("HX-Request", "true"), ("HX-Target", "board"))
    asked = {
        "board of 1,000 cards, p95 ms": Request("GET", f"/deals/{pipeline}", headers=cookie),
        "the same after a move, p95 ms": Request("GET", f"/deals/{pipeline}", headers=part),
        "the same as a table, p95 ms": Request("GET", f"/deals/{pipeline}?view=table&order=fit", headers=cookie),
        "the same with a filter, p95 ms": Request("GET", f"/deals/{pipeline}?q=an&due=week", headers=cookie),
    }
    bare = Request("GET", "/deals", headers=cookie)
    await fire(origin, [bare], 20, AT_ONCE)
    plain = await fire(origin, [bare], ASKED, AT_ONCE)
    found = []
    for name, request in asked.items():
        await fire(origin, [request], 20, AT_ONCE)
        took = await fire(origin, [request], ASKED, AT_ONCE)
        found.append(
            Figure(
                name=name,
                reached=took.p95 * 1000,
                wanted=BOARD_MS,
                at_most=True,
                baseline_name="the list of pipelines",
                baseline=plain.p95 * 1000,
                note=f"{took.errors} errors, p50 {took.p50 * 1000:.0f} ms, {took.rate:.0f} a second",
            )
        )
    return found


async def _first_page(origin: str, actor: Actor, fund: UUID, cookie: tuple[tuple[str, str], ...], pages: int) -> Figure:
    """From opening the link to the last byte of the first page's picture, the deck's pages drawn by the worker."""
    body = await asyncio.to_thread(_paper, pages)
    path = get_settings().data_path / f"{pages}.pdf"
    path.write_bytes(body)
    upload = Upload(stem="deck", path=path, size=len(body), head=body[:64], sha256=hashlib.sha256(body).hexdigest())
    deck = await decks.add(actor, fund, ("Deck", "deck"), await prepare(actor, upload, decks.DECK.name))
    begun = time.perf_counter()
    while await db.fetchval("SELECT drawn < pages FROM deck WHERE id = $1", deck):  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    drawn = time.perf_counter() - begun
    link = await links.make(actor, deck, ("Bench", EMAIL, None), "7")
    key = await db.fetchval("SELECT key FROM deck_link WHERE id = $1", link)
    address = links.path_of(link, key)
    times = []
    for _round in range(12):
        begun = time.perf_counter()
        for one in (address, f"{address}/pages/1"):
            answered = await fire(origin, [Request("GET", one, headers=cookie)], 1, 1)
            assert not answered.errors  # noqa: S101
        times.append(time.perf_counter() - begun)
    return Figure(
        name=f"first page of a deck of {pages} pages, slowest of 12, s",
        reached=max(times),
        note=f"{len(body) / 1e6:.1f} MB, all drawn after {drawn:.1f} s",
    )


def _paper(pages: int) -> bytes:
    """Slides with as much on them as people put there: text, many shapes, and a picture's worth of noise."""
    paper = FPDF(orientation="L", format=(180, 320))
    paper.set_font("helvetica", size=20)
    for number in range(pages):
        paper.add_page()
        paper.multi_cell(280, 10, f"Slide {number + 1}. " + "Traction, market, team and plan. " * 12)
        for shape in range(400):
            paper.set_fill_color((number * 37 + shape * 5) % 255, shape % 255, (number * 3) % 255)
            paper.rect(10 + shape % 50 * 6, 80 + shape // 50 * 11, 5, 9, style="F")
    return bytes(paper.output())


async def _signed_in(origin: str) -> str:
    """The cookie of a browser in which the bench's person has signed in."""
    async with httpx.AsyncClient(base_url=origin) as browser:
        answer = await browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    if answer.status_code != HTTPStatus.SEE_OTHER:
        raise SystemExit(f"sign-in answered {answer.status_code}")
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
