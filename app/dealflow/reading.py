"""Who reads a deck: proving to be the recipient, being asked before anything is counted, and what is counted then.

Without a yes nothing is written of what somebody looks at, not even that they looked.
"""

import hashlib
import hmac
import re
import secrets
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.web import Actor
from app.people.accounts import email_key
from app.people.secret import looks_like_token, make_token

TEXT_VERSION = "2026-11-22"
"""The day from which on the question has been asked in these words."""
CODES_PER_HOUR = 5
TRIES = 5
MOST_SECONDS = 120
"""What one report of a page may count at most: pages left open count for no hours."""
MOST_OF_A_PAGE = 3_600
WORD = "deck code"

Row = dict[str, Any]


class WrongCode(Invalid):
    message = N_(
        "This code is not right, or its 15 minutes are over. Please look at the newest mail, or ask for another."
    )


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may read now. `row` None: they have not been asked whether their reading may be counted."""

    name: str
    row: UUID | None = None
    answer: str = ""


def _hashed(text: str) -> str:
    return hmac.new(get_settings().secret_key.encode(), f"{WORD}:{text}".encode(), hashlib.sha256).hexdigest()


_ROW = "SELECT id, answer FROM deck_reader WHERE link = $1 AND let_in_at IS NOT NULL AND "


async def reader_of(actor: Actor, link: Row, cookie: str) -> Reader | None:
    """Whoever may read this link: its recipient signed in, a member of its organisation, a browser with the code's
    cookie. None for everybody else. Writes nothing."""
    if actor.signed_in and await _is_for(actor, link):
        row = await db.fetchrow(f"{_ROW} person = $2", link["id"], actor.id)
        name = link["recipient_name"] if link["viewer"] is None else f"{actor.name} ({link['viewer_name']})"
        return Reader(name=name, row=row["id"] if row else None, answer=row["answer"] if row else "")
    if not looks_like_token(cookie) or link["viewer"] is not None:
        return None
    row = await db.fetchrow(f"{_ROW} token_hash = $2", link["id"], _hashed(cookie))
    return Reader(name=link["recipient_name"], row=row["id"], answer=row["answer"]) if row else None


async def _is_for(actor: Actor, link: Row) -> bool:
    if link["viewer"] is not None:
        return bool(
            await db.fetchval(
                "SELECT true FROM membership m JOIN organisation o ON o.id = m.organisation AND o.ended_at IS NULL"
                " WHERE m.organisation = $1 AND m.person = $2 AND m.ended_at IS NULL",
                *(link["viewer"], actor.id),
            )
        )
    if not actor.email or email_key(actor.email) != link["email_key"]:
        return False
    return bool(await db.fetchval("SELECT true FROM person WHERE id = $1 AND email_confirmed_at IS NOT NULL", actor.id))


async def send_code(link: Row, locale: str) -> None:
    """Mail a code to the recipient; the one before stops working. Raises TooMany."""
    await hit("dealflow.code", link["id"], CODES_PER_HOUR, 3600)
    await hit("dealflow.code.address", link["email_key"], CODES_PER_HOUR * 2, 3600)
    code = f"{secrets.randbelow(10**8):08d}"
    row = new_id()
    async with db.tx():
        await db.execute("DELETE FROM deck_reader WHERE link = $1 AND let_in_at IS NULL", link["id"])
        await db.execute(
            "INSERT INTO deck_reader (id, link, code_hash, code_until, created_at)"
            " VALUES ($1, $2, $3, now() + interval '15 minutes', now())",
            *(row, link["id"], _hashed(f"{row}:{code}")),
        )
        await send_mail(
            to=link["email"],
            template="dealflow/mail/code.txt",
            message_key=f"dealflow.code:{row}",
            locale=locale,
            context={
                "recipient": link["recipient_name"],
                "title": link["title"],
                "organisation": link["organisation_name"],
                "code": f"{code[:4]} {code[4:]}",
            },
        )


async def let_in(link: Row, typed: str) -> str:
    """The token for the cookie of a browser in which the right code was typed. Raises WrongCode.

    Five wrong ones use a code up: each try is counted whatever comes of it.
    """
    code = re.sub(r"\D", "", typed, flags=re.ASCII)[:8]
    token = make_token()
    async with db.tx():
        row = await db.fetchrow(
            "UPDATE deck_reader SET tries = tries + 1 WHERE link = $1 AND let_in_at IS NULL AND code_until > now()"  # noqa: S608
            f" AND tries < {TRIES} RETURNING id, code_hash",
            link["id"],
        )
        fits = row is not None and hmac.compare_digest(row["code_hash"], _hashed(f"{row['id']}:{code}"))
        if fits and row is not None:
            await db.execute(
                "UPDATE deck_reader SET let_in_at = now(), token_hash = $2, code_hash = '', code_until = NULL"
                " WHERE id = $1",
                *(row["id"], _hashed(token)),
            )
    if not fits:
        raise WrongCode(fields={"code": WrongCode.message})
    return token


async def answer(actor: Actor, link: Row, reader: Reader, *, yes: bool) -> None:
    """Keep whether this reader's pages may be counted. A yes can be taken back: what was counted goes then."""
    said = "given" if yes else "refused"
    async with db.tx():
        row = reader.row
        if row is None:
            row = await db.fetchval(
                "INSERT INTO deck_reader (id, link, person, name, let_in_at, created_at)"
                " VALUES ($1, $2, $3, $4, now(), now())"
                " ON CONFLICT (link, person) WHERE person IS NOT NULL DO UPDATE SET name = excluded.name RETURNING id",
                *(new_id(), link["id"], actor.id, reader.name),
            )
        await db.execute(
            "UPDATE deck_reader SET answer = $2, answered_at = now(), text_version = $3,"
            " opened_at = CASE WHEN $4 THEN coalesce(opened_at, now()) END, seen_at = CASE WHEN $4 THEN now() END"
            " WHERE id = $1",
            *(row, said, TEXT_VERSION, yes),
        )
        if not yes:
            await db.execute("DELETE FROM deck_page_view WHERE reader = $1", row)


async def count(link: Row, reader: Reader, page: int, seconds: int) -> bool:
    """Add to how long a reader who agreed looked at a page; False, and nothing written, for everybody else."""
    if not 1 <= page <= link["pages"] or reader.row is None:
        return False
    seconds = min(max(seconds, 0), MOST_SECONDS)
    async with db.tx():
        # the answer is read under the lock: a no that comes at the same moment is the last word
        agreed = await db.execute(
            "UPDATE deck_reader SET seen_at = now() WHERE id = $1 AND answer = 'given'", reader.row
        )
        if not agreed:
            return False
        await db.execute(
            "INSERT INTO deck_page_view (reader, version, page, seconds, at) VALUES ($1, $2, $3, $4, now())"  # noqa: S608
            " ON CONFLICT (reader, version, page) DO UPDATE SET at = now(),"
            f" seconds = least(deck_page_view.seconds + excluded.seconds, {MOST_OF_A_PAGE})",
            *(reader.row, link["version"], page, seconds),
        )
    return True
