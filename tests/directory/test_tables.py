"""What the database itself guarantees about the directory."""

import asyncpg
import pytest

INDEXES = {
    "organisation_by_name", "organisation_by_update", "organisation_by_country", "organisation_by_province",
    "organisation_by_stage", "organisation_kinds", "organisation_sectors", "organisation_listing_version",
    "organisation_source",
    "membership_once", "invitation_open", "organisation_change_newest", "investment_once",
    "investment_portfolio", "funding_round_newest",
}  # fmt: skip


async def test_indexes_that_piccolo_cannot_make_are_there(db: asyncpg.Connection) -> None:
    rows = await db.fetch("SELECT indexname FROM pg_indexes WHERE indexname = ANY($1)", sorted(INDEXES))

    assert {row["indexname"] for row in rows} == INDEXES


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("kinds", "'{}'::text[]"),
        ("trl", "10"),
        ("country", "'usa'"),
        ("raising_amount", "-1"),
        ("raising_amount", "5"),
        ("founded_on", "'2020-01-01'"),
        ("ended_at", "now()"),
    ],
)
async def test_impossible_organisations_are_refused(db: asyncpg.Connection, column: str, value: str) -> None:
    await db.execute(
        "INSERT INTO organisation (id, slug, name, name_folded, kinds) VALUES"
        " ('00000000-0000-7000-8000-000000000001', 'a', 'A', 'a', '{startup}')"
    )

    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute(f"UPDATE organisation SET {column} = {value}")
