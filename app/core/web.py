"""What routes are made of: who asks, pages and fragments, answers to posts, guards. No subject, no SQL."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any, Literal, cast
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT, HTTP_303_SEE_OTHER

from app.core import i18n, templating
from app.core.errors import DomainError, NotAllowed, NotSignedIn, SecondStepFirst
from app.core.settings import get_settings

FLASH_COOKIE = "flash"
LANGUAGE_COOKIE = "lang"
THEME_COOKIE = "theme"
WAITING_COOKIE = "waiting"
WAITING_SECONDS = 120
"""So long a number of what waits is shown without asking again, also where it is none."""

public: dict[str, Any] = {"public": True}
"""`opt=public` declares that anybody may call a route; every other route needs a guard, or the build fails."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: a person with a session or a token, or nobody in particular."""

    id: UUID | None = None
    name: str = ""
    email: str = ""
    roles: frozenset[str] = frozenset()
    locale: str | None = None
    session_id: UUID | None = None
    csrf_secret: str = ""
    via: Literal["nobody", "session", "token"] = "nobody"
    confirmed_recently: bool = False
    second_step_missing: bool = False
    """The roles have to wait for two-step sign-in: until then they give nothing."""

    @property
    def signed_in(self) -> bool:
        return self.id is not None

    def has(self, *roles: str) -> bool:
        """Whether one of `roles` works for the actor; an admin has all of them."""
        return not self.second_step_missing and self._holds(roles)

    def _holds(self, roles: tuple[str, ...]) -> bool:
        return "admin" in self.roles or not self.roles.isdisjoint(roles)

    def require(self, *roles: str) -> None:
        """Raise NotAllowed without one of `roles`, SecondStepFirst where it waits for two-step sign-in."""
        if not self._holds(roles):
            raise NotAllowed
        if self.second_step_missing:
            raise SecondStepFirst

    @property
    def person_id(self) -> UUID:
        """The account's id; NotSignedIn for nobody."""
        if self.id is None:
            raise NotSignedIn
        return self.id


NOBODY = Actor()


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    return cast("Actor", connection.scope.get("actor", NOBODY))


async def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """The dependency `actor` of every route."""
    return actor_of(request)


# --- guards ---------------------------------------------------------------------------------------------------


async def own_account(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard of one's own account: only people who are signed in, also staff whose two-step sign-in is still off."""
    if not actor_of(connection).signed_in:
        raise NotSignedIn


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: only people who are signed in; staff whose two-step sign-in is still off are led to it.

    Their programs go on where no role is needed: a token was made on purpose, and `Actor.has` gives it no role.
    """
    await own_account(connection, handler)
    actor = actor_of(connection)
    if actor.second_step_missing and actor.via == "session":
        raise SecondStepFirst


def role(*roles: str) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Any]:
    """Guard: only people with one of `roles` (or admins)."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        actor = actor_of(connection)
        if not actor.signed_in:
            raise NotSignedIn
        actor.require(*roles)

    guard.__name__ = f"role_{'_'.join(roles)}"
    return guard


# --- pages ----------------------------------------------------------------------------------------------------


def wants_fragment(request: Request[Any, Any, Any]) -> bool:
    """Whether HTMX asks for a part of the page: not for boosted links, nor when going back."""
    headers = request.headers
    return (
        headers.get("hx-request") == "true"
        and headers.get("hx-boosted") != "true"
        and headers.get("hx-history-restore-request") != "true"
    )


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    fragment: str | tuple[str, ...] | None = None,
    status: int = HTTP_200_OK,
    **context: object,
) -> Response[str]:
    """The whole page, or for HTMX the block `fragment` of it (of several: the one that is HX-Target)."""
    block = None
    if fragment and wants_fragment(request):
        choices = (fragment,) if isinstance(fragment, str) else fragment
        target = request.headers.get("hx-target", "")
        block = target if target in choices else choices[0]
    flash = read_flash(request) if block is None else None
    text = templating.render(template, {**frame(request), "flash": flash, **context}, block)
    response = Response(text, media_type="text/html", status_code=status)
    if flash is not None:
        response.delete_cookie(FLASH_COOKIE)
    return response


