"""The door: scans a second over HTTP beside the bare statement, answers at a steady pace, queues handed in, who wins.

Served by two processes on a database of its own, with ten thousand tickets and a hundred paired devices.
"""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from app.core import clock, db
from app.core.ids import new_id
from app.core.settings import get_settings
from app.core.web import Actor
from bench import statements
from bench.figures import Figure
from bench.load import Request, Timing, _bytes, _read, fire, timing
from bench.newcomer import newcomer
from bench.stage import Stage, stage
from events import planning, tickets
from events.door import devices
from events.planning import EventPlan, TypePlan
from tests.events.door.forging import forgeries

TICKETS, DEVICES, SECONDS = 10_000, 100, 30
PACE, PACED_SECONDS = 200, 10
IDLE_SECONDS = 2.0
RACES, FORGED, FOREIGN, REVOKED = 1000, 100_000, 5_000, 1_000


class Door(msgspec.Struct):
    """An event with its tickets' codes and the tokens of its devices."""

    owner: Actor
    event: Any
    checkpoint: Any
    codes: list[str]
    tokens: list[str]
    numbers: Iterator[int]

    def scan(self, ticket: int, *, direction: str = "in", device: int | None = None) -> Request:
        number = next(self.numbers)
        act = {
            "nonce": f"b{number}",
            "checkpoint_id": str(self.checkpoint),
            "direction": direction,
            "code": self.codes[ticket],
        }
        token = self.tokens[number % DEVICES if device is None else device]
        return Request("POST", "/api/v1/checkin/scan", json.dumps(act).encode(), _headers(token))


