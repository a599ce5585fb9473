"""Files of evidence: scans and PDF files that only the holder's people and the department see."""

from app.core import db
from app.core.files.purposes import SCAN, Purpose, Stored, register
from app.core.web import Actor

_MAY = """
SELECT EXISTS (SELECT FROM credential c WHERE c.evidence_file = $1 AND (c.person = $2 OR EXISTS (
    SELECT FROM membership m WHERE m.organisation = c.organisation AND m.person = $2 AND m.ended_at IS NULL)))
"""


async def may_see(actor: Actor, file: Stored) -> bool:
    """Moderators, present members of the organisation that holds the credential, the person who holds it."""
    if not actor.signed_in:
        return False
    if actor.has("moderator"):
        return True
    found: bool = await db.fetchval(_MAY, file.id, actor.id)
    return found


EVIDENCE = register(Purpose(name="evidence", pictures=SCAN, documents=True, tier=4, lasting=False, may_see=may_see))


def evidence_url(file: dict[str, object] | None) -> str:
    """Where a file of evidence lies: the largest drawing of a scan, the document itself."""
    return f"/files/{file['id']}/{file['variant']}" if file else ""
