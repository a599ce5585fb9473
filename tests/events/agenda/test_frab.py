"""Schedule files: what goes out comes in as it was, and what is wrong is said with its place."""

import contextlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.text import clean, clean_line
from events.agenda import frab, frab_xml
from events.agenda.frab import FileWrong, Head, Talk

START = datetime(2026, 12, 12, 1, tzinfo=UTC)
HEAD = Head(title="Ngày hội", acronym=frab.acronym("ngay-hoi"), version="3", url="https://kn.example/events/ngay-hoi",
            starts_at=START, ends_at=START + timedelta(days=2))  # fmt: skip

line = st.text(min_size=1, max_size=30).map(clean_line).filter(bool)
lines = st.text(max_size=60).map(clean)
talk = st.builds(
    Talk,
    guid=st.uuids().map(str),
    number=st.integers(1, 2**31 - 1),
    title=line,
    subtitle=st.one_of(st.just(""), line),
    kind=line,
    language=st.sampled_from(["vi", "en", "vi-en", "de"]),
    track=st.one_of(st.just(""), line),
    abstract=lines,
    description=lines,
    room=line,
    starts_at=st.integers(0, 3000).map(lambda minutes: START + timedelta(minutes=minutes)),
    minutes=st.integers(1, 1440),
    persons=st.lists(line, max_size=3, unique=True).map(tuple),
)
talks = st.lists(talk, min_size=1, max_size=5, unique_by=(lambda one: one.guid, lambda one: one.number))


def without_slug(found: list[Talk]) -> list[tuple[Any, ...]]:
    names = [name for name in Talk.__struct_fields__ if name != "slug"]
    return sorted(tuple(getattr(one, name) for name in names) for one in found)


@settings(max_examples=40)
@given(talks)
def test_json_goes_out_and_comes_in_as_it_was(made: list[Talk]) -> None:
    found = frab.read(frab.write_json(HEAD, made))
    assert without_slug(found) == without_slug(made)


@settings(max_examples=40)
@given(talks)
def test_xml_goes_out_and_comes_in_as_it_was(made: list[Talk]) -> None:
    assert without_slug(frab.read(frab_xml.write_xml(HEAD, made))) == without_slug(made)


EVENT_KEYS = {
    *("abstract", "date", "duration", "guid", "id", "language", "links", "persons", "room", "slug", "start"),
    *("subtitle", "title", "track", "type", "url"),
}
"""What the published schema requires of an event."""


def a_talk(**kw: Any) -> Talk:
    values: dict[str, Any] = {"guid": str(UUID(int=7)), "number": 7, "title": "Đồng vốn đầu tiên", "kind": "talk",
                              "language": "vi", "room": "Hội trường A", "starts_at": START, "minutes": 95,
                              "persons": ("Trần Văn Đức",)}  # fmt: skip
    return Talk(**{**values, **kw})


def test_the_json_is_what_the_published_schema_wants() -> None:
    data = json.loads(frab.write_json(HEAD, [a_talk(), a_talk(guid=str(UUID(int=8)), number=8, room="Phòng 2")]))
    conference = data["schedule"]["conference"]
    assert set(data) == {"generator", "schedule"}
    assert re.fullmatch("[a-z0-9_-][a-z0-9_]{3,}(-2[0-9]{3}-[a-z]+)?", conference["acronym"])
    assert {"title", "acronym", "days", "daysCount", "start", "end", "timeslot_duration"} <= set(conference)
    (day,) = conference["days"]
    assert set(day) == {"date", "day_end", "day_start", "index", "rooms"}
    event = day["rooms"]["Hội trường A"][0]
    assert set(event) == {*EVENT_KEYS, "description"}
    assert re.fullmatch("[a-z0-9_-]+[a-z0-9]", event["slug"])
    assert (event["date"], event["start"], event["duration"]) == ("2026-12-12T08:00:00+07:00", "08:00", "01:35")
    assert set(event["persons"][0]) == {"id", "name"}
    assert conference["rooms"][0].keys() == {"guid", "name"}


def test_the_xml_has_every_element_the_published_schema_wants_and_no_other() -> None:
    from defusedxml.ElementTree import fromstring

    root = fromstring(frab_xml.write_xml(HEAD, [a_talk()]))
    assert [child.tag for child in root] == ["version", "conference", "day"]
    event = root.find("day/room/event")
    assert event is not None
    assert {child.tag for child in event} == {
        *("room", "title", "type", "date", "start", "duration", "persons", "language", "abstract", "description"),
        *("slug", "subtitle", "track", "links"),
    }
    assert event.attrib == {"id": "7", "guid": str(UUID(int=7))}


