"""The list of guests: every filter finds whom it names, pages join without gaps, statements stay few and by index."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import clock
from app.core import db as database
from app.core.ids import new_id
from events.guests import acting, asking, listing, views, wording
from events.guests.acting import Asking
from events.guests.asking import Asked, read_text
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan, ticket_code

HARD = (
    "Tôn Nữ Hoàng Thị Phương Quỳnh Nguyễn Phúc Bảo Trâm Khuyên Diễm Hằng",
    "Út",
    "Lê An 🎉",
    "محمد علي",
    "<script>alert(1)</script>",
    "=1+1",
)


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(
        TypePlan(code="visitor", title_vi="Khách", capacity=50),
        TypePlan(code="investor", title_vi="Nhà đầu tư", capacity=50, needs_approval=True),
    )


async def names(world: World, **asked: Any) -> list[str]:
    return [row["full_name"] for row in await listing.rows(world.event, Asked(order="old", **asked))]


async def test_case_7_parts_of_names_with_or_without_accents_find_them(world: World) -> None:
    for name in ("Nguyễn Đức Anh", "Đặng Thị Đào", "Trần Văn Minh"):
        await make_registration(world, full_name=name, organisation="Quỹ Rồng Đỏ" if "Trần" in name else "")
    found = {
        q: await names(world, q=q)
        for q in ("nguyen duc", "NGUYỄN", "đức anh", "dang dao", "Đ", "rong do", "minh tran", "100%", "_", "xyz")
    }
    assert found == {
        "nguyen duc": ["Nguyễn Đức Anh"],
        "NGUYỄN": ["Nguyễn Đức Anh"],
        "đức anh": ["Nguyễn Đức Anh"],
        "dang dao": ["Đặng Thị Đào"],
        "Đ": ["Nguyễn Đức Anh", "Đặng Thị Đào", "Trần Văn Minh"],
        "rong do": ["Trần Văn Minh"],
        "minh tran": ["Trần Văn Minh"],
        "100%": [],
        "_": [],
        "xyz": [],
    }


async def test_a_ticket_s_code_finds_it_as_people_read_it_out(world: World) -> None:
    guest = await make_registration(world)
    await make_registration(world)
    spoken = f"{guest.code[:4].lower()} {guest.code[4:].lower()}"
    assert [row["id"] for row in await listing.rows(world.event, Asked(q=spoken))] == [guest.id]


async def test_each_filter_finds_whom_it_names(world: World) -> None:
    here = await make_registration(world, full_name="Đã đến", answers={"size": "L", "lunch": True, "tags": ["a", "b"]})
    await make_registration(world, full_name="Chờ duyệt", ticket_type="investor", source="api")
    away = await make_registration(world, full_name="Ở nhà", source="desk")
    await scan(world, await ticket_code(world, here))
    await acting.ask(world.owner, world.event, Asking(act="tag", ids=[away.id], tag="Gọi lại"))
    await database.execute(
        "UPDATE registration SET registered_at = $2 WHERE id = $1", away.id, clock.now() - timedelta(9)
    )
    await database.execute(
        "UPDATE registration SET answers = $2 WHERE id = $1", here.id, {"size": "L", "lunch": True, "tags": ["a", "b"]}
    )
    pool, group = new_id(), new_id()
    await database.execute(
        "INSERT INTO seat_pool (id, event, kind, name_vi, size) VALUES ($1, $2, 'village', 'Làng AI', 9)",
        *(pool, world.event),
    )
    await database.execute(
        "INSERT INTO ticket_type_pool (ticket_type, pool, direct) SELECT id, $2, true FROM ticket_type WHERE event = $1"
        " AND code = 'investor'",
        *(world.event, pool),
    )
    await database.execute(
        "INSERT INTO delegation (id, event, name, secret) VALUES ($1, $2, 'Đoàn Huế', 's1')", group, world.event
    )
    await database.execute("UPDATE registration SET delegation = $2 WHERE id = $1", here.id, group)
    week = (clock.now() - timedelta(3)).date()
    found: dict[str, list[str]] = {
        "status": await names(world, status="pending_review"),
        "type": await names(world, type="investor"),
        "pool": await names(world, pool=pool),
        "delegation": await names(world, delegation=group),
        "came": await names(world, came="yes"),
        "stayed away": await names(world, came="no"),
        "source": await names(world, source="desk"),
        "since": await names(world, since=week),
        "until": await names(world, until=week),
        "tag": await names(world, tag="Gọi lại"),
        "answered": await names(world, ask="size"),
        "text": await names(world, ask="size", answer="l"),
        "yes": await names(world, ask="lunch", answer="yes"),
        "no": await names(world, ask="lunch", answer="no"),
        "one of many": await names(world, ask="tags", answer="b"),
        "two": await names(world, came="no", source="desk"),
    }
    assert found == {
        "status": ["Chờ duyệt"],
        "type": ["Chờ duyệt"],
        "pool": ["Chờ duyệt"],
        "delegation": ["Đã đến"],
        "came": ["Đã đến"],
        "stayed away": ["Chờ duyệt", "Ở nhà"],
        "source": ["Ở nhà"],
        "since": ["Đã đến", "Chờ duyệt"],
        "until": ["Ở nhà"],
        "tag": ["Ở nhà"],
        "answered": ["Đã đến"],
        "text": ["Đã đến"],
        "yes": ["Đã đến"],
        "no": [],
        "one of many": ["Đã đến"],
        "two": ["Ở nhà"],
    }
    counts = await listing.counts(world.event, Asked(status="confirmed"))
    assert (counts.by_status, counts.total, counts.came) == ({"confirmed": 2, "pending_review": 1}, 2, 1)


ADDRESSES = [
    "",
    "q=nguyen&status=confirmed&order=name&columns=email&columns=q-size",
    "since=2026-01-01&until=2026-12-31&came=no&tag=G%E1%BB%8Di",
    "ask=size&answer=L",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_says_what_it_asks(address: str) -> None:
    asked = read_text(address)
    assert read_text(asked.query) == asked
    assert asked.narrows == bool(address)


@pytest.mark.parametrize(
    "address",
    [
        "status=nonsense", "pool=1", "came=maybe", "since=2026-13-40", "until=0001-01-01", "order=size", "ask=%27--",
        "source=hell", "type=a b", "answer=alone", "q=%00", "delegation=%FF", "columns=",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out(address: str) -> None:
    assert read_text(address).but(columns=()) == Asked()


@pytest.mark.parametrize("order", list(asking.ORDERS))
async def test_pages_join_without_gaps_or_repeats(order: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("An", "An", "Bình", "Anh", "An"):
        await make_registration(world, full_name=name, email=f"{new_id().hex}@test.example")
    whole = [row["id"] for row in await listing.rows(world.event, Asked(order=order))]
    pages: list[UUID] = []
    async for batch in listing.batches(world.event, Asked(order=order), 2):
        pages += [row["id"] for row in batch]
    assert pages == whole
    assert len(set(whole)) == 5


async def test_guests_of_another_event_are_never_in_it(world: World) -> None:
    other = await make_event()
    theirs = await make_registration(other)
    assert await names(world) == []
    assert await listing.rows(world.event, Asked(), theirs.id) == []


async def test_a_page_of_a_large_event_is_read_through_its_index(world: World) -> None:
    """The negative control: without the index the same statement reads the whole table."""
    await database.execute(
        "INSERT INTO registration (id, event, ticket_type, signing_key, status, full_name, email, email_key,"
        " search_text, code, secret) SELECT gen_random_uuid(), $1, $2, k.id, 'confirmed', 'A' || n, '', 'k' || n,"
        " 'a' || n, 'L' || n, 's' || n FROM generate_series(1, 2000) n, event_key k WHERE k.event = $1",
        *(world.event, world.type_id),
    )
    await database.execute("ANALYZE registration")

    async def plan() -> str:
        query, args = listing.statement(world.event, Asked(), None, 51)
        return "\n".join(row[0] for row in await database.fetch(f"EXPLAIN {query}", *args))

    by_index = await plan()
    assert ("registration_list" in by_index, "Seq Scan on registration" in by_index) == (True, False)
    await database.execute("DROP INDEX registration_list")
    assert "registration_list" not in await plan()


async def test_the_page_asks_as_often_for_many_as_for_one(world: World, make_client: MakeClient) -> None:
    client = make_client(world.owner)
    counted = []
    for count in (1, 3):
        for _n in range(count):
            guest = await make_registration(world)
            await acting.ask(world.owner, world.event, Asking(act="tag", ids=[guest.id], tag="t"))
        with database.count_queries() as queries:
            assert (await client.get(f"/events/{world.slug}/guests")).status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1]


async def test_case_6_hard_names_are_shown_as_they_are_and_run_nothing(world: World, make_client: MakeClient) -> None:
    guests = [await make_registration(world, full_name=name) for name in HARD]
    client = make_client(world.owner)
    for address in ("", *(f"/{guest.id}" for guest in guests)):
        shown = (await client.get(f"/events/{world.slug}/guests{address}")).text
        assert "<script>alert" not in shown
    listed = (await client.get(f"/events/{world.slug}/guests")).text
    assert [name in listed for name in HARD] == [True, True, True, True, False, True]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in listed


async def test_columns_are_chosen_and_kept_in_a_view_of_the_team(world: World, make_client: MakeClient) -> None:
    await make_registration(world, phone="0912345678")
    client = make_client(world.owner)
    base = f"/events/{world.slug}/guests"
    assert "0912345678" not in (await client.get(base)).text
    assert "0912345678" in (await client.get(f"{base}?columns=phone")).text
    query = {"name": "  Chờ   duyệt ", "query": "status=pending_review&columns=phone"}
    assert (await client.post(f"{base}/views", data=query)).status_code == 303
    assert (await client.post(f"{base}/views", data={**query, "query": "status=confirmed"})).status_code == 303
    kept = await views.of(world.event)
    assert [(one["name"], one["query"]) for one in kept] == [("Chờ duyệt", "status=confirmed")]
    nameless = await client.post(f"{base}/views", data={"name": " ", "query": "q=Lan"})
    assert (nameless.status_code, 'value="Lan"' in nameless.text) == (422, True)
    assert (await client.post(f"{base}/views/{kept[0]['id']}/end")).status_code == 303
    assert (await client.post(f"{base}/views/{kept[0]['id']}/end")).status_code == 404


async def test_there_are_not_more_views_than_anybody_can_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST", 1)
    await views.save(world.owner, world.event, "A", Asked())
    await views.save(world.owner, world.event, "a", Asked(q="x"))
    with pytest.raises(views.Enough):
        await views.save(world.owner, world.event, "B", Asked())


def test_every_column_has_its_cell() -> None:
    row = {
        "type_vi": "Khách", "type_en": "", "status": "confirmed", "email": "", "phone": "", "organisation": "",
        "role": "visitor", "code": "AB", "registered_at": clock.now(), "came_at": None, "status_at": None, "tags": None,
        "delegation_name": None, "source": "page", "party": 1, "paid_at": None, "news_consent_at": None, "locale": "vi",
    }  # fmt: skip
    cells = {column: wording.cell(column, row, {}) for column in wording.COLUMNS}
    assert (cells["type"], cells["status"], cells["came"], cells["party"]) == ("Khách", "Đã xác nhận", "", 1)
