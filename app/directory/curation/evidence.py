"""Documents that claimants bring: a certificate, an authorisation. The claimant and the department see them."""

from app.core import db
from app.core.files.purposes import SCAN, Purpose, Stored, register
from app.core.web import Actor


async def seen_by_the_department(actor: Actor, file: Stored) -> bool:
    """Moderators, and who made the claim: owners of the profile do not see what others brought against them."""
    if file.owner_kind != "claim" or file.owner_id is None or actor.id is None:
        return False
    if actor.has("moderator"):
        return True
    mine: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM claim WHERE id = $1 AND person = $2)", *(file.owner_id, actor.id)
    )
    return mine


EVIDENCE = register(
    Purpose(
        name="claim",
        pictures=SCAN,
        documents=True,
        tier=4,
        lasting=False,
        may_see=seen_by_the_department,
    )
)
