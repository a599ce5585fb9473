"""The search over 100,000 organisations and 50,000 people, all made up: how fast it answers and whether it finds.

The application is served as in production; `ILIKE` and PostgreSQL's own full text answer the same questions over the
same rows in the same run, straight from the database, as they are often built.
"""

import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import asyncpg

from app.core import db
from app.core.settings import get_settings
from app.core.text import fold, slugify
from app.directory.asking import Asked
from app.directory.finding import find
from app.directory.listing import next_version
from app.directory.places import provinces
from app.directory.vocabulary import SECTORS
from app.launch.postgres import start_postgres
from app.launch.valkey import start_valkey
from bench import population, quality
from bench.figures import Figure
from bench.load import Request, Timing, fire, timing
from bench.quality import Verdict, judge
from bench.stage import _app, _running, free_port

ORGANISATIONS, PEOPLE = 100_000, 50_000
AT_ONCE = 10
TYPED, LISTED, SLOW = 1_500, 600, 60
TYPING_MS, LIST_MS = 80.0, 120.0

ILIKE = "SELECT id, slug, kinds, sectors, province_code FROM organisation WHERE name ILIKE $1 ORDER BY name LIMIT 8"
FULL_TEXT = """SELECT id, slug, kinds, sectors, province_code FROM organisation
    WHERE to_tsvector('simple', name || ' ' || summary_vi || ' ' || summary_en) @@ plainto_tsquery('simple', $1)
    ORDER BY ts_rank(to_tsvector('simple', name), plainto_tsquery('simple', $1)) DESC LIMIT 8"""
FULL_TEXT_INDEX = """CREATE INDEX bench_full_text ON organisation
    USING gin (to_tsvector('simple', name || ' ' || summary_vi || ' ' || summary_en))"""


def figures() -> Iterator[Figure]:
    with _served() as origin:
        yield from asyncio.run(_measured(origin))


@contextlib.contextmanager
def _served() -> Iterator[str]:
    """A filled database and the application in two processes before it."""
    with tempfile.TemporaryDirectory(prefix="ketnoi-search-") as folder, contextlib.ExitStack() as stack:
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
        asyncio.run(_fill())
        stack.enter_context(_running([sys.executable, "-m", "app", "serve"], f"http://127.0.0.1:{port}/readyz"))
        yield f"http://127.0.0.1:{port}"


async def _fill() -> None:
    begun = time.perf_counter()
    async with db.pool(get_settings(), name="bench", command_timeout=600) as pool, pool.acquire() as con:
        await con.execute("SET statement_timeout = 0")
        for index in await con.fetch("SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%gin_pending_list_limit%'"):
            await con.execute(f"ALTER INDEX {index['indexname']} SET (gin_pending_list_limit = 262144)")
        rows = list(quality.sample())
        await population.copy(con, "organisation", [row for row, _former in rows])
        await con.executemany(
            "INSERT INTO organisation_former_slug (slug, organisation) VALUES ($1, $2)",
            [(slugify(former), row["id"]) for row, former in rows if former],
        )
        await con.execute("UPDATE organisation SET links = links + 1")
        await population.copy(con, "organisation", population.organisations(ORGANISATIONS))
        await population.copy(con, "findable", population.people(PEOPLE))
        await con.execute(FULL_TEXT_INDEX)
        for index in await con.fetch("SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%gin_pending_list_limit%'"):
            await con.execute(f"ALTER INDEX {index['indexname']} SET (gin_pending_list_limit = 128)")
            await con.execute("SELECT gin_clean_pending_list($1::text::regclass)", index["indexname"])
        await con.execute("VACUUM ANALYZE organisation")
        await con.execute("VACUUM ANALYZE findable")
        await con.execute("UPDATE listing_state SET version = 2")
        await next_version()
    print(f"filled in {time.perf_counter() - begun:.0f} s", file=sys.stderr)


async def _measured(origin: str) -> list[Figure]:
    typed, states = await _typed(), _states()
    async with db.pool(get_settings(), name="bench") as pool:
        ours, ilike, full_text = [
            await judge(ask) for ask in (_by_directory, _by(pool, ILIKE, "%{}%"), _by(pool, FULL_TEXT, "{}"))
        ]
        plain = [
            await _statements(pool, ILIKE, [f"%{q}%" for q in typed[:SLOW]]),
            await _statements(pool, FULL_TEXT, typed[:SLOW]),
        ]
    as_typed = [Request("GET", f"/search/suggestions?{urlencode({'q': q})}", headers=_PART) for q in typed]
    listed = [Request("GET", state, headers=_PART) for state in states]
    await fire(origin, as_typed[:100], 100, 4)
    await fire(origin, listed[:40], 40, 4)
    typing = await fire(origin, as_typed, TYPED, AT_ONCE)
    listing = await fire(origin, listed, LISTED, AT_ONCE)
    bare = await fire(origin, [Request("GET", "/about")], LISTED, AT_ONCE)
    return [
        Figure(
            name="a page without any search, p95 ms",
            reached=bare.p95 * 1000,
            note=f"{bare.errors} errors, p50 {bare.p50 * 1000:.1f} ms",
        ),
        *_times("suggestions while typing", typing, TYPING_MS, plain),
        *_times("the list with facets", listing, LIST_MS, plain),
        *_shares(ours, ilike, full_text),
    ]


