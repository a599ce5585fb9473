"""Who may be suggested to whom: hard limits. They filter and never score, both when lists are made and when read."""

from collections.abc import Iterable
from uuid import UUID

from app.connections.profiles import COMPANY_KINDS, INVESTOR_KINDS, SUPPORT_KINDS
from app.core import db

LISTS = ("investor", "startup", *SUPPORT_KINDS)
"""What an organisation can be suggested as, in the order of the tabs."""

CANDIDATE_KINDS: dict[str, tuple[str, ...]] = {name: (name,) for name in LISTS} | {"startup": ("startup", "project")}
"""Which organisations a list names."""

SEEKERS = (*INVESTOR_KINDS, *SUPPORT_KINDS, "company")
"""Kinds that look for startups."""

ALLOWED = """
    c.ended_at IS NULL AND c.hidden_at IS NULL AND c.id <> $1
    AND NOT EXISTS (SELECT 1 FROM investment i WHERE i.organisation = $1 AND i.investor = c.id)
    AND NOT EXISTS (SELECT 1 FROM investment i WHERE i.organisation = c.id AND i.investor = $1)
    AND NOT EXISTS (SELECT 1 FROM suggestion_choice h WHERE h.organisation = $1 AND h.candidate = c.id
                    AND h.choice = 'hidden' AND h.ended_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM suggestion_choice h WHERE h.organisation = c.id AND h.candidate = $1
                    AND h.choice = 'hidden' AND h.reason = 'block' AND h.ended_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM matching_preference w WHERE w.organisation = c.id AND w.accepts = 'closed')
    AND NOT EXISTS (SELECT 1 FROM introduction n WHERE least(n.asker, n.receiver) = least($1, c.id)
                    AND greatest(n.asker, n.receiver) = greatest($1, c.id)
                    AND n.state IN ('accepted', 'met', 'outcome'))
"""
"""Condition on a candidate `c` for the organisation $1: still there, not itself, not linked or in touch already,
neither put it away nor did the other side ask never to be brought together, and it takes requests."""


LISTS_PER_REQUEST = 10
"""Lists of ten that bring about one request a month; who states a number stands on so many times as many at most."""

READ = """o.ended_at IS NULL AND (o.sample OR EXISTS
    (SELECT 1 FROM membership m WHERE m.organisation = o.id AND m.ended_at IS NULL))"""
"""Condition on an organisation `o`: somebody reads its lists, or could."""

ON_LISTS = f"""(
    SELECT count(DISTINCT s.organisation) FROM suggestion s JOIN organisation o ON o.id = s.organisation
    WHERE s.candidate = w.organisation AND s.organisation <> $1 AND {READ}
)"""  # noqa: S608
"""On the lists of how many organisations other than $1 somebody stands who has stated a number (`w`)."""


def lists_of(kinds: Iterable[str]) -> tuple[str, ...]:
    """The lists that an organisation of these kinds has."""
    own = set(kinds)
    wanted: set[str] = set()
    if not own.isdisjoint(COMPANY_KINDS):
        wanted.update(INVESTOR_KINDS, SUPPORT_KINDS)
    if not own.isdisjoint(SEEKERS):
        wanted.add("startup")
    return tuple(name for name in LISTS if name in wanted)


async def allowed(organisation_id: UUID, kind: str, candidates: Iterable[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Those of the candidates that may be put on a list `kind` of the organisation, each with its sectors."""
    rows = await db.fetch(
        f"SELECT c.id, c.sectors FROM organisation c WHERE c.id = ANY($2::uuid[]) AND c.kinds && $3::text[]"  # noqa: S608
        f" AND {ALLOWED}"
        f" AND NOT EXISTS (SELECT 1 FROM matching_preference w WHERE w.organisation = c.id"
        f" AND {ON_LISTS} >= $4 * w.requests_per_month)",
        organisation_id,
        list(candidates),
        list(CANDIDATE_KINDS[kind]),
        LISTS_PER_REQUEST,
    )
    return {row["id"]: tuple(row["sectors"] or ()) for row in rows}


async def hold_numbers(organisation_id: UUID, candidates: Iterable[UUID]) -> dict[UUID, bool]:
    """Those of the candidates who have stated how many requests they can answer, and whether lists are left for them.

    Within the transaction that is open. Locks what they have stated, in the order of their ids, so that two who take
    the last list at once take it one after the other.
    """
    stated = await db.fetch(
        "SELECT organisation FROM matching_preference WHERE organisation = ANY($1::uuid[])"
        " AND requests_per_month IS NOT NULL ORDER BY organisation FOR UPDATE",
        list(candidates),
    )
    if not stated:
        return {}
    rows = await db.fetch(
        f"SELECT w.organisation, {ON_LISTS} < $3 * w.requests_per_month AS free"  # noqa: S608
        " FROM matching_preference w WHERE w.organisation = ANY($2::uuid[])",
        organisation_id,
        [row["organisation"] for row in stated],
        LISTS_PER_REQUEST,
    )
    return {row["organisation"]: row["free"] for row in rows}