def frame(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """What every template may rely on."""
    actor = actor_of(request)
    return {
        "actor": actor,
        "locale": i18n.current_locale(),
        "origin": get_settings().origin,
        "csrf_token": csrf_token(actor),
        "current_path": request.scope["path"],
        "current_query": request.scope.get("query_string", b"").decode("latin-1"),
        "theme": theme if (theme := request.cookies.get(THEME_COOKIE, "")) in ("light", "dark") else "",
        "request_id": request.scope.get("request_id", ""),
        "waits_for_you": waits_for(request, actor) if actor.signed_in else None,
    }


def waits_for(request: Request[Any, Any, Any], actor: Actor) -> int | None:
    """How much waits for the person, as it was counted a moment ago; None when it is to be asked for anew."""
    number, _dot, whose = request.cookies.get(WAITING_COOKIE, "").partition(".")
    known = number.isascii() and number.isdigit() and len(number) < 6 and whose == _whose(actor)
    return int(number) if known else None


def remember_waiting(response: Response[Any], actor: Actor, number: int) -> None:
    """Keep the number in the browser for a while, for this session alone."""
    text = f"{min(number, 99_999)}.{_whose(actor)}"
    cookie = Cookie(WAITING_COOKIE, value=text, max_age=WAITING_SECONDS, httponly=True, samesite="lax",
                    secure=get_settings().secure)  # fmt: skip
    response.set_cookie(cookie)


def _whose(actor: Actor) -> str:
    return _sign("waiting", f"{actor.session_id or actor.id}")[:12]


_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def done(
    request: Request[Any, Any, Any],
    *,
    to: str,
    message: str | None = None,
    draw: Callable[[], Response[Any]] | None = None,
) -> Response[Any]:
    """The answer after a post: 303 to `to` with `message` shown there; for HTMX `draw()`, else a move to `to`.

    `to` is a path of ours; use `local_path` on anything that came from a request.
    """
    to = quote(to, safe=_ASCII)  # a header holds no other letters, and people type addresses with theirs
    if wants_fragment(request):
        if draw is not None:
            response = draw()
            if message:
                response.set_header("HX-Trigger", json.dumps({"toast": message}))
            return response
        response = Response(None, status_code=HTTP_204_NO_CONTENT, headers={"HX-Redirect": to})
    else:
        response = Response(None, status_code=HTTP_303_SEE_OTHER, headers={"Location": to})
    if message:
        response.set_cookie(_flash_cookie(message))
    return response


def local_path(path: str | None, fallback: str = "/") -> str:
    """`path` if it stays on this site, else `fallback`: no //host, /\\host, scheme or control characters."""
    if not path or len(path) > 2000 or not path.startswith("/") or path[1:2] in ("/", "\\"):
        return fallback
    if any(ord(c) < 0x21 or c == "\\" for c in path):
        return fallback
    return path


# --- flash messages and the CSRF fallback token ----------------------------------------------------------------


def _sign(purpose: str, text: str) -> str:
    key = f"{purpose}:{get_settings().secret_key}".encode()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def _flash_cookie(message: str) -> Cookie:
    text = base64.urlsafe_b64encode(message[:600].encode()).decode()
    return Cookie(
        FLASH_COOKIE,
        value=f"{text}.{_sign('flash', text)}",
        max_age=60,
        httponly=True,
        samesite="lax",
        secure=get_settings().secure,
    )


def read_flash(request: Request[Any, Any, Any]) -> str | None:
    text, _dot, signature = request.cookies.get(FLASH_COOKIE, "").partition(".")
    if not text or not hmac.compare_digest(signature.encode(), _sign("flash", text).encode()):
        return None
    return base64.urlsafe_b64decode(text).decode("utf-8", "replace")


def csrf_token(actor: Actor) -> str:
    """The fallback token of this session's forms, for browsers that send neither Sec-Fetch-Site nor Origin.

    It differs on every page, because pages are compressed and a constant secret could be guessed by size.
    """
    if not actor.csrf_secret:
        return ""
    salt = secrets.token_hex(8)
    return f"{salt}.{_sign('csrf', salt + actor.csrf_secret)}"


def csrf_token_fits(actor: Actor, token: str) -> bool:
    salt, _dot, signature = token.partition(".")
    if not actor.csrf_secret or not signature:
        return False
    return hmac.compare_digest(_sign("csrf", salt + actor.csrf_secret).encode(), signature.encode("utf-8", "replace"))


# --- errors ---------------------------------------------------------------------------------------------------


def wants_json(scope: Any) -> bool:
    if scope["path"].startswith("/api/"):
        return True
    accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
    return "application/json" in accept and "text/html" not in accept


def error_body(error: DomainError) -> dict[str, Any]:
    """The JSON shape of an error, in both languages."""
    fields = getattr(error, "fields", {})
    return {
        "error": {
            "code": error.code,
            "message_vi": error.text("vi"),
            "message_en": error.text("en"),
            "fields": {
                name: {"message_vi": phrase.text("vi", **error.params), "message_en": phrase.text("en", **error.params)}
                for name, phrase in fields.items()
            },
        }
    }
