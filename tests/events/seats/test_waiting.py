"""The waiting list, offers and deadlines, by the numbers of the cases: who is next, and why nobody is."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from app.core import clock, db, outbox
from app.core.errors import Invalid
from app.core.web import NOBODY
from events import changing, registration, review, setup, states, waitlist
from events.planning import TypePlan
from events.seats import book, deciding, holds, offering, pools, promoting, showing
from tests.conftest import MakeClient
from tests.event_factories import make_event, make_registration, scan
from tests.events.seats.conftest import Seats

HOUR = timedelta(hours=1)


async def full(seats: Seats, kind: str = "visitor", waiting: int = 2) -> list[registration.Registered]:
    """A type with nobody's place left and some in line; all of them."""
    return [await make_registration(seats.world, ticket_type=kind) for _n in range(2 + waiting)]


async def test_case_20_both_pools_of_a_type_are_taken_and_the_smaller_one_decides(seats: Seats) -> None:
    whole = await seats.pool(3, "visitor")
    role = await seats.pool(1, "startup", parent=whole, name="Khởi nghiệp")
    found = [(await make_registration(seats.world, ticket_type="startup")).status for _n in range(2)]
    found += [(await make_registration(seats.world)).status for _n in range(3)]
    assert found == ["confirmed", "waitlisted", "confirmed", "confirmed", "waitlisted"]
    assert [await seats.used(unit) for unit in (whole, role, seats.kinds["startup"])] == [(3, 3), (1, 1), (1, 2)]


async def test_case_21_what_was_taken_on_the_way_is_put_back_when_a_later_pool_is_full(seats: Seats) -> None:
    whole = await seats.pool(1, "visitor")
    role = await seats.pool(5, "startup", parent=whole, name="Khởi nghiệp")
    await make_registration(seats.world)
    assert (await make_registration(seats.world, ticket_type="startup")).status == "waitlisted"
    assert [await seats.used(unit) for unit in (whole, role, seats.kinds["startup"])] == [(1, 1), (0, 5), (0, 2)]


async def test_case_23_fewer_places_than_are_taken_are_refused_or_meant(seats: Seats) -> None:
    guests = await full(seats)
    plan = TypePlan(code="visitor", title_vi="Khách", capacity=1)
    number, owner, event = seats.kinds["visitor"], seats.world.owner, seats.world.event
    with pytest.raises(setup.BelowSold):
        await setup.edit_type(owner, event, number, plan)
    assert await setup.edit_type(owner, event, number, plan, below_taken=True) == []
    assert await seats.used(number) == (2, 1)
    kind = next(k for k in await setup.types_of(event) if k["code"] == "visitor")
    assert (kind["left"], kind["excess"]) == (0, 1)
    await waitlist.cancel(NOBODY, guests[0].id)
    assert await seats.line() == ["cancelled", "confirmed", "waitlisted", "waitlisted"]
    await waitlist.cancel(NOBODY, guests[1].id)
    assert await seats.line() == ["cancelled", "cancelled", "confirmed", "waitlisted"]


async def test_case_23_a_pool_below_what_is_used_gives_nothing_out(seats: Seats) -> None:
    whole = await seats.pool(4, "visitor", "startup")
    await full(seats)
    smaller = pools.PoolPlan(name_vi="Cả hội", size=1, types=(seats.kinds["visitor"], seats.kinds["startup"]))
    with pytest.raises(pools.BelowUsed):
        await pools.edit(seats.world.owner, seats.world.event, whole, smaller)
    await pools.edit(seats.world.owner, seats.world.event, whole, smaller, below_taken=True)
    assert (await make_registration(seats.world, ticket_type="startup")).status == "waitlisted"
    assert (await seats.used(whole), await db.fetchval("SELECT excess FROM seat_pool")) == ((2, 1), 1)


async def test_case_24_more_places_promote_each_once_and_twice_nobody(seats: Seats) -> None:
    guests = await full(seats, waiting=3)
    plan = TypePlan(code="visitor", title_vi="Khách", capacity=4)
    raised = [
        await setup.edit_type(seats.world.owner, seats.world.event, seats.kinds["visitor"], plan) for _n in range(2)
    ]
    assert raised == [[guests[2].id, guests[3].id], []]
    assert (await seats.told())["promoted"] == 2


