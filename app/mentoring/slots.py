"""When somebody can be met: weekly hours in a mentor's own time, changed days, what is taken. Pure, no database.

Local times mean what the clock on the mentor's wall shows. A time that a change of the clock leaves out is the moment
of the change; one that comes twice is the first of the two. Lengths are real minutes, whatever clocks do meanwhile.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import msgspec

DAYS = 28
"""How far ahead people book."""
WHOLE_DAY = 1440

Range = tuple[datetime, datetime]


class Week(msgspec.Struct, frozen=True):
    """Minutes of a local day in every week; Monday is 0."""

    weekday: int
    starts: int
    ends: int


class Changed(msgspec.Struct, frozen=True):
    """A day that differs: not free from `starts` to `ends`, or, `extra`, free besides."""

    day: date
    extra: bool
    starts: int = 0
    ends: int = WHOLE_DAY


class Taken(msgspec.Struct, frozen=True):
    """Time of a mentor that is gone, with the pause behind it. `counts`: a session of theirs, of so many minutes."""

    starts_at: datetime
    ends_at: datetime
    counts: int = 0


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """On which terms a mentor is met; None means that nobody named a limit."""

    zone: str = "Asia/Ho_Chi_Minh"
    minutes: int = 45
    pause: int = 15
    notice_hours: int = 0
    hours_per_month: int | None = None
    sessions_per_week: int | None = None


@lru_cache(64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name; Vietnam's where it is not one."""
    return ZoneInfo(name if name in zone_names() else "Asia/Ho_Chi_Minh")


@lru_cache(1)
def zone_names() -> frozenset[str]:
    """Every region's name: no abbreviations, no offsets without a place."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "System")))


def moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant at which the clock of `zone` shows so many minutes of the day."""
    day += timedelta(days=minute // WHOLE_DAY)
    local = datetime.combine(day, time(minute % WHOLE_DAY // 60, minute % 60), tzinfo=zone)
    found = local.astimezone(UTC)
    back = found.astimezone(zone)
    if back.replace(tzinfo=None) == local.replace(tzinfo=None):
        return found
    return _change_before(found, back, zone)


def _change_before(found: datetime, back: datetime, zone: ZoneInfo) -> datetime:
    """The moment, shortly before `found`, at which the clock went forward."""
    low, high, after = int(found.timestamp()) - 10_800, int(found.timestamp()), back.utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)


def windows(
    zone: ZoneInfo, week: Sequence[Week], changed: Sequence[Changed], first: date, days: int = DAYS + 2
) -> list[Range]:
    """Every stretch in which the mentor is there, from a local day on, merged and in order."""
    by_day: dict[date, list[Changed]] = {}
    for one in changed:
        by_day.setdefault(one.day, []).append(one)
    by_weekday: dict[int, list[tuple[int, int]]] = {}
    for part in week:
        by_weekday.setdefault(part.weekday, []).append((part.starts, part.ends))
    found: list[Range] = []
    for number in range(days):
        day = first + timedelta(days=number)
        for starts, ends in _of_day(by_weekday.get(day.weekday(), []), by_day.get(day, [])):
            begins, over = moment(day, starts, zone), moment(day, ends, zone)
            if begins < over:
                found.append((begins, over))
    return merged(found)


def _of_day(usual: list[tuple[int, int]], changes: list[Changed]) -> list[tuple[int, int]]:
    """A day's minutes: what is usual without what is closed, then what is open besides; extra hours win."""
    parts = usual
    for one in changes:
        if not one.extra:
            parts = [piece for part in parts for piece in _without(part, (one.starts, one.ends))]
    parts = parts + [(one.starts, one.ends) for one in changes if one.extra]
    return sorted(parts)


def _without(part: tuple[int, int], hole: tuple[int, int]) -> list[tuple[int, int]]:
    pieces = [(part[0], min(part[1], hole[0])), (max(part[0], hole[1]), part[1])]
    return [piece for piece in pieces if piece[0] < piece[1]]


def merged(ranges: Iterable[Range]) -> list[Range]:
    """In order, those that touch or overlap as one: a window may reach over midnight."""
    found: list[Range] = []
    for starts_at, ends_at in sorted(ranges):
        if found and starts_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends_at))
        else:
            found.append((starts_at, ends_at))
    return found


def free(
    terms: Terms, week: Sequence[Week], changed: Sequence[Changed], taken: Sequence[Taken], now: datetime
) -> list[datetime]:
    """The beginnings that can be booked in the next four weeks, in order: late enough, nowhere taken, within limits."""
    zone = zone_of(terms.zone)
    earliest, last = now + timedelta(hours=terms.notice_hours), now + timedelta(days=DAYS)
    length, step = timedelta(minutes=terms.minutes), timedelta(minutes=terms.minutes + terms.pause)
    pause = timedelta(minutes=terms.pause)
    holes = merged((one.starts_at - pause, one.ends_at) for one in taken)
    limits = _Limits(terms, zone, taken)
    first = now.astimezone(zone).date() - timedelta(days=1)
    found = []
    for begins, over in _minus(windows(zone, week, changed, first), holes):
        at = begins
        while at + length <= over:
            if earliest <= at <= last and limits.allow(at):
                found.append(at)
            at += step
    return found


def _minus(parts: Sequence[Range], holes: Sequence[Range]) -> Iterable[Range]:
    """What is left of `parts`; both in order and without overlaps."""
    place = 0
    for begins, over in parts:
        while place < len(holes) and holes[place][1] <= begins:
            place += 1
        at, look = begins, place
        while look < len(holes) and holes[look][0] < over:
            if at < holes[look][0]:
                yield at, holes[look][0]
            at = max(at, holes[look][1])
            look += 1
        if at < over:
            yield at, over


class _Limits:
    """What is left of a mentor's month and week, by the calendar on their wall."""

    def __init__(self, terms: Terms, zone: ZoneInfo, taken: Sequence[Taken]) -> None:
        self._terms, self._zone = terms, zone
        self._minutes: dict[tuple[int, int], int] = {}
        self._sessions: dict[tuple[int, int], int] = {}
        self._limited = terms.hours_per_month is not None or terms.sessions_per_week is not None
        for one in taken if self._limited else ():
            if one.counts:
                month, week = self._places(one.starts_at)
                self._minutes[month] = self._minutes.get(month, 0) + one.counts
                self._sessions[week] = self._sessions.get(week, 0) + 1

    def _places(self, at: datetime) -> tuple[tuple[int, int], tuple[int, int]]:
        day = at.astimezone(self._zone).date()
        year, week, _weekday = day.isocalendar()
        return (day.year, day.month), (year, week)

    def allow(self, at: datetime) -> bool:
        if not self._limited:
            return True
        month, week = self._places(at)
        hours, sessions = self._terms.hours_per_month, self._terms.sessions_per_week
        if hours is not None and self._minutes.get(month, 0) + self._terms.minutes > hours * 60:
            return False
        return sessions is None or self._sessions.get(week, 0) < sessions


def counted_since(now: datetime) -> datetime:
    """From when on sessions have to be known, so that the month and the week of `now` are counted whole."""
    return now - timedelta(days=38)


def busy(at: datetime, minutes: int, taken: Iterable[Range]) -> bool:
    """Whether a session at this time would overlap with something of the reader's own."""
    ends_at = at + timedelta(minutes=minutes)
    return any(starts < ends_at and at < ends for starts, ends in taken)
