"""Profiles that may be one among 100,000 organisations: all of them looked at at first, then what changed in a night.

The baseline is the same work in turns of a few hundred, as a queue of changed profiles is often worked off.
"""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.core import db
from app.core.settings import get_settings
from app.directory.curation import duplicates
from app.launch.migrations import migrate_now
from app.launch.postgres import start_postgres
from app.launch.valkey import start_valkey
from bench import population
from bench.figures import Figure

ORGANISATIONS, CHANGED, FEW = 100_000, 2_000, 250
SECONDS = 60.0


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="ketnoi-duplicates-") as folder, contextlib.ExitStack() as stack:
        database = start_postgres(Path(folder))
        stack.callback(database.stop)
        queue = start_valkey(Path(folder))
        stack.callback(queue.stop)
        os.environ.update(
            DATABASE_URL=database.url, REDIS_URL=queue.url, DATA_DIR=folder, DEMO="0", LOG_LEVEL="warning"
        )
        get_settings.cache_clear()
        migrate_now(get_settings())
        yield from asyncio.run(_measured())


async def _measured() -> list[Figure]:
    async with db.pool(get_settings(), name="bench", command_timeout=600) as pool:
        async with pool.acquire() as con:
            await con.execute("SET statement_timeout = 0")
            await population.copy(con, "organisation", population.organisations(ORGANISATIONS))
            await con.execute("VACUUM ANALYZE organisation")
        whole = await _looked_at(ORGANISATIONS)
        pairs = await db.fetchval("SELECT count(*) FROM duplicate_pair WHERE state = 'found'")
        await _change(CHANGED)
        night = await _looked_at(CHANGED)
        await _change(CHANGED)
        before, duplicates.AT_ONCE = duplicates.AT_ONCE, FEW
        try:
            in_turns = await _looked_at(CHANGED)
        finally:
            duplicates.AT_ONCE = before
    return [
        Figure(
            name=f"duplicates among {ORGANISATIONS:,} organisations", reached=whole, wanted=SECONDS, at_most=True,
            note=f"seconds; {pairs:,} pairs to decide",
        ),
        Figure(
            name=f"duplicates of {CHANGED:,} that changed", reached=night, wanted=SECONDS / 4, at_most=True,
            baseline_name=f"in turns of {FEW}", baseline=in_turns, note="seconds",
        ),
    ]  # fmt: skip


async def _looked_at(expected: int) -> float:
    begun = time.perf_counter()
    looked_at = await duplicates.look_for_duplicates()
    if looked_at != expected:
        raise SystemExit(f"{looked_at} of {expected} organisations were looked at")
    return time.perf_counter() - begun


async def _change(count: int) -> None:
    await db.execute(
        "UPDATE organisation SET listing_version = listing_version + 1 WHERE number IN"
        " (SELECT number FROM organisation ORDER BY number LIMIT $1)",
        count,
    )
