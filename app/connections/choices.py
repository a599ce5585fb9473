"""What people make of a suggestion: keep it, put it away with a reason, take either back. Put away stays away."""

from typing import Literal
from uuid import UUID

from app.connections import pair_log
from app.core import db
from app.core.errors import Invalid
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.directory.vocabulary import DECLINE_REASONS

_SHARED = ("sector", "too_early", "too_late", "geography", "ticket", "conflict", "not_verified", "other")
_OWN: dict[str, Phrase] = {
    "known": N_("We know each other already"),
    "block": N_("Never suggest us to each other"),
}
REASONS = (*_SHARED[:-1], *_OWN, "other")
"""Why a suggestion was put away: codes of declining, and two more. `block` is silent and holds for both sides."""
ABOUT_THE_PAIR = ("sector", "too_early", "too_late", "geography", "ticket")
"""Reasons that say something of the two together; the engine learns nothing from the others."""


def reason_label(code: str) -> str:
    """A reason in the language of whoever reads it."""
    return _OWN[code].text() if code in _OWN else DECLINE_REASONS.label(code)


Choice = Literal["saved", "hidden"]


class ReasonMissing(Invalid):
    message = N_("Please choose why this suggestion does not fit.")


async def choose(
    organisation_id: UUID, candidate_id: UUID, choice: Choice, reason: str | None = None, by: UUID | None = None
) -> None:
    """Keep a candidate or put it away for an organisation; an earlier choice ends.

    Idempotent: the same choice again changes nothing. Locks the open choice. Lists are filtered when they are read; of
    supporters the outbox has a look at the list, to learn from the answer.
    """
    if choice == "hidden" and reason not in REASONS:
        raise ReasonMissing(fields={"reason": ReasonMissing.message})
    async with db.tx():
        await note(organisation_id, candidate_id, choice, reason if choice == "hidden" else None, by)


async def note(
    organisation_id: UUID, candidate_id: UUID, choice: Choice, reason: str | None = None, by: UUID | None = None
) -> None:
    """The same within the transaction that is open, for verbs that a choice is a part of: a block, for one."""
    # The organisation's row is the lock: two first choices at once must not both find nothing.
    await db.fetchval("SELECT id FROM organisation WHERE id = $1 FOR NO KEY UPDATE", organisation_id)
    present = await db.fetchrow(
        "SELECT choice, reason FROM suggestion_choice WHERE organisation = $1 AND candidate = $2 AND ended_at IS NULL",
        organisation_id,
        candidate_id,
    )
    if present and (present["choice"], present["reason"]) == (choice, reason):
        return
    await _end(organisation_id, candidate_id)
    made = new_id()
    await db.execute(
        "INSERT INTO suggestion_choice (id, organisation, candidate, choice, reason, person, rank, model_version,"
        " explored, propensity, created_at) SELECT $1, $2, $3, $4, $5, $6, s.rank, s.model_version, s.explored,"
        " s.propensity, now() FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT * FROM suggestion WHERE"
        " organisation = $2 AND candidate = $3 ORDER BY rank LIMIT 1) s ON true",
        made,
        organisation_id,
        candidate_id,
        choice,
        reason,
        by,
    )
    if choice == "saved" or reason in ABOUT_THE_PAIR:
        await pair_log.chosen(organisation_id, candidate_id, made, choice)


async def take_back(organisation_id: UUID, candidate_id: UUID) -> None:
    """End the open choice, so that the candidate may come back. Idempotent."""
    async with db.tx():
        await _end(organisation_id, candidate_id)


async def _end(organisation_id: UUID, candidate_id: UUID) -> None:
    await db.execute(
        "UPDATE suggestion_choice SET ended_at = now() WHERE organisation = $1 AND candidate = $2 AND ended_at IS NULL",
        organisation_id,
        candidate_id,
    )


async def hidden_of(organisation_id: UUID, limit: int = 50) -> list[dict[str, object]]:
    """What was put away and is still there, newest first, so that it can be taken back."""
    rows = await db.fetch(
        "SELECT c.slug, c.name, h.reason, h.created_at FROM suggestion_choice h"
        " JOIN organisation c ON c.id = h.candidate"
        " WHERE h.organisation = $1 AND h.choice = 'hidden' AND h.ended_at IS NULL AND c.ended_at IS NULL"
        " AND c.hidden_at IS NULL"
        " ORDER BY h.created_at DESC, h.id DESC LIMIT $2",
        organisation_id,
        limit,
    )
    return [dict(row) for row in rows]
