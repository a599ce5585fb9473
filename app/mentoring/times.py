"""How moments are said: in the reader's time zone and, where it differs, in the mentor's, both named."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date as babel_date
from babel.dates import get_timezone_location
from litestar import Request, Response
from litestar.datastructures import Cookie

from app.core.clock import now
from app.core.i18n import current_locale
from app.core.settings import get_settings
from app.mentoring.slots import zone_names, zone_of

ZONE_COOKIE = "tz"
VIETNAM = "Asia/Ho_Chi_Minh"
USUAL = (
    VIETNAM,
    "Asia/Singapore",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
)
"""Named first where a zone is chosen: where people of this ecosystem mostly are."""


class When(msgspec.Struct, frozen=True):
    """A moment as it is drawn. `there`: the mentor's own clock, "" where it shows the same."""

    at: datetime
    day: str
    clock: str
    there: str
    iso: str


def asked_zone(request: Request[Any, Any, Any]) -> str:
    """The reader's time zone: as asked for just now, as chosen before, else Vietnam's."""
    for name in (request.query_params.get("zone", ""), request.cookies.get(ZONE_COOKIE, "").replace("%2F", "/")):
        if name in zone_names():
            return name
    return VIETNAM


def remember(request: Request[Any, Any, Any], response: Response[Any]) -> Response[Any]:
    """Keep a zone that was asked for, so that the next page shows it too."""
    if request.query_params.get("zone", "") in zone_names():
        response.set_cookie(
            Cookie(ZONE_COOKIE, asked_zone(request), max_age=31_536_000, samesite="lax", secure=get_settings().secure)
        )
    return response


@lru_cache(512)
def _city(name: str, locale: str) -> str:
    return get_timezone_location(ZoneInfo(name), locale=locale, return_city=True)


def zone_label(name: str, at: datetime | None = None) -> str:
    """The zone by its city and its present distance: "Berlin (GMT+1)"."""
    offset = (at or now()).astimezone(zone_of(name)).utcoffset()
    minutes = round(offset.total_seconds() / 60) if offset else 0
    sign, rest = "+" if minutes >= 0 else "−", abs(minutes) % 60
    return f"{_city(name, current_locale())} (GMT{sign}{abs(minutes) // 60}{f':{rest:02d}' if rest else ''})"


def zone_choices(*also: str) -> list[tuple[str, str]]:
    """Every zone to choose from, the usual ones first."""
    first = list(dict.fromkeys([*also, *USUAL]))
    rest = sorted(zone_names() - set(first))
    return [(name, zone_label(name)) for name in first if name in zone_names()] + [(name, name) for name in rest]


@lru_cache(4096)
def day_label(day: date, locale: str) -> str:
    return babel_date(day, format="EEEE, d/M" if locale == "vi" else "EEE d MMM", locale=locale)


def when(at: datetime, zone: str, there: str) -> When:
    """A moment for a reader in `zone` about somebody in `there`."""
    local, theirs = at.astimezone(zone_of(zone)), at.astimezone(zone_of(there))
    same = local.utcoffset() == theirs.utcoffset()
    other = "" if same else f"{theirs:%H:%M}"
    if other and theirs.date() != local.date():
        other = f"{other} {day_label(theirs.date(), current_locale())}"
    return When(at, day_label(local.date(), current_locale()), f"{local:%H:%M}", other, at.isoformat())


def by_day(moments: list[datetime], zone: str, there: str) -> list[tuple[str, list[When]]]:
    """Moments grouped by the reader's days, in order."""
    found: dict[str, list[When]] = {}
    for at in moments:
        one = when(at, zone, there)
        found.setdefault(one.day, []).append(one)
    return list(found.items())


def read_moment(text: str) -> datetime | None:
    """A moment as our own forms send it, with its offset; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None and 2000 <= found.year <= 2100 else None
