"""Zones: one place of a tree at a time, caps on every way in, days, sessions, groups, questions; cases 54 to 67."""

from collections import Counter
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import clock, db
from app.core.ids import new_id
from events import planning, setup, tickets
from events.door import emptying
from events.planning import TypePlan
from tests.event_factories import World, make_event, make_registration, scan, ticket_code
from tests.events.door.conftest import MakeScanner, Scanner

MINUTE = timedelta(minutes=1)


async def zone(world: World, name: str, inside: UUID | None = None, **kw: Any) -> UUID:
    """A zone with a door of its own; both have one number."""
    number = new_id()
    values = {"kind": "village", "cap": None, "re_entry": "after_exit", **kw}
    await db.execute(
        "INSERT INTO zone (id, event, parent, name_vi, kind, cap, re_entry) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        *(number, world.event, inside, name, values["kind"], values["cap"], values["re_entry"]),
    )
    await db.execute(
        "INSERT INTO checkpoint (id, event, zone, name_vi) VALUES ($1, $2, $1, $3)", number, world.event, name
    )
    return number


async def inside() -> dict[str, int]:
    """People inside by zone, as the counters say; a recount has to say the same."""
    rows = await db.fetch(
        "SELECT z.name_vi, sum(n.inside) AS counted, (SELECT count(*) FROM admission a WHERE a.zone = z.id AND a.inside"
        " AND a.voided_at IS NULL) AS found FROM zone z JOIN zone_count n ON n.zone = z.id GROUP BY z.id"
    )
    assert {row["name_vi"]: row["counted"] for row in rows} == {row["name_vi"]: row["found"] for row in rows}
    return {row["name_vi"]: row["counted"] for row in rows if row["counted"]}


async def test_case_57_a_village_leaves_its_sibling_and_the_venue_is_unchanged(world: World) -> None:
    venue = world.checkpoint
    first, second = await zone(world, "Làng A", venue), await zone(world, "Làng B", venue)
    hall = await zone(world, "Hội trường", first)
    guests = [await make_registration(world) for _n in range(3)]
    steps = []
    for guest, door, direction in (
        (0, venue, "in"),
        (0, first, "in"),
        (1, hall, "in"),  # straight in, as at a street festival
        (0, second, "in"),
        (1, hall, "out"),
        (0, second, "out"),
        (2, venue, "in"),
        (0, venue, "out"),
    ):
        verdict = await scan(world, guests[guest].code, checkpoint_id=door, direction=direction)
        assert verdict.outcome == "ok"
        steps.append(await inside())
    assert steps == [
        {"Cửa chính": 1},
        {"Cửa chính": 1, "Làng A": 1},
        {"Cửa chính": 2, "Làng A": 2, "Hội trường": 1},
        {"Cửa chính": 2, "Làng A": 1, "Hội trường": 1, "Làng B": 1},
        {"Cửa chính": 1, "Làng B": 1},
        {"Cửa chính": 1},
        {"Cửa chính": 2},
        {"Cửa chính": 1},
    ]


async def test_a_gate_leads_into_the_zone_around_it(world: World) -> None:
    gates = [await zone(world, f"Cổng {name}", world.checkpoint, kind="gate") for name in "AB"]
    guest = await make_registration(world)
    found = [await scan(world, guest.code, checkpoint_id=gate, device_id=str(gate)) for gate in gates]
    assert [(v.outcome, v.reason) for v in found] == [("ok", ""), ("already", "already_inside")]
    assert await inside() == {"Cửa chính": 1}


