"""Four devices without a network: whatever the order in which they hand in, and however often, it ends the same.

A model in Python says what has to come out; a control shows that the order of events matters to it. Small days are
drawn by hypothesis, one whole day of two thousand scans by seeds.
"""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import clock, db
from app.core.ids import new_id
from events import throttles
from tests.event_factories import World, make_event, make_registration, ticket_code
from tests.events.door.conftest import MakeScanner, Scanner

GUESTS, SCANS = 300, 2000
SKEWS = (0, 7_200_000, -1_800_000, 45_000)
"""How far each device's clock is off, in milliseconds; the last one does not know it and says only when it sends."""


class Act(msgspec.Struct):
    at: datetime
    device: int
    guest: int
    zone: int
    direction: str
    nonce: str


class Ground(msgspec.Struct):
    """A venue with a gate, two villages in it, and a hall in the first village."""

    zones: list[UUID]
    doors: list[UUID]
    paths: list[list[int]]


async def ground_of(world: World) -> Ground:
    venue = await db.fetchval("SELECT zone FROM checkpoint WHERE id = $1", world.checkpoint)
    zones, doors, paths = [venue], [world.checkpoint], [[0]]
    for name, outer in (("Làng A", 0), ("Làng B", 0), ("Hội trường", 1)):
        zone, door = new_id(), new_id()
        await db.execute(
            "INSERT INTO zone (id, event, parent, kind, name_vi) VALUES ($1, $2, $3, 'village', $4)",
            *(zone, world.event, zones[outer], name),
        )
        await db.execute(
            "INSERT INTO checkpoint (id, event, zone, name_vi) VALUES ($1, $2, $3, $4)", door, world.event, zone, name
        )
        zones.append(zone)
        doors.append(door)
        paths.append([*paths[outer], len(paths)])
    return Ground(zones, doors, paths)


def a_day(seed: int, begun: datetime) -> list[Act]:
    """What happened, every seven seconds: most people walk about, some tickets are copied."""
    rng = random.Random(seed)
    return [
        Act(
            at=begun + timedelta(seconds=7 * number),
            device=rng.randrange(4),
            guest=int(rng.triangular(0, GUESTS - 1, 40)),
            zone=rng.choice((0, 0, 1, 1, 2, 3)),
            direction="in" if rng.random() < 0.7 else "out",
            nonce=f"a{number}",
        )
        for number in range(SCANS)
    ]


def model(  # noqa: C901  a second opinion, all in one place
    acts: list[Act], paths: list[list[int]]
) -> tuple[dict[tuple[int, int], bool], set[tuple[str, str]]]:
    """Who was ever in which zone and is there now, and the scans that let somebody in a second time or too soon."""
    there: dict[tuple[int, int], bool] = {}
    cases: set[tuple[str, str]] = set()
    for guest in range(GUESTS):
        inside: list[int] = []
        explicit: set[int] = set()
        last: dict[int, Act] = {}
        for act in (act for act in acts if act.guest == guest):
            path = paths[act.zone]
            if act.direction == "out":
                if act.zone in inside:
                    kept = [n for n, zone in enumerate(path[:-1], 1) if zone in explicit and zone in inside]
                    inside = path[: max(kept, default=0)]
                    explicit &= set(inside)
                continue
            before = last.get(act.zone)
            again = before and before.device == act.device and act.at - before.at < timedelta(seconds=60)
            if act.zone in inside and not again:
                cases.add(("twice", act.nonce))
            if last:
                newest = max(last.values(), key=lambda one: (one.at, len(paths[one.zone])))
                other = paths[newest.zone]
                apart = not set(other) <= set(path) and not set(path) <= set(other)
                if newest.device != act.device and act.at - newest.at < timedelta(seconds=10) and apart:
                    cases.add(("times", act.nonce))
            for zone in path:
                if zone == act.zone or zone not in inside:
                    last[zone] = act
                there.setdefault((guest, zone), False)
            inside = list(path)
            explicit = (explicit & set(path)) | {act.zone}
        for zone in inside:
            there[guest, zone] = True
    return there, cases


Piece = tuple[int, list[Act]]
"""What one device hands in at once."""


