"""Seeing what an organisation shows on request only: asked for an organisation, granted for a while, taken back.

Who holds a grant sees fields and lists up to the tier "granted"; the door of `access` looks at it with every request.
"""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED, TOO_LONG
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.text import clean_line
from app.core.web import Actor
from app.directory import history
from app.directory.access import EDITORS, Seen
from app.directory.curation.standing import owners_of
from app.directory.fields import COLLECTIONS, FIELDS, Collection, Field, Tier
from app.directory.profile_fields import Values
from app.directory.seeing import Viewer, tier_of
from app.directory.writing import locked_for

GRANTED_DAYS = 30
ASKED_DAYS = 30
ASKED_PER_DAY = 20
MOST_PURPOSE = 300

Row = dict[str, Any]


class AskedBefore(Conflict):
    message = N_("Your organisation has asked already. You hear by mail as soon as there is an answer.")


def kept_back(row: Values, lists: dict[str, list[Row]], viewer: Viewer) -> bool:
    """Whether the profile says something that this viewer would see if they were let, and do not see now."""
    if viewer.sees(Tier.GRANTED):
        return False
    said: list[Field | Collection] = [
        field for field in FIELDS.values() if row.get(field.name) not in (None, "", [], False)
    ]
    said += [COLLECTIONS[name] for name, found in lists.items() if found]
    tiers = [tier_of(what, row["tiers"]) for what in said]
    return any(not viewer.sees(tier) and tier <= Tier.GRANTED for tier in tiers)


async def may_ask_for(actor: Actor, organisation: UUID) -> list[Row]:
    """The organisations for which the actor may ask this one, each with how its request stands: "", asked, granted."""
    rows = await db.fetch(
        f"""
        SELECT o.id, o.slug, o.name, CASE WHEN g.id IS NULL THEN '' WHEN g.granted_at IS NULL THEN 'asked'
            ELSE 'granted' END AS state, g.expires_at
        FROM membership m JOIN organisation o ON o.id = m.organisation AND o.ended_at IS NULL AND o.hidden_at IS NULL
        LEFT JOIN field_grant g ON g.organisation = $2 AND g.viewer = o.id AND {_OPEN}
        WHERE m.person = $1 AND m.ended_at IS NULL AND m.role = ANY($3) AND o.id <> $2
        ORDER BY o.name_folded, o.number
        """,  # noqa: S608  constants only
        *(actor.id, organisation, list(EDITORS)),
    )
    return [dict(row) for row in rows]


_OPEN = f"""g.ended_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())
            AND (g.granted_at IS NOT NULL OR g.asked_at > now() - make_interval(days => {ASKED_DAYS}))"""


async def ask(actor: Actor, seen: Seen, viewer: str, purpose: str) -> None:
    """Ask an organisation, for the one at the address `viewer`, to show what is for requests only. Its owners get a
    mail. One open request for two organisations.

    Raises AskedBefore, Invalid, TooMany; NotFound for what is no counterpart.
    """
    said = clean_line(purpose)
    if not said:
        raise Invalid(fields={"purpose": REQUIRED})
    if len(said) > MOST_PURPOSE:
        raise Invalid(fields={"purpose": TOO_LONG}, max=MOST_PURPOSE)
    if seen.member or seen.row["hidden_at"] is not None:
        raise NotFound
    mine = {one["slug"]: one for one in await may_ask_for(actor, seen.id)}
    if viewer not in mine:
        raise Invalid(fields={"viewer": NOT_A_CHOICE})
    await hit("organisation.ask", actor.person_id, ASKED_PER_DAY, 86_400)
    async with db.tx():
        await db.execute(
            f"UPDATE field_grant g SET ended_at = now(), ended_reason = 'ran out' WHERE g.organisation = $1"  # noqa: S608
            f" AND g.viewer = $2 AND g.ended_at IS NULL AND NOT ({_OPEN})",
            *(seen.id, mine[viewer]["id"]),
        )
        grant = await db.fetchval(
            "INSERT INTO field_grant (id, organisation, viewer, asked_by, purpose, asked_at)"
            " VALUES ($1, $2, $3, $4, $5, now())"
            " ON CONFLICT (organisation, viewer) WHERE ended_at IS NULL DO NOTHING RETURNING id",
            *(new_id(), seen.id, mine[viewer]["id"], actor.id, said),
        )
        if grant is None:
            raise AskedBefore
        for owner in await owners_of(seen.id):
            context = {"other": mine[viewer]["name"], "purpose": said, "place": f"{seen.slug}/requests"}
            await _mail(owner, "asked", grant, seen.name, context)


