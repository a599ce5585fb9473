"""Jobs of curation; importing the module registers them."""

from typing import Any

from app.core import db
from app.core.outbox import every, job
from app.directory.curation import duplicates, mapping

MINUTE, DAY = 60, 86_400
AT_A_TIME = 40_000
REPORTS_KEPT_DAYS = 365


@every(2 * MINUTE, "curation.look_for_duplicates")
async def look_for_duplicates() -> None:
    """Pairs among what changed since the last look; a large import is looked at in several turns."""
    await duplicates.look_for_duplicates(AT_A_TIME)


@every(10 * MINUTE, "curation.end_claims")
async def end_claims() -> None:
    """Claims whose link nobody opened are over, so that the same person sees why nothing happened."""
    await db.execute(
        "UPDATE claim SET state = 'withdrawn', waits_for = NULL, decided_at = now(), reason = 'no_answer',"
        " token_hash = NULL WHERE state = 'made' AND waits_for = 'claimant' AND expires_at < now()"
    )


@every(DAY, "curation.forget")
async def forget() -> None:
    """Addresses of people who reported something, or were offered an organisation, are not kept longer than needed."""
    await db.execute(
        "UPDATE profile_report SET email = '' WHERE email <> '' AND decided_at < now() - make_interval(days => $1)",
        REPORTS_KEPT_DAYS,
    )
    await db.execute(
        "DELETE FROM ownership_transfer WHERE state <> 'accepted' AND expires_at < now() - interval '90 days'"
    )


@job("curation.map_terms")
async def map_terms(payload: dict[str, Any]) -> None:
    """A term was added, renamed, retired or has another synonym: profiles that have it follow."""
    await mapping.map_terms(payload["vocabulary"], payload["code"])
