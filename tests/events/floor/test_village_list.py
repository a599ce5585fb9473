"""Many villages from one list, and the places that a village hands out by itself."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.core import clock
from app.core import db as database
from app.core.errors import Invalid
from events import setup
from events.floor import copying, quotas, village_list, villages
from events.floor.villages import VillagePlan
from events.inviting import vouchers
from events.inviting.vouchers import VoucherPlan
from events.seats import book, pools, recounting
from tests.event_factories import make_event, make_registration
from tests.events.floor.making import make_village
from tests.factories import make_person

LIST = """Làng Trí tuệ nhân tạo; AI village; 30; 10; 50; truong.lang@test.example
Làng Y tế; Health village; 1.000; ; ;
Làng Giáo dục"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (LIST, [("Làng Trí tuệ nhân tạo", 30, 50), ("Làng Y tế", 1000, None), ("Làng Giáo dục", None, None)]),
        ("Làng\tSố chỗ\tGian hàng\nLàng Xanh\t20\t5\n\n", [("Làng Xanh", 5, 20)]),
        ("Tên làng, Tên tiếng Anh\nLàng Số, Digital\n", [("Làng Số", None, None)]),
        ("Nông nghiệp, thực phẩm\nY tế, 5;;3", [("Nông nghiệp, thực phẩm", None, None), ("Y tế, 5", 3, None)]),
        ("Làng\nNông nghiệp, thực phẩm", [("Nông nghiệp, thực phẩm", None, None)]),
    ],
)
def test_a_list_is_read_by_titles_or_in_order(text: str, found: list[Any]) -> None:
    read = [(row.plan.name_vi, row.plan.booth_quota, row.plan.places) for row in village_list.pasted(text)]
    assert read == found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", None),
        ("A\nB\na", 3),
        ("A; B; nhiều", 1),
        ("A\n; B", 2),
        ("A; B; 1; 1; 1; không có", 1),
        (f"A;;{'9' * 5000}", 1),
        ("x" * 201, 1),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_line(text: str, line: int | None) -> None:
    with pytest.raises(Invalid) as refused:
        village_list.pasted(text)
    assert list(refused.value.fields) == ["villages"]
    assert refused.value.params.get("line") == line


def test_a_file_becomes_lines_whose_names_keep_commas_and_bars_and_is_read_no_further_than_it_may(
    tmp_path: Path,
) -> None:
    file = tmp_path / "lang.csv"
    file.write_text("\n" + "".join(f'"Nông nghiệp, thực phẩm | số {n}"\n' for n in range(1, 1000)))
    text = village_list.as_text(file)
    assert text.splitlines()[0] == "Nông nghiệp, thực phẩm | số 1;"
    assert len(text.splitlines()) == village_list.MOST + 2
    with pytest.raises(Invalid):
        village_list.pasted(text)
    assert village_list.pasted("\n".join(text.splitlines()[:2]))[1].plan.name_vi == "Nông nghiệp, thực phẩm | số 2"


async def test_thirty_villages_come_from_a_list_once(db: Any, make_client: Any) -> None:
    world = await make_event()
    await make_person(email="truong.lang@test.example")
    client = make_client(world.owner)
    more = "\n".join(f"Làng số {n};Village {n};{n};2;{n};ai{n}@test.example" for n in range(1, 28))
    for _twice in range(2):
        answer = await client.post(f"/events/{world.slug}/ground/villages/list", data={"villages": f"{LIST}\n{more}"})
        assert answer.status_code == 303
    rows = await database.fetch("SELECT * FROM village WHERE event = $1", world.event)
    assert len(rows) == 30
    assert await database.fetchval("SELECT count(*) FROM village_lead") == 1
    assert await database.fetchval("SELECT count(*) FROM seat_pool WHERE event = $1", world.event) == 28
    assert (await client.get(f"/events/{world.slug}/ground")).text.count("/run") == 30


