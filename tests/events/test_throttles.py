"""One script cannot fill an event: new registrations are counted, guests by event and network, accounts one by one."""

import contextlib
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from app.core import db as database
from app.core import limits, outbox
from app.core.errors import TooMany
from app.core.web import NOBODY, Actor
from app.people.tokens import create_for_email
from events import registration, setup, throttles
from events.access import event_for
from tests.conftest import MakeClient
from tests.event_factories import World, make_event
from tests.factories import make_person

VENUE, ELSEWHERE = "203.0.113.0/24", "198.51.100.0/24"


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(capacity=100)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test reaches."""
    monkeypatch.setattr(throttles, "GUESTS", 3)
    monkeypatch.setattr(throttles, "OF_ONE_ACCOUNT", 2)


def form(number: int) -> dict[str, str]:
    return {"ticket_type": "visitor", "full_name": f"Khách {number}", "email": f"k{number}@test.example", "terms": "1"}


def body(number: int) -> dict[str, Any]:
    return {"ticket_type": "visitor", "person": {"full_name": f"Khách {number}", "email": f"k{number}@test.example"}}


async def by_page(client: httpx.AsyncClient, world: World, numbers: range) -> list[int]:
    path = f"/events/{world.slug}/register"
    return [(await client.post(path, data=form(number))).status_code for number in numbers]


async def by_api(client: httpx.AsyncClient, world: World, numbers: range) -> list[int]:
    path = f"/api/v1/events/{world.slug}/registrations"
    return [(await client.post(path, json=body(number))).status_code for number in numbers]


async def passes(actor: Actor, world: World, network: str = VENUE, *, times: int) -> int:
    """How many of `times` registrations are let through."""
    passed, event = 0, await event_for(actor, world.slug)
    for _n in range(times):
        with contextlib.suppress(TooMany):
            await throttles.registering(actor, event, network)
            passed += 1
    return passed


async def registered() -> int:
    return int(await database.fetchval("SELECT count(*) FROM registration"))


async def test_guests_are_counted_on_page_and_api_together(few: None, make_client: MakeClient, world: World) -> None:
    client = make_client(NOBODY)
    assert await by_page(client, world, range(2)) == [303, 303]
    assert await by_api(client, world, range(2, 4)) == [201, 429]
    assert await by_page(client, world, range(4, 5)) == [429]
    assert await registered() == 3


async def test_the_page_says_to_wait_and_keeps_what_was_typed(few: None, make_client: MakeClient, world: World) -> None:
    client = make_client(NOBODY)
    await by_page(client, world, range(3))
    answer = await client.post(f"/events/{world.slug}/register", data=form(7))
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= throttles.WINDOW
    assert 'value="k7@test.example"' in answer.text
    assert TooMany().text("vi") in answer.text


async def test_the_api_says_when_to_come_back(few: None, make_client: MakeClient, world: World) -> None:
    client = make_client(NOBODY)
    await by_api(client, world, range(3))
    answer = await client.post(f"/api/v1/events/{world.slug}/registrations", json=body(7))
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many")
    assert 1 <= int(answer.headers["retry-after"]) <= throttles.WINDOW


async def test_a_form_with_faults_is_not_counted(few: None, make_client: MakeClient, world: World) -> None:
    client = make_client(NOBODY)
    for _n in range(5):
        assert (await client.post(f"/events/{world.slug}/register", data={"email": "no"})).status_code == 422
    assert await by_page(client, world, range(1)) == [303]


async def test_networks_are_counted_apart(few: None, fresh_queue: None, world: World) -> None:
    assert await passes(NOBODY, world, times=5) == 3
    assert await passes(NOBODY, world, ELSEWHERE, times=5) == 3


async def test_accounts_are_counted_one_by_one_wherever_they_are(few: None, fresh_queue: None, world: World) -> None:
    lan, minh = await make_person("Lan"), await make_person("Minh")
    assert await passes(lan, world, times=1) + await passes(lan, world, ELSEWHERE, times=3) == 2
    assert await passes(minh, world, times=3) == 2


async def test_an_account_is_told_to_wait_too(few: None, make_client: MakeClient, world: World) -> None:
    client = make_client(await make_person("Lan"))
    assert await by_page(client, world, range(1)) == [303]
    assert await by_api(client, world, range(1, 3)) == [201, 429]
    assert await by_page(client, world, range(3, 4)) == [429]


async def test_who_runs_events_is_not_counted(few: None, fresh_queue: None, world: World) -> None:
    desk = await make_person("Lan", email="lan@test.example")
    await setup.add_staff(world.owner, world.event, "lan@test.example", "desk")
    for actor in (world.owner, await make_person(roles=("organizer",)), await make_person(roles=("admin",)), desk):
        assert await passes(actor, world, times=6) == 6
    other = await make_event(owner=world.owner)
    assert await passes(desk, other, times=6) == 2


async def test_an_organizers_token_is_not_counted(few: None, make_client: MakeClient, world: World) -> None:
    token = await create_for_email(world.owner.email)
    client = make_client(Authorization=f"Bearer {token}")
    assert await by_api(client, world, range(8)) == [201] * 8


async def test_events_are_counted_apart(few: None, fresh_queue: None, world: World) -> None:
    assert await passes(NOBODY, world, times=5) == 3
    assert await passes(NOBODY, await make_event(), times=5) == 3


async def test_who_asks_again_is_never_turned_away(few: None, make_client: MakeClient, world: World) -> None:
    client = make_client(NOBODY)
    path = f"/api/v1/events/{world.slug}/registrations"
    headers = {"Idempotency-Key": "3f9c2a7e"}
    first = await client.post(path, json=body(0), headers=headers)
    assert await by_api(client, world, range(1, 4)) == [201, 201, 429]
    again = [await client.post(path, json=body(0), headers=headers) for _n in range(5)]
    assert [(answer.status_code, answer.content) for answer in again] == [(201, first.content)] * 5
    assert await by_api(client, world, range(3)) == [201] * 3
    assert await by_page(client, world, range(3)) == [303] * 3
    assert await by_api(client, world, range(4, 5)) == [429]


async def test_an_address_gets_five_mails_an_hour_at_most(world: World, make_client: MakeClient) -> None:
    client = make_client(NOBODY)
    for _n in range(12):
        await by_api(client, world, range(1))
    queued = await database.fetchval("SELECT count(*) FROM outbox WHERE payload->>'kind' = 'again'")
    assert (queued, 60 // registration.RESEND_MINUTES) == (1, 5)


async def test_without_valkey_the_process_counts_and_nobody_sees_an_error(
    few: None, make_client: MakeClient, world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    gone = msgspec.structs.replace(settings, redis_url="unix:///nowhere/valkey.sock")
    await outbox.close()
    monkeypatch.setattr(outbox, "get_settings", lambda: gone)
    client = make_client(NOBODY)
    assert await by_page(client, world, range(2)) + await by_api(client, world, range(2, 5)) == [
        303,
        303,
        201,
        429,
        429,
    ]
    assert len(limits._local) == 1
    await outbox.close()


def test_a_venue_behind_one_address_gets_in() -> None:
    assert (throttles.GUESTS, throttles.OF_ONE_ACCOUNT, throttles.WINDOW) == (3000, 120, 600)
