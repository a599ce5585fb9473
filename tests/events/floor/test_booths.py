"""Booths and exhibitors: codes, places, applications, decisions, passes within their quota (case 17)."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core import outbox
from app.core.errors import Invalid, NotFound
from app.core.web import NOBODY
from events import changing
from events.floor import booths, exhibitors, passes
from events.floor.booths import Place
from events.floor.exhibitors import Application, Decision
from events.registration import Wish
from tests.event_factories import make_registration
from tests.events.floor.making import (
    accepted,
    make_booths,
    make_event,
    make_organisation,
    make_village,
    open_ground,
)
from tests.factories import make_person


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("A1", ["A1"]),
        ("A1, B2\nC3", ["A1", "B2", "C3"]),
        ("A8..A11", ["A8", "A9", "A10", "A11"]),
        ("A08..10", ["A08", "A09", "A10"]),
        ("1..3; lang-xanh", ["1", "2", "3"]),
        ("Hồ Gươm 1", ["Hồ Gươm 1"]),
    ],
)
def test_codes_are_read(text: str, codes: list[str]) -> None:
    assert [line.code for line in booths.read_codes(text)] == codes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Vui lòng điền mục này."),
        ("A1\na1", "Dòng 2: mã “a1” có hai lần."),
        ("A5..A1", "Dòng 1: “A5..A1” không phải một dãy mã. Vui lòng viết như A1..A40."),
        ("A1..B4", "Dòng 1: “A1..B4” không phải một dãy mã. Vui lòng viết như A1..A40."),
        ("A1..A9999", "Dòng 1: “A1..A9999” không phải một dãy mã. Vui lòng viết như A1..A40."),
        ("?", "Dòng 1: “?” không phải mã: chữ, số, nhiều nhất 20 ký tự."),
    ],
)
def test_what_is_no_code_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        booths.read_codes(text)
    assert refused.value.fields["codes"].text("vi", **refused.value.params) == said


@settings(max_examples=50)
@given(st.text(alphabet="A1b2.;,\n …–đ", max_size=30))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        found = booths.read_codes(text)
    except Invalid:
        return
    folded = [line.code.casefold() for line in found]
    assert len(folded) == len(set(folded)) > 0


def test_a2_stands_before_a10() -> None:
    assert sorted(["B1", "A10", "A2"], key=booths.code_order) == ["A2", "A10", "B1"]


async def test_700_booths_are_made_at_once_and_read_with_one_question(db: Any) -> None:
    world = await make_event()
    village = await make_village(world)
    with database.count_queries() as few:
        await booths.make(world.owner, world.event, booths.read_codes(f"A1..A3; {village['slug']}"))
    with database.count_queries() as many:
        await booths.make(world.owner, world.event, booths.read_codes(f"B1..B697; {village['name_vi']}"))
    assert len(many) == len(few)
    with database.count_queries() as asked:
        found = await booths.booths_of(world.event)
    assert (len(found), len(asked), found[2]["code"], found[3]["code"]) == (700, 1, "A3", "B1")
    assert {one["village_slug"] for one in found} == {village["slug"]}
    parents = await database.fetch("SELECT DISTINCT parent FROM zone WHERE event = $1 AND kind = 'booth'", world.event)
    assert [row["parent"] for row in parents] == [village["zone"]]


async def test_codes_that_are_taken_make_no_booth(db: Any) -> None:
    world = await make_event()
    await make_booths(world, "A1..A3")
    with pytest.raises(booths.CodesTaken) as refused:
        await make_booths(world, "a3, A4")
    assert refused.value.params == {"codes": "A3"}
    with pytest.raises(Invalid):
        await make_booths(world, "C1; lang-khong-co")
    assert len(await booths.booths_of(world.event)) == 3


async def test_booths_are_placed_arranged_and_taken_off(db: Any) -> None:
    world = await make_event()
    made = await make_booths(world, "A1..A12")
    plan = await booths.add_plan(world.owner, world.event, "Phố đi bộ", "", None)
    await booths.place(world.owner, world.event, made["A1"], Place(plan=plan, x=10, y=990))
    assert await booths.arrange(world.owner, world.event, plan) == 11
    spots = [(one["x"], one["y"]) for one in await booths.booths_of(world.event)]
    assert (spots[0], len(set(spots))) == ((10, 990), 12)
    assert all(0 <= x <= 1000 and 0 <= y <= 1000 for x, y in spots)
    for wrong in (Place(plan=plan, x=1001, y=0), Place(plan=plan, x=1, y=None)):
        with pytest.raises(Invalid):
            await booths.place(world.owner, world.event, made["A1"], wrong)
    with pytest.raises(NotFound):
        await booths.place(world.owner, (await make_event()).event, made["A1"], Place(plan=plan, x=1, y=1))
    await booths.end_plan(world.owner, world.event, plan)
    assert {one["x"] for one in await booths.booths_of(world.event)} == {None}


async def test_an_organisation_applies_once_and_is_told_what_became_of_it(db: Any) -> None:
    world = await make_event()
    person = await make_person(name="Trần Văn Đức")
    organisation = await make_organisation(person, "Công ty Sao Mai")
    wish = Application(organisation=organisation, shows_vi="Cảm biến")
    with pytest.raises(exhibitors.NotTaken):
        await exhibitors.apply(person, world.event, wish)
    await open_ground(world)
    exhibitor = await exhibitors.apply(person, world.event, wish)
    with pytest.raises(exhibitors.AppliedAlready):
        await exhibitors.apply(person, world.event, wish)
    booth = (await make_booths(world))["A1"]
    await exhibitors.decide(world.owner, world.event, exhibitor, Decision(status="accepted", booth=booth))
    with pytest.raises(exhibitors.Decided):
        await exhibitors.decide(world.owner, world.event, exhibitor, Decision(status="declined", reason="x"))
    await outbox.drain()
    mail = await database.fetchrow("SELECT subject, text FROM mail WHERE to_address = $1", person.email)
    assert mail is not None
    assert (mail["subject"], "Gian hàng của bạn: A1" in mail["text"]) == (
        "Bạn có gian hàng: Ngày hội khởi nghiệp",
        True,
    )


async def test_only_who_speaks_for_an_organisation_applies_for_it(db: Any) -> None:
    world = await make_event()
    await open_ground(world)
    person, viewer = await make_person(), await make_person()
    organisation = await make_organisation(person)
    own = await make_organisation(viewer, role="viewer")
    for asked in (organisation, own):
        with pytest.raises(Invalid) as refused:
            await exhibitors.apply(viewer, world.event, Application(organisation=asked, shows_vi="x"))
        assert list(refused.value.fields) == ["organisation"]


@pytest.mark.parametrize("status", ["declined", "removed"])
async def test_bad_news_take_a_reason(db: Any, status: str) -> None:
    world = await make_event()
    with pytest.raises(Invalid) as refused:
        await exhibitors.decide(world.owner, world.event, world.event, Decision(status=status, reason=" "))
    assert list(refused.value.fields) == ["reason"]


async def test_a_booth_is_given_once(db: Any) -> None:
    world = await make_event()
    await open_ground(world)
    booth = (await make_booths(world))["A1"]
    _one, first = await accepted(world, booth)
    with pytest.raises(Invalid):
        await accepted(world, booth)
    _two, second = await accepted(world)
    with pytest.raises(booths.BoothTaken):
        await booths.give(world.owner, world.event, booth, second)
    await booths.give(world.owner, world.event, booth, first)


async def test_the_booth_quota_of_a_village_holds(db: Any) -> None:
    world = await make_event()
    await open_ground(world)
    village = await make_village(world, booth_quota=1)
    made = await make_booths(world)
    await accepted(world, made["A1"], village["id"])
    with pytest.raises(exhibitors.BoothsUsed):
        await accepted(world, made["A2"], village["id"])


async def tickets(world: Any) -> list[str]:
    rows = await database.fetch(
        "SELECT status FROM registration WHERE event = $1 AND source = 'desk' ORDER BY registered_at, id", world.event
    )
    return [row["status"] for row in rows]


async def test_case_17_staff_passes_stay_within_the_quota_and_end_with_the_booth(db: Any) -> None:
    world = await make_event()
    await open_ground(world, passes_each=2)
    booth = (await make_booths(world))["A1"]
    person, exhibitor = await accepted(world, booth)
    for number in range(2):
        await passes.give(person, exhibitor, f"Nhân viên {number}", f"staff{number}@test.example")
    with pytest.raises(passes.QuotaUsed):
        await passes.give(person, exhibitor, "Thêm", "staff9@test.example")
    kinds = await database.fetch(
        "SELECT t.role, t.visibility FROM registration r JOIN ticket_type t ON t.id = r.ticket_type"
        " WHERE r.event = $1 AND r.source = 'desk'",
        world.event,
    )
    assert [tuple(row) for row in kinds] == [("exhibitor", "invited")] * 2
    await booths.close(world.owner, world.event, booth)
    assert await tickets(world) == ["cancelled", "cancelled"]
    assert await passes.passes_of(exhibitor) == []
    with pytest.raises(passes.NoBooth):
        await passes.give(person, exhibitor, "Thêm", "staff9@test.example")
    await booths.close(world.owner, world.event, booth)


async def test_case_17_an_exhibitor_with_another_booth_keeps_its_passes(db: Any) -> None:
    world = await make_event()
    await open_ground(world)
    made = await make_booths(world)
    person, exhibitor = await accepted(world, made["A1"])
    await booths.give(world.owner, world.event, made["A2"], exhibitor)
    await passes.give(person, exhibitor, "Nhân viên", "staff@test.example")
    await booths.close(world.owner, world.event, made["A1"])
    assert await tickets(world) == ["confirmed"]
    await exhibitors.withdraw(person, exhibitor)
    assert await tickets(world) == ["cancelled"]
    assert (await booths.booths_of(world.event))[0]["exhibitor"] is None


async def test_case_17_the_job_revokes_what_a_crash_left_behind(db: Any) -> None:
    world = await make_event()
    await open_ground(world)
    booth = (await make_booths(world))["A1"]
    person, exhibitor = await accepted(world, booth)
    await passes.give(person, exhibitor, "Nhân viên", "staff@test.example")
    async with database.tx():
        await database.execute("UPDATE booth SET ended_at = now(), exhibitor = NULL WHERE id = $1", booth)
        await passes.end_without_booth(exhibitor)
    assert await tickets(world) == ["confirmed"]
    await outbox.drain()
    assert await tickets(world) == ["cancelled"]


async def test_a_pass_taken_back_gives_room_and_known_addresses_get_none(db: Any) -> None:
    world = await make_event()
    await open_ground(world, passes_each=1)
    person, exhibitor = await accepted(world, (await make_booths(world))["A1"])
    await make_registration(world, email="khach@test.example")
    with pytest.raises(passes.KnownAlready):
        await passes.give(person, exhibitor, "Khách", "Khach@Test.example")
    await passes.give(person, exhibitor, "Một", "mot@test.example")
    (one,) = await passes.passes_of(exhibitor)
    await passes.take_back(person, exhibitor, one["id"])
    await passes.take_back(person, exhibitor, one["id"])
    await passes.give(person, exhibitor, "Hai", "hai@test.example")
    assert sorted(await tickets(world)) == ["cancelled", "confirmed"]


async def test_a_pass_that_was_passed_on_counts_once_and_is_taken_back_from_who_has_it(db: Any) -> None:
    world = await make_event()
    await open_ground(world, passes_each=1)
    kind = "(SELECT id FROM ticket_type WHERE event = $1 AND visibility = 'public' LIMIT 1)"
    await database.execute(f"UPDATE floor_ground SET pass_type = {kind} WHERE event = $1", world.event)
    person, exhibitor = await accepted(world, (await make_booths(world))["A1"])
    first = await passes.give(person, exhibitor, "Một", "mot@test.example")
    second = await changing.transfer(NOBODY, first.id, Wish(ticket_type="", full_name="Hai", email="hai@test.example"))
    visitor = await make_registration(world, email="ba@test.example")
    await changing.merge(world.owner, world.event, visitor.id, second.id)
    (one,) = await passes.passes_of(exhibitor)
    assert one["email"] == "ba@test.example"
    with pytest.raises(passes.QuotaUsed):
        await passes.give(person, exhibitor, "Thêm", "them@test.example")
    await passes.take_back(person, exhibitor, one["id"])
    active = "SELECT count(*) FROM registration WHERE event = $1 AND status <> 'cancelled'"
    assert await database.fetchval(active, world.event) == 0
    await passes.give(person, exhibitor, "Mới", "moi@test.example")


async def test_six_at_once_for_the_last_two_passes(committed: Any) -> None:
    world = await make_event()
    await open_ground(world, passes_each=2)
    person, exhibitor = await accepted(world, (await make_booths(world))["A1"])
    found = await asyncio.gather(
        *(passes.give(person, exhibitor, f"Nhân viên {n}", f"staff{n}@test.example") for n in range(6)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in found) == ["QuotaUsed"] * 4 + ["Registered"] * 2
    assert await tickets(world) == ["confirmed"] * 2
