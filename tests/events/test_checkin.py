"""The door, case by case: every reason, both directions, retries, offline scans, undoing, counting."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from app.core import clock, db
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from events import checkin, planning, review, setup, waitlist
from events.door import answers, reasons
from events.planning import TypePlan
from tests.event_factories import World, make_event, make_registration, scan, ticket_code
from tests.factories import make_person


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(capacity=2)


async def counts(world: World) -> tuple[int, int]:
    row = await db.fetchrow(
        "SELECT sum(inside) AS inside, sum(admitted) AS admitted FROM zone_count WHERE zone = $1",
        world.checkpoint,
    )
    assert row is not None
    return row["inside"], row["admitted"]


async def test_in_out_and_in_again(world: World) -> None:
    code = await ticket_code(world, await make_registration(world))
    steps = []
    for direction in ("out", "in", "in", "out", "out", "in"):
        verdict = await scan(world, code, direction=direction)
        steps.append((direction, verdict.outcome, verdict.reason, *await counts(world)))
    assert steps == [
        ("out", "refused", "not_inside", 0, 0),
        ("in", "ok", "", 1, 1),
        ("in", "already", "already_inside", 1, 1),
        ("out", "ok", "", 0, 1),
        ("out", "already", "already_outside", 0, 1),
        ("in", "ok", "", 1, 1),
    ]


async def test_who_has_no_place_stays_outside_and_is_told_why(db: asyncpg.Connection) -> None:
    world = await make_event(
        TypePlan(code="visitor", title_vi="Khách", capacity=1),
        TypePlan(code="investor", title_vi="Nhà đầu tư", capacity=1, needs_approval=True),
    )
    confirmed = await make_registration(world)
    waiting = await make_registration(world)
    pending, refused = [await make_registration(world, ticket_type="investor") for _n in range(2)]
    await review.refuse(world.owner, world.event, [refused.id])
    found = {}
    for name, guest in {"waiting": waiting, "pending": pending, "refused": refused}.items():
        verdict = await scan(world, guest.code)
        found[name] = (verdict.outcome, verdict.reason, verdict.facts["name"] != "")
    assert found == {
        "waiting": ("refused", "waitlisted", True),
        "pending": ("refused", "unapproved", True),
        "refused": ("refused", "not_confirmed", True),
    }
    await planning.cancel_event(world.owner, world.event, "Bão")
    assert (await scan(world, confirmed.code)).reason == "event_cancelled"


async def test_doors_have_hours_and_kinds_of_tickets(db: asyncpg.Connection) -> None:
    world = await make_event(
        TypePlan(code="visitor", title_vi="Khách", capacity=5),
        TypePlan(code="vip", title_vi="Khách mời", capacity=5),
        starts_at=clock.now() - timedelta(hours=3),
    )
    guest = await make_registration(world)
    vip = await make_registration(world, ticket_type="vip")
    lounge = await setup.add_checkpoint(world.owner, world.event, name_vi="Phòng khách", types=["vip"])
    assert (await scan(world, guest.code, checkpoint_id=lounge)).reason == "wrong_checkpoint"
    assert (await scan(world, vip.code, checkpoint_id=lounge)).outcome == "ok"
    hour = timedelta(hours=1)
    await db.execute("UPDATE checkpoint SET opens_at = $1 WHERE id = $2", clock.now() + hour, world.checkpoint)
    assert (await scan(world, guest.code)).reason == "too_early"
    closed = "UPDATE checkpoint SET opens_at = NULL, closes_at = $1 WHERE id = $2"
    await db.execute(closed, clock.now() - hour, world.checkpoint)
    assert (await scan(world, guest.code)).reason == "too_late"
    before = clock.now() - 2 * hour
    assert (await scan(world, guest.code, offline=True, scanned_at=before)).outcome == "ok"


async def test_a_clock_that_is_wrong_is_believed_within_the_event_only(db: asyncpg.Connection) -> None:
    starts = clock.now() - timedelta(hours=2)
    world = await make_event(starts_at=starts - timedelta(days=1), ends_at=starts + timedelta(hours=9))
    first = starts - timedelta(days=2)
    for said, kept in (
        (starts - timedelta(days=400), first),
        (starts + timedelta(days=400), None),
        (starts, starts),
    ):
        guest = await make_registration(world)
        verdict = await scan(world, guest.code, offline=True, scanned_at=said)
        row = await db.fetchrow(
            "SELECT a.admitted_at, s.scanned_at, s.received_at FROM admission a JOIN scan s ON s.id = a.scan"
            " WHERE a.registration = $1",
            guest.id,
        )
        assert (verdict.outcome, row["scanned_at"]) == ("ok", said)
        assert row["admitted_at"] == (kept or row["received_at"])


async def test_long_before_the_event_the_moment_is_never_ahead(db: asyncpg.Connection) -> None:
    world = await make_event(starts_at=clock.now() + timedelta(days=30))
    guest = await make_registration(world)
    await scan(world, guest.code, offline=True, scanned_at=clock.now() - timedelta(days=3))
    row = await db.fetchrow("SELECT a.admitted_at, s.received_at FROM admission a JOIN scan s ON s.id = a.scan")
    assert row["admitted_at"] == row["received_at"]


async def test_two_doors_count_for_themselves(world: World) -> None:
    guest = await make_registration(world)
    village = await setup.add_checkpoint(world.owner, world.event, name_vi="Làng", types=[])
    assert (await scan(world, guest.code)).outcome == "ok"
    assert (await scan(world, guest.code, checkpoint_id=village)).outcome == "ok"
    points = await setup.checkpoints_of(world.event)
    assert [(p["inside"], p["admitted"]) for p in points] == [(1, 1), (1, 1)]
    await setup.end_checkpoint(world.owner, world.event, village)
    with pytest.raises(NotFound):
        await scan(world, guest.code, checkpoint_id=village)


async def test_a_lost_answer_is_given_again_whatever_happened_since(world: World) -> None:
    guest = await make_registration(world)
    first = await scan(world, guest.code, nonce="n1")
    await waitlist.cancel(world.owner, guest.id)
    again = await scan(world, guest.code, nonce="n1")
    assert (again.outcome, again.facts, again.replayed) == ("ok", first.facts, True)
    assert await db.fetchval("SELECT count(*) FROM scan") == 1


async def test_a_refusal_that_is_repeated_is_one_row(world: World) -> None:
    found = [await scan(world, "nothing of ours", nonce="n1") for _n in range(5)]
    assert [v.replayed for v in found] == [False, True, True, True, True]
    assert await db.fetchval("SELECT count(*) FROM scan") == 1


@pytest.mark.parametrize("change", [{"code": "ABCD2345"}, {"direction": "out"}])
async def test_a_nonce_names_one_act(change: dict[str, Any], world: World) -> None:
    guest = await make_registration(world)
    await scan(world, guest.code, nonce="n1")
    misused = await scan(world, **{"code": guest.code, "nonce": "n1", **change})
    assert (misused.outcome, misused.reason) == ("refused", "nonce_reused")


async def test_devices_and_people_have_nonces_of_their_own(world: World) -> None:
    guest = await make_registration(world)
    colleague = await make_person(email="desk@test.example")
    await setup.add_staff(world.owner, world.event, "desk@test.example", "desk")
    outcomes = [
        (await scan(world, guest.code, nonce="n1")).outcome,
        (await scan(world, guest.code, nonce="n1", device_id="d2")).outcome,
        (await scan(world, guest.code, nonce="n1", actor=colleague)).outcome,
    ]
    assert outcomes == ["ok", "already", "already"]


@pytest.mark.parametrize("nonce", ["", " ", "ê", "x" * 129, "a\x00b"])
async def test_nonces_that_are_none(nonce: str, world: World) -> None:
    with pytest.raises(Invalid):
        await scan(world, "ABCD2345", nonce=nonce)
    with pytest.raises(Invalid):
        await scan(world, "ABCD2345", device_id="d" * 129)


async def test_offline_a_second_admission_elsewhere_is_a_conflict_and_counts_once(world: World) -> None:
    guest = await make_registration(world)
    await scan(world, guest.code, device_id="a", offline=True)
    assert (await scan(world, guest.code, device_id="a", offline=True)).outcome == "already"
    other = await scan(world, guest.code, device_id="b", offline=True)
    assert (other.outcome, other.reason, other.facts["first"]["device"]) == ("conflict", "already_inside", "a")
    assert await counts(world) == (1, 1)
    await waitlist.cancel(world.owner, guest.id)
    late = await scan(world, guest.code, device_id="c", offline=True)
    assert (late.outcome, late.reason) == ("conflict", "cancelled")


@pytest.mark.parametrize("moment", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59), datetime(1970, 1, 1)])
async def test_clocks_that_are_wildly_wrong_stop_nothing(moment: datetime, world: World) -> None:
    guest = await make_registration(world)
    assert (await scan(world, guest.code, scanned_at=moment, offline=True)).outcome == "ok"


async def test_undoing_lets_the_ticket_in_again_and_keeps_everything(world: World) -> None:
    guest = await make_registration(world)
    first = await scan(world, guest.code)
    assert first.id is not None
    with pytest.raises(Invalid):
        await checkin.undo(world.owner, world.event, first.id, "  ")
    with pytest.raises(NotFound):
        await checkin.undo(world.owner, world.event, new_id(), "x")
    await checkin.undo(world.owner, world.event, first.id, "Nhầm người")
    with pytest.raises(checkin.Undone):
        await checkin.undo(world.owner, world.event, first.id, "Nhầm người")
    assert await counts(world) == (0, 0)
    assert (await scan(world, guest.code)).outcome == "ok"
    rows = await db.fetch("SELECT outcome, void_reason, void_of FROM scan ORDER BY received_at, id")
    assert sorted(row["outcome"] for row in rows) == ["ok", "ok", "undone"]
    (undone,) = [row for row in rows if row["outcome"] == "undone"]
    assert (undone["void_reason"], undone["void_of"]) == ("Nhầm người", first.id)


async def test_undoing_after_leaving_does_not_count_below_zero(world: World) -> None:
    guest = await make_registration(world)
    first = await scan(world, guest.code)
    await scan(world, guest.code, direction="out")
    assert first.id is not None
    await checkin.undo(world.owner, world.event, first.id, "Nhầm")
    assert await counts(world) == (0, 0)


async def test_another_event_cannot_undo(world: World) -> None:
    other = await make_event()
    first = await scan(world, (await make_registration(world)).code)
    assert first.id is not None
    with pytest.raises(NotFound):
        await checkin.undo(other.owner, other.event, first.id, "x")


async def test_who_left_the_team_scans_no_more(world: World) -> None:
    guest = await make_registration(world)
    colleague = await make_person(email="desk@test.example")
    await setup.add_staff(world.owner, world.event, "desk@test.example", "desk")
    assert (await scan(world, guest.code, actor=colleague)).outcome == "ok"
    staff = next(row["id"] for row in await setup.staff_of(world.event) if row["email"] == "desk@test.example")
    await setup.end_staff(world.owner, world.event, staff)
    with pytest.raises(NotFound):
        await scan(world, guest.code, actor=colleague)
    admin = await make_person(roles=("admin",))
    assert (await scan(world, guest.code, actor=admin)).outcome == "already"


async def test_own_rescans_are_said_differently_from_others(world: World) -> None:
    guest = await make_registration(world)
    await scan(world, guest.code, device_id="a")
    own = answers.answer(await scan(world, guest.code, device_id="a"))
    other = answers.answer(await scan(world, guest.code, device_id="b"))
    assert own.message_en.startswith("You scanned this ticket")
    assert own.next_en == ""
    assert other.message_en.endswith("at Main door, by a.")
    await db.execute("UPDATE admission SET admitted_at = admitted_at - interval '2 days'")
    old = answers.answer(await scan(world, guest.code, device_id="a"))
    assert "/" in old.message_vi


def test_every_reason_has_a_sentence_and_a_next_step_in_both_languages() -> None:
    assert set(reasons.REASONS) == set(reasons.NEXT)
    for phrase in [*reasons.REASONS.values(), *reasons.NEXT.values(), *reasons.TITLES.values()]:
        assert phrase.text("vi") != phrase.text("en")


async def test_search_needs_three_letters_and_escapes_patterns(world: World) -> None:
    await make_registration(world, full_name="Đặng Thị Hương", organisation="50%_Công ty")
    found = {}
    for text in ("da", "dan", "ĐẶNG", "huong dang", "50%_", "%%%", "___", "h u", "hươngg"):
        found[text] = len(await checkin.search(world.event, world.checkpoint, text))
    hits = {"dan", "ĐẶNG", "huong dang", "50%_"}
    assert found == {text: int(text in hits) for text in found}


async def test_search_shows_at_most_ten(db: asyncpg.Connection) -> None:
    world = await make_event(capacity=20)
    for n in range(12):
        await make_registration(world, full_name=f"Nguyễn Văn {n}")
    assert len(await checkin.search(world.event, world.checkpoint, "nguyen")) == 10