async def test_a_list_with_a_fault_makes_nothing_and_comes_back_as_typed(db: Any, make_client: Any) -> None:
    world = await make_event()
    client = make_client(world.owner)
    path = f"/events/{world.slug}/ground/villages/list"
    answer = await client.post(path, data={"villages": f"{LIST}\nLàng Hỏng;;mười"})
    assert answer.status_code == 422
    assert "Làng Hỏng;;mười" in answer.text
    file = {"file": ("lang.csv", "Làng,Gian hàng\nLàng Biển,ba\n".encode(), "text/csv")}
    answer = await client.post(path, data={"villages": ""}, files=file)
    assert (answer.status_code, "Làng Biển; ba" in answer.text) == (422, True)
    file = {"file": ("lang.csv", b"%PDF-1.7 nothing to read", "text/csv")}
    assert (await client.post(path, data={}, files=file)).status_code == 422
    file = {"file": ("lang.csv", b"a" * (village_list.MOST_BYTES + 1), "text/csv")}
    answer = await client.post(path, data={}, files=file)
    assert (answer.status_code, "2 MB" in answer.text) == (422, True)
    await database.execute(
        "INSERT INTO seat_pool (id, event, kind, name_vi, size) SELECT gen_random_uuid(), $1, 'other', 'Nhóm', 1"
        " FROM generate_series(1, $2)",
        *(world.event, pools.MOST_POOLS),
    )
    answer = await client.post(path, data={"villages": "Làng Đầy;;;;5"})
    assert (answer.status_code, "Làng Đầy;;;;5" in answer.text) == (422, True)
    assert await database.fetchval("SELECT count(*) FROM village WHERE event = $1", world.event) == 0
    file = {"file": ("lang.csv", "Làng,Gian hàng\nLàng Biển,3\n".encode(), "text/csv")}
    assert (await client.post(path, data={}, files=file)).status_code == 303
    assert await database.fetchval("SELECT booth_quota FROM village WHERE event = $1", world.event) == 3


async def test_a_villages_places_are_a_pool_under_the_whole(db: Any) -> None:
    world = await make_event(capacity=10)
    whole = await pools.add(
        world.owner, world.event, pools.PoolPlan(name_vi="Cả hội", size=3, kind="total", types=(world.type_id,))
    )
    village = await make_village(world, places=2)
    code = (await villages.villages_of(world.event))[0]["places_code"]
    wish = {"ticket_type": village["slug"], "access_code": code}
    with pytest.raises(Invalid):
        await make_registration(world, ticket_type=village["slug"])
    states = [(await make_registration(world, **wish)).status for _n in range(3)]
    assert states == ["confirmed", "confirmed", "waitlisted"]
    assert [(await make_registration(world)).status for _n in range(2)] == ["confirmed", "waitlisted"]
    seen = await book.seen(world.event)
    assert (seen.units[whole].used, await recounting.drift(world.event)) == (3, [])
    (figures,) = await villages.villages_of(world.event)
    assert (figures["places_used"], figures["places"], figures["places_line"]) == (2, 2, 1)


async def test_more_places_move_the_villages_line_and_fewer_than_taken_are_refused(db: Any) -> None:
    world = await make_event()
    village = await make_village(world, places=1)
    code = (await villages.villages_of(world.event))[0]["places_code"]
    for _n in range(2):
        await make_registration(world, ticket_type=village["slug"], access_code=code)

    async def resize(places: int | None) -> None:
        plan = VillagePlan(name_vi="Làng mới", places=places)
        await villages.edit(world.owner, village["id"], plan, limits=True)

    for too_few in (0, None):
        with pytest.raises(quotas.PlacesTaken):
            await resize(too_few)
    await resize(5)
    (figures,) = await villages.villages_of(world.event)
    assert (figures["places_used"], figures["places_line"]) == (2, 0)
    kind = next(kind for kind in await setup.types_of(world.event) if kind["code"] == village["slug"])
    assert (kind["title_vi"], kind["left"]) == ("Làng mới", 3)


async def test_saving_a_villages_texts_leaves_its_places_alone_and_a_new_name_renames_them(db: Any) -> None:
    world = await make_event()
    village = await make_village(world, places=2)
    (pool,) = await database.fetch("SELECT id, name_vi FROM seat_pool WHERE event = $1", world.event)
    await database.execute(
        "UPDATE ticket_type SET title_vi = 'Khách quý', capacity = 3 WHERE code = $1", village["slug"]
    )
    code = (await villages.villages_of(world.event))[0]["places_code"]
    for _n in range(2):
        await make_registration(world, ticket_type=village["slug"], access_code=code)
    fewer = pools.PoolPlan(name_vi=pool["name_vi"], size=1, kind="village", types=(village["ticket_type"],))
    await pools.edit(world.owner, world.event, pool["id"], fewer, below_taken=True, drop=False)

    async def saved(name: str) -> tuple[Any, ...]:
        plan = VillagePlan(name_vi=name, about_vi="Mới", places=1)
        await villages.edit(world.owner, village["id"], plan, limits=True)
        row = await database.fetchrow(
            "SELECT title_vi, capacity FROM ticket_type WHERE id = $1", village["ticket_type"]
        )
        assert row is not None
        return tuple(row)

    assert await saved(village["name_vi"]) == ("Khách quý", 3)
    assert await saved("Làng AI") == ("Làng AI", 3)
    assert await database.fetchval("SELECT name_vi FROM seat_pool WHERE id = $1", pool["id"]) == "Làng AI"


