"""What the department sees of introductions: numbers, never by organisation or person, none below five."""

from typing import Any

from app.core import db

FEWEST = 5
"""Groups of fewer are not told: somebody could be recognised."""

Row = dict[str, Any]

_FUNNEL = """
SELECT count(*) FILTER (WHERE asked_at IS NOT NULL) AS asked,
    count(*) FILTER (WHERE accepted_at IS NOT NULL) AS accepted,
    count(*) FILTER (WHERE state = 'declined') AS declined,
    count(*) FILTER (WHERE state = 'expired' OR (state = 'blocked' AND accepted_at IS NULL)) AS unanswered,
    count(*) FILTER (WHERE EXISTS (SELECT FROM introduction_transition t WHERE t.introduction = i.id
        AND t.to_state = 'met')) AS met,
    count(*) FILTER (WHERE EXISTS (SELECT FROM outcome u WHERE u.introduction = i.id AND u.state = 'confirmed'
        AND u.kind <> 'meeting')) AS resulted
FROM introduction i WHERE i.asked_at > now() - interval '365 days' AND (NOT i.sample OR $1)
"""

_REASONS = f"""
SELECT i.reason, count(*) AS n, count(DISTINCT i.asker) AS askers FROM introduction i
WHERE i.state = 'declined' AND i.reason IS NOT NULL AND i.ended_at > now() - interval '365 days'
    AND (NOT i.sample OR $1)
GROUP BY i.reason HAVING count(*) >= {FEWEST} AND count(DISTINCT i.asker) >= {FEWEST} ORDER BY 2 DESC, 1
"""  # noqa: S608  constants

_OUTCOMES = f"""
SELECT u.kind, u.currency, count(*) AS n, sum(u.value) AS value, count(u.checked_at) AS checked FROM outcome u
WHERE u.state = 'confirmed' AND u.happened_on > current_date - 365 AND (NOT u.sample OR $1)
GROUP BY u.kind, u.currency HAVING count(*) >= {FEWEST} ORDER BY 3 DESC, 1, 2
"""  # noqa: S608  constants


async def funnel(*, samples: bool) -> dict[str, int | None]:
    """Of a year: how many asked, were accepted, met, led to something. None stands for fewer than five."""
    row = dict(await db.fetchrow(_FUNNEL, samples) or {})
    return {name: number if number >= FEWEST or number == 0 else None for name, number in row.items()}


async def declines(*, samples: bool) -> list[Row]:
    """Why requests were declined, in a year: only reasons that at least five organisations heard."""
    return [dict(row) for row in await db.fetch(_REASONS, samples)]


async def results(*, samples: bool) -> list[Row]:
    """What came of introductions and was confirmed by both, by kind and currency, from five on."""
    return [dict(row) for row in await db.fetch(_OUTCOMES, samples)]
