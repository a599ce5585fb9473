"""What startups are told when an investor passed: only where it chose so, in kind words, once for each card."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.web import Actor
from app.dealflow.words import KIND_WORDS, reason_label

LETTERS = 1_500
MAILED = 5
"""So many of a startup's owners get the mail."""

Row = dict[str, Any]


async def send(actor: Actor, card: UUID, investor: UUID, about: tuple[UUID, str, str]) -> bool:
    """Write the letter into the open transaction and mail its owners that it is there; False when one was sent before.

    The mail names the investor and the reason, not the investor's own words: those stand on the page.
    """
    startup, reason, words = about
    letter = new_id()
    sent = await db.execute(
        "INSERT INTO pass_letter (id, card, investor, startup, reason, text, sent_by, sent_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, now()) ON CONFLICT (card) DO NOTHING",
        *(letter, card, investor, startup, reason, words, actor.person_id),
    )
    if not sent:
        return False
    names = await db.fetchrow(
        "SELECT i.name AS investor, s.name AS startup, s.slug, s.ended_at IS NULL AND s.hidden_at IS NULL AS there"
        " FROM organisation i, organisation s WHERE i.id = $1 AND s.id = $2",
        *(investor, startup),
    )
    if names is None or not names["there"]:
        return True
    owners = await db.fetch(
        "SELECT p.id, p.email, p.name, p.locale FROM membership m JOIN person p ON p.id = m.person"
        " WHERE m.organisation = $1 AND m.role = 'owner' AND m.ended_at IS NULL AND p.ended_at IS NULL"
        " AND p.email_confirmed_at IS NOT NULL ORDER BY m.started_at, m.id LIMIT $2",
        *(startup, MAILED),
    )
    for owner in owners:
        await send_mail(
            to=owner["email"],
            template="dealflow/mail/passed.txt",
            message_key=f"dealflow.passed:{letter}:{owner['id']}",
            locale=owner["locale"],
            context={
                "name": owner["name"],
                "investor": names["investor"],
                "startup": names["startup"],
                "said": KIND_WORDS[reason].text(owner["locale"]),
                "link": f"{get_settings().origin}/organisations/{names['slug']}/answers",
            },
        )
    return True


async def letter_of(card: UUID) -> Row | None:
    row = await db.fetchrow("SELECT * FROM pass_letter WHERE card = $1", card)
    return dict(row) if row else None


async def of_startup(startup: UUID) -> list[Row]:
    """What this organisation was told, the newest first."""
    rows = await db.fetch(
        "SELECT l.id, l.reason, l.text, l.sent_at, i.name, i.slug,"
        " i.ended_at IS NULL AND i.hidden_at IS NULL AS there"
        " FROM pass_letter l JOIN organisation i ON i.id = l.investor"
        " WHERE l.startup = $1 ORDER BY l.sent_at DESC, l.id LIMIT 100",
        startup,
    )
    return [{**row, "label": reason_label(row["reason"]), "said": KIND_WORDS[row["reason"]].text(None)} for row in rows]
