"""The door's hard cases, by their numbers in the list of cases (41 to 70): two devices, lost answers, wrong clocks."""

import itertools
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import clock, db
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.web import NOBODY, Actor
from events import checkin, planning, review, setup, tickets, waitlist
from events.door import answers
from events.planning import TypePlan
from events.registration import Registered
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan, ticket_code
from tests.factories import make_person

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    starts = clock.now() - timedelta(hours=2)
    return await make_event(capacity=9, starts_at=starts, ends_at=starts + timedelta(hours=9))


async def outcomes(world: World, *acts: dict[str, Any]) -> list[tuple[str, str]]:
    found = [await scan(world, **act) for act in acts]
    return [(verdict.outcome, verdict.reason) for verdict in found]


async def books(world: World) -> dict[str, int]:
    """What the desk shows, and what a plain recount of the rows says; they have to be equal."""
    (point,) = [row for row in await setup.checkpoints_of(world.event) if row["id"] == world.checkpoint]
    counted = await db.fetchrow(
        "SELECT count(*) FILTER (WHERE inside) AS inside, count(*) AS admitted FROM admission"
        " WHERE checkpoint = $1 AND voided_at IS NULL",
        world.checkpoint,
    )
    assert (point["inside"], point["admitted"]) == (counted["inside"], counted["admitted"])
    return {"inside": point["inside"], "admitted": point["admitted"]}


async def test_case_41_a_second_device_is_told_who_was_first_and_by_whom(world: World) -> None:
    guest = await make_registration(world)
    found = [answers.answer(await scan(world, guest.code, device_id=f"d{n}")) for n in range(3)]
    assert [
        (a.status, a.first_scan and a.first_scan.device, a.first_scan and a.first_scan.by_this_device) for a in found
    ] == [
        ("ok", None, None),
        ("already", "d0", False),
        ("already", "d0", False),
    ]
    assert await books(world) == {"inside": 1, "admitted": 1}


