"""Mails of new suggestions on their way: who is due in the morning, one mail for each reader, none when nothing is new.

A mail tells of the lists that the page shows, read as the page reads them, without whom its reader was told of before.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.connections import mails
from app.core import clock, db
from app.core.i18n import in_language
from app.core.mail import send_mail
from app.core.outbox import enqueue
from app.core.settings import get_settings
from app.directory.search.jobs import end_path, turns
from app.people.rights.consent import consented

AT_ONCE = 500
REMEMBERED = 600
"""So many candidates are remembered as told; who left all lists long ago may be news again."""

_DUE = f"""
    FROM suggestion_digest d JOIN person p ON p.id = d.person
    JOIN membership m ON m.person = d.person AND m.organisation = d.organisation AND m.ended_at IS NULL
    JOIN organisation o ON o.id = d.organisation AND o.ended_at IS NULL AND o.hidden_at IS NULL
    WHERE p.ended_at IS NULL AND p.email_confirmed_at IS NOT NULL AND {consented("p.id", "digests")}
    AND ((d.digest = 'daily' AND d.digested_until < $1) OR (d.digest = 'weekly' AND d.digested_until < $2))
"""


async def find_due() -> None:
    """Ask for a mail for everybody who has one due; asking twice for the same morning asks once."""
    due = turns(clock.now())
    rows = await db.fetch(
        f"SELECT DISTINCT d.person {_DUE} ORDER BY d.person LIMIT {AT_ONCE}",
        *(due["daily"], due["weekly"]),
    )
    for row in rows:
        async with db.tx():
            key = f"connections.mail:{row['person']}:{due['daily'].isoformat()}"
            payload = {"person": str(row["person"]), "until": due["daily"].isoformat()}
            await enqueue("connections.mail", payload, dedupe_key=key)


async def send(person: UUID, until: datetime) -> None:
    """One mail with what is new on all lists due for a person; none when nothing is. Running twice sends one."""
    due = turns(until)
    async with db.tx():
        await db.execute("SELECT 1 FROM person WHERE id = $1 FOR NO KEY UPDATE", person)
        rows = await db.fetch(
            "SELECT d.id, d.organisation, d.told, o.slug, o.name AS of, o.kinds, p.id AS person, p.email, p.name,"
            f" p.locale {_DUE} AND d.person = $3 ORDER BY o.name_folded, o.number",
            *(due["daily"], due["weekly"], person),
        )
        sections = []
        for row in rows:
            with in_language(row["locale"]):
                new = await mails.news_of(row["organisation"], row["kinds"], set(row["told"]))
            told = [*row["told"], *(card.id for one in new for card in one.cards)]
            await db.execute(
                "UPDATE suggestion_digest SET digested_until = $2, told = $3 WHERE id = $1",
                *(row["id"], until, list(dict.fromkeys(told))[-REMEMBERED:]),
            )
            if new:
                sections.append({"name": row["of"], "slug": row["slug"], "lists": new})
        if sections:
            await _send(rows[0], sections, until)


async def _send(reader: Any, sections: list[dict[str, Any]], until: datetime) -> None:
    end_link = f"{get_settings().origin}{end_path(reader['person'])}"
    people = {card.id for section in sections for new in section["lists"] for card in new.cards}
    await send_mail(
        to=reader["email"],
        template="connections/digest.txt",
        message_key=f"connections.mail:{reader['person']}:{until.isoformat()}",
        locale=reader["locale"],
        context={"name": reader["name"], "sections": sections, "total": len(people), "end_link": end_link},
        unsubscribe_url=end_link,
    )
