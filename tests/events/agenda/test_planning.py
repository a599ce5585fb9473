"""The plan: sessions added, changed, moved and taken off, with what is refused; releases and what they say."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import db as database
from app.core.errors import Invalid, NotFound
from app.core.i18n import in_language
from app.core.ids import new_id
from events.agenda import drafts, listing, planning, releasing
from events.agenda.planning import Move, SessionPlan
from events.agenda.speakers import SpeakerPlan, edit, speakers_of
from tests.events.agenda.making import begins, make_event, make_room, make_session, publish
from tests.factories import make_person


async def row(session: Any) -> Any:
    return await database.fetchrow("SELECT * FROM agenda_session WHERE id = $1", session)


async def test_a_session_is_planned_with_its_room_speakers_and_times(db: Any) -> None:
    world = await make_event()
    room = await make_room(world, cap=300)
    session = await make_session(world, zone=room, speakers=("Trần Văn Đức", "Nguyễn Thị Khánh Vân"), tags=("vốn",))
    (found,) = await drafts.sessions(world.event)
    assert (found["slug"], found["number"], found["guid"]) == ("goi-von-vong-dau", 1, str(session))
    assert (found["room_vi"], found["room_cap"], found["tags"]) == ("Hội trường A", 300, ["vốn"])
    assert [one["name"] for one in found["speakers"]] == ["Trần Văn Đức", "Nguyễn Thị Khánh Vân"]
    assert found["ends_at"] - found["starts_at"] == timedelta(hours=1)


async def test_the_same_title_gets_an_address_of_its_own(db: Any) -> None:
    world = await make_event()
    sessions = [await make_session(world, at=at) for at in (0, 60)]
    assert [(await row(one))["slug"] for one in sessions] == ["goi-von-vong-dau", "goi-von-vong-dau-2"]


async def test_a_speaker_is_known_again_by_the_name_without_accents(db: Any) -> None:
    world = await make_event()
    await make_session(world, speakers=("Trần Văn Đức",))
    await make_session(world, "Phiên hai", at=60, speakers=("tran van duc", "TRẦN VĂN ĐỨC"))
    assert [(one["name"], one["sessions"]) for one in await speakers_of(world.event)] == [("Trần Văn Đức", 2)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_vi": ""}, "title_vi"),
        ({"kind": "party"}, "kind"),
        ({"minutes": None}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"capacity": 0}, "capacity"),
        ({"language": ""}, "language"),
        ({"speakers": ("x" * 201,)}, "speakers"),
        ({"zone": new_id()}, "zone"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value,
)
async def test_what_cannot_be_is_refused_by_field(db: Any, changes: dict[str, Any], field: str) -> None:
    world = await make_event()
    with pytest.raises(Invalid) as refused:
        await make_session(world, **changes)
    assert list(refused.value.fields) == [field]


async def test_a_room_of_another_event_is_none(db: Any) -> None:
    world, other = await make_event(), await make_event()
    room = await make_room(other)
    with pytest.raises(Invalid):
        await make_session(world, zone=room)


async def test_two_planners_at_once_do_not_overwrite_each_other(db: Any) -> None:
    world = await make_event()
    session = await make_session(world)
    await planning.edit(world.owner, world.event, session, SessionPlan(title_vi="Một"), version=1)
    with pytest.raises(planning.Changed):
        await planning.edit(world.owner, world.event, session, SessionPlan(title_vi="Hai"), version=1)
    with pytest.raises(planning.Changed):
        await planning.move(world.owner, world.event, session, Move(version=1))
    assert (await row(session))["title_vi"] == "Một"


async def test_a_move_keeps_the_length_and_without_a_start_there_is_no_time(db: Any) -> None:
    world = await make_event()
    room, session = await make_room(world), await make_session(world, minutes=45)
    start = await begins(world) + timedelta(hours=3)
    await planning.move(world.owner, world.event, session, Move(zone=room, starts_at=start, version=1))
    found = await row(session)
    assert (found["zone"], found["starts_at"], found["ends_at"]) == (room, start, start + timedelta(minutes=45))
    await planning.move(world.owner, world.event, session, Move(version=2))
    found = await row(session)
    assert (found["zone"], found["starts_at"], found["ends_at"]) == (None, None, None)


async def test_nothing_is_public_before_the_release_and_afterwards_what_changed_is_said(db: Any) -> None:
    world = await make_event()
    rooms = [await make_room(world, "Hội trường A"), await make_room(world, "Sân khấu Hồ Gươm", "stage")]
    moved = await make_session(world, "Gọi vốn", zone=rooms[0], speakers=("An",))
    gone = await make_session(world, "Tham quan", at=120)
    assert await listing.shown(world.event) == []
    assert await publish(world) == 1
    plan = SessionPlan(title_vi="Gọi vốn vòng hai", starts_at=await begins(world) + timedelta(minutes=30), minutes=60,
                       zone=rooms[1], speakers=("Bình",), abstract_vi="Mới", booking=True, capacity=20)  # fmt: skip
    await planning.edit(world.owner, world.event, moved, plan)
    await planning.take_off(world.owner, world.event, gone)
    await make_session(world, "Ký kết", at=300)
    assert [one["title_vi"] for one in await listing.shown(world.event)] == ["Gọi vốn", "Tham quan"]
    assert await publish(world) == 2
    assert [one["title_vi"] for one in await listing.shown(world.event)] == ["Gọi vốn vòng hai", "Ký kết"]
    newest, first = await releasing.releases(world.event)
    kinds = [one["kind"] for one in await database.fetchval(
        "SELECT changes FROM agenda_release WHERE event = $1 AND number = 2", world.event)]  # fmt: skip
    assert kinds == ["time", "room", "title", "speakers", "seats", "text", "added", "removed"]
    assert newest["changes"][1] == "“Gọi vốn vòng hai” dời từ Hội trường A sang Sân khấu Hồ Gươm."
    with in_language("en"):
        assert (await releasing.releases(world.event))[0]["changes"][-1] == "Taken off: “Tham quan”."
    assert len(first["changes"]) == 2


async def test_clashes_are_refused_at_publishing_unless_somebody_says_why(db: Any) -> None:
    world = await make_event()
    room = await make_room(world)
    await make_session(world, "Một", zone=room)
    await make_session(world, "Hai", at=30, zone=room)
    with pytest.raises(releasing.Clashing) as refused:
        await publish(world)
    assert [clash.kind for clash in refused.value.clashes] == ["room"]
    assert await listing.shown(world.event) == []
    await publish(world, "Hai nửa của hội trường")
    (release,) = await releasing.releases(world.event)
    assert (release["by"], release["reason"]) == (world.owner.name, "Hai nửa của hội trường")
    assert release["clashes"] == [{"text": "“Một” và “Hai” trùng giờ tại Hội trường A."}]


async def test_publishing_twice_says_that_nothing_is_new(db: Any) -> None:
    world = await make_event()
    await make_session(world)
    await publish(world)
    with pytest.raises(releasing.NothingNew):
        await publish(world)


async def test_a_session_without_a_time_stays_in_the_plan(db: Any) -> None:
    world = await make_event()
    await make_session(world, starts_at=None, minutes=None)
    with pytest.raises(releasing.NothingNew):
        await publish(world)


async def test_a_speaker_can_be_linked_only_to_somebody_who_is_shown(db: Any) -> None:
    world = await make_event()
    await make_session(world, speakers=("An",))
    (speaker,) = await speakers_of(world.event)
    with pytest.raises(Invalid) as refused:
        await edit(world.owner, world.event, speaker["id"], SpeakerPlan(name="An", profile="/people/khong-co"))
    assert list(refused.value.fields) == ["profile"]
    await edit(world.owner, world.event, speaker["id"], SpeakerPlan(name="An", role_vi="Giám đốc"))
    await publish(world)
    found, sessions = await listing.speaker_for(world.event, speaker["slug"])
    assert (found["role_vi"], len(sessions)) == ("Giám đốc", 1)
    with pytest.raises(NotFound):
        await edit(await make_person(), (await make_event()).event, speaker["id"], SpeakerPlan(name="Khác"))