CHANGES = {
    "cancelled": lambda world, guest: waitlist.cancel(world.owner, guest.id),
    "event cancelled": lambda world, guest: planning.cancel_event(world.owner, world.event, "Bão"),
    "new codes": lambda world, guest: planning.rotate_key(world.owner, world.event, "lộ mã"),
    "left": lambda world, guest: scan(world, guest.code, direction="out"),
    "renamed": lambda world, guest: db.execute("UPDATE registration SET full_name = 'Khác' WHERE id = $1", guest.id),
    "door closed later": lambda world, guest: db.execute("UPDATE checkpoint SET closes_at = now() - interval '1 hour'"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_case_42_a_retry_gets_the_first_answer_whatever_changed(
    change: str, world: World, make_client: MakeClient
) -> None:
    guest = await make_registration(world)
    api = make_client(world.owner)
    body = {
        "nonce": "n",
        "device_id": "d",
        "checkpoint_id": str(world.checkpoint),
        "code": await ticket_code(world, guest),
    }
    first = (await api.post("/api/v1/checkin/scan", json=body)).json()
    await CHANGES[change](world, guest)
    rows = await db.fetchval("SELECT count(*) FROM scan")
    again = (await api.post("/api/v1/checkin/scan", json=body)).json()
    assert (first["status"], again) == ("ok", {**first, "replayed": True})
    assert await db.fetchval("SELECT count(*) FROM scan") == rows


@pytest.mark.parametrize("other", ["code", "direction", "checkpoint"])
async def test_case_43_a_nonce_with_something_else_is_refused_and_stores_nothing(other: str, world: World) -> None:
    guests = [await make_registration(world) for _n in range(2)]
    village = await setup.add_checkpoint(world.owner, world.event, name_vi="Làng", types=[])
    await scan(world, guests[0].code, nonce="n")
    changed = {
        "code": {"code": guests[1].code},
        "direction": {"direction": "out"},
        "checkpoint": {"checkpoint_id": village},
    }[other]
    misused = await scan(world, **{"code": guests[0].code, "nonce": "n", **changed})
    assert (misused.id, misused.outcome, misused.reason, misused.facts) == (None, "refused", "nonce_reused", {})
    assert await db.fetchval("SELECT count(*) FROM scan") == 1
    assert await books(world) == {"inside": 1, "admitted": 1}


REFUSALS = ["unknown_code", "bad_signature", "wrong_event", "cancelled", "waitlisted", "unapproved", "too_early"]


async def refused_code(world: World, reason: str) -> str:
    """Something that is shown at the door and refused for this reason."""
    if reason == "wrong_event":
        other = await make_event()
        return await ticket_code(other, await make_registration(other))
    if reason == "unapproved":
        await setup.add_type(
            world.owner, world.event, TypePlan(code="investor", title_vi="Nhà đầu tư", capacity=1, needs_approval=True)
        )
        return (await make_registration(world, ticket_type="investor")).code
    guest = await make_registration(world)
    if reason == "cancelled":
        await waitlist.cancel(NOBODY, guest.id)
    elif reason == "waitlisted":
        await db.execute("UPDATE registration SET status = 'waitlisted' WHERE id = $1", guest.id)
    elif reason == "too_early":
        await db.execute("UPDATE checkpoint SET opens_at = now() + interval '1 hour'")
    code = await ticket_code(world, guest)
    return {"unknown_code": "ABCD2345", "bad_signature": code[:-4] + "AAAA"}.get(reason, code)


@pytest.mark.parametrize("reason", REFUSALS)
async def test_case_44_a_refusal_that_is_retried_is_one_row_with_one_answer(reason: str, world: World) -> None:
    code = await refused_code(world, reason)
    found = [await scan(world, code, nonce="n") for _n in range(5)]
    assert [(v.outcome, v.reason) for v in found] == [("refused", reason)] * 5
    assert {v.id for v in found} == {found[0].id}
    assert [v.facts for v in found] == [found[0].facts] * 5
    rows = await db.fetch("SELECT outcome, reason, registration IS NOT NULL AS known FROM scan")
    known = reason in ("cancelled", "waitlisted", "unapproved", "too_early")
    assert [tuple(row) for row in rows] == [("refused", reason, known)]
    assert await books(world) == {"inside": 0, "admitted": 0}


AGES = [(2, "You scanned this ticket"), (59, "You scanned this ticket"), (61, "In since"), (20 * 60, "In since")]


@pytest.mark.parametrize(("seconds", "said"), AGES)
async def test_case_45_own_second_reading_and_a_ticket_that_is_used_sound_different(
    seconds: int, said: str, world: World
) -> None:
    guest = await make_registration(world)
    await scan(world, guest.code, device_id="a")
    await db.execute("UPDATE admission SET admitted_at = admitted_at - make_interval(secs => $1)", float(seconds))
    own, other = [answers.answer(await scan(world, guest.code, device_id=d)) for d in ("a", "b")]
    assert (own.message_en.startswith(said), own.next_en == "") == (True, seconds < 60)
    assert (other.message_en.startswith("In since"), other.next_en != "") == (True, True)
    assert own.message_vi != own.message_en


async def test_case_46_two_offline_doors_are_one_person_and_one_conflict_with_both_sides(world: World) -> None:
    guest = await make_registration(world)
    times = [clock.now() - 30 * MINUTE, clock.now() - 20 * MINUTE]
    first = await scan(world, guest.code, device_id="A", offline=True, scanned_at=times[0])
    second = answers.answer(await scan(world, guest.code, device_id="B", offline=True, scanned_at=times[1]))
    assert (first.outcome, second.status, second.reason) == ("ok", "conflict", "already_inside")
    assert second.first_scan is not None
    assert (second.first_scan.device, datetime.fromisoformat(second.first_scan.at)) == ("A", times[0])
    rows = await db.fetch("SELECT device_name, scanned_at, outcome FROM scan ORDER BY scanned_at")
    assert [tuple(row) for row in rows] == [("A", times[0], "ok"), ("B", times[1], "conflict")]
    assert await books(world) == {"inside": 1, "admitted": 1}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
async def test_case_47_whatever_the_order_of_upload_one_person_is_counted_once(
    order: tuple[int, ...], world: World
) -> None:
    """Entry, exit and a second entry of an offline device: however they arrive, counters equal the rows."""
    guest = await make_registration(world)
    acts = [
        {
            "code": guest.code,
            "direction": d,
            "nonce": f"n{n}",
            "offline": True,
            "scanned_at": clock.now() - (9 - n) * MINUTE,
        }
        for n, d in enumerate(("in", "out", "in"))
    ]
    first = [await scan(world, **acts[n]) for n in order]
    again = [await scan(world, **acts[n]) for n in reversed(order)]
    assert [v.outcome for v in reversed(again)] == [v.outcome for v in first]
    counted = await books(world)
    assert (counted["admitted"], counted["inside"] in (0, 1)) == (1, True)
    assert await db.fetchval("SELECT count(*) FROM scan") == 3


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (timedelta(hours=2), timedelta(0)),  # two hours fast: not ahead of now
        (timedelta(hours=-1), timedelta(hours=-1)),
        (timedelta(days=-300), timedelta(hours=-26)),  # a day before the event at the earliest
        (timedelta(days=300), timedelta(0)),
    ],
)
async def test_case_48_a_wrong_clock_is_kept_as_it_said_and_believed_within_bounds(
    said: timedelta, kept: timedelta, world: World
) -> None:
    guest = await make_registration(world)
    moment = clock.now() + said
    await scan(world, guest.code, offline=True, scanned_at=moment)
    row = await db.fetchrow(
        "SELECT s.scanned_at, s.received_at, a.admitted_at FROM scan s JOIN admission a ON a.scan = s.id"
    )
    assert row["scanned_at"] == moment
    assert abs(row["admitted_at"] - row["received_at"] - kept) < MINUTE


