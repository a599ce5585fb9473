"""A day at the door begins with empty tables: what was planned then must not read them whole when they are full."""

import asyncpg

from tests.event_factories import World, make_registration, ticket_code
from tests.events.door.conftest import Scanner

GUESTS = 30


async def _read_in_vain(db: asyncpg.Connection, world: World, scanner: Scanner) -> int:
    """How many rows of scans and admissions were read one after the other while everybody came in."""
    codes = [await ticket_code(world, await make_registration(world)) for _n in range(GUESTS)]
    await db.execute("ANALYZE scan, admission, door_case")
    await db.execute("DISCARD PLANS")
    before = await db.fetchval(_READ)
    assert [(await scanner.scan(code))["status"] for code in codes] == ["ok"] * GUESTS
    return int(await db.fetchval(_READ) - before)


_READ = "SELECT sum(seq_tup_read) FROM pg_stat_xact_user_tables WHERE relname IN ('scan', 'admission')"


async def test_the_last_scan_of_a_day_reads_no_more_than_the_first(
    db: asyncpg.Connection, world: World, scanner: Scanner
) -> None:
    assert await _read_in_vain(db, world, scanner) == 0


async def test_control_as_the_planner_would_have_it_every_scan_reads_all_before(
    db: asyncpg.Connection, world: World, scanner: Scanner
) -> None:
    await db.execute("ALTER FUNCTION door_scans RESET enable_seqscan")
    for way in ("indexscan", "indexonlyscan", "bitmapscan"):  # as over tables known to be empty
        await db.execute(f"SET LOCAL enable_{way} = off")
    assert await _read_in_vain(db, world, scanner) > GUESTS
