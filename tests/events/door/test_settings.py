"""Doors and places as organizers set them: what a page saves, a scan obeys; what cannot be is said, nothing is lost."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import clock, db
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from app.core.web import Actor
from events import setup
from events.door import flags, places, routes_doors
from events.door.places import DoorPlan, PlacePlan, Question
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan
from tests.events.door.conftest import Scanner
from tests.factories import make_person


async def zone_of(world: World, checkpoint: UUID | None = None) -> UUID:
    found: UUID = await db.fetchval("SELECT zone FROM checkpoint WHERE id = $1", checkpoint or world.checkpoint)
    return found


async def plan_of(world: World, **kw: Any) -> DoorPlan:
    return DoorPlan(**{"name_vi": "Cửa chính", "zone": await zone_of(world), **kw})


def place(**kw: Any) -> PlacePlan:
    return PlacePlan(**{"name_vi": "Sảnh", **kw})


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"direction": "out"}, "wrong_direction"),
        ({"types": ["vip"]}, "wrong_checkpoint"),
        ({"types": ["visitor", "vip"]}, ""),
        ({"opens_at": clock.now() + HOUR}, "too_early"),
        ({"closes_at": clock.now() - HOUR}, "too_late"),
        ({"opens_daily": time(0), "closes_daily": time(23, 59)}, ""),
    ],
)
async def test_a_scan_obeys_what_the_door_was_told(world: World, change: dict[str, Any], reason: str) -> None:
    await setup.add_type(world.owner, world.event, TypePlan(code="vip", title_vi="Khách VIP", capacity=5))
    await places.edit_door(world.owner, world.event, world.checkpoint, await plan_of(world, **change))
    verdict = await scan(world, (await make_registration(world)).code)
    assert verdict.reason == reason


async def test_a_cap_a_parent_and_once_hold_from_the_next_scan_on(world: World) -> None:
    hall = await places.add_door(world.owner, world.event, name_vi="Sảnh lớn")
    outer, inner = await zone_of(world), await zone_of(world, hall)
    await places.edit_place(world.owner, world.event, inner, place(parent=outer, cap=1, re_entry="once", kind="stage"))
    assert [(one["name_vi"], one["depth"], one["cap"]) for one in await places.tree_of(world.event)] == [
        ("Cửa chính", 0, None),
        ("Sảnh", 1, 1),
    ]
    first, second = await make_registration(world), await make_registration(world)
    came = [await scan(world, one.code, checkpoint_id=hall) for one in (first, second)]
    await scan(world, first.code, checkpoint_id=hall, direction="out")
    again = await scan(world, first.code, checkpoint_id=hall)
    assert [one.reason for one in (*came, again)] == ["", "checkpoint_full", "re_entry"]
    found = {one["id"]: (one["inside"], one["admitted"]) for one in await places.tree_of(world.event)}
    assert found == {outer: (0, 1), inner: (0, 1)}


async def test_two_doors_of_one_place_count_together(world: World) -> None:
    back = await places.add_door(world.owner, world.event, name_vi="Cửa sau", zone=await zone_of(world))
    guest = await make_registration(world)
    assert (await scan(world, guest.code)).outcome == "ok"
    assert (await scan(world, guest.code, checkpoint_id=back)).reason == "already_inside"
    (tree,) = await places.tree_of(world.event)
    assert [one["name_vi"] for one in tree["doors"]] == ["Cửa chính", "Cửa sau"]


async def test_where_people_were_counted_things_stay_where_they_are(world: World) -> None:
    hall = await places.add_door(world.owner, world.event, name_vi="Sảnh lớn")
    await scan(world, (await make_registration(world)).code)
    zone, other = await zone_of(world), await zone_of(world, hall)
    with pytest.raises(Invalid) as refused:
        await places.edit_place(world.owner, world.event, zone, place(parent=other))
    assert list(refused.value.fields) == ["parent"]
    with pytest.raises(Invalid) as refused:
        await places.edit_door(world.owner, world.event, world.checkpoint, await plan_of(world, zone=other))
    assert list(refused.value.fields) == ["zone"]
    await places.edit_place(world.owner, world.event, zone, place(cap=1, empties_at=time(4)))
    assert await db.fetchval("SELECT cap FROM zone WHERE id = $1", zone) == 1


async def test_places_that_cannot_be(world: World) -> None:
    hall = await places.add_door(world.owner, world.event, name_vi="Sảnh lớn")
    outer, inner = await zone_of(world), await zone_of(world, hall)
    foreign = await zone_of(await make_event())
    await places.edit_place(world.owner, world.event, inner, place(parent=outer))
    for zone, plan, field in (
        (outer, place(parent=inner), "parent"),
        (outer, place(parent=outer), "parent"),
        (outer, place(parent=foreign), "parent"),
        (outer, place(kind="gate"), "parent"),
        (outer, place(kind="booth"), "kind"),
        (outer, place(cap=0), "cap"),
        (outer, place(re_entry="never"), "re_entry"),
        (outer, place(name_vi=" "), "name_vi"),
        (inner, place(parent=outer, empties_at=time(4)), "empties_at"),
        (inner, place(parent=outer, kind="gate", cap=5), "cap"),
    ):
        with pytest.raises(Invalid) as refused:
            await places.edit_place(world.owner, world.event, zone, plan)
        assert list(refused.value.fields) == [field], plan
    with pytest.raises(NotFound):
        await places.edit_place(world.owner, world.event, foreign, place())


async def test_doors_that_cannot_be(world: World) -> None:
    now = clock.now()
    for change, field in (
        ({"name_vi": ""}, "name_vi"),
        ({"direction": "up"}, "direction"),
        ({"types": ["ghost"]}, "types"),
        ({"zone": new_id()}, "zone"),
        ({"session": new_id()}, "session"),
        ({"opens_at": now, "closes_at": now}, "closes_at"),
        ({"opens_daily": time(18), "closes_daily": time(2)}, "closes_daily"),
        ({"walk_in_minutes": 241}, "walk_in_minutes"),
    ):
        with pytest.raises(Invalid) as refused:
            await places.edit_door(world.owner, world.event, world.checkpoint, await plan_of(world, **change))
        assert list(refused.value.fields) == [field], change


async def test_the_gate_of_a_place_leads_into_it(world: World) -> None:
    gate = await places.add_door(world.owner, world.event, name_vi="Cổng A")
    outer = await zone_of(world)
    await places.edit_place(world.owner, world.event, await zone_of(world, gate), place(parent=outer, kind="gate"))
    assert (await scan(world, (await make_registration(world)).code, checkpoint_id=gate)).outcome == "ok"
    assert [(one["kind"], one["inside"]) for one in await places.tree_of(world.event)] == [("hall", 1), ("gate", 0)]


async def test_questions_are_asked_in_both_languages_changed_and_taken_away(world: World, scanner: Scanner) -> None:
    asked = Question(text_vi="Ăn gì?", text_en="Which meal?", kind="choice", options="Chay | Vegetarian\nMặn\n\n")
    await places.save_question(world.owner, world.event, world.checkpoint, "", asked)
    await places.save_question(world.owner, world.event, world.checkpoint, "", Question(text_vi="Ăn gì?"))
    (door,) = (await scanner.get("/door/rules")).json()["checkpoints"]
    first, second = door["questions"]
    assert (first["code"], second["code"]) == ("an-gi", "an-gi-2")
    assert first["options"] == [
        {"code": "chay", "text_vi": "Chay", "text_en": "Vegetarian"},
        {"code": "man", "text_vi": "Mặn", "text_en": ""},
    ]
    assert places.options_text(first) == "Chay | Vegetarian\nMặn"
    code = (await make_registration(world)).code
    held = await scanner.scan(code, answers={"an-gi-2": "yes"})
    assert (held["status"], held["reason"]) == ("needs_input", "needs_answer")
    await places.remove_question(world.owner, world.event, world.checkpoint, "an-gi")
    assert (await scanner.scan(code, answers={"an-gi-2": "yes"}))["status"] == "ok"
    await places.save_question(world.owner, world.event, world.checkpoint, "an-gi-2", Question(text_vi="Có xe không?"))
    (kept,) = await db.fetchval("SELECT questions FROM checkpoint WHERE id = $1", world.checkpoint)
    assert (kept["code"], kept["text_vi"]) == ("an-gi-2", "Có xe không?")


async def test_a_door_asks_no_more_than_ten_things_and_nothing_unclear(world: World) -> None:
    for wrong in (
        Question(text_vi=" "),
        Question(text_vi="?", kind="x"),
        Question(text_vi="?", kind="choice", options="a"),
    ):
        with pytest.raises(Invalid):
            await places.save_question(world.owner, world.event, world.checkpoint, "", wrong)
    with pytest.raises(NotFound):
        await places.save_question(world.owner, world.event, world.checkpoint, "gone", Question(text_vi="?"))
    for _n in range(places.MOST_QUESTIONS):
        await places.save_question(world.owner, world.event, world.checkpoint, "", Question(text_vi="Ký tên?"))
    with pytest.raises(places.TooManyQuestions):
        await places.save_question(world.owner, world.event, world.checkpoint, "", Question(text_vi="Ký tên?"))


@pytest.mark.parametrize(("text", "found"), [("08:30", time(8, 30)), ("08:30:00", time(8, 30)), (" ", None)])
def test_hours_as_browsers_send_them(text: str, found: time | None) -> None:
    assert places.hour(text, "x") == found


@pytest.mark.parametrize("text", ["8:30", "24:00", "08:60", "sáng", "08:30:15", "٠٨:٣٠"])
def test_hours_that_are_none(text: str) -> None:
    with pytest.raises(Invalid):
        places.hour(text, "opens_daily")


# --- what the door is told of guests -------------------------------------------------------------------------------


async def test_the_door_reads_who_is_to_be_honoured_and_the_record_stays(world: World) -> None:
    guest = await make_registration(world, full_name="Đặng Thị Hương")
    other = await make_person("Hoa", "hoa@test.example")
    await flags.set_flag(world.owner, world.event, guest.id, vip=True, attention=False, note="hàng 1")
    await flags.set_flag(world.owner, world.event, guest.id, vip=True, attention=False, note=" hàng 1 ")
    verdict = await scan(world, guest.code)
    assert {name: verdict.facts[name] for name in ("vip", "attention", "note")} == {
        "vip": True,
        "attention": False,
        "note": "hàng 1",
    }
    await flags.set_flag(other, world.event, guest.id, vip=False, attention=True, note="xem giấy tờ")
    await flags.set_flag(other, world.event, guest.id, vip=False, attention=False)
    assert [(one["note"], one["set_by_name"]) for one in await flags.earlier(guest.id)] == [
        ("xem giấy tờ", "Hoa"),
        ("hàng 1", "Ban tổ chức"),
    ]
    assert "vip" not in (await scan(world, guest.code, direction="out")).facts


async def test_the_notes_are_found_by_name_and_say_why(world: World) -> None:
    guest = await make_registration(world, full_name="Đặng Thị Hương")
    await make_registration(world, full_name="Lê An")
    assert await flags.flagged(world.event) == []
    assert [one["id"] for one in await flags.flagged(world.event, "dang huong")] == [guest.id]
    assert await flags.flagged(world.event, "hu") == []
    await flags.set_flag(world.owner, world.event, guest.id, vip=True, attention=False)
    assert [one["id"] for one in await flags.flagged(world.event)] == [guest.id]
    for note in ("", "x" * 201):
        with pytest.raises(Invalid):
            await flags.set_flag(world.owner, world.event, guest.id, vip=False, attention=True, note=note)
    with pytest.raises(NotFound):
        await flags.set_flag(world.owner, (await make_event()).event, guest.id, vip=True, attention=False)


# --- what a ticket is good for -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"valid_from": clock.now() + HOUR}, "too_early"),
        ({"valid_until": clock.now() - HOUR}, "too_late"),
        ({"valid_from": clock.now() - HOUR, "valid_until": clock.now() + HOUR, "colour": "#1a4fa3"}, ""),
    ],
)
async def test_a_ticket_opens_when_its_type_says(world: World, change: dict[str, Any], reason: str) -> None:
    plan = TypePlan(code="visitor", title_vi="Khách tham quan", capacity=50, **change)
    await setup.edit_type(world.owner, world.event, world.type_id, plan)
    verdict = await scan(world, (await make_registration(world)).code)
    assert (verdict.reason, verdict.facts.get("colour", "")) == (reason, change.get("colour", ""))


async def test_days_are_days_of_the_event_and_hold_at_the_door(world: World, make_client: MakeClient) -> None:
    now = clock.now()
    await db.execute(
        "UPDATE event SET starts_at = $2, ends_at = $3 WHERE id = $1", world.event, now - 26 * HOUR, now + 26 * HOUR
    )
    days = await setup.days_of(world.event)
    today = now.astimezone(clock.VIETNAM).date()
    form = {"code": "visitor", "title_vi": "Khách", "capacity": "50", "self_change": "on", "colour": "#a32020"}
    path = f"/events/{world.slug}/types/{world.type_id}"
    http = make_client(world.owner)
    assert (await http.post(path, data={**form, "days": [str(day) for day in days if day != today]})).status_code == 303
    kept = await db.fetchrow("SELECT days, colour FROM ticket_type WHERE id = $1", world.type_id)
    assert kept is not None
    assert tuple(kept) == ([day for day in days if day != today], "#a32020")
    door_today = await db.fetchval("SELECT (door_day(now(), NULL) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date")
    expected = "" if door_today != today else "wrong_day"
    assert (await scan(world, (await make_registration(world)).code)).reason == expected
    wrong = await http.post(path, data={**form, "days": str(days[0] - timedelta(days=1)), "colour": "red"})
    assert wrong.status_code == 422
    assert (await http.get(f"/events/{world.slug}/setup")).text.count("checked") >= len(days) - 1


@pytest.mark.parametrize(
    "change", [{"colour": "red"}, {"colour": "#ABCDEF"}, {"valid_from": clock.now(), "valid_until": clock.now() - HOUR}]
)
async def test_types_that_cannot_be(change: dict[str, Any], world: World) -> None:
    with pytest.raises(Invalid):
        setup.check_type(TypePlan(code="visitor", title_vi="Khách", capacity=1, **change))


# --- pages ---------------------------------------------------------------------------------------------------------


async def test_a_refused_page_keeps_what_was_typed_and_a_good_one_is_kept(
    world: World, make_client: MakeClient
) -> None:
    http = make_client(world.owner)
    path = f"/events/{world.slug}/doors/{world.checkpoint}"
    zone = str(await zone_of(world))
    form = {"name_vi": "Cổng “Rồng”", "zone": zone, "direction": "in", "opens_daily": "8 giờ", "walk_in_minutes": "7"}
    refused = await http.post(path, data=form)
    assert refused.status_code == 422
    assert "8 giờ" in refused.text
    assert "Cổng “Rồng”" in refused.text
    kept = await http.post(path, data={**form, "opens_daily": "08:00", "types": "visitor"})
    assert kept.status_code == 303
    row = await db.fetchrow("SELECT name_vi, direction, opens_daily, ticket_types FROM checkpoint")
    assert row is not None
    assert tuple(row) == ("Cổng “Rồng”", "in", time(8), ["visitor"])
    shown = await http.get(path)
    assert 'value="08:00"' in shown.text
    refused = await http.post(f"/events/{world.slug}/doors/place/{zone}", data={"name_vi": "Sảnh", "cap": "nhiều"})
    assert (refused.status_code, "nhiều" in refused.text) == (422, True)
    kept = await http.post(f"/events/{world.slug}/doors/place/{zone}", data={"name_vi": "Sảnh", "cap": "9"})
    assert kept.status_code == 303
    refused = await http.post(f"{path}/questions", data={"text_vi": "Ăn gì?", "kind": "choice", "options": "Chay"})
    assert (refused.status_code, "Chay</textarea>" in refused.text) == (422, True)
    assert "Sảnh" in (await http.get(f"/events/{world.slug}/doors")).text
    added = await http.post(f"/events/{world.slug}/doors", data={"name_vi": "Cửa sau", "zone": zone})
    assert added.headers["location"].startswith(f"/events/{world.slug}/doors/")


MAY = {"stranger": 403, "desk": 403, "organizer": 200, "owner": 200, "other_owner": 403}


@pytest.mark.parametrize("who", MAY)
async def test_who_plans_the_event_and_nobody_else(who: str, world: World, make_client: MakeClient) -> None:
    other = await make_event()
    cast: dict[str, Actor] = {"owner": world.owner, "other_owner": other.owner}
    if who not in cast:
        cast[who] = await make_person(name=who, email=f"{who}@test.example", roles=())
        if who in ("desk", "organizer"):
            await setup.add_staff(world.owner, world.event, f"{who}@test.example", who)
    guest = await make_registration(world)
    values = {
        "{slug:str}": world.slug,
        "{checkpoint:uuid}": str(world.checkpoint),
        "{zone:uuid}": str(await zone_of(world)),
        "{registration:uuid}": str(guest.id),
    }
    http = make_client(cast[who])
    for handler in routes_doors.handlers:
        (path,) = handler.paths
        strange = path
        for name, value in values.items():
            path = path.replace(name, value)
            strange = strange.replace(name, other.slug if name == "{slug:str}" else value)
        method = "GET" if "GET" in handler.http_methods else "POST"
        answer = await http.request(method, path)
        refused = 422 if method == "POST" and not path.endswith(str(guest.id)) else 303 if method == "POST" else 200
        assert answer.status_code == (refused if MAY[who] == 200 else MAY[who]), (method, path)
        if who == "owner" and "uuid" in handler.paths.copy().pop():
            assert (await http.request(method, strange)).status_code == 403


async def test_what_is_of_another_event_is_not_found(world: World, make_client: MakeClient) -> None:
    other = await make_event(owner=world.owner)
    guest = await make_registration(other)
    http = make_client(world.owner)
    for path in (f"doors/{other.checkpoint}", f"doors/place/{await zone_of(other)}", f"flags/{guest.id}"):
        assert (await http.get(f"/events/{world.slug}/{path}")).status_code == 404
        assert (await http.post(f"/events/{world.slug}/{path}", data={"name_vi": "x"})).status_code == 404


async def test_the_list_of_doors_asks_the_same_for_one_and_for_many(world: World, make_client: MakeClient) -> None:
    http = make_client(world.owner)
    with db.count_queries() as one:
        await http.get(f"/events/{world.slug}/doors")
    for _n in range(3):
        await places.add_door(world.owner, world.event, name_vi="Cửa phụ")
    with db.count_queries() as many:
        await http.get(f"/events/{world.slug}/doors")
    assert len(one) == len(many)
