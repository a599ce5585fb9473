"""Links to a deck: for somebody by name, with an end, taken back at once. What a link opens is in `reading`."""

import hashlib
import hmac
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, NOT_AN_EMAIL, REQUIRED, is_email
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.text import clean_line
from app.core.web import Actor
from app.people.accounts import email_key
from app.people.secret import make_token

MOST = 200
PER_DAY = 60
NAME_LETTERS = 120
DAYS: dict[str, Phrase] = {
    "7": N_("One week"),
    "14": N_("Two weeks"),
    "30": N_("One month"),
    "90": N_("Three months"),
}
_TOKEN = re.compile(r"[0-9a-f]{48}")

Row = dict[str, Any]


class TooManyLinks(Conflict):
    message = N_("This document has 200 open links already. Take some back first.")


class LinkOver(NotFound):
    """Absent, wrong, run out and taken back are one answer."""

    message = N_("This link no longer opens anything. Please ask whoever sent it to you for a new one.")


def token_of(link: UUID, key: str) -> str:
    """The part of the address that nobody guesses; another key makes the old address worthless."""
    secret = f"deck-link:{get_settings().secret_key}".encode()
    return hmac.new(secret, f"{link}:{key}".encode(), hashlib.sha256).hexdigest()[:48]


def path_of(link: UUID, key: str) -> str:
    return f"/shown/{link}/{token_of(link, key)}"


async def make(
    actor: Actor,
    deck: UUID,
    to: tuple[str, str, UUID | None],
    days: str,
    *,
    send: bool = False,
    may_download: bool = False,
) -> UUID:
    """A link for a recipient: a name with an address for mail, or an organisation whose members may look.

    With `send` the address gets a mail with it; with `may_download` its pages can be taken along, the reader's name on
    each. Raises Invalid, TooManyLinks, TooMany.
    """
    name, email, viewer = clean_line(to[0])[:NAME_LETTERS], clean_line(to[1]), to[2]
    wrong: dict[str, Phrase] = {}
    if viewer is None and not name:
        wrong["recipient_name"] = REQUIRED
    if viewer is None and not is_email(email):
        wrong["email"] = NOT_AN_EMAIL if email else REQUIRED
    if days not in DAYS:
        wrong["days"] = NOT_A_CHOICE
    if wrong:
        raise Invalid(fields=wrong)
    await hit("dealflow.link", actor.person_id, PER_DAY, 86_400)
    link, key = new_id(), make_token()
    async with db.tx():
        row = await db.fetchrow(
            "SELECT d.title, o.name, o.id FROM deck d JOIN organisation o ON o.id = d.organisation"
            " WHERE d.id = $1 AND d.ended_at IS NULL FOR NO KEY UPDATE OF d",
            deck,
        )
        if row is None:
            raise NotFound
        if viewer == row["id"]:
            raise Invalid(fields={"viewer": NOT_A_CHOICE})
        open_ones = "SELECT count(*) FROM deck_link WHERE deck = $1 AND ended_at IS NULL AND expires_at > now()"
        if await db.fetchval(open_ones, deck) >= MOST:
            raise TooManyLinks
        if viewer is not None:
            email = ""
            name = name or await db.fetchval("SELECT name FROM organisation WHERE id = $1", viewer)
        await db.execute(
            "INSERT INTO deck_link (id, deck, recipient_name, email, email_key, viewer, key, created_by, created_at,"
            " expires_at, may_download) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now(),"
            " now() + make_interval(days => $9), $10)",
            *(link, deck, name, email, email_key(email) if email else "", viewer, key, actor.person_id, int(days)),
            may_download,
        )
        if send and email:
            await _mail(actor, (link, key), email, {**row, "recipient": name, "days": int(days)})
    return link


async def _mail(actor: Actor, link: tuple[UUID, str], email: str, about: Row) -> None:
    until = clock.now() + timedelta(days=about["days"])
    await send_mail(
        to=email,
        template="dealflow/mail/deck.txt",
        message_key=f"dealflow.deck:{link[0]}",
        locale=actor.locale,
        context={
            "recipient": about["recipient"],
            "organisation": about["name"],
            "sender": actor.name or actor.email,
            "title": about["title"],
            "until": until,
            "link": f"{get_settings().origin}{path_of(*link)}",
        },
    )


async def revoke(actor: Actor, deck: UUID, link: UUID) -> None:
    """Take a link back: from the commit on not one page of it opens. Twice changes nothing. Raises NotFound."""
    async with db.tx():
        row = await db.fetchrow("SELECT ended_at FROM deck_link WHERE id = $1 AND deck = $2 FOR UPDATE", link, deck)
        if row is None:
            raise NotFound
        await db.execute(
            "UPDATE deck_link SET ended_at = now(), ended_reason = 'revoked' WHERE id = $1 AND ended_at IS NULL", link
        )


async def open_link(link: UUID, token: str) -> Row:
    """What a link opens now. Raises LinkOver for everything else alike."""
    row = await db.fetchrow(
        "SELECT l.id, l.deck, l.recipient_name, l.email, l.email_key, l.viewer, l.key, l.expires_at, l.may_download,"
        " d.title, d.kind, d.file, d.version, d.pages, d.drawn, d.shapes, d.organisation, o.name AS organisation_name,"
        " o.sample, v.name AS viewer_name"
        " FROM deck_link l JOIN deck d ON d.id = l.deck AND d.ended_at IS NULL"
        " JOIN organisation o ON o.id = d.organisation AND o.ended_at IS NULL AND o.hidden_at IS NULL"
        " LEFT JOIN organisation v ON v.id = l.viewer"
        " WHERE l.id = $1 AND l.ended_at IS NULL AND l.expires_at > now()",
        link,
    )
    wanted = token_of(link, row["key"]) if row else "0" * 48
    if not _TOKEN.fullmatch(token) or not hmac.compare_digest(wanted, token) or row is None:
        raise LinkOver
    return dict(row)
