"""Schedule files as conference programs exchange them (frab, pretalx): the talks in them, JSON in and out.

The shape is that of the published schema for schedule.json; XML is in frab_xml.py. Values in, values out: what of it
is new for an event is decided in importing.py. Titles in the second language travel as the subtitle.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from app.core.clock import VIETNAM
from app.core.errors import Invalid
from app.core.i18n import N_, Phrase
from app.core.text import clean, clean_line, slugify

MOST_BYTES = 5_000_000
MOST_TALKS = 2000
MOST_MINUTES = 24 * 60
GENERATOR = "Ket Noi"
_DURATION = re.compile(r"([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9]))?", re.ASCII)
_CLOCK = re.compile(r"([0-2]?[0-9]):([0-5][0-9])(?::[0-5][0-9])?", re.ASCII)


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """One session of a schedule file."""

    guid: str
    number: int
    title: str
    subtitle: str = ""
    kind: str = ""
    language: str = ""
    track: str = ""
    abstract: str = ""
    description: str = ""
    room: str = ""
    starts_at: datetime
    minutes: int
    persons: tuple[str, ...] = ()
    slug: str = ""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of the event as a whole."""

    title: str
    acronym: str
    version: str
    url: str
    starts_at: datetime
    ends_at: datetime


class FileWrong(Invalid):
    """A schedule file that cannot be read; `where` says the place in it."""

    message = N_("This file cannot be read as a schedule.")

    def __init__(self, phrase: Phrase, **params: object) -> None:
        super().__init__(fields={"file": phrase}, **params)


NOT_JSON = N_("This is not valid JSON: line %(line)s, column %(column)s.")
NO_DAYS = N_("The file has no days with rooms: %(where)s is missing.")
BAD_TALK = N_("%(where)s: %(what)s is missing or cannot be read.")
TWICE = N_("%(where)s: the same %(what)s stands in the file twice.")
TOO_MANY = N_("The file has more than %(most)s sessions.")
TOO_LARGE = N_("This file is larger than 5 MB.")


def read(content: bytes) -> list[Talk]:
    """The talks of a file, JSON or XML by its first sign. Raises FileWrong with the exact place."""
    if len(content) > MOST_BYTES:
        raise FileWrong(TOO_LARGE)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        from events.agenda.frab_xml import read_xml  # noqa: PLC0415  it needs the words of this module

        return read_xml(content)
    return read_json(content)


