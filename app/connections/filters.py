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
    c.ended_at IS NULL AND c.id <> $1
    AND NOT EXISTS (SELECT 1 FROM investment i WHERE i.organisation = $1 AND i.investor = c.id)
    AND NOT EXISTS (SELECT 1 FROM investment i WHERE i.organisation = c.id AND i.investor = $1)
    AND NOT EXISTS (SELECT 1 FROM suggestion_choice h WHERE h.organisation = $1 AND h.candidate = c.id
                    AND h.choice = 'hidden' AND h.ended_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM suggestion_choice h WHERE h.organisation = c.id AND h.candidate = $1
                    AND h.choice = 'hidden' AND h.reason = 'block' AND h.ended_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM matching_preference w WHERE w.organisation = c.id AND w.accepts = 'closed')
"""
"""Condition on a candidate `c` for the organisation $1: still there, not itself, not linked already, neither put it
away nor did the other side ask never to be brought together, and it takes requests."""


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
    """Those of the candidates that may be suggested to the organisation as `kind`, each with its sectors."""
    rows = await db.fetch(
        f"SELECT c.id, c.sectors FROM organisation c WHERE c.id = ANY($2::uuid[]) AND c.kinds && $3::text[]"  # noqa: S608
        f" AND {ALLOWED}",
        organisation_id,
        list(candidates),
        list(CANDIDATE_KINDS[kind]),
    )
    return {row["id"]: tuple(row["sectors"] or ()) for row in rows}
