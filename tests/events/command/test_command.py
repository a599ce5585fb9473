"""The command centre: figures against rows that were made for it, one count for all viewers, proof and its control."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from app.core import clock
from app.core import db as database
from app.core.ids import new_id
from events import checkin
from events.command import foreseeing, proving, shared
from events.command.counting import MINUTES, Door, Snapshot, snapshot
from events.command.foreseeing import Assumption
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan, ticket_code
from tests.factories import make_person

STATEMENTS = 6


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    starts = clock.now() - timedelta(hours=2)
    return await make_event(capacity=50, starts_at=starts, ends_at=starts + timedelta(hours=9))


async def guests(world: World, count: int) -> list[str]:
    return [await ticket_code(world, await make_registration(world)) for _n in range(count)]


async def tree(world: World) -> tuple[UUID, UUID, UUID]:
    """A venue with two villages, each with a door; the first door of the event leads into the venue."""
    venue = await database.fetchval("SELECT zone FROM checkpoint WHERE id = $1", world.checkpoint)
    doors = []
    for name in ("Làng A", "Làng B"):
        zone, door = new_id(), new_id()
        await database.execute(
            "INSERT INTO zone (id, event, parent, kind, name_vi, created_at) VALUES ($1, $2, $3, 'village', $4, now())",
            *(zone, world.event, venue, name),
        )
        await database.execute(
            "INSERT INTO checkpoint (id, event, zone, name_vi, created_at) VALUES ($1, $2, $3, $4, now())",
            *(door, world.event, zone, name),
        )
        doors.append(door)
    return venue, doors[0], doors[1]


async def a_day(world: World) -> None:
    """People come, wander between villages, leave, come again, are refused, undone, and scanned twice."""
    _venue, first, second = await tree(world)
    codes = await guests(world, 6)
    steps: list[tuple[int, UUID, str]] = [
        (0, world.checkpoint, "in"), (0, first, "in"), (0, second, "in"), (0, second, "out"),
        (1, first, "in"), (1, first, "out"), (2, world.checkpoint, "in"), (2, first, "in"),
        (2, world.checkpoint, "out"), (2, world.checkpoint, "in"), (3, world.checkpoint, "in"),
        (3, world.checkpoint, "in"), (4, second, "in"),
    ]  # fmt: skip
    for guest, door, direction in steps:
        await scan(world, codes[guest], checkpoint_id=door, direction=direction)
    undone = await scan(world, codes[5])
    assert undone.id is not None
    await checkin.undo(world.owner, world.event, undone.id, "Nhầm người")
    await scan(world, "KHONGCOMA")


async def test_the_figures_of_a_day(world: World) -> None:
    await a_day(world)
    seen = await snapshot(world.event)
    names = {zone.name_vi: (zone.inside, zone.came) for zone in seen.zones}
    assert (names["Làng A"], names["Làng B"]) == ((0, 3), (1, 2))
    assert (seen.inside, seen.came, sum(seen.minutes), seen.expected) == (4, 5, 9, 6)
    assert seen.refused == (("unknown_code", 1),)
    assert (len(seen.minutes), seen.seconds, seen.cases) == (MINUTES, None, 0)


async def test_case_70_every_figure_is_what_scans_say(world: World) -> None:
    await a_day(world)
    event = await database.fetchrow("SELECT ends_at FROM event WHERE id = $1", world.event)
    assert event is not None
    proof = await proving.prove(world.event, event["ends_at"])
    assert (proof.differences, proof.figures, proof.scans) == ((), 2 * 3 + 3 + 1, 12)


async def test_a_family_on_one_ticket_is_as_many_arrivals_as_people(world: World) -> None:
    for people in (4, 1, 1):
        guest = await make_registration(world, party=people, source="desk")
        await scan(world, await ticket_code(world, guest))
    seen = await snapshot(world.event)
    assert (sum(seen.minutes), seen.inside, seen.per_ticket) == (6, 6, 2.0)
    event = await database.fetchrow("SELECT ends_at FROM event WHERE id = $1", world.event)
    assert event is not None
    assert (await proving.prove(world.event, event["ends_at"])).differences == ()


@pytest.mark.parametrize("column", ["inside", "admitted"])
async def test_a_figure_that_is_wrong_is_told(world: World, make_client: MakeClient, column: str) -> None:
    """The negative control of case 70."""
    await a_day(world)
    venue = await database.fetchval("SELECT zone FROM checkpoint WHERE id = $1", world.checkpoint)
    await database.execute(
        f"UPDATE zone_count SET {column} = {column} + 2 WHERE zone = $1 AND slot = 3",
        venue,
    )
    shared.forget(world.event)
    answer = await make_client(world.owner).post(f"/events/{world.slug}/command/recount")
    shown = {"inside": "Hiển thị 6, đếm lại 4", "admitted": "Hiển thị 7, đếm lại 5"}[column]
    assert (answer.status_code, shown in answer.text, "1 trong 10 số liệu" in answer.text) == (200, True, True)


async def test_who_was_counted_out_overnight_is_out_in_the_proof_too(world: World) -> None:
    venue, _first, _second = await tree(world)
    now = clock.now()
    empties = (now - timedelta(minutes=30)).astimezone(clock.VIETNAM).time().replace(microsecond=0)
    await database.execute("UPDATE zone SET empties_at = $2 WHERE id = $1", venue, empties)
    code = (await guests(world, 1))[0]
    earlier = now - timedelta(hours=1)
    await scan(world, code, offline=True, shown="ok", scanned_at=earlier)
    proof = await proving.prove(world.event, now + timedelta(hours=5))
    assert [(one.shown, one.counted) for one in proof.differences] == [(1, 0)]  # the nightly job has not run yet
    from events.door.emptying import empty

    await empty()
    assert (await proving.prove(world.event, now + timedelta(hours=5))).differences == ()


# --- one count for all -------------------------------------------------------------------------------------------


async def test_a_hundred_viewers_are_one_count(world: World) -> None:
    shared.forget(world.event)
    with database.count_queries() as queries:
        seen = await asyncio.gather(*(shared.now_of(world.event) for _n in range(100)))
    assert (len(queries), len({id(one) for one in seen})) == (STATEMENTS, 1)


async def test_forty_wall_screens_ask_who_they_are_and_one_of_them_counts(
    world: World, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a further screen costs is the same whatever happens at the doors: none of it touches scans."""
    client, path = make_client(world.owner), f"/events/{world.slug}/command?wall=1"
    headers = {"HX-Request": "true"}
    monkeypatch.setattr(shared, "FRESH_SECONDS", 600.0)  # however slow this machine is
    shared.forget(world.event)
    counted = []
    for screens in (1, 40):
        with database.count_queries() as queries:
            for _n in range(screens):
                assert (await client.get(path, headers=headers)).status_code == 200
        counted.append(len(queries))
        assert [query for query in queries if "scan" in query.lower()] == [] or screens == 1
    each = counted[0] - STATEMENTS
    assert counted[1] == 40 * each


