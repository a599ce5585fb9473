"""Where a request comes from, in the little that is kept of it: the browser in two words, and the network."""

import ipaddress
import re
from typing import Any

from litestar.connection import ASGIConnection

from app.people.record import Origin

_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "coc_coc": "Cốc Cốc",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def network_of(address: str) -> str:
    """The /24 or /64 that an address lies in: what limits count, and all that is stored."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network((found, 64), strict=False))
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24), strict=False))


def device_of(user_agent: str) -> str:
    """A browser's name for its owner: "Firefox · Linux". Unknown programs are named by their first word."""
    text = user_agent[:400]
    browser = next((name for sign, name in _BROWSERS.items() if sign in text), "")
    system = next((name for sign, name in _SYSTEMS.items() if sign in text), "")
    if browser or system:
        return " · ".join(part for part in (browser, system) if part)
    first = re.match(r"[A-Za-z0-9 ._-]{1,30}", text)
    return first[0].strip() if first else ""


def origin_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Origin:
    """The origin of a request. The server tells the client's address, so that a forged header changes nothing."""
    client = connection.client
    return Origin(
        device=device_of(connection.headers.get("user-agent", "")), network=network_of(client.host if client else "")
    )
