"""Pieces that the pages of people share: where an attempt comes from, answers that ask to wait or to confirm first."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response

from app.core.errors import TooMany
from app.core.web import Actor, done
from app.people import sessions, throttles
from app.people.signing_in import Attempt
from app.people.where import origin_of


def attempt_of(request: Request[Any, Any, Any], *, stays: bool = False, email: str = "") -> Attempt:
    """What stands around an attempt to sign in."""
    origin = origin_of(request)
    return Attempt(
        device=origin.device,
        network=origin.network,
        replaces=sessions.token_of(request),
        stays=stays,
        known=bool(email) and throttles.is_known(request, email),
    )


def too_many(response: Response[Any], error: TooMany) -> Response[Any]:
    """A form drawn again that says to wait, with the seconds for programs."""
    response.set_header("Retry-After", str(error.retry_after))
    return response


def quoted(path: str) -> str:
    return quote(path, safe="/")


def confirm_first(request: Request[Any, Any, Any], actor: Actor, to: str) -> Response[Any] | None:
    """The way to where the password is typed again, when it was typed too long ago; back to `to` afterwards."""
    if actor.confirmed_recently:
        return None
    return done(request, to=f"/account/confirm?next={quoted(to)}")
