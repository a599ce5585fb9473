"""The tables stand: migrations run, and the guards behind the verbs are there."""

import asyncpg


async def test_the_guards_are_in_the_database(db: asyncpg.Connection) -> None:
    names = await db.fetch(
        "SELECT indexname FROM pg_indexes WHERE indexname IN ('registration_once', 'admission_once', 'scan_nonce')"
    )
    assert {row["indexname"] for row in names} == {"registration_once", "admission_once", "scan_nonce"}
