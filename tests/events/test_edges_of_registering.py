"""Hard cases of registering and of the line, by their numbers in the list of cases (1 to 40)."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import clock, db, outbox
from app.core.errors import Conflict, Invalid, NotFound
from app.core.web import NOBODY
from events import jobs, listing, planning, registration, review, setup, waitlist
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, plan, scan, wish
from tests.factories import make_person

VISITOR = TypePlan(code="visitor", title_vi="Khách", capacity=2)
INVESTOR = TypePlan(code="investor", title_vi="Nhà đầu tư", capacity=2, needs_approval=True)


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(VISITOR, INVESTOR)


async def line(world: World, code: str = "visitor") -> list[str]:
    """The statuses of everybody, in the order in which they came."""
    rows = await db.fetch(
        "SELECT r.status FROM registration r JOIN ticket_type t ON t.id = r.ticket_type"
        " WHERE t.event = $1 AND t.code = $2 ORDER BY r.queue_number",
        *(world.event, code),
    )
    return [row["status"] for row in rows]


async def places(world: World, code: str = "visitor") -> tuple[int, int]:
    """What is stored as sold, and how many are confirmed."""
    row = await db.fetchrow(
        "SELECT t.sold, (SELECT count(*) FROM registration r WHERE r.ticket_type = t.id AND r.status = 'confirmed')"
        " AS n FROM ticket_type t WHERE t.event = $1 AND t.code = $2",
        *(world.event, code),
    )
    return row["sold"], row["n"]


async def told() -> Counter[str]:
    """What guests will be told, by kind."""
    rows = await db.fetch("SELECT payload->>'kind' AS kind FROM outbox WHERE topic = 'events.tell_guest'")
    return Counter(row["kind"] for row in rows)


# --- the same person ---------------------------------------------------------------------------------------------

SPELLINGS = [
    ("lan@test.example", "LAN@TEST.EXAMPLE", True),
    ("lan@test.example", "  lan@test.example\n", True),
    ("lan@test.example", "lan+hoi@test.example", False),
    ("lan@test.example", "l.an@test.example", False),
    ("lan@h\u1ed3ng.example", "lan@ho\u0302\u0300ng.example", True),
    ("lan@h\u1ed3ng.example", "LAN@H\u1ed2NG.example", True),
]


@pytest.mark.parametrize(("first", "second", "same"), SPELLINGS, ids=range(len(SPELLINGS)))
async def test_case_01_one_address_however_it_is_spelled(first: str, second: str, same: bool, world: World) -> None:
    found = [await make_registration(world, email=email) for email in (first, second)]
    assert (found[0].id == found[1].id, found[1].new) == (same, not same)
    assert await db.fetchval("SELECT count(*) FROM registration") == (1 if same else 2)


async def test_case_01_who_cancelled_may_come_again_as_somebody_new(world: World) -> None:
    first = await make_registration(world, email="lan@test.example")
    await waitlist.cancel(NOBODY, first.id)
    second = await make_registration(world, email="LAN@test.example")
    assert (second.new, second.id != first.id, second.code != first.code, second.secret != first.secret) == (True,) * 4
    assert await places(world) == (1, 1)


async def test_case_02_pressing_twice_is_one_registration_and_one_mail(world: World, make_client: MakeClient) -> None:
    client = make_client(NOBODY)
    form = {"ticket_type": "visitor", "full_name": "Lan", "email": "lan@test.example", "terms": "1", "key": "k"}
    answers = [await client.post(f"/events/{world.slug}/register", data=form) for _n in range(3)]
    assert [a.headers["location"] for a in answers] == [f"/events/{world.slug}/registered"] * 3
    assert (await told(), await places(world)) == ({"registered": 1}, (1, 1))


NAMES = [
    "Nguyễn " + "Thị " * 40 + "Minh",
    "Ngô",
    "🚀 Khởi nghiệp",
    "\u202eevil\u202c",
    "<script>alert(1)</script>",
    "=1+1",
    "+84 912",
    "@SUM(A1)",
    "{{7*7}}",
    "O'Neil; DROP TABLE registration",
    "Y",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
async def test_case_06_names_are_kept_shown_and_exported_without_doing_anything(
    name: str, world: World, make_client: MakeClient
) -> None:
    guest = await make_registration(world, full_name=name)
    stored = await db.fetchval("SELECT full_name FROM registration")
    assert stored == name.replace("\u202e", "").replace("\u202c", "")
    page = (await make_client(NOBODY).get(f"/tickets/{guest.secret}")).text
    assert "<script>alert" not in page
    assert "{{7*7}}" not in name or page.count("{{7*7}}") == 1
    table = (await make_client(world.owner).get(f"/events/{world.slug}/guests.csv")).text
    cell = table.splitlines()[1].split(",")[0].strip('"')
    assert cell[:1] not in ("=", "+", "-", "@")
    assert cell.removeprefix("'") == stored


async def test_case_07_accents_are_not_needed_to_find_somebody(world: World) -> None:
    guest = await make_registration(world, full_name="Đỗ Nguyễn Ánh Dương", organisation="Viện Nghiên cứu Ứng dụng")
    for text in ("do", "Đỗ", "duong anh", "ANH DUONG", "ung dung", "nghien cuu anh", "A\u0301nh"):
        assert [row["id"] for row in await listing.guests(world.event, text=text)] == [guest.id], text
    assert await listing.guests(world.event, text="khong co ai") == []


async def test_case_08_who_waits_for_approval_takes_no_place_and_passes_no_door(world: World) -> None:
    found = [await make_registration(world, ticket_type="investor") for _n in range(5)]
    assert (await line(world, "investor"), await places(world, "investor")) == (["pending_review"] * 5, (0, 0))
    assert {(await scan(world, guest.code)).reason for guest in found} == {"unapproved"}


async def test_case_09_approved_when_full_means_a_place_in_line_and_is_said(world: World) -> None:
    ids = [(await make_registration(world, ticket_type="investor")).id for _n in range(4)]
    left = await review.approve(world.owner, world.event, ids[:3])
    room = await db.fetchval("SELECT id FROM ticket_type WHERE event = $1 AND code = 'investor'", world.event)
    assert left == review.Decided(confirmed=2, left=1, full=(room,))
    assert (await line(world, "investor"))[2] == "pending_review"
    later = await review.approve(world.owner, world.event, ids, when_full="waitlist")
    assert later == review.Decided(waitlisted=2, full=(room,))
    assert await places(world, "investor") == (2, 2)
    assert await told() == {"registered": 4, "approved": 4}
    again = await review.approve(world.owner, world.event, ids, when_full="waitlist")
    assert again == review.Decided()


async def test_case_10_refused_may_ask_again_and_is_not_cancelled_as_well(world: World) -> None:
    first = await make_registration(world, ticket_type="investor", email="lan@test.example")
    assert await review.refuse(world.owner, world.event, [first.id], "Chưa đủ") == review.Decided(refused=1)
    assert await review.refuse(world.owner, world.event, [first.id], "Chưa đủ") == review.Decided()
    assert await waitlist.cancel(world.owner, first.id) == "refused"
    second = await make_registration(world, ticket_type="investor", email="lan@test.example")
    assert (second.new, await line(world, "investor")) == (True, ["refused", "pending_review"])
    await waitlist.cancel(NOBODY, second.id)
    assert await review.approve(world.owner, world.event, [first.id, second.id]) == review.Decided()


async def test_case_11_approving_many_stops_at_the_last_place_in_the_order_they_came(world: World) -> None:
    ids = [(await make_registration(world, ticket_type="investor")).id for _n in range(6)]
    decided = await review.approve(world.owner, world.event, list(reversed(ids)))
    assert (decided.confirmed, decided.left) == (2, 4)
    assert await line(world, "investor") == ["confirmed"] * 2 + ["pending_review"] * 4


async def test_case_14_a_new_address_of_the_account_changes_no_ticket(world: World) -> None:
    lan = await make_person("Lan", email="lan@test.example")
    guest = await make_registration(world, lan, email="lan@test.example")
    await db.execute(
        "UPDATE person SET email = 'moi@test.example', email_key = 'moi@test.example' WHERE id = $1", lan.id
    )
    assert (await scan(world, guest.code)).outcome == "ok"
    assert await db.fetchval("SELECT email FROM registration") == "lan@test.example"


async def test_case_15_without_a_mail_server_everybody_is_registered_and_told_later(world: World) -> None:
    await make_registration(world)
    assert await db.fetchval("SELECT count(*) FROM mail") == 0
    for _n in range(2):
        await outbox.drain()
    assert await db.fetchval("SELECT count(*) FROM mail") == 1


# --- places -----------------------------------------------------------------------------------------------------


async def test_case_23_places_are_never_made_fewer_than_are_taken(world: World) -> None:
    for _n in range(3):
        await make_registration(world)
    for capacity in (0, 1):
        with pytest.raises(setup.BelowSold) as refused:
            await setup.edit_type(
                world.owner, world.event, world.type_id, TypePlan(code="visitor", title_vi="Khách", capacity=capacity)
            )
        assert refused.value.fields["capacity"].text("en", **refused.value.params).startswith("2 places are taken")
    assert (await places(world), await line(world)) == ((2, 2), ["confirmed", "confirmed", "waitlisted"])


async def test_case_24_more_places_promote_once_each(world: World) -> None:
    guests = [await make_registration(world) for _n in range(6)]
    larger = TypePlan(code="visitor", title_vi="Khách", capacity=4)
    promoted = [await setup.edit_type(world.owner, world.event, world.type_id, larger) for _n in range(2)]
    assert promoted == [[guests[2].id, guests[3].id], []]
    assert (await places(world), (await told())["promoted"]) == ((4, 4), 2)


async def test_case_25_a_place_is_given_back_once(world: World) -> None:
    guests = [await make_registration(world) for _n in range(4)]
    before = [await waitlist.cancel(NOBODY, guests[0].id) for _n in range(3)]
    assert before == ["confirmed", "cancelled", "cancelled"]
    assert await line(world) == ["cancelled", "confirmed", "confirmed", "waitlisted"]
    assert (await places(world), await told()) == ((2, 2), {"registered": 4, "cancelled": 1, "promoted": 1})


async def test_case_28_the_nightly_recount_says_where_and_by_how_much(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await make_registration(world)
    await db.execute("UPDATE ticket_type SET sold = 2 WHERE id = $1", world.type_id)
    await db.execute("UPDATE zone_count SET inside = 1 WHERE zone = $1 AND slot = 3", world.checkpoint)
    await jobs.recount()
    found = {what: jobs.DRIFT.labels(what)._value.get() for what in ("places", "doors")}
    assert found == {"places": 1, "doors": 1}
    await db.execute("UPDATE ticket_type SET sold = 1 WHERE id = $1", world.type_id)
    await db.execute("UPDATE zone_count SET inside = 0")
    await jobs.recount()
    assert [jobs.DRIFT.labels(what)._value.get() for what in ("places", "doors")] == [0, 0]


# --- the line ---------------------------------------------------------------------------------------------------


async def test_case_30_who_came_at_the_same_moment_keeps_the_order_of_writing(world: World) -> None:
    guests = [await make_registration(world) for _n in range(6)]
    await db.execute("UPDATE registration SET registered_at = '2026-11-01', status_at = '2026-11-01'")
    for n in range(2):
        await waitlist.cancel(NOBODY, guests[n].id)
    assert await line(world) == ["cancelled"] * 2 + ["confirmed"] * 2 + ["waitlisted"] * 2


async def test_case_34_following_a_link_never_cancels(world: World, make_client: MakeClient) -> None:
    guest = await make_registration(world)
    client = make_client(NOBODY)
    for method in ("GET", "HEAD"):
        assert (await client.request(method, f"/tickets/{guest.secret}/cancel")).status_code == 405
        assert (await client.request(method, f"/tickets/{guest.secret}")).status_code == 200
    assert await line(world) == ["confirmed"]


async def test_case_35_who_moved_up_and_cancels_is_not_moved_up_again(world: World) -> None:
    guests = [await make_registration(world) for _n in range(4)]
    await waitlist.cancel(NOBODY, guests[0].id)
    await waitlist.cancel(NOBODY, guests[2].id)
    assert await line(world) == ["cancelled", "confirmed", "cancelled", "confirmed"]
    rows = await db.fetch(
        "SELECT from_status, to_status FROM registration_change WHERE registration = $1 ORDER BY id", guests[2].id
    )
    assert [tuple(row) for row in rows] == [
        (None, "waitlisted"),
        ("waitlisted", "confirmed"),
        ("confirmed", "cancelled"),
    ]


async def test_case_37_a_type_that_is_no_longer_sold_still_hands_places_on(world: World) -> None:
    guests = [await make_registration(world) for _n in range(3)]
    over = TypePlan(code="visitor", title_vi="Khách", capacity=2, closes_at=clock.now() - timedelta(hours=1))
    await setup.edit_type(world.owner, world.event, world.type_id, over)
    with pytest.raises(registration.NoLongerOpen):
        await make_registration(world)
    await waitlist.cancel(NOBODY, guests[0].id)
    assert await line(world) == ["cancelled", "confirmed", "confirmed"]


@pytest.mark.parametrize(
    ("status", "promoted"), [("draft", False), ("published", True), ("closed", True), ("cancelled", False)]
)
async def test_case_38_nobody_moves_up_into_an_event_that_is_not_going_on(
    status: str, promoted: bool, world: World
) -> None:
    guests = [await make_registration(world) for _n in range(3)]
    await db.execute("UPDATE event SET status = $2 WHERE id = $1", world.event, status)
    await waitlist.cancel(NOBODY, guests[0].id)
    assert await line(world) == ["cancelled", "confirmed", "confirmed" if promoted else "waitlisted"]
    assert await places(world) == ((2, 2) if promoted else (1, 1))


async def test_places_in_line_move_up_and_are_kept_by_type(world: World) -> None:
    guests = [await make_registration(world) for _n in range(6)]
    path = [guest.position for guest in guests]
    assert path == [None, None, 1, 2, 3, 4]
    await waitlist.cancel(NOBODY, guests[3].id)
    rows = {row["id"]: row for row in await db.fetch("SELECT * FROM registration")}
    now = [await registration.position_of(rows[guest.id]) for guest in guests]
    assert now == [None, None, 1, None, 2, 3]


ACTS = st.lists(
    st.tuples(st.sampled_from(["come", "come", "leave", "more", "fewer", "all"]), st.integers(0, 9)), max_size=25
)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
async def test_first_come_first_served_whatever_happens(db: asyncpg.Connection, acts: list[tuple[str, int]]) -> None:
    """A model in plain lists beside the database: after every act the same people have places, in the same order."""
    world = await make_event(capacity=2)
    capacity, inside, waiting = 2, list[UUID](), list[UUID]()
    everybody: list[UUID] = []
    for act, number in acts:
        if act == "come":
            everybody.append((await make_registration(world)).id)
            (inside if len(inside) < capacity else waiting).append(everybody[-1])
        elif act == "leave" and everybody:
            gone = everybody[number % len(everybody)]
            await waitlist.cancel(NOBODY, gone)
            inside, waiting = [g for g in inside if g != gone], [g for g in waiting if g != gone]
        elif act == "all":
            chosen = everybody[: number % 4]
            await waitlist.cancel_all(world.owner, world.event, chosen)
            inside, waiting = [g for g in inside if g not in chosen], [g for g in waiting if g not in chosen]
        elif act in ("more", "fewer"):
            wanted = capacity + (number % 3 if act == "more" else -(number % 3))
            kind = TypePlan(code="visitor", title_vi="Khách", capacity=wanted)
            try:
                await setup.edit_type(world.owner, world.event, world.type_id, kind)
                capacity = wanted
            except Invalid:
                assert wanted < len(inside) or wanted < 0
        while waiting and len(inside) < capacity:
            inside.append(waiting.pop(0))
        rows = await db.fetch("SELECT id, status FROM registration WHERE event = $1 ORDER BY queue_number", world.event)
        assert {row["id"] for row in rows if row["status"] == "confirmed"} == set(inside)
        assert [row["id"] for row in rows if row["status"] == "waitlisted"] == waiting
    assert await places(world) == (len(inside), len(inside))


# --- moments ----------------------------------------------------------------------------------------------------

MOMENT = timedelta(milliseconds=1)
NOW = datetime.fromisoformat("2026-12-11T23:59:59.999+07:00")


@pytest.mark.parametrize(
    ("opens", "closes", "refused"),
    [
        (None, None, None),
        (NOW, None, None),
        (NOW - MOMENT, NOW + MOMENT, None),
        (NOW + MOMENT, None, registration.NotOpenYet),
        (None, NOW, registration.NoLongerOpen),
        (None, NOW + MOMENT, None),
        (None, NOW - MOMENT, registration.NoLongerOpen),
    ],
    ids=range(7),
)
async def test_case_05_registration_opens_and_ends_to_the_moment(
    opens: Any, closes: Any, refused: type[Conflict] | None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.execute("UPDATE ticket_type SET opens_at = $1, closes_at = $2", opens, closes)
    await db.execute("UPDATE event SET starts_at = $1, ends_at = $2", NOW + timedelta(days=1), NOW + timedelta(days=2))
    monkeypatch.setattr(clock, "now", lambda: NOW)
    if refused is None:
        assert (await make_registration(world)).status == "confirmed"
    else:
        with pytest.raises(refused):
            await make_registration(world)
        assert await places(world) == (0, 0)


async def test_case_05_the_hour_of_opening_is_told_in_vietnams_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens = datetime.fromisoformat("2026-12-11T17:30:00+00:00")  # half past midnight of the next day in Hà Nội
    await db.execute("UPDATE ticket_type SET opens_at = $1", opens)
    with pytest.raises(registration.NotOpenYet) as refused:
        await make_registration(world)
    assert refused.value.text("en") == "Registration for this ticket opens at 00:30 12/12/2026."
    assert "00:30 12/12/2026" in refused.value.text("vi")


@pytest.mark.parametrize(("ends", "open_"), [(NOW - MOMENT, False), (NOW, False), (NOW + MOMENT, True)])
async def test_an_event_that_has_ended_takes_nobody(
    ends: datetime, open_: bool, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.execute("UPDATE event SET starts_at = $1, ends_at = $2", NOW - timedelta(days=1), ends)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    if open_:
        assert (await make_registration(world)).new
    else:
        with pytest.raises(registration.NotOpen):
            await make_registration(world)


@pytest.mark.parametrize("status", ["draft", "closed", "cancelled"])
async def test_who_is_registered_hears_so_even_when_nobody_new_is_taken(status: str, world: World) -> None:
    first = await make_registration(world, email="lan@test.example")
    await db.execute("UPDATE event SET status = $2 WHERE id = $1", world.event, status)
    again = await make_registration(world, email="lan@test.example")
    assert (again.id, again.new) == (first.id, False)
    with pytest.raises(registration.NotOpen):
        await make_registration(world)


async def test_the_desk_registers_also_when_registration_is_closed(world: World) -> None:
    await planning.close(world.owner, world.event)
    found = await registration.register(world.owner, world.event, wish(source="desk"))
    assert (found.new, found.status) == (True, "confirmed")


async def test_a_type_or_an_event_that_is_not_there(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        await make_registration(world, ticket_type="vip")
    assert list(refused.value.fields) == ["ticket_type"]
    world.event = world.checkpoint
    with pytest.raises(NotFound):
        await make_registration(world)


@pytest.mark.parametrize("matters", ["starts_at", "venue", "address", "title_vi"])
async def test_case_16_guests_hear_of_a_new_time_or_place_only(matters: str, world: World) -> None:
    before = await db.fetchrow("SELECT * FROM event WHERE id = $1", world.event)
    values = {name: before[name] for name in ("title_vi", "title_en", "starts_at", "ends_at", "venue", "address")}
    values[matters] = before["starts_at"] + timedelta(hours=1) if matters == "starts_at" else "Khác"
    await planning.edit_event(world.owner, world.event, plan(**values), version=before["version"])
    after = await db.fetchrow("SELECT revision, version FROM event WHERE id = $1", world.event)
    told_all = await db.fetchval("SELECT count(*) FROM outbox WHERE topic = 'events.tell_guests'")
    heard = 0 if matters == "title_vi" else 1
    assert (after["revision"], after["version"], told_all) == (heard, before["version"] + 1, heard)
    with pytest.raises(planning.ChangedMeanwhile):
        await planning.edit_event(world.owner, world.event, plan(**values), version=before["version"])
