"""The market as it is stored: the run in use, prices, whom it shows to whom. Nothing is computed here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.connections.profiles import SUPPORT_KINDS
from app.core import db
from app.core.ids import new_id

KINDS = ("investor", "startup")
"""Lists that a market is run for: investors shown to companies, startups shown to investors."""
SUPPORTERS = SUPPORT_KINDS
MENTORS = "mentor"
"""Lists shown to companies whose order is that of a documented prior: organisations, and the one of people."""
KEPT_RUNS = 2
SELDOM_WEIGHS = 3.0
"""Somebody seldom suggested is drawn for the place to learn from so many times as often."""
SLOPE = 0.21
"""How much a usual chance (`appeal.SHARE`) grows with its log odds: a price divided by it is one of a score."""


_ORGANISATIONS = (*KINDS, *SUPPORTERS)
_PRICES = {**dict.fromkeys(_ORGANISATIONS, "market_price"), MENTORS: "mentor_price"}
_OF = {**dict.fromkeys(_ORGANISATIONS, "candidate"), MENTORS: "person"}
_THERE = {
    **dict.fromkeys(_ORGANISATIONS, "SELECT id FROM organisation WHERE ended_at IS NULL"),
    MENTORS: "SELECT id FROM person WHERE ended_at IS NULL",
}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The run in use for one kind of list."""

    id: UUID
    model_version: str
    started_at: datetime


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What the market says of one candidate."""

    price: float
    offset: float | None
    lists: int
    level: str


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run, as it is stored."""

    kind: str
    model_version: str
    temperature: float
    started_at: datetime
    seconds: float
    figures: dict[str, Any]
    prices: list[tuple[UUID, float, float | None, int, str]]
    """(candidate, price, offset, on how many lists, level)"""
    lists: list[tuple[UUID, list[UUID]]]


async def in_use() -> dict[str, Run]:
    """The runs whose prices hold now, by kind of list."""
    rows = await db.fetch("SELECT kind, id, model_version, started_at FROM market_run WHERE ended_at IS NULL")
    return {row["kind"]: Run(**{k: v for k, v in row.items() if k != "kind"}) for row in rows}


async def cleared_for(model_version: str) -> bool:
    """Whether the runs in use are by this model. Where one side is empty there is none to wait for."""
    query = "SELECT model_version FROM market_run WHERE ended_at IS NULL AND kind = ANY($1)"
    found = await db.fetch(query, list(KINDS))
    return bool(found) and {row["model_version"] for row in found} == {model_version}


async def renewed_since(moment: datetime) -> bool:
    """Whether any market has been run since."""
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM market_run WHERE started_at >= $1)", moment))


async def prices_of(run: Run, candidates: Iterable[UUID]) -> dict[UUID, Price]:
    """What the run says of these candidates; those who came later are missing."""
    rows = await db.fetch(
        'SELECT candidate, price, "offset", lists, level FROM market_price'
        " WHERE run = $1 AND candidate = ANY($2::uuid[])",
        run.id,
        list(candidates),
    )
    return {row["candidate"]: Price(**{k: v for k, v in row.items() if k != "candidate"}) for row in rows}


async def all_prices(kind: str) -> dict[str, float]:
    """Every price in use, by id; empty before the first run."""
    rows = await db.fetch(
        f"SELECT p.{_OF[kind]} AS candidate, p.price FROM {_PRICES[kind]} p"  # noqa: S608  constants
        " JOIN market_run r ON r.id = p.run WHERE r.kind = $1 AND r.ended_at IS NULL",
        kind,
    )
    return {str(row["candidate"]): row["price"] for row in rows}


async def prices_of_mentors() -> dict[UUID, Price]:
    """What the run in use says of each mentor; empty before the first."""
    rows = await db.fetch(
        'SELECT p.person, p.price, p."offset", p.lists, p.level FROM mentor_price p JOIN market_run r ON r.id = p.run'
        " WHERE r.kind = $1 AND r.ended_at IS NULL",
        MENTORS,
    )
    return {row["person"]: Price(**{k: v for k, v in row.items() if k != "person"}) for row in rows}


async def listed_for(run: Run, organisation_id: UUID) -> list[UUID]:
    """Whom the run put on an organisation's list, in its order."""
    found: list[UUID] | None = await db.fetchval(
        "SELECT candidates FROM market_list WHERE run = $1 AND organisation = $2", run.id, organisation_id
    )
    return found or []


async def capacities() -> dict[str, int | None]:
    """Requests a month that organisations have stated they can answer; 0 for those that take none."""
    rows = await db.fetch(
        "SELECT organisation, accepts, requests_per_month FROM matching_preference"
        " WHERE accepts = 'closed' OR requests_per_month IS NOT NULL"
    )
    return {str(row["organisation"]): 0 if row["accepts"] == "closed" else row["requests_per_month"] for row in rows}


async def put_in_use(cleared: Cleared) -> UUID:
    """Store a run and put it into use; the one before is ended. Both or neither. Older runs' rows are dropped.

    Locks the run in use. Who ended meanwhile is left out. Of mentors there are prices only: their lists are made as
    they are read.
    """
    run = new_id()
    async with db.tx(statement_timeout="60s") as con:
        await db.fetch("SELECT id FROM market_run WHERE kind = $1 AND ended_at IS NULL FOR UPDATE", cleared.kind)
        await db.execute("UPDATE market_run SET ended_at = now() WHERE kind = $1 AND ended_at IS NULL", cleared.kind)
        await db.execute(
            "INSERT INTO market_run (id, kind, model_version, temperature, figures, seconds, started_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            run,
            cleared.kind,
            cleared.model_version,
            cleared.temperature,
            cleared.figures,
            cleared.seconds,
            cleared.started_at,
        )
        there = {row["id"] for row in await db.fetch(_THERE[cleared.kind])}
        await con.copy_records_to_table(
            _PRICES[cleared.kind],
            records=[(run, *row) for row in cleared.prices if row[0] in there],
            columns=["run", _OF[cleared.kind], "price", "offset", "lists", "level"],
        )
        if cleared.kind != MENTORS:
            await con.copy_records_to_table(
                "market_list",
                records=[(run, *row) for row in cleared.lists if row[0] in there],
                columns=["run", "organisation", "candidates"],
            )
        await db.execute(
            "DELETE FROM market_run WHERE kind = $1 AND id NOT IN"
            " (SELECT id FROM market_run WHERE kind = $1 ORDER BY ended_at IS NULL DESC, started_at DESC LIMIT $2)",
            cleared.kind,
            KEPT_RUNS,
        )
    return run


async def end(kind: str) -> None:
    """There is nobody on one side any more: no run is in use. Idempotent."""
    async with db.tx():
        await db.execute("UPDATE market_run SET ended_at = now() WHERE kind = $1 AND ended_at IS NULL", kind)


async def mark_lists_stale() -> int:
    """After a run: every list is out of date; those who can see theirs get new ones, a batch at a time.

    Also those made or begun while the market ran, which had the prices of the night before.
    """
    async with db.tx():
        return await db.execute("UPDATE suggestion_run SET stale_at = clock_timestamp()")


async def figures() -> list[dict[str, Any]]:
    """What the runs in use are worth, newest first."""
    rows = await db.fetch(
        "SELECT kind, model_version, figures, seconds, started_at FROM market_run WHERE ended_at IS NULL"
        " ORDER BY started_at DESC, kind"
    )
    return [dict(row) for row in rows]