async def test_case_48_online_the_servers_clock_counts(world: World) -> None:
    guest = await make_registration(world)
    await scan(world, guest.code, offline=False, scanned_at=clock.now() - timedelta(hours=1))
    row = await db.fetchrow("SELECT s.received_at, a.admitted_at FROM scan s JOIN admission a ON a.scan = s.id")
    assert row["admitted_at"] == row["received_at"]


async def test_case_49_an_upload_that_was_cut_off_is_sent_again_as_it_was(
    world: World, make_client: MakeClient
) -> None:
    codes = [(await make_registration(world)).code for _n in range(6)]
    scans = [
        {"nonce": f"n{n}", "checkpoint_id": str(world.checkpoint), "code": code, "offline": True}
        for n, code in enumerate(codes)
    ]
    api = make_client(world.owner)
    half = await api.post("/api/v1/checkin/sync", json={"device_id": "d", "scans": scans[:3]})
    whole = await api.post("/api/v1/checkin/sync", json={"device_id": "d", "scans": scans})
    found = whole.json()["results"]
    assert [r["status"] for r in found] == ["ok"] * 6
    assert [r["replayed"] for r in found] == [True] * 3 + [False] * 3
    assert [{**r, "replayed": False} for r in found[:3]] == half.json()["results"]
    assert await db.fetchval("SELECT count(*) FROM scan") == 6
    assert await books(world) == {"inside": 6, "admitted": 6}


@pytest.mark.parametrize("reason", ["cancelled", "event_cancelled", "revoked"])
async def test_case_50_what_was_taken_away_while_a_device_was_offline_is_a_conflict(reason: str, world: World) -> None:
    guest = await make_registration(world)
    code = await ticket_code(world, guest)
    change = {"cancelled": "cancelled", "event_cancelled": "event cancelled", "revoked": "new codes"}[reason]
    await CHANGES[change](world, guest)
    offline = await scan(world, code, offline=True, scanned_at=clock.now() - MINUTE)
    online = await scan(world, code)
    assert [(v.outcome, v.reason) for v in (offline, online)] == [("conflict", reason), ("refused", reason)]
    assert await books(world) == {"inside": 0, "admitted": 0}


async def test_case_51_after_cancelling_no_code_of_the_guest_opens_anything(world: World) -> None:
    guest = await make_registration(world)
    before = await ticket_code(world, guest)
    await waitlist.cancel(NOBODY, guest.id)
    await planning.rotate_key(world.owner, world.event, "lộ mã")
    row = await db.fetchrow("SELECT signing_key FROM registration WHERE id = $1", guest.id)
    after = await tickets.code_of(guest.id, world.event, row["signing_key"])
    found = await outcomes(world, {"code": before}, {"code": after}, {"code": guest.code})
    assert found == [("refused", "revoked"), ("refused", "cancelled"), ("refused", "cancelled")]


async def test_case_52_an_old_key_is_dead_and_the_new_one_lives_at_once(world: World) -> None:
    guest = await make_registration(world)
    old = await ticket_code(world, guest)
    await scan(world, old, direction="out")  # the key is known to this process by now
    number = await planning.rotate_key(world.owner, world.event, "lộ mã")
    new = await tickets.code_of(guest.id, world.event, number)
    assert await outcomes(world, {"code": old}, {"code": new}) == [("refused", "revoked"), ("ok", "")]


async def test_case_53_after_bad_codes_good_ones_are_read(world: World, make_client: MakeClient) -> None:
    guests = [await make_registration(world) for _n in range(2)]
    shown = ["\x00", guests[0].code, "A" * 4000, "https://example.com/?q='; DROP TABLE scan; --", guests[1].code, "🎫"]
    found = [(await scan(world, text)).outcome for text in shown]
    assert found == ["refused", "ok", "refused", "refused", "ok", "refused"]


