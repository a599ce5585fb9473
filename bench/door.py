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
from bench.stage import Stage, stage
from events import planning, tickets
from events.door import devices
from events.planning import EventPlan, TypePlan

TICKETS, DEVICES, SECONDS = 10_000, 100, 30
PACE, PACED_SECONDS = 200, 10
IDLE_SECONDS = 2.0
RACES, FORGED = 1000, 100_000


class Door(msgspec.Struct):
    """An event with its tickets' codes and the tokens of its devices."""

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
    return Door(event["id"], checkpoint, codes, tokens, itertools.count())


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


async def _forged(door: Door) -> tuple[float, int]:
    """Codes with two letters changed, a second, and how many of them are taken for a ticket."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    through, begun = 0, time.perf_counter()
    for number in range(FORGED):
        code = door.codes[number % TICKETS]
        at, other = 7 + number % 150, (number * 31) % 162
        changed = alphabet[(alphabet.index(code[at]) + 1 + number % 30) % 32]
        shown = code[:at] + changed + code[at + 1 :]
        shown = shown[:other] + alphabet[number % 32] + shown[other + 1 :]
        through += shown != code and (await tickets.read(shown)).ticket is not None
    return FORGED / (time.perf_counter() - begun), through


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
        speed, through = await _forged(door)
        return [
            Figure(name="scans a second over HTTP", reached=rate, wanted=1000, baseline_name="bare SQL statement",
                   baseline=bare.rate, seconds=sum(one.seconds for one in rounds), note=note),
            Figure(name=f"p99 at {PACE} a second, ms", reached=steady.p99 * 1000, wanted=50, at_most=True,
                   baseline_name="bare statement, p99 ms", baseline=bare.p99 * 1000, note=f"{steady.errors} errors"),
            Figure(name="10,000 queued scans handed in, seconds", reached=seconds, wanted=10, at_most=True,
                   baseline_name="bare statements", baseline=TICKETS / bare.rate, note=f"{taken} taken"),
            Figure(name="two devices, one ticket: exactly one welcome", reached=exact, wanted=RACES),
            Figure(name="forged codes taken for a ticket", reached=through, wanted=0, at_most=True,
                   note=f"{speed:,.0f} read a second"),
        ]  # fmt: skip


def figures() -> list[Figure]:
    """Everything about the door, on a stage of its own."""
    with stage(demo=False) as running:
        return asyncio.run(_measure(running))