async def test_case_27_money_after_the_hold_has_expired_looks_for_a_place_anew(seats: Seats) -> None:
    from events.paying import reconciling

    first = await make_registration(seats.world, ticket_type="paid")
    assert first.status == "started"
    second = await make_registration(seats.world, ticket_type="paid")
    await seats.deadline(first.id, clock.now() - HOUR)
    await offering.expire(seats.world.event)
    assert await seats.line() == ["expired", "started"]
    owner, event = seats.world.owner, seats.world.event
    assert await reconciling.mark_paid(owner, event, first.id, "Chuyển khoản muộn") == "waitlisted"
    await waitlist.cancel(NOBODY, second.id)
    assert await seats.line() == ["confirmed", "cancelled"]


async def test_case_28_a_recount_names_the_pool_that_drifted(seats: Seats) -> None:
    from events import jobs
    from events.seats import recounting

    whole = await seats.pool(9, "visitor")
    await make_registration(seats.world)
    await db.execute("UPDATE seat_pool SET used = 5 WHERE id = $1", whole)
    found = await recounting.drift(seats.world.event)
    assert [(row["id"], row["stored"], row["counted"]) for row in found] == [(whole, 5, 1)]
    await jobs.recount()
    assert jobs.DRIFT.labels("pools")._value.get() == 1


async def test_case_29_beyond_the_places_by_name_and_reason_and_outside_the_maths(seats: Seats) -> None:
    guests = await full(seats)
    owner, event = seats.world.owner, seats.world.event
    with pytest.raises(Invalid):
        await deciding.overbook(owner, event, [guests[3].id], " ")
    assert await deciding.overbook(owner, event, [guests[3].id], "Khách của thành phố") == 1
    assert (await seats.line(), await seats.used(seats.kinds["visitor"])) == (
        ["confirmed", "confirmed", "waitlisted", "confirmed"],
        (2, 2),
    )
    row = (await showing.overbooked(event))[0]
    assert (row["by"], row["overbooked_reason"]) == (owner.name, "Khách của thành phố")
    await waitlist.cancel(NOBODY, guests[3].id)
    assert (await seats.line())[2] == "waitlisted"


async def test_case_31_the_front_group_goes_first_then_who_came_first(seats: Seats) -> None:
    guests = await full(seats, waiting=4)
    await deciding.prefer(seats.world.owner, seats.world.event, [guests[4].id, guests[5].id], 2)
    rows = {row["id"]: row for row in await db.fetch("SELECT * FROM registration")}
    assert [await registration.position_of(rows[guest.id]) for guest in guests[2:]] == [3, 4, 1, 2]
    for guest in guests[:2]:
        await waitlist.cancel(NOBODY, guest.id)
    assert (await seats.line())[2:] == ["waitlisted", "waitlisted", "confirmed", "confirmed"]


@pytest.mark.parametrize(("after", "state"), [("tail", "waitlisted"), ("out", "expired")])
async def test_case_32_a_passed_offer_goes_to_the_next_and_is_not_made_twice(
    after: str, state: str, seats: Seats
) -> None:
    await seats.rule(promotion="offer", after_expiry=after)
    guests = await full(seats, waiting=2)
    await waitlist.cancel(NOBODY, guests[0].id)
    assert await seats.line() == ["cancelled", "confirmed", "offered", "waitlisted"]
    for _twice in range(2):
        await seats.deadline(guests[2].id, clock.now() - HOUR)
        await offering.expire(seats.world.event)
        assert await seats.line() == ["cancelled", "confirmed", state, "offered"]
    assert (await seats.told())["offer_expired"] == 1
    await seats.deadline(guests[3].id, clock.now() - HOUR)
    await offering.expire(seats.world.event)
    assert (await seats.line())[2] == ("offered" if after == "tail" else "expired")


async def test_case_33_at_the_instant_of_the_deadline_the_offer_is_over(seats: Seats, monkeypatch: object) -> None:
    await seats.rule(promotion="offer")
    guests = await full(seats, waiting=1)
    await waitlist.cancel(NOBODY, guests[0].id)
    moment = await seats.deadline(guests[2].id)
    assert isinstance(monkeypatch, pytest.MonkeyPatch)
    monkeypatch.setattr(clock, "now", lambda: moment)
    with pytest.raises(offering.OfferGone):
        await offering.accept(NOBODY, guests[2].id)
    monkeypatch.setattr(clock, "now", lambda: moment - timedelta(microseconds=1))
    assert await offering.expire(seats.world.event) == 0
    assert [await offering.accept(NOBODY, guests[2].id) for _twice in range(2)] == ["confirmed", "confirmed"]
    assert (await seats.told())["accepted"] == 1