def _headers(token: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {token}"), ("Content-Type", "application/json"))


async def _door(running: Stage) -> Door:
    person = new_id()
    await db.execute(
        "INSERT INTO person (id, name, email, email_key) VALUES ($1, 'Bench', 'b@bench.example', 'b@bench.example')",
        person,
    )
    owner = Actor(id=person, name="Bench", roles=frozenset({"organizer"}))
    begins = clock.now() - timedelta(hours=2)
    plan = EventPlan(title_vi="Đo cửa", starts_at=begins, ends_at=begins + timedelta(days=1), venue="Hà Nội")
    event = await planning.create_event(owner, plan, [TypePlan(code="visitor", title_vi="Khách", capacity=TICKETS)])
    await planning.publish(owner, event["id"])
    kind = await db.fetchval("SELECT id FROM ticket_type WHERE event = $1", event["id"])
    key = await db.fetchval("SELECT id FROM event_key WHERE event = $1", event["id"])
    await db.execute(
        "INSERT INTO registration (id, event, ticket_type, signing_key, status, full_name, email, email_key, code,"
        " secret) SELECT gen_random_uuid(), $1, $2, $3, 'confirmed', 'Nguyễn Văn ' || n, n || '@x.example',"
        " n || '@x.example', 'C' || n, 's' || n FROM generate_series(1, $4) AS n",
        *(event["id"], kind, key, TICKETS),
    )
    rows = await db.fetch("SELECT id FROM registration WHERE event = $1", event["id"])
    codes = [await tickets.code_of(row["id"], event["id"], key) for row in rows]
    tokens = []
    async with httpx.AsyncClient(base_url=running.origin) as http:
        for number in range(DEVICES):
            _device, code = await devices.add_device(owner, event["id"], name=f"Máy {number}", role="scan")
            tokens.append((await http.post("/api/v1/door/pair", json={"code": code})).json()["token"])
    await db.execute("ANALYZE")
    checkpoint = await db.fetchval("SELECT id FROM checkpoint WHERE event = $1", event["id"])
    return Door(owner, event["id"], checkpoint, codes, tokens, itertools.count())


async def _steady(origin: str, door: Door) -> Timing:
    """Scans at a steady pace, each sent when it is due and not when the one before was answered."""
    host = origin.removeprefix("http://")
    name, _colon, port = host.partition(":")
    free: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []
    took: list[float] = []
    errors = 0

    async def one(request: Request, due: float) -> None:
        nonlocal errors
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        while free and time.perf_counter() - free[-1][0] > IDLE_SECONDS:  # the server hangs up on the idle
            free.pop()[2].close()
        reader, writer = free.pop()[1:] if free else await asyncio.open_connection(name, int(port))
        begun = time.perf_counter()
        writer.write(_bytes(request, host))
        errors += await _read(reader) != 200
        took.append(time.perf_counter() - begun)
        free.append((time.perf_counter(), reader, writer))

    begun = time.perf_counter() + 0.5
    count = PACE * PACED_SECONDS
    await asyncio.gather(*(one(door.scan(n % TICKETS), begun + n / PACE) for n in range(count)))
    return timing(took, errors, time.perf_counter() - begun)


async def _races(origin: str, door: Door) -> int:
    """How often two devices that show one ticket at once get exactly one welcome."""
    exact = 0
    async with httpx.AsyncClient(base_url=origin) as http:
        for ticket in range(RACES):
            two = [door.scan(ticket, device=device) for device in (ticket % 50, 50 + ticket % 50)]
            answers = await asyncio.gather(
                *(http.post(one.path, content=one.body, headers=dict(one.headers)) for one in two)
            )
            exact += sorted(answer.json().get("status", "") for answer in answers) == ["already", "ok"]
    return exact


async def _hand_in(origin: str, door: Door) -> tuple[float, int]:
    """Seconds until four devices have handed in a queue of one scan for each ticket, and how many were taken."""
    at = (clock.now() - timedelta(minutes=30)).isoformat()
    taken = 0

    async def device(number: int) -> None:
        nonlocal taken
        own = list(range(number, TICKETS, 4))
        async with httpx.AsyncClient(base_url=origin, timeout=60) as http:
            for begun in range(0, len(own), 500):
                scans = [
                    {
                        **json.loads(door.scan(ticket).body),
                        "offline": True,
                        "scanned_at": at,
                        "shown": "ok",
                    }
                    for ticket in own[begun : begun + 500]
                ]
                answer = await http.post(
                    "/api/v1/checkin/sync",
                    json={"scans": scans},
                    headers={"Authorization": f"Bearer {door.tokens[number]}"},
                )
                taken += sum(one["status"] == "ok" for one in answer.json()["results"])

    begun = time.perf_counter()
    await asyncio.gather(*(device(number) for number in range(4)))
    return time.perf_counter() - begun, taken


async def _empty() -> None:
    for table in ("admission", "scan", "door_case"):
        await db.execute(f"DELETE FROM {table}")  # noqa: S608  names of ours
    await db.execute("UPDATE zone_count SET inside = 0, admitted = 0")
    await db.execute("ANALYZE")


async def _forged(origin: str, door: Door) -> tuple[float, int, int]:
    """Hand in forged and foreign codes, and those of tickets that were taken back: codes a second, how many opened a
    door, how many were answered; each as a scan that a device decides nothing about.
    """
    begins = clock.now() - timedelta(hours=2)
    plan = EventPlan(title_vi="Nơi khác", starts_at=begins, ends_at=begins + timedelta(days=1), venue="Huế")
    event = await planning.create_event(door.owner, plan, [TypePlan(code="visitor", title_vi="Khách", capacity=9)])
    key = await db.fetchval("SELECT id FROM event_key WHERE event = $1", event["id"])
    foreign = [await tickets.code_of(new_id(), event["id"], key) for _n in range(FOREIGN)]
    back = door.codes[-REVOKED:]
    await db.execute(
        "UPDATE registration SET status = 'cancelled' WHERE id = ANY ($1)",
        [(await tickets.read(c)).ticket for c in back],
    )
    shown = [*forgeries(door.codes[0], foreign[0], FORGED - FOREIGN - REVOKED), *foreign, *back]
    answers: list[str] = []

    async def device(number: int) -> None:
        async with httpx.AsyncClient(base_url=origin, timeout=60) as http:
            for begun in range(number * 500, len(shown), 4 * 500):
                token = door.tokens[begun // 500 % DEVICES]
                scans = [
                    {"nonce": f"f{begun + n}", "checkpoint_id": str(door.checkpoint), "direction": "in", "code": code}
                    for n, code in enumerate(shown[begun : begun + 500])
                ]
                answer = await http.post(
                    "/api/v1/checkin/sync", json={"scans": scans}, headers={"Authorization": f"Bearer {token}"}
                )
                answers.extend(one["status"] for one in answer.json()["results"])

    begun = time.perf_counter()
    await asyncio.gather(*(device(number) for number in range(4)))
    seconds = time.perf_counter() - begun
    return len(shown) / seconds, sum(one != "refused" for one in answers), len(answers)


async def _measure(running: Stage) -> list[Figure]:
    async with db.pool(get_settings(), name="bench"):
        door = await _door(running)
        url = get_settings().database_url
        await statements.prepare(url)
        bare = await statements.scans(url, TICKETS, 20)
        await fire(running.origin, lambda n: door.scan(n % TICKETS), 500, 8)
        await _empty()
        rounds: list[Timing] = []
        for direction in itertools.cycle(("in", "out")):
            rounds.append(
                await fire(running.origin, lambda n, way=direction: door.scan(n, direction=way), TICKETS, 16)  # type: ignore[misc]
            )
            if sum(one.seconds for one in rounds) > SECONDS:
                break
        sent, errors = sum(one.count for one in rounds), sum(one.errors for one in rounds)
        rate = sent / sum(one.seconds for one in rounds)
        kept = await db.fetchval("SELECT count(*) FROM scan WHERE outcome = 'ok'")
        note = f"{kept} of {sent} kept, {errors} errors, worst p99 {max(one.p99 for one in rounds) * 1000:.0f} ms"
        await _empty()
        steady = await _steady(running.origin, door)
        await _empty()
        seconds, taken = await _hand_in(running.origin, door)
        await _empty()
        exact = await _races(running.origin, door)
        await _empty()
        ways = []
        for ticket, locale in enumerate(("vi-VN", "en-GB")):
            _device, code = await devices.add_device(door.owner, door.event, name=locale, role="scan")
            ways.append(await newcomer(f"{running.origin}/door#pair={code}", door.codes[ticket], locale))
        await _empty()
        speed, through, answered = await _forged(running.origin, door)
        said = "; ".join(f"usable after {way.ready:.1f} s, {way.taps} tap" for way in ways)
        return [
            Figure(name="scans a second over HTTP", reached=rate, wanted=1000, baseline_name="bare SQL statement",
                   baseline=bare.rate, seconds=sum(one.seconds for one in rounds), note=note),
            Figure(name=f"p99 at {PACE} a second, ms", reached=steady.p99 * 1000, wanted=50, at_most=True,
                   baseline_name="bare statement, p99 ms", baseline=bare.p99 * 1000, note=f"{steady.errors} errors"),
            Figure(name="10,000 queued scans handed in, seconds", reached=seconds, wanted=10, at_most=True,
                   baseline_name="bare statements", baseline=TICKETS / bare.rate, note=f"{taken} taken"),
            Figure(name="two devices, one ticket: exactly one welcome", reached=exact, wanted=RACES),
            Figure(name="forged, foreign and revoked codes that opened a door", reached=through, wanted=0, at_most=True,
                   note=f"{answered:,} answered, {speed:,.0f} a second"),
            Figure(name="a newcomer, from the link to the first guest, seconds",
                   reached=max(way.admitted for way in ways), wanted=60, at_most=True,
                   note=f"empty browser, CPU / 4, slow 4G, vi and en: {said}"),
        ]  # fmt: skip


def figures() -> list[Figure]:
    """Everything about the door, on a stage of its own."""
    with stage(demo=False) as running:
        return asyncio.run(_measure(running))
