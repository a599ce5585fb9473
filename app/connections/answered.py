"""What people answered to their suggestions and what became of requests, as the engine learns from it.

Page views are not recorded anywhere.
"""

from app.connections.choices import ABOUT_THE_PAIR
from app.connections.profiles import COMPANY_KINDS, INVESTOR_KINDS
from app.core import db
from app.core.clock import VIETNAM
from matching.answers import Answer

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

_INTRODUCED = """
SELECT CASE WHEN i.state = 'declined' THEN 'hidden'
        WHEN EXISTS (SELECT FROM outcome u WHERE u.introduction = i.id AND u.state = 'confirmed'
            AND u.kind <> 'meeting') THEN 'outcome'
        WHEN EXISTS (SELECT FROM introduction_transition t WHERE t.introduction = i.id AND t.to_state = 'met')
            THEN 'met'
        WHEN i.accepted_at IS NOT NULL THEN 'accepted' ELSE 'asked' END AS choice,
    i.rank, i.explored, i.propensity, coalesce(i.ended_at, i.accepted_at, i.asked_at) AS created_at,
    i.asker AS organisation, i.receiver AS candidate,
    o.kinds && $1::text[] AND c.kinds && $2::text[] AS by_company,
    o.kinds && $2::text[] AND c.kinds && $1::text[] AS by_investor
FROM introduction i JOIN organisation o ON o.id = i.asker JOIN organisation c ON c.id = i.receiver
WHERE i.rank IS NOT NULL AND i.asked_at IS NOT NULL AND o.ended_at IS NULL AND c.ended_at IS NULL
    AND (i.state <> 'declined' OR i.reason = ANY($3::text[]) AND EXISTS (SELECT FROM introduction_transition t
        WHERE t.introduction = i.id AND t.to_state = 'declined' AND t.by_side = 'receiver'))
    AND (i.state <> 'blocked' OR i.accepted_at IS NULL)
ORDER BY i.asked_at DESC, i.id LIMIT $4
"""
"""The furthest that each request from a list has come; a refusal only where it is the receiver's own and speaks of
the two together: what a coordinator turns down the receiver never saw."""


async def answers() -> list[Answer]:
    """Choices that still hold and requests, both made on a list; the latest `MOST` of each."""
    found = []
    arguments = (list(COMPANY_KINDS), list(INVESTOR_KINDS), list(ABOUT_THE_PAIR), MOST)
    for row in [*await db.fetch(_ANSWERS, *arguments), *await db.fetch(_INTRODUCED, *arguments)]:
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