_PART = (("HX-Request", "true"),)


def _times(name: str, ours: Timing, wanted: float, plain: Sequence[Timing]) -> Iterator[Figure]:
    """p95 beside both baselines, p50 for itself; milliseconds at ten requests at once."""
    note = f"{ours.count} requests, {AT_ONCE} at once, {ours.errors} errors, p50 {ours.p50 * 1000:.1f} ms"
    for baseline, took in zip(("ILIKE on names", "full text, 'simple'"), plain, strict=True):
        yield Figure(
            name=f"{name}, p95 ms",
            reached=ours.p95 * 1000,
            wanted=wanted,
            at_most=True,
            baseline_name=f"{baseline}: the statement alone",
            baseline=took.p95 * 1000,
            note=note,
        )
        note = f"baseline p50 {took.p50 * 1000:.1f} ms"


def _shares(ours: Verdict, ilike: Verdict, full_text: Verdict) -> Iterator[Figure]:
    for of, wanted in (("tuned", 0.97), ("held back", 0.97)):
        yield Figure(
            name=f"found in the first three, questions {of}",
            reached=ours.share(of),
            wanted=wanted,
            baseline_name="ILIKE on names",
            baseline=ilike.share(of),
            note=f"{sum(n for key, n in ours.asked.items() if key[0] == of)} questions",
        )
    for family in sorted({key[1] for key in ours.asked}):
        yield Figure(
            name=f"found: {family}",
            reached=ours.share(family),
            baseline_name="full text, 'simple'",
            baseline=full_text.share(family),
        )


async def _by_directory(asked: str) -> Sequence[Any]:
    return (await find(Asked(q=asked), limit=quality.FIRST, facets=False)).rows


def _by(pool: asyncpg.Pool, statement: str, form: str) -> Callable[[str], Awaitable[Sequence[Any]]]:
    async def ask(asked: str) -> Sequence[Any]:
        found: Sequence[Any] = await pool.fetch(statement, form.format(asked))
        return found

    return ask


async def _statements(pool: asyncpg.Pool, statement: str, asked: Sequence[str]) -> Timing:
    """The statement alone, ten at a time."""
    took: list[float] = []
    waiting = iter(asked)

    async def one() -> None:
        for q in waiting:
            begun = time.perf_counter()
            await pool.fetch(statement, q)
            took.append(time.perf_counter() - begun)

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _n in range(AT_ONCE)))
    return timing(took, 0, time.perf_counter() - begun)


async def _typed() -> list[str]:
    """What a box sends while people type names, some without accents, some with an error, from the second letter on."""
    dice = random.Random(5)  # noqa: S311  a workload, not a secret
    con = await asyncpg.connect(get_settings().database_url)
    try:
        names = [row[0] for row in await con.fetch("SELECT title FROM findable ORDER BY md5(id::text) LIMIT 1200")]
    finally:
        await con.close()
    found = []
    for number in range(TYPED):
        name = names[number % len(names)] if dice.random() < 0.6 else fold(names[number % len(names)])
        typed = name[: dice.randint(2, len(name))]
        if len(typed) > 6 and dice.random() < 0.15:
            at = dice.randrange(1, len(typed) - 1)
            typed = typed[:at] + typed[at + 1 :]
        found.append(typed)
    return found


def _states() -> list[str]:
    """Addresses of the list: filters alone, words alone, both, and pages by name."""
    dice = random.Random(6)  # noqa: S311  a workload, not a secret
    trades = [trade for trades in population.TRADES.values() for trade in trades]
    found = []
    for _number in range(LISTED):
        pairs: list[tuple[str, str]] = []
        if dice.random() < 0.5:
            pairs.append(("q", f"{dice.choice(trades)} {dice.choice(population.SYLLABLES)}"))
        elif dice.random() < 0.2:
            pairs.append(("q", dice.choice(trades)))
        if dice.random() < 0.6:
            pairs.append(("sector", dice.choice(SECTORS.codes)))
        if dice.random() < 0.4:
            pairs.append(("kind", dice.choice(("startup", "investor", "support", "institute"))))
        if dice.random() < 0.4:
            pairs.append(("region", f"VN-{dice.choice(list(provinces()))}"))
        if dice.random() < 0.2:
            pairs.append(("order", "name"))
        found.append(f"/directory?{urlencode(pairs)}")
    return found
