"""The door asked by programs: whose token it is and the scan are one statement, and no right is lost on the way."""

from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db
from app.core.ids import new_id
from app.core.web import Actor
from app.people.tokens import create_for_email
from events import setup
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, scan, ticket_code
from tests.factories import make_person

PATH = "/api/v1/checkin/scan"


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(capacity=5)


async def with_token(make_client: MakeClient, actor: Actor) -> httpx.AsyncClient:
    return make_client(Authorization=f"Bearer {await create_for_email(actor.email)}")


def body(world: World, code: str, **kw: Any) -> dict[str, Any]:
    return {"nonce": new_id().hex, "device_id": "d1", "checkpoint_id": str(world.checkpoint), "code": code, **kw}


async def test_a_token_scans_in_one_statement(world: World, make_client: MakeClient) -> None:
    code = await ticket_code(world, await make_registration(world))
    api = await with_token(make_client, world.owner)
    await api.post(PATH, json=body(world, code))  # the first use of a token is noted, the event's key is read
    with db.count_queries() as asked:
        answer = await api.post(PATH, json=body(world, code))
    assert (answer.status_code, answer.json()["status"], len(asked)) == (200, "already", 1)
    assert answer.headers["cache-control"] == "private, no-store"


async def outcome(api: httpx.AsyncClient, world: World, code: str = "ABCD2345", **kw: Any) -> tuple[int, str]:
    """Status, and what was said: the error's code, or the outcome of the scan."""
    answer = await api.post(PATH, json=body(world, code, **kw))
    said = answer.json()
    return answer.status_code, said["error"][
        "code"
    ] if "error" in said else f"{said['status']} {said['reason']}".strip()


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ("UPDATE api_token SET ended_at = now()", (401, "not_signed_in")),
        ("UPDATE api_token SET expires_at = now() - interval '1 second'", (401, "not_signed_in")),
        ("UPDATE person SET ended_at = now(), ended_reason = 'asked'", (401, "not_signed_in")),
        ("UPDATE api_token SET scopes = '{read}'", (403, "read_only_token")),
        ("UPDATE event_staff SET ended_at = now()", (404, "not_found")),
        ("UPDATE checkpoint SET ended_at = now()", (404, "not_found")),
    ],
)
async def test_what_was_taken_away_counts_at_the_next_scan(
    change: str, refused: tuple[int, str], world: World, make_client: MakeClient
) -> None:
    code = await ticket_code(world, await make_registration(world))
    api = await with_token(make_client, world.owner)
    assert await outcome(api, world) == (200, "refused unknown_code")
    await db.execute(change)
    assert await outcome(api, world, code) == refused
    assert await db.fetchval("SELECT count(*) FROM scan WHERE outcome = 'ok'") == 0
    assert await db.fetchval("SELECT count(*) FROM admission") == 0


@pytest.mark.parametrize("token", ["kn_" + "x" * 43, "kn_short", "kn_", "sk_" + "x" * 43, "kn_" + "x" * 300, ""])
async def test_a_token_that_is_none_scans_nothing(token: str, world: World, make_client: MakeClient) -> None:
    code = await ticket_code(world, await make_registration(world))
    answer = await make_client(Authorization=f"Bearer {token}").post(PATH, json=body(world, code))
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")
    assert await db.fetchval("SELECT count(*) FROM scan") == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"nonce": 1}',
        b'{"nonce": "", "checkpoint_id": "01a20185-63f8-71a0-98ab-a4c52664ba91", "code": "x"}',
    ],
)
async def test_strangers_are_refused_before_their_scan_is_looked_at(
    content: bytes, world: World, make_client: MakeClient
) -> None:
    known = await with_token(make_client, world.owner)
    assert (await known.post(PATH, content=content)).status_code == 422
    await db.execute("UPDATE api_token SET ended_at = now()")
    assert (await known.post(PATH, content=content)).status_code == 401
    assert (await make_client().post(PATH, content=content)).status_code == 401


async def test_a_token_that_only_reads_is_told_so_before_its_scan_is_looked_at(
    world: World, make_client: MakeClient
) -> None:
    api = await with_token(make_client, world.owner)
    await db.execute("UPDATE api_token SET scopes = '{read}'")
    answer = await api.post(PATH, content=b"{")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "read_only_token")


async def test_who_is_on_the_team_of_another_event_does_not_scan_here(world: World, make_client: MakeClient) -> None:
    other = await make_event()
    api = await with_token(make_client, other.owner)
    assert await outcome(api, world) == (404, "not_found")
    assert await outcome(api, other) == (200, "refused unknown_code")
    await setup.add_staff(world.owner, world.event, other.owner.email, "desk")
    assert await outcome(api, world) == (200, "refused unknown_code")


async def test_an_admins_token_opens_every_door(world: World, make_client: MakeClient) -> None:
    code = await ticket_code(world, await make_registration(world))
    admin = await make_person(roles=("admin",))
    api = await with_token(make_client, admin)
    assert await outcome(api, world, code) == (200, "ok")
    await db.execute("UPDATE person_role SET ended_at = now() WHERE person = $1", admin.person_id)
    assert await outcome(api, world, code) == (404, "not_found")


async def test_the_same_nonce_is_the_same_act_with_token_and_session(world: World, make_client: MakeClient) -> None:
    code = await ticket_code(world, await make_registration(world))
    act = body(world, code)
    by_token = await (await with_token(make_client, world.owner)).post(PATH, json=act)
    by_session = await make_client(world.owner).post(PATH, json=act)
    assert by_token.json() == {**by_session.json(), "replayed": False}
    assert (by_session.json()["replayed"], by_session.json()["status"]) == (True, "ok")
    direct = await scan(world, code, nonce=act["nonce"])
    assert (direct.replayed, str(direct.id)) == (True, by_token.json()["scan_id"])


async def test_a_device_without_a_name_has_the_name_of_its_person(world: World, make_client: MakeClient) -> None:
    api = await with_token(make_client, world.owner)
    await outcome(api, world, device_id="")
    await outcome(api, world, device_id="Cổng A")
    rows = await db.fetch("SELECT device, device_name, by FROM scan ORDER BY received_at")
    assert [tuple(row) for row in rows] == [
        (f"{world.owner.id}:", "Ban tổ chức", world.owner.id),
        (f"{world.owner.id}:Cổng A", "Cổng A", world.owner.id),
    ]


async def test_the_use_of_a_token_is_noted_once_a_minute(world: World, make_client: MakeClient) -> None:
    api = await with_token(make_client, world.owner)
    seen = []
    for before in (None, "30 seconds", "2 minutes"):
        await db.execute("UPDATE api_token SET last_used_at = now() - $1::text::interval", before)
        was = await db.fetchval("SELECT last_used_at FROM api_token")
        await outcome(api, world)
        seen.append(await db.fetchval("SELECT last_used_at FROM api_token") != was)
    assert seen == [True, False, True]


async def test_an_address_with_a_slash_at_its_end_takes_the_long_way(world: World, make_client: MakeClient) -> None:
    code = await ticket_code(world, await make_registration(world))
    api = await with_token(make_client, world.owner)
    answer = await api.post(f"{PATH}/", json=body(world, code))
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    await db.execute("UPDATE api_token SET ended_at = now()")
    assert (await api.post(f"{PATH}/", json=body(world, code))).status_code == 401


async def test_other_ways_of_asking_the_door_are_not_allowed(world: World, make_client: MakeClient) -> None:
    api = await with_token(make_client, world.owner)
    assert [(await api.request(method, PATH)).status_code for method in ("GET", "PUT", "DELETE")] == [405] * 3
