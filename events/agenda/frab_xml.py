"""Schedule files as XML, in and out, after the published schema (schedule.xml.xsd). No entities, no DTD, ever."""

from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.core.i18n import N_
from events.agenda.frab import (
    NO_DAYS,
    FileWrong,
    Head,
    Talk,
    bounds,
    checked,
    days_of,
    duration,
    local,
    person_number,
    talk_slug,
)

NOT_XML = N_("This is not valid XML: line %(line)s, column %(column)s.")
UNSAFE = N_("The file declares entities or a document type; a schedule needs neither, so it is not read.")
_TEXTS = ("title", "subtitle", "type", "language", "track", "abstract", "description", "room", "slug", "date", "start")


def read_xml(content: bytes) -> list[Talk]:
    """The talks of schedule.xml. Raises FileWrong with the exact place."""
    try:
        root = fromstring(content, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise FileWrong(UNSAFE) from None
    except ParseError as error:
        line, column = error.position
        raise FileWrong(NOT_XML, line=line, column=column + 1) from None
    except (ValueError, LookupError):  # an encoding that nobody knows
        raise FileWrong(NOT_XML, line=1, column=1) from None
    if root.tag != "schedule" or root.find("day") is None:
        raise FileWrong(NO_DAYS, where="schedule/day")
    raw = []
    for day_number, day in enumerate(root.findall("day"), start=1):
        for room in day.findall("room"):
            for place, event in enumerate(room.findall("event"), start=1):
                where = f"day {day_number}, room {room.get('name', '')}, event {place}"
                raw.append((where, _event(event, room.get("name", ""), day)))
    return checked(raw)


def _event(event: Element, room: str, day: Element) -> dict[str, Any]:
    found: dict[str, Any] = {name: event.findtext(name) or "" for name in (*_TEXTS, "duration")}
    found |= {"id": event.get("id", ""), "guid": event.get("guid", ""), "day": {"date": day.get("date", "")}}
    found["room"] = found["room"] or room
    found["persons"] = [person.text or "" for person in event.findall("persons/person")]
    return found


def write_xml(head: Head, talks: list[Talk]) -> bytes:
    """The file as schedule.xml; the same talks give the same bytes."""
    days = days_of(talks)
    root = Element("schedule")
    SubElement(root, "version").text = head.version
    conference = SubElement(root, "conference")
    for name, value in (
        ("acronym", head.acronym),
        ("title", head.title),
        ("start", f"{local(head.starts_at):%Y-%m-%d}"),
        ("end", f"{local(head.ends_at):%Y-%m-%d}"),
        ("days", str(len(days))),
        ("timeslot_duration", "00:05"),
    ):
        SubElement(conference, name).text = value
    for number, (date, rooms) in enumerate(days.items(), start=1):
        begins, ends = bounds(rooms)
        times = {"start": begins.isoformat(), "end": ends.isoformat()}
        day = SubElement(root, "day", {"index": str(number), "date": date, **times})
        for name, group in rooms.items():
            room = SubElement(day, "room", name=name)
            for talk in group:
                _write_event(SubElement(room, "event", id=str(talk.number), guid=talk.guid), talk)
    found: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return found


def _write_event(event: Element, talk: Talk) -> None:
    values = {
        "date": local(talk.starts_at).isoformat(),
        "start": f"{local(talk.starts_at):%H:%M}",
        "duration": duration(talk.minutes),
        "room": talk.room,
        "slug": talk_slug(talk),
        "title": talk.title,
        "subtitle": talk.subtitle,
        "track": talk.track,
        "type": talk.kind,
        "language": talk.language,
        "abstract": talk.abstract,
        "description": talk.description,
    }
    for name, value in values.items():
        SubElement(event, name).text = value
    persons = SubElement(event, "persons")
    for name in talk.persons:
        SubElement(persons, "person", id=str(person_number(name))).text = name
    SubElement(event, "links")