def pieces_of(seed: int, acts: list[Act]) -> list[Piece]:
    """Every device's acts in pieces that come late, mixed, twice, or again after a lost answer."""
    rng = random.Random(seed)
    pieces: list[Piece] = []
    for device in range(4):
        own = [act for act in acts if act.device == device]
        if seed % 2:
            rng.shuffle(own)
        while own:
            size = rng.randint(1, 90)
            piece, own = own[:size], own[size:]
            pieces += [(device, piece)] * (2 if rng.random() < 0.2 else 1)
    rng.shuffle(pieces)
    return pieces


async def hand_in(pieces: list[Piece], codes: list[str], doors: list[UUID], devices: list[Scanner]) -> None:
    for device, piece in pieces:
        skew = timedelta(milliseconds=SKEWS[device])
        known = {"clock_ms": SKEWS[device]} if device != 3 else {}
        scans = [
            {
                "nonce": act.nonce,
                "checkpoint_id": str(doors[act.zone]),
                "direction": act.direction,
                "code": codes[act.guest],
                "scanned_at": (act.at - skew).isoformat(),
                "offline": True,
                "shown": "ok",
                **known,
            }
            for act in piece
        ]
        results = await devices[device].sync(*scans, sent_at=(clock.now() - skew).isoformat())
        assert {result["status"] for result in results} <= {"ok", "conflict"}


async def state(ground: Ground, guests: list[UUID]) -> dict[str, Any]:
    """Everything that has to be the same: who is where, who was let in first by whom, counters, open cases."""
    zones, people = {zone: n for n, zone in enumerate(ground.zones)}, {guest: n for n, guest in enumerate(guests)}
    rows = await db.fetch("SELECT * FROM admission WHERE voided_at IS NULL")
    counts = await db.fetch("SELECT zone, sum(inside) AS i, sum(admitted) AS a FROM zone_count GROUP BY zone")
    cases = await db.fetch(
        "SELECT c.kind, c.key, ARRAY(SELECT s.nonce FROM scan s WHERE s.id = ANY (c.scans) ORDER BY 1) AS scans"
        " FROM door_case c WHERE c.cleared_at IS NULL"
    )
    return {
        "there": {(people[row["registration"]], zones[row["zone"]]): row["inside"] for row in rows},
        "first": {
            (people[row["registration"]], zones[row["zone"]]): (row["device"], round(row["admitted_at"].timestamp()))
            for row in rows
        },
        "counts": {zones[row["zone"]]: (row["i"], row["a"]) for row in counts},
        "cases": {(row["kind"], row["key"].rpartition(" ")[2], tuple(row["scans"])) for row in cases},
        "scans": await db.fetchval("SELECT count(*) FROM scan"),
    }


async def forget() -> None:
    for statement in (
        "DELETE FROM admission",
        "DELETE FROM scan",
        "DELETE FROM door_case",
        "UPDATE zone_count SET inside = 0, admitted = 0",
    ):
        await db.execute(statement)


@pytest.fixture
async def festival(db: asyncpg.Connection) -> World:
    starts = clock.now() - timedelta(hours=7)
    return await make_event(capacity=GUESTS, starts_at=starts, ends_at=starts + timedelta(hours=12))


async def test_the_order_of_handing_in_changes_nothing(festival: World, make_scanner: MakeScanner) -> None:
    ground = await ground_of(festival)
    guests = [await make_registration(festival) for _n in range(GUESTS)]
    codes = [await ticket_code(festival, guest) for guest in guests]
    devices = [await make_scanner(festival, name=f"Máy {n}") for n in range(4)]
    acts = a_day(1, (clock.now() - timedelta(hours=5)).replace(microsecond=0))
    found = []
    for seed in (1, 2):
        await hand_in(pieces_of(seed, acts), codes, ground.doors, devices)
        found.append(await state(ground, [guest.id for guest in guests]))
        await forget()
    assert found[0] == found[1]
    as_modelled(found[0], acts, ground)
    assert len(model(acts, ground.paths)[1]) > 100


