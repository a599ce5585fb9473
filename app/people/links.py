"""Links sent by mail: 32 random bytes, stored as a hash, used once, for a while. Looking at one never uses it."""

from datetime import timedelta
from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.people.secret import digest, looks_like_token, make_token

LASTS = {"sign_up": timedelta(hours=24), "email": timedelta(hours=24), "reset": timedelta(minutes=30)}


class LinkOver(NotFound):
    message = N_("This link has been used already, or its time is over. Please ask for a new one.")


async def make_link(purpose: str, email: str, *, person: UUID | None = None, sign_up: UUID | None = None) -> str:
    """A new link's token, in the open transaction; it is stored nowhere."""
    token = make_token()
    await db.execute(
        "INSERT INTO mail_link (id, token_hash, purpose, person, sign_up, email, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, now(), now() + $7::interval)",
        *(new_id(), digest(token), purpose, person, sign_up, email, LASTS[purpose]),
    )
    return token


async def look_at(token: str, *purposes: str) -> asyncpg.Record:
    """What a link is for, without using it. Raises LinkOver."""
    row = await db.fetchrow(
        "SELECT l.purpose, l.email, l.token_hash, u.browser_hash, u.password_hash, u.comes_as FROM mail_link l"
        " LEFT JOIN sign_up u ON u.id = l.sign_up LEFT JOIN person p ON p.id = l.person"
        " WHERE l.token_hash = $1 AND l.purpose = ANY($2) AND l.used_at IS NULL AND l.expires_at > now()"
        " AND p.ended_at IS NULL AND u.done_at IS NULL",
        *(digest(token) if looks_like_token(token) else b"", list(purposes)),
    )
    if row is None:
        raise LinkOver
    return row


async def use(token: str, *purposes: str) -> asyncpg.Record:
    """Use a link up, in the open transaction; of two at once one gets it. Raises LinkOver.

    The account is locked before its link, in the order of everything that ends links: else two would wait for ever.
    """
    hashed = digest(token) if looks_like_token(token) else b""
    await db.execute(
        "SELECT FROM person WHERE id = (SELECT person FROM mail_link WHERE token_hash = $1) FOR NO KEY UPDATE", hashed
    )
    row = await db.fetchrow(
        "UPDATE mail_link l SET used_at = now() WHERE token_hash = $1 AND purpose = ANY($2) AND used_at IS NULL"
        " AND expires_at > now() AND NOT EXISTS (SELECT FROM person p WHERE p.id = l.person AND p.ended_at IS NOT NULL)"
        " RETURNING id, purpose, person, sign_up, email",
        *(hashed, list(purposes)),
    )
    if row is None:
        raise LinkOver
    return row


async def cancel_links_of(person: UUID) -> None:
    """Make every unused link of a person useless, after what they were for has changed."""
    await db.execute("UPDATE mail_link SET used_at = now() WHERE person = $1 AND used_at IS NULL", person)