async def test_counting_waits_for_no_door_and_no_door_for_it(committed: asyncpg.Pool) -> None:
    """While a scan holds its ticket, its zones and its counters, the figures are told; and they hold nothing."""
    starts = clock.now() - timedelta(hours=2)
    world = await make_event(capacity=50, starts_at=starts, ends_at=starts + timedelta(hours=9))
    await scan(world, (await guests(world, 1))[0])
    async with committed.acquire() as door, door.transaction():
        await door.execute("SELECT FROM registration FOR UPDATE")
        await door.execute("SELECT FROM zone FOR UPDATE")
        await door.execute("UPDATE zone_count SET inside = inside")
        await door.execute("LOCK TABLE scan, admission IN SHARE UPDATE EXCLUSIVE MODE")
        seen = await asyncio.wait_for(snapshot(world.event), 10)
        async with database.tx():
            await snapshot(world.event)
            held = await database.fetch(
                "SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'"
            )
    assert (seen.inside, [row["mode"] for row in held]) == (1, ["AccessShareLock"])


async def test_without_sharing_it_would_be_a_hundred(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(shared, "FRESH_SECONDS", 0.0)
    with database.count_queries() as queries:
        for _n in range(5):
            await shared.now_of(world.event)
    assert len(queries) == 5 * STATEMENTS


async def test_as_many_statements_for_many_as_for_none(world: World) -> None:
    with database.count_queries() as before:
        await snapshot(world.event)
    await a_day(world)
    with database.count_queries() as after:
        await snapshot(world.event)
    assert len(before) == len(after) == STATEMENTS


async def test_nothing_new_is_not_sent_again(world: World, make_client: MakeClient) -> None:
    client, path = make_client(world.owner), f"/events/{world.slug}/command"
    moment = clock.now()
    with pytest.MonkeyPatch.context() as frozen:
        frozen.setattr(clock, "now", lambda: moment)  # the chart moves on with every minute
        shared.forget(world.event)
        first = await client.get(path, headers={"HX-Request": "true"})
        shared.forget(world.event)
        again = await client.get(path, headers={"HX-Request": "true", "If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    await scan(world, (await guests(world, 1))[0])
    shared.forget(world.event)
    changed = await client.get(path, headers={"HX-Request": "true", "If-None-Match": first.headers["etag"]})
    assert (changed.status_code, 'id="live"' in changed.text, "<html" in changed.text) == (200, True, False)


# --- what is foreseen --------------------------------------------------------------------------------------------


def seen_with(*doors: tuple[int, int], seconds: float | None = None, per_ticket: float = 1.0) -> Snapshot:
    """Doors with so many stations and so many arrivals in each whole minute."""
    now = clock.now()
    made = tuple(
        Door(new_id(), f"Cửa {n}", "", stations, (a_minute,) * MINUTES) for n, (stations, a_minute) in enumerate(doors)
    )
    return Snapshot(
        taken_at=now, since=now, zones=(), doors=made, per_ticket=per_ticket, refused=(), seconds=seconds, pairs=0,
        cases=0, expected=0, devices=0, heard=0, waiting=0, silent=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("a_minute", "seconds", "needed"),
    [(0, 8, 0), (7.5, 8, 1), (7.6, 8, 2), (60, 10, 10), (60, 10.1, 11), (0.1, 1, 1), (1000, 300, 5000)],
)
def test_stations_are_arrivals_times_seconds_by_sixty(a_minute: float, seconds: float, needed: int) -> None:
    assert foreseeing.stations(a_minute, seconds) == needed


def test_a_queue_grows_where_stations_are_missing() -> None:
    found = foreseeing.outlook(seen_with((1, 20), (3, 20), seconds=6.0), Assumption())
    assert [(one.needed, one.short, one.queue) for one in found] == [(2, 1, 150), (2, 0, 0)]


def test_families_take_one_scan() -> None:
    [alone] = foreseeing.outlook(seen_with((1, 20), seconds=6.0), Assumption())
    [together] = foreseeing.outlook(seen_with((1, 20), seconds=6.0, per_ticket=2.0), Assumption())
    assert (alone.needed, alone.queue, together.needed, together.queue) == (2, 150, 1, 0)


def test_what_the_reader_assumes_is_spread_as_people_come() -> None:
    found = foreseeing.outlook(seen_with((0, 30), (0, 10)), Assumption(a_minute=80, seconds=6))
    assert [one.a_minute for one in found] == [60, 20]
    even = foreseeing.outlook(seen_with((0, 0), (0, 0)), Assumption(a_minute=80))
    assert [(one.a_minute, one.needed) for one in even] == [(40, 6), (40, 6)]


@pytest.mark.parametrize("seconds", [None, 4.5])
def test_it_says_how_the_seconds_are_known(seconds: float | None) -> None:
    seen = seen_with((1, 1), seconds=seconds)
    known = ("measured", 4.5) if seconds else ("assumed", foreseeing.ASSUMED_SECONDS)
    assert foreseeing.seconds_of(seen, Assumption())[::-1] == known
    assert foreseeing.seconds_of(seen, Assumption(seconds=3)) == (3, "chosen")


async def test_the_pace_of_a_station_is_measured(world: World) -> None:
    codes = await guests(world, 12)
    for code in codes:
        await scan(world, code)
    await database.execute(
        "UPDATE scan s SET received_at = now() - k.n * interval '7 seconds' FROM (SELECT id, row_number() OVER"
        " (ORDER BY id) AS n FROM scan WHERE checkpoint = $1) k WHERE k.id = s.id",
        world.checkpoint,
    )
    seen = await snapshot(world.event)
    assert (seen.seconds, seen.pairs, seen.doors[0].stations) == (7.0, 11, 1)


# --- devices -----------------------------------------------------------------------------------------------------


async def test_silent_devices_and_scans_that_wait(world: World) -> None:
    for name, minutes, waiting, token, ended in (
        ("Cổng A", 0, 3, b"a", False), ("Cổng B", 9, 40, b"b", False), ("Chưa ghép", 99, 0, None, False),
        ("Đã thu hồi", 99, 7, b"d", True),
    ):  # fmt: skip
        await database.execute(
            "INSERT INTO door_device (id, event, name, role, token_hash, seen_at, waiting, battery, created_at,"
            " revoked_at) VALUES ($1, $2, $3, 'scan', $4, now() - make_interval(mins => $5), $6, 50, now(),"
            " CASE WHEN $7 THEN now() END)",
            *(new_id(), world.event, name, token and token + new_id().bytes, minutes, waiting, ended),
        )
    seen = await snapshot(world.event)
    assert (seen.devices, seen.heard, seen.waiting) == (2, 1, 43)
    assert [(one.name, one.waiting, one.battery) for one in seen.silent] == [("Cổng B", 40, 50)]


# --- pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_the_page_in_both_languages(world: World, make_client: MakeClient, locale: str) -> None:
    await a_day(world)
    client = make_client(msgspec.structs.replace(world.owner, locale=locale))
    for query in ("", "?wall=1", "?a_minute=40&seconds=6,5"):
        page = await client.get(f"/events/{world.slug}/command{query}")
        assert (page.status_code, page.text.count('id="live"')) == (200, 1)
    assert {"vi": "6,5 giây", "en": "6.5 seconds"}[locale] in page.text


@pytest.mark.parametrize("typed", ["nhiều", "-1", "0", "1e9", "nan", "inf"])
async def test_what_is_no_number_is_said_and_kept(world: World, make_client: MakeClient, typed: str) -> None:
    page = await make_client(world.owner).get(f"/events/{world.slug}/command?a_minute={typed}")
    assert (page.status_code, 'aria-invalid="true"' in page.text, f'value="{typed}"' in page.text) == (200, True, True)


async def test_an_event_without_anybody(db: asyncpg.Connection, make_client: MakeClient) -> None:
    world = await make_event()
    assert (await make_client(world.owner).get(f"/events/{world.slug}/command")).status_code == 200
    answer = await make_client(world.owner).post(f"/events/{world.slug}/command/recount")
    assert "0 lượt quét" in answer.text


async def test_no_guest_is_named(world: World, make_client: MakeClient) -> None:
    registered = await make_registration(world, full_name="Nguyễn Thị Bí Mật", email="bimat@test.example")
    await scan(world, await ticket_code(world, registered))
    shared.forget(world.event)
    page = (await make_client(world.owner).get(f"/events/{world.slug}/command")).text
    assert [word for word in ("Bí Mật", "bimat@", registered.code) if word in page] == []


@pytest.mark.parametrize(
    ("who", "looks", "recounts"),
    [("owner", 200, 200), ("organizer", 200, 200), ("desk", 200, 403), ("stranger", 403, 403), ("admin", 200, 200)],
)
async def test_who_may(world: World, make_client: MakeClient, who: str, looks: int, recounts: int) -> None:
    actor: Any = world.owner
    if who != "owner":
        actor = await make_person(name=who, roles=("admin",) if who == "admin" else ())
    if who in ("organizer", "desk"):
        await database.execute(
            "INSERT INTO event_staff (id, event, person, role) VALUES ($1, $2, $3, $4)",
            *(new_id(), world.event, actor.id, who),
        )
    client, path = make_client(actor), f"/events/{world.slug}/command"
    assert ((await client.get(path)).status_code, (await client.post(f"{path}/recount")).status_code) == (
        looks,
        recounts,
    )


async def test_nobody_and_drafts(db: asyncpg.Connection, make_client: MakeClient) -> None:
    draft = await make_event(published=False)
    stranger = await make_person(name="Người lạ")
    path = f"/events/{draft.slug}/command"
    assert (await make_client(stranger).get(path)).status_code == 404
    assert (await make_client(stranger).post(f"{path}/recount")).status_code == 404
    assert (await make_client().get(path)).status_code in (303, 401)