async def test_case_34_a_link_that_a_mail_program_follows_takes_nothing(seats: Seats, make_client: MakeClient) -> None:
    await seats.rule(promotion="offer")
    guests = await full(seats, waiting=1)
    await waitlist.cancel(NOBODY, guests[0].id)
    client: httpx.AsyncClient = make_client(NOBODY)
    page = await client.get(f"/tickets/{guests[2].secret}")
    assert "Nhận chỗ" in page.text
    for method in ("GET", "HEAD"):
        assert (await client.request(method, f"/tickets/{guests[2].secret}/accept")).status_code == 405
    assert (await seats.line())[2] == "offered"
    await client.post(f"/tickets/{guests[2].secret}/accept")
    assert (await seats.line())[2] == "confirmed"


async def test_case_35_cancelling_after_accepting_frees_the_place_for_the_next(seats: Seats) -> None:
    await seats.rule(promotion="offer")
    guests = await full(seats, waiting=2)
    await waitlist.cancel(NOBODY, guests[0].id)
    await offering.accept(NOBODY, guests[2].id)
    await waitlist.cancel(NOBODY, guests[2].id)
    assert await seats.line() == ["cancelled", "confirmed", "cancelled", "offered"]


@pytest.mark.parametrize(("policy", "second"), [("skip", "confirmed"), ("hold", "waitlisted")])
async def test_case_36_a_party_that_does_not_fit_is_passed_or_waited_for(
    policy: str, second: str, seats: Seats
) -> None:
    await seats.rule(party_policy=policy)
    first = await make_registration(seats.world, party=1)
    await make_registration(seats.world, party=1)
    party = await make_registration(seats.world, party=2)
    alone = await make_registration(seats.world, party=1)
    assert (party.status, alone.status) == ("waitlisted", "waitlisted")
    await waitlist.cancel(NOBODY, first.id)
    assert (await seats.line())[2:] == ["waitlisted", second]
    why = {row["id"]: row["why"][0] for row in await showing.line(await book.seen(seats.world.event))}
    assert why[party.id] == showing.FULL
    if policy == "hold":
        assert why[alone.id] == showing.BEHIND
        assert (await make_registration(seats.world, party=1)).status == "waitlisted"


async def test_case_36_a_party_larger_than_the_room_keeps_nobody_waiting(seats: Seats) -> None:
    await seats.rule(party_policy="hold")
    large = await make_registration(seats.world, party=3)
    assert (large.status, (await make_registration(seats.world)).status) == ("waitlisted", "confirmed")
    why = [row["why"][0] for row in await showing.line(await book.seen(seats.world.event))]
    assert why == [showing.TOO_LARGE]


async def test_case_37_a_hidden_and_closed_type_is_still_promoted_from(seats: Seats) -> None:
    guests = await full(seats, waiting=1)
    past = clock.now() - HOUR
    over = TypePlan(code="visitor", title_vi="Khách", capacity=2, visibility="invited", closes_at=past)
    await setup.edit_type(seats.world.owner, seats.world.event, seats.kinds["visitor"], over)
    await waitlist.cancel(NOBODY, guests[0].id)
    assert await seats.line() == ["cancelled", "confirmed", "confirmed"]


async def test_case_38_a_paused_line_says_so_and_nobody_new_passes_it(seats: Seats, make_client: MakeClient) -> None:
    guests = await full(seats, waiting=1)
    await seats.rule(paused_at=clock.now(), paused_reason="Đổi hội trường")
    await waitlist.cancel(NOBODY, guests[0].id)
    late = await make_registration(seats.world)
    assert (late.status, await seats.line()) == (
        "waitlisted",
        ["cancelled", "confirmed", "waitlisted", "waitlisted"],
    )
    page = (await make_client(seats.world.owner).get(f"/events/{seats.world.slug}/places")).text
    assert "hàng chờ đang tạm dừng" in page
    assert "Đổi hội trường" in page
    assert await seats.rule() == [guests[2].id]


async def test_case_39_who_is_chosen_by_hand_takes_no_place_that_is_not_there(seats: Seats) -> None:
    guests = await full(seats)
    owner, event = seats.world.owner, seats.world.event
    with pytest.raises(deciding.NoPlaceFor):
        await deciding.seat_now(owner, event, [guests[3].id])
    async with db.tx():
        held = await book.locked(event)
        waitlist.give_back(held, await waitlist.locked_guest(guests[0].id))
        await states.move(owner, guests[0].id, "confirmed", "cancelled")
        await book.write(held)
    assert await deciding.seat_now(owner, event, [guests[3].id]) == 1
    assert await seats.line() == ["cancelled", "confirmed", "waitlisted", "confirmed"]
    assert await seats.used(seats.kinds["visitor"]) == (2, 2)


