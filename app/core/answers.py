"""Errors become answers in one place: a page, a fragment or JSON. Nothing of the request is ever echoed."""

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import asyncpg
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from app.core import templating
from app.core.errors import (
    Busy,
    Conflict,
    DomainError,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    SecondStepFirst,
    TooMany,
)
from app.core.i18n import N_, Phrase
from app.core.web import error_body, frame, local_path, wants_fragment, wants_json

log = structlog.get_logger()


class BadRequest(DomainError):
    message = N_("Your browser sent something we cannot read.")


class MethodNotAllowed(DomainError):
    message = N_("This address does not take that kind of request.")
    status = 405


class TooLarge(DomainError):
    message = N_("What you sent is too large.")
    status = 413


class Internal(DomainError):
    message = N_("Something broke on our side. We have been told; please try again in a moment.")
    status = 500


_BY_STATUS: dict[int, type[DomainError]] = {
    400: BadRequest,
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    413: TooLarge,
    422: Invalid,
    503: Busy,
}

TITLES: dict[int, Phrase] = {
    400: N_("We could not read that"),
    401: N_("Please sign in"),
    403: N_("Not open to you"),
    404: N_("Not found"),
    405: N_("That does not work here"),
    409: N_("Something changed meanwhile"),
    413: N_("Too large"),
    422: N_("Please check what you entered"),
    429: N_("A little slower, please"),
    500: N_("Something broke"),
    503: N_("Very busy right now"),
}


_PASSES = (
    asyncpg.PostgresConnectionError
    | asyncpg.OperatorInterventionError
    | asyncpg.TooManyConnectionsError
    | asyncpg.LockNotAvailableError
    | asyncpg.DeadlockDetectedError
    | asyncpg.SerializationError
    | ConnectionError
    | TimeoutError
)
"""What the database cannot do right now and can a moment later."""

_NEEDS_HANDS = asyncpg.InsufficientResourcesError | asyncpg.ReadOnlySQLTransactionError
"""A full disk, no memory, a standby: to be tried again like the others, but not before somebody has seen to it."""


def _of_status(status: int) -> DomainError:
    """The framework's own refusals; what it calls a fault of the server is ours."""
    found = _BY_STATUS.get(status)
    if found:
        return found()
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TooMany()
    return Internal() if status >= HTTPStatus.INTERNAL_SERVER_ERROR else BadRequest()


def as_domain_error(error: BaseException) -> DomainError:
    """What an exception means to the person who asked."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, ValidationException):
        return BadRequest()
    if isinstance(error, HTTPException):
        return _of_status(error.status_code)
    if isinstance(error, _PASSES | _NEEDS_HANDS):
        return Busy()
    if isinstance(
        error, asyncpg.CharacterNotInRepertoireError | asyncpg.UntranslatableCharacterError | asyncpg.DataError
    ):
        return BadRequest()
    return Internal()


def answer(request: Request[Any, Any, Any], error: BaseException) -> Response[Any]:
    """The response for an exception, logged once when it is our fault."""
    said = as_domain_error(error)
    if said.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log_once(request, error, said)
    headers: dict[str, str] = {}
    if isinstance(said, TooMany | Busy):
        headers["Retry-After"] = str(said.retry_after)
    if wants_json(request.scope):
        return Response(
            json.dumps(error_body(said), ensure_ascii=False).encode(),
            status_code=said.status,
            media_type="application/json",
            headers=headers,
        )
    if isinstance(said, NotSignedIn):
        return _led_to(request, "/sign-in", said)
    if isinstance(said, SecondStepFirst):
        return _led_to(request, "/account/two-step", said)
    return _drawn(request, said, headers)


def _log_once(request: Request[Any, Any, Any], error: BaseException, said: DomainError) -> None:
    if isinstance(said, Busy):
        cause = error.__cause__ or error
        tell = log.error if isinstance(cause, _NEEDS_HANDS) else log.warning
        tell("busy", error=repr(cause))
    else:
        log.error("unhandled exception", method=request.scope["method"], exc_info=error)


def _led_to(request: Request[Any, Any, Any], door: str, said: DomainError) -> Response[Any]:
    """The way to the page that has to come first, and from there back to where somebody wanted to go.

    A part of a page leads back to its page: who comes back wants the desk and not its count alone.
    """
    part = request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"
    to = f"{door}?next={quote((_page_around(request) if part else '') or _page_asked(request), safe='/')}"
    if part:
        return Response(None, status_code=said.status, headers={"HX-Redirect": to})
    return Response(None, status_code=303, headers={"Location": to})


def _page_asked(request: Request[Any, Any, Any]) -> str:
    path = request.scope["path"] if request.scope["method"] == "GET" else "/"
    query = request.scope.get("query_string", b"").decode("latin-1")
    return path + (f"?{query}" if query else "")


def _page_around(request: Request[Any, Any, Any]) -> str:
    """The page that HTMX says it runs on, as a path of ours; "" when it does not say."""
    try:
        url = urlsplit(request.headers.get("hx-current-url", ""))
    except ValueError:
        return ""
    return local_path(url.path + (f"?{url.query}" if url.query else ""), "")


def _drawn(request: Request[Any, Any, Any], said: DomainError, headers: dict[str, str]) -> Response[Any]:
    template = "error_fragment.html" if wants_fragment(request) else "error.html"
    context = {
        "status": said.status,
        "title": TITLES.get(said.status, TITLES[400]).text(),
        "message": said.text(),
        "flash": None,
        "current_path": "/",
        "current_query": "",
    }
    try:
        text = templating.render(template, {**frame(request), **context})
    except Exception as broken:
        log.error("error page failed", exc_info=broken)
        text = f"{said.status} {context['title']}\n{context['message']}"
        return Response(text, media_type="text/plain; charset=utf-8", status_code=said.status, headers=headers)
    return Response(text, media_type="text/html", status_code=said.status, headers=headers)


def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The exception handler of the application, for every exception and status."""
    return answer(request, error)