async def requests_of(organisation: UUID) -> tuple[list[Row], list[Row]]:
    """Who asked this organisation or sees it now, those that wait first; and whom it asked itself."""
    rows = await db.fetch(
        f"""
        SELECT g.id, g.organisation = $1 AS to_us, g.purpose, g.asked_at, g.granted_at, g.expires_at,
            o.slug, o.name, o.verified_at IS NOT NULL AS verified, p.name AS person
        FROM field_grant g JOIN organisation o ON o.id = CASE WHEN g.organisation = $1 THEN g.viewer
            ELSE g.organisation END AND o.ended_at IS NULL AND o.hidden_at IS NULL
        LEFT JOIN person p ON p.id = g.asked_by AND p.ended_at IS NULL
        WHERE (g.organisation = $1 OR g.viewer = $1) AND {_OPEN}
        ORDER BY g.granted_at NULLS FIRST, g.asked_at, g.id LIMIT 200
        """,  # noqa: S608  constants only
        organisation,
    )
    return [dict(row) for row in rows if row["to_us"]], [dict(row) for row in rows if not row["to_us"]]


async def answer(actor: Actor, organisation: UUID, grant: UUID, *, yes: bool) -> None:
    """Grant for 30 days, or say no; no also takes back what was granted. Idempotent. For owners.

    Locks the organisation; who asked gets a mail with the first answer.
    """
    async with db.tx():
        row = await locked_for(actor, organisation)
        role = await db.fetchval(
            "SELECT role FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL",
            *(organisation, actor.id),
        )
        if role != "owner" and not actor.has("admin"):
            raise NotAllowed
        found = await db.fetchrow(
            "SELECT g.asked_by, g.granted_at, g.ended_at, o.name FROM field_grant g"
            " JOIN organisation o ON o.id = g.viewer WHERE g.id = $1 AND g.organisation = $2 FOR UPDATE OF g",
            *(grant, organisation),
        )
        if found is None:
            raise NotFound
        if found["ended_at"] is not None or (yes and found["granted_at"] is not None):
            return
        if yes:
            await db.execute(
                "UPDATE field_grant SET granted_at = now(), granted_by = $2,"
                " expires_at = now() + make_interval(days => $3) WHERE id = $1",
                *(grant, actor.id, GRANTED_DAYS),
            )
        else:
            reason = "taken back" if found["granted_at"] else "refused"
            await db.execute("UPDATE field_grant SET ended_at = now(), ended_reason = $2 WHERE id = $1", grant, reason)
        await history.record(organisation, actor.id, "granted" if yes else "not_granted", {"": (None, found["name"])})
        if found["granted_at"] is None:
            await _tell(found["asked_by"], "granted" if yes else "refused", grant, row)


async def _tell(person: UUID | None, what: str, grant: UUID, row: Values) -> None:
    asker = await db.fetchrow("SELECT id, name, email, locale FROM person WHERE id = $1 AND ended_at IS NULL", person)
    if asker is not None:
        context = {"other": row["name"], "purpose": "", "place": row["slug"]}
        await _mail(dict(asker), what, grant, row["name"], context)


async def _mail(to: Row, what: str, grant: UUID, name: str, context: dict[str, Any]) -> None:
    await send_mail(
        to=to["email"],
        template="directory/mail/request.txt",
        message_key=f"organisation-{what}:{grant}:{to['id']}",
        locale=to["locale"],
        context={
            **context,
            "what": what,
            "name": to["name"],
            "organisation": name,
            "days": GRANTED_DAYS,
            "link": f"{get_settings().origin}/organisations/{context['place']}",
        },
    )