START = clock.now()


@pytest.mark.parametrize(
    ("before", "minutes"),
    [
        (timedelta(days=9), 48 * 60),
        (HOUR * 30, 30 * 60),
        (HOUR * 24, 6 * 60),
        (HOUR * 8, 120),
        (HOUR / 2, 15),
        (timedelta(minutes=10), 10),
        (timedelta(0), 0),
        (-HOUR, 0),
    ],
)
def test_case_40_offers_are_shorter_near_the_start_and_never_go_past_it(before: timedelta, minutes: int) -> None:
    until = promoting.offer_until(START, START + before, 48)
    assert until == START + timedelta(minutes=minutes)
    assert until <= max(START + before, START)


async def test_kept_places_count_everywhere_and_come_back_at_their_moment(seats: Seats) -> None:
    whole = await seats.pool(4, "visitor")
    owner, event, kind = seats.world.owner, seats.world.event, seats.kinds["visitor"]
    async with db.tx():
        hold = await holds.keep(await book.locked(event), owner, kind, 2, "Báo chí", clock.now() + HOUR)
    guest = await make_registration(seats.world)
    assert (guest.status, await seats.used(whole)) == ("waitlisted", (2, 4))
    with pytest.raises(holds.NotThatMany):
        async with db.tx():
            await holds.keep(await book.locked(event), owner, kind, 1, "Thêm", None)
    await db.execute("UPDATE seat_hold SET ends_at = $2 WHERE id = $1", hold, clock.now() - HOUR)
    assert [await offering.due(), await offering.expire(event), await offering.expire(event)] == [[event], 1, 0]
    assert (await seats.line(), await seats.used(whole)) == (["confirmed"], (1, 4))


async def test_who_takes_several_types_gets_the_first_with_room_and_keeps_the_line_for_all(seats: Seats) -> None:
    await full(seats, waiting=0)
    second = await make_registration(seats.world, also=("startup", "investor"))
    assert (second.status, second.ticket_type) == ("confirmed", "startup")
    await make_registration(seats.world, ticket_type="startup")
    third = await make_registration(seats.world, also=("startup",))
    assert (third.status, third.position) == ("waitlisted", 1)
    await waitlist.cancel(NOBODY, second.id)
    row = await db.fetchrow(
        "SELECT r.status, t.code FROM registration r JOIN ticket_type t ON t.id = r.ticket_type WHERE r.id = $1",
        third.id,
    )
    assert tuple(row or ()) == ("confirmed", "startup")


async def test_the_mail_of_an_offer_says_until_when_and_gives_no_ticket(seats: Seats) -> None:
    await seats.rule(promotion="offer")
    guests = await full(seats, waiting=1)
    await outbox.drain()
    await waitlist.cancel(NOBODY, guests[0].id)
    await outbox.drain()
    mail = await db.fetchrow(
        "SELECT m.subject, m.text, (SELECT count(*) FROM mail_attachment a WHERE a.mail = m.id) AS files FROM mail m"
        " ORDER BY m.created_at DESC, m.id DESC LIMIT 1"
    )
    assert mail is not None
    assert "Mời bạn nhận chỗ trước" in mail["subject"]
    assert (guests[2].secret in mail["text"], mail["files"]) == (True, 0)


async def test_a_pool_in_a_pool_needs_room_for_what_its_types_have_given_out(seats: Seats) -> None:
    await full(seats, waiting=0)
    with pytest.raises(pools.DoesNotFit):
        await seats.pool(1, "visitor")
    whole = await seats.pool(2, "visitor")
    assert await seats.used(whole) == (2, 2)
    inner = await seats.pool(2, "startup", parent=whole, name="Trong")
    with pytest.raises(pools.NotEmpty):
        await pools.remove(seats.world.owner, seats.world.event, whole)
    assert (await make_registration(seats.world, ticket_type="startup")).status == "waitlisted"
    await pools.remove(seats.world.owner, seats.world.event, inner)
    assert await db.fetchval("SELECT count(*) FROM ticket_type_pool WHERE pool = $1", whole) == 2


