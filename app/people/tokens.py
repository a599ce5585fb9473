"""API tokens: shown once, stored as a hash, for reading or also for writing, until a day; ended at once."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
from litestar import Request

from app.core import db
from app.core.clock import now
from app.core.errors import Conflict, NotAllowed, NotFound, SecondStepFirst
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.security import SAFE_METHODS
from app.core.text import clean_line
from app.core.web import Actor
from app.people import record, token_shown
from app.people.accounts import NoSuchAccount, person_by_email
from app.people.record import Origin
from app.people.secret import digest, looks_like_token, make_token
from app.people.sessions import bearer, second_step_missing
from app.people.token_shown import TokenShown
from app.people.two_step import require_recent

PREFIX = "kn_"
SHOWN = len(PREFIX) + 6
AT_MOST = 20
Scope = Literal["read", "write"]

_FIND = """
SELECT t.id, t.scopes, t.last_used_at, p.id AS person, p.name, p.email, p.locale,
       ARRAY(SELECT r.role FROM person_role r WHERE r.person = p.id AND r.ended_at IS NULL) AS roles,
       EXISTS (SELECT FROM second_step s
               WHERE s.person = p.id AND s.ended_at IS NULL AND s.confirmed_at IS NOT NULL) AS two_step
FROM api_token t JOIN person p ON p.id = t.person
WHERE t.token_hash = $1 AND t.ended_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND p.ended_at IS NULL
"""


class ReadOnlyToken(NotAllowed):
    message = N_("This token is for reading only.")


class EnoughTokens(Conflict):
    message = N_("You have %(max)s tokens already. End one that you do not need.")


@bearer(PREFIX)
async def by_token(request: Request[Any, Any, Any], credential: str) -> Actor | None:
    """Who shows a token, in one indexed query; its last use is noted once a minute."""
    if not looks_like_token(credential.removeprefix(PREFIX)):
        return None
    hashed = digest(credential)
    if request.scope["path"] in token_shown.paths:
        return TokenShown(via="token", token_hash=hashed)
    return await whose(hashed, writes=request.scope["method"] not in SAFE_METHODS)


async def whose(hashed: bytes, *, writes: bool) -> Actor | None:
    """Whose token this is, None for none that is valid. Raises ReadOnlyToken."""
    row = await db.fetchrow(_FIND, hashed)
    if row is None:
        return None
    if writes and "write" not in row["scopes"]:
        raise ReadOnlyToken
    await token_shown.used(row["id"], row["last_used_at"])
    return Actor(
        id=row["person"],
        name=row["name"],
        email=row["email"],
        roles=frozenset(row["roles"]),
        locale=row["locale"],
        via="token",
        second_step_missing=second_step_missing(row),
    )


async def create_token(actor: Actor, name: str, scope: Scope, days: int, origin: Origin) -> str:
    """A new token, returned this once. Raises SecondStepFirst, ConfirmFirst, EnoughTokens.

    With roles that wait for two-step sign-in nobody makes one: it would outlive the day they begin to work.
    """
    if actor.second_step_missing:
        raise SecondStepFirst
    require_recent(actor)
    async with db.tx():
        await db.execute("SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE", actor.person_id)
        if await db.fetchval(_COUNT, actor.person_id) >= AT_MOST:
            raise EnoughTokens(max=AT_MOST)
        token = await _insert(actor.person_id, name, scope, now() + timedelta(days=days))
        await record.note(actor.person_id, "token.made", origin, detail={"name": clean_line(name)})
    return token


_COUNT = """
SELECT count(*) FROM api_token WHERE person = $1 AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""


async def create_for_email(email: str) -> str:
    """The command line's verb: a token to read and write for a year, returned this once. Raises NoSuchAccount."""
    person = await person_by_email(email)
    if person is None:
        raise NoSuchAccount
    async with db.tx():
        token = await _insert(person["id"], "python -m app token", "write", now() + timedelta(days=365))
        await record.note(person["id"], "token.made", detail={"name": "python -m app token"})
    return token


async def _insert(person: UUID, name: str, scope: Scope, until: datetime) -> str:
    token = PREFIX + make_token()
    scopes = ["read", "write"] if scope == "write" else ["read"]
    await db.execute(
        "INSERT INTO api_token (id, person, name, prefix, token_hash, scopes, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, now(), $7)",
        *(new_id(), person, clean_line(name), token[:SHOWN], digest(token), scopes, until),
    )
    return token


async def tokens_of(actor: Actor) -> list[asyncpg.Record]:
    """The actor's tokens in use, newest first."""
    return await db.fetch(
        "SELECT id, name, prefix, scopes, created_at, expires_at, last_used_at,"
        " coalesce(expires_at < now(), false) AS over FROM api_token WHERE person = $1 AND ended_at IS NULL"
        " ORDER BY created_at DESC, id DESC LIMIT 100",
        actor.person_id,
    )


async def end_token(actor: Actor, token: UUID, origin: Origin) -> None:
    """End one of the actor's own tokens; anybody else's is not found."""
    async with db.tx():
        name = await db.fetchval(
            "UPDATE api_token SET ended_at = now() WHERE id = $1 AND person = $2 AND ended_at IS NULL RETURNING name",
            *(token, actor.person_id),
        )
        if name is None:
            raise NotFound
        await record.note(actor.person_id, "token.ended", origin, detail={"name": name})
