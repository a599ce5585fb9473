"""What people answered to their suggestions, as the engine learns from it. Page views are not recorded anywhere."""

from app.connections.profiles import COMPANY_KINDS, INVESTOR_KINDS
from app.core import db
from app.core.clock import VIETNAM
from matching.answers import Answer

ABOUT_THE_PAIR = ("sector", "too_early", "too_late", "geography", "ticket")
"""Reasons for putting somebody away that say something of the two together; the others teach nothing."""

MOST = 50_000

_ANSWERS = """
SELECT k.choice, k.rank, k.explored, k.propensity, k.created_at, k.organisation, k.candidate,
       o.kinds && $1::text[] AND c.kinds && $2::text[] AS by_company,
       o.kinds && $2::text[] AND c.kinds && $1::text[] AS by_investor
FROM suggestion_choice k JOIN organisation o ON o.id = k.organisation JOIN organisation c ON c.id = k.candidate
WHERE k.ended_at IS NULL AND k.rank IS NOT NULL AND o.ended_at IS NULL AND c.ended_at IS NULL
    AND (k.choice = 'saved' OR k.reason = ANY($3::text[]))
ORDER BY k.created_at DESC, k.id LIMIT $4
"""


async def answers() -> list[Answer]:
    """Choices that still hold and were made on a list, the latest `MOST` of them."""
    found = []
    for row in await db.fetch(_ANSWERS, list(COMPANY_KINDS), list(INVESTOR_KINDS), list(ABOUT_THE_PAIR), MOST):
        if not (row["by_company"] or row["by_investor"]):
            continue
        pair = (row["organisation"], row["candidate"])
        company, investor = pair if row["by_company"] else pair[::-1]
        found.append(
            Answer(
                company_id=str(company),
                investor_id=str(investor),
                kind=row["choice"],
                answered_at=row["created_at"].astimezone(VIETNAM).date(),
                rank=row["rank"],
                explored=bool(row["explored"]),
                propensity=1.0 if row["propensity"] is None else row["propensity"],
            )
        )
    return found
