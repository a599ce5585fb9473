"""Requests that are sent twice at the same moment: one act, one answer. Real commits, with a control."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import asyncpg
import httpx

from app.core import clock, db
from events import planning, tickets
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan, ticket_code

GUEST = {"full_name": "Nguyễn Thị Lan", "email": "lan@test.example"}


async def post(client: httpx.AsyncClient, world: World, email: str, **headers: str) -> httpx.Response:
    body: dict[str, Any] = {"ticket_type": "visitor", "person": {**GUEST, "email": email}}
    return await client.post(f"/api/v1/events/{world.slug}/registrations", json=body, headers=headers)


async def test_the_same_key_at_once_is_one_registration_and_one_answer(
    committed: asyncpg.Pool, make_client: MakeClient
) -> None:
    world = await make_event(capacity=50)
    client = make_client(world.owner)
    headers = {"Idempotency-Key": "one-act"}
    found = await asyncio.gather(*(post(client, world, "lan@test.example", **headers) for _n in range(12)))
    assert {answer.status_code for answer in found} == {201}
    assert len({answer.content for answer in found}) == 1
    assert await db.fetchval("SELECT count(*) FROM registration") == 1
    assert await db.fetchval("SELECT count(*) FROM outbox WHERE topic = 'events.tell_guest'") == 1


async def test_control_without_a_key_the_answers_differ(committed: asyncpg.Pool, make_client: MakeClient) -> None:
    world = await make_event(capacity=50)
    client = make_client(world.owner)
    found = await asyncio.gather(*(post(client, world, "lan@test.example") for _n in range(12)))
    assert Counter(answer.json()["new"] for answer in found) == {True: 1, False: 11}
    assert len({answer.content for answer in found}) == 2


async def test_registering_while_all_codes_are_replaced_leaves_no_old_code_alive(committed: asyncpg.Pool) -> None:
    for _round in range(5):
        world = await make_event(capacity=50)
        early = await make_registration(world)
        old = await ticket_code(world, early)
        found = await asyncio.gather(
            planning.rotate_key(world.owner, world.event, "lộ danh sách"),
            *(make_registration(world) for _n in range(5)),
        )
        assert (await scan(world, old)).reason == "revoked"
        await planning.renew_codes(world.event)
        for guest in found[1:]:
            assert (await scan(world, await ticket_code(world, guest))).outcome == (
                "ok" if guest.signing_key == found[0] else "refused"
            )
            new = await tickets.code_of(guest.id, world.event, found[0])
            assert (await scan(world, new)).outcome in ("ok", "already")


async def test_two_drafts_of_one_title_at_once_get_two_addresses(committed: asyncpg.Pool) -> None:
    world = await make_event()
    starts = clock.now() + timedelta(days=3)
    wanted = planning.EventPlan(title_vi="Cùng một tên", starts_at=starts, ends_at=starts + timedelta(hours=1))
    made = await asyncio.gather(*(planning.create_event(world.owner, wanted) for _n in range(6)))
    assert sorted(row["slug"] for row in made) == ["cung-mot-ten", *(f"cung-mot-ten-{n}" for n in range(2, 7))]
