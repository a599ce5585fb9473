"""Who asks: browsers by session cookie, programs by bearer token. Sessions are rows; ending one acts at once.

A row is only ever changed by UPDATE ... WHERE it has not ended, so that no request in flight brings it back.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie

from app.core import db
from app.core.clock import now
from app.core.errors import NotFound, NotSignedIn
from app.core.ids import new_id
from app.core.settings import get_settings
from app.core.web import NOBODY, Actor
from app.people.record import Origin
from app.people.secret import digest, looks_like_token, make_token

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=14)
WAITING = timedelta(minutes=10)
"""For the second step, after the password was right."""
CONFIRMED = timedelta(minutes=15)
"""How long a password counts as just typed, for what asks for it again."""
SEEN_EVERY = timedelta(minutes=1)

Bearer = Callable[[Request[Any, Any, Any], str], Awaitable[Actor | None]]
_bearers: dict[str, Bearer] = {}

_FIND = """
SELECT s.id, s.last_seen_at, s.confirmed_at, p.id AS person, p.name, p.email, p.locale,
       ARRAY(SELECT r.role FROM person_role r WHERE r.person = p.id AND r.ended_at IS NULL) AS roles,
       EXISTS (SELECT FROM second_step t
               WHERE t.person = p.id AND t.ended_at IS NULL AND t.confirmed_at IS NOT NULL) AS two_step
FROM session s JOIN person p ON p.id = s.person
WHERE s.token_hash = $1 AND s.ended_at IS NULL AND NOT s.waiting AND s.expires_at > now()
  AND (s.stays OR s.last_seen_at > now() - $2::interval) AND p.ended_at IS NULL
