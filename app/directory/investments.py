"""Who invested in whom: rounds of a company, portfolio and co-investors of an investor. Reading only.

Who has ended or was taken off the pages is named nowhere here.
"""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from app.core import db

Row = dict[str, Any]

ROUNDS_SHOWN = 40
PORTFOLIO_SHOWN = 12
PORTFOLIO_PAGE = 48
CO_INVESTORS_SHOWN = 10


class Portfolio(msgspec.Struct, frozen=True, kw_only=True):
    """A page of what an investor invested in, and figures of all of it."""

    rows: list[Row]
    organisations: int
    investments: int
    since: date | None
    next_cursor: tuple[date, int] | None


async def rounds_of(organisation: UUID) -> list[Row]:
    """The rounds of a company, newest first, each with its investors by name."""
    rows = await db.fetch(
        "SELECT r.id, r.round_type, r.source_type, r.announced_on, r.amount, r.currency, r.source, r.sample,"
        " coalesce(jsonb_agg(jsonb_build_object('slug', o.slug, 'name', o.name) ORDER BY o.links DESC, o.name_folded)"
        " FILTER (WHERE o.id IS NOT NULL), '[]') AS investors"
        " FROM funding_round r LEFT JOIN investment i ON i.funding_round = r.id"
        " LEFT JOIN organisation o ON o.id = i.investor AND o.ended_at IS NULL AND o.hidden_at IS NULL"
        " WHERE r.organisation = $1 GROUP BY r.id ORDER BY r.announced_on DESC, r.id DESC LIMIT $2",
        *(organisation, ROUNDS_SHOWN),
    )
    return [dict(row) for row in rows]


async def portfolio_of(
    investor: UUID, *, after: tuple[date, int] | None = None, limit: int = PORTFOLIO_SHOWN
) -> Portfolio:
    """The companies that an investor took part in rounds of, the latest first, and how many there are in all."""
    rows = await db.fetch(
        "WITH held AS (SELECT i.organisation, count(*) AS rounds, max(i.announced_on) AS latest,"
        " min(i.announced_on) AS first FROM investment i JOIN organisation c ON c.id = i.organisation"
        " AND c.ended_at IS NULL AND c.hidden_at IS NULL WHERE i.investor = $1 GROUP BY i.organisation),"
        " figures AS (SELECT count(*) AS organisations, coalesce(sum(rounds), 0)::bigint AS investments,"
        " min(first) AS since FROM held)"
        " SELECT o.number, o.slug, o.name, o.sectors, o.country, o.state, o.region, o.city,"
        " o.province_code, o.ward_code, o.sample, h.rounds, h.latest, f.organisations, f.investments, f.since"
        " FROM held h JOIN organisation o ON o.id = h.organisation CROSS JOIN figures f"
        " WHERE $2::date IS NULL OR (h.latest, o.number) < ($2, $3::bigint)"
        " ORDER BY h.latest DESC, o.number DESC LIMIT $4",
        *(investor, after[0] if after else None, after[1] if after else 0, limit + 1),
    )
    shown = [dict(row) for row in rows[:limit]]
    head: Row = dict(rows[0]) if rows else {"organisations": 0, "investments": 0, "since": None}
    last = shown[-1] if len(rows) > limit else None
    return Portfolio(
        rows=shown,
        organisations=head["organisations"],
        investments=head["investments"],
        since=head["since"],
        next_cursor=(last["latest"], last["number"]) if last else None,
    )


async def co_investors_of(investor: UUID, limit: int = CO_INVESTORS_SHOWN) -> list[Row]:
    """Who most often took part in the same rounds."""
    rows = await db.fetch(
        "SELECT o.slug, o.name, o.sample, t.rounds FROM ("
        " SELECT other.investor, count(*) AS rounds FROM investment mine"
        " JOIN investment other ON other.funding_round = mine.funding_round AND other.investor <> mine.investor"
        " WHERE mine.investor = $1 GROUP BY other.investor ORDER BY rounds DESC, other.investor LIMIT $2"
        ") t JOIN organisation o ON o.id = t.investor AND o.ended_at IS NULL AND o.hidden_at IS NULL"
        " ORDER BY t.rounds DESC, o.name_folded",
        *(investor, limit),
    )
    return [dict(row) for row in rows]
