"""Villages, hosts, editions, copies, templates and rehearsals."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import clock, outbox
from app.core import db as database
from app.core.errors import Invalid, NotFound
from app.core.web import NOBODY
from events import found, listing, planning, setup
from events.agenda import drafts
from events.floor import booths, copying, hosting, templates, villages
from events.floor.copying import Copy
from events.floor.villages import VillagePlan
from tests.event_factories import make_registration, wish
from tests.events.agenda.making import make_room, make_session
from tests.events.floor.making import (
    accepted,
    make_booths,
    make_event,
    make_organisation,
    make_village,
    open_ground,
)
from tests.factories import make_person


async def slug_of(organisation: Any) -> str:
    return str(await database.fetchval("SELECT slug FROM organisation WHERE id = $1", organisation))


async def test_a_village_is_a_zone_with_an_address_of_its_own(db: Any) -> None:
    world = await make_event()
    one, two = await make_village(world), await make_village(world)
    assert (one["slug"], two["slug"]) == ("lang-tri-tue-nhan-tao", "lang-tri-tue-nhan-tao-2")
    assert await database.fetchval("SELECT kind FROM zone WHERE id = $1", one["zone"]) == "village"


async def test_a_village_is_where_its_door_was_set_up_before_and_keeps_its_limit(db: Any) -> None:
    world = await make_event()
    door = await setup.add_checkpoint(world.owner, world.event, name_vi="Làng Y tế", capacity=80, types=[])
    await villages.make(world.owner, world.event, VillagePlan(name_vi="làng y tế ", name_en="Health village"))
    await villages.make(world.owner, world.event, VillagePlan(name_vi="Làng Y tế"))
    rows = await db.fetch(
        "SELECT z.id, z.kind, z.name_en, z.cap FROM village v JOIN zone z ON z.id = v.zone WHERE v.event = $1"
        " ORDER BY v.place",
        world.event,
    )
    assert [tuple(row)[1:] for row in rows] == [("village", "Health village", 80), ("village", "", None)]
    assert rows[0]["id"] == door, "a door and the place behind it have one number"


@pytest.mark.parametrize(("kind", "taken"), [("hall", True), ("stage", True), ("venue", False), ("room", False)])
async def test_a_village_takes_the_place_of_its_name_within_another_but_no_room_nor_the_venue(
    kind: str, taken: bool, db: Any
) -> None:
    world = await make_event()
    around, zone = await make_room(world), await setup.add_checkpoint(world.owner, world.event, name_vi="Sao", types=[])
    await database.execute("UPDATE zone SET kind = $2, parent = $3 WHERE id = $1", zone, kind, around)
    village = await make_village(world, "Sao")
    assert (village["zone"] == zone) is taken
    expected = "village" if taken else kind
    assert await database.fetchval("SELECT kind FROM zone WHERE id = $1", zone) == expected


async def test_nominations_stay_within_the_quota_and_once_each(db: Any) -> None:
    world = await make_event()
    village = await make_village(world, nomination_quota=2, heat_minimum=2)
    person = await make_person()
    teams = [await slug_of(await make_organisation(person)) for _n in range(3)]
    await villages.nominate(world.owner, village["id"], f"https://kn.example/organisations/{teams[0]}")
    with pytest.raises(villages.AlreadyNominated):
        await villages.nominate(world.owner, village["id"], teams[0])
    assert (await villages.villages_of(world.event))[0]["heat"] is False
    await villages.nominate(world.owner, village["id"], teams[1], "Giải nhất vòng làng")
    with pytest.raises(villages.QuotaReached):
        await villages.nominate(world.owner, village["id"], teams[2])
    assert (await villages.villages_of(world.event))[0]["heat"] is True
    newest = (await villages.nominations_of(village["id"]))[0]
    with pytest.raises(Invalid):
        await villages.decide(world.owner, village["id"], newest["id"], "declined")
    await villages.decide(world.owner, village["id"], newest["id"], "declined", "Chưa đủ hồ sơ")
    await villages.nominate(world.owner, village["id"], teams[2])
    with pytest.raises(Invalid):
        await villages.nominate(world.owner, village["id"], "khong-co")


async def test_a_nomination_that_ended_is_not_accepted_and_the_quota_holds(db: Any) -> None:
    world = await make_event()
    village = await make_village(world, nomination_quota=1)
    person = await make_person()
    teams = [await slug_of(await make_organisation(person)) for _n in range(2)]
    await villages.nominate(world.owner, village["id"], teams[0])
    (old,) = await villages.nominations_of(village["id"])
    await villages.decide(world.owner, village["id"], old["id"], "declined", "Chưa đủ hồ sơ")
    await villages.nominate(world.owner, village["id"], teams[0])
    for status in ("accepted", "withdrawn"):
        with pytest.raises(villages.NominationEnded):
            await villages.decide(world.owner, village["id"], old["id"], status)
    await villages.decide(world.owner, village["id"], old["id"], "declined", "Lần nữa")
    new = next(one for one in await villages.nominations_of(village["id"]) if one["id"] != old["id"])
    await database.execute("UPDATE village SET nomination_quota = 0 WHERE id = $1", village["id"])
    with pytest.raises(villages.QuotaReached):
        await villages.decide(world.owner, village["id"], new["id"], "accepted")
    await database.execute("UPDATE village SET nomination_quota = 1 WHERE id = $1", village["id"])
    for _again in range(2):
        await villages.decide(world.owner, village["id"], new["id"], "accepted")
    found = {one["id"]: (one["status"], one["reason"]) for one in await villages.nominations_of(village["id"])}
    assert found == {old["id"]: ("declined", "Chưa đủ hồ sơ"), new["id"]: ("accepted", "")}


async def test_the_report_counts_what_belongs_to_the_village(db: Any) -> None:
    world = await make_event()
    await open_ground(world)
    village, other = await make_village(world), await make_village(world, "Làng xanh")
    made = await make_booths(world, f"A1..A3; {village['slug']}")
    await accepted(world, made["A1"], village["id"])
    await make_session(world, zone=village["zone"])
    one, two = await villages.villages_of(world.event)
    assert [one[n] for n in ("booths", "given", "exhibitors", "sessions", "visitors")] == [3, 1, 1, 1, 0]
    assert [two[n] for n in ("booths", "given", "exhibitors", "sessions", "visitors")] == [0, 0, 0, 0, 0]
    assert other["id"] == two["id"]


async def test_a_lead_needs_an_account_and_loses_the_village_at_once(db: Any) -> None:
    world = await make_event()
    village, person = await make_village(world), await make_person()
    with pytest.raises(villages.NoSuchAccount):
        await villages.add_lead(world.owner, village["id"], "khong-co@test.example")
    await villages.add_lead(world.owner, village["id"], person.email)
    await villages.add_lead(world.owner, village["id"], person.email.upper())
    (lead,) = await villages.leads_of(village["id"])
    with pytest.raises(NotFound):
        await villages.end_lead(world.owner, (await make_village(world, "Khác"))["id"], lead["id"])
    await villages.end_lead(world.owner, village["id"], lead["id"])
    assert await villages.leads_of(village["id"]) == []


async def test_several_hosts_and_editions_of_one_series(db: Any) -> None:
    world, before = await make_event(), await make_event(title_vi="Kỳ trước")
    person, admin = await make_person(), await make_person(roles=("admin",))
    hosts = [await make_organisation(person, name) for name in ("Ủy ban", "Bộ")]
    await hosting.add_host(world.owner, world.event, await slug_of(hosts[0]), "co_host")
    await hosting.add_host(world.owner, world.event, await slug_of(hosts[1]), "host")
    await hosting.add_host(world.owner, world.event, await slug_of(hosts[0]), "partner")
    assert [(one["name"], one["role"]) for one in await hosting.hosts_of(world.event, waiting=True)] == [
        ("Bộ", "host"),
        ("Ủy ban", "partner"),
    ]
    for event, label in ((world.event, "2026"), (before.event, "2025")):
        await hosting.set_edition(admin, event, "Techfest Hà Nội", "", label)
    assert [(one["title_vi"], one["label"]) for one in await hosting.other_editions(world.event)] == [
        ("Kỳ trước", "2025")
    ]


async def test_nobody_is_named_as_a_host_before_its_own_editor_agrees(db: Any) -> None:
    world, person, stranger = await make_event(), await make_person(), await make_person()
    ministry = await slug_of(await make_organisation(person, "Bộ"))

    async def shown(actor: Any = NOBODY) -> list[str]:
        return [one["role"] for one in await hosting.hosts_of(world.event, actor)]

    await hosting.add_host(world.owner, world.event, ministry, "sponsor")
    assert (await shown(), await shown(stranger), await shown(person)) == ([], [], ["sponsor"])
    (host,) = await hosting.hosts_of(world.event, waiting=True)
    for wrong in (world.owner, stranger):
        with pytest.raises(NotFound):
            await hosting.answer(wrong, world.event, host["id"], agrees=True)
    await hosting.answer(person, world.event, host["id"], agrees=True)
    await hosting.add_host(world.owner, world.event, ministry, "sponsor")
    assert await shown() == ["sponsor"]
    await hosting.add_host(world.owner, world.event, ministry, "host")
    assert (await shown(), await shown(person)) == ([], ["host"])
    await hosting.answer(person, world.event, host["id"], agrees=False)
    assert await shown(person) == []
    own = await slug_of(await make_organisation(world.owner, "Sở"))
    await hosting.add_host(world.owner, world.event, own, "host")
    assert await shown() == ["host"]


async def test_a_name_joins_no_series_of_somebody_else(db: Any) -> None:
    known = await make_event(title_vi="Thật")
    stranger, later = await make_event(title_vi="Giả"), await make_event(owner=known.owner, title_vi="Kỳ sau")
    await hosting.set_edition(known.owner, known.event, "Techfest Hà Nội", "Techfest Hanoi", "2025")
    await hosting.set_edition(stranger.owner, stranger.event, "Techfest Hà Nội", "Mine", "2026")
    await hosting.set_edition(known.owner, later.event, "techfest hà nội", "", "2027")
    assert [one["label"] for one in await hosting.other_editions(known.event)] == ["2027"]
    assert await hosting.other_editions(stranger.event) == []
    names = [(await hosting.edition_of(world.event))["name_en"] for world in (known, stranger, later)]  # type: ignore[index]
    assert names == ["Techfest Hanoi", "Mine", "Techfest Hanoi"]
    await hosting.set_edition(stranger.owner, stranger.event, "Techfest Hà Nội", "", "2028")
    assert await database.fetchval("SELECT count(*) FROM event_series") == 2


async def a_festival() -> Any:
    world = await make_event()
    await open_ground(world)
    village = await make_village(world, booth_quota=5)
    made = await make_booths(world, f"A1..A3; {village['slug']}")
    await make_session(world, zone=await make_room(world), speakers=("An",), booking=True, capacity=9)
    await accepted(world, made["A1"], village["id"])
    await make_registration(world)
    return world


async def test_a_copy_has_everything_but_people(db: Any) -> None:
    world = await a_festival()
    starts = clock.now() + timedelta(days=370)
    slug = await copying.copy(world.owner, world.event, Copy(title_vi="Kỳ sau", starts_at=starts))
    new = await database.fetchrow("SELECT * FROM event WHERE slug = $1", slug)
    assert new is not None
    assert (new["status"], new["starts_at"], new["sample"]) == ("draft", starts, False)
    shift = starts - await database.fetchval("SELECT starts_at FROM event WHERE id = $1", world.event)
    (old_session,), (session,) = await drafts.sessions(world.event), await drafts.sessions(new["id"])
    assert (session["starts_at"], session["speakers"]) == (old_session["starts_at"] + shift, [])
    assert (session["room_vi"], session["zone"] != old_session["zone"]) == ("Hội trường A", True)
    (village,) = await villages.villages_of(new["id"])
    assert [village[n] for n in ("booths", "exhibitors", "booth_quota")] == [3, 0, 5]
    for table in ("registration", "exhibitor"):
        assert await database.fetchval(f"SELECT count(*) FROM {table} WHERE event = $1", new["id"]) == 0
    types = "SELECT code, capacity, sold, role FROM ticket_type WHERE event = $1 ORDER BY place, code"
    old_types, new_types = await database.fetch(types, world.event), await database.fetch(types, new["id"])
    assert [(t["code"], t["capacity"], t["role"]) for t in new_types] == [
        (t["code"], t["capacity"], t["role"]) for t in old_types
    ]
    assert {t["sold"] for t in new_types} == {0}
    await planning.publish(world.owner, new["id"])


async def test_a_copy_moves_days_and_hours_and_keeps_rules_and_questions_and_its_code_is_a_new_one(db: Any) -> None:
    world = await a_festival()
    old = await database.fetchval("SELECT starts_at FROM event WHERE id = $1", world.event)
    first = old.astimezone(clock.VIETNAM).date()
    await database.execute(
        "UPDATE ticket_type SET days = $2, valid_from = $3, valid_until = $4, visibility = 'code',"
        " access_code = 'MOI-25' WHERE id = $1",
        *(world.type_id, [first, first + timedelta(days=1)], old, old + timedelta(hours=2)),
    )
    for statement in (
        "INSERT INTO line_rule (event, promotion, party_policy, after_expiry, offer_hours, paused_at)"
        " VALUES ($1, 'offer', 'hold', 'out', 6, now())",
        "INSERT INTO badge_design (event, size, language, parts, line, version)"
        " VALUES ($1, 'a6', 'vi', '{name}', 'x', 4)",
        "INSERT INTO event_question (id, event, code, kind, about, required, place) VALUES"
        " (gen_random_uuid(), $1, 'co-ao', 'text', '{\"vi\": \"Cỡ áo\"}', true, 2)",
    ):
        await database.execute(statement, world.event)
    starts = old + timedelta(days=365)
    slug = await copying.copy(world.owner, world.event, Copy(title_vi="Kỳ sau", starts_at=starts))
    new = await database.fetchval("SELECT id FROM event WHERE slug = $1", slug)
    (kind,) = await database.fetch("SELECT * FROM ticket_type WHERE event = $1 AND code = 'visitor'", new)
    later = first + timedelta(days=365)
    assert kind["days"] == [later, later + timedelta(days=1)]
    assert len(kind["access_code"]) == 8
    assert (kind["valid_from"], kind["valid_until"]) == (starts, starts + timedelta(hours=2))
    kept = {
        "line_rule": "promotion, party_policy, after_expiry, offer_hours, paused_at",
        "badge_design": "size, language, parts, line, version",
        "event_question": "code, kind, about, required, place",
    }
    found = [
        tuple(row)
        for table, names in kept.items()
        for row in await database.fetch(f"SELECT {names} FROM {table} WHERE event = $1", new)
    ]
    assert found == [
        ("offer", "hold", "out", 6, None),
        ("a6", "vi", ["name"], "x", 1),
        ("co-ao", "text", {"vi": "Cỡ áo"}, True, 2),
    ]


async def test_a_copy_without_villages_has_none(db: Any) -> None:
    world = await a_festival()
    wanted = Copy(title_vi="Nhỏ", starts_at=clock.now() + timedelta(days=30), villages=False, agenda=False)
    slug = await copying.copy(world.owner, world.event, wanted)
    new = await database.fetchval("SELECT id FROM event WHERE slug = $1", slug)
    kinds = await database.fetch("SELECT DISTINCT kind FROM zone WHERE event = $1 ORDER BY kind", new)
    assert [row["kind"] for row in kinds] == ["hall"]
    assert (await villages.villages_of(new), await drafts.sessions(new)) == ([], [])


async def a_rehearsal() -> tuple[Any, Any]:
    world = await a_festival()
    wanted = Copy(title_vi="Diễn tập", starts_at=clock.now() + timedelta(days=3), rehearsal=True)
    slug = await copying.copy(world.owner, world.event, wanted)
    return world, await database.fetchrow("SELECT * FROM event WHERE slug = $1", slug)


async def test_a_rehearsal_is_in_no_search_list_or_mail(db: Any) -> None:
    world, event = await a_rehearsal()
    await database.execute("DELETE FROM outbox")
    assert await copying.made_up_visitors(world.owner, event["id"], 12) == 12
    assert await copying.made_up_visitors(world.owner, event["id"], 3) == 3
    rows = await database.fetch("SELECT sample, status FROM registration WHERE event = $1", event["id"])
    assert (len(rows), {row["sample"] for row in rows}) == (15, {True})
    await outbox.drain()
    assert await database.fetchval("SELECT count(*) FROM mail WHERE to_address LIKE '%rehearsal%'") == 0
    assert event["id"] not in {row["id"] for row in await listing.upcoming()}
    await found.keep_findable(event["id"])
    assert not await database.fetchval("SELECT EXISTS (SELECT FROM findable WHERE subject = $1)", event["id"])
    with pytest.raises(planning.StaysARehearsal):
        await planning.publish(world.owner, event["id"])


async def test_even_somebody_registered_at_the_desk_of_a_rehearsal_is_made_up(db: Any) -> None:
    _world, event = await a_rehearsal()
    from events.registration import register

    organizer = await make_person(roles=("organizer",))
    done = await register(organizer, event["id"], wish(source="desk", email="that@test.example"))
    assert await database.fetchval("SELECT sample FROM registration WHERE id = $1", done.id) is True
    await outbox.drain()
    assert await database.fetchval("SELECT count(*) FROM mail WHERE to_address = 'that@test.example'") == 0


async def test_a_real_event_takes_no_made_up_visitors(db: Any) -> None:
    world = await make_event()
    with pytest.raises(copying.OnlyRehearsals):
        await copying.made_up_visitors(world.owner, world.event, 5)


@pytest.mark.parametrize("code", [*templates.TEMPLATES])
async def test_each_template_makes_an_event_that_can_be_published(db: Any, code: str) -> None:
    owner = await make_person(roles=("organizer",))
    slug = await templates.make(owner, code, "Sự kiện mới", "New", clock.now() + timedelta(days=9))
    event = await database.fetchrow("SELECT * FROM event WHERE slug = $1", slug)
    assert event is not None
    plan = await drafts.sessions(event["id"])
    assert len(plan) == len(templates.TEMPLATES[code].slots)
    assert drafts.clashes_in(event, plan) == []
    assert len(await villages.villages_of(event["id"])) == len(templates.TEMPLATES[code].villages)
    await planning.publish(owner, event["id"])


async def test_a_template_that_is_none_is_not_there(db: Any) -> None:
    with pytest.raises(NotFound):
        await templates.make(await make_person(), "khong-co", "x", "", clock.now())


async def test_booths_of_a_closed_plan_stay_booths(db: Any) -> None:
    world = await make_event()
    made = await make_booths(world)
    await booths.close(world.owner, world.event, made["A1"])
    await make_booths(world, "A1")
    assert [one["code"] for one in await booths.booths_of(world.event)] == ["A1", "A2", "A3"]
