"""What protects every page: where a request may come from, which hosts are answered, headers on every answer."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.core.errors import NotAllowed
from app.core.i18n import N_
from app.core.settings import Settings
from app.core.web import actor_of, csrf_token_fits

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_FIELD = "_csrf"
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{0,5})?")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)


class CrossSite(NotAllowed):
    message = N_(
        "This request came from another site, so we did not carry it out. Please open the page here and repeat it."
    )


def headers_for(settings: Settings) -> list[tuple[bytes, bytes]]:
    """The headers that every answer carries, whatever its status."""
    found = {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=()",
        "x-frame-options": "DENY",
    }
    if settings.secure:
        found["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return [(name.encode(), value.encode()) for name, value in found.items()]


def host_is_ours(settings: Settings, host: str) -> bool:
    """Whether a Host header names this site; outside production also this machine by any number."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match[1].strip("[]").lower()
    if name == urlsplit(settings.origin).hostname or name in settings.allowed_hosts:
        return True
    if settings.production:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def came_from_us(settings: Settings, headers: dict[bytes, bytes]) -> bool | None:
    """Whether an unsafe request was sent by a page of ours; None when the client does not say.

    Sec-Fetch-Site is the browser's own word; Origin is asked where it is absent.
    """
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    if origin is None:
        return None
    text = origin.decode("latin-1")
    if text == settings.origin:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    return not settings.production and bool(host) and text in (f"http://{host}", f"https://{host}")


async def csrf_guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard of the whole application: a session used by a client that names no origin must show its token.

    Browsers of the last five years never come here: the shell has judged their headers already.
    """
    if not connection.scope.get("csrf_pending"):
        return
    token = connection.headers.get("x-csrf-token", "")
    kind = connection.headers.get("content-type", "")
    form_types = ("application/x-www-form-urlencoded", "multipart/form-data")
    form = None
    if not token and isinstance(connection, Request) and kind.startswith(form_types):
        form = await connection.form()
        token = str(form.get(CSRF_FIELD, ""))
    if not csrf_token_fits(actor_of(connection), token):
        if form is not None:
            await form.close()  # files that came along lie on the disk
        raise CrossSite
