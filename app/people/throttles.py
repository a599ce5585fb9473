"""How often may be tried what others could abuse. Counted by account, by network and in all; nothing locks for good.

A browser that was signed in before has a count of its own, so that strangers who guess do not keep its owner out.
"""

import hashlib
import hmac
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie

from app.core import limits
from app.core.settings import get_settings
from app.people.accounts import email_key

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_KNOWN_SECONDS = 180 * DAY


async def sign_in(email: str, network: str, known: bool) -> None:
    """Before a password is looked at, whether or not the account exists. Raises TooMany."""
    account = ("known:" if known else "") + email_key(email)
    await limits.hit("sign-in", account, 10, 5 * MINUTE)
    await limits.hit("sign-in-hour", account, 40, HOUR)
    await limits.hit("sign-in-network", network, 300, 5 * MINUTE)
    await limits.hit("sign-in-all", "", 3000, 5 * MINUTE)


async def password_was_right(email: str) -> None:
    """Forget the attempts on an account: its owner is here."""
    for account in (email_key(email), "known:" + email_key(email)):
        await limits.forgive("sign-in", account)
        await limits.forgive("sign-in-hour", account)


async def second_step(person: object) -> None:
    await limits.hit("second-step", person, 5, 5 * MINUTE)
    await limits.hit("second-step-hour", person, 20, HOUR)
    await limits.hit("second-step-day", person, 50, DAY)


async def mail_to(purpose: str, email: str, network: str) -> None:
    """Before a mail is promised: an address gets few, a network and the whole site many. Raises TooMany."""
    await limits.hit(f"mail-{purpose}", email_key(email), 5, 6 * HOUR)
    await limits.hit("mail-network", network, 200, HOUR)
    await limits.hit("mail-all", "", 5000, HOUR)


async def link(token_hash: bytes) -> None:
    """Before a password is tried on a link that another browser asked for."""
    await limits.hit("link", token_hash.hex(), 10, HOUR)


# --- browsers that were here before -----------------------------------------------------------------------------


def _cookie_name() -> str:
    return "__Host-known" if get_settings().secure else "known"


def _sign(email: str) -> str:
    key = f"known:{get_settings().secret_key}".encode()
    return hmac.new(key, email_key(email).encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def is_known(request: Request[Any, Any, Any], email: str) -> bool:
    """Whether this browser was signed in with that address before."""
    shown = request.cookies.get(_cookie_name(), "")[:500].split(".")
    return any(hmac.compare_digest(part.encode("utf-8", "replace"), _sign(email).encode()) for part in shown)


def remember(request: Request[Any, Any, Any], response: Response[Any], email: str) -> Response[Any]:
    """Let this browser be known again; it remembers the last four addresses."""
    before = [part for part in request.cookies.get(_cookie_name(), "").split(".") if len(part) == 64]
    parts = [_sign(email), *(part for part in before if part != _sign(email))][:4]
    response.set_cookie(
        Cookie(
            _cookie_name(),
            value=".".join(parts),
            max_age=_KNOWN_SECONDS,
            path="/",
            secure=get_settings().secure,
            httponly=True,
            samesite="lax",
        )
    )
    return response