def a_file(**changes: Any) -> bytes:
    event: dict[str, Any] = {
        "id": 1,
        "guid": str(UUID(int=1)),
        "date": "2026-12-12T08:00:00+07:00",
        "duration": "00:30",
        "title": "A",
        "room": "R",
        "persons": [{"public_name": "An"}, {"name": "Bình"}, "Chi"],
    }
    event.update(changes)
    event = {name: value for name, value in event.items() if value is not ...}
    return json.dumps({"schedule": {"conference": {"days": [{"rooms": {"R": [event]}}]}}}).encode()


def test_files_of_other_programs_are_read() -> None:
    (found,) = frab.read(a_file(guid=..., type="lecture", track=None))
    assert (found.persons, found.minutes, found.starts_at, found.track) == (("An", "Bình", "Chi"), 30, START, "")
    (again,) = frab.read(a_file(guid=...))
    assert found.guid == again.guid


PLACE = "days[0].rooms.R[0]"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "Đây không phải JSON hợp lệ: dòng 1, cột 2."),
        (b'{"a": 1,\n "b" 2}', "Đây không phải JSON hợp lệ: dòng 2, cột 6."),
        (b"{}", "Tệp không có các ngày với phòng: thiếu schedule.conference.days."),
        (b"[1]", "Tệp không có các ngày với phòng: thiếu schedule.conference.days."),
        (b"<schedule><day>", "Đây không phải XML hợp lệ: dòng 1, cột 16."),
        (b"<rss/>", "Tệp không có các ngày với phòng: thiếu schedule/day."),
        (a_file(title=""), f"{PLACE}: title bị thiếu hoặc không đọc được."),
        (a_file(title=[1]), f"{PLACE}: title bị thiếu hoặc không đọc được."),
        (a_file(id="x"), f"{PLACE}: id bị thiếu hoặc không đọc được."),
        (a_file(id=-1), f"{PLACE}: id bị thiếu hoặc không đọc được."),
        (a_file(guid="x"), f"{PLACE}: guid bị thiếu hoặc không đọc được."),
        (a_file(date="12/12"), f"{PLACE}: date bị thiếu hoặc không đọc được."),
        (a_file(duration="00:00"), f"{PLACE}: duration bị thiếu hoặc không đọc được."),
        (a_file(duration="1h"), f"{PLACE}: duration bị thiếu hoặc không đọc được."),
    ],
    ids=lambda value: value[:40].decode() if isinstance(value, bytes) else "",
)
def test_what_is_wrong_is_said_with_its_place(content: bytes, said: str) -> None:
    with pytest.raises(FileWrong) as refused:
        frab.read(content)
    assert refused.value.fields["file"].text(None, **refused.value.params) == said


def test_the_same_guid_twice_is_refused() -> None:
    data = json.loads(a_file())
    rooms = data["schedule"]["conference"]["days"][0]["rooms"]
    rooms["R"].append({**rooms["R"][0], "id": 2})
    with pytest.raises(FileWrong) as refused:
        frab.read(json.dumps(data).encode())
    assert refused.value.params == {"where": "days[0].rooms.R[1]", "what": "guid"}


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
<!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]><schedule><day>&lol2;</day></schedule>"""
OUTSIDE = b"""<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><schedule><day>&x;</day></schedule>"""


@pytest.mark.parametrize("content", [LAUGHS, OUTSIDE, b"<!DOCTYPE schedule><schedule><day/></schedule>"])
def test_entities_and_document_types_are_never_read(content: bytes) -> None:
    with pytest.raises(FileWrong) as refused:
        frab.read(content)
    assert refused.value.fields["file"] == frab_xml.UNSAFE


@settings(max_examples=60)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda end: b"<schedule>" + end)))
def test_whatever_comes_is_read_or_refused_in_words(content: bytes) -> None:
    with contextlib.suppress(FileWrong):
        assert frab.read(content)


def test_too_many_sessions_are_refused() -> None:
    with pytest.raises(FileWrong):
        frab.checked([("x", {})] * (frab.MOST_TALKS + 1))
