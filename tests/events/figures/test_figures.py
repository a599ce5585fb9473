"""Figures: each number against rows that were made for it, small ones hidden, counters proven, who may see what."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import clock
from app.core import db as database
from app.core.ids import new_id
from app.core.web import NOBODY
from events import setup, waitlist
from events.figures import asking, publishing, recount, report
from events.figures.sheets import SMALLEST, Column, Sheet, as_csv, hidden_if_small
from events.floor import villages
from events.planning import TypePlan
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan, ticket_code
from tests.events.agenda.making import make_session
from tests.factories import make_person

HIDDEN = 10_000


async def event_row(world: World) -> asyncpg.Record:
    row = await database.fetchrow("SELECT * FROM event WHERE id = $1", world.event)
    assert row is not None
    return row


async def busy(**kw: Any) -> World:
    """Two ticket types; of four visitors two came, one of them twice; one cancelled, one waits; one from the press."""
    world = await make_event(
        TypePlan(code="visitor", title_vi="Khách", title_en="Visitor", capacity=3),
        TypePlan(code="press", title_vi="Báo chí", title_en="Press", capacity=5),
        **kw,
    )
    guests = [await make_registration(world) for _n in range(4)]
    await make_registration(world, ticket_type="press", source="api", answers={"province": "01"})
    code = await ticket_code(world, guests[0])
    for direction in ("in", "out", "in"):
        await scan(world, code, direction=direction)
    await scan(world, await ticket_code(world, guests[1]))
    await waitlist.cancel(NOBODY, guests[2].id, by_guest=True)
    return world


async def test_registrations_by_ticket_type(db: asyncpg.Connection) -> None:
    world = await busy()
    sheet = await asking.by_type(world.event)
    assert sheet.rows == (("Khách", 4, 3, 0, 0, 2, 3), ("Báo chí", 1, 1, 0, 0, 0, 5))


async def test_who_comes_in_company_counts_as_many_as_they_are(db: asyncpg.Connection) -> None:
    """One ticket for three, let in twice, at a village's door that is a session's too: three people everywhere."""
    world = await make_event(TypePlan(code="visitor", title_vi="Khách", capacity=9, max_party=5))
    door = await setup.add_checkpoint(world.owner, world.event, name_vi="Làng Y tế", capacity=None, types=[])
    await villages.make(world.owner, world.event, villages.VillagePlan(name_vi="Làng Y tế"))
    session = await make_session(world)
    await db.execute("UPDATE checkpoint SET session = $2 WHERE id = $1", door, session)
    code = await ticket_code(world, await make_registration(world, party=3))
    for checkpoint in (door, world.checkpoint):
        await scan(world, code, checkpoint_id=checkpoint)
    came = [row[5] for row in (await asking.by_type(world.event)).rows]
    came += [row[2] for row in (await asking.sessions(world.event)).rows]
    came += [row[4] for row in (await asking.villages(world.event)).rows]
    came += [one["visitors"] for one in await villages.villages_of(world.event)]
    assert came == [3, 3, 3, 3]


async def test_people_and_visits_apart(db: asyncpg.Connection) -> None:
    world = await busy()
    head = await publishing.numbers(world.event)
    assert (head["registrations"], head["confirmed"], head["people"], head["visits"]) == (5, 4, 2, 3)
    assert [row[1:4] for row in (await asking.by_zone(world.event)).rows if row[1]] == [(2, 3, 2)]


async def test_a_visit_that_was_taken_back_counts_no_more(db: asyncpg.Connection) -> None:
    from events import checkin

    world = await make_event()
    verdict = await scan(world, await ticket_code(world, await make_registration(world)))
    assert verdict.id is not None
    await checkin.undo(world.owner, world.event, verdict.id, "Nhầm người")
    head = await publishing.numbers(world.event)
    assert (head["people"], head["visits"]) == (0, 0)
    assert [row[1:4] for row in (await asking.by_zone(world.event)).rows if row[1] or row[2] or row[3]] == []


async def test_events_never_mix(db: asyncpg.Connection) -> None:
    await busy()
    empty = await make_event()
    sheets = [
        await ask(empty.event) for ask in (asking.by_status, asking.by_source, asking.arrivals, asking.by_province)
    ]
    assert [sheet.rows for sheet in sheets] == [(), (), (), ()]
    assert set((await publishing.numbers(empty.event)).values()) == {0}


async def test_by_state_source_and_province(db: asyncpg.Connection) -> None:
    world = await busy()
    assert {row[0]: row[1] for row in (await asking.by_status(world.event)).rows} == {"Đã xác nhận": 4, "Đã hủy": 1}
    assert (await asking.by_source(world.event)).rows == (("Trang sự kiện", 4), ("Hệ thống khác (API)", 1))
    assert [row[1] for row in (await asking.by_province(world.event)).rows] == [1]


async def test_places_show_pools_as_a_tree(db: asyncpg.Connection) -> None:
    world = await busy()
    top, below = new_id(), new_id()
    await db.execute(
        "INSERT INTO seat_pool (id, event, parent, kind, name_vi, size, used, depth) VALUES"
        " ($1, $3, NULL, 'total', 'Tất cả', 10, 4, 0), ($2, $3, $1, 'role', 'Khách mời', 5, 3, 1)",
        *(top, below, world.event),
    )
    sheet = await asking.places(world.event)
    assert sheet.rows == (
        ("Tất cả", 10, 4, 0, 6, 0),
        ("– Khách mời", 5, 3, 0, 2, 0),
        ("Khách", 3, 3, 0, 0, 0),
        ("Báo chí", 5, 1, 0, 4, 0),
    )


async def test_over_time_beside_the_edition_before(db: asyncpg.Connection) -> None:
    now = clock.now()
    old = await make_event(starts_at=now + timedelta(days=3), title_vi="Lần trước", title_en="Before")
    new = await make_event(starts_at=now + timedelta(days=5), owner=old.owner)
    series = new_id()
    await db.execute("INSERT INTO event_series (id, slug, name_vi) VALUES ($1, $2, 'Chuỗi')", series, str(series))
    for world in (old, new):
        await db.execute("INSERT INTO event_edition (event, series) VALUES ($1, $2)", world.event, series)
    await make_registration(old)
    first = await make_registration(new)
    await make_registration(new)
    await db.execute("UPDATE registration SET registered_at = now() - interval '2 days' WHERE id = $1", first.id)
    sheet = await asking.over_time(new.owner, await event_row(new))
    assert sheet.columns[3].title == "Lần trước"
    assert sheet.rows == ((7, 1, 1, 0), (6, 0, 1, 0), (5, 1, 2, 0), (4, None, None, 0), (3, None, None, 1))


async def test_another_organisers_edition_is_not_told(db: asyncpg.Connection) -> None:
    old = await make_event(starts_at=clock.now() + timedelta(days=3))
    new = await make_event(starts_at=clock.now() + timedelta(days=5))
    series = new_id()
    await db.execute("INSERT INTO event_series (id, slug, name_vi) VALUES ($1, $2, 'Chuỗi')", series, str(series))
    for world in (old, new):
        await db.execute("INSERT INTO event_edition (event, series) VALUES ($1, $2)", world.event, series)
    await make_registration(old)
    await make_registration(new)
    columns = [len((await asking.over_time(who, await event_row(new))).columns) for who in (new.owner, old.owner)]
    assert columns == [3, 4]


async def test_public_tables_name_nothing_that_is_hidden(db: asyncpg.Connection) -> None:
    world = await busy()
    await make_registration(world, source="api", answers={"province": "Nguyễn Văn An là kẻ xấu"})
    await db.execute("UPDATE ticket_type SET visibility = 'code' WHERE event = $1 AND code = 'press'", world.event)
    types = await asking.by_type(world.event, public=True)
    provinces = await asking.by_province(world.event, public=True)
    zones = await asking.by_open_zone(world.event)
    assert [row[0] for row in types.rows] == ["Khách"]
    assert ("Nơi khác", 1) in provinces.rows
    assert len(provinces.rows) == 2
    assert len(zones.columns) == 3


async def test_a_report_is_a_page_and_a_file_with_definitions(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await busy(title_vi="Ngày hội Khởi nghiệp đổi mới sáng tạo Thủ đô mở rộng lần thứ mười hai")
    client = make_client(world.owner)
    page = (await client.get(f"/events/{world.slug}/report")).text
    assert all(definition.term.text("vi") in page for definition in report.DEFINITIONS)
    pdf = (await client.get(f"/events/{world.slug}/report.pdf")).content
    text = " ".join(part.extract_text() for part in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert all(word in " ".join(text.split()) for word in ("mười hai", "Báo chí", "Các con số có nghĩa gì"))


# --- proof -------------------------------------------------------------------------------------------------------


async def test_case_70_counters_equal_a_plain_recount(db: asyncpg.Connection) -> None:
    world = await busy()
    found = await recount.recount(world.event)
    assert (found.differences, found.counters >= 3) == ((), True)


async def test_a_counter_that_is_wrong_is_told(db: asyncpg.Connection, make_client: MakeClient) -> None:
    """The negative control of the recount."""
    world = await busy()
    await db.execute("UPDATE ticket_type SET sold = 2 WHERE id = $1", world.type_id)
    await db.execute("UPDATE zone_count SET inside = inside + 3 WHERE inside > 0")
    found = await recount.recount(world.event)
    first = found.differences[0]
    assert (first.name, first.stored, first.counted) == ("Khách", 2, 3)
    assert sum(d.stored - d.counted for d in found.differences[1:]) >= 3
    page = await make_client(world.owner).post(f"/events/{world.slug}/report/recount")
    assert ("Đã lưu 2, đếm lại 3" in page.text, page.status_code) == (True, 200)


# --- what everybody may know -------------------------------------------------------------------------------------


def sheet_of(*rows: tuple[Any, ...]) -> Sheet:
    columns = (Column("Loại"), Column("Người"), Column("Chỗ", counts=False))
    return Sheet(code="x", title="x", columns=columns, rows=rows)


def test_a_small_number_is_hidden_and_the_one_that_would_give_it_away() -> None:
    shown = hidden_if_small(sheet_of(("a", 3, 1), ("b", 17, 2), ("c", 40, 3), ("d", 0, 4)))
    assert shown.rows == (("a", "< 5", 1), ("b", "< 20", 2), ("c", 40, 3), ("d", 0, 4))


def test_two_small_numbers_hide_each_other() -> None:
    assert hidden_if_small(sheet_of(("a", 3, 1), ("b", 4, 2), ("c", 9, 3))).rows == (
        ("a", "< 5", 1),
        ("b", "< 5", 2),
        ("c", 9, 3),
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 30), max_size=8))
def test_no_small_number_can_be_computed_from_the_sum(counts: list[int]) -> None:
    """Whoever knows the sum of a column still has several possibilities for every hidden cell, unless all is told."""
    cells = [row[1] for row in hidden_if_small(sheet_of(*(("x", n, 0) for n in counts))).rows]
    assert not any(isinstance(cell, int) and 0 < cell < SMALLEST for cell in cells)
    hidden = sum(isinstance(cell, str) for cell in cells)
    told = sum(cell >= SMALLEST for cell in cells if isinstance(cell, int))
    assert hidden != 1 or told == 0


async def test_statistics_are_absent_until_they_are_shown(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await busy()
    owner, anybody = make_client(world.owner), make_client()
    address = f"/events/{world.slug}/statistics"
    assert (await anybody.get(address)).status_code == 404
    for _twice in range(2):
        assert (await owner.post(f"/events/{world.slug}/figures/public")).status_code == 303
    page = await anybody.get(address)
    assert (page.status_code, "&lt; 5" in page.text) == (200, True)
    await owner.post(f"/events/{world.slug}/figures/private")
    assert (await anybody.get(address)).status_code == 404
    kept = await db.fetchrow("SELECT since_at, ended_at FROM event_public_figures WHERE event = $1", world.event)
    assert kept is not None
    assert isinstance(kept["ended_at"], datetime)


async def test_the_dashboard_shows_every_table_and_gives_it_as_a_file(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    world = await busy()
    client = make_client(world.owner)
    page = (await client.get(f"/events/{world.slug}/figures")).text
    for code in ("time", "types", "places", "zones", "arrivals", "sources", "status"):
        assert f'id="sheet-{code}"' in page
        answer = await client.get(f"/events/{world.slug}/figures/{code}.csv")
        rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert (answer.status_code, len(rows) > 1, len({len(row) for row in rows})) == (200, True, 1)
    for odd in ("x.csv", "types", "types.xlsx"):
        assert (await client.get(f"/events/{world.slug}/figures/{odd}")).status_code == 404


def test_a_file_runs_nothing() -> None:
    assert as_csv(sheet_of(("=1+1", 3, None))).splitlines()[1] == "'=1+1,3,"


async def test_an_event_without_anybody_has_a_friendly_page(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    for path in ("figures", "report", "report.pdf"):
        assert (await make_client(world.owner).get(f"/events/{world.slug}/{path}")).status_code == 200


async def test_the_dashboard_asks_as_often_for_many_as_for_one(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    client = make_client(world.owner)
    counted = []
    for _round in range(2):
        for _guest in range(3):
            await make_registration(world)
        with database.count_queries() as queries:
            await client.get(f"/events/{world.slug}/figures")
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 18


@pytest.mark.parametrize("path", ["figures", "figures/types.csv", "report", "report.pdf"])
async def test_who_may(db: asyncpg.Connection, make_client: MakeClient, path: str) -> None:
    world = await busy()
    desk, stranger = await make_person(name="Lễ tân"), await make_person(name="Người lạ")
    await database.execute(
        "INSERT INTO event_staff (id, event, person, role) VALUES ($1, $2, $3, 'desk')", new_id(), world.event, desk.id
    )
    address = f"/events/{world.slug}/{path}"
    assert [(await make_client(who).get(address)).status_code for who in (world.owner, desk, stranger)] == [
        200,
        403,
        403,
    ]
    assert (await make_client().get(address)).status_code in (303, 401)
    for change in ("figures/public", "figures/private", "report/recount"):
        answers = [await make_client(who).post(f"/events/{world.slug}/{change}") for who in (desk, stranger)]
        assert {answer.status_code for answer in answers} == {403}