async def test_zones_know_their_path_and_stay_where_people_were_counted(world: World) -> None:
    village = await zone(world, "Làng", world.checkpoint)
    hall = await zone(world, "Hội trường")
    await db.execute("UPDATE zone SET parent = $1 WHERE id = $2", village, hall)
    assert await db.fetchval("SELECT path FROM zone WHERE id = $1", hall) == [world.checkpoint, village, hall]
    outer = await zone(world, "Khu")
    await db.execute("UPDATE zone SET parent = $1 WHERE id = $2", outer, world.checkpoint)
    assert await db.fetchval("SELECT path FROM zone WHERE id = $1", hall) == [outer, world.checkpoint, village, hall]
    await scan(world, (await make_registration(world)).code, checkpoint_id=hall)
    for wrong in (
        db.execute("UPDATE zone SET parent = NULL WHERE id = $1", village),
        db.execute("UPDATE zone SET parent = $1 WHERE id = $2", hall, outer),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with db.connection() as con, con.transaction():
                await wrong


RE_ENTRY = {
    "after_exit": [("ok", ""), ("already", "already_inside"), ("ok", ""), ("ok", "")],
    "any": [("ok", ""), ("ok", ""), ("ok", ""), ("ok", "")],
    "once": [("ok", ""), ("already", "already_inside"), ("ok", ""), ("refused", "re_entry")],
    "daily": [("ok", ""), ("already", "already_inside"), ("ok", ""), ("refused", "re_entry")],
}


@pytest.mark.parametrize("rule", RE_ENTRY)
async def test_case_54_re_entry_is_a_rule_of_the_zone(rule: str, world: World) -> None:
    village = await zone(world, "Làng", re_entry=rule)
    guest = await make_registration(world)
    found = []
    for direction in ("in", "in", "out", "in"):
        verdict = await scan(world, guest.code, checkpoint_id=village, direction=direction)
        found.append((verdict.outcome, verdict.reason))
    assert found == RE_ENTRY[rule]
    if rule == "daily":
        await db.execute("UPDATE admission SET last_at = last_at - interval '1 day'")
        assert (await scan(world, guest.code, checkpoint_id=village)).outcome == "ok"


async def test_case_55_at_closing_everybody_is_counted_out_and_the_next_second_is_the_next_day(
    world: World, make_scanner: MakeScanner
) -> None:
    local = clock.now().astimezone(clock.VIETNAM)
    closing = (local - timedelta(minutes=30)).replace(microsecond=0)
    await db.execute("UPDATE zone SET empties_at = $1", closing.time())
    scanner = await make_scanner(world)
    codes = [await ticket_code(world, await make_registration(world)) for _n in range(3)]
    times = (closing - MINUTE, closing, closing + MINUTE)
    for code, at in zip(codes, times, strict=True):
        await scanner.sync(scanner.act(code, offline=True, shown="ok", scanned_at=at.isoformat()))
    await emptying.empty()
    assert await inside() == {"Cửa chính": 2}
    await emptying.empty()
    assert await inside() == {"Cửa chính": 2}
    # an exit from before closing that comes in late tells the same again
    await scanner.sync(
        scanner.act(
            codes[0], direction="out", offline=True, shown="ok", scanned_at=(closing - 30 * MINUTE / 60).isoformat()
        )
    )
    assert await inside() == {"Cửa chính": 2}
    assert (await scanner.scan(codes[0]))["status"] == "ok"
    assert await inside() == {"Cửa chính": 3}


async def test_case_56_day_one_does_not_block_day_two_and_a_day_pass_is_of_its_day(db: asyncpg.Connection) -> None:
    today = clock.now().astimezone(clock.VIETNAM)
    world = await make_event(
        TypePlan(code="both", title_vi="Hai ngày", capacity=9),
        TypePlan(code="tomorrow", title_vi="Ngày mai", capacity=9),
        starts_at=clock.now() - timedelta(days=2),
        ends_at=clock.now() + timedelta(days=2),
    )
    await db.execute("UPDATE zone SET empties_at = '00:00'")
    await db.execute("UPDATE ticket_type SET days = $1 WHERE code = 'tomorrow'", [today.date() + timedelta(days=1)])
    both = await make_registration(world, ticket_type="both")
    other = await make_registration(world, ticket_type="tomorrow")
    yesterday = clock.now() - timedelta(days=1)
    assert (await scan(world, both.code, offline=True, shown="ok", scanned_at=yesterday)).outcome == "ok"
    assert (await scan(world, both.code)).outcome == "ok"
    assert (await scan(world, other.code)).reason == "wrong_day"
    await db.execute("UPDATE ticket_type SET days = $1, valid_from = now() + interval '1 hour'", [today.date()])
    assert (await scan(world, other.code)).reason == "too_early"


async def test_doors_have_hours_of_the_day_and_a_direction(world: World) -> None:
    local = clock.now().astimezone(clock.VIETNAM)
    guest = await make_registration(world)
    later = (local + timedelta(hours=1)).time() if local.hour < 23 else time(23, 59)
    await db.execute("UPDATE checkpoint SET opens_daily = $1", later)
    assert (await scan(world, guest.code)).reason == "too_early"
    await db.execute("UPDATE checkpoint SET opens_daily = NULL, closes_daily = '00:00'")
    assert (await scan(world, guest.code)).reason == "too_late"
    await db.execute("UPDATE checkpoint SET closes_daily = NULL, direction = 'out'")
    assert (await scan(world, guest.code)).reason == "wrong_direction"


async def test_case_58_a_cap_holds_at_every_zone_on_the_way_in(world: World) -> None:
    await db.execute("UPDATE zone SET cap = 2 WHERE id = $1", world.checkpoint)
    villages = [await zone(world, name, world.checkpoint, cap=cap) for name, cap in (("Làng A", 1), ("Làng B", 9))]
    codes = [(await make_registration(world)).code for _n in range(3)]

    async def step(guest: int, door: UUID, direction: str = "in") -> tuple[str, str]:
        verdict = await scan(world, codes[guest], checkpoint_id=door, direction=direction)
        return verdict.outcome, verdict.facts.get("full_vi", "")

    assert [
        await step(0, villages[0]),
        await step(1, villages[0]),  # the village is full
        await step(1, villages[1]),
        await step(2, villages[1]),  # the venue is full
        await step(0, villages[1]),  # who comes from the sibling needs no further place in the venue
        await step(0, villages[1], "out"),
        await step(2, villages[0]),
    ] == [
        ("ok", ""),
        ("refused", "Làng A"),
        ("ok", ""),
        ("refused", "Cửa chính"),
        ("ok", ""),
        ("ok", ""),
        ("ok", ""),
    ]


async def test_what_happened_offline_is_counted_over_the_cap_and_says_so(world: World, scanner: Scanner) -> None:
    await db.execute("UPDATE zone SET cap = 1")
    codes = [await ticket_code(world, await make_registration(world)) for _n in range(2)]
    at = (clock.now() - MINUTE).isoformat()
    found = await scanner.sync(*(scanner.act(code, offline=True, shown="ok", scanned_at=at) for code in codes))
    assert [(one["status"], one["occupancy"]) for one in found] == [
        ("ok", {"inside": 1, "capacity": 1}),
        ("ok", {"inside": 2, "capacity": 1}),
    ]
    assert await db.fetchval("SELECT facts->>'over' FROM scan ORDER BY id DESC LIMIT 1") == "true"


async def book(world: World, door: UUID, begins: datetime, *guests: UUID) -> None:
    """A session behind a door, booked by these."""
    session = new_id()
    await db.execute(
        "INSERT INTO agenda_session (id, event, number, guid, slug) VALUES ($1, $2, 1, $3, 'phien')",
        *(session, world.event, str(session)),
    )
    await db.execute(
        "INSERT INTO agenda_shown (session, event, slug, starts_at, ends_at, booking)"
        " VALUES ($1, $2, 'phien', $3, $4, true)",
        *(session, world.event, begins, begins + timedelta(hours=1)),
    )
    for guest in guests:
        await db.execute(
            "INSERT INTO agenda_booking (session, registration, status) VALUES ($1, $2, 'booked')", session, guest
        )
    await db.execute("UPDATE checkpoint SET session = $1 WHERE id = $2", session, door)


async def test_case_59_a_session_is_for_who_booked_and_in_the_last_minutes_for_all(world: World) -> None:
    hall = await zone(world, "Hội trường")
    booked, walk_in = await make_registration(world), await make_registration(world)
    await book(world, hall, clock.now() + 20 * MINUTE, booked.id)
    found = [(await scan(world, guest.code, checkpoint_id=hall)).reason for guest in (booked, walk_in)]
    assert found == ["", "session_not_booked"]
    await db.execute("UPDATE agenda_shown SET starts_at = now() + interval '4 minutes'")
    assert (await scan(world, walk_in.code, checkpoint_id=hall)).outcome == "ok"


async def test_case_60_undo_then_scan_again_and_undo_from_another_device(
    world: World, make_scanner: MakeScanner
) -> None:
    steward, supervisor = await make_scanner(world), await make_scanner(world, "supervisor")
    code = await ticket_code(world, await make_registration(world))
    first = await steward.scan(code)
    undone = await supervisor.post("/door/undo", {"scan_id": first["scan_id"], "reason": "nhầm người"})
    again = await supervisor.post("/door/undo", {"scan_id": first["scan_id"], "reason": "nhầm người"})
    assert (undone.status_code, again.status_code) == (200, 409)
    assert await inside() == {}
    assert (await steward.scan(code))["status"] == "ok"
    assert await db.fetchval("SELECT count(*) FROM scan") == 3
    listed = (await supervisor.get(f"/door/latest?checkpoint_id={world.checkpoint}")).json()["items"]
    assert [one["can_undo"] for one in listed] == [True, False, False]


async def test_case_65_a_pass_given_offline_becomes_the_registration_of_its_address(
    world: World, make_scanner: MakeScanner
) -> None:
    first, second = await make_scanner(world, "search"), await make_scanner(world)
    known = await make_registration(world, email="lan@test.example")
    body = {
        "nonce": "w1",
        "checkpoint_id": str(world.checkpoint),
        "ticket_type": "visitor",
        "scanned_at": (clock.now() - 9 * MINUTE).isoformat(),
        "offline": True,
        "pass": "WABCDEFGHIJKLMNOPQRSTUVWXY",
        "person": {"full_name": "Lan", "email": " LAN@test.example "},
    }
    merged = (await first.post("/door/walk-ins", body)).json()
    assert (merged["status"], merged["registration"]) == ("merged", str(known.id))
    assert (await first.post("/door/walk-ins", body)).json()["scan"]["replayed"] is True
    fresh = {**body, "nonce": "w2", "pass": "W" + "B" * 25, "person": {"full_name": "Trần Bình", "phone": "0912345678"}}
    made = (await first.post("/door/walk-ins", fresh)).json()
    assert (made["status"], made["scan"]["status"]) == ("registered", "ok")
    found = await second.scan("w" + "b" * 25)
    assert (found["status"], found["person"]["name"]) == ("already", "Trần Bình")
    stranger = await second.scan("W" + "C" * 25)
    assert (stranger["status"], stranger["reason"]) == ("refused", "unknown_code")
    assert await inside() == {"Cửa chính": 2}
    wrong = await first.post("/door/walk-ins", {**fresh, "nonce": "w3", "pass": "no pass"})
    assert (wrong.status_code, list(wrong.json()["error"]["fields"])) == (422, ["pass"])


async def test_case_66_of_a_group_those_come_in_who_are_here_each_once(world: World, scanner: Scanner) -> None:
    group = new_id()
    await db.execute(
        "INSERT INTO delegation (id, event, name, secret) VALUES ($1, $2, 'Đoàn Bách khoa', 's')", group, world.event
    )
    guests = [(await make_registration(world)).id for _n in range(12)]
    await db.execute("UPDATE registration SET delegation = $1 WHERE id = ANY ($2)", group, guests)
    key = await db.fetchval("SELECT id FROM event_key WHERE event = $1", world.event)
    code = await tickets.code_of(group, world.event, key)
    asked = await scanner.scan(code)
    assert (asked["status"], asked["reason"], asked["group"]["name"]) == ("needs_input", "group", "Đoàn Bách khoa")
    assert len(asked["group"]["members"]) == 12
    assert all(member["name"] for member in asked["group"]["members"])
    assert "Khách" not in str(await db.fetchval("SELECT facts::text FROM scan"))
    seven = [str(guest) for guest in guests[:7]]
    first = await scanner.scan(code, nonce="g1", present=seven)
    again = await scanner.scan(code, nonce="g1", present=seven)
    assert (first["status"], again) == ("ok", {**first, "replayed": True})
    later = await scanner.scan(code, nonce="g2", present=[seven[0], *(str(guest) for guest in guests[7:10])])
    assert Counter(member["status"] for member in later["group"]["members"]) == {"ok": 3, "already": 1}
    assert await inside() == {"Cửa chính": 10}
    stranger = await make_registration(world)
    wrong = await scanner.post("/checkin/scan", scanner.act(code, present=[str(stranger.id)]))
    assert wrong.status_code == 422
    await planning.rotate_key(world.owner, world.event, "lộ mã")
    dead = await scanner.scan(code, present=[str(guests[11])])
    assert (dead["status"], dead["reason"]) == ("refused", "revoked")


async def test_case_67_flags_are_shown_and_a_required_question_is_asked_first(world: World, scanner: Scanner) -> None:
    guest = await make_registration(world)
    await db.execute(
        "INSERT INTO door_flag (id, registration, vip, attention, note) VALUES ($1, $2, true, true, 'Đón ở cổng A')",
        *(new_id(), guest.id),
    )
    question = {"code": "xe", "text_vi": "Có gửi xe?", "text_en": "Parking?", "kind": "yes_no", "required": True}
    await db.execute("UPDATE checkpoint SET questions = $1", [question])
    code = await ticket_code(world, guest)
    asked = await scanner.scan(code)
    assert (asked["status"], asked["reason"], asked["questions"]) == ("needs_input", "needs_answer", [question])
    person = asked["person"]
    assert (person["vip"], person["attention"], person["note"]) == (True, True, "Đón ở cổng A")
    answered = await scanner.scan(code, answers={"xe": "yes"})
    assert answered["status"] == "ok"
    other = await ticket_code(world, await make_registration(world))
    (offline,) = await scanner.sync(scanner.act(other, offline=True, shown="ok", answers={"xe": "no"}))
    assert offline["status"] == "conflict"  # no time was given
    rows = await db.fetch("SELECT answers FROM scan WHERE counts ORDER BY received_at")
    assert [row["answers"] for row in rows] == [{"xe": "yes"}, {"xe": "no"}]


@pytest.mark.parametrize("field", ["answers", "clock_ms", "present", "override_reason", "code"])
async def test_bodies_that_cannot_be_are_answered_by_field(field: str, world: World, scanner: Scanner) -> None:
    wrong: dict[str, Any] = {
        "answers": {"x": "y" * 501},
        "clock_ms": 2**40,
        "present": [str(new_id())],
        "override_reason": "x" * 501,
        "code": 7,
    }
    answer = await scanner.post("/checkin/scan", scanner.act("ABCD2345") | {field: wrong[field]})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (422, [field])


async def test_new_checkpoints_have_a_zone_and_caps_are_told(world: World) -> None:
    hall = await setup.add_checkpoint(world.owner, world.event, name_vi="Hội trường", capacity=7, types=[])
    rows = {row["id"]: (row["zone"], row["capacity"]) for row in await setup.checkpoints_of(world.event)}
    assert rows == {world.checkpoint: (world.checkpoint, None), hall: (hall, 7)}


async def test_one_who_cannot_be_counted_out_keeps_no_other_inside(world: World) -> None:
    guests = [await make_registration(world) for _n in range(3)]
    for guest in guests:
        await scan(world, guest.code)
    await db.execute("UPDATE admission SET moved_at = now() - interval '3 days'")
    await db.execute(
        "UPDATE zone SET empties_at = $1", (clock.now() - timedelta(minutes=30)).astimezone(clock.VIETNAM).time()
    )
    stuck = min(guest.id for guest in guests)
    await db.execute(
        "CREATE TRIGGER never BEFORE UPDATE ON admission FOR EACH ROW"
        f" WHEN (OLD.registration = '{stuck}') EXECUTE FUNCTION introduction_refused()"
    )
    await emptying.empty()
    rows = await db.fetch("SELECT registration FROM admission WHERE inside")
    assert [row["registration"] for row in rows] == [stuck]