def read_json(content: bytes) -> list[Talk]:
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FileWrong(NOT_JSON, line=content[: error.start].count(b"\n") + 1, column=0) from None
    except json.JSONDecodeError as error:
        raise FileWrong(NOT_JSON, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise FileWrong(NOT_JSON, line=1, column=1) from None
    days = _at(_at(_at(data, "schedule"), "conference"), "days")
    if not isinstance(days, list):
        raise FileWrong(NO_DAYS, where="schedule.conference.days")
    raw = []
    for number, day in enumerate(days):
        rooms = _at(day, "rooms")
        if not isinstance(rooms, dict):
            raise FileWrong(NO_DAYS, where=f"days[{number}].rooms")
        for room, events in rooms.items():
            if not isinstance(events, list):
                raise FileWrong(NO_DAYS, where=f"days[{number}].rooms.{room}")
            for place, event in enumerate(events):
                where = f"days[{number}].rooms.{room}[{place}]"
                raw.append((where, _raw(where, event, room, day)))
    return checked(raw)


def _raw(where: str, event: Any, room: str, day: Any) -> dict[str, Any]:
    """One event of the file with what stands around it: room, day, and the names of its speakers."""
    if not isinstance(event, dict):
        raise FileWrong(BAD_TALK, where=where, what="event")
    persons = event.get("persons")
    names = [
        one.get("public_name") or one.get("name") if isinstance(one, dict) else one
        for one in (persons if isinstance(persons, list) else [])
    ]
    return {**event, "persons": names, "room": event.get("room") or room, "day": day}


def _at(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None


def checked(raw: list[tuple[str, dict[str, Any]]]) -> list[Talk]:
    """Talks of what was found in a file, each with its place; refuses what is missing, and what stands there twice."""
    if len(raw) > MOST_TALKS:
        raise FileWrong(TOO_MANY, most=MOST_TALKS)
    talks, seen = [], set()
    for where, event in raw:
        talk = _talk(where, event)
        for what, key in (("guid", ("guid", talk.guid)), ("id", ("id", talk.number))):
            if key in seen:
                raise FileWrong(TWICE, where=where, what=what)
            seen.add(key)
        talks.append(talk)
    return talks


def _talk(where: str, event: dict[str, Any]) -> Talk:
    def text(name: str, most: int = 200, *, lines: bool = False) -> str:
        value = event.get(name)
        if value is None:
            return ""
        if not isinstance(value, str | int):
            raise FileWrong(BAD_TALK, where=where, what=name)
        return (clean if lines else clean_line)(str(value))[:most].rstrip()

    title = text("title")
    if not title:
        raise FileWrong(BAD_TALK, where=where, what="title")
    try:
        number = int(str(event.get("id", "")))
    except ValueError:
        number = 0
    if not 0 < number < 2**31:
        raise FileWrong(BAD_TALK, where=where, what="id")
    persons = tuple(dict.fromkeys(name for one in event["persons"] if (name := clean_line(str(one or ""))[:200])))
    return Talk(
        guid=_guid(where, text("guid"), number, text("slug")),
        number=number,
        title=title,
        subtitle=text("subtitle"),
        kind=text("type", 80),
        language=text("language", 20),
        track=text("track", 80),
        abstract=text("abstract", 10_000, lines=True),
        description=text("description", 10_000, lines=True),
        room=text("room", 200),
        starts_at=_start(where, event),
        minutes=_minutes(where, text("duration", 20)),
        persons=persons,
        slug=text("slug"),
    )


def _guid(where: str, text: str, number: int, slug: str) -> str:
    """The talk's own name for ever; files of old programs have none, then its number and slug make one."""
    if not text:
        return str(uuid5(NAMESPACE_URL, f"schedule:{number}:{slug}"))
    try:
        return str(UUID(text))
    except ValueError:
        raise FileWrong(BAD_TALK, where=where, what="guid") from None


def _start(where: str, event: dict[str, Any]) -> datetime:
    """`date` with its offset; without one it is Vietnam's time. Files with only a day have the clock in `start`."""
    text = str(event.get("date") or "")
    try:
        if "T" in text:
            moment = datetime.fromisoformat(text)
        else:
            day = text or str(_at(event.get("day"), "date") or "")
            clock = _CLOCK.fullmatch(str(event.get("start") or ""))
            if clock is None:
                raise ValueError(text)
            moment = datetime.fromisoformat(day).replace(hour=int(clock[1]), minute=int(clock[2]))
    except ValueError:
        raise FileWrong(BAD_TALK, where=where, what="date") from None
    if not 2000 <= moment.year <= 2100:
        raise FileWrong(BAD_TALK, where=where, what="date")
    return (moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).astimezone(UTC).replace(microsecond=0)


def _minutes(where: str, text: str) -> int:
    found = _DURATION.fullmatch(text)
    minutes = int(found[1]) * 60 + int(found[2]) if found else 0
    if not 0 < minutes <= MOST_MINUTES:
        raise FileWrong(BAD_TALK, where=where, what="duration")
    return minutes


# --- out ----------------------------------------------------------------------------------------------------------


def days_of(talks: Iterable[Talk]) -> dict[str, dict[str, list[Talk]]]:
    """Talks by day in Vietnam, by room, in the order of time."""
    found: dict[str, dict[str, list[Talk]]] = defaultdict(lambda: defaultdict(list))
    for talk in sorted(talks, key=lambda one: (one.starts_at, one.room, one.number)):
        found[f"{talk.starts_at.astimezone(VIETNAM):%Y-%m-%d}"][talk.room].append(talk)
    return found


def acronym(slug: str) -> str:
    """The short name as the schema wants it: small letters, digits and underscores, at least four."""
    return re.sub(r"[^a-z0-9]+", "_", slug)[:60].strip("_").ljust(4, "_")


def talk_slug(talk: Talk) -> str:
    return f"{slugify(talk.title, 'session')[:60].strip('-')}-{talk.number}"


def duration(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def local(moment: datetime) -> datetime:
    return moment.astimezone(VIETNAM)


def write_json(head: Head, talks: list[Talk]) -> bytes:
    """The file as schedule.json; the same talks give the same bytes."""
    days = days_of(talks)
    conference = {
        "acronym": head.acronym,
        "title": head.title,
        "start": f"{local(head.starts_at):%Y-%m-%d}",
        "end": f"{local(head.ends_at):%Y-%m-%d}",
        "daysCount": len(days),
        "timeslot_duration": "00:05",
        "time_zone_name": "Asia/Ho_Chi_Minh",
        "url": head.url,
        "rooms": [
            {"guid": str(uuid5(NAMESPACE_URL, f"{head.url}#{room}")), "name": room}
            for room in sorted({talk.room for talk in talks})
        ],
        "days": [_day_out(head, number, day, rooms) for number, (day, rooms) in enumerate(days.items(), start=1)],
    }
    data = {
        "generator": {"name": GENERATOR, "version": "1"},
        "schedule": {"version": head.version, "base_url": head.url, "conference": conference},
    }
    return json.dumps(data, ensure_ascii=False, indent=1).encode()


def bounds(rooms: dict[str, list[Talk]]) -> tuple[datetime, datetime]:
    """When a day's first talk begins and its last ends."""
    talks = [talk for group in rooms.values() for talk in group]
    return (
        local(min(talk.starts_at for talk in talks)),
        local(max(talk.starts_at + timedelta(minutes=talk.minutes) for talk in talks)),
    )


def _day_out(head: Head, number: int, day: str, rooms: dict[str, list[Talk]]) -> dict[str, Any]:
    begins, ends = bounds(rooms)
    return {
        "index": number,
        "date": day,
        "day_start": begins.isoformat(),
        "day_end": ends.isoformat(),
        "rooms": {room: [_talk_out(head, talk) for talk in talks] for room, talks in rooms.items()},
    }


def _talk_out(head: Head, talk: Talk) -> dict[str, Any]:
    return {
        "id": talk.number,
        "guid": talk.guid,
        "date": local(talk.starts_at).isoformat(),
        "start": f"{local(talk.starts_at):%H:%M}",
        "duration": duration(talk.minutes),
        "room": talk.room,
        "slug": talk_slug(talk),
        "url": f"{head.url}/sessions/{talk.slug or talk.number}",
        "title": talk.title,
        "subtitle": talk.subtitle,
        "track": talk.track,
        "type": talk.kind,
        "language": talk.language,
        "abstract": talk.abstract,
        "description": talk.description,
        "persons": [{"id": person_number(name), "name": name} for name in talk.persons],
        "links": [],
    }


def person_number(name: str) -> int:
    """A number for a speaker that is the same in every file."""
    return uuid5(NAMESPACE_URL, name).int % 2_000_000_000 + 1