async def test_taking_places_away_keeps_what_lies_around_and_is_refused_around_others(db: Any) -> None:
    world = await make_event(capacity=10)
    total = pools.PoolPlan(name_vi="Cả hội", size=9, kind="total")
    whole = await pools.add(world.owner, world.event, total)
    village = await make_village(world, places=4)
    own = await database.fetchval("SELECT id FROM seat_pool WHERE subject = $1", village["id"])
    within = pools.PoolPlan(name_vi="Trong làng", size=2, kind="other", parent=own)
    inner = await pools.add(world.owner, world.event, within)
    plan = VillagePlan(name_vi=village["name_vi"])
    with pytest.raises(Invalid) as refused:
        await villages.edit(world.owner, village["id"], plan, limits=True)
    assert list(refused.value.fields) == ["places"]
    await pools.remove(world.owner, world.event, inner)
    await villages.edit(world.owner, village["id"], plan, limits=True)
    links = await database.fetch("SELECT pool FROM ticket_type_pool WHERE ticket_type = $1", village["ticket_type"])
    assert [row["pool"] for row in links] == [whole]
    assert await recounting.drift(world.event) == []


async def test_places_nobody_took_may_go_and_come_again(db: Any) -> None:
    world = await make_event()
    village = await make_village(world, places=4)
    for places in (None, 6):
        plan = VillagePlan(name_vi="Làng", places=places)
        await villages.edit(world.owner, village["id"], plan, limits=True)
        (figures,) = await villages.villages_of(world.event)
        assert figures["places"] == places
    assert len(await setup.types_of(world.event)) == 2


async def test_a_lead_reads_the_code_and_cannot_change_the_places(db: Any, make_client: Any) -> None:
    world = await make_event()
    village = await make_village(world, places=4)
    lead = await make_person(email="lead@test.example")
    await villages.add_lead(world.owner, village["id"], "lead@test.example")
    (figures,) = await villages.villages_of(world.event)
    path = f"/events/{world.slug}/villages/{village['slug']}"
    assert figures["places_code"] in (await make_client(lead).get(f"{path}/run")).text
    assert figures["places_code"] not in (await make_client().get(path)).text
    await make_client(lead).post(f"{path}/run", data={"name_vi": "Làng AI", "places": "100"})
    assert (await villages.villages_of(world.event))[0]["places"] == 4


async def test_a_copy_gives_each_village_its_places_with_a_new_code(db: Any) -> None:
    world = await make_event()
    await make_village(world, places=4)
    (before,) = await villages.villages_of(world.event)
    starts = await database.fetchval("SELECT starts_at FROM event WHERE id = $1", world.event)
    wish = copying.Copy(title_vi="Năm sau", starts_at=starts)
    slug = await copying.copy(world.owner, world.event, wish)
    new = await database.fetchval("SELECT id FROM event WHERE slug = $1", slug)
    (after,) = await villages.villages_of(new)
    assert (after["places"], after["places_used"]) == (4, 0)
    assert after["places_code"] not in ("", before["places_code"])


async def test_a_copy_has_the_account_and_vouchers_that_name_nobody_unused_under_new_codes(db: Any) -> None:
    world = await make_event()
    ends = clock.now() + timedelta(days=3)
    plan = VoucherPlan(
        ticket_type=world.type_id, label="Đối tác", code="DOITAC26", uses_most=5, keeps=2, ends_at=ends, free=True
    )
    await vouchers.make(world.owner, world.event, plan)
    await make_registration(world, access_code="DOITAC26")
    one = VoucherPlan(ticket_type=world.type_id)
    await vouchers.invite(world.owner, world.event, one, [vouchers.Invitee("Ai đó", "ai@test.example")])
    account = "INSERT INTO payment_account (event, bank, number, holder, draft) VALUES ($1, '970436', '12', 'SO', '[]')"
    await database.execute(account, world.event)
    starts = await database.fetchval("SELECT starts_at FROM event WHERE id = $1", world.event)

    async def copied(later: timedelta, *, rehearsal: bool = False) -> tuple[list[Any], list[Any]]:
        wish = copying.Copy(title_vi="Kỳ sau", starts_at=starts + later, rehearsal=rehearsal)
        slug = await copying.copy(world.owner, world.event, wish)
        new = await database.fetchval("SELECT id FROM event WHERE slug = $1", slug)
        rows = await database.fetch("SELECT bank, number, holder, draft FROM payment_account WHERE event = $1", new)
        return await vouchers.of_event(new), [tuple(row) for row in rows]

    (code,), accounts = await copied(timedelta(days=365))
    assert (code["label"], code["uses"], code["uses_most"], code["free"]) == ("Đối tác", 0, 5, True)
    assert (code["kept"], code["code"] == "DOITAC26") == (2, False)
    assert (code["ends_at"], accounts) == (ends + timedelta(days=365), [("970436", "12", "SO", None)])
    assert await copied(timedelta(days=-6)) == ([], accounts), "what would have ended is not made endless"
    assert (await copied(timedelta(days=365), rehearsal=True))[1] == [], "nobody pays for a rehearsal"
