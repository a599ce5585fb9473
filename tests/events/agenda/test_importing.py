"""Schedule files into the plan: what they would do, what they do, and that the same file twice does nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from app.core import db as database
from app.core.errors import NotFound
from events.agenda import drafts, frab, frab_xml, importing, releasing
from events.agenda.frab import Head, Talk
from tests.events.agenda.making import World, begins, make_event, make_room, make_session, publish

START = datetime(2026, 12, 12, 1, tzinfo=UTC)
HEAD = Head(title="Ngày hội", acronym="ngay_hoi", version="1", url="https://kn.example/events/ngay-hoi",
            starts_at=START, ends_at=START + timedelta(days=2))  # fmt: skip


def a_schedule(count: int = 120) -> list[Talk]:
    """A festival: ten rooms, three days, a session after the other."""
    return [
        Talk(
            guid=str(UUID(int=number)),
            number=number,
            title=f"Phiên số {number}",
            subtitle=f"Session {number}",
            kind="lecture" if number % 3 else "panel",
            language="vi" if number % 2 else "en",
            track=f"Làng {number % 12}",
            abstract="Một.\n\nHai.",
            room=f"Phòng {number % 10}",
            starts_at=START + timedelta(days=number // 40, minutes=60 * ((number % 40) // 10)),
            minutes=45,
            persons=(f"Diễn giả {number}", f"Diễn giả {number + 1}"),
        )
        for number in range(1, count + 1)
    ]


async def take(world: World, talks: list[Talk]) -> importing.Comparison:
    number = await importing.keep_file(world.owner, world.event, "schedule", talks)
    return await importing.apply(world.owner, world.event, number)


def fates(found: importing.Comparison) -> dict[str, int]:
    return {kind: found.count(kind) for kind in ("new", "moved", "changed", "same")}


async def test_120_sessions_come_in_at_once_and_the_same_file_twice_changes_nothing(db: Any) -> None:
    world = await make_event(starts_at=START, ends_at=START + timedelta(days=3))
    talks = a_schedule()
    assert fates(await take(world, talks)) == {"new": 120, "moved": 0, "changed": 0, "same": 0}
    plan = await drafts.sessions(world.event)
    assert (len(plan), len({one["zone"] for one in plan}), plan[0]["kind_text"]) == (120, 10, "lecture")
    before = await database.fetch("SELECT * FROM agenda_session WHERE event = $1 ORDER BY id", world.event)
    for content in (frab.write_json(HEAD, talks), frab_xml.write_xml(HEAD, talks)):
        assert fates(await take(world, frab.read(content))) == {"new": 0, "moved": 0, "changed": 0, "same": 120}
    assert await database.fetch("SELECT * FROM agenda_session WHERE event = $1 ORDER BY id", world.event) == before


async def test_what_was_published_goes_out_and_comes_in_as_no_change(db: Any) -> None:
    world = await make_event()
    room = await make_room(world)
    await make_session(world, "Gọi vốn", title_en="Raising", zone=room, speakers=("An",), tags=("vốn",), capacity=9,
                       booking=True, abstract_vi="Tóm tắt", abstract_en="Summary")  # fmt: skip
    await make_session(world, "", title_en="English only", language="en", at=120)
    await publish(world)
    talks = await importing.published_talks(world.event)
    for content in (frab.write_json(HEAD, talks), frab_xml.write_xml(HEAD, talks)):
        assert fates(await take(world, frab.read(content)))["same"] == 2
    found = (await drafts.sessions(world.event))[0]
    assert (found["tags"], found["capacity"], found["abstract_en"]) == (["vốn"], 9, "Summary")


async def test_a_file_of_one_event_makes_the_same_agenda_in_another(db: Any) -> None:
    world, other = await make_event(), await make_event()
    await make_session(world, "Gọi vốn", title_en="Raising", zone=await make_room(world), speakers=("An", "Bình"))
    await publish(world)
    talks = await importing.published_talks(world.event)
    await take(other, frab.read(frab.write_json(HEAD, talks)))
    names = [name for name in Talk.__struct_fields__ if name != "slug"]
    (copied,) = await importing.planned_talks(other.event)
    assert [getattr(copied, name) for name in names] == [getattr(talks[0], name) for name in names]


async def test_moves_are_told_and_only_what_the_file_says_is_changed(db: Any) -> None:
    world = await make_event(starts_at=START, ends_at=START + timedelta(days=3))
    talks = a_schedule(3)
    await take(world, talks)
    await database.execute("UPDATE agenda_session SET capacity = 30, booking = true, tags = '{a}'")
    changed = [
        msgspec.structs.replace(talks[0], starts_at=talks[0].starts_at + timedelta(minutes=15)),
        msgspec.structs.replace(talks[1], room="Sân khấu ngoài trời"),
        msgspec.structs.replace(talks[2], title="Tên mới"),
    ]
    number = await importing.keep_file(world.owner, world.event, "schedule", changed)
    shown = await importing.comparison(world.event, changed)
    assert [(fate.kind, fate.fields) for fate in shown.fates] == [
        ("moved", ("starts_at",)),
        ("moved", ("room",)),
        ("changed", ("title",)),
    ]
    assert shown.new_rooms == ["Sân khấu ngoài trời"]
    await importing.apply(world.owner, world.event, number)
    rows = await drafts.sessions(world.event)
    assert {(row["capacity"], row["booking"], tuple(row["tags"])) for row in rows} == {(30, True, ("a",))}
    with pytest.raises(importing.AlreadyTaken):
        await importing.apply(world.owner, world.event, number)


async def test_what_the_file_lacks_stays_and_what_was_taken_off_comes_back(db: Any) -> None:
    world = await make_event(starts_at=START, ends_at=START + timedelta(days=3))
    talks = a_schedule(3)
    await take(world, talks)
    found = await take(world, talks[:2])
    assert ([one["number"] for one in found.missing], fates(found)["same"]) == ([3], 2)
    await database.execute("UPDATE agenda_session SET ended_at = now() WHERE number = 3")
    assert fates(await take(world, talks))["new"] == 1
    assert len(await drafts.sessions(world.event)) == 3


async def test_numbers_that_are_taken_get_new_ones(db: Any) -> None:
    world = await make_event(starts_at=START, ends_at=START + timedelta(days=3))
    await make_session(world)
    await take(world, a_schedule(2))
    assert sorted(row["number"] for row in await drafts.sessions(world.event)) == [1, 2, 3]


async def test_a_file_of_another_event_is_not_there(db: Any) -> None:
    world, other = await make_event(), await make_event()
    number = await importing.keep_file(world.owner, world.event, "x", a_schedule(1))
    with pytest.raises(NotFound):
        await importing.apply(other.owner, other.event, number)


async def test_what_two_overlapping_files_bring_is_seen_as_a_clash(db: Any) -> None:
    world = await make_event(starts_at=START, ends_at=START + timedelta(days=3))
    one, other = a_schedule(2)
    await take(world, [one, msgspec.structs.replace(other, room=one.room, starts_at=one.starts_at)])
    with pytest.raises(releasing.Clashing) as refused:
        await publish(world)
    assert {clash.kind for clash in refused.value.clashes} == {"room", "speaker"}
    assert await begins(world) > START