"""


class Opened(msgspec.Struct, frozen=True):
    """A session that was just opened: its token goes into the cookie and is stored nowhere."""

    token: str
    person: UUID
    stays: bool
    waiting: bool = False
    """The second step is still to be done."""


# --- who asks -------------------------------------------------------------------------------------------------


def bearer(prefix: str) -> Callable[[Bearer], Bearer]:
    """Register who answers for bearer tokens that begin with `prefix`; None from it means the token is not valid."""

    def register(function: Bearer) -> Bearer:
        if _bearers.setdefault(prefix, function) is not function:
            raise RuntimeError(f"two kinds of tokens begin with {prefix}")
        return function

    return register


async def authenticate(request: Request[Any, Any, Any]) -> Actor:
    """Who asks, in one indexed query. A cookie that fits no session is nobody; a token that fits none is refused."""
    kind, _space, credential = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return await _by_token(request, credential.strip())
    return await _by_cookie(request)


async def _by_token(request: Request[Any, Any, Any], credential: str) -> Actor:
    """Tokens are for the API. The cookie beside one is not looked at: no origin was checked for it."""
    if not request.scope["path"].startswith("/api/"):
        return NOBODY
    resolve = next((function for prefix, function in _bearers.items() if credential.startswith(prefix)), None)
    actor = await resolve(request, credential) if resolve and len(credential) <= 200 else None
    if actor is None:
        raise NotSignedIn
    return actor


async def _by_cookie(request: Request[Any, Any, Any]) -> Actor:
    token = token_of(request)
    if token is None:
        return NOBODY
    hashed = digest(token)
    row = await db.fetchrow(_FIND, hashed, IDLE)
    if row is None:
        return NOBODY
    if row["last_seen_at"] < now() - SEEN_EVERY:
        await seen(hashed)
    return Actor(
        id=row["person"],
        name=row["name"],
        email=row["email"],
        roles=frozenset(row["roles"]),
        locale=row["locale"],
        session_id=row["id"],
        csrf_secret=hashed.hex(),
        via="session",
        confirmed_recently=row["confirmed_at"] > now() - CONFIRMED,
        second_step_missing=second_step_missing(row),
    )


def second_step_missing(row: asyncpg.Record) -> bool:
    """Whether the roles of who asks wait for two-step sign-in: the one rule, for browsers and for programs."""
    return bool(row["roles"]) and not row["two_step"] and get_settings().staff_totp_required


async def seen(hashed: bytes) -> int:
    """Note that a session is in use, at most once a minute. Never an upsert: an ended session stays ended."""
    return await db.execute(
        "UPDATE session SET last_seen_at = now() WHERE token_hash = $1 AND ended_at IS NULL"
        " AND last_seen_at < now() - $2::interval",
        *(hashed, SEEN_EVERY),
    )


# --- the cookie -----------------------------------------------------------------------------------------------


def cookie_name() -> str:
    """With https the name itself forbids the cookie to be set for other hosts or paths."""
    return "__Host-sid" if get_settings().secure else "sid"


def token_of(request: Request[Any, Any, Any]) -> str | None:
    """The session token that a browser shows, if it can be one."""
    token = request.cookies.get(cookie_name(), "")
    return token if looks_like_token(token) else None


def give_cookie(response: Response[Any], opened: Opened) -> Response[Any]:
    response.set_cookie(
        Cookie(
            cookie_name(),
            value=opened.token,
            max_age=int(ABSOLUTE.total_seconds()) if opened.stays and not opened.waiting else None,
            path="/",
            secure=get_settings().secure,
            httponly=True,
            samesite="lax",
        )
    )
    return response


def take_cookie(response: Response[Any]) -> Response[Any]:
    response.set_cookie(
        Cookie(
            cookie_name(),
            value="",
            max_age=0,
            path="/",
            secure=get_settings().secure,
            httponly=True,
            samesite="lax",
        )
    )
    return response


# --- inside a verb's transaction --------------------------------------------------------------------------------


async def open_session(
    person: UUID, origin: Origin, *, stays: bool, waiting: bool = False, replaces: str | None = None
) -> Opened:
    """A new session with a new token, in the open transaction. The one that the browser had (`replaces`) ends."""
    if replaces is not None:
        await end_token(replaces, "replaced")
    token = make_token()
    lasts = WAITING if waiting else ABSOLUTE
    await db.execute(
        "INSERT INTO session (id, token_hash, person, waiting, stays, device, network, created_at, last_seen_at,"
        " confirmed_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now(), now(), now() + $8::interval)",
        *(new_id(), digest(token), person, waiting, stays, origin.device, origin.network, lasts),
    )
    return Opened(token, person, stays, waiting)


async def end_token(token: str, reason: str) -> asyncpg.Record | None:
    """End the session of a token; its person, or None when there was none."""
    return await db.fetchrow(
        "UPDATE session SET ended_at = now(), ended_reason = $2 WHERE token_hash = $1 AND ended_at IS NULL"
        " RETURNING id, person",
        *(digest(token), reason),
    )


async def end_sessions_of(person: UUID, reason: str, *, but: UUID | None = None) -> int:
    """End every session of a person, except perhaps one; how many."""
    return await db.execute(
        "UPDATE session SET ended_at = now(), ended_reason = $2 WHERE person = $1 AND ended_at IS NULL"
        " AND id IS DISTINCT FROM $3",
        *(person, reason, but),
    )


async def renew(actor: Actor, *, confirmed: bool = False) -> Opened | None:
    """A new token for the actor's session, in the open transaction: after what changes who may do what.

    None for an actor without a session, or when it has ended meanwhile.
    """
    token = make_token()
    stays = await db.fetchval(
        "UPDATE session SET token_hash = $2, confirmed_at = CASE WHEN $3 THEN now() ELSE confirmed_at END"
        " WHERE id = $1 AND ended_at IS NULL RETURNING stays",
        *(actor.session_id, digest(token), confirmed),
    )
    return None if stays is None else Opened(token, actor.person_id, stays)


# --- verbs and lists --------------------------------------------------------------------------------------------


async def sign_out(token: str | None) -> None:
    """End the session of this browser. Idempotent."""
    if token is not None:
        await end_token(token, "signed out")


async def sessions_of(actor: Actor) -> list[asyncpg.Record]:
    """The browsers that are signed in as the actor, this one first."""
    return await db.fetch(
        "SELECT id, device, network, stays, created_at, last_seen_at, id IS NOT DISTINCT FROM $2 AS this FROM session"
        " WHERE person = $1 AND ended_at IS NULL AND NOT waiting AND expires_at > now()"
        " AND (stays OR last_seen_at > now() - $3::interval) ORDER BY this DESC, last_seen_at DESC LIMIT 50",
        *(actor.person_id, actor.session_id, IDLE),
    )


async def end_session(actor: Actor, session: UUID) -> None:
    """End one of the actor's own sessions; anybody else's is not found."""
    rows = await db.execute(
        "UPDATE session SET ended_at = now(), ended_reason = 'ended from the list' WHERE id = $1 AND person = $2"
        " AND ended_at IS NULL",
        *(session, actor.person_id),
    )
    if not rows:
        raise NotFound


async def end_other_sessions(actor: Actor) -> int:
    """End every session of the actor but this one; how many. Idempotent."""
    return await end_sessions_of(actor.person_id, "ended from the list", but=actor.session_id)
