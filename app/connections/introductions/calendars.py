"""Calendar files of meetings, and which of them a reader has not been sent yet."""

from datetime import UTC
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from icalendar import Calendar, Event

from app.connections.introductions.states import other_side
from app.core import clock, db
from app.core.i18n import N_, in_language
from app.core.settings import get_settings

Row = dict[str, Any]

SUMMARY = N_("Meeting: %(one)s and %(other)s")


async def news_for(introduction: UUID, side: str, after: int) -> list[Row]:
    """Meetings that the other side changed since a message: their calendar files go with the mail."""
    rows = await db.fetch(
        "SELECT DISTINCT e.* FROM introduction_message m JOIN introduction_meeting e ON e.id = m.meeting"
        " WHERE m.introduction = $1 AND m.side = $2 AND m.id > $3 ORDER BY e.starts_at, e.id",
        *(introduction, other_side(side), after),
    )
    return [dict(row) for row in rows]


def calendar(meeting: Row, row: Row, locale: str) -> bytes:
    """The entry for a calendar: one UID for ever, a higher SEQUENCE with every change."""
    origin = get_settings().origin
    entry = Event()
    entry.add("uid", f"{meeting['id']}@{urlsplit(origin).hostname}")
    entry.add("sequence", meeting["sequence"])
    entry.add("dtstamp", clock.now())
    entry.add("last-modified", meeting["updated_at"].astimezone(UTC))
    entry.add("dtstart", meeting["starts_at"].astimezone(UTC))
    entry.add("dtend", meeting["ends_at"].astimezone(UTC))
    with in_language(locale):
        entry.add("summary", SUMMARY.text(one=row["asker_name"], other=row["receiver_name"]))
    if meeting["place"] or meeting["link"]:
        entry.add("location", meeting["place"] or meeting["link"])
    entry.add("url", f"{origin}/introductions/{row['id']}")
    states = {"proposed": "TENTATIVE", "agreed": "CONFIRMED", "cancelled": "CANCELLED"}
    entry.add("status", states[meeting["state"]])
    found = Calendar()
    found.add("prodid", "-//Ket Noi//introductions//VI")
    found.add("version", "2.0")
    found.add("method", "CANCEL" if meeting["state"] == "cancelled" else "PUBLISH")
    found.add_component(entry)
    return bytes(found.to_ical())
