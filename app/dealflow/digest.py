"""The weekly mail of who is new and fits: for whoever asked for it, from the engine's stored lists, each name once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.connections import cards as suggestions
from app.connections import lists
from app.connections.strength import fit_of
from app.core import clock, db
from app.core.clock import VIETNAM
from app.core.errors import Invalid
from app.core.i18n import N_, in_language
from app.core.mail import send_mail
from app.core.outbox import enqueue
from app.core.settings import get_settings
from app.core.web import Actor
from app.directory.search.jobs import end_path
from app.people.rights import consent
from app.people.rights.consent import consented
from app.people.rights.purposes import PURPOSES

HOUR = 7
SHOWN = 5
LOOKED_AT = 60
LEAST = 1.0
"""From a fair fit on."""
REMEMBERED = 500
AT_ONCE = 500
KINDS = ("startup",)

NO_CONSENT = N_("Please agree to news by e-mail, or choose no mail.")


def turn(moment: datetime) -> datetime:
    """When the mail was last due, seen from `moment`: Monday morning in Vietnam."""
    here = moment.astimezone(VIETNAM)
    monday = here.replace(hour=HOUR, minute=0, second=0, microsecond=0) - timedelta(days=here.weekday())
    if monday > here:
        monday -= timedelta(days=7)
    return monday.astimezone(UTC)


async def wanted_by(actor: Actor, pipeline: UUID) -> bool:
    return bool(
        await db.fetchval(
            "SELECT true FROM pipeline_watch WHERE pipeline = $1 AND person = $2 AND digest_agreed_at IS NOT NULL",
            *(pipeline, actor.person_id),
        )
    )


async def want(actor: Actor, pipeline: UUID, *, weekly: bool, consents: bool) -> None:
    """Choose the weekly mail or none; the first time it needs `consents` to news by mail. Raises Invalid."""
    async with db.tx():
        if weekly and not await consent.has_consent(actor.person_id, "digests"):
            if not consents:
                raise Invalid(fields={"consents": NO_CONSENT})
            await consent.write(actor.person_id, PURPOSES["digests"], given=True)
        await db.execute(
            "INSERT INTO pipeline_watch (id, pipeline, person, seen_change, seen_at, digest_agreed_at, digested_until)"
            " VALUES (gen_random_uuid(), $1, $2, 0, now(), CASE WHEN $3 THEN now() END, CASE WHEN $3 THEN now() END)"
            " ON CONFLICT (pipeline, person) DO UPDATE SET digest_agreed_at = excluded.digest_agreed_at,"
            " digested_until = excluded.digested_until",
            *(pipeline, actor.person_id, weekly),
        )


async def find_due() -> None:
    """Ask for a mail for everybody who has one due; asking twice in a week asks once."""
    due = turn(clock.now())
    rows = await db.fetch(
        "SELECT w.id FROM pipeline_watch w JOIN person p ON p.id = w.person AND p.ended_at IS NULL"  # noqa: S608
        " WHERE w.digest_agreed_at IS NOT NULL AND w.digested_until < $1 AND p.email_confirmed_at IS NOT NULL"
        f" AND {consented('w.person', 'digests')} ORDER BY w.id LIMIT {AT_ONCE}",
        due,
    )
    for row in rows:
        async with db.tx():
            payload = {"watch": str(row["id"]), "due": due.isoformat()}
            await enqueue("dealflow.digest", payload, dedupe_key=f"dealflow.digest:{row['id']}:{due.isoformat()}")


_WATCH = """
SELECT w.id, w.pipeline, w.told, w.person, p.email, p.name, p.locale, l.name AS pipeline_name, l.organisation
FROM pipeline_watch w JOIN person p ON p.id = w.person AND p.ended_at IS NULL
JOIN pipeline l ON l.id = w.pipeline AND l.ended_at IS NULL
JOIN membership m ON m.organisation = l.organisation AND m.person = w.person AND m.ended_at IS NULL
WHERE w.id = $1 AND w.digest_agreed_at IS NOT NULL AND w.digested_until < $2 FOR NO KEY UPDATE OF w
"""


async def send(watch: UUID, due: datetime) -> None:
    """One mail with who is new on the lists and fits, and in no pipeline yet; none when nobody is. Twice sends one."""
    async with db.tx():
        row = await db.fetchrow(_WATCH, watch, due)
        if row is None or not await consent.has_consent(row["person"], "digests"):
            return
        with in_language(row["locale"]):
            found = await _new_for(row)
        told = [*row["told"], *(card.id for card in found)][-REMEMBERED:]
        await db.execute("UPDATE pipeline_watch SET digested_until = $2, told = $3 WHERE id = $1", watch, due, told)
        if found:
            await _mail(row, found, due)


async def _new_for(row: Any) -> list[Any]:
    """Suggested startups that no mail named, that fit at least fairly, and that the organisation has in no pipeline."""
    rows = [one for kind in KINDS for one in await lists.suggested(row["organisation"], kind, LOOKED_AT)]
    known = await db.fetch(
        "SELECT c.organisation FROM deal_card c JOIN pipeline p ON p.id = c.pipeline WHERE p.organisation = $1",
        row["organisation"],
    )
    away = {one["organisation"] for one in known} | set(row["told"])
    fresh = [one for one in rows if one["id"] not in away and fit_of(one["reasons"]) >= LEAST][:SHOWN]
    names = await lists.names_of(fresh)
    return [suggestions.card_of(one, "seeker", names) for one in fresh]


async def _mail(row: Any, found: list[Any], due: datetime) -> None:
    origin = get_settings().origin
    await send_mail(
        to=row["email"],
        template="dealflow/mail/digest.txt",
        message_key=f"dealflow.digest:{row['id']}:{due.isoformat()}",
        locale=row["locale"],
        context={
            "name": row["name"],
            "pipeline": row["pipeline_name"],
            "cards": found,
            "board_link": f"{origin}/deals/{row['pipeline']}",
            "end_link": f"{origin}{end_path(row['person'])}",
        },
        unsubscribe_url=f"{origin}{end_path(row['person'])}",
    )
