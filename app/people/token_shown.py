"""Tokens on the busiest routes: whose one is, is found out by the statement that acts, which saves a round trip.

Everything else about tokens is in tokens.py.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.core import db
from app.core.clock import now
from app.core.web import Actor, actor_of, signed_in

WRITER = """
SELECT t.id AS token, t.last_used_at, p.id AS person, p.name FROM api_token t JOIN person p ON p.id = t.person
WHERE t.token_hash = $1 AND t.ended_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND p.ended_at IS NULL
  AND 'write' = ANY (t.scopes)
"""
"""Who may write with the token whose hash is $1: one row or none. What roles give is not told: ask `tokens.whose`."""

paths: set[str] = set()


class TokenShown(Actor, frozen=True, kw_only=True):
    """A token on a path that settles by itself whose it is: nobody until then."""

    token_hash: bytes


def settles_by_itself(path: str) -> None:
    """Declare that the route at `path` takes a `TokenShown` and asks `WRITER` in the statement that acts.

    It has the guard `signed_in_or_token_shown`. A route that forgets to settle has an actor without an id.
    """
    paths.add(path)


async def signed_in_or_token_shown(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of routes that settle by themselves whose token they are shown."""
    if not isinstance(actor_of(connection), TokenShown):
        await signed_in(connection, handler)


async def used(token: UUID, last_used_at: datetime | None) -> None:
    """Note that a token is in use, at most once a minute."""
    if last_used_at is None or last_used_at < now() - timedelta(minutes=1):
        await db.execute("UPDATE api_token SET last_used_at = now() WHERE id = $1 AND ended_at IS NULL", token)
