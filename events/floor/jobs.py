"""Jobs of the festival ground: organisations hear what became of their application, and are asked whether they hold an
event; passes that ended are revoked."""

from typing import Any
from uuid import UUID

from app.core import clock, db, limits
from app.core.errors import TooMany
from app.core.i18n import in_language, pick
from app.core.mail import send_mail
from app.core.outbox import every, job
from app.core.settings import get_settings
from app.core.web import NOBODY
from events.access import MANAGERS
from events.floor import passes, words
from events.floor.access import EDITORS

ASKS_A_WEEK = 3
"""How often one organisation is asked about one event, however often it is named, renamed and removed."""

_EDITORS = """
SELECT p.id, p.email, p.name, p.locale FROM membership m JOIN person p ON p.id = m.person AND p.ended_at IS NULL
AND NOT p.sample WHERE m.organisation = $1 AND m.role = ANY ($2) AND m.ended_at IS NULL ORDER BY p.id
"""


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
    people = await db.fetch(_EDITORS, row["organisation"], list(EDITORS))
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


_HOST = """
SELECT h.id, h.role, h.organisation, h.accepted_at, h.asked_at, h.ended_at, o.name, e.id AS event, e.slug, e.title_vi,
       e.title_en, e.status, e.sample FROM event_host h JOIN organisation o ON o.id = h.organisation
       AND o.ended_at IS NULL AND o.hidden_at IS NULL JOIN event e ON e.id = h.event WHERE h.id = $1
"""


@job("floor.ask_host")
async def ask_host(payload: dict[str, Any]) -> None:
    """Ask the organisation's editors by mail whether it holds the event, once for each role and once they see it.

    Whom nobody can be asked for yet, or who was asked too often this week, is asked later (`ask_hosts`).
    """
    async with db.tx():
        row = await db.fetchrow(_HOST + " FOR NO KEY UPDATE OF h", UUID(payload["host_id"]))
        if row is None or row["accepted_at"] or row["asked_at"] or row["ended_at"]:
            return
        if row["status"] not in ("published", "closed") or row["sample"]:
            return
        people = await db.fetch(_EDITORS, row["organisation"], list(EDITORS))
        if not people:
            return
        try:
            await limits.hit("floor.ask_host", f"{row['event']}:{row['organisation']}", ASKS_A_WEEK, 7 * 86400)
        except TooMany:
            return
        now = clock.now()
        await db.execute("UPDATE event_host SET asked_at = $2 WHERE id = $1", row["id"], now)
        await _write_about(row, people, "asked", "/villages", now.isoformat())


@every(600, "floor.ask_hosts")
async def ask_hosts() -> None:
    """Organisations that were named while the event was a draft, which they could not see."""
    rows = await db.fetch(
        "SELECT h.id FROM event_host h JOIN event e ON e.id = h.event AND e.status IN ('published', 'closed')"
        " AND NOT e.sample AND e.ends_at > now() WHERE h.accepted_at IS NULL AND h.asked_at IS NULL"
        " AND h.ended_at IS NULL AND EXISTS (SELECT FROM membership m JOIN person p ON p.id = m.person"
        " AND p.ended_at IS NULL AND NOT p.sample WHERE m.organisation = h.organisation AND m.role = ANY ($1)"
        " AND m.ended_at IS NULL) ORDER BY random() LIMIT 200",
        list(EDITORS),
    )
    for row in rows:
        await ask_host({"host_id": str(row["id"])})


@job("floor.host_answered")
async def host_answered(payload: dict[str, Any]) -> None:
    """Tell the event's organizers what the organisation said. Twice sends one mail."""
    async with db.tx():
        row = await db.fetchrow(_HOST, UUID(payload["host_id"]))
        if row is not None and not row["sample"]:
            team = await db.fetch(
                "SELECT p.id, p.email, p.name, p.locale FROM event_staff s JOIN person p ON p.id = s.person"
                " AND p.ended_at IS NULL AND NOT p.sample WHERE s.event = $1 AND s.role = ANY ($2)"
                " AND s.ended_at IS NULL ORDER BY p.id",
                *(row["event"], list(MANAGERS)),
            )
            kind = "agreed" if payload["agrees"] else "declined"
            await _write_about(row, team, kind, "/ground", payload.get("at", ""))


async def _write_about(row: Any, people: list[Any], kind: str, path: str, moment: str) -> None:
    """One mail to each for one asking or answer; `moment` tells it from the same asked or said before."""
    for person in people:
        with in_language(person["locale"]):
            context = {
                "kind": kind,
                "name": person["name"],
                "organisation": row["name"],
                "role": words.HOST[row["role"]].text(),
                "event": pick(row["title_vi"], row["title_en"]),
                "link": f"{get_settings().origin}/events/{row['slug']}{path}",
            }
        await send_mail(
            to=person["email"],
            template="events/floor/host_mail.txt",
            locale=person["locale"],
            context=context,
            message_key=f"floor:host:{row['id']}:{row['role']}:{kind}:{moment}:{person['id']}",
        )
