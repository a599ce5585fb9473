"""Mentoring measured alone: 200 made-up mentors with four weeks of free times, their list and one mentor's page.

The whole request through the application, one at a time, beside the bare statement that reads the kept times.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
from litestar import Request

from app.core import db, migrate, outbox
from app.core.settings import get_settings
from app.core.shell import Shell
from app.core.web import Actor
from app.directory.persons import listing, profile, role
from app.directory.persons.conduct import CONDUCT
from app.launch.postgres import start_postgres
from app.mentoring import free, hours
from app.people.accounts import create_person
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES
from bench.figures import Figure

MENTORS, ROUNDS = 200, 60
MOST_MS = 150.0


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="ketnoi-mentoring-") as folder:
        server = start_postgres(Path(folder), durable=False)
        os.environ |= {
            "DATABASE_URL": server.url,
            "REDIS_URL": "",
            "DATA_DIR": folder,
            "PUBLIC_URL": "http://127.0.0.1:8000",
        }
        get_settings.cache_clear()
        try:
            yield from asyncio.run(_measured())
        finally:
            server.stop()


async def _measured() -> list[Figure]:
    from app.main import create_litestar  # noqa: PLC0415  reads the settings that were just set

    async with db.pool(get_settings(), name="bench"):
        await migrate.migrate()
        owner, slug = await _population()

        async def authenticate(_request: Request) -> Actor:  # type: ignore[type-arg]
            return owner

        shell = Shell(create_litestar(), get_settings(), authenticate)
        transport = httpx.ASGITransport(app=shell)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            bare = await _p95(lambda: db.fetch("SELECT person, free_at FROM mentoring_hours ORDER BY next_free_at"))
            found = [
                Figure(
                    name=name, reached=await _p95(partial(client.get, path)), wanted=MOST_MS, at_most=True,
                    baseline_name="bare statement, p95 ms", baseline=bare, note=f"{MENTORS} mentors × 4 weeks",
                )
                for name, path in (
                    ("list of mentors, p95 ms", "/mentoring/find"),
                    ("list by need, p95 ms", "/mentoring/find?need=pilot_customer&soon=7"),
                    ("one mentor's times, p95 ms", f"/mentoring/mentors/{slug}"),
                )
            ]  # fmt: skip
        await outbox.close()
    return found


async def _population() -> tuple[Actor, str]:
    codes = ("sales", "marketing", "financing", "product", "legal_ip")
    for number in range(MENTORS):
        person = await create_person(email=f"m{number}@bench.example", name=f"Cố vấn {number}", sample=True)
        await _mentor(Actor(id=person, name=f"Cố vấn {number}", via="session"), codes[number % len(codes)])
    person = await create_person(email="owner@bench.example", name="Sáng lập", sample=True)
    await db.execute(
        "INSERT INTO organisation (id, slug, name, name_folded, kinds, sectors, needs, stage, country) VALUES"
        " (gen_random_uuid(), 'bench', 'Bench', 'bench', '{startup}', '{health}', '{pilot_customer}', 'early', 'VN')"
    )
    await db.execute(
        "INSERT INTO membership (id, organisation, person, role) SELECT gen_random_uuid(), id, $1, 'owner'"
        " FROM organisation WHERE slug = 'bench'",
        person,
    )
    slug = await db.fetchval("SELECT slug FROM person_profile ORDER BY slug LIMIT 1")
    return Actor(id=person, name="Sáng lập", via="session"), str(slug)


async def _mentor(actor: Actor, code: str) -> None:
    person: UUID = actor.person_id
    values = {"roles": ["mentor"], "sectors": ["health"], "stages": ["early"], "languages": ["vi"], "mentees_most": 9}
    await profile.edit_profile(actor, {"headline_vi": "Cố vấn mẫu", **values})
    await role.put_expertise(actor, code, "hands_on", 5)
    await role.accept_conduct(actor, CONDUCT.version)
    await listing.list_profile(actor, PURPOSES["profile"].text.version)
    await consent.decide(person, "suggestions", True, text_version=PURPOSES["suggestions"].text.version)
    how = {"time_zone": "Asia/Ho_Chi_Minh", "session_minutes": 45, "buffer_minutes": 15, "approves": False,
           "mode": "online", "place": "", "link": "https://meet.bench.example"}  # fmt: skip
    await hours.put_hours(actor, how, 0)
    await hours.add_part(actor, [0, 1, 2, 3, 4], "09:00", "12:00")
    await free.keep([person])


async def _p95(act: Callable[[], Awaitable[object]]) -> float:
    took = []
    for _n in range(ROUNDS):
        begun = time.perf_counter()
        await act()
        took.append((time.perf_counter() - begun) * 1000)
    return sorted(took)[round(ROUNDS * 0.95) - 1]
