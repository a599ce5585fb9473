"""The baseline of writes: the bare SQL statement, sent by asyncpg on as many connections as the application has."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg

from bench.load import Timing, timing

CONNECTIONS = 12

_SCRATCH = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.place (id int PRIMARY KEY, sold int NOT NULL, capacity int NOT NULL, CHECK (sold <= capacity));
CREATE TABLE bench.registration (
  id bigserial PRIMARY KEY, place int NOT NULL REFERENCES bench.place, person int UNIQUE);
CREATE TABLE bench.scan (id bigserial PRIMARY KEY, device uuid NOT NULL, nonce text NOT NULL, ticket int NOT NULL,
  at timestamptz NOT NULL DEFAULT now(), UNIQUE (device, nonce));
CREATE UNIQUE INDEX ON bench.scan (ticket);
INSERT INTO bench.place VALUES (1, 0, 1000000);
"""

REGISTER = """
WITH taken AS (UPDATE bench.place SET sold = sold + 1 WHERE id = 1 AND sold < capacity RETURNING id)
INSERT INTO bench.registration (place, person) SELECT id, $1 FROM taken RETURNING id
"""

SCAN = """
INSERT INTO bench.scan (device, nonce, ticket) VALUES ('01a20000-0000-7000-8000-000000000000', $1::int::text, $1)
ON CONFLICT DO NOTHING RETURNING id
"""


async def prepare(url: str) -> None:
    """Empty tables of our own, shaped like those that the application writes."""
    con = await asyncpg.connect(url)
    await con.execute(_SCRATCH)
    await con.close()


async def registrations(url: str, count: int, at_once: int) -> Timing:
    """One guarded statement per registration, all on one place."""
    return await _measure(url, count, at_once, lambda con, n: con.fetchval(REGISTER, n))


async def scans(url: str, count: int, at_once: int, first: int = 0) -> Timing:
    """One insert per scan, each of another ticket, from number `first` on."""
    return await _measure(url, count, at_once, lambda con, n: con.fetchval(SCAN, first + n))


async def _measure(
    url: str, count: int, at_once: int, statement: Callable[[asyncpg.Connection, int], Awaitable[object]]
) -> Timing:
    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    try:
        numbers = iter(range(count))
        took: list[float] = []

        async def one() -> None:
            for number in numbers:
                begun = time.perf_counter()
                async with pool.acquire() as con:
                    await statement(con, number)
                took.append(time.perf_counter() - begun)

        begun = time.perf_counter()
        await asyncio.gather(*(one() for _n in range(at_once)))
        return timing(took, 0, time.perf_counter() - begun)
    finally:
        await pool.close()
