"""The outermost layer: each request gets an id, a language and an actor, each answer its headers and a line in the log.

It lies outside Litestar because Litestar's middleware does not see 404 and 405.
"""

import re
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from litestar import Request

from app.assets import asset
from app.core import i18n
from app.core.answers import BadRequest, answer
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.metrics import REQUESTS, SECONDS
from app.core.security import SAFE_METHODS, CrossSite, came_from_us, headers_for, host_is_ours
from app.core.settings import Settings
from app.core.web import LANGUAGE_COOKIE, NOBODY, Actor

log = structlog.get_logger()

Authenticate = Callable[[Request[Any, Any, Any]], Awaitable[Actor]]

BARE = ("/static/", "/healthz", "/readyz", "/metrics")
"""Paths that need no actor and must answer while the database does not."""
_METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}
"""What is counted by its own name; whatever else somebody makes up is one kind."""
_FILE = re.compile(r"/static/[A-Za-z0-9._/@+-]{1,200}")
"""What our files are called; other names (a NUL, thousands of letters) are not even looked for on the disk."""
_LANGUAGE = re.compile(rb"(?:^|&)lang=(vi|en)(?:&|$)")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class Shell:
    """Wraps the application. `authenticate` is the subjects' way to tell who asks."""

    def __init__(self, app: Any, settings: Settings, authenticate: Authenticate) -> None:
        self.app = app
        self.settings = settings
        self.authenticate = authenticate
        self.headers = headers_for(settings)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self._serve(scope, receive, send)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        begun = time.perf_counter()
        asked = scope["method"]
        if asked == "HEAD":
            # Litestar registers no HEAD beside GET; monitors and link checkers use it
            scope["method"] = "GET"
        headers = {name.lower(): value for name, value in scope["headers"]}
        given = headers.get(b"x-request-id", b"")
        request_id = given.decode() if _REQUEST_ID.fullmatch(given) else new_id().hex
        scope.setdefault("state", {})
        scope["request_id"] = request_id
        scope["actor"] = NOBODY
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status = 500
        started = False

        async def send_with_headers(message: Any) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status = message["status"]
                started = True
                message["headers"] = [*message["headers"], *self._extra(scope, message, request_id)]
            elif asked == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        try:
            if await self._enter(scope, receive, send_with_headers, headers):
                await self.app(scope, receive, send_with_headers)
        except Exception as error:
            if started:
                log.error("unhandled exception after the answer began", exc_info=error)
                raise
            await _say(scope, receive, send_with_headers, error)
        finally:
            seconds = time.perf_counter() - begun
            route = scope.get("path_template") or "-"
            counted = asked if asked in _METHODS else "other"
            REQUESTS.labels(counted, route, status).inc()
            SECONDS.labels("GET" if counted == "HEAD" else counted, route).observe(seconds)
            if not scope["path"].startswith(BARE):
                log.info("request", method=asked, route=route, status=status, ms=round(seconds * 1000, 1))

    async def _enter(self, scope: Any, receive: Any, send: Any, headers: dict[bytes, bytes]) -> bool:
        """Decide language, actor and origin; False when the request has been answered already."""
        if scope["path"].startswith("/static/") and not _FILE.fullmatch(scope["path"]):
            await _say(scope, receive, send, NotFound())
            return False
        if scope["path"].startswith(BARE):
            return True
        request: Request[Any, Any, Any] = Request(scope, receive)
        accept = headers.get(b"accept-language", b"").decode("latin-1")
        # an address that names its language is read in it, by crawlers and by whoever was sent the link
        named = _LANGUAGE.search(scope.get("query_string", b"")) if scope["method"] in SAFE_METHODS else None
        wanted = named[1].decode() if named else None
        i18n.set_locale(i18n.negotiate(wanted, request.cookies.get(LANGUAGE_COOKIE), accept))
        if not host_is_ours(self.settings, headers.get(b"host", b"").decode("latin-1")):
            await _say(scope, receive, send, BadRequest())
            return False
        bearer = headers.get(b"authorization", b"")[:7].lower() == b"bearer "
        if scope["method"] not in SAFE_METHODS and not bearer:
            ours = came_from_us(self.settings, headers)
            if ours is False:
                await _say(scope, receive, send, CrossSite())
                return False
            scope["csrf_pending"] = ours is None
        actor = await self.authenticate(request)
        scope["actor"] = actor
        if actor.via != "session":
            scope["csrf_pending"] = False
        if actor.locale and not wanted:
            i18n.set_locale(i18n.negotiate(actor.locale, None, ""))
        return True

    def _extra(self, scope: Any, message: Any, request_id: str) -> list[tuple[bytes, bytes]]:
        names = {name.lower() for name, _value in message["headers"]}
        status = message["status"]
        extra = [pair for pair in self.headers if pair[0] not in names]
        extra.append((b"x-request-id", request_id.encode()))
        path = scope["path"]
        if path.startswith("/static/"):
            if b"cache-control" not in names:
                address = f"{path}?{scope.get('query_string', b'').decode('latin-1')}"
                lasting = status == HTTPStatus.OK and asset(path.removeprefix("/static/")) == address
                kept = b"public, max-age=31536000, immutable" if lasting else b"public, max-age=60"
                extra.append((b"cache-control", kept))
            return extra
        if b"cache-control" not in names:
            private = scope["actor"].signed_in
            extra.append((b"cache-control", b"private, no-store" if private else b"private, no-cache"))
        if not _is_for_all(message):
            extra.append((b"vary", b"HX-Request, HX-Target, Cookie, Accept-Language"))
        return extra


def _is_for_all(message: Any) -> bool:
    """Whether the answer says of itself that everybody gets the same: a public picture, for example."""
    return any(name.lower() == b"cache-control" and value.startswith(b"public") for name, value in message["headers"])


async def _say(scope: Any, receive: Any, send: Any, error: Exception) -> None:
    """Send the answer for an error that Litestar did not see."""
    request: Request[Any, Any, Any] = Request(scope, receive)
    response = answer(request, error)
    asgi = response.to_asgi_response(app=None, request=request)
    await asgi(scope, receive, send)