def as_modelled(found: dict[str, Any], acts: list[Act], ground: Ground) -> None:
    there, cases = model(acts, ground.paths)
    assert found["there"] == there
    assert {case[:2] for case in found["cases"]} == cases
    assert all(len(case[2]) == 2 for case in found["cases"])
    assert found["scans"] == len(acts)
    inside = Counter(zone for (_guest, zone), is_in in there.items() if is_in)
    ever = Counter(zone for _guest, zone in there)
    counts = {zone: count for zone, count in found["counts"].items() if count != (0, 0)}
    assert counts == {zone: (inside[zone], ever[zone]) for zone in ever}


FEW, SHORT = 4, 40
GAPS = (7, 14, 56, 63, 420)
"""Seconds between two acts; no sum of them is one of the limits, ten seconds and a minute, or close to it."""


@st.composite
def handed_in(draw: st.DrawFn) -> tuple[list[Act], list[Piece]]:
    """A short day of few people, and its pieces in any order, again and again, cut otherwise each time."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(GAPS),
                st.integers(0, 3),
                st.integers(0, FEW - 1),
                st.integers(0, 3),
                st.sampled_from(("in", "in", "out")),
            ),
            min_size=1,
            max_size=SHORT,
        )
    )
    at, acts = clock.now().replace(microsecond=0) - timedelta(hours=5), list[Act]()
    for number, (gap, device, guest, zone, direction) in enumerate(drawn):
        at += timedelta(seconds=gap)
        acts.append(Act(at, device, guest, zone, direction, f"a{number}"))
    again = draw(st.lists(st.integers(0, len(acts) - 1), max_size=len(acts)))
    order = draw(st.permutations([*range(len(acts)), *again]))
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=6))
    pieces: list[Piece] = []
    while order:
        size = sizes[len(pieces) % len(sizes)]
        here, order = [acts[number] for number in order[:size]], order[size:]
        pieces += [(device, own) for device in range(4) if (own := [act for act in here if act.device == device])]
    return acts, pieces


@pytest.fixture
async def few(
    festival: World, make_scanner: MakeScanner, monkeypatch: pytest.MonkeyPatch
) -> tuple[Ground, list[UUID], list[str], list[Scanner]]:
    monkeypatch.setattr(throttles, "SYNCS_A_MINUTE", 1_000_000)  # sixty days in a few seconds
    ground = await ground_of(festival)
    guests = [await make_registration(festival) for _n in range(FEW)]
    codes = [await ticket_code(festival, guest) for guest in guests]
    return ground, [guest.id for guest in guests], codes, [await make_scanner(festival) for _n in range(4)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(day=handed_in())
async def test_any_order_delay_loss_and_repetition_end_the_same(
    few: tuple[Ground, list[UUID], list[str], list[Scanner]], day: tuple[list[Act], list[Piece]]
) -> None:
    (ground, guests, codes, devices), (acts, pieces) = few, day
    await forget()
    whole = [(device, own) for device in range(4) if (own := [act for act in acts if act.device == device])]
    await hand_in(whole, codes, ground.doors, devices)
    one_by_one = await state(ground, guests)
    as_modelled(one_by_one, acts, ground)
    await forget()
    await hand_in(pieces, codes, ground.doors, devices)
    assert await state(ground, guests) == one_by_one


async def test_control_without_telling_again_the_order_would_matter(festival: World, make_scanner: MakeScanner) -> None:
    original = await db.fetchval("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'door_scans'")
    loose = original.replace(
        "IF EXISTS (SELECT FROM scan s WHERE s.registration",
        "IF false AND EXISTS (SELECT FROM scan s WHERE s.registration",
    )
    assert loose != original
    await db.execute(loose)
    ground = await ground_of(festival)
    guests = [await make_registration(festival) for _n in range(GUESTS)]
    codes = [await ticket_code(festival, guest) for guest in guests]
    devices = [await make_scanner(festival) for _n in range(4)]
    acts = a_day(1, (clock.now() - timedelta(hours=5)).replace(microsecond=0))[:300]
    there, _cases = model(acts, ground.paths)
    await hand_in(pieces_of(1, acts), codes, ground.doors, devices)
    assert (await state(ground, [guest.id for guest in guests]))["there"] != there