async def test_case_11_the_rest_of_an_approval_is_left_with_the_room_that_is_full(seats: Seats) -> None:
    whole = await seats.pool(1, "investor")
    ids: list[UUID] = [(await make_registration(seats.world, ticket_type="investor")).id for _n in range(3)]
    decided = await review.approve(seats.world.owner, seats.world.event, ids)
    assert decided == review.Decided(confirmed=1, left=2, full=(whole,))
    assert await seats.line() == ["confirmed", "pending_review", "pending_review"]


async def test_who_asked_before_a_party_for_which_places_are_kept_is_seated_before_it(seats: Seats) -> None:
    """Found by the machine: approved into the line, but beside a place that was free for them."""
    whole = await seats.pool(3, "visitor", "investor")
    await seats.rule(party_policy="hold")
    asks = await make_registration(seats.world, ticket_type="investor")
    await make_registration(seats.world, party=2)
    party = await make_registration(seats.world, party=2)
    assert (party.status, await seats.used(whole)) == ("waitlisted", (2, 3))
    assert (await make_registration(seats.world)).status == "waitlisted"
    decided = await review.approve(seats.world.owner, seats.world.event, [asks.id], when_full="waitlist")
    assert (decided.confirmed, decided.waitlisted) == (1, 0)
    assert (await seats.line(), await seats.used(whole)) == (
        ["confirmed", "confirmed", "waitlisted", "waitlisted"],
        (3, 3),
    )
    assert (await seats.told())["approved"] == 0


async def test_who_gets_a_place_out_of_the_line_and_owes_money_for_it_is_said_to_owe_it(seats: Seats) -> None:
    whole = await seats.pool(3, "visitor", "paid")
    await seats.rule(party_policy="hold")
    await db.execute("UPDATE ticket_type SET needs_approval = true WHERE code = 'paid'")
    asks = await make_registration(seats.world, ticket_type="paid")
    await make_registration(seats.world, party=2)
    assert (await make_registration(seats.world, party=2)).status == "waitlisted"
    decided = await review.approve(seats.world.owner, seats.world.event, [asks.id], when_full="waitlist")
    assert (decided.confirmed, decided.unpaid, decided.waitlisted) == (1, 1, 0)
    assert (await seats.line(), await seats.used(whole)) == (["started", "confirmed", "waitlisted"], (3, 3))


async def test_case_13_a_passed_on_ticket_opens_no_door_and_tells_nothing(seats: Seats) -> None:
    old = await make_registration(seats.world, answers={"dietary": "chay"}, phone="0912345678")
    found = await changing.transfer(
        NOBODY, old.id, registration.Wish(ticket_type="", full_name="Người mới", email="moi@test.example")
    )
    doors = [(await scan(seats.world, code)).reason for code in (old.code, found.code)]
    assert doors == ["cancelled", ""]
    row = await db.fetchrow("SELECT answers, phone, status FROM registration WHERE id = $1", found.id)
    assert tuple(row or ()) == ({}, "", "confirmed")
    assert await seats.used(seats.kinds["visitor"]) == (1, 2)
    with pytest.raises(changing.NotNow):
        await changing.transfer(
            NOBODY, old.id, registration.Wish(ticket_type="", full_name="Nữa", email="nua@test.example")
        )


async def test_an_event_that_cannot_be_settled_keeps_no_other_waiting(seats: Seats) -> None:
    from events import jobs

    ends = []
    for world in (seats.world, await make_event()):
        kind = await db.fetchval("SELECT id FROM ticket_type WHERE event = $1 ORDER BY id LIMIT 1", world.event)
        async with db.tx():
            held = await book.locked(world.event)
            ends.append(await holds.keep(held, world.owner, kind, 1, "Báo chí", clock.now() + HOUR))
    await db.execute("UPDATE seat_hold SET ends_at = $1", clock.now() - HOUR)
    stuck, other = await db.fetch("SELECT id FROM seat_hold ORDER BY event")
    await db.execute(
        "CREATE TRIGGER never BEFORE UPDATE ON seat_hold FOR EACH ROW"
        f" WHEN (OLD.id = '{stuck['id']}') EXECUTE FUNCTION introduction_refused()"
    )
    await jobs.expire()
    rows = await db.fetch("SELECT id FROM seat_hold WHERE ended_at IS NULL")
    assert [row["id"] for row in rows] == [stuck["id"]]
    assert {stuck["id"], other["id"]} == set(ends)
