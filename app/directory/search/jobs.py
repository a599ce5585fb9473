"""Digests of saved searches: who is due is found every quarter of an hour and gets one mail, if something is new."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import clock, db
from app.core.clock import VIETNAM
from app.core.i18n import in_language
from app.core.mail import send_mail
from app.core.outbox import enqueue, every, job
from app.core.settings import get_settings
from app.directory.search import saving
from app.directory.search.everywhere import Hit
from app.directory.search.news import new_since, shown
from app.people.rights.consent import consented

HOUR = 7
"""In the morning, in Vietnam; weekly ones on Mondays."""
SHOWN = 10
AT_ONCE = 500


def turns(moment: datetime) -> dict[str, datetime]:
    """When daily and weekly digests were last due, seen from `moment`."""
    here = moment.astimezone(VIETNAM)
    today = here.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if today > here:
        today -= timedelta(days=1)
    return {"daily": today.astimezone(UTC), "weekly": (today - timedelta(days=today.weekday())).astimezone(UTC)}


@every(900, "search.digests")
async def find_due() -> None:
    """Ask for a digest for everybody who has one due; asking twice for the same morning asks once."""
    due = turns(clock.now())
    rows = await db.fetch(
        "SELECT DISTINCT s.person FROM saved_search s JOIN person p ON p.id = s.person"  # noqa: S608  constants only
        " WHERE s.ended_at IS NULL AND p.ended_at IS NULL AND p.email_confirmed_at IS NOT NULL"
        " AND ((s.digest = 'daily' AND s.digested_until < $1) OR (s.digest = 'weekly' AND s.digested_until < $2))"
        f" AND {consented('s.person', 'digests')} ORDER BY s.person LIMIT {AT_ONCE}",
        *(due["daily"], due["weekly"]),
    )
    for row in rows:
        async with db.tx():
            key = f"search.digest:{row['person']}:{due['daily'].isoformat()}"
            payload = {"person": str(row["person"]), "until": due["daily"].isoformat()}
            await enqueue("search.digest", payload, dedupe_key=key)


@job("search.digest")
async def send_digest(payload: dict[str, Any]) -> None:
    """One mail with what is new in everything due for a person; none when nothing is. Running twice sends one."""
    person, until = UUID(payload["person"]), datetime.fromisoformat(payload["until"])
    due = turns(until)
    async with db.tx():
        reader = await db.fetchrow(
            "SELECT id, email, name, locale, sample FROM person"  # noqa: S608  constants only
            " WHERE id = $1 AND ended_at IS NULL AND email_confirmed_at IS NOT NULL"
            f" AND {consented('id', 'digests')} FOR NO KEY UPDATE",
            person,
        )
        if reader is None:
            return
        rows = await db.fetch(
            "SELECT * FROM saved_search WHERE person = $1 AND ended_at IS NULL"
            " AND ((digest = 'daily' AND digested_until < $2) OR (digest = 'weekly' AND digested_until < $3))"
            " ORDER BY lower(name), id",
            *(person, due["daily"], due["weekly"]),
        )
        found = await new_since(
            [(saving.of_row(row).state, row["digested_until"]) for row in rows], tier=1, until=until
        )
        await db.execute(
            "UPDATE saved_search SET digested_until = $2 WHERE id = ANY($1)", [r["id"] for r in rows], until
        )
        sections = [
            {
                "name": row["name"],
                "saved": row["id"],
                "count": new.count,
                "hits": await _hits(new.ids, reader["locale"]),
            }
            for row, new in zip(rows, found, strict=True)
            if new.count
        ]
        if sections:
            await _send(reader, sections, until)


async def _hits(ids: list[int], locale: str) -> list[Hit]:
    with in_language(locale):
        return [hit for hit, _at, _subject in await shown(ids[:SHOWN])]


async def _send(reader: Any, sections: list[dict[str, Any]], until: datetime) -> None:
    origin = get_settings().origin
    await send_mail(
        to=reader["email"],
        template="directory/search/digest.txt",
        message_key=f"search.digest:{reader['id']}:{until.isoformat()}",
        locale=reader["locale"],
        context={
            "name": reader["name"],
            "sections": sections,
            "total": sum(section["count"] for section in sections),
            "settings_link": f"{origin}/saved",
            "end_link": f"{origin}{end_path(reader['id'])}",
        },
        unsubscribe_url=f"{origin}{end_path(reader['id'])}",
    )


def end_path(person: UUID) -> str:
    """Where one click ends the digests of this person."""
    return f"/saved/mails/{person}/{saving.sign('mails', person, '')}"
