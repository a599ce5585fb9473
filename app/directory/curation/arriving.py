"""What happens when a profile is new: patience with accounts of yesterday, hiding until the first look where asked."""

from collections.abc import Iterable
from uuid import UUID

from app.core import db
from app.core.limits import hit
from app.core.settings import get_settings
from app.core.web import Actor

NEW_FOR_DAYS = 7
NEW_PER_DAY = 20
NEW_INVESTORS_PER_DAY = 2
"""Whoever came this week adds one fund or two, not a list of them: fake investors come in numbers."""


async def require_patience(actor: Actor, kinds: Iterable[str]) -> None:
    """Before a profile is created. Accounts of a week have no limit here. Raises TooMany."""
    if actor.has("moderator"):
        return
    new = await db.fetchval(
        "SELECT created_at > now() - make_interval(days => $2) FROM person WHERE id = $1",
        *(actor.person_id, NEW_FOR_DAYS),
    )
    if not new:
        return
    await hit("organisation.new-account", actor.person_id, NEW_PER_DAY, 86_400)
    if "investor" in kinds:
        await hit("organisation.new-investor", actor.person_id, NEW_INVESTORS_PER_DAY, 86_400)


async def hide_until_looked_at(actor: Actor, organisation: UUID) -> None:
    """In the transaction that creates a profile: with MODERATION=before only its members and the department see it."""
    if get_settings().moderation == "before" and not actor.has("moderator"):
        await db.execute(
            "UPDATE organisation SET hidden_at = now(), hidden_reason = 'unchecked' WHERE id = $1", organisation
        )
