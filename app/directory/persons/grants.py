"""Seeing what somebody shows on request only: asked with a purpose, granted for a while, taken back at any time."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import REQUIRED, TOO_LONG
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.text import clean_line
from app.core.web import Actor
from app.directory.persons import history, writing
from app.directory.persons.access import Seen

GRANTED_DAYS = 30
ASKED_DAYS = 30
ASKED_PER_DAY = 20
MOST_PURPOSE = 300


class AskedAlready(Conflict):
    message = N_("You have asked already. You hear by mail as soon as there is an answer.")


async def ask(actor: Actor, seen: Seen, purpose: str) -> None:
    """Ask a person to show what is for requests only. One open request for two people; a mail tells the person.

    Raises AskedAlready, Invalid, TooMany; NotFound for oneself and for who is not listed.
    """
    said = clean_line(purpose)
    if not said:
        raise Invalid(fields={"purpose": REQUIRED})
    if len(said) > MOST_PURPOSE:
        raise Invalid(fields={"purpose": TOO_LONG}, max=MOST_PURPOSE)
    if seen.own or not seen.listed:
        raise NotFound
    await hit("person.ask", actor.person_id, ASKED_PER_DAY, 86_400)
    async with db.tx():
        await _end_old(seen.id, actor.person_id)
        grant = await db.fetchval(
            "INSERT INTO person_grant (id, person, viewer, purpose, asked_at) VALUES ($1, $2, $3, $4, now())"
            " ON CONFLICT (person, viewer) WHERE ended_at IS NULL DO NOTHING RETURNING id",
            *(new_id(), seen.id, actor.person_id, said),
        )
        if grant is None:
            raise AskedAlready
        await _mail(seen.id, "asked", grant, {"other": actor.name or actor.email, "purpose": said})


async def _end_old(person: UUID, viewer: UUID) -> None:
    """What ran out makes room for asking again."""
    await db.execute(
        "UPDATE person_grant SET ended_at = now(), ended_reason = 'ran out' WHERE person = $1 AND viewer = $2"
        " AND ended_at IS NULL AND (expires_at < now()"
        " OR (granted_at IS NULL AND asked_at < now() - make_interval(days => $3)))",
        *(person, viewer, ASKED_DAYS),
    )


async def asked_by(actor: Actor, person: UUID) -> str:
    """How the actor's own request stands: "", "asked" or "granted"."""
    row = await db.fetchrow(
        "SELECT granted_at FROM person_grant WHERE person = $1 AND viewer = $2 AND ended_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > now())"
        " AND (granted_at IS NOT NULL OR asked_at > now() - make_interval(days => $3))",
        *(person, actor.id, ASKED_DAYS),
    )
    return "" if row is None else "granted" if row["granted_at"] else "asked"


async def requests_to(actor: Actor) -> list[dict[str, Any]]:
    """Who asked, and who sees at present; those that wait first."""
    rows = await db.fetch(
        "SELECT g.id, g.purpose, g.asked_at, g.granted_at, g.expires_at, v.name AS viewer FROM person_grant g"
        " JOIN person v ON v.id = g.viewer AND v.ended_at IS NULL WHERE g.person = $1 AND g.ended_at IS NULL"
        " AND (g.expires_at IS NULL OR g.expires_at > now())"
        " AND (g.granted_at IS NOT NULL OR g.asked_at > now() - make_interval(days => $2))"
        " ORDER BY g.granted_at NULLS FIRST, g.asked_at, g.id",
        *(actor.person_id, ASKED_DAYS),
    )
    return [dict(row) for row in rows]


async def answer(actor: Actor, grant: UUID, *, yes: bool) -> None:
    """Grant for 30 days, or say no; no also takes back what was granted. Idempotent. A mail tells the other side."""
    async with db.tx():
        row = await writing.locked_own(actor)
        found = await db.fetchrow(
            "SELECT viewer, granted_at, ended_at FROM person_grant WHERE id = $1 AND person = $2 FOR UPDATE",
            *(grant, row["person"]),
        )
        if found is None:
            raise NotFound
        if found["ended_at"] is not None or (yes and found["granted_at"] is not None):
            return
        if yes:
            await db.execute(
                "UPDATE person_grant SET granted_at = now(), expires_at = now() + make_interval(days => $2)"
                " WHERE id = $1",
                *(grant, GRANTED_DAYS),
            )
        else:
            await db.execute(
                "UPDATE person_grant SET ended_at = now(), ended_reason = $2 WHERE id = $1",
                *(grant, "taken back" if found["granted_at"] else "refused"),
            )
        await history.record(row["person"], actor.id, "granted" if yes else "not_granted")
        if found["granted_at"] is None:
            context = {"other": row["name"], "slug": row["slug"], "days": GRANTED_DAYS}
            await _mail(found["viewer"], "granted" if yes else "refused", grant, context)


async def _mail(to: UUID, what: str, grant: UUID, context: dict[str, Any]) -> None:
    row = await db.fetchrow("SELECT name, email, locale FROM person WHERE id = $1 AND ended_at IS NULL", to)
    if row is None:
        return
    place = f"/people/{context['slug']}" if "slug" in context else "/account/profile#requests"
    await send_mail(
        to=row["email"],
        template="directory/persons/mail/request.txt",
        message_key=f"person-{what}:{grant}",
        locale=row["locale"],
        context={"what": what, "name": row["name"], "link": f"{get_settings().origin}{place}",
                 "purpose": "", "days": GRANTED_DAYS, **context},
    )  # fmt: skip
