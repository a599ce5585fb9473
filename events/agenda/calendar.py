"""The agenda as iCalendar, whole or somebody's own. A session keeps its UID; SEQUENCE grows as it moves."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from app.core.clock import now
from app.core.i18n import pick
from app.core.settings import get_settings


def calendar(name: str, slug: str, sessions: Sequence[dict[str, Any]], *, cancelled: bool = False) -> bytes:
    """A calendar of these sessions; `cancelled` tells programs to take them out."""
    found = Calendar()
    found.add("prodid", "-//Ket Noi//agenda//VI")
    found.add("version", "2.0")
    found.add("method", "CANCEL" if cancelled else "PUBLISH")
    found.add("x-wr-calname", name)
    found.add("x-published-ttl", "PT1H")
    for one in sessions:
        found.add_component(_entry(slug, one, cancelled))
    return bytes(found.to_ical())


def _entry(slug: str, one: dict[str, Any], cancelled: bool) -> Event:
    origin = get_settings().origin
    entry = Event()
    entry.add("uid", f"session-{one['id']}@{urlsplit(origin).hostname}")
    entry.add("sequence", one["sequence"])
    entry.add("dtstamp", now())
    entry.add("dtstart", one["starts_at"].astimezone(UTC))
    entry.add("dtend", one["ends_at"].astimezone(UTC))
    entry.add("summary", pick(one["title_vi"], one["title_en"]))
    room = pick(one["room_vi"], one["room_en"])
    if room:
        entry.add("location", room)
    names = ", ".join(speaker["name"] for speaker in one["speakers"])
    text = "\n\n".join(part for part in (names, pick(one["abstract_vi"], one["abstract_en"])) if part)
    if text:
        entry.add("description", text)
    entry.add("url", f"{origin}/events/{slug}/sessions/{one['slug']}")
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    return entry
