"""Jobs of the festival ground: organisations hear what became of their application; passes that ended are revoked."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.i18n import in_language, pick
from app.core.mail import send_mail
from app.core.outbox import job
from app.core.settings import get_settings
from app.core.web import NOBODY
from events.floor import passes
from events.floor.access import EDITORS


@job("floor.tell_exhibitor")
async def tell_exhibitor(payload: dict[str, Any]) -> None:
    """Mail the organisation's editors what was decided, unless it was decided anew since. Twice sends one mail."""
    number, status = UUID(payload["exhibitor_id"]), payload["status"]
    row = await db.fetchrow(
        "SELECT x.status, x.reason, x.decided_at, x.organisation, o.name, e.slug, e.title_vi, e.title_en,"
        " array(SELECT code FROM booth b WHERE b.exhibitor = x.id AND b.ended_at IS NULL ORDER BY code) AS booths"
        " FROM exhibitor x JOIN organisation o ON o.id = x.organisation JOIN event e ON e.id = x.event"
        " WHERE x.id = $1 AND NOT x.sample",
        number,
    )
    if row is None or row["status"] != status:
        return
    people = await db.fetch(
        "SELECT p.id, p.email, p.name, p.locale FROM membership m JOIN person p ON p.id = m.person"
        " AND p.ended_at IS NULL AND NOT p.sample WHERE m.organisation = $1 AND m.role = ANY ($2)"
        " AND m.ended_at IS NULL ORDER BY p.id",
        *(row["organisation"], list(EDITORS)),
    )
    async with db.tx():
        for person in people:
            with in_language(person["locale"]):
                context = {
                    "name": person["name"],
                    "organisation": row["name"],
                    "event": pick(row["title_vi"], row["title_en"]),
                    "status": status,
                    "reason": row["reason"],
                    "booths": ", ".join(row["booths"]),
                    "link": f"{get_settings().origin}/events/{row['slug']}/exhibit/{number}",
                }
            await send_mail(
                to=person["email"],
                template="events/floor/mail.txt",
                locale=person["locale"],
                context=context,
                message_key=f"floor:{number}:{status}:{row['decided_at']:%Y%m%d%H%M%S}:{person['id']}",
            )


@job("floor.revoke_passes")
async def revoke_passes(payload: dict[str, Any]) -> None:
    """What the verb does itself right after its commit; here for the case that it could not."""
    await passes.revoke(NOBODY, UUID(payload["exhibitor_id"]))