STEPS = ["in", "out", "in", "in", "out", "out", "in"]


async def test_case_54_in_and_out_as_often_as_wanted(world: World) -> None:
    guest = await make_registration(world)
    titles = []
    for direction in STEPS:
        verdict = await scan(world, guest.code, direction=direction)
        titles.append((verdict.outcome, answers.title(verdict).text("en"), (await books(world))["inside"]))
    assert titles == [
        ("ok", "Welcome", 1),
        ("ok", "Goodbye", 0),
        ("ok", "Welcome back", 1),
        ("already", "Already checked in", 1),
        ("ok", "Goodbye", 0),
        ("already", "Already outside", 0),
        ("ok", "Welcome back", 1),
    ]
    stranger = await make_registration(world)
    assert await outcomes(world, {"code": stranger.code, "direction": "out"}) == [("refused", "not_inside")]


async def test_case_56_days_are_doors_and_a_day_pass_opens_its_own_day(world: World) -> None:
    await setup.add_type(world.owner, world.event, TypePlan(code="day-2", title_vi="Vé ngày 2", capacity=5))
    days = [
        await setup.add_checkpoint(
            world.owner, world.event, name_vi=f"Ngày {n}", types=["visitor", *(["day-2"] * (n == 2))]
        )
        for n in (1, 2)
    ]
    both, second = await make_registration(world), await make_registration(world, ticket_type="day-2")
    found = await outcomes(
        world, *({"code": guest.code, "checkpoint_id": day} for guest in (both, second) for day in days)
    )
    assert found == [("ok", ""), ("ok", ""), ("refused", "wrong_checkpoint"), ("ok", "")]


async def test_case_58_at_the_limit_the_next_one_waits_for_somebody_to_leave(world: World) -> None:
    hall = await setup.add_checkpoint(world.owner, world.event, name_vi="Hội trường", capacity=2, types=[])
    codes = [(await make_registration(world)).code for _n in range(3)]

    async def step(guest: int, direction: str = "in") -> tuple[str, str, int]:
        verdict = await scan(world, codes[guest], checkpoint_id=hall, direction=direction)
        return verdict.outcome, verdict.reason, verdict.facts["inside"]

    assert [await step(0), await step(1), await step(2)] == [
        ("ok", "", 1),
        ("ok", "", 2),
        ("refused", "checkpoint_full", 2),
    ]
    assert await step(0) == ("already", "already_inside", 2), "who is inside is told so, full or not"
    assert [await step(0, "out"), await step(2), await step(0)] == [
        ("ok", "", 1),
        ("ok", "", 2),
        ("refused", "checkpoint_full", 2),
    ]
    assert answers.answer(await scan(world, codes[0], checkpoint_id=hall)).occupancy == answers.Occupancy(2, 2)


async def test_case_60_everything_that_was_undone_can_be_read_later(world: World) -> None:
    guest = await make_registration(world)
    reasons = ["Nhầm người", "Vé của bạn đi cùng"]
    for reason in reasons:
        verdict = await scan(world, guest.code)
        assert verdict.id is not None
        await checkin.undo(world.owner, world.event, verdict.id, reason)
    await scan(world, guest.code)
    assert await books(world) == {"inside": 1, "admitted": 1}
    rows = await db.fetch("SELECT outcome, void_reason, by FROM scan ORDER BY received_at, id")
    assert Counter(row["outcome"] for row in rows) == {"ok": 3, "undone": 2}
    assert sorted(row["void_reason"] for row in rows if row["outcome"] == "undone") == sorted(reasons)
    assert {row["by"] for row in rows} == {world.owner.id}


async def test_case_60_a_refused_scan_cannot_be_undone(world: World) -> None:
    verdict = await scan(world, "ABCD2345")
    assert verdict.id is not None
    with pytest.raises(NotFound):
        await checkin.undo(world.owner, world.event, verdict.id, "Nhầm")
    latest = await checkin.latest(world.event, world.checkpoint)
    assert [(row["outcome"], row["can_undo"]) for row in latest] == [("refused", False)]


@pytest.mark.parametrize("text", ["", "a", "ab", "  ", "%%%", "a b", "..", "\u0301\u0301\u0301", "đ"])
async def test_case_61_a_short_search_shows_nobody(text: str, world: World) -> None:
    await make_registration(world, full_name="Abđ Đa Ab")
    assert await checkin.search(world.event, world.checkpoint, text) == []


async def test_case_61_search_shows_who_counts_and_who_is_in(world: World) -> None:
    inside, outside, gone = [await make_registration(world, full_name=f"Trần Thị Hoa {n}") for n in range(3)]
    await waitlist.cancel(NOBODY, gone.id)
    await scan(world, inside.code)
    other = await make_event()
    await make_registration(other, full_name="Trần Thị Hoa 9")
    rows = await checkin.search(world.event, world.checkpoint, "HOA tran")
    assert [(row["id"], row["admitted_at"] is not None) for row in rows] == [(inside.id, True), (outside.id, False)]
    assert "email" not in rows[0]
    assert "phone" not in rows[0]


async def test_case_68_a_venue_behind_one_address_scans_as_fast_as_it_likes(
    world: World, make_client: MakeClient
) -> None:
    api = make_client(world.owner)
    found = Counter()
    for n in range(150):
        body = {"nonce": f"n{n}", "device_id": "d", "checkpoint_id": str(world.checkpoint), "code": "ABCD2345"}
        found[(await api.post("/api/v1/checkin/scan", json=body)).status_code] += 1
    assert found == {200: 150}


async def test_case_70_what_the_desk_counts_is_what_the_rows_say(world: World) -> None:
    guests = [await make_registration(world) for _n in range(9)]
    kept: list[UUID] = []
    for n, guest in enumerate(guests * 4):
        verdict = await scan(world, guest.code, direction="out" if n % 5 == 3 else "in", device_id=f"d{n % 3}")
        if verdict.outcome == "ok" and verdict.direction == "in" and n % 4 == 0:
            kept.append(verdict.id or new_id())
    for number in kept:
        with_admission = await db.fetchval(
            "SELECT count(*) FROM admission WHERE scan = $1 AND voided_at IS NULL", number
        )
        if with_admission:
            await checkin.undo(world.owner, world.event, number, "Đếm lại")
    await books(world)
    scans = await db.fetchval("SELECT count(*) FROM scan WHERE outcome <> 'undone'")
    assert scans == 36


async def guest_with(world: World, status: str) -> Registered:
    """A registration in this state, made by the verbs."""
    if status in ("pending_review", "refused"):
        guest = await make_registration(world, ticket_type="investor")
        if status == "refused":
            await review.refuse(world.owner, world.event, [guest.id])
        return guest
    if status == "waitlisted":
        return await make_registration(world, ticket_type="full")
    guest = await make_registration(world)
    if status == "cancelled":
        await waitlist.cancel(NOBODY, guest.id)
    return guest


STATES = {
    "confirmed": ("ok", "refused not_inside", "ok"),
    "waitlisted": ("refused waitlisted", "refused waitlisted", "refused waitlisted"),
    "pending_review": ("refused unapproved", "refused unapproved", "refused unapproved"),
    "refused": ("refused not_confirmed", "refused not_confirmed", "refused not_confirmed"),
    "cancelled": ("refused cancelled", "refused cancelled", "conflict cancelled"),
}


@pytest.mark.parametrize("long", [True, False], ids=["signed", "short"])
@pytest.mark.parametrize("status", STATES)
async def test_every_state_of_a_registration_at_the_door(status: str, long: bool, world: World) -> None:
    """Going in, going out, going in offline: one answer per state, the same for the QR and the short code."""
    for kind in (
        TypePlan(code="investor", title_vi="Nhà đầu tư", capacity=1, needs_approval=True),
        TypePlan(code="full", title_vi="Hết chỗ", capacity=0),
    ):
        await setup.add_type(world.owner, world.event, kind)
    found = []
    for act in ({"direction": "in"}, {"direction": "out"}, {"offline": True}):
        guest = await guest_with(world, status)
        verdict = await scan(world, await ticket_code(world, guest) if long else guest.code, **act)
        found.append(f"{verdict.outcome} {verdict.reason}".strip())
        assert answers.answer(verdict).message_vi
    assert tuple(found) == STATES[status]


@pytest.mark.parametrize("role", ["desk", "organizer"])
async def test_helpers_scan_and_are_named_by_their_device(role: str, world: World) -> None:
    helper: Actor = await make_person("Tình nguyện viên")
    with pytest.raises(NotFound):
        await scan(world, "ABCD2345", actor=helper)
    await setup.add_staff(world.owner, world.event, helper.email, role)
    guest = await make_registration(world)
    assert (await scan(world, guest.code, actor=helper, device_id="Cổng B")).outcome == "ok"
    row = await db.fetchrow("SELECT device, device_name, by FROM scan")
    assert tuple(row) == (f"{helper.id}:Cổng B", "Cổng B", helper.id)
